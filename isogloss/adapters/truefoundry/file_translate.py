"""Files as TrueFoundry's clients have them: a level of a directory, and addresses."""

from bisect import bisect_right
from datetime import datetime
from typing import Any

from msgspec import Struct

from isogloss.adapters.truefoundry.times import moment
from isogloss.core.ports import Level
from isogloss.core.registry.transfers import BegunUpload

PROVIDERS = {"s3": "S3_COMPATIBLE", "azure": "AZURE_BLOB"}


class Signed(Struct, frozen=True, kw_only=True):
    """A path and the address of its file."""

    path: str
    signed_url: str


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file or a directory. ``path`` is the whole one, from the root of the version's files."""

    path: str
    is_dir: bool
    file_size: int | None = None
    last_modified: datetime | None = None


def listing(level: Level, path: str, *, limit: int, token: str | None) -> dict[str, Any]:
    """A page of a level, as the newer families have it."""
    page, following = page_of(level, path, limit=limit, token=token)
    return {"data": page, "pagination": {"limit": limit, "nextPageToken": following}}


def page_of(level: Level, path: str, *, limit: int, token: str | None) -> tuple[list[Entry], str | None]:
    """A page of a level, in the order of names, and the token of the next one: the last path of the page before."""
    above = f"{path}/" if path else ""
    entries = [Entry(path=above + name, is_dir=True) for name in level.directories]
    entries += [
        Entry(
            path=above + found.key.rpartition("/")[2],
            is_dir=False,
            file_size=found.size,
            last_modified=moment(found.modified),
        )
        for found in level.objects
    ]
    entries.sort(key=lambda entry: (entry.path, entry.is_dir))
    start = 0 if token is None else bisect_right(entries, token, key=lambda entry: entry.path)
    page = entries[start : start + limit]
    more = start + limit < len(entries)
    return page, page[-1].path if more else None


def multipart(path: str, begun: BegunUpload) -> dict[str, Any]:
    """The addresses of an upload in parts."""
    return {
        "storage_provider": PROVIDERS[begun.provider],
        "part_signed_urls": [Signed(path=path, signed_url=url) for url in begun.part_urls],
        "finalize_signed_url": Signed(path=path, signed_url=begun.finish_url),
        "s3_compatible_upload_id": begun.upload_id if begun.provider == "s3" else None,
        "azure_blob_block_ids": begun.block_ids,
    }
