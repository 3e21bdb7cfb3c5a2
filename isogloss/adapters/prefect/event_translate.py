"""Between Prefect's events and the registry's: what is looked up goes into columns, the rest is kept as it came."""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct
from pydantic import ValidationError

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.events import (
    EVENT_PAGE_SIZE,
    RESOURCE_ID,
    RESOURCE_ROLE,
    EventCreate,
    EventFilter,
)
from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.times import moment
from isogloss.core.labels import labels_text
from isogloss.core.model import Event, EventResource, Instant, Json
from isogloss.core.registry.events import EventReport


class _Body(Struct, frozen=True, array_like=True):
    """What an event's body holds: a list, as texts are searched for in it, and no name of a member shall be found."""

    resource: Raw
    related: Raw
    payload: Raw
    follows: str | None


_read_body = msgspec.json.Decoder(_Body).decode


def event_report(told: EventCreate, project_id: str, received: Instant) -> EventReport:
    """What is kept of an event."""
    resources = [told.resource, *told.related]
    return EventReport(
        event=Event(
            id=told.id,
            project_id=project_id,
            dialect=DIALECT,
            name=told.event,
            occurred=told.occurred,
            received=received,
            resource_id=told.resource[RESOURCE_ID],
            body=dump([told.resource, told.related, told.payload, told.follows]),
        ),
        resources=tuple(
            EventResource(
                event_id=told.id,
                place=place,
                resource_id=labels[RESOURCE_ID],
                role=labels[RESOURCE_ROLE] if place else "",
                occurred=told.occurred,
                labels=labels_text({name: labels[name] for name in labels if name not in (RESOURCE_ID, RESOURCE_ROLE)}),
            )
            for place, labels in enumerate(resources)
        ),
    )


def event(kept: Event) -> wire.Event:
    """The event as it is printed."""
    body = _read_body(kept.body)
    return wire.Event(
        occurred=moment(kept.occurred),
        event=kept.name,
        resource=body.resource,
        related=body.related,
        payload=body.payload,
        id=kept.id,
        follows=body.follows,
        received=moment(kept.received),
    )


def labels_of(body: Json) -> dict[str, str]:
    """The labels of the resource that an event happened to."""
    labels: dict[str, str] = msgspec.json.decode(_read_body(body).resource, type=dict[str, str])
    return labels


class Continuation(Struct, frozen=True):
    """Where a list of events goes on: the filter with its times settled, how many it has found, and what comes next."""

    filter: EventFilter
    total: int
    limit: int
    offset: int


class _Token(Struct, frozen=True):
    """A continuation, encoded."""

    filter: Raw
    total: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    limit: Annotated[int, Meta(ge=0, le=EVENT_PAGE_SIZE)]
    offset: Annotated[int, Meta(ge=0, le=2**63 - 1)]


_read_token = msgspec.json.Decoder(_Token).decode


def page_token(going_on: Continuation) -> str:
    """The text that stands for it in an address. It says nothing that its reader could not ask for as well."""
    asked = going_on.filter
    times = {"since": moment(asked.occurred.since), "until": moment(asked.occurred.until)}
    others = asked.model_dump(mode="json", exclude_none=True, exclude={"occurred"})
    token = _Token(
        Raw(msgspec.json.encode({**others, "occurred": times})), going_on.total, going_on.limit, going_on.offset
    )
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def continuation(token: str) -> Continuation | None:
    """What a text stands for; null for one that nobody was given."""
    try:
        said = _read_token(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        asked = EventFilter.model_validate_json(bytes(said.filter))
    except (binascii.Error, msgspec.DecodeError, ValidationError, ValueError, RecursionError):
        return None
    return Continuation(asked, said.total, said.limit, said.offset)
