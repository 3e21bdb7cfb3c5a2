"""No body over the limit is read to its end, whether it says its length or not.

Litestar's own limit answers in one shape only, and not before a route reads the body; here the dialect answers.
"""

from isogloss.adapters.dialect import Dialect
from isogloss.core.errors import TooLarge
from isogloss.gateway.middleware.asgi import App, Message, Receive, Scope, Send, send_answer
from isogloss.gateway.middleware.exchange import HEADERS, STATUS
from isogloss.gateway.middleware.switch import DIALECT


class BodyLimit:
    """Refuses bodies of more than ``limit`` bytes with the dialect's ``too_large``.

    A length that is announced is believed, since the server delivers no more than that; only a body without one is
    counted as it comes. A dialect's streamed paths, compared whole, have no limit here.
    """

    def __init__(self, app: App, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless its body is too large."""
        if scope["type"] != "http" or scope["path"] in scope[DIALECT].streamed_paths:
            await self._app(scope, receive, send)
            return
        headers = scope[HEADERS]
        length = headers.get(b"content-length")
        if b"transfer-encoding" in headers or not (length is None or length.isdigit()):
            await self._counted(scope, receive, send)
        elif length is not None and int(length) > self._limit:
            await send_answer(scope[DIALECT].too_large, send)
        else:
            await self._app(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        dialect: Dialect = scope[DIALECT]
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._limit:
                    raise TooLarge(f"The body is larger than {self._limit} bytes.")
            return message

        async def send_unless_refused(message: Message) -> None:
            # Whatever the route makes of the error, the refusal below takes its place.
            if received <= self._limit or scope[STATUS]:
                await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_refused)
        except TooLarge:
            if received <= self._limit:
                raise
        if received > self._limit and not scope[STATUS]:
            await send_answer(dialect.too_large, send)
