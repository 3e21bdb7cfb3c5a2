"""The files of versions, whoever wrote them: which there are, and that their sizes are those of their bytes."""

from typing import Any

import pytest
from msgspec import Struct

from isogloss.core.access import ANYBODY
from isogloss.core.errors import NotFound
from isogloss.core.model import Version
from isogloss.core.places import owned_key, owned_uri, uri_at
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.core.registry.files import list_files, open_file
from isogloss.core.registry.versions import VersionDraft, create_version
from tests.support.hostile_paths import HOSTILE


class Shelves(Struct, frozen=True):
    """A registry with files, and versions made in it."""

    registry: Registry

    @property
    def files(self) -> Files:
        assert self.registry.files is not None
        return self.registry.files

    async def put(self, key: str, content: bytes) -> str:
        """Keep an object; what its key was."""
        await self.files.objects.write(key, content)
        return key

    async def version(self, slug: str | None = "daily", **given: Any) -> Version:
        draft = VersionDraft(**{"dialect": "prefect", **given})
        return await create_version(self.registry, ANYBODY, self.registry.default_project, draft, slug=slug)

    async def contents(self, version: Version) -> dict[str, bytes]:
        """Every file that is listed, with the bytes that are served of it."""
        found = {}
        for file in await list_files(self.registry, ANYBODY, version.id):
            opened = await open_file(self.registry, ANYBODY, version.id, file.path)
            assert opened.file == file
            found[file.path] = b"".join([chunk async for chunk in opened.chunks])
            assert len(found[file.path]) == file.size
        return found

    async def refused(self, version: Version, path: str) -> None:
        with pytest.raises(NotFound):
            await open_file(self.registry, ANYBODY, version.id, path)


@pytest.fixture
def shelves(registry: Registry) -> Shelves:
    return Shelves(registry)


async def test_inline_data_is_files_by_its_form(shelves: Shelves) -> None:
    text = await shelves.version(form="markdown", data='"# T\\n"')
    table = await shelves.version(form="table", data='"[{\\"a\\": 1}]"')
    nameless = await shelves.version(None, form="progress", data="7.5")

    assert await shelves.contents(text) == {"daily.md": b"# T\n"}
    assert await shelves.contents(table) == {"daily.csv": b"a\n1\n", "daily.json": b'[{"a": 1}]'}
    assert await shelves.contents(nameless) == {f"unnamed-{nameless.artifact_id}.json": b"7.5"}
    assert [each.media_type for each in await list_files(shelves.registry, ANYBODY, table.id)] == [
        "text/csv; charset=utf-8",
        "application/json",
    ]
    await shelves.refused(text, "daily.json")


async def test_bytes_of_the_registry_lie_under_their_version(shelves: Shelves) -> None:
    version = await shelves.version(dialect="truefoundry", owned=True)
    project = version.project_id
    await shelves.put(owned_key(project, version.id, "a.txt"), b"alpha")
    await shelves.put(owned_key(project, version.id, "sub/größe 100%.bin"), b"\x00")
    await shelves.put(owned_key(project, "another", "c"), b"c")

    assert await shelves.contents(version) == {"a.txt": b"alpha", "sub/größe 100%.bin": b"\x00"}
    await shelves.refused(version, "c")


async def test_a_uri_in_the_shared_place_is_a_directory_or_a_file(shelves: Shelves) -> None:
    place = shelves.files.shared
    file = await shelves.put("shared/custom/1/data.json", b'"x"')
    await shelves.put("shared/custom/1/data.json.d/more", b"1")
    folder = await shelves.version("folder", dialect="zenml", uri=uri_at(place, "shared/custom/1") + "/")
    lone = await shelves.version("lone", dialect="zenml", uri=uri_at(place, file))
    empty = await shelves.version("empty", dialect="zenml", uri=uri_at(place, "shared/custom/2"))

    assert await shelves.contents(folder) == {"data.json": b'"x"', "data.json.d/more": b"1"}
    assert await shelves.contents(lone) == {"data.json": b'"x"'}
    assert await shelves.contents(empty) == {}
    await shelves.refused(lone, "data.json/data.json")
    await shelves.refused(empty, "2")


async def test_a_directory_may_hold_a_file_of_its_own_name(shelves: Shelves) -> None:
    await shelves.put("shared/same/same", b"1")
    version = await shelves.version(dialect="zenml", uri=uri_at(shelves.files.shared, "shared/same"))
    assert await shelves.contents(version) == {"same": b"1"}


async def test_what_lies_elsewhere_has_no_files_here(shelves: Shelves) -> None:
    await shelves.put("owned/secret/files/a", b"1")
    place = shelves.files.shared
    for uri in (
        "s3://elsewhere/a",
        "/etc",
        place.root,
        f"{place.root}../owned/secret",
        owned_uri(place, "owned/secret"),
        None,
    ):
        version = await shelves.version(dialect="zenml", uri=uri)
        assert await shelves.contents(version) == {}
        await shelves.refused(version, "a")


async def test_no_path_leads_out_of_a_version(shelves: Shelves) -> None:
    await shelves.put("shared/custom/1/a", b"1")
    await shelves.put("shared/custom/secret", b"1")
    version = await shelves.version(dialect="zenml", uri=uri_at(shelves.files.shared, "shared/custom/1"))
    for path in (*HOSTILE, "../secret", ""):
        await shelves.refused(version, path)


async def test_names_that_some_clients_would_be_led_astray_by_are_left_out(shelves: Shelves) -> None:
    await shelves.put("shared/odd/..\\..\\a", b"1")
    await shelves.put("shared/odd/fine", b"2")
    version = await shelves.version(dialect="zenml", uri=uri_at(shelves.files.shared, "shared/odd"))
    assert await shelves.contents(version) == {"fine": b"2"}
    await shelves.refused(version, "..\\..\\a")


async def test_a_part_of_a_file_is_read_alone(shelves: Shelves) -> None:
    text = await shelves.version(form="markdown", data='"0123456789"')
    await shelves.put("shared/part", b"0123456789")
    file = await shelves.version("part", dialect="zenml", uri=uri_at(shelves.files.shared, "shared/part"))
    for version, path in ((text, "daily.md"), (file, "part")):
        opened = await open_file(shelves.registry, ANYBODY, version.id, path, 2, 5)
        assert opened.file.size == 10
        assert b"".join([chunk async for chunk in opened.chunks]) == b"234"


async def test_what_is_internal_or_absent_is_not_found(shelves: Shelves) -> None:
    internal = await shelves.version(internal=True, data="1")
    for version_id in (internal.id, shelves.registry.new_id()):
        with pytest.raises(NotFound):
            await list_files(shelves.registry, ANYBODY, version_id)
