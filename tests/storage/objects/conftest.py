"""Objects on each place that tests can have: a directory, and a bucket of a server that speaks S3."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from isogloss.storage.objects import open_objects
from isogloss.storage.objects.cloud import CloudObjects
from isogloss.storage.objects.local import LocalObjects
from tests.support.s3 import S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server that speaks S3, for the whole session."""
    with s3_server() as server:
        yield server


@pytest.fixture(params=["disk", "s3"])
async def objects(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server
) -> AsyncIterator[LocalObjects | CloudObjects]:
    """Objects in a new place; runs the test once on each kind."""
    url = f"file://{tmp_path}/objects" if request.param == "disk" else f"s3://{s3.make_bucket()}/pre fix"
    opened = await open_objects(url, s3.environment)
    try:
        yield opened
    finally:
        await opened.close()
