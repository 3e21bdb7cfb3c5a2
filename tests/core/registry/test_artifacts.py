"""Artifacts: found or made by name, slug or id; renamed, deleted, counted; on both engines."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound
from isogloss.core.model import Artifact, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, artifacts, tags, tallies, versions
from isogloss.core.registry.artifacts import ById, ByName, BySlug, Target
from isogloss.core.registry.versions import VersionDraft

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)


async def write(registry: Registry, work: Callable[[Writer], Awaitable[Any]]) -> Any:
    return await registry.store.write(work)


async def make(registry: Registry, target: Target, **fields: Any) -> Version:
    draft = VersionDraft(dialect="test", **fields)

    async def work(unit: Writer) -> Version:
        return await versions.write_version(registry, unit, ANYBODY, registry.default_project, draft, target)

    made: Version = await write(registry, work)
    return made


async def artifact(registry: Registry, artifact_id: str) -> Artifact | None:
    async def work(unit: Reader) -> Artifact | None:
        return await unit.get(Artifact, id=artifact_id)

    return await registry.store.read(work)


async def totals(registry: Registry) -> tuple[int, int]:
    """How many versions and artifacts every dialect sees."""

    async def work(unit: Reader) -> tuple[int, int]:
        project = registry.default_project.id
        shown = partial(tallies.shown, unit, project_id=project)
        return await shown("version"), await shown("artifact")

    return await registry.store.read(work)


async def test_a_name_its_slug_and_its_id_mean_the_same_artifact(registry: Registry) -> None:
    named = await make(registry, ByName("Daily Report"))
    kept = await artifact(registry, named.artifact_id)
    assert kept is not None
    assert kept.slug is not None
    again = [await make(registry, target) for target in (BySlug(kept.slug), ById(kept.id), ByName("Daily Report"))]

    assert {version.artifact_id for version in again} == {kept.id}
    assert [version.label for version in again] == ["2", "3", "4"]
    assert await totals(registry) == (4, 1)


async def test_a_name_that_somebody_chose_stays_chosen(registry: Registry) -> None:
    first = await make(registry, ByName("step::output", custom_name=False))
    flags = []
    for custom in (False, True, False):
        await make(registry, ByName("step::output", custom_name=custom))
        kept = await artifact(registry, first.artifact_id)
        assert kept is not None
        flags.append(kept.custom_name)

    assert flags == [False, True, True]


async def test_an_artifact_that_only_held_results_is_shown_to_others_with_its_first_other_version(
    registry: Registry,
) -> None:
    hidden = await make(registry, BySlug("result"), internal=True)
    before = await artifact(registry, hidden.artifact_id), await totals(registry)
    await make(registry, BySlug("result"))
    after = await artifact(registry, hidden.artifact_id), await totals(registry)

    assert before[0] is not None
    assert (before[0].internal, before[0].versions, before[1]) == (True, 0, (0, 0))
    assert after[0] is not None
    assert (after[0].internal, after[0].versions, after[1]) == (False, 1, (1, 1))


async def test_a_renamed_artifact_keeps_versions_and_kind_and_moves_every_form(registry: Registry) -> None:
    first = await make(registry, ByName("old", kind="model"))

    async def rename(unit: Writer) -> Artifact:
        return await artifacts.change_artifact(registry, unit, ANYBODY, first.artifact_id, name="New Name")

    renamed = await write(registry, rename)
    again = await make(registry, ByName("New Name", kind="model"))
    fresh = await make(registry, ByName("old", kind="model"))

    assert (renamed.name, renamed.kind, renamed.word) == ("New Name", "model", "x--New-20-Name")
    assert again.artifact_id == first.artifact_id
    assert fresh.artifact_id != first.artifact_id


async def test_a_taken_name_is_refused_and_nothing_changes(registry: Registry) -> None:
    first, second = await make(registry, ByName("one")), await make(registry, ByName("two"))

    async def rename(unit: Writer) -> None:
        await artifacts.change_artifact(registry, unit, ANYBODY, second.artifact_id, name="one")

    async def create(unit: Writer) -> None:
        await artifacts.create_artifact(registry, unit, ANYBODY, registry.default_project, ByName("one"), "test")

    with pytest.raises(Conflict):
        await write(registry, rename)
    with pytest.raises(Conflict):
        await write(registry, create)
    kept = await artifact(registry, second.artifact_id)
    assert kept is not None
    assert kept.name == "two"
    assert first.artifact_id != second.artifact_id


async def test_a_deleted_artifact_takes_versions_tags_and_totals_along(registry: Registry) -> None:
    gone = [await make(registry, ByName("gone"), internal=internal) for internal in (False, True, False)]
    stays = await make(registry, ByName("stays"))

    async def tag(unit: Writer) -> str:
        (gold,) = await tags.ensure_tags(registry, unit, ANYBODY, ["gold"], lambda: "yellow")
        for version in (gone[0], stays):
            await tags.attach(registry, unit, ANYBODY, gold, version)
        return gold.id

    gold_id = await write(registry, tag)

    async def delete(unit: Writer) -> None:
        await artifacts.delete_artifact(registry, unit, ANYBODY, gone[0].artifact_id)

    await write(registry, delete)

    async def left(unit: Reader) -> tuple[int, list[str]]:
        tagged = await tallies.tagged(unit, "version", gold_id, project_id=registry.default_project.id)
        return tagged, [version.id for version in await unit.find(Version)]

    assert await registry.store.read(left) == (1, [stays.id])
    assert await totals(registry) == (1, 1)


async def test_unknown_ids_bad_names_and_viewers_are_refused(registry: Registry) -> None:
    version = await make(registry, ByName("a"))

    async def delete(unit: Writer) -> None:
        await artifacts.delete_artifact(registry, unit, VIEWER, version.artifact_id)

    with pytest.raises(NotFound):
        await make(registry, ById("no such id"))
    with pytest.raises(Invalid):
        await make(registry, ByName("a\0"))
    with pytest.raises(Invalid):
        await make(registry, ByName("a", kind="Not a kind"))
    with pytest.raises(Conflict):
        await make(registry, ByName("a"), label="1")
    with pytest.raises(Denied):
        await write(registry, delete)
