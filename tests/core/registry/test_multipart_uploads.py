"""Large objects in parts that come through the gateway: in any order, put together once, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied, Invalid, NotFound, Unauthenticated
from isogloss.core.model import Stage
from isogloss.core.ports import Files, Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME, sweep_discards
from isogloss.core.registry.multipart import Part, entity_tag
from isogloss.core.registry.transfers import (
    MOST_PARTS,
    BegunUpload,
    Operation,
    Permit,
    begin_upload,
    check_permit,
    files_of,
    finish_upload,
    keep_object,
)
from tests.support.registries import Clock
from tests.support.stages import apply_stage, file_key, make_stage, owner_of

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
PARTS = [b"one", b"two", b"three"]


@pytest.fixture(params=["placed", "joined"])
def files(request: pytest.FixtureRequest, files: Files) -> Files:
    """Runs the test once for each way in which parts are kept."""
    return files if request.param == "placed" else replace(files, parts=None)


def itself(permit: str) -> str:
    """An address that is nothing but its permit."""
    return permit


async def begun(registry: Registry, stage: Stage, parts: int = len(PARTS)) -> BegunUpload:
    return await begin_upload(registry, ANYBODY, file_key(stage), parts, owner_of(stage), itself)


async def checked(registry: Registry, permit: str, operation: Operation) -> Permit:
    async def work(unit: Reader) -> Permit:
        return await check_permit(registry, unit, permit, operation)

    return await registry.store.read(work)


async def send_part(registry: Registry, permit: str, content: bytes) -> str:
    """The etag of a part."""

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    writing = await checked(registry, permit, Operation.WRITE)
    return await keep_object(registry, writing, chunks(), size=len(content))


async def send(registry: Registry, upload: BegunUpload, parts: Sequence[bytes] = PARTS) -> list[Part]:
    tags = [await send_part(registry, url, content) for url, content in zip(upload.part_urls, parts, strict=True)]
    return [Part(number, tag) for number, tag in enumerate(tags, start=1)]


async def finish(registry: Registry, upload: BegunUpload, parts: Sequence[Part]) -> str:
    """The etag of the object."""
    return entity_tag(
        await finish_upload(registry, await checked(registry, upload.finish_url, Operation.FINISH), parts)
    )


async def content(registry: Registry, stage: Stage) -> bytes:
    return await files_of(registry).objects.read(file_key(stage), 100_000)


async def under(registry: Registry, prefix: str) -> list[str]:
    return [each.key async for page in files_of(registry).objects.list(prefix) for each in page]


async def test_parts_become_one_object_and_go(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    assert (upload.provider, len(upload.part_urls), upload.block_ids) == ("s3", 3, None)
    await finish(registry, upload, await send(registry, upload))
    assert await content(registry, stage) == b"onetwothree"
    assert not [key for key in await under(registry, "owned") if "/parts/" in key]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=12), st.randoms())
async def test_parts_are_sent_in_any_order_and_at_the_same_time(
    registry: Registry, parts: list[bytes], random: object
) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage, len(parts))
    numbered = list(enumerate(parts))
    random.shuffle(numbered)  # type: ignore[attr-defined]

    async def one(place: int, part: bytes) -> Part:
        return Part(place + 1, await send_part(registry, upload.part_urls[place], part))

    sent = await asyncio.gather(*(one(place, part) for place, part in numbered))
    await finish(registry, upload, sorted(sent, key=lambda part: part.number))
    assert await content(registry, stage) == b"".join(parts)


async def test_a_part_that_is_sent_again_replaces_the_first(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    parts = await send(registry, upload)
    parts[1] = Part(2, await send_part(registry, upload.part_urls[1], b"2"))
    await finish(registry, upload, parts)
    assert await content(registry, stage) == b"one2three"


async def test_finishing_again_is_no_error(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    parts = await send(registry, upload)
    first = await finish(registry, upload, parts)
    assert await finish(registry, upload, parts) == first
    assert await content(registry, stage) == b"onetwothree"


async def test_the_same_finish_twice_at_the_same_time_succeeds_twice(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    parts = await send(registry, upload)
    await asyncio.gather(*(finish(registry, upload, parts) for _ in range(4)))
    assert await content(registry, stage) == b"onetwothree"


async def test_etags_need_not_be_told(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    await finish(registry, upload, [Part(part.number, None) for part in await send(registry, upload)])
    assert await content(registry, stage) == b"onetwothree"


async def test_two_uploads_of_one_file_do_not_mix(registry: Registry) -> None:
    stage = await make_stage(registry)
    first, second = await begun(registry, stage), await begun(registry, stage)
    sent = await send(registry, first)
    await finish(registry, second, await send(registry, second, [b"1", b"2", b"3"]))
    assert await content(registry, stage) == b"123"
    await finish(registry, first, sent)
    assert await content(registry, stage) == b"onetwothree"


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ([], "part 1 is missing"),
        ([1, 2], "part 3 is missing"),
        ([1, 3], "3 is at place 2"),
        ([2, 1, 3], "2 is at place 1"),
        ([1, 2, 2], "2 is at place 3"),
        ([1, 2, 3, 4], "4 is at place 4"),
        ([0, 1, 2], "0 is at place 1"),
    ],
)
async def test_parts_are_told_from_one_to_the_last(registry: Registry, numbers: list[int], reason: str) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    await send(registry, upload)
    with pytest.raises(Invalid, match=reason):
        await finish(registry, upload, [Part(number, None) for number in numbers])
    with pytest.raises(NotFound):
        await content(registry, stage)


async def test_a_part_that_was_not_sent_is_named(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    for place in (0, 2):
        await send_part(registry, upload.part_urls[place], PARTS[place])
    with pytest.raises(Invalid, match="part 2 has not been sent"):
        await finish(registry, upload, [Part(number, None) for number in (1, 2, 3)])
    await send_part(registry, upload.part_urls[1], PARTS[1])
    await finish(registry, upload, [Part(number, None) for number in (1, 2, 3)])
    assert await content(registry, stage) == b"onetwothree"


async def test_a_part_with_another_etag_is_named(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    parts = await send(registry, upload)
    with pytest.raises(Invalid, match="part 2 has the etag"):
        await finish(registry, upload, [parts[0], Part(2, "other"), parts[2]])


async def test_what_has_been_applied_gets_no_parts(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    parts = await send(registry, upload)
    await apply_stage(registry, stage)
    for work in (send_part(registry, upload.part_urls[0], b"1"), finish(registry, upload, parts)):
        with pytest.raises(Unauthenticated, match="applied or given up"):
            await work


async def test_no_file_of_a_client_lies_among_parts(registry: Registry) -> None:
    stage = await make_stage(registry)
    upload = await begun(registry, stage)
    await send(registry, upload)
    [prefix] = {key.partition("/parts/")[0] for key in await under(registry, "owned")}
    assert not prefix.startswith(file_key(stage, ""))
    assert prefix.startswith(f"owned/{stage.project_id}/{stage.id}/")


async def test_parts_that_are_never_finished_are_cleared_away(registry: Registry) -> None:
    stage = await make_stage(registry)
    given_up, finished = await begun(registry, stage), await begun(registry, stage)
    await send(registry, given_up)
    await finish(registry, finished, await send(registry, finished))
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(ADDRESS_LIFETIME)
    assert await sweep_discards(registry) == 0
    registry.clock.advance(ADDRESS_LIFETIME)
    assert await sweep_discards(registry) == 2
    assert await under(registry, "owned") == [file_key(stage)]


@pytest.mark.parametrize("parts", [0, -1, MOST_PARTS + 1])
async def test_an_upload_has_a_sane_count_of_parts(registry: Registry, parts: int) -> None:
    stage = await make_stage(registry)
    with pytest.raises(Invalid, match=f"from 1 to {MOST_PARTS}"):
        await begun(registry, stage, parts)


async def test_a_viewer_begins_no_upload(registry: Registry) -> None:
    stage = await make_stage(registry)
    with pytest.raises(Denied):
        await begin_upload(registry, VIEWER, file_key(stage), 1, owner_of(stage), itself)
