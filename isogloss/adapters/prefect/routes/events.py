"""Events: kept in bulk, listed page by page."""

from collections.abc import Sequence

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.events import EventBatch, EventFilter
from isogloss.adapters.prefect.bodies.members import EventPage
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, query_text
from isogloss.adapters.prefect.event_filters import event_query, settled
from isogloss.adapters.prefect.event_translate import (
    Continuation,
    continuation,
    event,
    event_report,
    page_token,
)
from isogloss.adapters.prefect.failures import detail, encode
from isogloss.adapters.prefect.routes import PREFIX, Route, caller, root_of
from isogloss.adapters.reply import NO_CONTENT, Reply
from isogloss.core.model import Event
from isogloss.core.registry import Registry
from isogloss.core.registry.events import keep_events, list_and_count_events, list_events

_BATCH: Whole[EventBatch] = Whole(EventBatch)
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


def _page(request: AnyRequest, found: Sequence[Event], going_on: Continuation) -> Reply:
    more = going_on.offset < going_on.total
    address = f"{root_of(request)}{PREFIX}{_NEXT}?{_TOKEN}={page_token(going_on)}" if more else None
    return Reply(encode(wire.EventPage([event(each) for each in found], going_on.total, address)))


ROUTES = (
    Route("POST", "/events", create_events),
    Route("POST", "/events/filter", read_events),
    Route("GET", _NEXT, read_next_events),
)
