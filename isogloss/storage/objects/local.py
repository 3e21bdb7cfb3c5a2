"""Objects as files of a directory of this machine, which clients on it may share.

This goes to the operating system directly. A client's files have any name, and obstore's local store reads none that
ends in ``#1``, lists nothing where one name is odd, and follows links. Here each directory on the way to a file is
opened from the one above it, and never through a link: whoever may write below the root cannot make us read, replace
or remove anything outside, however he times it. So a link below the root is no object, wherever it leads.
"""

import asyncio
import contextlib
import errno
import io
import itertools
import os
import stat
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from isogloss.core.errors import Invalid, NotFound, TooLarge
from isogloss.core.places import OWNED, SHARED, SharedPlace, checked_key
from isogloss.core.ports import Level, Parts, Signer, StoredObject, Uploads
from isogloss.storage.objects.disk import (
    ABSENT,
    CHUNK_BYTES,
    OURS_ALONE,
    STAGING,
    Staged,
    absence,
    directory,
    forgiving,
    open_file,
    stored,
)
from isogloss.storage.objects.placed_parts import PlacedParts

P = ParamSpec("P")
T = TypeVar("T")

PAGE = 1000
THREADS = 8
ABANDONED_SECONDS = 24 * 3600
"""After how long a staged file is one that a killed process left."""


class LocalObjects:
    """Objects below a directory. ``root`` is its path without links; ``make_directories`` has made it.

    Nobody but the gateway serves them, so there is no signer and there are no uploads past it.
    """

    def __init__(self, root: str, shared: SharedPlace) -> None:
        self.shared = shared
        self.signer: Signer | None = None
        self.uploads: Uploads | None = None
        self.parts: Parts | None = PlacedParts(root, self)
        self._root = root
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do on a thread what waits for the disk."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *arguments, **named))

    async def check(self) -> None:
        """Raise when the directories are not there or cannot be written."""
        await self.run(_check, self._root)

    async def close(self) -> None:
        """Wait for what is running."""
        await asyncio.to_thread(self._threads.shutdown)

    async def head(self, key: str) -> StoredObject:
        return await self.run(_head, self._root, key)

    async def read(self, key: str, limit: int) -> bytes:
        return await self.run(_read, self._root, key, limit)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return self._chunks(await self.run(open_file, self._root, key), start, end)

    async def _chunks(self, file: io.FileIO, start: int, end: int | None) -> AsyncIterator[bytes]:
        position = start
        with file:
            _announce(file)
            while end is None or position < end:
                wanted = CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - position)
                chunk = await self.run(os.pread, file.fileno(), wanted, position)
                if not chunk:
                    return
                position += len(chunk)
                yield chunk

    async def write(self, key: str, content: bytes) -> None:
        await self.run(_write, self._root, key, content)

    async def write_stream(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        staged = await self.run(Staged, self._root, key)
        try:
            async for chunk in chunks:
                await self.run(staged.write, chunk)
            await self.run(staged.keep)
        finally:
            await self.run(staged.drop)

    async def list(self, prefix: str) -> AsyncIterator[list[StoredObject]]:
        found = _walk(self._root, checked_key(prefix))
        try:
            while page := await self.run(_page, found):
                yield page
        finally:
            await self.run(found.close)

    async def browse(self, prefix: str) -> Level:
        return await self.run(_browse, self._root, checked_key(prefix))

    async def join(self, parts: Sequence[str], key: str) -> None:
        staged = await self.run(Staged, self._root, key)
        try:
            for part in parts:
                await self.run(_append, self._root, part, staged)
            await self.run(staged.keep)
        finally:
            await self.run(staged.drop)

    async def delete(self, keys: Iterable[str]) -> None:
        await self.run(_delete, self._root, [checked_key(key) for key in keys])

    async def delete_prefix(self, prefix: str) -> None:
        await self.run(_delete_prefix, self._root, checked_key(prefix))


def make_directories(path: str) -> str:
    """Make a root and what lies in it, for this user alone where they are new; remove what a killed process left.

    Gives the root's path without links: clients resolve those of their paths, and then compare with what they were
    told. Raises ``OSError``.
    """
    root = os.path.realpath(path).rstrip("/")
    missing = []
    above = root
    while not os.path.lexists(above):
        missing.append(above)
        above = os.path.dirname(above)  # noqa: PTH120
    for each in [*reversed(missing), *(f"{root}/{name}" for name in (OWNED, SHARED, STAGING))]:
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, OURS_ALONE)  # noqa: PTH102
    _check(root)
    oldest = time.time() - ABANDONED_SECONDS
    with directory(root, [STAGING]) as staging:
        for name in os.listdir(staging):  # noqa: PTH208
            with contextlib.suppress(FileNotFoundError):
                if os.stat(name, dir_fd=staging, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=staging)
    return root


