"""The answer of a route, as the plain ASGI application that sends it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from litestar.types import Receive, Scope, Send

from isogloss.adapters.ahead import ahead


class Reply:
    """Sends a status and a body of JSON or another type, already encoded; an empty body has no content type.

    Litestar takes it as it is, where its own responses would be built twice.
    """

    __slots__ = ("body", "headers", "media_type", "status")

    def __init__(
        self,
        body: bytes,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        media_type: bytes = b"application/json",
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers
        self.media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        if self.status != 204:
            headers.append((b"content-length", b"%d" % len(self.body)))
            if self.body:
                headers.append((b"content-type", self.media_type))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


NO_CONTENT = Reply(b"", 204)


class Stream:
    """Sends chunks as they come, no faster than the client takes them, until there are no more or the client leaves.

    An error on the way breaks the connection, since the status has been told by then.
    """

    __slots__ = ("chunks", "headers", "status")

    def __init__(
        self, chunks: AsyncIterator[bytes], headers: tuple[tuple[str, str], ...], *, status: int = 200
    ) -> None:
        self.chunks = chunks
        self.headers = headers
        self.status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        # The request has been read whole, so what comes next is that the client left.
        following = asyncio.ensure_future(receive())
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            async with _closed_after(self.chunks) as chunks, contextlib.aclosing(ahead(chunks)) as coming:
                async for chunk in coming:
                    if following.done() and following.result()["type"] == "http.disconnect":
                        return
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            following.cancel()


@contextlib.asynccontextmanager
async def _closed_after(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Lets a generator end with the block, and what it holds open with it."""
    try:
        yield chunks
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()


def attachment(filename: str) -> str:
    """The value of ``content-disposition`` under which a browser keeps an answer as a file of this name (RFC 6266)."""
    # A name that seems to lead into a directory is taken apart in as many ways as there are browsers.
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", filename)
    plain = re.sub(r'[^ -~]|["%]', "_", name)
    if plain == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
