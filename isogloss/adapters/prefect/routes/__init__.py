"""Prefect's routes, by resource. Each module lists its own as ``ROUTES``.

The vendor's router is strict where Litestar's is not: a slash at the end makes another path, from which it
redirects; and it refuses HEAD and OPTIONS like any method that a path does not have. What that takes is put around
each endpoint here.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast
from urllib.parse import quote, unquote_to_bytes

from litestar.types import ASGIApp, Method
from msgspec import Struct

from isogloss.adapters.call import address_asked
from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.handlers import Handler, make_handler
from isogloss.adapters.prefect.decode import AnyRequest, admit, path_uuid
from isogloss.adapters.prefect.failures import Refusal, detail, reply_to
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.reply import Reply
from isogloss.core.access import ANYBODY, Principal
from isogloss.core.registry import Registry
from isogloss.core.registry.callers import registry_for

PREFIX = "/api"

Endpoint = Callable[[Registry, AnyRequest], Awaitable[Reply]]

_HOST = "isogloss.prefect.host"


_SAFE = ":/%#?=@[]!$&'()*+,;"
"""What the vendor leaves as it is in the path of a redirect."""


class Route(Struct, frozen=True):
    """An operation: ``path`` is the vendor's, below ``/api``, slash at its end included where it has one.

    A place of the path is written ``{name:str}`` where it takes any text without a slash, and ``{id:uuid}`` where it
    takes UUIDs only. ``also`` lists paths that the vendor finds by such a place, but Litestar does not, as it never
    turns back from a fixed one. An operation that reads no body has its API version checked before it is called,
    unless ``versioned`` is false.
    """

    method: Method
    path: str
    endpoint: Endpoint
    versioned: bool = True
    also: tuple[str, ...] = ()


def handlers(routes: Iterable[Route], host: Host) -> list[Handler]:
    """The routes as Litestar's handlers over a host, one for each path.

    Every error becomes the vendor's answer in here.
    """
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return [_handler(path, served, host) for path, served in by_path.items()]


def caller(request: AnyRequest) -> Principal:
    """Who asks: what the gateway found out."""
    scope = cast("dict[str, Any]", request.scope)
    return cast("Principal", scope[CALLER])


def host_of(request: AnyRequest) -> Host:
    """What serves the request."""
    scope = cast("dict[str, Any]", request.scope)
    return cast("Host", scope[_HOST])


def root_of(request: AnyRequest) -> str:
    """The root of the address by which the client reaches us, without a slash at its end."""
    scope = request.scope
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host_of(request).public_url or address_asked(scope["scheme"], host, scope.get("server"))


def _handler(path: str, served: list[Route], host: Host) -> Handler:
    registry = host.registry
    check_path = _path_check(path)
    operations = {
        str(route.method): (route.endpoint, route.versioned and route.method in ("GET", "DELETE")) for route in served
    }
    # The vendor names only the first of a path's methods as allowed.
    refusal = Reply(b'{"detail":"Method Not Allowed"}', 405, (("allow", served[0].method),))

    async def answer(request: AnyRequest) -> ASGIApp:
        try:
            check_path(request)
            operation = operations.get(request.scope["method"])
            if operation is None:
                return refusal
            endpoint, check_version = operation
            if check_version:
                admit(request)
            scope = cast("dict[str, Any]", request.scope)
            scope[_HOST] = host
            # What answers without a credential has no caller.
            asking = scope.get(CALLER, ANYBODY)
            return await endpoint(registry_for(registry, asking, DIALECT, endpoint.__name__), request)
        except Exception as error:
            return reply_to(error)

    name = "_".join(route.endpoint.__name__ for route in served)
    aliases = [alias for route in served for alias in route.also]
    return make_handler([PREFIX + spelled.replace(":uuid}", ":str}") for spelled in (path, *aliases)], name, answer)


def _path_check(path: str) -> Callable[[AnyRequest], None]:
    """Raises the ``Refusal`` of a request whose path is not spelled as the vendor has it."""
    slashes = 1 if path.endswith("/") else 0
    has_id = "{id:uuid}" in path

    def check(request: AnyRequest) -> None:
        if has_id:
            path_uuid(request)
        spelled: bytes = request.scope["raw_path"]
        if b"%" in spelled:
            spelled = unquote_to_bytes(spelled)
        bare = spelled.rstrip(b"/")
        surplus = len(spelled) - len(bare) - slashes
        if b"//" in bare or (slashes and surplus > 0):
            raise detail(404, "Not Found")
        if surplus:
            raise _redirect(request, bare + b"/" * slashes)

    return check


def _redirect(request: AnyRequest, path: bytes) -> Refusal:
    scope = request.scope
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    if not host and (server := scope.get("server")):
        host = f"{server[0]}:{server[1]}".encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    target = b"%b://%b%b%b" % (scope["scheme"].encode(), host, quote(path, safe=_SAFE).encode(), query)
    return Refusal(307, None, (("location", target.decode("latin-1")),))
