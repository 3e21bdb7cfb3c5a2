"""Artifacts and events as Prefect prints them; members in the vendor's order, and all of them always there."""

from datetime import datetime

from msgspec import Raw, Struct


class Artifact(Struct, frozen=True):
    """One artifact. ``data`` and ``metadata_`` are JSON as it is kept; moments are in UTC."""

    id: str
    created: datetime
    updated: datetime
    key: str | None
    type: str | None
    description: str | None
    data: Raw | None
    metadata_: Raw | None
    flow_run_id: str | None
    task_run_id: str | None


class ArtifactCollection(Struct, frozen=True):
    """The newest artifact of a key, under the collection's own id and moments."""

    id: str
    created: datetime
    updated: datetime
    key: str
    latest_id: str
    type: str | None
    description: str | None
    data: Raw | None
    metadata_: Raw | None
    flow_run_id: str | None
    task_run_id: str | None


class Event(Struct, frozen=True):
    """Something that has happened. ``resource``, ``related`` and ``payload`` are JSON as it came."""

    occurred: datetime
    event: str
    resource: Raw
    related: Raw
    payload: Raw
    id: str
    follows: str | None
    received: datetime


class EventCount(Struct, frozen=True):
    """How many events have something in common, and between which times they occurred."""

    value: str
    label: str
    count: int
    start_time: datetime
    end_time: datetime


class EventPage(Struct, frozen=True):
    """A page of events, how many there are in all, and the address of the next page, if there is one."""

    events: list[Event]
    total: int
    next_page: str | None
