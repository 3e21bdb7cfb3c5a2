"""What Prefect hands to the gateway."""

import shlex

from litestar.types import ControllerRouterHandler

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.adapters.prefect.references import naming
from isogloss.adapters.prefect.routes import (
    PREFIX,
    Route,
    admin,
    artifacts,
    automations,
    concurrency,
    deployments,
    events,
    flow_runs,
    flows,
    handlers,
    logs,
    pages,
    saved_searches,
    task_runs,
    work_pools,
)
from isogloss.adapters.prefect.routes.event_stream import event_handlers
from isogloss.adapters.prefect.user_interface import PAGES

ROUTES: tuple[Route, ...] = (
    *admin.ROUTES,
    *artifacts.ROUTES,
    *flows.ROUTES,
    *flow_runs.ROUTES,
    *task_runs.ROUTES,
    *logs.ROUTES,
    *events.ROUTES,
    *deployments.ROUTES,
    *concurrency.ROUTES,
    *work_pools.ROUTES,
    *saved_searches.ROUTES,
    *automations.ROUTES,
    *pages.ROUTES,
)
"""Every operation that is served."""


def routes(host: Host) -> list[ControllerRouterHandler]:
    """The handlers of all operations."""
    return [*handlers(ROUTES, host), *event_handlers(host.registry, host.gate)]


def connect(url: str, name: str, key: str | None) -> list[str]:
    """The lines that point Prefect's client and CLI at a registry, for a shell.

    The key goes into ``PREFECT_API_AUTH_STRING``: with ``PREFECT_API_KEY`` the client sends none over its websocket.
    """
    lines = [f"export PREFECT_API_URL={url}{PREFIX}"]
    if key is not None:
        lines.append(f"export PREFECT_API_AUTH_STRING={shlex.quote(f'{name}:{key}')}")
    return lines


PREFECT = Dialect(
    name="prefect",
    prefixes=(PREFIX,),
    routes=routes,
    open_paths=frozenset({f"{PREFIX}/health", f"{PREFIX}/ready"}),
    unauthorized=Answer(status=401, body=b'{"exception_message":"Unauthorized"}'),
    too_large=Answer(status=413, body=b'{"detail":"Request Entity Too Large"}'),
    failed=Answer(status=500, body=b'{"exception_message":"Internal Server Error"}'),
    connect=connect,
    naming=naming,
    user_interface=PAGES,
)
"""The dialect, with all of the vendor's ``/api`` that no other dialect claims by a longer prefix."""
