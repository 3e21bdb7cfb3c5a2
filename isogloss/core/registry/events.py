"""What clients say has happened: kept for a while, listed, and let go of when it is old."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Event, EventResource, Instant, Json
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import (
    AnyOf,
    Compare,
    Greatest,
    Has,
    Least,
    Not,
    Operator,
    Query,
    Sort,
    Span,
    all_of,
)
from isogloss.core.registry.context import Registry

TRIMMED_AT_ONCE = 200
"""As many events go in one transaction, so that it is a short one."""


class EventReport(Struct, frozen=True):
    """An event, and the resources by which it is found, in the order of their places."""

    event: Event
    resources: tuple[EventResource, ...]


async def keep_events(registry: Registry, caller: Principal, reports: Sequence[EventReport]) -> None:
    """Keep events, all of them or none. Raises ``Denied``.

    Clients send an event again when they do not know whether it came: one whose id is there already is left as it was.
    One that is older than events are kept is not.
    """
    require(caller, Role.EDITOR)
    oldest = registry.clock() - registry.event_retention
    young: dict[str, EventReport] = {}
    for report in reports:
        # By the client's time it may not have happened yet, which makes it no younger than we know of it.
        if min(report.event.occurred, report.event.received) > oldest:
            young.setdefault(report.event.id, report)
    if not young:
        return
    # Whoever has them, an id stands for one event, and nobody adds resources to another one's.
    known = Query(source="event", fields=("id",), project_id=None, where=AnyOf("id", tuple(young)), ruling=True)

    async def work(unit: Writer) -> None:
        here = {row[0] for row in await unit.rows(known)}
        new = [young[each] for each in sorted(young.keys() - here)]
        if new:
            await unit.add_absent(*(report.event for report in new))
            await unit.add_absent(*(resource for report in new for resource in report.resources))

    await registry.store.write(work)


async def list_events(registry: Registry, caller: Principal, query: Query) -> list[Event]:
    """The page of events that a query over the source ``event`` asks for, whatever its fields. Raises ``Denied``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> list[Event]:
        return await _page(unit, query)

    return await registry.store.read(work)


async def list_and_count_events(registry: Registry, caller: Principal, query: Query) -> tuple[list[Event], int]:
    """As ``list_events``, with how many satisfy the query, whatever its page. Raises ``Denied``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> tuple[list[Event], int]:
        return await _page(unit, query), await unit.count(query)

    return await registry.store.read(work)


class EventGroup(Struct, frozen=True):
    """Events that are counted together under what they have in common, from the first to the last that occurred."""

    value: str | int
    events: int
    first: Instant
    last: Instant


async def count_events_by(registry: Registry, caller: Principal, query: Query, by: str | Span) -> list[EventGroup]:
    """How many of the events that a query asks for have the same value of a field. Raises ``Denied``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> list[EventGroup]:
        return await _groups(unit, query, by)

    return await registry.store.read(work)


async def count_events_of_resources(
    registry: Registry, caller: Principal, query: Query
) -> tuple[list[EventGroup], dict[str, Json]]:
    """As ``count_events_by``, of each resource, with the body of its newest event by its id. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    newest = replace(query, fields=("resource_id", "body"), where=all_of(query.where, Not(Has("later", query.where))))

    async def work(unit: Reader) -> tuple[list[EventGroup], dict[str, Json]]:
        return await _groups(unit, query, "resource_id"), dict(await unit.rows(newest))

    return await registry.store.read(work)


async def _groups(unit: Reader, query: Query, by: str | Span) -> list[EventGroup]:
    found = await unit.count_by(query, (by,), (Least("occurred"), Greatest("occurred")))
    return [EventGroup(*group) for group in found]


async def _page(unit: Reader, query: Query) -> list[Event]:
    names = Event.__struct_fields__
    return [Event(**dict(zip(names, row, strict=True))) for row in await unit.rows(replace(query, fields=names))]


async def trim_events(registry: Registry) -> int:
    """Remove the events that are older than events are kept, a few in each transaction; tells how many."""
    old = Query(
        source="event",
        fields=("id",),
        project_id=None,
        where=Compare("occurred", Operator.LE, registry.clock() - registry.event_retention),
        sort=Sort("occurred"),
        limit=TRIMMED_AT_ONCE,
    )

    async def work(unit: Writer) -> int:
        ids = [row[0] for row in await unit.rows(old)]
        return await unit.remove(Event, id=ids) if ids else 0

    trimmed = 0
    while removed := await registry.store.write(work):
        trimmed += removed
    return trimmed
