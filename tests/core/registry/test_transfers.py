"""Transfers of bytes: what a permit lets its holder do, for how long, and what it never does."""

import hashlib
import string
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Corrupted, Denied, NotFound, Unauthenticated
from isogloss.core.model import Record, Stage, User
from isogloss.core.ports import Files, Reader, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.multipart import entity_tag
from isogloss.core.registry.records import RecordDraft, create_record, remove_records
from isogloss.core.registry.transfers import (
    LIFETIME_SECONDS,
    RECORD,
    Digest,
    Operation,
    Owner,
    Permit,
    check_permit,
    issue_reads,
    issue_writes,
    keep_object,
    read_object,
)
from tests.support.accounts import add_user, change_row
from tests.support.registries import Clock
from tests.support.stages import apply_stage, file_key, give_up_stage, make_stage, owner_of

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
KEY = "owned/project/owner/files/model.bin"
CONTENT = b"the weights of a model"


def itself(permit: str) -> str:
    """An address that is nothing but its permit."""
    return permit


def acting(user: User) -> Principal:
    return Principal(user_id=user.id, name=user.name, role=Role.EDITOR)


def files(registry: Registry) -> Files:
    assert registry.files is not None
    return registry.files


async def checked(registry: Registry, permit: str, operation: Operation) -> Permit:
    async def work(unit: Reader) -> Permit:
        return await check_permit(registry, unit, permit, operation)

    return await registry.store.read(work)


async def refusal(registry: Registry, permit: str, operation: Operation) -> str:
    """Why a permit is refused."""
    with pytest.raises(Unauthenticated) as caught:
        await checked(registry, permit, operation)
    return str(caught.value)


async def to_read(registry: Registry, caller: Principal = ANYBODY, key: str = KEY) -> str:
    [permit] = await issue_reads(registry, caller, [key], itself)
    return permit


async def to_write(registry: Registry, stage: Stage, caller: Principal = ANYBODY) -> str:
    [permit] = await issue_writes(registry, caller, [file_key(stage)], owner_of(stage), itself)
    return permit


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def kept(registry: Registry, key: str) -> bytes:
    return await files(registry).objects.read(key, 1000)


async def test_each_key_gets_an_address_in_order(registry: Registry) -> None:
    keys = [f"owned/project/owner/files/{name}" for name in ("b", "a", "c c", "ü/%2F")]
    addresses = await issue_reads(registry, VIEWER, keys, "https://registry.example/?permit={}".format)
    permits = [address.removeprefix("https://registry.example/?permit=") for address in addresses]
    assert [(await checked(registry, permit, Operation.READ)).key for permit in permits] == keys


async def test_an_address_is_safe_in_a_query(registry: Registry) -> None:
    permit = await to_read(registry, key="owned/p/o/files/a b&c=d#e+ü")
    assert set(permit) <= set(string.ascii_letters + string.digits + "-_.")


async def test_a_viewer_is_given_no_address_to_write(registry: Registry) -> None:
    with pytest.raises(Denied, match="editor"):
        await issue_writes(registry, VIEWER, [KEY], None, itself)


async def test_a_permit_is_for_its_operation_alone(registry: Registry) -> None:
    stage = await make_stage(registry)
    permits = {Operation.READ: await to_read(registry), Operation.WRITE: await to_write(registry, stage)}
    for operation, permit in permits.items():
        assert (await checked(registry, permit, operation)).operation is operation
        for other in set(Operation) - {operation}:
            assert f"is to {operation}, not to {other}" in await refusal(registry, permit, other)


async def test_a_permit_expires(registry: Registry) -> None:
    permit = await to_read(registry)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(LIFETIME_SECONDS * 1_000_000 - 1)
    await checked(registry, permit, Operation.READ)
    registry.clock.advance(1)
    assert "older than 3600 seconds" in await refusal(registry, permit, Operation.READ)


async def test_no_character_of_a_permit_can_be_changed(registry: Registry) -> None:
    permit = await to_read(registry)
    for place, character in enumerate(permit):
        for other in "aZ0-_.= %\0é":
            if other != character:
                altered = permit[:place] + other + permit[place + 1 :]
                assert "not one of this server's" in await refusal(registry, altered, Operation.READ)


@pytest.mark.parametrize(
    "alter", [lambda text: "", lambda text: text[:-1], lambda text: text + "A", lambda text: f"{text}.{text}"]
)
async def test_no_permit_is_cut_or_lengthened(registry: Registry, alter: Callable[[str], str]) -> None:
    assert "not one of this server's" in await refusal(registry, alter(await to_read(registry)), Operation.READ)


async def test_the_seal_of_one_permit_fits_no_other(registry: Registry) -> None:
    ours, theirs = [(await to_read(registry, key=f"{KEY}{number}")).split(".") for number in range(2)]
    await refusal(registry, f"{ours[0]}.{theirs[1]}", Operation.READ)


async def test_the_permit_of_another_registry_is_foreign(registry: Registry) -> None:
    other = replace(registry, signing_secret="another")
    assert "not one of this server's" in await refusal(registry, await to_read(other), Operation.READ)


async def test_a_user_who_may_no_longer_sign_in_has_no_permit(registry: Registry) -> None:
    user = await add_user(registry, "ana")
    stage = await make_stage(registry)
    reading, writing = await to_read(registry, acting(user)), await to_write(registry, stage, acting(user))
    await checked(registry, reading, Operation.READ)
    await checked(registry, writing, Operation.WRITE)
    await change_row(registry, "ana", active=False)
    for permit, operation in ((reading, Operation.READ), (writing, Operation.WRITE)):
        assert "may not use it any more" in await refusal(registry, permit, operation)


