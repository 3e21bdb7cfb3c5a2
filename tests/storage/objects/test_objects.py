"""What every place for bytes must do: the port's promises, on each of them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.core.errors import Invalid, NotFound, TooLarge
from isogloss.core.places import key_at, uri_at
from isogloss.core.ports import Level, Objects
from isogloss.storage.objects.cloud import CloudObjects
from isogloss.storage.objects.local import LocalObjects

LIMIT = 64 * 1024 * 1024
CONTENT = b"0123456789"
LARGE = bytes(range(256)) * 4096 * 7  # more than any part or chunk

characters: st.SearchStrategy[str] = st.characters(codec="utf-8", exclude_characters="/\x7f", min_codepoint=32)
names = st.text(characters, min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))


async def streamed(objects: Objects, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in await objects.stream(key, start, end)])


async def listed(objects: Objects, prefix: str) -> dict[str, int]:
    pages = [page async for page in objects.list(prefix)]
    found = {each.key: each.size for page in pages for each in page}
    assert len(found) == sum(len(page) for page in pages)
    return found


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionError("the client went away")


async def test_what_is_written_is_read(objects: Objects) -> None:
    for content in (CONTENT, b"", LARGE):
        await objects.write("shared/a/b.bin", content)
        assert await objects.read("shared/a/b.bin", LIMIT) == content
        assert await streamed(objects, "shared/a/b.bin") == content


async def test_the_head_tells_size_and_time(objects: Objects) -> None:
    before = time.time() - 2
    await objects.write("shared/a", CONTENT)
    head = await objects.head("shared/a")
    assert (head.key, head.size) == ("shared/a", len(CONTENT))
    assert before <= head.modified / 1e6 <= time.time() + 2
    await objects.write("shared/a", b"9876543210")
    assert head.etag is not None
    assert (await objects.head("shared/a")).etag != head.etag


async def test_a_stream_is_kept_whole(objects: Objects) -> None:
    await objects.write_stream("owned/a", chunks(LARGE, b"", b"end"))
    assert await objects.read("owned/a", LIMIT) == LARGE + b"end"
    await objects.write_stream("owned/a", chunks())
    assert await objects.read("owned/a", LIMIT) == b""


async def test_a_broken_stream_leaves_what_was_there(objects: Objects) -> None:
    await objects.write("owned/old", CONTENT)
    for key in ("owned/old", "owned/new"):
        with pytest.raises(ConnectionError, match="went away"):
            await objects.write_stream(key, broken(LARGE, LARGE))
    assert await objects.read("owned/old", LIMIT) == CONTENT
    with pytest.raises(NotFound):
        await objects.head("owned/new")
    assert await listed(objects, "owned") == {"owned/old": len(CONTENT)}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, None, CONTENT),
        (3, None, b"3456789"),
        (3, 5, b"34"),
        (0, 1, b"0"),
        (9, 100, b"9"),
        (10, None, b""),
        (10, 12, b""),
        (100, None, b""),
        (4, 4, b""),
    ],
)
async def test_a_range_of_bytes(objects: Objects, start: int, end: int | None, expected: bytes) -> None:
    await objects.write("shared/a", CONTENT)
    assert await streamed(objects, "shared/a", start, end) == expected


async def test_a_range_of_an_empty_object_is_empty(objects: Objects) -> None:
    await objects.write("shared/a", b"")
    assert await streamed(objects, "shared/a", 0, 10) == b""
    assert await streamed(objects, "shared/a", 5) == b""


async def test_no_more_is_read_than_was_allowed(objects: Objects) -> None:
    await objects.write("shared/a", CONTENT)
    assert await objects.read("shared/a", len(CONTENT)) == CONTENT
    with pytest.raises(TooLarge, match="10 bytes"):
        await objects.read("shared/a", len(CONTENT) - 1)


async def test_an_absent_object_is_named(objects: Objects) -> None:
    await objects.write("shared/a/b", CONTENT)
    for key in ("shared/x", "shared/a", "shared/a/b/c", "shared/x/y", "shared/" + "x" * 300):
        for asked in (objects.head(key), objects.read(key, LIMIT), objects.stream(key), objects.stream(key, 5, 5)):
            with pytest.raises(NotFound) as caught:
                await asked
            assert (caught.value.noun, caught.value.reference) == ("object", key)


async def test_an_absent_range_is_not_an_empty_one(objects: Objects) -> None:
    with pytest.raises(NotFound):
        await objects.stream("shared/x", 5)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "shared/../owned/a", "shared//a", "shared/a/", "a\x00b", "\udcff"])
async def test_what_is_no_key_is_refused_everywhere(objects: Objects, key: str) -> None:
    for asked in (
        objects.head(key),
        objects.read(key, LIMIT),
        objects.stream(key),
        objects.write(key, CONTENT),
        objects.write_stream(key, chunks(CONTENT)),
        objects.delete([key]),
        objects.delete_prefix(key),
        objects.browse(key),
        objects.join([], key),
        objects.join([key], "shared/a"),
        listed(objects, key),
    ):
        with pytest.raises(Invalid):
            await asked


@given(parts=st.lists(names, min_size=1, max_size=3))
@settings(max_examples=50)
async def test_any_name_is_kept_letter_by_letter(objects: Objects, parts: list[str]) -> None:
    key = "/".join(["shared", *parts])
    await objects.write(key, CONTENT)
    assert await objects.read(key, LIMIT) == CONTENT
    assert await listed(objects, "shared") == {key: len(CONTENT)}
    await objects.delete([key])
    assert await listed(objects, "shared") == {}
    # A disk keeps the directories above, where the next example may want a file.
    await objects.delete_prefix("shared")


async def test_names_of_every_kind_are_listed_as_they_are(objects: LocalObjects | CloudObjects) -> None:
    kinds = [
        "a b",
        "100%",
        "a%20b",
        "a%2Fb",
        "größe",
        "报告",
        "x#1",
        "q?z",
        "a+b",
        "a=b&c",
        "..a",
        "[x]",
        "{b}",
        "~t",
        "a\\b",
    ]
    for name in kinds:
        key = key_at(objects.shared, f"{objects.shared.root}{name}/{name}")
        await objects.write(key, name.encode())
        assert await objects.read(key, LIMIT) == name.encode()
    expected = {f"shared/{name}/{name}": len(name.encode()) for name in kinds}
    assert await listed(objects, "shared") == expected
    for name in kinds:
        assert await listed(objects, f"shared/{name}") == {f"shared/{name}/{name}": len(name.encode())}
    assert uri_at(objects.shared, "shared/a b") == f"{objects.shared.root}a b"


async def test_a_prefix_ends_where_a_name_does(objects: Objects) -> None:
    for key in ("shared/a/1", "shared/a/b/2", "shared/ab/3", "shared/a.txt", "owned/a/4"):
        await objects.write(key, CONTENT)
    assert set(await listed(objects, "shared/a")) == {"shared/a/1", "shared/a/b/2"}
    assert await listed(objects, "shared/nothing") == {}
    assert await listed(objects, "shared/a.txt") == {}
    assert await listed(objects, "shared/a.txt/x") == {}


async def test_a_long_list_comes_in_pages(objects: Objects) -> None:
    keys = {f"shared/many/{number // 100}/{number}" for number in range(1205)}
    for batch in range(0, 1205, 100):
        await asyncio.gather(*(objects.write(key, b"") for key in sorted(keys)[batch : batch + 100]))
    pages = [page async for page in objects.list("shared/many")]
    assert len(pages) == 2
    assert {each.key for page in pages for each in page} == keys
    await objects.delete_prefix("shared/many")
    assert await listed(objects, "shared/many") == {}


async def test_a_list_may_be_left_early(objects: Objects) -> None:
    await objects.write("shared/a", CONTENT)
    async for page in objects.list("shared"):
        assert [each.key for each in page] == ["shared/a"]
        break
    await objects.delete(["shared/a"])
    assert await listed(objects, "shared") == {}


async def test_a_level_shows_what_lies_right_below(objects: Objects) -> None:
    for key in ("shared/a/1", "shared/a/b/2", "shared/a/c/d/3", "shared/ab/4", "owned/a/5"):
        await objects.write(key, CONTENT)
    level = await objects.browse("shared/a")
    assert level.directories == ["b", "c"]
    assert level.objects == [await objects.head("shared/a/1")]
    assert (await objects.browse("shared")).directories == ["a", "ab"]
    assert await objects.browse("shared/a/c") == Level(directories=["d"], objects=[])


async def test_a_level_is_in_the_order_of_code_points(objects: Objects) -> None:
    names = ["B", "a", "a b", "a-", "a.b", "a0", "b", "z", "é", "\uff5e", "\U0001f980"]
    for name in reversed(names):
        await objects.write(f"shared/objects/{name}", CONTENT)
        await objects.write(f"shared/directories/{name}/x", CONTENT)
    assert [each.key for each in (await objects.browse("shared/objects")).objects] == [
        f"shared/objects/{name}" for name in names
    ]
    assert (await objects.browse("shared/directories")).directories == names


async def test_nothing_lies_below_what_is_not_there(objects: Objects) -> None:
    await objects.write("shared/a.txt", CONTENT)
    for prefix in ("shared/nothing", "shared/a.txt", "shared/a.txt/x", "shared/a", "shared/" + "x" * 300):
        assert await objects.browse(prefix) == Level(directories=[], objects=[])


async def test_a_level_forgets_what_was_deleted(objects: Objects) -> None:
    for key in ("shared/a/b/c/1", "shared/a/d/2"):
        await objects.write(key, CONTENT)
    await objects.delete(["shared/a/b/c/1"])
    assert (await objects.browse("shared/a")).directories == ["d"]


async def test_a_level_may_be_larger_than_a_page(objects: Objects) -> None:
    keys = [f"shared/many/{number:04}" for number in range(1005)]
    for batch in range(0, 1005, 100):
        await asyncio.gather(*(objects.write(key, b"") for key in keys[batch : batch + 100]))
    assert [each.key for each in (await objects.browse("shared/many")).objects] == keys


async def test_parts_are_joined_in_the_order_that_is_told(objects: Objects) -> None:
    contents = {"owned/parts/1": LARGE, "owned/parts/2": b"", "owned/parts/10": b"end"}
    for key, content in contents.items():
        await objects.write(key, content)
    await objects.join(["owned/parts/2", "owned/parts/1", "owned/parts/10", "owned/parts/10"], "owned/whole")
    assert await objects.read("owned/whole", LIMIT) == LARGE + b"endend"
    assert await listed(objects, "owned/parts") == {key: len(content) for key, content in contents.items()}
    await objects.join(["owned/parts/10"], "owned/whole")
    assert await objects.read("owned/whole", LIMIT) == b"end"
    await objects.join([], "owned/whole")
    assert await objects.read("owned/whole", LIMIT) == b""


async def test_an_object_may_be_joined_onto_itself(objects: Objects) -> None:
    await objects.write("owned/a", CONTENT)
    await objects.join(["owned/a", "owned/a"], "owned/a")
    assert await objects.read("owned/a", LIMIT) == CONTENT * 2


async def test_many_parts_are_joined(objects: Objects) -> None:
    keys = [f"owned/parts/{number}" for number in range(70)]
    await asyncio.gather(*(objects.write(key, f"{key}\n".encode()) for key in keys))
    await objects.join(keys, "owned/whole")
    assert (await objects.read("owned/whole", LIMIT)).decode().split() == keys


async def test_nothing_is_joined_where_a_part_is_missing(objects: Objects) -> None:
    await objects.write("owned/1", LARGE)
    await objects.write("owned/old", CONTENT)
    for key in ("owned/old", "owned/new"):
        with pytest.raises(NotFound) as caught:
            await objects.join(["owned/1", "owned/2"], key)
        assert caught.value.reference == "owned/2"
    assert await listed(objects, "owned") == {"owned/1": len(LARGE), "owned/old": len(CONTENT)}
    assert await objects.read("owned/old", LIMIT) == CONTENT


async def test_deleting_takes_what_was_named_and_nothing_else(objects: Objects) -> None:
    for key in ("shared/a/1", "shared/a/2", "shared/a/3"):
        await objects.write(key, CONTENT)
    await objects.delete(["shared/a/1", "shared/absent", "shared/a/3", "shared/no/such", "shared/a", "shared/a/2/x"])
    assert set(await listed(objects, "shared")) == {"shared/a/2"}
    await objects.delete([])


async def test_deleting_a_prefix_takes_all_below_it_and_nothing_else(objects: Objects) -> None:
    for key in ("shared/a/1", "shared/a/b/2", "shared/ab/3", "shared/c", "owned/a/4"):
        await objects.write(key, CONTENT)
    await objects.delete_prefix("shared/a")
    await objects.delete_prefix("shared/c")
    await objects.delete_prefix("shared/absent/deeper")
    assert set(await listed(objects, "shared")) == {"shared/ab/3", "shared/c"}
    assert set(await listed(objects, "owned")) == {"owned/a/4"}
    await objects.delete_prefix("shared")
    assert await listed(objects, "shared") == {}
    await objects.write("shared/a/1", CONTENT)
    assert await objects.read("shared/a/1", LIMIT) == CONTENT


async def test_readers_of_an_object_that_is_replaced_see_one_or_the_other(objects: Objects) -> None:
    versions = [bytes([number]) * 300_000 for number in range(6)]
    await objects.write("shared/a", versions[0])

    async def replace() -> None:
        for content in versions:
            await objects.write("shared/a", content)

    async def read() -> None:
        for _ in range(10):
            assert await objects.read("shared/a", LIMIT) in versions

    await asyncio.gather(replace(), read(), read())


async def test_the_loop_goes_on_meanwhile(objects: Objects) -> None:
    gaps = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    await objects.write_stream("shared/a", chunks(*[LARGE] * 8))
    assert len(await streamed(objects, "shared/a")) == 8 * len(LARGE)
    ticking.cancel()
    assert len(gaps) > 3


async def test_a_place_that_answers_is_ready(objects: LocalObjects | CloudObjects) -> None:
    await objects.check()
