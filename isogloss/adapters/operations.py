"""Operations: what a dialect's routes are made of.

An operation is a function of the call and a unit of work: ``Read`` ones get a snapshot, ``Write`` ones a transaction
in which everything they do is kept, or nothing is. What they return is encoded inside of it, and that is the answer.
``Plain`` ones open units of work by themselves, because they also wait for files.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, cast

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Method
from msgspec import Struct

from isogloss.adapters.body import read_body
from isogloss.adapters.call import Call, Malformed
from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.reply import Reply
from isogloss.core.access import ANYBODY, Principal
from isogloss.core.ports import Reader, Writer

AnyRequest = Request[Any, Any, Any]

ReadOperation: TypeAlias = Callable[[Call, Reader], Awaitable[Any]]
WriteOperation: TypeAlias = Callable[[Call, Writer], Awaitable[Any]]
PlainOperation: TypeAlias = Callable[[Call], Awaitable[ASGIApp]]


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


Route: TypeAlias = Read | Write | Plain

_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")

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
    """How a dialect serves its operations below a prefix.

    ``reply_to`` makes the vendor's answer of every error, ``not_allowed`` is the one to a method that a path does not
    have, and ``posting`` runs a ``Write`` that comes by POST.
    """

    prefix: str
    reply_to: Callable[[Exception], ASGIApp]
    not_allowed: Reply
    posting: Callable[[WriteOperation], PlainOperation] = writing


def handlers(routes: Iterable[Route], host: Host, manner: Manner) -> list[HTTPRouteHandler]:
    """The operations as Litestar's handlers over a host, one for each path."""
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return [_handler(path, served, host, manner) for path, served in by_path.items()]


def _handler(path: str, served: list[Route], host: Host, manner: Manner) -> HTTPRouteHandler:
    operations = {str(route.method): _operation(route, manner) for route in served}

    async def handle(request: AnyRequest) -> ASGIApp:
        operation = operations.get(request.scope["method"])
        if operation is None:
            return manner.not_allowed
        try:
            scope = cast("dict[str, Any]", request.scope)
            return await operation(
                Call(
                    host=host,
                    caller=cast("Principal", scope.get(CALLER, ANYBODY)),
                    path=scope["path_params"],
                    query_string=scope["query_string"],
                    headers=dict(scope["headers"]),
                    body=await _body(request),
                    address=scope["client"][0] if scope.get("client") else None,
                )
            )
        except Exception as error:
            return manner.reply_to(error)

    handle.__name__ = "_".join(route.operation.__name__ for route in served)
    whole = manner.prefix + path
    return HTTPRouteHandler(path=whole, http_method=_METHODS, status_code=200, include_in_schema=False)(handle)


def _operation(route: Route, manner: Manner) -> PlainOperation:
    match route:
        case Read():
            return reading(route.operation)
        case Write("POST"):
            return manner.posting(route.operation)
        case Write():
            return writing(route.operation)
        case Plain():
            return route.operation


async def _body(request: AnyRequest) -> bytes:
    body = await read_body(request.receive)
    if body is None:
        raise Malformed("body", "ended before its end.")
    return body
