"""Uploads in parts that go past the gateway, as a client does them: without any credential of its own."""

import asyncio
import base64
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import httpx
import pytest

from isogloss.core.errors import Invalid
from isogloss.core.ports import DirectUpload
from isogloss.storage.objects import open_objects
from isogloss.storage.objects.cloud import CloudObjects
from tests.support.s3 import S3Server, is_signed

LIMIT = 64 * 1024 * 1024
KEY = "owned/p/v/files/größe 100%/a%20b+c&d"
PART = bytes(range(256)) * 4096 * 5  # the least that S3 takes of any part but the last


async def open_bucket(s3: S3Server, prefix: str = "/pre fix") -> CloudObjects:
    objects = await open_objects(f"s3://{s3.make_bucket()}{prefix}", s3.environment)
    assert isinstance(objects, CloudObjects)
    return objects


async def begin(objects: CloudObjects, parts: int, key: str = KEY) -> DirectUpload:
    assert objects.uploads is not None
    begun = await objects.uploads.begin(key, parts, 60)
    assert len(begun.part_urls) == parts
    return begun


async def send(client: httpx.AsyncClient, upload: DirectUpload, *contents: bytes) -> list[str]:
    """Sends all parts at once; the etags that were answered."""
    sent = zip(upload.part_urls, contents, strict=True)
    answers = await asyncio.gather(*(client.put(address, content=content) for address, content in sent))
    return [answer.raise_for_status().headers["etag"] for answer in answers]


async def finish(client: httpx.AsyncClient, upload: DirectUpload, etags: list[str]) -> httpx.Response:
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
        for number, etag in enumerate(etags, start=1)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    return await client.post(upload.finish_url, content=body)


@pytest.mark.parametrize("prefix", ["", "/pre fix", "/a/b%2F"])
async def test_parts_that_were_sent_at_once_are_one_object(s3: S3Server, prefix: str) -> None:
    objects = await open_bucket(s3, prefix)
    upload = await begin(objects, 3)
    assert upload.provider == "s3"
    assert upload.block_ids is None
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        etags = await send(client, upload, PART, PART[::-1], b"end")
        assert [page async for page in objects.list("owned")] == []
        assert (await finish(client, upload, etags)).is_success
    assert await objects.read(KEY, LIMIT) == PART + PART[::-1] + b"end"


async def test_an_upload_that_is_given_up_frees_its_parts(s3: S3Server) -> None:
    objects = await open_bucket(s3)
    bucket = objects.shared.root.split("/")[2]
    assert objects.uploads is not None
    upload = await begin(objects, 2)
    async with httpx.AsyncClient(trust_env=False) as client:
        etags = await send(client, upload, PART, b"end")
        assert upload.reference.encode() in s3.request("GET", f"/{bucket}?uploads")
        await objects.uploads.abort(KEY, upload.reference)
        assert b"<UploadId>" not in s3.request("GET", f"/{bucket}?uploads")
        assert (await client.put(upload.part_urls[0], content=PART)).is_error
        assert (await finish(client, upload, etags)).is_error
    assert [page async for page in objects.list("owned")] == []
    # Once more is no error.
    await objects.uploads.abort(KEY, upload.reference)


async def test_an_upload_that_is_finished_stays_when_it_is_given_up(s3: S3Server) -> None:
    objects = await open_bucket(s3)
    assert objects.uploads is not None
    upload = await begin(objects, 1)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await finish(client, upload, await send(client, upload, b"all"))).is_success
    await objects.uploads.abort(KEY, upload.reference)
    assert await objects.read(KEY, LIMIT) == b"all"


