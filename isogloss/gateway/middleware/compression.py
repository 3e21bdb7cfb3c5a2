"""gzip for those who ask for it.

Litestar's own compression writes each body through a file object of Python's: 100 us for a page of 3 kB, which one
call of zlib does in 11. Prefect's clients ask for gzip with every request.
"""

import asyncio
import zlib

from isogloss.gateway.middleware.asgi import App, Headers, Message, Receive, Scope, Send
from isogloss.gateway.middleware.exchange import HEADERS

MINIMUM_BYTES = 500
THREAD_BYTES = 256 * 1024
"""From this size on, a body is compressed on another thread, as it would hold up other requests for milliseconds."""

LEVEL = 1
"""JSON of registries repeats itself so much that higher levels gain few bytes for several times the work."""

GZIP_WINDOW = 16 + zlib.MAX_WBITS
"""Has zlib write and read what gzip does."""

_COMPRESSIBLE = (b"application/json", b"text/", b"application/javascript", b"image/svg")


class Compression:
    """Compresses whole bodies of text and JSON. What is streamed goes out as it is: mostly, files that are packed."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and compress its answer if that is asked for and worth it."""
        if scope["type"] != "http" or not accepts_gzip(scope[HEADERS].get(b"accept-encoding", b"")):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                # The length is not known before the body is, so the start waits for it.
                start = message
                return
            if start is not None:
                waiting, start = start, None
                body = message.get("body", b"")
                if len(body) >= MINIMUM_BYTES and not message.get("more_body") and _worth_it(waiting):
                    message["body"] = body = await _compress(body)
                    waiting["headers"] = _compressed(waiting["headers"], len(body))
                await send(waiting)
            await send(message)

        await self._app(scope, receive, send_compressed)


async def _compress(body: bytes) -> bytes:
    if len(body) >= THREAD_BYTES:
        return await asyncio.to_thread(zlib.compress, body, LEVEL, GZIP_WINDOW)
    return zlib.compress(body, LEVEL, GZIP_WINDOW)


def accepts_gzip(accepted: bytes) -> bool:
    """Whether a header ``accept-encoding`` admits gzip."""
    if b"gzip" not in accepted:
        return False
    if b"q=0" not in accepted:
        return True
    for entry in accepted.split(b","):
        name, _, weight = entry.partition(b";")
        if name.strip() == b"gzip":
            return weight.replace(b" ", b"").rstrip(b"0.") != b"q="
    return False


def _worth_it(start: Message) -> bool:
    kind = b""
    for name, value in start.get("headers", ()):
        if name == b"content-type":
            kind = value
        elif name == b"content-encoding":
            return False
    return start["status"] != 206 and kind.startswith(_COMPRESSIBLE)


def _compressed(headers: Headers, length: int) -> Headers:
    kept = [(name, value) for name, value in headers if name != b"content-length"]
    return [
        *kept,
        (b"content-length", b"%d" % length),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
    ]
