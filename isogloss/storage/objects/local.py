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
import secrets
import stat
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Container, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import BinaryIO, ParamSpec, TypeVar

from isogloss.core.errors import Conflict, Invalid, NotFound, TooLarge
from isogloss.core.places import OWNED, SHARED, SharedPlace, checked_key
from isogloss.core.ports import Level, Signer, StoredObject, Uploads

P = ParamSpec("P")
T = TypeVar("T")

CHUNK_BYTES = 1024 * 1024
PAGE = 1000
COPY_BYTES = 1 << 30
THREADS = 8
OURS_ALONE = 0o700

STAGING = ".staging"
"""Where files are written before they get their names; no key of the registry begins so."""

ABANDONED_SECONDS = 24 * 3600
"""After how long a staged file is one that a killed process left."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a pipe among the files would hold the thread until somebody writes to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_ABSENT: frozenset[int | None] = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.ENXIO}
)
# What the kernel says where it copies nothing between these two files by itself.
_NO_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_TAKEN = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


class LocalObjects:
    """Objects below a directory. ``root`` is its path without links; ``make_directories`` has made it.

    Nobody but the gateway serves them, so there is no signer and there are no uploads past it.
    """

    def __init__(self, root: str, shared: SharedPlace) -> None:
        self.shared = shared
        self.signer: Signer | None = None
        self.uploads: Uploads | None = None
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
        return self._chunks(await self.run(_open, self._root, key), start, end)

    async def _chunks(self, file: io.FileIO, start: int, end: int | None) -> AsyncIterator[bytes]:
        position = start
        with file:
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


class Staged:
    """A new object's bytes on their way: in a file without its name, until ``keep`` gives it the name at once.

    Where a caller was cancelled, a thread may still be at work when ``drop`` comes. The lock makes that wait: the
    number of a closed file may be another file's by then.
    """

    def __init__(self, root: str, key: str) -> None:
        self._root = root
        self._key = checked_key(key)
        self._name = secrets.token_hex(16)
        self._lock = threading.Lock()
        with _directory(root, [STAGING]) as staging:
            self._file: BinaryIO = open(os.open(self._name, _NEW_FILE, 0o600, dir_fd=staging), "wb")  # noqa: PTH123, SIM115

    def write(self, content: bytes) -> None:
        """Append bytes."""
        with self._lock:
            self._file.write(content)

    def write_file(self, source: io.FileIO) -> None:
        """Append all bytes of a file, which the disk may share between the two instead of copying them."""
        with self._lock:
            self._file.flush()
            _copy(source, self._file)

    def keep(self) -> None:
        """Give the file its name. Raises ``Conflict`` or ``Invalid``."""
        with self._lock:
            self._file.flush()
            # A name that reaches the disk before the bytes would stand for an empty file after a loss of power.
            os.fsync(self._file.fileno())
            *above, name = self._key.split("/")
            with (
                _placing(self._key),
                _directory(self._root, [STAGING]) as staging,
                _directory(self._root, above, _enter_or_make) as parent,
            ):
                os.rename(self._name, name, src_dir_fd=staging, dst_dir_fd=parent)

    def drop(self) -> None:
        """Close the file, and remove it unless it has been kept."""
        with self._lock:
            with contextlib.suppress(FileNotFoundError), _directory(self._root, [STAGING]) as staging:
                os.unlink(self._name, dir_fd=staging)
            self._file.close()


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
    with _directory(root, [STAGING]) as staging:
        for name in os.listdir(staging):  # noqa: PTH208
            with contextlib.suppress(FileNotFoundError):
                if os.stat(name, dir_fd=staging, follow_symlinks=False).st_mtime < oldest:
                    os.unlink(name, dir_fd=staging)
    return root


def _check(root: str) -> None:
    for name in (OWNED, SHARED, STAGING):
        with _directory(root, [name]) as descriptor:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), f"{root}/{name}")


def _head(root: str, key: str) -> StoredObject:
    *above, name = checked_key(key).split("/")
    with _absence(key), _directory(root, above) as parent:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise NotFound("object", key)
    return _stored(key, status)


def _read(root: str, key: str, limit: int) -> bytes:
    with _open(root, key) as file, io.BufferedReader(file) as content:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise TooLarge(f"The object {key!r} has {size} bytes; at most {limit} are read at once.")
        return content.read(size)


def _open(root: str, key: str) -> io.FileIO:
    *above, name = checked_key(key).split("/")
    with _absence(key), _directory(root, above) as parent:
        descriptor = os.open(name, _FILE, dir_fd=parent)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFound("object", key)
    return io.FileIO(descriptor)


def _write(root: str, key: str, content: bytes) -> None:
    staged = Staged(root, key)
    try:
        staged.write(content)
        staged.keep()
    finally:
        staged.drop()


def _append(root: str, part: str, staged: Staged) -> None:
    with _open(root, part) as file:
        staged.write_file(file)


def _copy(source: io.FileIO, target: BinaryIO) -> None:
    """Append what is left of a file to another, whose buffer is empty."""
    if hasattr(os, "copy_file_range"):
        with _forgiving(_NO_COPY):
            while os.copy_file_range(source.fileno(), target.fileno(), COPY_BYTES):
                pass
    # Nothing is left unless the kernel cannot do it. Some disks say so only by copying nothing.
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)


def _page(found: Iterator[StoredObject]) -> list[StoredObject]:
    return list(itertools.islice(found, PAGE))


def _walk(root: str, prefix: str) -> Generator[StoredObject]:
    with contextlib.ExitStack() as opened:
        try:
            top = opened.enter_context(_directory(root, prefix.split("/")))
        except OSError as error:
            if error.errno in _ABSENT:
                return
            raise
        for path, _, names, here in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            for name in names:
                key = "/".join([prefix, *path.split("/")[1:], name])
                # A file may go meanwhile, and one whose name can be no key is no object.
                with contextlib.suppress(FileNotFoundError, Invalid):
                    status = os.stat(name, dir_fd=here, follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield _stored(checked_key(key), status)


def _browse(root: str, prefix: str) -> Level:
    directories, objects = [], []
    with _forgiving(_ABSENT), _directory(root, prefix.split("/")) as here, os.scandir(here) as entries:
        for entry in entries:
            # A file may go meanwhile, and what has a name that can be no key is no object.
            with contextlib.suppress(FileNotFoundError, Invalid):
                key = checked_key(f"{prefix}/{entry.name}")
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    objects.append(_stored(key, status))
                elif stat.S_ISDIR(status.st_mode) and next(_walk(root, key), None) is not None:
                    # Deleting leaves directories behind, which no bucket has.
                    directories.append(entry.name)
    return Level(directories=sorted(directories), objects=sorted(objects, key=lambda each: each.key))


def _delete(root: str, keys: Iterable[str]) -> None:
    for key in keys:
        *above, name = key.split("/")
        with _forgiving(_ABSENT), _directory(root, above) as parent:
            os.unlink(name, dir_fd=parent)


def _delete_prefix(root: str, prefix: str) -> None:
    *above, top = prefix.split("/")
    with _forgiving(_ABSENT), _directory(root, above) as parent:
        for _, directories, names, here in os.fwalk(top, topdown=False, dir_fd=parent, follow_symlinks=False):
            for name in names:
                with _forgiving([errno.ENOENT]):
                    os.unlink(name, dir_fd=here)
            for name in directories:
                _remove_directory(name, here)
        # The places themselves stay. What is no directory, a link included, has nothing below it and is left alone.
        if above:
            with _forgiving([errno.ENOTEMPTY]):
                os.rmdir(top, dir_fd=parent)


def _remove_directory(name: str, parent: int) -> None:
    with _forgiving([errno.ENOENT, errno.ENOTEMPTY]):
        try:
            os.rmdir(name, dir_fd=parent)
        except NotADirectoryError:
            # A link to a directory. What it leads to stays.
            os.unlink(name, dir_fd=parent)


def _enter(name: str, parent: int) -> int:
    return os.open(name, _DIRECTORY, dir_fd=parent)


def _enter_or_make(name: str, parent: int) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, OURS_ALONE, dir_fd=parent)
    return _enter(name, parent)


@contextlib.contextmanager
def _directory(root: str, names: Sequence[str], enter: Callable[[str, int], int] = _enter) -> Iterator[int]:
    """A descriptor of the directory below the root, found step by step without following a link."""
    here = os.open(root, _DIRECTORY)
    try:
        for name in names:
            below = enter(name, here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


@contextlib.contextmanager
def _absence(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _ABSENT:
            raise NotFound("object", key) from None
        raise


@contextlib.contextmanager
def _placing(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _TAKEN:
            reason = "it, or what lies above it, is there as something else"
            raise Conflict(f"No object can have the key {key!r}: {reason}.") from None
        if error.errno == errno.ENAMETOOLONG:
            raise Invalid("key", f"{key!r} has a name longer than the disk takes") from None
        raise


@contextlib.contextmanager
def _forgiving(numbers: Container[int | None]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


def _stored(key: str, status: os.stat_result) -> StoredObject:
    return StoredObject(
        key=key,
        size=status.st_size,
        modified=status.st_mtime_ns // 1000,
        etag=f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
    )
