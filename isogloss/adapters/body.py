"""Reading the bytes of a request's body, for a fraction of what the framework takes."""

from collections.abc import AsyncGenerator, AsyncIterator

from litestar.types import Receive

from isogloss.adapters.ahead import ahead
from isogloss.core.errors import Corrupted, TooLarge

CHUNK_BYTES = 1024 * 1024


async def read_body(receive: Receive) -> bytes | None:
    """All bytes of the body; None where the client left before its end, so that nobody will read an answer."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return message.get("body", b"")
    parts = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    return None


async def read_body_within(receive: Receive, limit: int) -> bytes:
    """All bytes of the body. Raises ``TooLarge`` as soon as they are more than ``limit``, and as ``read_chunks``."""
    body = bytearray()
    async for piece in _pieces(receive):
        body += piece
        if len(body) > limit:
            raise TooLarge(f"The body has more than {limit} bytes.")
    return bytes(body)


def read_chunks(receive: Receive) -> AsyncGenerator[bytes]:
    """The body in chunks of about a mebibyte, of which one is received while the one before is made use of.

    Raises ``Corrupted`` where the client left before the end. To be closed by whoever stops before the end.
    """
    return ahead(_chunks(receive))


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The server delivers what arrived at once, which is far less than a chunk: that spares most ways to a disk."""
    gathered: list[bytes] = []
    size = 0
    async for piece in _pieces(receive):
        gathered.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Corrupted("The body ended before its end; nothing was kept.")
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body"):
            return
