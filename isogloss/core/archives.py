"""Many objects as one file: a gzipped tar, made while it is read, so that no size of it costs memory or disk."""

import asyncio
import tarfile
import zlib
from collections.abc import AsyncIterable, AsyncIterator

from isogloss.core.errors import Conflict, NotFound
from isogloss.core.ports import Objects, StoredObject

LEVEL = 1
"""What is large among the files of models hardly shrinks, and somebody waits."""

PART_BYTES = 256 * 1024
"""How much is compressed at once, on another thread."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_END = bytes(tarfile.RECORDSIZE)


async def open_archive(objects: Objects, key: str) -> AsyncIterator[bytes]:
    """All that lies below a key, or the one object there, as a gzipped tar in chunks.

    Members are named as they lie below the key; a lone object by the last name of its key. What is removed meanwhile
    is left out, and what grows is cut off where it ended; the stream breaks with ``Conflict`` at an object that
    becomes shorter. Raises ``NotFound`` before there is a stream.
    """
    pages = objects.list(key)
    first = await anext(pages, None)
    if first:
        return _compressed(_members(objects, f"{key}/", _continued(first, pages)))
    lone = await objects.head(key)
    return _compressed(_members(objects, key.removesuffix(key.rpartition("/")[2]), _continued([lone], None)))


async def is_there(objects: Objects, key: str) -> bool:
    """Whether there is anything to archive."""
    if await anext(objects.list(key), None):
        return True
    try:
        await objects.head(key)
    except NotFound:
        return False
    return True


async def _continued(
    first: list[StoredObject], pages: AsyncIterator[list[StoredObject]] | None
) -> AsyncIterator[StoredObject]:
    for each in first:
        yield each
    if pages is not None:
        async for page in pages:
            for each in page:
                yield each


async def _members(objects: Objects, above: str, found: AsyncIterable[StoredObject]) -> AsyncIterator[bytes]:
    """The tar. Member by member, as its own writer would need the whole of it at hand."""
    async for member in found:
        try:
            content = await objects.stream(member.key, 0, member.size)
        except NotFound:
            continue
        yield _head(member.key.removeprefix(above), member)
        written = 0
        async for chunk in content:
            written += len(chunk)
            yield bytes(chunk)
        if written != member.size:
            raise Conflict(f"The object {member.key!r} changed while it was read.")
        yield bytes(-written % tarfile.BLOCKSIZE)
    yield _END


def _head(name: str, member: StoredObject) -> bytes:
    head = tarfile.TarInfo(name)
    head.size = member.size
    head.mtime = max(member.modified // 1_000_000, 0)
    return head.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


async def _compressed(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    part = bytearray()
    async for chunk in chunks:
        part += chunk
        if len(part) >= PART_BYTES:
            packed = await asyncio.to_thread(compressor.compress, part)
            part = bytearray()
            if packed:
                yield packed
    yield await asyncio.to_thread(lambda: compressor.compress(part) + compressor.flush())
