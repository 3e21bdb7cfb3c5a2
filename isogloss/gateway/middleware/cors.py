"""Leave for browsers to let pages of other origins read the answers.

Litestar's own CORS lies within it, where a refusal of authentication or of a body's size would never pass it, and a
page would be told of a network failure instead.
"""

from collections.abc import Sequence

from isogloss.gateway.middleware.asgi import App, Headers, Message, Receive, Scope, Send, send_bytes
from isogloss.gateway.middleware.exchange import HEADERS

METHODS = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
MAX_AGE_SECONDS = 600


class Cors:
    """Answers preflights, and marks the answers to requests that have an ``origin``.

    ``origins`` is ``*`` alone for all, or the ones that are let in. Where credentials are
    required, a page needs one of its own, as a browser adds none to such requests. In open mode any page may read and
    write, as with Prefect's own server.
    """

    def __init__(self, app: App, *, origins: Sequence[str]) -> None:
        self._app = app
        self._anyone = "*" in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer a preflight."""
        if scope["type"] != "http" or (origin := scope[HEADERS].get(b"origin")) is None:
            await self._app(scope, receive, send)
            return
        marks = self._marks(origin)
        asked = scope[HEADERS].get(b"access-control-request-method")
        if scope["method"] == "OPTIONS" and asked is not None:
            await self._preflight(scope, marks, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *marks]
            await send(message)

        await self._app(scope, receive, send_marked)

    def _marks(self, origin: bytes) -> Headers:
        if self._anyone:
            return [(b"access-control-allow-origin", b"*")]
        if origin in self._origins:
            return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        return [(b"vary", b"Origin")]

    async def _preflight(self, scope: Scope, marks: Headers, send: Send) -> None:
        headers = [
            *marks,
            (b"access-control-allow-methods", METHODS),
            (b"access-control-max-age", b"%d" % MAX_AGE_SECONDS),
            (b"content-type", b"text/plain; charset=utf-8"),
        ]
        wanted = scope[HEADERS].get(b"access-control-request-headers")
        if wanted is not None:
            headers.append((b"access-control-allow-headers", wanted))
        allowed = marks[0][0] == b"access-control-allow-origin"
        if allowed:
            await send_bytes(200, b"OK", headers, send)
        else:
            await send_bytes(400, b"Disallowed CORS origin", headers, send)
