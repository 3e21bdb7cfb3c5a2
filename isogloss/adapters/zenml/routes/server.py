"""What a client asks of the server itself."""

from msgspec import Struct

from isogloss.adapters.call import Call
from isogloss.adapters.operations import Read, Route
from isogloss.core.ports import Reader

VERSION = "0.98.0"
"""The release of the vendor's server that is spoken here; its clients warn of any other."""


class ServerInfo(Struct, frozen=True, kw_only=True):
    """What the server says of itself. The vendor's clients take one whose ``pro_*`` is not null for the paid one."""

    id: str
    name: str = "isogloss"
    version: str = VERSION
    active: bool = True
    debug: bool = False
    deployment_type: str = "other"
    database_type: str = "sqlite"
    secrets_store_type: str = "none"
    auth_scheme: str
    server_url: str
    dashboard_url: str = ""
    analytics_enabled: bool = False
    metadata: dict[str, str] = {}
    last_user_activity: None = None
    pro_dashboard_url: None = None
    pro_api_url: None = None
    pro_organization_id: None = None
    pro_organization_name: None = None
    pro_workspace_id: None = None
    pro_workspace_name: None = None


async def read_info(call: Call, unit: Reader) -> ServerInfo:
    """Who this is, and how to sign in."""
    return ServerInfo(
        id=call.registry.id,
        auth_scheme="NO_AUTH" if call.host.open else "OAUTH2_PASSWORD_BEARER",
        server_url=call.host.public_url or "",
    )


async def read_version(call: Call, unit: Reader) -> str:
    """The release that is spoken."""
    return VERSION


ROUTES: tuple[Route, ...] = (
    Read("GET", "/info", read_info),
    Read("GET", "/version", read_version),
)
