"""What answers a path, as one of Litestar's handlers for all of its methods."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from litestar import Request
from litestar.exceptions import NotFoundException
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp, Method, Receive, Scope, Send

AnyRequest = Request[Any, Any, Any]

Answer: TypeAlias = Callable[[AnyRequest], Awaitable[ASGIApp]]
"""Makes the answer to a request, which is an application of its own; raises nothing that a client should not see."""

Handler: TypeAlias = ASGIRouteHandler | HTTPRouteHandler

_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")


def make_handler(paths: Sequence[str], name: str, answer: Answer) -> Handler:
    """The handler of these paths, under a name for the log.

    A plain ASGI one takes half of the framework's time, which the shortest requests feel; but Litestar finds none by a
    path with places for parameters.
    """
    if any("{" in path for path in paths):
        return _http_handler(paths, name, answer)
    return _asgi_handler(paths, name, answer)


def _http_handler(paths: Sequence[str], name: str, answer: Answer) -> Handler:
    async def handle(request: AnyRequest) -> ASGIApp:
        return await answer(request)

    handle.__name__ = name
    return HTTPRouteHandler(path=paths, http_method=_METHODS, status_code=200, include_in_schema=False)(handle)


def _asgi_handler(paths: Sequence[str], name: str, answer: Answer) -> Handler:
    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # type: ignore[comparison-overlap]
            raise NotFoundException
        reply = await answer(Request(scope, receive, send))
        await reply(scope, receive, send)

    handle.__name__ = name
    return ASGIRouteHandler(path=paths, copy_scope=False)(handle)