def _check(root: str) -> None:
    for name in (OWNED, SHARED, STAGING):
        with directory(root, [name]) as descriptor:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), f"{root}/{name}")


def _head(root: str, key: str) -> StoredObject:
    *above, name = checked_key(key).split("/")
    with absence(key), directory(root, above) as parent:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("object", key)
    return stored(key, status)


def _read(root: str, key: str, limit: int) -> bytes:
    with open_file(root, key) as file, io.BufferedReader(file) as content:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise TooLarge(f"The object {key!r} has {size} bytes; at most {limit} are read at once.")
        return content.read(size)


def _announce(file: io.FileIO) -> None:
    """Tell the system that a file is read from front to end, so that it fetches more of it ahead."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)


def _write(root: str, key: str, content: bytes) -> None:
    staged = Staged(root, key)
    try:
        staged.write(content)
        staged.keep()
    finally:
        staged.drop()


def _append(root: str, part: str, staged: Staged) -> None:
    with open_file(root, part) as file:
        staged.write_file(file)


def _page(found: Iterator[StoredObject]) -> list[StoredObject]:
    return list(itertools.islice(found, PAGE))


def _walk(root: str, prefix: str) -> Generator[StoredObject]:
    with contextlib.ExitStack() as opened:
        try:
            top = opened.enter_context(directory(root, prefix.split("/")))
        except OSError as error:
            if error.errno in ABSENT:
                return
            raise
        for path, _, names, here in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            for name in names:
                key = "/".join([prefix, *path.split("/")[1:], name])
                # A file may go meanwhile, and one whose name can be no key is no object.
                with contextlib.suppress(FileNotFoundError, Invalid):
                    status = os.stat(name, dir_fd=here, follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield stored(checked_key(key), status)


def _browse(root: str, prefix: str) -> Level:
    directories, objects = [], []
    with forgiving(ABSENT), directory(root, prefix.split("/")) as here, os.scandir(here) as entries:
        for entry in entries:
            # A file may go meanwhile, and what has a name that can be no key is no object.
            with contextlib.suppress(FileNotFoundError, Invalid):
                key = checked_key(f"{prefix}/{entry.name}")
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    objects.append(stored(key, status))
                elif stat.S_ISDIR(status.st_mode) and next(_walk(root, key), None) is not None:
                    # Deleting leaves directories behind, which no bucket has.
                    directories.append(entry.name)
    return Level(directories=sorted(directories), objects=sorted(objects, key=lambda each: each.key))


def _delete(root: str, keys: Iterable[str]) -> None:
    for key in keys:
        *above, name = key.split("/")
        with forgiving(ABSENT), directory(root, above) as parent:
            os.unlink(name, dir_fd=parent)


def _delete_prefix(root: str, prefix: str) -> None:
    *above, top = prefix.split("/")
    with forgiving(ABSENT), directory(root, above) as parent:
        for _, directories, names, here in os.fwalk(top, topdown=False, dir_fd=parent, follow_symlinks=False):
            for name in names:
                with forgiving([errno.ENOENT]):
                    os.unlink(name, dir_fd=here)
            for name in directories:
                _remove_directory(name, here)
        # The places themselves stay. What is no directory, a link included, has nothing below it and is left alone.
        if above:
            with forgiving([errno.ENOTEMPTY]):
                os.rmdir(top, dir_fd=parent)


def _remove_directory(name: str, parent: int) -> None:
    with forgiving([errno.ENOENT, errno.ENOTEMPTY]):
        try:
            os.rmdir(name, dir_fd=parent)
        except NotADirectoryError:
            # A link to a directory. What it leads to stays.
            os.unlink(name, dir_fd=parent)
