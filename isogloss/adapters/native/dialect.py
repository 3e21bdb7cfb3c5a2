"""What the registry's own dialect hands to the gateway."""

from litestar.types import ControllerRouterHandler

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.adapters.native.endpoints import Endpoint
from isogloss.adapters.native.failures import problem
from isogloss.adapters.native.routes import artifacts, audit, handlers, lineage, projects, transfers, versions
from isogloss.adapters.native.routes.description import DOCS, OPENAPI, described
from isogloss.adapters.operations import Route
from isogloss.adapters.transfers import PATH, PREFIX

ENDPOINTS: tuple[Endpoint, ...] = described(
    (
        *projects.ENDPOINTS,
        *artifacts.ENDPOINTS,
        *versions.ENDPOINTS,
        *lineage.ENDPOINTS,
        *audit.ENDPOINTS,
        *transfers.ENDPOINTS,
    )
)
"""Every endpoint that is served, with its description."""

ROUTES: tuple[Route, ...] = tuple(endpoint.route for endpoint in ENDPOINTS)
"""Every operation that is served."""


def routes(host: Host) -> list[ControllerRouterHandler]:
    """The handlers of all operations."""
    return [*handlers(ROUTES, host)]


NATIVE = Dialect(
    name="isogloss",
    prefixes=(PREFIX,),
    routes=routes,
    # In the address of a transfer the permit is the credential; what the API is like is no secret.
    open_paths=frozenset({PATH, PREFIX + OPENAPI, PREFIX + DOCS}),
    streamed_paths=frozenset({PATH}),
    unauthorized=Answer(
        status=401,
        body=problem(401, "A credential is needed."),
        headers=(("www-authenticate", "Bearer"),),
    ),
    too_large=Answer(status=413, body=problem(413, "The body is too large.")),
    failed=Answer(status=500, body=problem(500, "The server failed; its log tells why.")),
    # Other dialects' clients are led here by addresses that they are given.
    connect=None,
    reference=PREFIX + DOCS,
)
"""The dialect, with all of ``/api/isogloss/v1``."""
