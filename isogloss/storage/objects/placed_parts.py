"""Parts of a large object on a disk, each written where it will be in the whole, so that hardly any byte is copied.

Where a part begins is known before the others are there, as long as all but the last have one size: that of the first
that comes. Only the first attempt at a part is written in its place, so that nothing there is ever overwritten. Any
other attempt, a part that does not fit, and the last part are files of their own. In the end the last part is appended;
where there are other such files, the object is copied together instead.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import AsyncIterable, Callable
from typing import Any, Protocol

from isogloss.core.errors import Corrupted, NotFound
from isogloss.core.ports import Objects
from isogloss.storage.objects.disk import (
    CHUNK_BYTES,
    NEW_FILE,
    STAGING,
    Staged,
    absence,
    copy_rest,
    directory,
    enter_or_make,
    open_file,
    placing,
    stored,
)

_WHOLE = "whole"
"""The file that becomes the object."""
_SIZE = "size"
"""A link to nowhere, whose target is the size of the parts: of several who would say it, one makes it."""

_PLACE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Disk(Objects, Protocol):
    """The objects that parts lie among, and the threads that wait for their disk."""

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do on a thread what waits for the disk."""
        ...


class PlacedParts:
    """Parts below a root. Those of an upload lie in one directory.

    A number is the file of a part that was not placed. ``claimed-N`` tells that part N was begun in its place, and
    ``placed-N`` that it is there.
    """

    def __init__(self, root: str, objects: Disk) -> None:
        self._root = root
        self._objects = objects

    async def write(self, upload: str, number: int, count: int, size: int | None, chunks: AsyncIterable[bytes]) -> str:
        place: Place | None = await self._objects.run(_claim, self._root, upload, number, count, size)
        if place is None:
            key = f"{_prefix(upload)}/{number}"
            await self._objects.write_stream(key, chunks)
            return str((await self._objects.head(key)).etag)
        try:
            async for chunk in chunks:
                await self._objects.run(place.write, chunk)
            return str(await self._objects.run(place.keep))
        finally:
            await self._objects.run(place.close)

    async def sent(self, upload: str) -> dict[int, str]:
        placed: dict[int, str] = {}
        apart: dict[int, str] = {}
        async for page in self._objects.list(_prefix(upload)):
            for each in page:
                kind, _, number = each.key.rpartition("/")[2].rpartition("-")
                if number.isdecimal() and kind in ("", "placed"):
                    (placed if kind else apart)[int(number)] = str(each.etag)
        # No place is claimed once there is such a file, so where a part is both, the file is the later one.
        return placed | apart

    async def join(self, upload: str, count: int, key: str) -> None:
        await self._objects.run(_join, self._root, upload, count, key)


class Place:
    """A part's place in the whole, for as long as it is being written."""

    def __init__(self, file: int, here: int, key: str, number: int, start: int, size: int) -> None:
        self._file = file
        self._here = here
        self._key = key
        self._number = number
        self._position = start
        self._end = start + size
        # Where a caller was cancelled, a thread may still be at work when ``close`` comes.
        self._lock = threading.Lock()

    def write(self, content: bytes) -> None:
        """Append bytes to the part. Raises ``Corrupted`` where they are more than were announced."""
        with self._lock:
            if self._position + len(content) > self._end:
                raise Corrupted("The part has more bytes than were announced; nothing was kept.")
            left = memoryview(content)
            while left:
                written = os.pwrite(self._file, left, self._position)
                self._position += written
                left = left[written:]

    def keep(self) -> str | None:
        """Say that the part is there, and give its tag. Raises ``Corrupted`` where bytes are missing."""
        with self._lock:
            if self._position != self._end:
                raise Corrupted("The part has fewer bytes than were announced; nothing was kept.")
            # Whoever reads after a loss of power that the part is there must find it.
            os.fdatasync(self._file)
            name = f"placed-{self._number}"
            _make(self._here, name)
            return stored(self._key, os.stat(name, dir_fd=self._here, follow_symlinks=False)).etag

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            os.close(self._file)
            os.close(self._here)


