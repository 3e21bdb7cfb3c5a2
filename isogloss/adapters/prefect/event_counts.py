"""Events counted by time, by name or by resource, as Prefect counts them; pure functions, without I/O.

Time is divided into spans of equal length, from the same moment on for everybody, so that a page that asks again a
little later is told of the same spans.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.events import EventOccurredFilter, TimeUnit
from isogloss.adapters.prefect.event_translate import labels_of
from isogloss.adapters.prefect.failures import Unprocessable, detail, value_error
from isogloss.adapters.prefect.times import instant_of, moment
from isogloss.core.model import Instant, Json
from isogloss.core.query import Span
from isogloss.core.registry.events import EventGroup

MOST_SPANS = 1000

_PIVOT = instant_of(datetime(2024, 4, 1, tzinfo=UTC))
"""Where the vendor begins to divide, a Monday."""

_LONGEST = instant_of(datetime.max.replace(tzinfo=UTC)) - _PIVOT
"""In microseconds."""

_UNITS = {
    TimeUnit.week: timedelta(weeks=1),
    TimeUnit.day: timedelta(days=1),
    TimeUnit.hour: timedelta(hours=1),
    TimeUnit.minute: timedelta(minutes=1),
    TimeUnit.second: timedelta(seconds=1),
}
_MICROSECOND = timedelta(microseconds=1)
_NAMES = ("prefect.resource.name", "prefect.name")


class Spans(Struct, frozen=True):
    """Spans of equal length, in microseconds: where the first begins, and how many there are."""

    start: Instant
    width: int
    number: int

    @property
    def by(self) -> Span:
        """What to count by."""
        return Span("occurred", self.start, self.width)


def spans(asked: EventOccurredFilter, unit: TimeUnit, interval: float, now: Instant) -> Spans:
    """The spans in which the times that are asked for lie, none behind the unit of time that it is now.

    Raises ``Refusal`` where they would be too many, or too long.
    """
    one = _UNITS[unit] // _MICROSECOND
    if one * interval > _LONGEST:
        said = f"So many units ({unit}) are more than there are until the year 10000."
        raise Unprocessable([value_error(("body", "time_interval"), said, interval)], None)
    width = round(one * interval)
    wanted = math.ceil((asked.until - asked.since) / width)
    if wanted > MOST_SPANS:
        raise detail(
            422,
            f"The given interval would create {wanted} buckets, which is too many. Please increase the interval or "
            f"reduce the time range to produce {MOST_SPANS} buckets or fewer.",
        )
    until = asked.until if asked.until <= now else _PIVOT + ((now - _PIVOT) // one + 1) * one - 1
    start = _PIVOT + (asked.since - _PIVOT) // width * width
    return Spans(start, width, max(0, math.ceil((until - start) / width)))


def by_time(found: Iterable[EventGroup], among: Spans) -> list[wire.EventCount]:
    """Every span, those without events as well."""
    events = {group.value: group.events for group in found}
    counts = []
    for place in range(among.number):
        begin = moment(among.start + place * among.width)
        end = moment(among.start + (place + 1) * among.width - 1)
        counts.append(wire.EventCount(str(place), begin.isoformat(), events.get(place, 0), begin, end))
    return counts


def by_name(found: Iterable[EventGroup]) -> list[wire.EventCount]:
    """Every name, the most frequent first."""
    return _ordered(_count(group, str(group.value)) for group in found)


def by_resource(found: Iterable[EventGroup], bodies: Mapping[str, Json]) -> list[wire.EventCount]:
    """Every resource, that with most events first, under the name that its newest event has for it."""
    counts = []
    for group in found:
        labels = labels_of(bodies[str(group.value)])
        counts.append(_count(group, next((labels[name] for name in _NAMES if name in labels), str(group.value))))
    return _ordered(counts)


def _count(group: EventGroup, label: str) -> wire.EventCount:
    return wire.EventCount(str(group.value), label, group.events, moment(group.first), moment(group.last))


def _ordered(counts: Iterable[wire.EventCount]) -> list[wire.EventCount]:
    return sorted(counts, key=lambda each: (-each.count, each.label))
