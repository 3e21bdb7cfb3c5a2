"""Objects as files: what a shared disk adds, which is links, odd files and rights."""

import asyncio
import errno
import os
import stat
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.places import key_at
from isogloss.core.ports import Level
from isogloss.storage.objects import open_objects
from isogloss.storage.objects.local import ABANDONED_SECONDS, LocalObjects
from tests.support.hostile_paths import HOSTILE

SECRET = b"not yours"
LARGE = bytes(range(256)) * 4096 * 3  # more than one chunk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "objects"


@pytest.fixture
async def objects(root: Path) -> AsyncIterator[LocalObjects]:
    opened = await open_objects(f"file://{root}", {})
    assert isinstance(opened, LocalObjects)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory beside the root, with a file that nobody may reach through the root."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "secret").write_bytes(SECRET)
    return directory


def entries(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def contents(directory: Path) -> dict[str, bytes]:
    """What lies anywhere below a directory."""
    paths = [f"{above}/{name}" for above, _, names in os.walk(directory) for name in names]
    return {path: Path(path).read_bytes() for path in paths}


async def keys(objects: LocalObjects, prefix: str) -> set[str]:
    return {each.key async for page in objects.list(prefix) for each in page}


async def test_new_directories_and_files_are_their_owners_alone(objects: LocalObjects, root: Path) -> None:
    await objects.write("shared/a/b", b"1")
    made = [root.parent, root, root / "shared", root / "owned", root / "shared" / "a"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
    assert stat.S_IMODE((root / "shared" / "a" / "b").stat().st_mode) == 0o600


async def test_directories_that_are_there_keep_their_rights(tmp_path: Path) -> None:
    shared = tmp_path / "objects" / "shared"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    opened = await open_objects(f"file://{tmp_path}/objects", {})
    await opened.close()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o777


async def test_a_url_may_encode_its_path(tmp_path: Path) -> None:
    opened = await open_objects(f"file://{tmp_path}/my%20files%2325", {})
    await opened.close()
    assert opened.shared.root == f"{tmp_path}/my files#25/shared/"
    assert (tmp_path / "my files#25" / "shared").is_dir()


async def test_clients_are_told_the_path_without_links(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    opened = await open_objects(f"file://{tmp_path}/link", {})
    try:
        assert opened.shared.root == f"{tmp_path}/real/shared/"
        await opened.write(key_at(opened.shared, f"{tmp_path}/real/shared/a"), b"1")
    finally:
        await opened.close()
    assert (real / "shared" / "a").read_bytes() == b"1"


async def test_what_clients_wrote_themselves_is_read(objects: LocalObjects, root: Path) -> None:
    for name in ("x#1", "new file", "%41", "\\", "größe"):
        (root / "shared" / name).write_bytes(name.encode())
        key = key_at(objects.shared, f"{objects.shared.root}{name}")
        assert await objects.read(key, 100) == name.encode()


async def test_no_link_to_a_file_is_followed(objects: LocalObjects, root: Path, outside: Path) -> None:
    (root / "shared" / "link").symlink_to(outside / "secret")
    with pytest.raises(NotFound):
        await objects.head("shared/link")
    with pytest.raises(NotFound):
        await objects.read("shared/link", 100)
    with pytest.raises(NotFound):
        await objects.stream("shared/link")
    assert await keys(objects, "shared") == set()
    await objects.write("shared/link", b"mine")
    assert (outside / "secret").read_bytes() == SECRET
    assert await objects.read("shared/link", 100) == b"mine"


async def test_no_link_to_a_directory_is_followed(objects: LocalObjects, root: Path, outside: Path) -> None:
    (root / "shared" / "a").mkdir()
    (root / "shared" / "a" / "link").symlink_to(outside)
    (root / "shared" / "up").symlink_to("../..")
    with pytest.raises(NotFound):
        await objects.read("shared/a/link/secret", 100)
    with pytest.raises(NotFound):
        await objects.head("shared/up/objects/shared/a")
    with pytest.raises(Conflict):
        await objects.write("shared/a/link/new", b"1")
    with pytest.raises(Conflict):
        await objects.write_stream("shared/a/link/secret", one(b"1"))
    assert await keys(objects, "shared") == set()
    assert await keys(objects, "shared/a/link") == set()
    await objects.delete(["shared/a/link/secret"])
    await objects.delete_prefix("shared/a/link")
    await objects.delete_prefix("shared/a/link/deeper")
    assert entries(outside) == ["secret"]
    await objects.delete_prefix("shared/a")
    assert not (root / "shared" / "a").exists()
    assert (outside / "secret").read_bytes() == SECRET


async def test_no_link_is_browsed_or_joined(objects: LocalObjects, root: Path, outside: Path) -> None:
    (root / "shared" / "link").symlink_to(outside / "secret")
    (root / "shared" / "up").symlink_to(outside)
    os.mkfifo(root / "shared" / "pipe")
    await objects.write("shared/good", b"1")
    level = await objects.browse("shared")
    assert (level.directories, [each.key for each in level.objects]) == ([], ["shared/good"])
    assert await objects.browse("shared/up") == Level(directories=[], objects=[])
    for part in ("shared/link", "shared/up/secret", "shared/pipe"):
        with pytest.raises(NotFound):
            await asyncio.wait_for(objects.join(["shared/good", part], "shared/whole"), 10)
    with pytest.raises(Conflict):
        await objects.join(["shared/good"], "shared/up/new")
    assert entries(outside) == ["secret"]
    assert entries(root / ".staging") == []


async def test_a_link_is_removed_and_not_what_it_leads_to(objects: LocalObjects, root: Path, outside: Path) -> None:
    (root / "shared" / "link").symlink_to(outside / "secret")
    await objects.delete(["shared/link"])
    assert entries(root / "shared") == []
    assert (outside / "secret").read_bytes() == SECRET


async def test_a_directory_that_becomes_a_link_meanwhile_leads_nowhere(
    objects: LocalObjects, root: Path, outside: Path
) -> None:
    """The way between a look and an act, on which a check of resolved paths is beaten."""
    inside, aside, link = root / "shared" / "a", root / "shared" / "b", root / "shared" / "link"
    inside.mkdir()
    (inside / "secret").write_bytes(b"harmless")
    link.symlink_to(outside)

    def swap() -> None:
        for _ in range(300):
            inside.rename(aside)
            link.rename(inside)
            inside.rename(link)
            aside.rename(inside)

    async def read() -> None:
        for _ in range(150):
            try:
                assert await objects.read("shared/a/secret", 100) == b"harmless"
            except NotFound:
                continue

    await asyncio.gather(asyncio.to_thread(swap), read(), read())


async def test_a_pipe_is_no_object_and_holds_nobody(objects: LocalObjects, root: Path) -> None:
    os.mkfifo(root / "shared" / "pipe")
    with pytest.raises(NotFound):
        await asyncio.wait_for(objects.read("shared/pipe", 100), 10)
    assert await keys(objects, "shared") == set()


async def test_files_whose_names_can_be_no_keys_hide_no_others(objects: LocalObjects, root: Path) -> None:
    directory = root / "shared" / "a"
    directory.mkdir()
    for name in (b"new\nline", b"\xff", b"good"):
        (directory / os.fsdecode(name)).write_bytes(b"1")
    (directory / os.fsdecode(b"\xfe")).mkdir()
    (directory / os.fsdecode(b"\xfe") / "hidden").write_bytes(b"1")
    assert await keys(objects, "shared") == {"shared/a/good"}
    level = await objects.browse("shared/a")
    assert (level.directories, [each.key for each in level.objects]) == ([], ["shared/a/good"])
    await objects.delete_prefix("shared/a")
    assert not directory.exists()


async def test_a_key_that_cannot_stand_beside_another_is_a_conflict(objects: LocalObjects) -> None:
    await objects.write("shared/a/b", b"1")
    for key in ("shared/a", "shared/a/b/c"):
        with pytest.raises(Conflict, match=f"'{key}'"):
            await objects.write(key, b"2")
    assert await objects.read("shared/a/b", 100) == b"1"


async def test_a_name_too_long_for_the_disk_is_refused(objects: LocalObjects) -> None:
    with pytest.raises(Invalid, match="longer than the disk takes"):
        await objects.write("shared/" + "x" * 300, b"1")


async def test_nothing_is_left_of_a_write_that_failed(objects: LocalObjects, root: Path) -> None:
    await objects.write("shared/a/b", b"1")
    with pytest.raises(Conflict):
        await objects.write("shared/a", b"2")
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        begun.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(objects.write_stream("shared/c", endless()))
    await begun.wait()
    assert len(entries(root / ".staging")) == 1
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert entries(root / ".staging") == []
    assert not (root / "shared" / "c").exists()


@pytest.mark.parametrize("ways", [["copy_file_range"], ["copy_file_range", "sendfile"]], ids=len)
@pytest.mark.parametrize("number", [errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
async def test_parts_are_joined_where_the_kernel_does_not_copy(
    objects: LocalObjects, monkeypatch: pytest.MonkeyPatch, number: int, ways: list[str]
) -> None:
    refused = []

    def refuse(*arguments: object) -> int:
        refused.append(arguments)
        raise OSError(number, os.strerror(number))

    await objects.write("owned/1", LARGE)
    await objects.write("owned/2", b"end")
    for way in ways:
        monkeypatch.setattr(os, way, refuse)
    await objects.join(["owned/1", "owned/2", "owned/1"], "owned/whole")
    assert await objects.read("owned/whole", 3 * len(LARGE)) == LARGE + b"end" + LARGE
    assert len(refused) == 3 * len(ways)


async def test_parts_are_joined_where_the_kernel_copies_less_than_all(
    objects: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.copy_file_range
    left = iter([1000, 0, 0])
    await objects.write("owned/1", LARGE)
    await objects.write("owned/2", b"end")
    monkeypatch.setattr(os, "copy_file_range", lambda source, target, count: real(source, target, next(left)))
    await objects.join(["owned/1", "owned/2"], "owned/whole")
    assert await objects.read("owned/whole", 2 * len(LARGE)) == LARGE + b"end"


async def test_a_full_disk_leaves_nothing_of_a_join(
    objects: LocalObjects, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(source: int, target: int, count: int) -> int:
        os.write(target, b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    await objects.write("owned/1", LARGE)
    monkeypatch.setattr(os, "copy_file_range", fill)
    with pytest.raises(OSError, match="No space left"):
        await objects.join(["owned/1"], "owned/whole")
    assert entries(root / ".staging") == []
    assert await keys(objects, "owned") == {"owned/1"}


async def test_a_join_that_is_given_up_leaves_nothing(
    objects: LocalObjects, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = os.copy_file_range

    def wait(source: int, target: int, count: int) -> int:
        begun.set()
        assert go_on.wait(10)
        return real(source, target, count)

    await objects.write("owned/1", LARGE)
    monkeypatch.setattr(os, "copy_file_range", wait)
    joining = asyncio.create_task(objects.join(["owned/1"], "owned/whole"))
    assert await asyncio.to_thread(begun.wait, 10)
    joining.cancel()
    await asyncio.sleep(0)
    # The thread still copies, into a file that must not have been closed under it.
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert entries(root / ".staging") == []
    assert await keys(objects, "owned") == {"owned/1"}


async def test_a_disk_signs_no_addresses(objects: LocalObjects) -> None:
    assert objects.signer is None
    assert objects.uploads is None


async def test_no_path_leads_out_of_what_owns_the_file(objects: LocalObjects, root: Path, tmp_path: Path) -> None:
    """Each path is tried as it is, without the check that those of clients go through first."""
    kept = {}
    for number, path in enumerate(HOSTILE):
        key = f"owned/p/v{number}/files/{path}"
        try:
            await objects.write(key, b"%d" % number)
        except Invalid:
            continue
        kept[f"{root}/{key}"] = b"%d" % number
    assert len(kept) >= 200
    assert contents(tmp_path) == kept
    for path, content in kept.items():
        assert Path(path).is_relative_to(root / "owned" / "p" / f"v{content.decode()}" / "files")


async def test_what_a_killed_process_staged_goes_after_a_day(root: Path) -> None:
    staging = root / ".staging"
    staging.mkdir(parents=True)
    for name in ("old", "new"):
        (staging / name).write_bytes(b"half")
    past = time.time() - ABANDONED_SECONDS - 60
    os.utime(staging / "old", (past, past))
    opened = await open_objects(f"file://{root}", {})
    await opened.close()
    assert entries(staging) == ["new"]


async def test_a_disk_that_went_away_is_not_ready(objects: LocalObjects, root: Path) -> None:
    await objects.check()
    (root / "shared").rename(root / "elsewhere")
    with pytest.raises(OSError, match="No such file"):
        await objects.check()


async def test_a_root_that_is_a_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(OSError, match="Not a directory"):
        await open_objects(f"file://{tmp_path}/objects", {})


async def one(content: bytes) -> AsyncIterator[bytes]:
    yield content
