"""The registry's own operations, by resource. Each module lists its own as ``ROUTES``."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, cast

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Method, Receive
from msgspec import Struct

from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.native.failures import Refusal, reply_to
from isogloss.core.access import ANYBODY, Principal
from isogloss.core.registry import Registry

AnyRequest = Request[Any, Any, Any]


class Call(Struct, frozen=True, kw_only=True):
    """What is asked, by whom, of which registry. Header names are in lower case; the body is still to be received."""

    registry: Registry
    caller: Principal
    query_string: bytes
    headers: dict[bytes, bytes]
    receive: Receive

    def header(self, name: str) -> str | None:
        """The header of a name in lower case."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1").strip()


Operation: TypeAlias = Callable[[Call], Awaitable[ASGIApp]]


class Route(Struct, frozen=True):
    """An operation that answers with an application of its own. ``path`` is the whole of it."""

    method: Method
    path: str
    operation: Operation


_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")


def handlers(routes: Iterable[Route], host: Host) -> list[HTTPRouteHandler]:
    """The operations as Litestar's handlers over a host, one for each path. Every error becomes a problem document."""
    by_path: dict[str, dict[str, Operation]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[str(route.method)] = route.operation
    return [_handler(path, operations, host) for path, operations in by_path.items()]


def _handler(path: str, operations: dict[str, Operation], host: Host) -> HTTPRouteHandler:
    allowed = ", ".join(sorted(operations))

    async def handle(request: AnyRequest) -> ASGIApp:
        scope = cast("dict[str, Any]", request.scope)
        call = Call(
            registry=host.registry,
            caller=cast("Principal", scope.get(CALLER, ANYBODY)),
            query_string=scope["query_string"],
            headers=dict(scope["headers"]),
            receive=request.receive,
        )
        try:
            operation = operations.get(scope["method"])
            if operation is None:
                raise Refusal(405, f"This address takes {allowed}.", (("allow", allowed),))
            return await operation(call)
        except Exception as error:
            return reply_to(error)

    handle.__name__ = "_".join(operation.__name__ for operation in operations.values())
    return HTTPRouteHandler(path=path, http_method=_METHODS, status_code=200, include_in_schema=False)(handle)