async def test_a_user_who_became_a_viewer_reads_and_writes_no_more(registry: Registry) -> None:
    user = await add_user(registry, "ana")
    stage = await make_stage(registry)
    reading, writing = await to_read(registry, acting(user)), await to_write(registry, stage, acting(user))
    await change_row(registry, "ana", role="viewer")
    await checked(registry, reading, Operation.READ)
    assert "may not use it any more" in await refusal(registry, writing, Operation.WRITE)


@pytest.mark.parametrize("end", [apply_stage, give_up_stage])
async def test_nothing_is_written_to_what_is_no_longer_staged(registry: Registry, end: Callable[..., Any]) -> None:
    stage = await make_stage(registry)
    permit = await to_write(registry, stage)
    await end(registry, stage)
    assert "applied or given up" in await refusal(registry, permit, Operation.WRITE)


async def test_nothing_is_written_to_a_stage_that_waited_too_long(registry: Registry) -> None:
    stage = await make_stage(registry)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(stage.expires - registry.clock())
    assert "applied or given up" in await refusal(registry, await to_write(registry, stage), Operation.WRITE)


async def test_a_record_takes_files_as_long_as_it_is_there(registry: Registry) -> None:
    async def make(unit: Writer) -> Record:
        return await create_record(registry, unit, ANYBODY, RecordDraft(dialect="test", kind="directory", body="{}"))

    async def remove(unit: Writer) -> None:
        await remove_records(registry, unit, ANYBODY, [record])

    record = await registry.store.write(make)
    [permit] = await issue_writes(registry, ANYBODY, [KEY], Owner(RECORD, record.id), itself)
    await keep_object(registry, await checked(registry, permit, Operation.WRITE), pieces(CONTENT))
    assert await kept(registry, KEY) == CONTENT
    await registry.store.write(remove)
    assert "it has been deleted" in await refusal(registry, permit, Operation.WRITE)


async def test_what_is_written_is_read_back(registry: Registry) -> None:
    stage = await make_stage(registry)
    permit = await checked(registry, await to_write(registry, stage), Operation.WRITE)
    tag = await keep_object(registry, permit, pieces(CONTENT[:5], CONTENT[5:]))
    stored = await files(registry).objects.head(file_key(stage))
    assert (stored.size, entity_tag(stored)) == (len(CONTENT), tag)

    reading = await checked(registry, await to_read(registry, key=file_key(stage)), Operation.READ)
    read = [chunk async for chunk in await read_object(registry, reading, stored, 4, 12)]
    assert b"".join(read) == CONTENT[4:12]


async def test_what_is_applied_while_it_is_being_written_stays_as_it_was(registry: Registry) -> None:
    stage = await make_stage(registry)
    permit = await checked(registry, await to_write(registry, stage), Operation.WRITE)
    await keep_object(registry, permit, pieces(CONTENT))

    async def late() -> AsyncIterator[bytes]:
        yield b"something else"
        await apply_stage(registry, stage)

    with pytest.raises(Unauthenticated, match="applied or given up"):
        await keep_object(registry, permit, late())
    assert await kept(registry, file_key(stage)) == CONTENT


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sha512"])
async def test_bytes_that_a_digest_does_not_fit_are_not_kept(registry: Registry, algorithm: str) -> None:
    stage = await make_stage(registry)
    permit = await checked(registry, await to_write(registry, stage), Operation.WRITE)
    digest = Digest(algorithm, hashlib.new(algorithm, CONTENT).digest())
    with pytest.raises(Corrupted, match=digest.value.hex()):
        await keep_object(registry, permit, pieces(CONTENT, b"!"), [digest])
    with pytest.raises(NotFound):
        await kept(registry, file_key(stage))
    await keep_object(registry, permit, pieces(CONTENT), [digest])
    assert await kept(registry, file_key(stage)) == CONTENT


async def test_all_digests_must_fit(registry: Registry) -> None:
    stage = await make_stage(registry)
    permit = await checked(registry, await to_write(registry, stage), Operation.WRITE)
    good = Digest("sha256", hashlib.sha256(CONTENT).digest())
    with pytest.raises(Corrupted):
        await keep_object(registry, permit, pieces(CONTENT), [good, Digest("md5", bytes(16))])


async def test_a_stream_that_breaks_keeps_nothing(registry: Registry) -> None:
    stage = await make_stage(registry)
    permit = await checked(registry, await to_write(registry, stage), Operation.WRITE)

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        await keep_object(registry, permit, broken())
    assert [page async for page in files(registry).objects.list("owned")] == []


async def test_an_object_that_becomes_shorter_breaks_the_stream(registry: Registry) -> None:
    objects = files(registry).objects
    await objects.write(KEY, CONTENT)
    found = await objects.head(KEY)
    permit = await checked(registry, await to_read(registry), Operation.READ)
    await objects.write(KEY, CONTENT[:3])
    with pytest.raises(Corrupted, match="changed while it was read"):
        _ = [chunk async for chunk in await read_object(registry, permit, found, 0, found.size)]


async def test_equal_sizes_do_not_make_an_etag(registry: Registry) -> None:
    objects = files(registry).objects
    tags = []
    for content in (b"one", b"two"):
        await objects.write(KEY, content)
        tags.append(entity_tag(await objects.head(KEY)))
    assert tags[0] != tags[1]
    assert not any('"' in tag for tag in tags)
