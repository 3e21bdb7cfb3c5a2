"""Objects in buckets: what is taken from the environment, and what is told of it."""

from collections.abc import AsyncIterator

import pytest
from obstore.exceptions import BaseError

from isogloss.core.errors import Invalid
from isogloss.core.places import SharedPlace
from isogloss.storage.objects import open_objects
from tests.support.s3 import REGION, S3Server


async def test_clients_are_told_where_and_never_by_which_credentials(s3: S3Server) -> None:
    objects = await open_objects("s3://bucket/a/b", s3.environment)
    assert objects.shared == SharedPlace(
        scheme="s3", root="s3://bucket/a/b/shared/", endpoint=s3.endpoint, region=REGION
    )
    assert "test-key" not in str(objects.shared)
    assert "test-secret" not in str(objects.shared)


@pytest.mark.parametrize(
    ("variables", "endpoint", "region"),
    [
        ({}, None, None),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}, None, "eu-north-1"),
        ({"AWS_ENDPOINT_URL": "https://a.example"}, "https://a.example", None),
        (
            {"AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_S3": "https://b.example"},
            "https://b.example",
            None,
        ),
    ],
)
async def test_address_and_region_are_the_standard_variables(
    variables: dict[str, str], endpoint: str | None, region: str | None
) -> None:
    shared = (await open_objects("s3://bucket", variables)).shared
    assert shared == SharedPlace(scheme="s3", root="s3://bucket/shared/", endpoint=endpoint, region=region)


async def test_credentials_in_an_address_are_not_told() -> None:
    objects = await open_objects("s3://bucket", {"AWS_ENDPOINT_URL": "http://user:pass@127.0.0.1:9000"})
    assert objects.shared.endpoint == "http://127.0.0.1:9000"
    with pytest.raises(ValueError, match="without credentials"):
        await open_objects("s3://user:pass@bucket", {})


async def test_other_vendors_have_roots_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    google = await open_objects("gs://bucket/below", {})
    azure = await open_objects("az://container", {})
    assert google.shared == SharedPlace(scheme="gs", root="gs://bucket/below/shared/")
    assert azure.shared == SharedPlace(scheme="az", root="az://container/shared/")


async def test_keys_lie_below_the_prefix_of_the_url(s3: S3Server) -> None:
    bucket = s3.make_bucket()
    objects = await open_objects(f"s3://{bucket}/pre fix/", s3.environment)
    await objects.write("shared/a%20b/c", b"1")
    assert s3.request("GET", f"/{bucket}/pre%20fix/shared/a%2520b/c") == b"1"
    s3.request("PUT", f"/{bucket}/pre%20fix/shared/theirs", b"22")
    s3.request("PUT", f"/{bucket}/elsewhere/shared/theirs", b"333")
    assert [each.key async for page in objects.list("shared") for each in page] == ["shared/a%20b/c", "shared/theirs"]


async def test_a_stream_that_breaks_leaves_no_parts(s3: S3Server) -> None:
    bucket = s3.make_bucket()
    objects = await open_objects(f"s3://{bucket}", s3.environment)

    async def broken() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 6_000_000
        raise ConnectionError("the client went away")

    with pytest.raises(ConnectionError):
        await objects.write_stream("owned/a", broken())
    assert b"<UploadId>" not in s3.request("GET", f"/{bucket}?uploads")


async def test_a_bucket_that_is_not_there_is_not_ready(s3: S3Server) -> None:
    objects = await open_objects("s3://no-such-bucket", s3.environment)
    with pytest.raises(BaseError, match="NoSuchBucket"):
        await objects.check()
    # The object is not what is missing, so a write does not blame its key.
    with pytest.raises(FileNotFoundError):
        await objects.write("owned/a", b"1")


@pytest.mark.parametrize("url", ["s3://bucket/a/../b", "gs://bucket//a//b"])
async def test_a_prefix_that_is_no_key_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        await open_objects(url, {})


async def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="'ftp'"):
        await open_objects("ftp://host/a", {})
