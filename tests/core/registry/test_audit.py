"""The record of every write, on both engines."""

from typing import Any

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import AuditEntry, MetricPoint, Project, RunLink, Tag, TagLink
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, audit, projects, tags, versions
from isogloss.core.registry.audit import MOST_SUBJECTS, shown_entry
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.versions import VersionDraft
from tests.core.registry.test_scopes import run_in
from tests.support.registries import Clock

ANA = Principal(user_id="00000000-0000-7000-8000-00000000000a", name="ana", role=Role.EDITOR)


async def entries(registry: Registry, caller: Principal = ANYBODY, **asked: Any) -> list[AuditEntry]:
    async def work(unit: Reader) -> list[AuditEntry]:
        return await audit.list_entries(unit, caller, **({"limit": 100} | asked))

    return await registry.store.read(work)


def subjects(entry: AuditEntry) -> list[tuple[str, str, str]]:
    return [(each.deed, each.entity, each.id) for each in shown_entry(entry).subjects]


async def test_a_write_is_recorded_with_who_did_it_how_and_to_what(registry: Registry) -> None:
    acting = registry_for(registry, ANA, "prefect", "create_artifact")
    draft = VersionDraft(dialect="prefect", metadata='{"a":1}')
    made = await versions.create_version(acting, ANA, registry.default_project, draft, slug="x")
    [entry] = await entries(registry)
    assert (entry.user_id, entry.user_name, entry.dialect) == (ANA.user_id, "ana", "prefect")
    assert (entry.action, entry.project_id) == ("create_artifact", registry.default_project.id)
    assert subjects(entry) == [("added", "artifact", made.artifact_id), ("added", "version", made.id)]
    assert (entry.at, entry.touched) == (registry.clock(), 2)


async def test_what_was_changed_and_removed_is_told(registry: Registry) -> None:
    project = registry.default_project
    draft = VersionDraft(dialect="prefect")
    made = await versions.create_version(registry, ANYBODY, project, draft, slug="x")
    await versions.change_version(
        registry_for(registry, ANA, "d", "change"), ANA, project, made.id, metadata=lambda version: '{"a":1}'
    )
    await versions.delete_version(registry_for(registry, ANA, "d", "delete"), ANA, project, made.id)
    deleted, changed = await entries(registry)
    assert ("changed", "version", made.id) in subjects(changed)
    assert ("removed", "version", made.id) in subjects(deleted)
    assert {deleted.project_id, changed.project_id} == {project.id}


async def test_what_only_reads_or_is_refused_leaves_no_entry(registry: Registry) -> None:
    acting = registry_for(registry, ANA, "d", "make")

    async def nothing(unit: Writer) -> None:
        await unit.find(Project)

    async def twice(unit: Writer) -> None:
        for _ in range(2):
            await tags.create_tag(acting, unit, ANA, "gold", "yellow")

    await acting.store.write(nothing)
    with pytest.raises(Conflict):
        await acting.store.write(twice)
    assert await entries(registry) == []


async def test_of_many_things_some_are_named_and_all_are_counted(registry: Registry) -> None:
    acting = registry_for(registry, ANA, "d", "make")

    async def work(unit: Writer) -> None:
        for number in range(50):
            await tags.create_tag(acting, unit, ANA, f"tag {number}", "grey")

    await acting.store.write(work)
    [entry] = await entries(registry)
    assert (len(subjects(entry)), entry.touched, entry.project_id) == (MOST_SUBJECTS, 50, None)


async def test_points_of_a_run_are_one_change_of_it(registry: Registry) -> None:
    run = run_in(registry, registry.default_project)

    async def work(unit: Writer) -> None:
        await unit.lock(Tag, id=run.id)
        await unit.add(run)
        points = [MetricPoint(run_id=run.id, key="k", step=step, at=1, value=1.0, nan=False) for step in range(100)]
        await unit.add_absent(*points)

    await registry_for(registry, ANA, "d", "log").store.write(work)
    [entry] = await entries(registry)
    assert (subjects(entry), entry.touched) == ([("added", "run", run.id)], 1)


async def test_whatever_names_the_rows_that_go_there_is_an_entry(registry: Registry) -> None:
    """Links go by either of their ends, rows by their project, a tag's by the tag."""
    version = await versions.create_version(
        registry, ANYBODY, registry.default_project, VersionDraft(dialect="prefect"), slug="x"
    )

    async def link(unit: Writer) -> None:
        tag = await tags.create_tag(registry, unit, ANYBODY, "gold", "yellow")
        await tags.attach(registry, unit, ANYBODY, tag, version)
        await unit.add(RunLink(version_id=version.id, run_id="r", direction="consumed", slot=""))

    async def by_run(unit: Writer) -> None:
        await unit.remove(RunLink, run_id="r")

    async def by_project(unit: Writer) -> None:
        await unit.remove(TagLink, project_id=registry.default_project.id)

    async def by_tag(unit: Writer) -> None:
        await unit.remove(TagLink, tag_id=(await tags.find_tag(unit, "gold")).id)

    found = []
    for work in (by_run, by_project, by_tag):
        await registry.store.write(link)
        await registry_for(registry, ANA, "d", "remove").store.write(work)
        found.append((await entries(registry))[0])

        async def clear(unit: Writer) -> None:
            await unit.remove(RunLink, run_id="r")
            await unit.remove(TagLink, entity="version")
            await unit.remove(Tag, name="gold")

        await registry.store.write(clear)
    assert [subjects(entry)[0][:2] for entry in found] == [
        ("removed", "run_link"),
        ("removed", "tag_link"),
        ("removed", "tag_link"),
    ]


async def test_entries_are_found_by_user_project_and_time(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    bob = Principal(user_id="00000000-0000-7000-8000-00000000000b", name="bob", role=Role.ADMIN)

    async def make(caller: Principal, name: str) -> Project:
        acting = registry_for(registry, caller, "zenml", "create_project")
        clock.advance()

        async def work(unit: Writer) -> Project:
            return await projects.create_project(acting, unit, caller, name)

        return await acting.store.write(work)

    one, other = await make(ANA, "one"), await make(bob, "other")
    assert [entry.project_id for entry in await entries(registry)] == [other.id, one.id]
    assert [entry.project_id for entry in await entries(registry, limit=1)] == [other.id]
    assert [entry.user_name for entry in await entries(registry, user="ana")] == ["ana"]
    assert [entry.user_name for entry in await entries(registry, user=bob.user_id)] == ["bob"]
    assert [entry.user_name for entry in await entries(registry, project="one")] == ["ana"]
    assert [entry.user_name for entry in await entries(registry, since=clock())] == ["bob"]
    with pytest.raises(NotFound):
        await entries(registry, project="absent")
    with pytest.raises(Denied):
        await entries(registry, ANA)
