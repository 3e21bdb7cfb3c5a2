"""Files that go when a client asks for it, and those that stay because another version uses them."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied
from isogloss.core.places import key_at
from isogloss.core.ports import Files, Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.content import check_foreign, remove_files
from isogloss.core.registry.versions import VersionDraft, delete_version, write_version


async def version_at(registry: Registry, uri: str, *, internal: bool = False) -> str:
    """The id of a new version at a uri."""
    draft = VersionDraft(dialect="zenml", uri=uri, internal=internal)

    async def work(unit: Writer) -> str:
        target = None if internal else ByName("a")
        return (await write_version(registry, unit, ANYBODY, registry.default_project, draft, target)).id

    return await registry.store.write(work)


def files_of(registry: Registry) -> Files:
    assert registry.files is not None
    return registry.files


async def put(registry: Registry, *paths: str) -> None:
    for path in paths:
        await files_of(registry).objects.write(f"shared/{path}", path.encode())


async def there(registry: Registry) -> list[str]:
    """The paths of all files in the shared place."""
    objects = files_of(registry).objects
    return sorted([each.key.removeprefix("shared/") async for page in objects.list("shared") for each in page])


async def test_files_at_and_below_a_uri_go(registry: Registry) -> None:
    root = files_of(registry).shared.root
    await put(registry, "a/1", "a/b/2", "ab/3", "lone", "lone-too")
    assert await remove_files(registry, ANYBODY, [f"{root}a/", f"{root}lone", f"{root}absent"]) == {}
    assert await there(registry) == ["ab/3", "lone-too"]


@pytest.mark.parametrize("internal", [False, True])
@pytest.mark.parametrize("held", ["a/b", "a/b/", "a/b/c", "a", "a/", "", "a//b", "/a/b", "a/b//c", "a/b/c//d/e", "//a"])
async def test_files_stay_that_a_living_version_uses(registry: Registry, held: str, internal: bool) -> None:
    root = files_of(registry).shared.root
    holder = await version_at(registry, f"{root}{held}", internal=internal)
    await put(registry, "a/b/c/d/e", "a/other")
    left = await remove_files(registry, ANYBODY, [f"{root}a/b"])
    assert left == {f"{root}a/b": f"the version {holder} uses them"}
    assert await there(registry) == ["a/b/c/d/e", "a/other"]

    assert await remove_files(registry, ANYBODY, [f"{root}a/b"], besides=[holder]) == {}
    assert await there(registry) == ["a/other"]


@pytest.mark.parametrize("held", ["a/bc", "a/b-", "a/b.txt", "a/B", "b", "ab/b", "a//bc", "x//a/b"])
async def test_a_version_that_lies_beside_holds_nothing(registry: Registry, held: str) -> None:
    root = files_of(registry).shared.root
    await version_at(registry, f"{root}{held}")
    await put(registry, "a/b/c")
    assert await remove_files(registry, ANYBODY, [f"{root}a/b"]) == {}


async def test_files_go_with_the_last_version_that_uses_them(registry: Registry) -> None:
    uri = f"{files_of(registry).shared.root}a/b"
    first, second = await version_at(registry, uri), await version_at(registry, uri)
    await put(registry, "a/b/c")
    for version_id, rest in ((first, ["a/b/c"]), (second, [])):
        await delete_version(registry, ANYBODY, registry.default_project, version_id)
        await remove_files(registry, ANYBODY, [uri])
        assert await there(registry) == rest


steps = st.sampled_from(["a", "b", "ab", ""])
spellings = st.lists(steps, max_size=4).map("/".join)


def names(path: str) -> Sequence[str]:
    return [name for name in path.split("/") if name]


@given(held=st.lists(spellings, max_size=3), asked=spellings.filter(lambda path: bool(names(path))))
async def test_what_holds_is_told_by_names_whatever_the_spelling(
    registry: Registry, held: list[str], asked: str
) -> None:
    root = files_of(registry).shared.root
    ids = [await version_at(registry, f"{root}{path}") for path in held]
    length = len(names(asked))
    # One of the two begins with all of the other.
    touching = any(names(path)[:length] == names(asked)[: len(names(path))] for path in held)
    assert bool(await remove_files(registry, ANYBODY, [f"{root}{asked}"])) == touching
    for version_id in ids:
        await delete_version(registry, ANYBODY, registry.default_project, version_id)


async def test_nothing_goes_outside_of_the_shared_place(registry: Registry) -> None:
    root = files_of(registry).shared.root
    await files_of(registry).objects.write("owned/1", b"1")
    await put(registry, "a")
    uris = [root, root[:-1], f"{root}../owned", "/", "", "s3://bucket/a", f"{root}a/..", f"{root}.", "a"]
    left = await remove_files(registry, ANYBODY, uris)
    assert set(left) == set(uris)
    assert await there(registry) == ["a"]
    assert await files_of(registry).objects.read("owned/1", 10) == b"1"


class Broken:
    """Objects that cannot be removed."""

    async def delete(self, keys: Any) -> None:
        raise OSError("the disk is read-only")


async def test_a_storage_that_fails_is_told_and_logged(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    files = files_of(registry)
    broken = replace(registry, files=Files(objects=Broken(), shared=files.shared))  # type: ignore[arg-type]
    uri = f"{files.shared.root}a"
    with caplog.at_level(logging.WARNING, "isogloss.content"):
        assert await remove_files(broken, ANYBODY, [uri]) == {uri: "the storage failed: OSError"}
    assert "the disk is read-only" in caplog.text
    assert uri in caplog.text


async def test_a_viewer_removes_no_files(registry: Registry) -> None:
    viewer = Principal(user_id=None, name="ana", role=Role.VIEWER)
    with pytest.raises(Denied):
        await remove_files(registry, viewer, [f"{files_of(registry).shared.root}a"])


@pytest.mark.parametrize("held", ["a/b", "a", "a/b/c"])
async def test_files_of_a_project_that_is_not_seen_are_neither_shown_nor_removed(registry: Registry, held: str) -> None:
    """A version's uri is what its client says, and so may point at files of others."""
    place = files_of(registry).shared
    root = place.root
    await version_at(registry, f"{root}{held}")
    await put(registry, "a/b/c")
    stranger = Principal(user_id=None, name="ana", role=Role.MEMBER, grants={registry.new_id(): Role.ADMIN})
    guest = replace(stranger, grants={registry.default_project.id: Role.VIEWER})
    acting = registry_for(registry, stranger, "test", "try")
    with pytest.raises(Denied, match="may not see"):
        await check_foreign(acting, stranger, key_at(place, f"{root}a/b"))
    left = await remove_files(acting, stranger, [f"{root}a/b"])
    assert left == {f"{root}a/b": "a version of another project uses them"}
    for caller in (ANYBODY, guest):
        await check_foreign(registry_for(registry, caller, "test", "try"), caller, key_at(place, f"{root}a/b"))
    await check_foreign(acting, stranger, key_at(place, f"{root}elsewhere"))
    assert await there(registry) == ["a/b/c"]
