"""ZenML's operations, by resource. Each module lists its own as ``ROUTES``.

An operation is a function of the call and a unit of work: ``Read`` ones get a snapshot, ``Write`` ones a transaction
in which everything they do is kept, or nothing is. What they return is encoded inside of it, and that is the answer.
``Plain`` ones open units of work by themselves, because they also wait for files.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Method
from msgspec import Struct

from isogloss.adapters.body import read_body
from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml.call import Call
from isogloss.adapters.zenml.failures import Unprocessable, reply_to
from isogloss.core.access import ANYBODY, Principal
from isogloss.core.model import Json
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import replies

PREFIX = "/api/v1"

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
_NOT_ALLOWED = Reply(b'{"detail":"Method Not Allowed"}', 405)

# The client makes a key for each request and sends the same one when it tries again.
_IDEMPOTENCY_KEY = b"idempotency-key"

encode = msgspec.json.Encoder().encode
"""An answer as JSON."""


def handlers(routes: Iterable[Route], host: Host) -> list[HTTPRouteHandler]:
    """The operations as Litestar's handlers over a host, one for each path. Every error becomes the vendor's answer."""
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return [_handler(path, served, host) for path, served in by_path.items()]


def _handler(path: str, served: list[Route], host: Host) -> HTTPRouteHandler:
    operations = {str(route.method): _operation(route) for route in served}

    async def handle(request: AnyRequest) -> ASGIApp:
        operation = operations.get(request.scope["method"])
        if operation is None:
            return _NOT_ALLOWED
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
            return reply_to(error)

    handle.__name__ = "_".join(route.operation.__name__ for route in served)
    return HTTPRouteHandler(path=PREFIX + path, http_method=_METHODS, status_code=200, include_in_schema=False)(handle)


def _operation(route: Route) -> PlainOperation:
    match route:
        case Read():
            return _reading(route.operation)
        case Write("POST"):
            return _writing_once(route.operation)
        case Write():
            return _writing(route.operation)
        case Plain():
            return route.operation


def _reading(operation: ReadOperation) -> PlainOperation:
    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Reader) -> bytes:
            return encode(await operation(call, unit))

        return Reply(await call.registry.store.read(work))

    return handle


def _writing(operation: WriteOperation) -> PlainOperation:
    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Writer) -> bytes:
            return encode(await operation(call, unit))

        return Reply(await call.registry.store.write(work))

    return handle


def _writing_once(operation: WriteOperation) -> PlainOperation:
    """Writes whose answer is repeated to a client that asks again with the same key."""
    writing = _writing(operation)

    async def handle(call: Call) -> ASGIApp:
        key = call.headers.get(_IDEMPOTENCY_KEY)
        if key is None:
            return await writing(call)

        async def work(unit: Writer) -> Json:
            return encode(await operation(call, unit)).decode()

        body = await replies.once(call.registry, call.caller, _idempotency_key(key), work)
        return Reply(body.encode())

    return handle


def _idempotency_key(given: bytes) -> str:
    try:
        return str(UUID(given.decode("latin-1")))
    except ValueError:
        raise Unprocessable("header.Idempotency-Key: must be a UUID.") from None


async def _body(request: AnyRequest) -> bytes:
    body = await read_body(request.receive)
    if body is None:
        raise Unprocessable("The body ended before its end.")
    return body
