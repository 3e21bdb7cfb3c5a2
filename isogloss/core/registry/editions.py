"""Editions: records that another record, their series, numbers as they are made.

Every write of an edition locks its series. Under that lock an edition takes the number after the newest one's, a name
that no sibling has, and a state that no sibling holds unless that one gives it up. The series knows its newest
edition, by number, as a property of its own.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from isogloss.core.access import Principal
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Json, Property, Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Has, IsNull, Not, Operator, Query, Sort, all_of
from isogloss.core.registry import records
from isogloss.core.registry.context import Registry
from isogloss.core.registry.properties import Pairs
from isogloss.core.registry.records import ENTITY, RecordDraft

NEWEST = "newest"
"""The property of a series that holds its newest edition's id."""


class StateHeld(Conflict):
    """Another edition of the series, ``holder``, is in the state that is asked for."""

    def __init__(self, holder: Record) -> None:
        super().__init__(f"{holder.name!r} is in the state {holder.state!r} already.")
        self.holder = holder


class EditionDraft(Struct, frozen=True, kw_only=True):
    """What a client says of an edition that it wants made; without a name it is called by its number."""

    kind: str
    body: Json
    name: str | None = None
    state: str | None = None
    properties: Pairs = ()


async def create_edition(
    registry: Registry, unit: Writer, caller: Principal, series: Record, draft: EditionDraft
) -> Record:
    """Make the next edition of a locked series. Its state is taken as it is given, whoever else is in it.

    Raises ``Denied``, and ``Conflict`` for a name that an edition of the series has.
    """
    newest = (await newest_editions(unit, [series.id])).get(series.id)
    number = 1 if newest is None else (newest.number or 0) + 1
    name = draft.name
    if name is None:
        # Somebody may have called an edition by a number that has not come yet.
        while await find_edition(unit, series, draft.kind, str(number)) is not None:
            number += 1
        name = str(number)
    elif await find_edition(unit, series, draft.kind, name) is not None:
        raise Conflict(f"{series.name!r} has a {draft.kind.replace('_', ' ')} {name!r} already.")
    made = await records.create_record(
        registry,
        unit,
        caller,
        RecordDraft(
            dialect=series.dialect,
            kind=draft.kind,
            body=draft.body,
            project_id=series.project_id,
            key=_key(series.id, name),
            parent_id=series.id,
            name=name,
            number=number,
            state=draft.state,
            properties=draft.properties,
        ),
    )
    if newest is None:
        await unit.add(_pointer(series, made.id))
    else:
        await unit.change(Property, _pointers(series), value=made.id)
    return made


async def lock_edition(unit: Writer, caller: Principal, dialect: str, kind: str, edition_id: str) -> Record:
    """The edition of this id, locked after its series. Raises ``Denied`` and ``NotFound``."""
    found = await records.get_record(unit, caller, dialect, kind, edition_id)
    if await unit.lock(Record, id=found.parent_id) is None:
        raise NotFound(kind, edition_id)
    return await records.lock_record(unit, caller, dialect, kind, edition_id)


async def change_edition(
    registry: Registry,
    unit: Writer,
    edition: Record,
    *,
    name: str | UnsetType = UNSET,
    state: str | UnsetType = UNSET,
    yielded: str | None = None,
    body: Json | UnsetType = UNSET,
) -> Record:
    """Change what is given of a locked edition; answers it as it then is.

    A sibling that is in the state that is asked for is put into the state ``yielded``; without one, ``StateHeld`` is
    raised. Raises ``Conflict`` for a name that a sibling has.
    """
    if state is not UNSET and state != edition.state:
        await _free(registry, unit, edition, state, yielded)
    key = UNSET if name is UNSET else _key(str(edition.parent_id), name)
    return await records.change_record(registry, unit, edition, key=key, name=name, state=state, body=body)


