"""Events: kept once, listed and counted for who may see them, and let go of when they are old; on both engines."""

from typing import Any

import pytest
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied
from isogloss.core.model import Event, EventResource, Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Has, Query, Sort, Where, all_of
from isogloss.core.registry import Registry, projects
from isogloss.core.registry.audit import list_entries
from isogloss.core.registry.callers import registry_for
from isogloss.core.registry.context import EVENT_RETENTION
from isogloss.core.registry.events import (
    TRIMMED_AT_ONCE,
    EventReport,
    keep_events,
    list_and_count_events,
    list_events,
    trim_events,
)
from tests.support.registries import START, Clock

EVERY: Where = AnyOf("dialect", ("test",))
VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)


def report(
    project: Project, event_id: str, *, occurred: int = START, about: str = "lamp", name: str = "lit"
) -> EventReport:
    """An event of a resource, to which a room is related."""
    event = Event(
        id=event_id,
        project_id=project.id,
        dialect="test",
        name=name,
        occurred=occurred,
        received=START,
        resource_id=about,
        body="{}",
    )
    resources = [
        EventResource(event_id=event_id, place=place, resource_id=each, role=role, occurred=occurred, labels="")
        for place, (each, role) in enumerate([(about, ""), ("room", "place")])
    ]
    return EventReport(event, tuple(resources))


def asking(project: Project | None, where: Where = EVERY, **page: Any) -> Query:
    project_id = None if project is None else project.id
    return Query(source="event", fields=(), project_id=project_id, where=where, sort=Sort("occurred"), **page)


async def ids(registry: Registry, query: Query, caller: Principal = ANYBODY) -> list[str]:
    return [event.id for event in await list_events(registry, caller, query)]


async def resources_of(registry: Registry, event_id: str) -> list[EventResource]:
    async def work(unit: Reader) -> list[EventResource]:
        return await unit.find(EventResource, event_id=event_id)

    return await registry.store.read(work)


async def project_named(registry: Registry, name: str) -> Project:
    async def work(unit: Writer) -> Project:
        return await projects.create_project(registry, unit, ANYBODY, name)

    return await registry.store.write(work)


async def test_events_are_listed_by_time_page_by_page_and_counted(registry: Registry) -> None:
    here = registry.default_project
    told = [report(here, f"e{number}", occurred=START - number) for number in range(5)]
    await keep_events(registry, ANYBODY, told)
    page, total = await list_and_count_events(registry, VIEWER, asking(here, limit=2, offset=1))

    assert page == [told[3].event, told[2].event]
    assert total == 5


async def test_an_event_that_comes_again_is_left_as_it_was_and_gets_no_more_resources(registry: Registry) -> None:
    here = registry.default_project
    first = report(here, "e")
    again = replace(
        first,
        event=replace(first.event, name="other"),
        resources=(*first.resources, replace(first.resources[1], place=2)),
    )
    await keep_events(registry, ANYBODY, [first, again])
    await keep_events(registry, ANYBODY, [again, report(here, "f")])

    assert await list_events(registry, ANYBODY, asking(here, AnyOf("id", ("e",)))) == [first.event]
    assert len(await resources_of(registry, "e")) == 2
    assert await ids(registry, asking(here)) == ["e", "f"]


async def test_events_are_found_by_the_resources_that_they_are_about(registry: Registry) -> None:
    here = registry.default_project
    await keep_events(registry, ANYBODY, [report(here, "e"), report(here, "f", about="door")])

    def about(resource: str, *places: int) -> Where:
        return Has("resource", all_of(AnyOf("resource_id", (resource,)), AnyOf("place", places)))

    assert await ids(registry, asking(here, about("lamp", 0))) == ["e"]
    assert await ids(registry, asking(here, about("room", 0, 1))) == ["e", "f"]
    assert await ids(registry, asking(here, about("room", 0))) == []


async def test_of_one_resource_the_earlier_and_the_later_events_are_told_apart(registry: Registry) -> None:
    here, there = registry.default_project, await project_named(registry, "there")
    told = [
        report(here, "a", occurred=START - 2),
        report(here, "b", occurred=START - 1),
        report(here, "c", occurred=START - 1),
        report(here, "d", about="door", occurred=START - 3),
        report(there, "e", occurred=START),
    ]
    await keep_events(registry, ANYBODY, told)

    assert await ids(registry, asking(here, Has("later", EVERY))) == ["a", "b"]
    assert await ids(registry, asking(here, Has("earlier", EVERY))) == ["b", "c"]
    assert await ids(registry, asking(here, Has("later", AnyOf("id", ("c",))))) == ["a", "b"]


