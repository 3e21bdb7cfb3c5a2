"""Files of a disk that lie below a root: reached step by step, never through a link, and written without a name first.

Each directory on the way to a file is opened from the one above it: whoever may write below the root cannot make us
read, replace or remove anything outside, however he times it.
"""

import contextlib
import errno
import io
import os
import secrets
import stat
import sys
import threading
from collections.abc import Callable, Container, Iterator, Sequence
from typing import BinaryIO

from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.places import checked_key
from isogloss.core.ports import StoredObject

CHUNK_BYTES = 1024 * 1024
COPY_BYTES = 1 << 30
OURS_ALONE = 0o700

STAGING = ".staging"
"""Where files are written before they get their names; no key of the registry begins so."""

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a pipe among the files would hold the thread until somebody writes to it.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

ABSENT: frozenset[int | None] = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.ENXIO}
)
# What the kernel says where it copies nothing between these two files by itself.
NO_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
TAKEN = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


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
        with directory(root, [STAGING]) as staging:
            self._file: BinaryIO = open(os.open(self._name, NEW_FILE, 0o600, dir_fd=staging), "wb")  # noqa: PTH123, SIM115

    def write(self, content: bytes) -> None:
        """Append bytes."""
        with self._lock:
            self._file.write(content)

    def write_file(self, source: io.FileIO) -> None:
        """Append all bytes of a file, which the disk may share between the two instead of copying them."""
        with self._lock:
            self._file.flush()
            copy_rest(source, self._file)

    def keep(self) -> None:
        """Give the file its name. Raises ``Conflict`` or ``Invalid``."""
        with self._lock:
            self._file.flush()
            # A name that reaches the disk before the bytes would stand for an empty file after a loss of power.
            os.fsync(self._file.fileno())
            *above, name = self._key.split("/")
            with (
                placing(self._key),
                directory(self._root, [STAGING]) as staging,
                directory(self._root, above, enter_or_make) as parent,
            ):
                os.rename(self._name, name, src_dir_fd=staging, dst_dir_fd=parent)

    def drop(self) -> None:
        """Close the file, and remove it unless it has been kept."""
        with self._lock:
            with contextlib.suppress(FileNotFoundError), directory(self._root, [STAGING]) as staging:
                os.unlink(self._name, dir_fd=staging)
            self._file.close()


def open_file(root: str, key: str) -> io.FileIO:
    """An object's file, to be read. Raises ``NotFound``."""
    *above, name = checked_key(key).split("/")
    with absence(key), directory(root, above) as parent:
        descriptor = os.open(name, FILE, dir_fd=parent)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFound("object", key)
    return io.FileIO(descriptor)


def copy_rest(source: io.FileIO, target: BinaryIO) -> None:
    """Append what is left of a file to another, whose buffer is empty."""
    if sys.platform == "linux":
        with forgiving(NO_COPY):
            while os.copy_file_range(source.fileno(), target.fileno(), COPY_BYTES):
                pass
        # Nothing is left unless the disk cannot do it. Some say so only by copying nothing.
        with forgiving(NO_COPY):
            while os.sendfile(target.fileno(), source.fileno(), None, COPY_BYTES):
                pass
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)


def enter(name: str, parent: int) -> int:
    """A descriptor of the directory of this name."""
    return os.open(name, DIRECTORY, dir_fd=parent)


def enter_or_make(name: str, parent: int) -> int:
    """As ``enter``, where it may have to be made."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, OURS_ALONE, dir_fd=parent)
    return enter(name, parent)


@contextlib.contextmanager
def directory(root: str, names: Sequence[str], enter: Callable[[str, int], int] = enter) -> Iterator[int]:
    """A descriptor of the directory below the root, found step by step without following a link."""
    here = os.open(root, DIRECTORY)
    try:
        for name in names:
            below = enter(name, here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


@contextlib.contextmanager
def absence(key: str) -> Iterator[None]:
    """Raises ``NotFound`` where something on the way to the object is absent, or is something else."""
    try:
        yield
    except OSError as error:
        if error.errno in ABSENT:
            raise NotFound("object", key) from None
        raise


@contextlib.contextmanager
def placing(key: str) -> Iterator[None]:
    """Raises ``Conflict`` or ``Invalid`` where the object cannot get its name."""
    try:
        yield
    except OSError as error:
        if error.errno in TAKEN:
            reason = "it, or what lies above it, is there as something else"
            raise Conflict(f"No object can have the key {key!r}: {reason}.") from None
        if error.errno == errno.ENAMETOOLONG:
            raise Invalid("key", f"{key!r} has a name longer than the disk takes") from None
        raise


@contextlib.contextmanager
def forgiving(numbers: Container[int | None]) -> Iterator[None]:
    """Lets errors of the operating system with these numbers pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


def stored(key: str, status: os.stat_result) -> StoredObject:
    """What is known of an object by its file."""
    return StoredObject(
        key=key,
        size=status.st_size,
        modified=status.st_mtime_ns // 1000,
        etag=f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
    )
