"""Events counted by time, by name and by resource; on both engines."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.prefect.bodies.events import EventOccurredFilter, TimeUnit
from isogloss.adapters.prefect.event_counts import MOST_SPANS, by_time, spans
from isogloss.adapters.prefect.failures import Refusal
from isogloss.adapters.prefect.times import instant_of
from isogloss.core.registry import Registry
from isogloss.core.registry.events import EventGroup
from tests.adapters.prefect.serving import Served
from tests.adapters.prefect.test_event_routes import event_of, keep
from tests.support.registries import START

HOURS = {"since": "2025-06-15T10:30:00Z", "until": "2025-06-15T13:00:00Z"}


@pytest.fixture
def api(registry: Registry) -> Served:
    return Served(registry)


async def counted(api: Served, countable: str, asked: dict[str, Any], **body: Any) -> list[tuple[Any, ...]]:
    """Label, number and times of each count; the values count from 0, or are what events have in common."""
    counts = await api.post(f"/events/count-by/{countable}", {"filter": asked, **body})
    if countable in ("time", "day"):
        assert [count["value"] for count in counts] == [str(place) for place in range(len(counts))]
    return [(count["label"], count["count"], count["start_time"], count["end_time"]) for count in counts]


async def test_events_are_counted_in_spans_of_time_of_which_none_is_left_out(api: Served) -> None:
    times = ("10:29:59", "10:30:00", "12:00:00", "12:59:59")
    await keep(api, *(event_of("e", "r", at=f"2025-06-15T{at}Z") for at in times))

    assert await counted(api, "time", {"occurred": HOURS}, time_unit="hour") == [
        ("2025-06-15T10:00:00+00:00", 1, "2025-06-15T10:00:00Z", "2025-06-15T10:59:59.999999Z"),
        ("2025-06-15T11:00:00+00:00", 0, "2025-06-15T11:00:00Z", "2025-06-15T11:59:59.999999Z"),
        ("2025-06-15T12:00:00+00:00", 2, "2025-06-15T12:00:00Z", "2025-06-15T12:59:59.999999Z"),
    ]


async def test_spans_end_with_the_unit_of_time_that_it_is_now(api: Served) -> None:
    """The tests' clock shows six minutes and forty seconds past three."""
    await keep(api, event_of("e", "r", at="2025-06-15T15:05:00Z"), event_of("e", "r", at="2025-06-15T16:30:00Z"))
    until_tomorrow = {"since": "2025-06-15T14:00:00Z", "until": "2025-06-16T15:00:00Z"}

    counts = await counted(api, "time", {"occurred": until_tomorrow}, time_unit="hour")
    assert [(start, count) for _, count, start, _ in counts] == [
        ("2025-06-15T14:00:00Z", 0),
        ("2025-06-15T15:00:00Z", 1),
    ]


async def test_a_day_is_a_span_like_others(api: Served) -> None:
    await keep(api, event_of("e", "r", at="2025-06-14T23:59:59Z"), event_of("e", "r"))
    days = {"since": "2025-06-14T12:00:00Z", "until": "2025-06-15T13:00:00Z"}

    counts = await counted(api, "day", {"occurred": days}, time_unit="week")
    assert [(start, count) for _, count, start, _ in counts] == [
        ("2025-06-14T00:00:00Z", 1),
        ("2025-06-15T00:00:00Z", 1),
    ]


async def test_names_are_counted_from_the_first_to_the_last_time_the_most_frequent_first(api: Served) -> None:
    times = {"b": ("12:00:01", "12:00:03"), "a": ("12:00:02",), "c": ("12:00:00", "12:00:09")}
    await keep(api, *(event_of(name, "r", at=f"2025-06-15T{at}Z") for name, ats in times.items() for at in ats))

    assert await counted(api, "event", {"resource": {"id": ["r"], "distinct": True}}) == [
        ("b", 2, "2025-06-15T12:00:01Z", "2025-06-15T12:00:03Z"),
        ("c", 2, "2025-06-15T12:00:00Z", "2025-06-15T12:00:09Z"),
        ("a", 1, "2025-06-15T12:00:02Z", "2025-06-15T12:00:02Z"),
    ]


async def test_resources_are_counted_under_the_name_that_the_newest_event_has_for_them(api: Served) -> None:
    await keep(
        api,
        event_of("e", "one", at="2025-06-15T12:00:01Z", labels={"prefect.resource.name": "new"}),
        event_of("e", "one", at="2025-06-15T12:00:00Z", labels={"prefect.resource.name": "old"}),
        event_of("e", "two", labels={"prefect.name": "other"}),
        event_of("e", "three"),
        event_of("x", "one", at="2025-06-15T12:00:02Z", labels={"prefect.resource.name": "not asked for"}),
    )
    counts = await api.post("/events/count-by/resource", {"filter": {"event": {"name": ["e"]}}})

    assert [(count["value"], count["label"], count["count"]) for count in counts] == [
        ("one", "new", 2),
        ("two", "other", 1),
        ("three", "three", 1),
    ]


async def test_what_is_wrong_with_path_and_body_is_told_together(api: Served) -> None:
    answer = await api("POST", "/events/count-by/colour", {"time_interval": 0})

    assert answer.status == 422
    assert [error["loc"] for error in answer.json["exception_detail"]] == [
        ["path", "countable"],
        ["body", "filter"],
        ["body", "time_interval"],
    ]


YEAR = 366 * 86_400 * 1_000_000
moments = st.integers(START - 3 * YEAR, START + YEAR)
UNITS_IN_A_LEAST_INTERVAL = 100


@given(
    since=moments,
    length=st.integers(0, 10**12),
    now=moments,
    unit=st.sampled_from(TimeUnit),
    interval=st.floats(0.01, 50),
)
def test_spans_cover_the_time_that_is_asked_for_until_now(
    since: int, length: int, now: int, unit: TimeUnit, interval: float
) -> None:
    asked = EventOccurredFilter.model_construct(since=since, until=since + length)
    with contextlib.suppress(Refusal):
        among = spans(asked, unit, interval, now)
        end = among.start + among.number * among.width

        assert among.start <= since < among.start + among.width
        assert among.number <= MOST_SPANS + UNITS_IN_A_LEAST_INTERVAL + 1
        assert end >= min(asked.until, now) or among.number == 0
        assert end - among.width <= asked.until or asked.until > now


def test_what_lies_behind_the_last_span_is_not_told() -> None:
    day = instant_of(datetime(2025, 6, 15, tzinfo=UTC))
    asked = EventOccurredFilter.model_construct(since=day, until=day + timedelta(days=2) // timedelta(microseconds=1))
    among = spans(asked, TimeUnit.day, 1.0, day)

    assert [count.count for count in by_time([EventGroup(0, 3, 0, 0), EventGroup(1, 5, 0, 0)], among)] == [3]
