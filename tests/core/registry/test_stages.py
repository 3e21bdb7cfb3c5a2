"""Stages, and the bytes that go: nobody sees a version before it is applied, and nothing is left of one that goes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import Artifact, Discard, Project, Stage, Version
from isogloss.core.places import owned_key, owned_prefix, owned_uri
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, artifacts, discards, projects, stages, versions
from isogloss.core.registry.artifacts import ByName, ByWord
from isogloss.core.registry.versions import VersionDraft
from tests.support.registries import Clock
from tests.support.stages import make_stage

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
HOUR = 3_600_000_000


async def write(registry: Registry, work: Callable[[Writer], Awaitable[Any]]) -> Any:
    return await registry.store.write(work)


async def apply(registry: Registry, stage: Stage, **given: Any) -> Version:
    """Make a stage's version, as a dialect does."""

    async def work(unit: Writer) -> Version:
        taken = await stages.take_stage(registry, unit, stage.root)
        assert taken == stage
        assert registry.files is not None
        draft = VersionDraft(
            dialect="test",
            id=taken.id,
            owned=True,
            uri=owned_uri(registry.files.shared, owned_prefix(taken.project_id, taken.id)),
            **given,
        )
        project = registry.default_project
        return await versions.write_version(registry, unit, ANYBODY, project, draft, ByName("numbers"))

    made: Version = await write(registry, work)
    return made


async def find(registry: Registry, entity: type[Any], **key: Any) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(entity, **key)

    return await registry.store.read(work)


async def put(registry: Registry, owner_id: str, path: str = "data.bin") -> str:
    """A file of a version or stage; answers its key."""
    assert registry.files is not None
    key = owned_key(registry.default_project.id, owner_id, path)
    await registry.files.objects.write(key, b"bytes")
    return key


async def is_there(registry: Registry, key: str) -> bool:
    assert registry.files is not None
    try:
        await registry.files.objects.head(key)
    except NotFound:
        return False
    return True


async def test_a_stage_makes_its_artifact_but_no_version(registry: Registry) -> None:
    stage = await make_stage(registry)

    [artifact] = await find(registry, Artifact)
    assert (artifact.id, artifact.name, artifact.ordinals) == (stage.artifact_id, "numbers", 0)
    assert await find(registry, Version) == []


async def test_versions_are_numbered_when_they_are_applied_and_have_the_ids_of_their_stages(registry: Registry) -> None:
    first, second = await make_stage(registry), await make_stage(registry)
    assert first.artifact_id == second.artifact_id
    assert first.root != second.root

    later = await apply(registry, second)
    last = await apply(registry, first)

    assert [(later.id, later.ordinal), (last.id, last.ordinal)] == [(second.id, 1), (first.id, 2)]
    assert await find(registry, Stage) == []


async def test_a_stage_is_taken_once(registry: Registry) -> None:
    stage = await make_stage(registry)
    await apply(registry, stage)

    assert await write(registry, lambda unit: stages.take_stage(registry, unit, stage.root)) is None


async def test_a_failed_stage_goes_with_its_bytes_and_with_an_artifact_that_never_had_a_version(
    registry: Registry,
) -> None:
    stage = await make_stage(registry)
    key = await put(registry, stage.id)

    await write(registry, lambda unit: stages.fail_stage(registry, unit, ANYBODY, stage.id))
    await discards.sweep_discards(registry)

    assert await find(registry, Artifact) == []
    assert not await is_there(registry, key)
    with pytest.raises(NotFound):
        await write(registry, lambda unit: stages.fail_stage(registry, unit, ANYBODY, stage.id))


async def test_an_artifact_stays_while_it_has_another_stage_or_ever_had_a_version(registry: Registry) -> None:
    one, other = await make_stage(registry), await make_stage(registry)
    await write(registry, lambda unit: stages.fail_stage(registry, unit, ANYBODY, one.id))
    assert len(await find(registry, Artifact)) == 1
    await apply(registry, other)
    third = await make_stage(registry)
    await write(registry, lambda unit: stages.fail_stage(registry, unit, ANYBODY, third.id))

    assert len(await find(registry, Artifact)) == 1


async def test_a_stage_that_waits_too_long_is_swept_and_cannot_be_applied(registry: Registry) -> None:
    assert isinstance(registry.clock, Clock)
    stage = await make_stage(registry)
    key = await put(registry, stage.id)
    registry.clock.advance(stages.LIFETIME - 1)
    assert await stages.sweep_stages(registry) == 0
    registry.clock.advance(1)

    assert await write(registry, lambda unit: stages.take_stage(registry, unit, stage.root)) is None
    with pytest.raises(NotFound):
        await write(registry, lambda unit: stages.get_stage(registry, unit, ANYBODY, stage.id))
    assert await stages.sweep_stages(registry) == 1
    await discards.sweep_discards(registry)
    assert not await is_there(registry, key)
    assert await find(registry, Artifact) == []


