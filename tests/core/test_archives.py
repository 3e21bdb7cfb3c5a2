"""Archives that are made while they are read."""

import io
import tarfile
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.archives import is_there, open_archive
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.ports import Files, StoredObject

MEBIBYTE = 1024 * 1024

names = st.text(st.characters(codec="utf-8", exclude_characters="/\x7f", min_codepoint=32), min_size=1, max_size=80)
paths = st.lists(names.filter(lambda name: name not in (".", "..")), min_size=1, max_size=4).map("/".join)


class Shelf:
    """As much of a place for objects as archives look at. ``told`` is the size that a list tells of an object."""

    def __init__(self, content: dict[str, bytes], told: dict[str, int] | None = None) -> None:
        self.content = content
        self.told = told or {}

    async def list(self, prefix: str) -> AsyncIterator[list[StoredObject]]:
        for key in self.content:
            if key.startswith(f"{prefix}/"):
                yield [await self.head(key)]

    async def head(self, key: str) -> StoredObject:
        if key not in self.content:
            raise NotFound("object", key)
        size = self.told.get(key, len(self.content[key]))
        return StoredObject(key=key, size=size, modified=1_750_000_000_000_000, etag=None)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return self._chunks(self.content[key][start:end])

    async def _chunks(self, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 7000):
            yield content[start : start + 7000]


async def packed(objects: Any, key: str) -> bytes:
    return b"".join([chunk async for chunk in await open_archive(objects, key)])


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


@given(content=st.dictionaries(paths, st.binary(max_size=2000), min_size=1, max_size=6))
async def test_an_archive_holds_what_lies_below_the_key(content: dict[str, bytes]) -> None:
    shelf = Shelf({f"shared/a/{path}": each for path, each in content.items()} | {"shared/ab": b"another"})
    assert unpacked(await packed(shelf, "shared/a")) == content


async def test_a_lone_object_is_a_member_of_its_own_name() -> None:
    assert unpacked(await packed(Shelf({"shared/a/model.bin": b"1"}), "shared/a/model.bin")) == {"model.bin": b"1"}


async def test_there_is_no_archive_of_nothing(files: Files) -> None:
    assert not await is_there(files.objects, "shared/a")
    with pytest.raises(NotFound):
        await open_archive(files.objects, "shared/a")
    await files.objects.write("shared/a/b", b"1")
    assert await is_there(files.objects, "shared/a")
    assert await is_there(files.objects, "shared/a/b")
    assert not await is_there(files.objects, "shared/a/b/c")


async def test_what_grows_meanwhile_is_cut_where_it_ended() -> None:
    shelf = Shelf({"shared/a/log": b"12345", "shared/a/z": b"z"}, told={"shared/a/log": 3})
    assert unpacked(await packed(shelf, "shared/a")) == {"log": b"123", "z": b"z"}


async def test_what_becomes_shorter_meanwhile_breaks_the_archive() -> None:
    shelf = Shelf({"shared/a/log": b"12345"}, told={"shared/a/log": 9})
    with pytest.raises(Conflict, match="changed while it was read"):
        await packed(shelf, "shared/a")


async def test_what_is_removed_meanwhile_is_left_out(files: Files) -> None:
    for name in ("a/1", "a/2"):
        await files.objects.write(f"shared/{name}", name.encode())
    archive = await open_archive(files.objects, "shared/a")
    await files.objects.delete(["shared/a/1"])
    assert unpacked(b"".join([chunk async for chunk in archive])) == {"2": b"a/2"}


async def test_a_large_file_takes_no_memory(files: Files, tmp_path: Path) -> None:
    size = 96 * MEBIBYTE
    await files.objects.write("shared/a/large", b"x")
    with (tmp_path / "objects/shared/a/large").open("r+b") as large:
        large.truncate(size)
    archive = await open_archive(files.objects, "shared/a")
    tracemalloc.start()
    try:
        packed_bytes = sum([len(chunk) async for chunk in archive])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEBIBYTE
    assert size / 1200 < packed_bytes < size / 100
