"""Operations: what a dialect's routes are made of.

An operation is a function of the call and a unit of work: ``Read`` ones get a snapshot, ``Write`` ones a transaction
in which everything they do is kept, or nothing is. What they return is encoded inside of it, and that is the answer.
``Plain`` ones open units of work by themselves, because they also wait for files; ``Streamed`` ones receive the body
by themselves, too, because it may be larger than memory.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, cast

import msgspec
from litestar.types import ASGIApp, Method, Receive
from msgspec import Struct

from isogloss.adapters.body import read_body
from isogloss.adapters.call import Call, Malformed
from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.handlers import AnyRequest, Handler, make_handler
from isogloss.adapters.reply import Reply
from isogloss.core.access import ANYBODY, Principal
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.callers import registry_for, registry_to_read

ReadOperation: TypeAlias = Callable[[Call, Reader], Awaitable[Any]]
WriteOperation: TypeAlias = Callable[[Call, Writer], Awaitable[Any]]
PlainOperation: TypeAlias = Callable[[Call], Awaitable[ASGIApp]]
StreamedOperation: TypeAlias = Callable[[Call, Receive], Awaitable[ASGIApp]]


class Read(Struct, frozen=True):
    """An operation that changes nothing. ``path`` is the vendor's, below the prefix."""

    method: Method
    path: str
    operation: ReadOperation


class Write(Struct, frozen=True):
    """An operation that is one transaction."""

    method: Method
    path: str
    operation: WriteOperation


class Plain(Struct, frozen=True):
    """An operation that answers with an application of its own."""

    method: Method
    path: str
    operation: PlainOperation


class Streamed(Struct, frozen=True):
    """An operation that receives the body as it comes; its call has none."""

    method: Method
    path: str
    operation: StreamedOperation


Route: TypeAlias = Read | Write | Plain | Streamed

_Serve: TypeAlias = Callable[[AnyRequest], Awaitable[ASGIApp]]
_Seen: TypeAlias = Callable[[Principal], Registry]

encode = msgspec.json.Encoder().encode
"""An answer as JSON."""


def reading(operation: ReadOperation) -> PlainOperation:
    """The operation in a snapshot of its own."""

    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Reader) -> bytes:
            return encode(await operation(call, unit))

        return Reply(await call.registry.store.read(work))

    return handle


def writing(operation: WriteOperation) -> PlainOperation:
    """The operation in a transaction of its own."""

    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Writer) -> bytes:
            return encode(await operation(call, unit))

        return Reply(await call.registry.store.write(work))

    return handle


class Manner(Struct, frozen=True, kw_only=True):
    """How a dialect, by its name, serves its operations below a prefix.

    ``reply_to`` makes the vendor's answer of every error, ``not_allowed`` is the one to a method that a path does not
    have. ``read`` runs a ``Read``, ``write`` a ``Write``, and ``posting`` one that comes by POST.
    """

    dialect: str
    prefix: str
    reply_to: Callable[[Exception], ASGIApp]
    not_allowed: Reply
    read: Callable[[ReadOperation], PlainOperation] = reading
    write: Callable[[WriteOperation], PlainOperation] = writing
    posting: Callable[[WriteOperation], PlainOperation] = writing


def handlers(routes: Iterable[Route], host: Host, manner: Manner) -> list[Handler]:
    """The operations as Litestar's handlers over a host, one for each path."""
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return [_handler(path, served, host, manner) for path, served in by_path.items()]


def _handler(path: str, served: list[Route], host: Host, manner: Manner) -> Handler:
    serving = {str(route.method): _serve(route, host, manner) for route in served}

    async def answer(request: AnyRequest) -> ASGIApp:
        serve = serving.get(request.scope["method"])
        if serve is None:
            return manner.not_allowed
        try:
            return await serve(request)
        except Exception as error:
            return manner.reply_to(error)

    name = "_".join(route.operation.__name__ for route in served)
    return make_handler([manner.prefix + path], name, answer)


def _serve(route: Route, host: Host, manner: Manner) -> _Serve:
    seen = _seeing(route, host, manner.dialect)
    match route:
        case Streamed():
            return _streaming(route.operation, host, seen)
        case Read():
            return _plain(manner.read(route.operation), host, seen)
        case Write("POST"):
            return _plain(manner.posting(route.operation), host, seen)
        case Write():
            return _plain(manner.write(route.operation), host, seen)
        case Plain():
            return _plain(route.operation, host, seen)


def _seeing(route: Route, host: Host, dialect: str) -> _Seen:
    """How an operation sees the registry: as its caller may, and with a record of what it writes."""
    registry, action = host.registry, route.operation.__name__
    if isinstance(route, Read):
        return lambda caller: registry_to_read(registry, caller)
    return lambda caller: registry_for(registry, caller, dialect, action)


def _plain(operation: PlainOperation, host: Host, seen: _Seen) -> _Serve:
    async def serve(request: AnyRequest) -> ASGIApp:
        return await operation(_call(request, host, seen, await _body(request)))

    return serve


def _streaming(operation: StreamedOperation, host: Host, seen: _Seen) -> _Serve:
    async def serve(request: AnyRequest) -> ASGIApp:
        return await operation(_call(request, host, seen, b""), request.receive)

    return serve


def _call(request: AnyRequest, host: Host, seen: _Seen, body: bytes) -> Call:
    scope = cast("dict[str, Any]", request.scope)
    caller = cast("Principal", scope.get(CALLER, ANYBODY))
    return Call(
        host=host,
        registry=seen(caller),
        caller=caller,
        path=scope["path_params"],
        query_string=scope["query_string"],
        headers=dict(scope["headers"]),
        body=body,
        address=scope["client"][0] if scope.get("client") else None,
        scheme=scope.get("scheme", "http"),
        server=scope.get("server"),
    )


async def _body(request: AnyRequest) -> bytes:
    body = await read_body(request.receive)
    if body is None:
        raise Malformed("body", "ended before its end.")
    return body