async def test_a_viewer_stages_nothing(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        project = registry.default_project
        await stages.stage_version(registry, unit, VIEWER, project, ByName("n"), dialect="test", root=str)

    with pytest.raises(Denied):
        await write(registry, work)


async def delete_the_version(registry: Registry, version: Version) -> None:
    await versions.delete_version(registry, ANYBODY, registry.default_project, version.id)


async def delete_its_artifact(registry: Registry, version: Version) -> None:
    await write(registry, lambda unit: artifacts.delete_artifact(registry, unit, ANYBODY, version.artifact_id))


@pytest.mark.parametrize("delete", [delete_the_version, delete_its_artifact])
async def test_bytes_go_with_their_version(
    registry: Registry, delete: Callable[[Registry, Version], Awaitable[None]]
) -> None:
    kept = await apply(registry, await make_stage(registry))
    kept_key = await put(registry, kept.id) if delete is delete_the_version else None
    version = await apply(registry, await make_stage(registry))
    key = await put(registry, version.id)

    await delete(registry, version)
    assert await is_there(registry, key)
    await discards.sweep_discards(registry)

    assert not await is_there(registry, key)
    assert kept_key is None or await is_there(registry, kept_key)


async def test_what_is_written_by_an_address_that_was_still_good_goes_when_it_no_longer_is(registry: Registry) -> None:
    assert isinstance(registry.clock, Clock)
    version = await apply(registry, await make_stage(registry))
    await delete_the_version(registry, version)
    await discards.sweep_discards(registry)
    late = await put(registry, version.id)
    assert await discards.sweep_discards(registry) == 0
    assert await is_there(registry, late)

    registry.clock.advance(HOUR)
    assert await discards.sweep_discards(registry) == 1
    assert not await is_there(registry, late)
    assert await find(registry, Discard) == []


async def test_bytes_go_that_came_to_a_stage_whose_version_lies_elsewhere(registry: Registry) -> None:
    stage = await make_stage(registry)
    key = await put(registry, stage.id)

    async def take(unit: Writer) -> Stage | None:
        return await stages.take_stage_for_bytes_elsewhere(registry, unit, stage.root)

    assert await write(registry, take) == stage
    assert await write(registry, take) is None
    await discards.sweep_discards(registry)
    assert not await is_there(registry, key)


async def test_stages_and_bytes_go_with_their_artifact_and_with_their_project(registry: Registry) -> None:
    stage = await make_stage(registry)
    key = await put(registry, stage.id)
    await write(registry, lambda unit: artifacts.delete_artifact(registry, unit, ANYBODY, stage.artifact_id))
    await discards.sweep_discards(registry)
    assert await find(registry, Stage) == []
    assert not await is_there(registry, key)

    async def make(unit: Writer) -> Project:
        project = await projects.create_project(registry, unit, ANYBODY, "lab")
        await stages.stage_version(
            registry, unit, ANYBODY, project, ByName("n"), dialect="test", root=lambda prefix: prefix
        )
        return project

    project = await write(registry, make)
    assert registry.files is not None
    key = owned_key(project.id, "anything", "f")
    await registry.files.objects.write(key, b"bytes")
    await write(registry, lambda unit: projects.delete_project(registry, unit, ANYBODY, project))
    await discards.sweep_discards(registry)
    assert await find(registry, Stage) == []
    assert not await is_there(registry, key)


async def test_bytes_that_the_registry_gave_no_place_to_stay(registry: Registry) -> None:
    draft = VersionDraft(dialect="test", uri="s3://elsewhere/data")

    async def make(unit: Writer) -> Version:
        return await versions.write_version(registry, unit, ANYBODY, registry.default_project, draft, ByName("n"))

    await delete_the_version(registry, await write(registry, make))

    assert await find(registry, Discard) == []


async def test_an_alias_is_one_versions_until_it_is_taken_off(registry: Registry) -> None:
    first = await apply(registry, await make_stage(registry), alias="v1.0")
    taken = await make_stage(registry)
    with pytest.raises(Conflict, match="version 1"):
        await apply(registry, taken, alias="v1.0")
    second = await apply(registry, taken, alias="v2.0")

    async def move(unit: Writer) -> None:
        await versions.rewrite_version(registry, unit, *await versions.lock_version(unit, first.id), alias=None)
        await versions.rewrite_version(registry, unit, *await versions.lock_version(unit, second.id), alias="v1.0")

    async def clash(unit: Writer) -> None:
        await versions.rewrite_version(registry, unit, *await versions.lock_version(unit, first.id), alias="v1.0")

    await write(registry, move)
    with pytest.raises(Conflict, match="version 2"):
        await write(registry, clash)
    assert {each.ordinal: each.alias for each in await find(registry, Version)} == {1: None, 2: "v1.0"}
    await delete_the_version(registry, second)
    await write(registry, clash)


async def test_a_word_names_what_is_there_or_what_it_stands_for(registry: Registry) -> None:
    async def make(unit: Writer, word: str) -> Version:
        draft = VersionDraft(dialect="test")
        return await versions.write_version(registry, unit, ANYBODY, registry.default_project, draft, ByWord(word))

    plain = await write(registry, lambda unit: make(unit, "Daily_report"))
    encoded = await write(registry, lambda unit: make(unit, "x--daily-20-report"))
    again = await write(registry, lambda unit: make(unit, "x--daily-20-report"))

    names = {each.id: (each.name, each.word) for each in await find(registry, Artifact)}
    assert names[plain.artifact_id] == ("Daily_report", "Daily_report")
    assert names[encoded.artifact_id] == ("daily report", "x--daily-20-report")
    assert again.artifact_id == encoded.artifact_id
