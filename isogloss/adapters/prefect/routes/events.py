"""Events: kept in bulk, listed page by page."""

from collections.abc import Sequence

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.events import Countable, EventBatch, EventFilter, TimeUnit
from isogloss.adapters.prefect.bodies.members import EventPage
from isogloss.adapters.prefect.bodies.totals import EventCount
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_word, query_text, read_json
from isogloss.adapters.prefect.event_counts import by_name, by_resource, by_time, spans
from isogloss.adapters.prefect.event_filters import all_events, event_query, settled
from isogloss.adapters.prefect.event_translate import (
    Continuation,
    continuation,
    event,
    event_report,
    page_token,
)
from isogloss.adapters.prefect.failures import Error, Unprocessable, detail, encode
from isogloss.adapters.prefect.routes import PREFIX, Route, caller, root_of
from isogloss.adapters.reply import NO_CONTENT, Reply
from isogloss.core.model import Event
from isogloss.core.registry import Registry
from isogloss.core.registry.events import (
    count_events_by,
    count_events_of_resources,
    keep_events,
    list_and_count_events,
    list_events,
)

_BATCH: Whole[EventBatch] = Whole(EventBatch)
_COUNT: Members[EventCount] = Members(EventCount)
_PAGE: Members[EventPage] = Members(EventPage)

_NEXT = "/events/filter/next"
_TOKEN = "page-token"  # noqa: S105 - a parameter's name


async def create_events(registry: Registry, request: AnyRequest) -> Reply:
    """Keep events; those that are here already stay as they are."""
    batch = await _BATCH.read(request)
    received, project = registry.clock(), registry.default_project
    await keep_events(registry, caller(request), [event_report(told, project.id, received) for told in batch])
    return NO_CONTENT


async def read_events(registry: Registry, request: AnyRequest) -> Reply:
    """The first page of events, and how many there are in all."""
    asked = await _PAGE.read(request)
    wanted = settled(asked.filter or EventFilter(), registry.clock())
    query = event_query(wanted, registry.default_project.id, asked.limit, 0)
    found, total = await list_and_count_events(registry, caller(request), query)
    return _page(request, found, Continuation(wanted, total, asked.limit, asked.limit))


async def read_next_events(registry: Registry, request: AnyRequest) -> Reply:
    """The page that a page before gave the address of. Whoever made a token up is answered what they may see."""
    going_on = continuation(query_text(request, _TOKEN))
    if going_on is None:
        raise detail(403, "Forbidden")
    query = event_query(going_on.filter, registry.default_project.id, going_on.limit, going_on.offset)
    found = await list_events(registry, caller(request), query)
    behind = going_on.offset + going_on.limit
    return _page(request, found, Continuation(going_on.filter, going_on.total, going_on.limit, behind))


async def count_events(registry: Registry, request: AnyRequest) -> Reply:
    """How many events there are in each span of time, of each name, or of each resource."""
    errors: list[Error] = []
    countable = path_word(request, "countable", Countable, errors)
    body = await read_json(request)
    try:
        asked = _COUNT.validate(body)
    except Unprocessable as wrong:
        raise Unprocessable([*errors, *wrong.errors], wrong.body) from None
    if errors:
        raise Unprocessable(errors, body)
    unit, interval = (TimeUnit.day, 1.0) if countable is Countable.day else (asked.time_unit, asked.time_interval)
    wanted, now = settled(asked.filter, registry.clock()), registry.clock()
    among = spans(wanted.occurred, unit, interval, now)
    query = all_events(wanted, registry.default_project.id)
    match countable:
        case Countable.event:
            counts = by_name(await count_events_by(registry, caller(request), query, "name"))
        case Countable.resource:
            counts = by_resource(*await count_events_of_resources(registry, caller(request), query))
        case _:
            counts = by_time(await count_events_by(registry, caller(request), query, among.by), among)
    return Reply(encode(counts))


def _page(request: AnyRequest, found: Sequence[Event], going_on: Continuation) -> Reply:
    more = going_on.offset < going_on.total
    address = f"{root_of(request)}{PREFIX}{_NEXT}?{_TOKEN}={page_token(going_on)}" if more else None
    return Reply(encode(wire.EventPage([event(each) for each in found], going_on.total, address)))


ROUTES = (
    Route("POST", "/events", create_events),
    Route("POST", "/events/filter", read_events),
    Route("GET", _NEXT, read_next_events),
    Route("POST", "/events/count-by/{countable:str}", count_events),
)