async def test_uploads_of_one_object_do_not_mix(s3: S3Server) -> None:
    objects = await open_bucket(s3)
    first, second = await begin(objects, 2), await begin(objects, 2)
    async with httpx.AsyncClient(trust_env=False) as client:
        early, late = await send(client, first, PART, b"first"), await send(client, second, PART, b"second")
        assert (await finish(client, second, late)).is_success
        assert await objects.read(KEY, LIMIT) == PART + b"second"
        assert (await finish(client, first, early)).is_success
    assert await objects.read(KEY, LIMIT) == PART + b"first"


async def test_each_address_of_an_upload_is_signed_for_one_thing(s3: S3Server) -> None:
    upload = await begin(await open_bucket(s3), 3)
    for number, address in enumerate(upload.part_urls, start=1):
        assert parse_qs(urlsplit(address).query)["partNumber"] == [str(number)]
        assert "X-Amz-Expires=60&" in address
        assert "checksum" not in address
        assert is_signed("PUT", address, s3.environment)
        assert not is_signed("PUT", address.replace(f"partNumber={number}", "partNumber=9"), s3.environment)
    assert is_signed("POST", upload.finish_url, s3.environment)
    assert not is_signed("PUT", upload.finish_url, s3.environment)


async def test_addresses_lead_to_the_server_that_clients_are_told(s3: S3Server) -> None:
    bucket = s3.make_bucket()
    endpoint = s3.endpoint.replace("//", "//user:pass@")
    objects = await open_objects(f"s3://{bucket}", {**s3.environment, "AWS_ENDPOINT_URL_S3": endpoint})
    assert isinstance(objects, CloudObjects)
    upload = await begin(objects, 1, "owned/a")
    for address in (*upload.part_urls, upload.finish_url):
        assert address.startswith(f"{s3.endpoint}/{bucket}/owned/a?")
        assert "test-secret" not in address


async def test_what_lies_in_a_home_directory_changes_nothing(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = tmp_path_factory.mktemp("home") / "config"
    config.write_text(
        "[default]\nregion = eu-west-9\nendpoint_url = http://127.0.0.1:1\ns3 =\n    use_accelerate_endpoint = true\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    upload = await begin(await open_bucket(s3), 1)
    assert "%2Fus-east-1%2Fs3%2F" in upload.finish_url
    assert upload.finish_url.startswith(s3.endpoint)


async def test_what_is_no_key_begins_no_upload(s3: S3Server) -> None:
    objects = await open_bucket(s3)
    assert objects.uploads is not None
    for key in ("../a", "owned/../../a", "owned//a", ""):
        with pytest.raises(Invalid):
            await objects.uploads.begin(key, 1, 60)
        with pytest.raises(Invalid):
            await objects.uploads.abort(key, "reference")


async def test_blocks_of_azure_go_to_one_signed_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5IG9mIGFuIGFjY291bnQ=")
    objects = await open_objects("az://container/pre fix", {})
    assert isinstance(objects, CloudObjects)
    assert objects.uploads is not None
    upload, other = await begin(objects, 10_000), await begin(objects, 2)
    assert upload.provider == "azure"
    assert upload.block_ids is not None
    assert other.block_ids is not None
    blob = "https://account.blob.core.windows.net/container/pre%20fix/owned/p/v/files/gr%C3%B6%C3%9Fe%20100%25/a%2520b"
    for address, block in zip(upload.part_urls, upload.block_ids, strict=True):
        assert address.startswith(blob)
        asked = parse_qs(urlsplit(address).query)
        assert (asked["comp"], asked["blockid"], asked["sp"]) == (["block"], [block], ["w"])
    asked = parse_qs(urlsplit(upload.finish_url).query)
    assert (asked["comp"], asked["sp"]) == (["blocklist"], ["w"])
    assert upload.finish_url.startswith(blob)
    # Azure wants ids of one length in a blob, of 64 bytes at most. Those of two uploads differ.
    assert {len(base64.b64decode(block)) for block in upload.block_ids + other.block_ids} == {36}
    assert len({*upload.block_ids, *other.block_ids}) == 10_002
    await objects.uploads.abort(KEY, upload.reference)
