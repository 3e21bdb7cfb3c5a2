"""Objects in a bucket of S3, Google Cloud or Azure."""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import obstore
from obstore.exceptions import GenericError
from obstore.store import AzureStore, GCSStore, S3Store

from isogloss.core.errors import NotFound, TooLarge
from isogloss.core.places import SharedPlace, checked_key
from isogloss.core.ports import Level, Parts, Signer, StoredObject, Uploads

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta

Bucket: TypeAlias = S3Store | GCSStore | AzureStore

CHUNK_BYTES = 1024 * 1024
PAGE = 1000
ASKED_AT_ONCE = 32
SENT_AT_ONCE = 4

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 10_000
"""How large the parts are in which an object is sent, and how many of them every vendor takes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER_USED = ".ready"


class CloudObjects:
    """Objects in a bucket, below the prefix that the bucket was opened with.

    Where others made an object whose name can be no key, such as ``a//b``, ``list`` and ``delete_prefix`` of what it
    lies under raise the library's error, and so does ``browse``.
    """

    def __init__(self, bucket: Bucket, shared: SharedPlace, signer: Signer, uploads: Uploads | None) -> None:
        self.shared = shared
        self.signer: Signer | None = signer
        self.uploads = uploads
        self.parts: Parts | None = None
        self._bucket = bucket

    async def check(self) -> None:
        """Raise when the bucket does not answer, or does not let us list it."""
        async for _ in obstore.list(self._bucket, _NEVER_USED, chunk_size=1):
            return

    async def close(self) -> None:
        """Nothing is open but idle connections, which go with this object."""

    async def head(self, key: str) -> StoredObject:
        with _absence(key):
            return _stored(await obstore.head_async(self._bucket, checked_key(key)))

    async def read(self, key: str, limit: int) -> bytes:
        with _absence(key):
            result = await obstore.get_async(self._bucket, checked_key(key))
        size = result.meta["size"]
        if size > limit:
            raise TooLarge(f"The object {key!r} has {size} bytes; at most {limit} are read at once.")
        return bytes(await result.bytes_async())

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        if end is not None and end <= start:
            await self.head(key)
            return _nothing()
        options: GetOptions = {}
        if end is not None:
            options["range"] = (start, end)
        elif start > 0:
            options["range"] = {"offset": start}
        try:
            with _absence(key):
                result = await obstore.get_async(self._bucket, checked_key(key), options=options)
        except GenericError:
            # A range that begins behind the last byte is an error there, which the library does not tell from others.
            if start < (await self.head(key)).size or not options:
                raise
            return _nothing()
        return aiter(result.stream(CHUNK_BYTES))

    async def write(self, key: str, content: bytes) -> None:
        await obstore.put_async(self._bucket, checked_key(key), content)

    async def write_stream(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        await obstore.put_async(self._bucket, checked_key(key), chunks)

    async def list(self, prefix: str) -> AsyncIterator[list[StoredObject]]:
        async for page in obstore.list(self._bucket, checked_key(prefix), chunk_size=PAGE):
            yield [_stored(meta) for meta in page]

    async def browse(self, prefix: str) -> Level:
        found = await obstore.list_with_delimiter_async(self._bucket, checked_key(prefix))
        # What consoles make to show an empty directory goes by the directory's own name, and lies not below it.
        objects = [_stored(meta) for meta in found["objects"] if meta["path"] != prefix]
        directories = [path.removeprefix(f"{prefix}/") for path in found["common_prefixes"]]
        return Level(directories=sorted(directories), objects=sorted(objects, key=lambda each: each.key))

    async def join(self, parts: Sequence[str], key: str) -> None:
        size = 0
        for first in range(0, len(parts), ASKED_AT_ONCE):
            heads = await asyncio.gather(*map(self.head, parts[first : first + ASKED_AT_ONCE]))
            size += sum(head.size for head in heads)
        await obstore.put_async(
            self._bucket,
            checked_key(key),
            self._joined(parts),
            chunk_size=max(PART_BYTES, -(-size // MOST_PARTS)),
            max_concurrency=SENT_AT_ONCE,
        )

    async def _joined(self, parts: Sequence[str]) -> AsyncIterator[bytes]:
        for part in parts:
            async for chunk in await self.stream(part):
                yield chunk

    async def delete(self, keys: Iterable[str]) -> None:
        paths = [checked_key(key) for key in keys]
        try:
            await obstore.delete_async(self._bucket, paths)
        except FileNotFoundError:
            # Not every vendor forgives what is absent, and the rest of the batch may then be left.
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    await obstore.delete_async(self._bucket, path)

    async def delete_prefix(self, prefix: str) -> None:
        async for page in self.list(prefix):
            await self.delete(each.key for each in page)


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for chunk in nothing:
        yield chunk


@contextlib.contextmanager
def _absence(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("object", key) from None


def _stored(meta: "ObjectMeta") -> StoredObject:
    modified = (meta["last_modified"] - _EPOCH) // _MICROSECOND
    return StoredObject(key=meta["path"], size=meta["size"], modified=modified, etag=meta["e_tag"])
