"""What the registry's own dialect hands to the gateway."""

from litestar.types import ControllerRouterHandler

from isogloss.adapters.dialect import Answer, Dialect, Host
from isogloss.adapters.native.failures import problem
from isogloss.adapters.native.routes import audit, handlers, transfers
from isogloss.adapters.operations import Route
from isogloss.adapters.transfers import PATH, PREFIX

ROUTES: tuple[Route, ...] = (*transfers.ROUTES, *audit.ROUTES)
"""Every operation that is served."""


def routes(host: Host) -> list[ControllerRouterHandler]:
    """The handlers of all operations."""
    return [*handlers(ROUTES, host)]


NATIVE = Dialect(
    name="isogloss",
    prefixes=(PREFIX,),
    routes=routes,
    # The permit in the address is the credential.
    open_paths=frozenset({PATH}),
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
)
"""The dialect, with all of ``/api/isogloss/v1``."""
