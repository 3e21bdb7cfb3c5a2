"""Places for files: a folder of the disk, and a bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from isogloss.core.ports import Files
from isogloss.storage.objects import open_objects
from tests.support.s3 import S3Server

PLACES = ("disk", "bucket")


@asynccontextmanager
async def new_place(kind: str, directory: Path, s3: S3Server) -> AsyncIterator[Files]:
    """A new place of one of these kinds, until the block ends: below a folder, or below a prefix of a new bucket."""
    url = f"file://{directory}/home/objects" if kind == "disk" else f"s3://{s3.make_bucket()}/pre fix"
    objects = await open_objects(url, s3.environment)
    try:
        yield Files(objects=objects, shared=objects.shared)
    finally:
        await objects.close()
