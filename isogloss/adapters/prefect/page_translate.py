"""From totals and numbered pages to what Prefect's pages read. Pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import structs

from isogloss.adapters.prefect import page_wire as wire
from isogloss.adapters.prefect.bodies.states import StateType
from isogloss.adapters.prefect.failures import detail
from isogloss.adapters.prefect.filters import NO_FLOW
from isogloss.adapters.prefect.run_translate import estimated_run_time, lateness, shown_type, task_run
from isogloss.adapters.prefect.times import moment, seconds
from isogloss.core.model import Instant, Run
from isogloss.core.registry.run_history import RunTimes, StateTotal
from isogloss.core.registry.runs import Standing

T = TypeVar("T")

SPANS = 500
"""The most spans that a history has; the rest of the time that was asked for is left out."""

COUNTED_STATES = (
    StateType.COMPLETED,
    StateType.PENDING,
    StateType.RUNNING,
    StateType.FAILED,
    StateType.CANCELLED,
    StateType.CRASHED,
    StateType.PAUSED,
    StateType.CANCELLING,
    StateType.SCHEDULED,
)
"""The order in which states are counted."""

_SECOND = 1_000_000


def numbered(results: list[T], count: int, limit: int, page: int) -> wire.NumberedPage[T]:
    """A page with a number. Of a limit of 0, there are no pages."""
    pages = (count + limit - 1) // limit if limit else 0
    return wire.NumberedPage(results=results, count=count, limit=limit, pages=pages, page=page)


def history_width(interval: float) -> int:
    """The length of a history's spans in microseconds, of one in seconds. Raises ``Refusal`` (422) below a second."""
    if not interval >= 1:
        raise detail(422, "History interval must not be less than 1 second.")
    # Longer than all of the time that dates can tell, it is all of it, and infinity is no number to reckon with.
    return round(min(interval, 1e12) * _SECOND)


def history_spans(start: Instant, end: Instant, width: int) -> int:
    """How many spans a history has: as many as it takes to reach its end, but not more than ``SPANS``."""
    return min(-((start - end) // width), SPANS) if end > start else 0


def history(start: Instant, width: int, totals: Sequence[Sequence[StateTotal]]) -> list[wire.HistorySpan]:
    """The spans of a history that begins at ``start``."""
    return [
        wire.HistorySpan(
            interval_start=moment(start + place * width),
            interval_end=moment(start + (place + 1) * width),
            states=[_state(total) for total in states],
        )
        for place, states in enumerate(totals)
    ]


def bar(run: RunTimes, now: Instant) -> wire.FlowRunBar:
    """A run as the dashboard draws it, at this time."""
    began = run.expected_start if run.started is None else run.started
    return wire.FlowRunBar(
        id=run.id,
        state_type=shown_type(run.state_type),
        timestamp=moment(run.created if began is None else began),
        duration=seconds(estimated_run_time(run, now)),
        lateness=seconds(lateness(run, now)),
    )


def by_state(totals: Mapping[str | None, int]) -> dict[StateType, int]:
    """How many runs each state has, those without a run included; what has no state does not count."""
    shown = dict.fromkeys(COUNTED_STATES, 0)
    for state_type, total in totals.items():
        if state_type is not None:
            shown[StateType(shown_type(state_type))] += total
    return shown


def next_run(run: Run) -> wire.NextFlowRun:
    """A run that is to start next, and says when."""
    return wire.NextFlowRun(
        id=run.id,
        flow_id=run.workflow_id or NO_FLOW,
        name=run.name,
        state_name=run.state_name or "",
        state_type=shown_type(run.state_type),
        next_scheduled_start_time=moment(run.next_start or 0),
    )


def named_task_run(standing: Standing, run: Run | None, now: Instant) -> dict[str, Any]:
    """A task run, and the name of the run that it is part of."""
    members = structs.asdict(task_run(standing, now))
    return {**members, "flow_run_name": None if run is None else run.name}


def _state(total: StateTotal) -> wire.HistoryState:
    return wire.HistoryState(
        state_type=shown_type(total.state_type),
        state_name=total.state_name or "",
        count_runs=total.runs,
        sum_estimated_run_time=seconds(total.spent),
        sum_estimated_lateness=seconds(total.late),
    )
