"""One chunk ahead: the next one is fetched while the one before is made use of."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator


async def ahead(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The chunks. To be closed by whoever stops before the end."""
    coming = asyncio.ensure_future(anext(chunks, None))
    try:
        while (chunk := await coming) is not None:
            coming = asyncio.ensure_future(anext(chunks, None))
            yield chunk
    finally:
        coming.cancel()
        # What became of it is of no interest any more, and would be logged if nobody asked.
        await asyncio.wait([coming])
        if not coming.cancelled():
            coming.exception()