async def test_a_viewer_keeps_nothing(registry: Registry) -> None:
    with pytest.raises(Denied, match="needs the role editor"):
        await keep_events(registry, VIEWER, [report(registry.default_project, "e")])
    assert await ids(registry, asking(None)) == []


async def test_who_knows_one_project_sees_and_counts_its_events_only(registry: Registry) -> None:
    here, there = registry.default_project, await project_named(registry, "there")
    await keep_events(registry, ANYBODY, [report(here, "e"), report(there, "f")])
    mia = Principal(user_id="mia", name="mia", role=Role.MEMBER, grants={there.id: Role.EDITOR})
    seen = registry_for(registry, mia, "test", "try")

    assert await ids(seen, asking(None), mia) == ["f"]
    assert (await list_and_count_events(seen, mia, asking(here)))[1] == 0
    assert await ids(seen, asking(None, Has("later", EVERY)), mia) == []
    await keep_events(seen, mia, [report(there, "g")])
    with pytest.raises(Denied):
        await keep_events(seen, mia, [report(here, "h")])
    assert sorted(await ids(registry, asking(None))) == ["e", "f", "g"]


async def test_nobody_adds_resources_to_an_event_of_a_project_that_they_do_not_know(registry: Registry) -> None:
    here, there = registry.default_project, await project_named(registry, "there")
    first = report(here, "e")
    await keep_events(registry, ANYBODY, [replace(first, resources=first.resources[:1])])
    mia = Principal(user_id="mia", name="mia", role=Role.MEMBER, grants={there.id: Role.EDITOR})
    await keep_events(registry_for(registry, mia, "test", "try"), mia, [report(there, "e")])

    assert await list_events(registry, ANYBODY, asking(None)) == [first.event]
    assert len(await resources_of(registry, "e")) == 1


async def test_events_are_in_the_audit_as_changes_of_their_resource(registry: Registry) -> None:
    ana = Principal(user_id="ana", name="ana", role=Role.ADMIN)
    acting = registry_for(registry, ana, "test", "keep")
    told = [report(registry.default_project, each) for each in "ef"]
    await keep_events(acting, ana, told)
    await keep_events(acting, ana, told)

    async def entries(unit: Reader) -> list[tuple[str, str | None, int]]:
        found = await list_entries(unit, ana, limit=5)
        return [(entry.subjects, entry.project_id, entry.touched) for entry in found]

    expected = [('[["changed","resource","lamp"]]', registry.default_project.id, 1)]
    assert await registry.store.read(entries) == expected


async def test_events_go_with_their_project(registry: Registry) -> None:
    there = await project_named(registry, "there")
    await keep_events(registry, ANYBODY, [report(there, "e"), report(registry.default_project, "f")])
    await registry.store.write(lambda unit: projects.delete_project(registry, unit, ANYBODY, there))

    assert await ids(registry, asking(None)) == ["f"]
    assert await resources_of(registry, "e") == []


async def test_old_events_go_with_their_resources_and_young_ones_stay(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    here, there = registry.default_project, await project_named(registry, "there")
    await keep_events(registry, ANYBODY, [report(here, "e"), report(there, "f", occurred=START + 1)])
    clock.advance(EVENT_RETENTION)
    trimmed = await trim_events(registry)

    assert trimmed == 1
    assert await ids(registry, asking(None)) == ["f"]
    assert await resources_of(registry, "e") == []
    assert len(await resources_of(registry, "f")) == 2


async def test_what_is_old_already_is_not_kept(registry: Registry) -> None:
    here = registry.default_project
    told = [
        report(here, "e", occurred=START - EVENT_RETENTION),
        report(here, "f", occurred=START - EVENT_RETENTION + 1),
    ]
    await keep_events(registry, ANYBODY, told)

    assert await ids(registry, asking(here)) == ["f"]


async def test_with_a_retention_of_nothing_nothing_is_kept(registry: Registry) -> None:
    here = registry.default_project
    forgetful = replace(registry, event_retention=0)
    await keep_events(forgetful, ANYBODY, [report(here, "e"), report(here, "f", occurred=START + 1_000_000)])

    assert await ids(registry, asking(here)) == []


async def test_many_old_events_go_a_few_at_a_time(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    many = TRIMMED_AT_ONCE + 1
    await keep_events(registry, ANYBODY, [report(registry.default_project, f"e{number}") for number in range(many)])
    clock.advance(EVENT_RETENTION)

    assert await trim_events(registry) == many
    assert await ids(registry, asking(None)) == []
