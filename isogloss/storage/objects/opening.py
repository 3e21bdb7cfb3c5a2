"""From a URL and the environment to an open place for bytes, and to what clients are told of it."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from isogloss.core.places import SHARED, SharedPlace
from isogloss.storage.objects.local import LocalObjects, make_directories

if TYPE_CHECKING:
    from isogloss.storage.objects.cloud import CloudObjects


async def open_objects(storage_url: str, environment: Mapping[str, str]) -> "LocalObjects | CloudObjects":
    """The objects at a URL: ``file:///path``, ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://container/prefix``.

    Directories are made; a bucket is not asked for before it is used. S3 takes address, region and credentials from
    the AWS_* variables of ``environment``. What else a vendor's own tools read, such as the role of a machine and all
    variables of Google and Azure, is read by the library itself.
    Raises ``OSError`` where a directory cannot be made, ``Invalid`` or ``obstore``'s errors where the rest makes no
    sense.
    """
    scheme, _, rest = storage_url.partition("://")
    if scheme == "file":
        root = await asyncio.to_thread(make_directories, unquote(rest))
        return LocalObjects(root, SharedPlace(scheme=scheme, root=f"{root}/{SHARED}/"))
    # The library makes a small process noticeably larger, and most have all their files on a disk.
    from isogloss.storage.objects.buckets import open_bucket

    return open_bucket(storage_url, environment)
