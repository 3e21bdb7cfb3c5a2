"""Parts on a disk: written where they will be, copied only where they must be, right in whatever order they come."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.errors import Conflict, Corrupted, NotFound
from isogloss.core.ports import Parts, StoredObject
from isogloss.storage.objects import open_objects
from isogloss.storage.objects.local import LocalObjects

UPLOAD = "owned/project/owner/uploads/1"
KEY = "owned/project/owner/files/model.bin"
PARTS = [b"first", b"other", b"third", b"end"]


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[LocalObjects]:
    opened = await open_objects(f"file://{tmp_path}/objects", {})
    assert isinstance(opened, LocalObjects)
    yield opened
    await opened.close()


def parts_of(objects: LocalObjects) -> Parts:
    assert objects.parts is not None
    return objects.parts


def file_number(found: StoredObject) -> str:
    """Which of the disk's files an object is."""
    assert found.etag is not None
    return found.etag.partition("-")[0]


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def broken(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece
    raise ConnectionError("away")


async def send(objects: LocalObjects, number: int, content: bytes, count: int = len(PARTS)) -> str:
    return await parts_of(objects).write(UPLOAD, number, count, len(content), pieces(content[:2], content[2:]))


async def send_all(objects: LocalObjects, numbers: Sequence[int] = (1, 2, 3, 4)) -> None:
    for number in numbers:
        await send(objects, number, PARTS[number - 1])


async def join(objects: LocalObjects, count: int = len(PARTS)) -> bytes:
    await parts_of(objects).join(UPLOAD, count, KEY)
    return await objects.read(KEY, 1_000_000)


async def test_parts_of_one_size_are_never_copied(objects: LocalObjects) -> None:
    await send_all(objects)
    placed = await objects.head(f"{UPLOAD}/parts/whole")
    assert placed.size == len(b"firstotherthird")
    assert await join(objects) == b"firstotherthirdend"
    assert file_number(await objects.head(KEY)) == file_number(placed)


@given(st.permutations((1, 2, 3, 4)))
async def test_any_order_is_as_good(tmp_path_factory: pytest.TempPathFactory, numbers: list[int]) -> None:
    objects = await open_objects(f"file://{tmp_path_factory.mktemp('any')}", {})
    assert isinstance(objects, LocalObjects)
    await send_all(objects, numbers)
    assert await join(objects) == b"firstotherthirdend"
    await objects.close()


@given(st.lists(st.tuples(st.integers(min_value=1, max_value=4), st.binary(max_size=4), st.booleans()), max_size=12))
async def test_the_last_whole_attempt_at_each_part_counts(
    tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[int, bytes, bool]]
) -> None:
    objects = await open_objects(f"file://{tmp_path_factory.mktemp('any')}", {})
    assert isinstance(objects, LocalObjects)
    parts = parts_of(objects)
    expected: dict[int, bytes] = {}
    for number, content, whole in attempts:
        if whole:
            tag = await parts.write(UPLOAD, number, 4, len(content), pieces(content))
            assert (await parts.sent(UPLOAD))[number] == tag
            expected[number] = content
        else:
            with pytest.raises(ConnectionError):
                await parts.write(UPLOAD, number, 4, len(content) + 1, broken(content))
        assert (await parts.sent(UPLOAD)).keys() == expected.keys()
    if len(expected) == 4:
        assert await join(objects) == b"".join(expected[number] for number in range(1, 5))
    else:
        with pytest.raises(NotFound):
            await join(objects)
    await objects.close()


async def test_a_part_that_broke_off_is_sent_again(objects: LocalObjects) -> None:
    with pytest.raises(ConnectionError):
        await parts_of(objects).write(UPLOAD, 2, 4, 5, broken(b"ot"))
    assert await parts_of(objects).sent(UPLOAD) == {}
    await send_all(objects)
    assert await join(objects) == b"firstotherthirdend"


async def test_a_first_attempt_that_will_not_end_changes_nothing_later(objects: LocalObjects) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"xx"
        arrived.set()
        await go_on.wait()
        yield b"xxx"

    first = asyncio.create_task(parts_of(objects).write(UPLOAD, 2, 4, 5, slow()))
    await arrived.wait()
    await send_all(objects)
    assert await join(objects) == b"firstotherthirdend"
    go_on.set()
    await first
    assert await objects.read(KEY, 100) == b"firstotherthirdend"


@pytest.mark.parametrize("content", [b"", b"x", b"longer"])
async def test_a_part_of_another_length_than_announced_is_refused(objects: LocalObjects, content: bytes) -> None:
    with pytest.raises(Corrupted, match="announced"):
        await parts_of(objects).write(UPLOAD, 1, 4, 5, pieces(content))
    assert await parts_of(objects).sent(UPLOAD) == {}
    await send_all(objects)
    assert await join(objects) == b"firstotherthirdend"


async def test_parts_of_no_announced_length_are_taken(objects: LocalObjects) -> None:
    for number, content in enumerate(PARTS, start=1):
        await parts_of(objects).write(UPLOAD, number, 4, None, pieces(content))
    assert await join(objects) == b"firstotherthirdend"


async def test_an_object_may_have_one_part(objects: LocalObjects) -> None:
    await send(objects, 1, b"all", count=1)
    assert await join(objects, count=1) == b"all"


async def test_joining_again_gives_the_same_bytes(objects: LocalObjects) -> None:
    await send_all(objects)
    await asyncio.gather(*(join(objects) for _ in range(3)))
    assert await join(objects) == b"firstotherthirdend"


async def test_a_missing_part_joins_nothing(objects: LocalObjects) -> None:
    await send_all(objects, (1, 2, 4))
    with pytest.raises(NotFound):
        await join(objects)
    with pytest.raises(NotFound):
        await objects.head(KEY)


async def test_an_upload_of_nothing_joins_nothing(objects: LocalObjects) -> None:
    with pytest.raises(NotFound):
        await join(objects)


async def test_a_missing_last_part_joins_nothing_until_it_is_there(objects: LocalObjects) -> None:
    await send_all(objects, (1, 2, 3))
    with pytest.raises(NotFound):
        await join(objects)
    await send(objects, 4, PARTS[3])
    assert await join(objects) == b"firstotherthirdend"


async def test_a_key_that_stands_above_another_is_a_conflict(objects: LocalObjects, tmp_path: Path) -> None:
    await objects.write(f"{KEY}/below", b"x")
    await send_all(objects)
    with pytest.raises(Conflict):
        await join(objects)
    assert list((tmp_path / "objects" / ".staging").iterdir()) == []


async def test_a_disk_without_links_copies(objects: LocalObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    await send_all(objects)
    assert await join(objects) == b"firstotherthirdend"
    await objects.delete_prefix(UPLOAD)
    monkeypatch.setattr("os.symlink", refuse)
    await send_all(objects)
    assert await join(objects) == b"firstotherthirdend"


async def test_nothing_stays_when_the_prefix_goes(objects: LocalObjects, tmp_path: Path) -> None:
    await send_all(objects)
    await join(objects)
    await objects.delete_prefix(UPLOAD)
    assert list((tmp_path / "objects" / "owned" / "project" / "owner" / "uploads").iterdir()) == []
    assert await objects.read(KEY, 100) == b"firstotherthirdend"
