"""Transfers past the gateway: addresses of an S3 server itself, whole and in parts, and uploads left unfinished."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied
from isogloss.core.model import Stage, Upload
from isogloss.core.ports import Files, Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME, sweep_uploads
from isogloss.core.registry.transfers import begin_upload, files_of, issue_reads, issue_writes
from isogloss.storage.objects import open_objects
from tests.support.registries import Clock
from tests.support.s3 import S3Server, s3_server
from tests.support.stages import file_key, make_stage, owner_of

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
CONTENT = b"the weights of a model"
PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes for a part which is not the last."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
async def files(s3: S3Server) -> AsyncIterator[Files]:
    """A new bucket, which clients reach by signed addresses."""
    bucket = await asyncio.to_thread(s3.make_bucket)
    objects = await open_objects(f"s3://{bucket}/below", s3.environment)
    yield Files(objects=objects, shared=objects.shared, signer=objects.signer, uploads=objects.uploads)
    await objects.close()


def no_link(permit: str) -> str:
    raise AssertionError("no address of the gateway is needed")


async def ask(method: str, address: str, content: bytes | None = None) -> tuple[bytes, str | None]:
    """The body and the ETag of an answer to a client that has an address and nothing else."""

    def request() -> tuple[bytes, str | None]:
        asked = urllib.request.Request(address, content, {"content-type": ""}, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read(), answer.headers["etag"]

    return await asyncio.to_thread(request)


async def noted(registry: Registry) -> list[Upload]:
    """The uploads that are to be given up if they are not finished."""

    async def work(unit: Reader) -> list[Upload]:
        return await unit.find(Upload)

    return await registry.store.read(work)


async def test_bytes_go_to_the_storage_and_come_from_it(registry: Registry) -> None:
    stage = await make_stage(registry)
    paths = ["a b+c%41&d=ü.bin", "model.bin"]
    keys = [file_key(stage, path) for path in paths]
    writes = await issue_writes(registry, ANYBODY, keys, owner_of(stage), no_link)
    for place, address in enumerate(writes):
        await ask("PUT", address, CONTENT * place)
    assert [await files_of(registry).objects.read(key, 1000) for key in keys] == [b"", CONTENT]
    reads = await issue_reads(registry, VIEWER, keys, no_link)
    assert [(await ask("GET", address))[0] for address in reads] == [b"", CONTENT]


async def test_roles_hold_there_as_well(registry: Registry) -> None:
    stage = await make_stage(registry)
    with pytest.raises(Denied):
        await issue_writes(registry, VIEWER, [file_key(stage)], owner_of(stage), no_link)
    with pytest.raises(Denied):
        await begin_upload(registry, VIEWER, file_key(stage), 2, owner_of(stage), no_link)


async def begun_upload(registry: Registry, stage: Stage) -> tuple[list[str], str, str]:
    upload = await begin_upload(registry, ANYBODY, file_key(stage), 2, owner_of(stage), no_link)
    assert upload.provider == "s3"
    return upload.part_urls, upload.finish_url, upload.upload_id


async def test_parts_go_to_the_storage_which_puts_them_together(registry: Registry) -> None:
    stage = await make_stage(registry)
    urls, finish, _ = await begun_upload(registry, stage)
    parts = [bytes(PART_BYTES), CONTENT]
    tags = [(await ask("PUT", url, part))[1] for url, part in zip(urls, parts, strict=True)]
    told = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, start=1)
    )
    await ask("POST", finish, f"<CompleteMultipartUpload>{told}</CompleteMultipartUpload>".encode())
    assert await files_of(registry).objects.read(file_key(stage), 2 * PART_BYTES) == b"".join(parts)


async def test_an_upload_that_nobody_finishes_is_given_up(registry: Registry) -> None:
    stage = await make_stage(registry)
    urls, finish, upload_id = await begun_upload(registry, stage)
    assert [(each.reference, each.key) for each in await noted(registry)] == [(upload_id, file_key(stage))]
    _, tag = await ask("PUT", urls[0], CONTENT)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(ADDRESS_LIFETIME)
    assert await sweep_uploads(registry) == 1
    assert await noted(registry) == []
    told = f"<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>"
    with pytest.raises(urllib.error.HTTPError):
        await ask("POST", finish, f"<CompleteMultipartUpload>{told}</CompleteMultipartUpload>".encode())


async def test_what_cannot_be_noted_is_given_up_at_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = await make_stage(registry)
    uploads = files_of(registry).uploads
    assert uploads is not None
    given_up = []

    class Failing:
        """A store that takes nothing."""

        read = registry.store.read

        async def write(self, work: object) -> None:
            raise OSError("the database is away")

    async def abort(key: str, reference: str) -> None:
        given_up.append(key)

    monkeypatch.setattr(uploads, "abort", abort)
    failing = replace(registry, store=Failing())
    with pytest.raises(OSError, match="away"):
        await begin_upload(failing, ANYBODY, file_key(stage), 2, owner_of(stage), no_link)
    assert given_up == [file_key(stage)]
