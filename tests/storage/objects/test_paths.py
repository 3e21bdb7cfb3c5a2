"""The paths of a version's files on each place: what the core lets through is kept, letter by letter."""

import asyncio

from isogloss.core.errors import Conflict, Invalid
from isogloss.core.places import checked_path, owned_key, owned_prefix
from isogloss.core.ports import Objects
from tests.support.hostile_paths import HOSTILE, ORDINARY


def keys_of_files() -> list[str]:
    """A key for each path that the core lets through, each in a version of its own."""
    keys = []
    for number, path in enumerate(HOSTILE + ORDINARY):
        try:
            keys.append(owned_key("p", f"v{number}", checked_path(path)))
        except Invalid:
            continue
    return keys


async def test_every_path_that_is_let_through_is_kept(objects: Objects) -> None:
    keys = keys_of_files()
    assert len(keys) >= 200 + len(ORDINARY)
    for first in range(0, len(keys), 100):
        await asyncio.gather(*(objects.write(key, key.encode()) for key in keys[first : first + 100]))
    assert {each.key async for page in objects.list("owned/p") for each in page} == set(keys)
    for first in range(0, len(keys), 100):
        batch = keys[first : first + 100]
        assert await asyncio.gather(*(objects.read(key, 2048) for key in batch)) == [key.encode() for key in batch]
    for key in keys:
        await objects.delete_prefix("/".join(key.split("/")[:3]))
    assert [page async for page in objects.list("owned/p")] == []


async def test_files_of_one_version_never_show_in_another(objects: Objects) -> None:
    for owner in ("v", "v1", "v%2F1", "V"):
        await objects.write(owned_key("p", owner, "a"), owner.encode())
    await objects.delete_prefix(owned_prefix("p", "v"))
    left = {each.key async for page in objects.list("owned") for each in page}
    assert left == {owned_key("p", owner, "a") for owner in ("v1", "v%2F1", "V")}


async def test_a_file_and_a_directory_of_one_name_stand_side_by_side_or_are_refused(objects: Objects) -> None:
    await objects.write(owned_key("p", "v", "a"), b"file")
    try:
        await objects.write(owned_key("p", "v", "a/b"), b"below")
    except Conflict:
        level = await objects.browse(owned_key("p", "v"))
        assert (level.directories, len(level.objects)) == ([], 1)
    else:
        level = await objects.browse(owned_key("p", "v"))
        assert (level.directories, len(level.objects)) == (["a"], 1)
    assert await objects.read(owned_key("p", "v", "a"), 100) == b"file"
