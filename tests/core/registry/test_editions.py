"""Editions: numbers, names, states that are held, the newest one; on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import Property, Record, RecordLink, TagLink
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort
from isogloss.core.registry import Registry, editions, records, tags
from isogloss.core.registry.editions import EditionDraft, StateHeld
from isogloss.core.registry.records import RecordDraft
from tests.support.registries import Clock, registry_over

T = TypeVar("T")

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
DIALECT, SERIES, EDITION = "toy", "book", "edition"


async def series_of(registry: Registry, name: str = "atlas") -> Record:
    draft = RecordDraft(dialect=DIALECT, kind=SERIES, body="{}", key=name, name=name)

    async def work(unit: Writer) -> Record:
        return await records.create_record(registry, unit, ANYBODY, draft)

    return await registry.store.write(work)


async def make(
    registry: Registry,
    series: Record,
    name: str | None = None,
    state: str | None = None,
    properties: tuple[tuple[str, str], ...] = (),
    caller: Principal = ANYBODY,
) -> Record:
    draft = EditionDraft(kind=EDITION, body="{}", name=name, state=state, properties=properties)

    async def work(unit: Writer) -> Record:
        locked = await records.lock_record(unit, caller, DIALECT, SERIES, series.id)
        return await editions.create_edition(registry, unit, caller, locked, draft)

    return await registry.store.write(work)


async def changed(registry: Registry, edition: Record, change: Callable[[Writer, Record], Awaitable[T]]) -> T:
    async def work(unit: Writer) -> T:
        return await change(unit, await editions.lock_edition(unit, ANYBODY, DIALECT, EDITION, edition.id))

    return await registry.store.write(work)


async def put(registry: Registry, edition: Record, state: str, yielded: str | None = None) -> Record:
    async def change(unit: Writer, found: Record) -> Record:
        return await editions.change_edition(registry, unit, found, state=state, yielded=yielded)

    return await changed(registry, edition, change)


async def rename(registry: Registry, edition: Record, name: str) -> Record:
    async def change(unit: Writer, found: Record) -> Record:
        return await editions.change_edition(registry, unit, found, name=name)

    return await changed(registry, edition, change)


async def remove(registry: Registry, edition: Record) -> None:
    async def change(unit: Writer, found: Record) -> None:
        await editions.remove_edition(registry, unit, ANYBODY, found)

    await changed(registry, edition, change)


async def reading(registry: Registry, work: Callable[[Reader], Awaitable[T]]) -> T:
    return await registry.store.read(work)


async def newest(registry: Registry, series: Record) -> str | None:
    found = await reading(registry, lambda unit: editions.newest_editions(unit, [series.id]))
    return found[series.id].name if found else None


async def states(registry: Registry, series: Record) -> dict[str | None, str | None]:
    found = await reading(registry, lambda unit: unit.find(Record, parent_id=series.id))
    return {record.name: record.state for record in found}


async def test_numbers_count_up_through_names_and_each_series_counts_by_itself(registry: Registry) -> None:
    atlas, bible = await series_of(registry), await series_of(registry, "bible")
    made = [await make(registry, atlas), await make(registry, atlas, "gold"), await make(registry, atlas)]
    other = await make(registry, bible, "gold")

    assert [(edition.number, edition.name) for edition in made] == [(1, "1"), (2, "gold"), (3, "3")]
    assert (other.number, other.parent_id) == (1, bible.id)


async def test_the_number_of_the_newest_is_free_again_and_no_other(registry: Registry) -> None:
    atlas = await series_of(registry)
    first, second, third = [await make(registry, atlas) for _ in range(3)]
    await remove(registry, second)
    following = await make(registry, atlas)
    await remove(registry, following)
    await remove(registry, third)
    last = await make(registry, atlas)

    assert (first.number, following.number, last.number) == (1, 4, 2)


async def test_the_newest_is_the_one_with_the_highest_number_that_is_left(registry: Registry) -> None:
    atlas = await series_of(registry)
    seen = [await newest(registry, atlas)]
    first, second = await make(registry, atlas), await make(registry, atlas, "gold")
    seen.append(await newest(registry, atlas))
    await remove(registry, second)
    seen.append(await newest(registry, atlas))
    await remove(registry, first)
    seen.append(await newest(registry, atlas))

    assert seen == [None, "gold", "1", None]


async def test_a_name_is_taken_once_in_a_series_by_making_and_by_renaming(registry: Registry) -> None:
    atlas = await series_of(registry)
    first = await make(registry, atlas, "gold")
    second = await make(registry, atlas)
    with pytest.raises(Conflict):
        await make(registry, atlas, "gold")
    with pytest.raises(Conflict):
        await rename(registry, second, "gold")
    await rename(registry, first, "silver")
    renamed = await rename(registry, second, "gold")

    assert (renamed.name, renamed.number) == ("gold", 2)
    assert set(await states(registry, atlas)) == {"silver", "gold"}


async def test_a_number_that_somebody_has_for_a_name_is_passed_over(registry: Registry) -> None:
    atlas = await series_of(registry)
    first = await make(registry, atlas)
    await rename(registry, first, "2")
    following = await make(registry, atlas)

    assert (following.number, following.name) == (3, "3")


async def test_a_state_that_is_held_is_refused_and_nothing_is_changed(registry: Registry) -> None:
    atlas = await series_of(registry)
    await make(registry, atlas, "gold", "printed")
    second = await make(registry, atlas)
    with pytest.raises(StateHeld) as refused:
        await put(registry, second, "printed")

    assert refused.value.holder.name == "gold"
    assert await states(registry, atlas) == {"gold": "printed", "2": None}


async def test_a_state_that_is_taken_by_force_puts_its_holder_into_another(registry: Registry) -> None:
    atlas, bible = await series_of(registry), await series_of(registry, "bible")
    await make(registry, atlas, "gold", "printed")
    await make(registry, bible, "gold", "printed")
    second = await make(registry, atlas)
    await put(registry, second, "printed", yielded="pulped")
    again = await put(registry, second, "printed")

    assert again.state == "printed"
    assert await states(registry, atlas) == {"gold": "pulped", "2": "printed"}
    assert await states(registry, bible) == {"gold": "printed"}


async def test_editions_are_found_by_number_state_and_property(registry: Registry) -> None:
    atlas = await series_of(registry)
    first = await make(registry, atlas, state="printed", properties=(("press", "north"),))
    second = await make(registry, atlas, "gold", properties=(("press", "south"),))

    async def work(unit: Reader) -> list[Record | None]:
        return [
            await editions.find_by_number(unit, atlas, EDITION, 2),
            await editions.find_by_number(unit, atlas, EDITION, 3),
            await editions.find_by_state(unit, atlas, EDITION, "printed"),
            await editions.find_by_property(unit, atlas, EDITION, "press", "north"),
            await editions.find_by_property(unit, atlas, EDITION, "press", "west"),
        ]

    found = await reading(registry, work)

    assert [None if record is None else record.id for record in found] == [second.id, None, first.id, first.id, None]


async def test_a_series_goes_with_its_editions_and_all_that_hangs_on_them(registry: Registry) -> None:
    atlas, bible = await series_of(registry), await series_of(registry, "bible")
    edition = await make(registry, atlas, properties=(("press", "north"),))
    kept = await make(registry, bible)

    async def adorn(unit: Writer) -> None:
        await records.link_record(registry, unit, ANYBODY, edition, "run", "some-run")
        for tag in await tags.ensure_tags(registry, unit, ANYBODY, ["old"], lambda: "grey"):
            await tags.attach(registry, unit, ANYBODY, tag, edition)

    async def burn(unit: Writer) -> None:
        locked = await records.lock_record(unit, ANYBODY, DIALECT, SERIES, atlas.id)
        await editions.remove_series(registry, unit, ANYBODY, locked)

    async def left(unit: Reader) -> tuple[set[str], int, int, set[str]]:
        found = {record.id for record in await unit.find(Record)}
        properties = {row.entity_id for row in await unit.find(Property)}
        return found, len(await unit.find(RecordLink)), len(await unit.find(TagLink)), properties

    await registry.store.write(adorn)
    await registry.store.write(burn)

    assert await reading(registry, left) == ({bible.id, kept.id}, 0, 0, {bible.id})
    with pytest.raises(NotFound):
        await make(registry, atlas)


async def test_series_are_in_the_order_of_their_newest_edition_or_their_own_time(registry: Registry) -> None:
    clock = Clock()
    moving = await registry_over(registry.store, clock)
    made = []
    for name in ("atlas", "bible", "comedy"):
        clock.advance()
        made.append(await series_of(moving, name))
    clock.advance()
    await make(moving, made[0])

    async def work(unit: Reader) -> list[str]:
        query = Query(
            source="record",
            fields=("name",),
            project_id=None,
            where=Compare("kind", Operator.EQ, SERIES),
            sort=Sort("newest"),
        )
        return [row[0] for row in await unit.rows(query)]

    assert await reading(moving, work) == ["bible", "comedy", "atlas"]


async def test_who_only_views_makes_no_edition(registry: Registry) -> None:
    atlas = await series_of(registry)
    with pytest.raises(Denied):
        await make(registry, atlas, caller=VIEWER)


async def test_editions_made_at_once_get_all_numbers_and_no_gap(registry: Registry) -> None:
    atlas = await series_of(registry)
    made = await asyncio.gather(*(make(registry, atlas) for _ in range(24)))

    assert sorted(edition.number or 0 for edition in made) == list(range(1, 25))
    assert await newest(registry, atlas) == "24"
