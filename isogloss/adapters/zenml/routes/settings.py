"""The server's settings, which follow from how the gateway is configured."""

from datetime import datetime

from msgspec import Struct

from isogloss.adapters.call import Call, flag
from isogloss.adapters.operations import Read, Route
from isogloss.adapters.zenml.failures import Unsupported
from isogloss.adapters.zenml.times import moment
from isogloss.core.ports import Reader


class SettingsBody(Struct, frozen=True, kw_only=True):
    """What the vendor's dashboard asks before it shows anything."""

    server_id: str
    server_name: str = "isogloss"
    logo_url: None = None
    active: bool = True
    enable_analytics: bool = False
    display_announcements: bool = False
    display_updates: bool = False
    last_user_activity: datetime
    updated: datetime


class Settings(Struct, frozen=True):
    """The settings: an envelope without an id."""

    body: SettingsBody
    metadata: dict[str, str] | None
    resources: dict[str, str]
    permission_denied: bool = False


async def read_settings(call: Call, unit: Reader) -> Settings:
    """The settings. Who asks is active."""
    body = SettingsBody(
        server_id=call.registry.id,
        last_user_activity=moment(call.registry.clock()),
        updated=moment(call.registry.default_project.created),
    )
    return Settings(body, {} if flag(call.query(), "hydrate", True) else None, {})


async def update_settings(call: Call, unit: Reader) -> None:
    """Refused."""
    raise Unsupported("The settings of this server follow from its environment and cannot be changed by a client.")


ROUTES: tuple[Route, ...] = (
    Read("GET", "/settings", read_settings),
    Read("PUT", "/settings", update_settings),
)
