"""Objects in parts that come through the gateway: kept one by one, checked, and put together once."""

from collections.abc import AsyncIterable, Sequence

from msgspec import Struct

from isogloss.core.errors import Invalid, NotFound
from isogloss.core.ports import Files, Objects, Parts, StoredObject

_MARKER_BYTES = 1000


class Part(Struct, frozen=True):
    """A part that a client says it has sent. ``etag`` is the one it was answered, without quotes; null if not told."""

    number: int
    etag: str | None


class JoinedParts(Struct, frozen=True):
    """Parts that are objects of their own, until their bytes are copied into one."""

    objects: Objects

    async def write(self, upload: str, number: int, count: int, size: int | None, chunks: AsyncIterable[bytes]) -> str:
        key = f"{parts_prefix(upload)}/{number}"
        await self.objects.write_stream(key, chunks)
        return entity_tag(await self.objects.head(key))

    async def sent(self, upload: str) -> dict[int, str]:
        prefix = parts_prefix(upload)
        return {
            int(each.key.removeprefix(f"{prefix}/")): entity_tag(each)
            async for page in self.objects.list(prefix)
            for each in page
        }

    async def join(self, upload: str, count: int, key: str) -> None:
        await self.objects.join([f"{parts_prefix(upload)}/{number}" for number in range(1, count + 1)], key)


def parts_of(files: Files) -> Parts:
    """How parts are kept: the storage's own way where it has one."""
    return JoinedParts(files.objects) if files.parts is None else files.parts


def parts_prefix(upload: str) -> str:
    """Where the parts of an upload lie."""
    return f"{upload}/parts"


def entity_tag(found: StoredObject) -> str:
    """What changes whenever the bytes of an object do, without quotes."""
    if found.etag is None:
        return f"{found.modified:x}-{found.size:x}"
    return found.etag.removeprefix("W/").strip('"')


async def join_parts(files: Files, upload: str, count: int, told: Sequence[Part], key: str) -> StoredObject:
    """Put the parts of an upload together as the object of the key, and remove them; once more is no error.

    Raises ``Invalid`` unless all parts are told of in ascending order, have been sent, and bear the etags that are
    told.
    """
    done = await _joined(files.objects, upload, key)
    if done is not None:
        return done
    _check_numbers(told, count)
    parts = parts_of(files)
    try:
        _check_sent(told, await parts.sent(upload))
        await parts.join(upload, count, key)
    except (Invalid, NotFound):
        # The same request, repeated while it was still being answered, may have taken the parts away. A third one may
        # be about to say that the object, of the same parts, is its own.
        done = await _of_the_same_parts(files.objects, upload, key)
        if done is None:
            raise
        return done
    joined = await files.objects.head(key)
    await files.objects.write(_marker(upload), entity_tag(joined).encode())
    await files.objects.delete_prefix(parts_prefix(upload))
    return joined


async def _joined(objects: Objects, upload: str, key: str) -> StoredObject | None:
    """The object of an upload whose parts were put together before, if it is there as it was then."""
    try:
        tag = await objects.read(_marker(upload), _MARKER_BYTES)
        found = await objects.head(key)
    except NotFound:
        return None
    return found if entity_tag(found) == tag.decode() else None


async def _of_the_same_parts(objects: Objects, upload: str, key: str) -> StoredObject | None:
    """The object at the key, if the parts of this upload have been put together there by anybody."""
    try:
        await objects.head(_marker(upload))
        return await objects.head(key)
    except NotFound:
        return None


def _marker(upload: str) -> str:
    return f"{upload}/joined"


def _check_numbers(told: Sequence[Part], count: int) -> None:
    for expected, part in enumerate(told, start=1):
        if part.number != expected or expected > count:
            raise Invalid("parts", f"must be 1 to {count} in ascending order, but {part.number} is at place {expected}")
    if len(told) < count:
        raise Invalid("parts", f"must be 1 to {count} in ascending order, but part {len(told) + 1} is missing")


def _check_sent(told: Sequence[Part], sent: dict[int, str]) -> None:
    for part in told:
        tag = sent.get(part.number)
        if tag is None:
            raise Invalid("parts", f"part {part.number} has not been sent")
        if part.etag is not None and part.etag != tag:
            raise Invalid("parts", f"part {part.number} has the etag {tag!r}, not {part.etag!r}")