async def remove_edition(registry: Registry, unit: Writer, caller: Principal, edition: Record) -> None:
    """Remove a locked edition; its number is free again where it was the newest. Raises ``Denied``."""
    await records.remove_records(registry, unit, caller, [edition])
    pointer: dict[str, Any] = {
        "entity": ENTITY,
        "entity_id": edition.parent_id,
        "dialect": edition.dialect,
        "name": NEWEST,
        "value": edition.id,
    }
    if await unit.get(Property, **pointer) is None:
        return
    left = await unit.rows(
        Query(
            source="record",
            fields=("id",),
            project_id=None,
            where=all_of(
                Compare("parent_id", Operator.EQ, str(edition.parent_id)),
                Compare("kind", Operator.EQ, edition.kind),
                Not(IsNull("number")),
            ),
            sort=Sort("number", descending=True),
            limit=1,
        )
    )
    if left:
        await unit.change(Property, pointer, value=left[0][0])
    else:
        await unit.remove(Property, **pointer)


async def remove_series(registry: Registry, unit: Writer, caller: Principal, series: Record) -> None:
    """Remove a locked series with all of its editions. Raises ``Denied``."""
    editions = await unit.lock_all(Record, parent_id=series.id)
    await records.remove_records(registry, unit, caller, [*editions, series])


async def newest_editions(unit: Reader, series_ids: Iterable[str]) -> dict[str, Record]:
    """The newest edition of each series that has one, by the series' id: two statements."""
    wanted = list(series_ids)
    if not wanted:
        return {}
    pointers = await unit.find(Property, entity=ENTITY, entity_id=wanted, name=NEWEST)
    if not pointers:
        return {}
    found = await unit.find(Record, id=[pointer.value for pointer in pointers])
    return {str(record.parent_id): record for record in found}


async def find_edition(unit: Reader, series: Record, kind: str, name: str) -> Record | None:
    """The edition of a series that has this name."""
    return await unit.get(Record, dialect=series.dialect, kind=kind, key=_key(series.id, name))


async def find_by_number(unit: Reader, series: Record, kind: str, number: int) -> Record | None:
    """The edition of a series that has this number."""
    return _one(await unit.find(Record, parent_id=series.id, kind=kind, number=number))


async def find_by_state(unit: Reader, series: Record, kind: str, state: str) -> Record | None:
    """The edition of a series that is in this state; where several are, the one with the highest number."""
    return _one(await unit.find(Record, parent_id=series.id, kind=kind, state=state))


async def find_by_property(unit: Reader, series: Record, kind: str, name: str, value: str) -> Record | None:
    """The edition of a series that has this value as property; where several have, the one with the highest number."""
    rows = await unit.rows(
        Query(
            source="record",
            fields=Record.__struct_fields__,
            project_id=None,
            where=all_of(
                Has("property", all_of(Compare("name", Operator.EQ, name), Compare("value", Operator.EQ, value))),
                Compare("parent_id", Operator.EQ, series.id),
                Compare("kind", Operator.EQ, kind),
            ),
        )
    )
    return _one([Record(**dict(zip(Record.__struct_fields__, row, strict=True))) for row in rows])


async def _free(registry: Registry, unit: Writer, edition: Record, state: str, yielded: str | None) -> None:
    """See to it that no sibling is in a state."""
    found = await unit.find(Record, parent_id=edition.parent_id, kind=edition.kind, state=state)
    holders = sorted((each for each in found if each.id != edition.id), key=lambda each: each.number or 0)
    if holders and yielded is None:
        raise StateHeld(holders[0])
    for holder in holders:
        await records.change_record(registry, unit, holder, state=yielded)


def _one(found: list[Record]) -> Record | None:
    return max(found, key=lambda record: record.number or 0, default=None)


def _key(series_id: str, name: str) -> str:
    return f"{series_id}/{name}"


def _pointer(series: Record, edition_id: str) -> Property:
    return Property(**_pointers(series), value=edition_id)


def _pointers(series: Record) -> dict[str, Any]:
    return {"entity": ENTITY, "entity_id": series.id, "dialect": series.dialect, "name": NEWEST}