def _prefix(upload: str) -> str:
    return f"{upload}/parts"


def _claim(root: str, upload: str, number: int, count: int, size: int | None) -> Place | None:
    """The place of a part, if it has one that nobody else was given."""
    if not size or number == count:
        return None
    with directory(root, _prefix(upload).split("/"), enter_or_make) as here:
        # A disk without links keeps each part in a file of its own.
        with contextlib.suppress(OSError):
            os.symlink(str(size), _SIZE, dir_fd=here)
        if _part_size(here) != size or _is_there(here, str(number)) or not _make(here, f"claimed-{number}"):
            return None
        file = os.open(_WHOLE, _PLACE, 0o600, dir_fd=here)
        return Place(file, os.dup(here), f"{_prefix(upload)}/{number}", number, (number - 1) * size, size)


def _part_size(here: int) -> int | None:
    try:
        return int(os.readlink(_SIZE, dir_fd=here))
    except OSError:
        return None


def _is_there(here: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=here, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _make(here: int, name: str) -> bool:
    """Make an empty file; tells whether it was not there yet."""
    try:
        os.close(os.open(name, NEW_FILE, 0o600, dir_fd=here))
    except FileExistsError:
        return False
    return True


def _join(root: str, upload: str, count: int, key: str) -> None:
    with absence(key), directory(root, _prefix(upload).split("/")) as here:
        names = frozenset(os.listdir(here))  # noqa: PTH208
        placed = all(f"placed-{number}" in names and str(number) not in names for number in range(1, count))
        # Of several who join at the same time one has the whole; the others never touch it.
        if placed and count > 1 and _make(here, "joining"):
            _append_last(root, upload, count, here)
            if _name_whole(root, here, key):
                return
        _copy_together(root, upload, count, names, here, key)


def _append_last(root: str, upload: str, count: int, here: int) -> None:
    with (
        open_file(root, f"{_prefix(upload)}/{count}") as source,
        open(os.open(_WHOLE, _PLACE, dir_fd=here), "wb") as whole,  # noqa: PTH123
    ):
        whole.seek((count - 1) * (_part_size(here) or 0))
        copy_rest(source, whole)
        whole.flush()
        os.fsync(whole.fileno())


def _name_whole(root: str, here: int, key: str) -> bool:
    """Give the whole its name at once; tells whether the disk can. It keeps the one it has, for others who join."""
    *above, name = key.split("/")
    staged = secrets.token_hex(16)
    with placing(key), directory(root, [STAGING]) as staging, directory(root, above, enter_or_make) as parent:
        try:
            os.link(_WHOLE, staged, src_dir_fd=here, dst_dir_fd=staging, follow_symlinks=False)
        except OSError:
            return False
        try:
            os.rename(staged, name, src_dir_fd=staging, dst_dir_fd=parent)
        except OSError:
            os.unlink(staged, dir_fd=staging)
            raise
    return True


def _copy_together(root: str, upload: str, count: int, names: frozenset[str], here: int, key: str) -> None:
    staged = Staged(root, key)
    try:
        for number in range(1, count + 1):
            if str(number) in names:
                with open_file(root, f"{_prefix(upload)}/{number}") as source:
                    staged.write_file(source)
            elif f"placed-{number}" in names:
                _copy_placed(root, upload, number, _part_size(here) or 0, staged)
            else:
                raise NotFound("object", f"{_prefix(upload)}/{number}")
        staged.keep()
    finally:
        staged.drop()


def _copy_placed(root: str, upload: str, number: int, part_size: int, staged: Staged) -> None:
    with open_file(root, f"{_prefix(upload)}/{_WHOLE}") as whole:
        whole.seek((number - 1) * part_size)
        left = part_size
        while left and (chunk := whole.read(min(left, CHUNK_BYTES))):
            staged.write(chunk)
            left -= len(chunk)
