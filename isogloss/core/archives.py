"""Many objects as one file: a gzipped tar, made while it is read, so that no size of it costs memory or disk.

One is read again in the same way, from its beginning to its end.
"""

import asyncio
import contextlib
import gzip
import tarfile
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import IO

from msgspec import Struct

from isogloss.core.errors import Conflict, Corrupted, NotFound
from isogloss.core.model import Instant
from isogloss.core.ports import Objects, StoredObject

LEVEL = 1
"""What is large among the files of models hardly shrinks, and somebody waits."""

PART_BYTES = 256 * 1024
"""How much is compressed at once, on another thread."""

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
END = bytes(tarfile.RECORDSIZE)
"""What stands behind the last member of a tar."""


async def open_archive(objects: Objects, key: str) -> AsyncIterator[bytes]:
    """All that lies below a key, or the one object there, as a gzipped tar in chunks.

    Members are named as they lie below the key; a lone object by the last name of its key. What is removed meanwhile
    is left out, and what grows is cut off where it ended; the stream breaks with ``Conflict`` at an object that
    becomes shorter. Raises ``NotFound`` before there is a stream.
    """
    pages = objects.list(key)
    first = await anext(pages, None)
    if first:
        return compressed(_members(objects, f"{key}/", _continued(first, pages)))
    lone = await objects.head(key)
    return compressed(_members(objects, key.removesuffix(key.rpartition("/")[2]), _continued([lone], None)))


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
        yield head_of(member.key.removeprefix(above), member.size, member.modified)
        async for chunk in whole(member, content):
            yield chunk
        yield padding_of(member.size)
    yield END


async def whole(member: StoredObject, content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The content of an object; raises ``Conflict`` at its end where that is not as long as was said."""
    written = 0
    async for chunk in content:
        written += len(chunk)
        yield bytes(chunk)
    if written != member.size:
        raise Conflict(f"The object {member.key!r} changed while it was read.")


def head_of(name: str, size: int, modified: Instant) -> bytes:
    """What stands before the content of a member."""
    head = tarfile.TarInfo(name)
    head.size = size
    head.mtime = max(modified // 1_000_000, 0)
    return head.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding_of(size: int) -> bytes:
    """What stands behind the content of a member."""
    return bytes(-size % tarfile.BLOCKSIZE)


async def compressed(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks, gzipped."""
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


class Member(Struct, frozen=True):
    """A file of an archive that is being read; its content can be read once, and before the next member."""

    name: str
    size: int
    chunks: AsyncIterator[bytes]


async def members_of(file: IO[bytes]) -> AsyncIterator[Member]:
    """The members of a gzipped tar, in order. Raises ``Corrupted`` where it is none, or ends too early.

    What of a member was not read is passed over.
    """
    with await asyncio.to_thread(_opened, file) as archive:
        while (member := await asyncio.to_thread(_following, archive)) is not None:
            content = archive.extractfile(member)
            if content is None:
                raise Corrupted(f"The archive has a member {member.name!r} that is no file.")
            yield Member(member.name, member.size, _content(content, member))
        await asyncio.to_thread(_read_on, archive)


async def _content(content: IO[bytes], member: tarfile.TarInfo) -> AsyncIterator[bytes]:
    left = member.size
    while left:
        chunk = await asyncio.to_thread(_part_of, content)
        if not chunk:
            raise Corrupted("The archive is cut off.")
        left -= len(chunk)
        yield chunk


@contextlib.contextmanager
def _complaining() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise Corrupted("The archive is cut off.") from None
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error) as error:
        raise Corrupted(f"This is no archive, or a damaged one: {error}.") from None


def _opened(file: IO[bytes]) -> tarfile.TarFile:
    with _complaining():
        # Read as a stream, so that nothing is looked for and nothing skipped; gzip's own reader checks its sums.
        return tarfile.open(fileobj=gzip.GzipFile(fileobj=file), mode="r|", bufsize=PART_BYTES)


def _following(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _complaining():
        found = archive.next()
    # It remembers all that it has seen otherwise.
    archive.members = []  # type: ignore[attr-defined]
    return found


def _part_of(content: IO[bytes]) -> bytes:
    with _complaining():
        return content.read(PART_BYTES)


def _read_on(archive: tarfile.TarFile) -> None:
    """To the end, where gzip's sums stand."""
    with _complaining():
        while archive.fileobj.read(PART_BYTES):
            pass
