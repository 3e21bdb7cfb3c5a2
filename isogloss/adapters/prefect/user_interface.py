"""Prefect's own web pages: two generations of them, as its package brings them, and the settings that they ask for.

Both find the API in those settings, keep what a person signed in with in the browser (local storage,
``prefect-password``), and send it as ``Authorization: Basic`` with every request.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from isogloss.adapters.prefect.routes import PREFIX
from isogloss.adapters.user_interface import Bundle, Situation, UserInterface

V1 = Bundle(name="v1", folder="server/ui", base="/prefect")
V2 = Bundle(name="v2", folder="server/ui-v2", base="/v2")
"""The second generation takes its own base, without ``/v2`` at its end, for the place where settings are."""


_PICTURED = ("cancelled", "completed", "crashed", "failed", "pending", "running", "scheduled")
"""The states that have a picture, which is a page's icon while it shows a run in that state."""


class PagesSettings(Struct, frozen=True, kw_only=True):
    """What the vendor answers at ``/ui-settings``."""

    api_url: str
    csrf_enabled: bool
    auth: Literal["BASIC"] | None
    flags: tuple[str, ...]
    default_ui: str
    available_uis: tuple[str, ...]
    v1_base_url: str | None
    v2_base_url: str | None


def pages_settings(situation: Situation) -> bytes:
    """The settings, as JSON. Nothing in them is a secret: they are read before anybody signed in."""
    served = [bundle for bundle in (V2, V1) if bundle.name in situation.served]
    bases = {bundle.name: bundle.base for bundle in served}
    settings = PagesSettings(
        api_url=situation.root + PREFIX,
        csrf_enabled=False,
        auth="BASIC" if situation.required else None,
        flags=(),
        default_ui=served[0].name if served else V2.name,
        available_uis=tuple(sorted(bases)),
        v1_base_url=bases.get(V1.name),
        v2_base_url=bases.get(V2.name),
    )
    return msgspec.json.encode(settings)


PAGES = UserInterface(
    package="prefect",
    bundles=(V2, V1),
    preference="prefect_ui_version",
    placeholder=b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER",
    # The second generation asks its maker's statistics service for a configuration at every start, whatever the
    # settings say. It gets an empty one here: the policy would refuse the request anyway, but not without a complaint
    # in the browser's console, several times over. The path that the page appends is behind the ``#``.
    replaced=((b"https://sr-client-cfg.amplitude.com/config", b"data:application/json,{}#"),),
    settings_paths=("/ui-settings", f"{V1.base}/ui-settings"),
    settings=pages_settings,
    policy=(
        "default-src 'self'",
        # The library that draws the graph of a run compiles its functions, and refuses to work where it may not.
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        # An artifact of the type image is the address of a picture, wherever that is, and Markdown has pictures too.
        # They are what users wrote, not what we serve, and can only be shown.
        "img-src * data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ),
    links=frozenset(
        {
            "artifacts",
            "automations",
            "blocks",
            "concurrency-limits",
            "dashboard",
            "deployments",
            "events",
            "flows",
            "runs",
            "variables",
            "work-pools",
            "work-queues",
        }
    ),
    astray=(
        *((f"/{name}", f"ico/{name}") for name in ("favicon.ico", "favicon-dark.ico")),
        *((f"/ico/{state}.svg", f"ico/{state}.svg") for state in _PICTURED),
        *((f"/{state}.svg", f"{state}.svg") for state in _PICTURED),
    ),
)
"""The pages. Of their two generations the second is the vendor's default."""
