"""How runs spread over time, and how many steps they have: totals instead of rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Instant, Project
from isogloss.core.ports import Reader
from isogloss.core.query import (
    EVERYTHING,
    AnyOf,
    Compare,
    Has,
    IsNull,
    NoneOf,
    Not,
    Operator,
    Query,
    Span,
    Until,
    Where,
    all_of,
    any_of,
)
from isogloss.core.registry.context import Registry
from isogloss.core.registry.runs import FINAL, RUNNING, STEP


class StateTotal(Struct, frozen=True, kw_only=True):
    """The runs of one state within one span of time; both sums in microseconds.

    ``spent`` is the time that they have been running so far, ``late`` how much later than expected they started or, for
    those that are still to start, are by now.
    """

    state_type: str | None
    state_name: str | None
    runs: int
    spent: int
    late: int


class RunTimes(Struct, frozen=True):
    """What tells how long a run took, or has taken so far, and how late it was; fields as those of a ``Run``."""

    id: str
    state_type: str | None
    state_at: Instant | None
    expected_start: Instant | None
    started: Instant | None
    spent: int
    created: Instant


async def read_history(
    registry: Registry, caller: Principal, query: Query, start: Instant, width: int, spans: int
) -> list[list[StateTotal]]:
    """The runs that satisfy a query over the source ``run``, by when they were expected to start, in a list a span.

    Spans are ``width`` microseconds long, and the first begins at ``start``; runs expected before or after all of them
    do not count. Three statements. Raises ``Denied``.
    """
    require(caller, Role.VIEWER)
    now = registry.clock()
    among = all_of(
        query.where,
        Compare("expected_start", Operator.GE, start),
        Compare("expected_start", Operator.LT, start + spans * width),
    )
    running, overdue = _still_counting(among, now)
    by = (Span("expected_start", start, width), "state_type", "state_name")

    async def work(unit: Reader) -> list[list[StateTotal]]:
        running_for = _by_group(await unit.count_by(replace(query, where=running), by, (Until("state_at", now),)))
        overdue_by = _by_group(await unit.count_by(replace(query, where=overdue), by, (Until("expected_start", now),)))
        history: list[list[StateTotal]] = [[] for _ in range(spans)]
        for *group, runs, spent, delay in await unit.count_by(replace(query, where=among), by, ("spent", "delay")):
            span, state_type, state_name = group
            history[span].append(
                StateTotal(
                    state_type=state_type,
                    state_name=state_name,
                    runs=runs,
                    spent=spent + running_for.get(tuple(group), 0),
                    late=delay + overdue_by.get(tuple(group), 0),
                )
            )
        for totals in history:
            totals.sort(key=lambda total: (total.state_type or "", total.state_name or ""))
        return history

    return await registry.store.read(work)


async def list_run_times(registry: Registry, caller: Principal, query: Query) -> list[RunTimes]:
    """The page of runs that a query over the source ``run`` asks for, but only their times. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    times = replace(query, fields=RunTimes.__struct_fields__)
    return [RunTimes(*row) for row in await registry.store.read(lambda unit: unit.rows(times))]


async def count_steps(
    registry: Registry, caller: Principal, project: Project, run_ids: Sequence[str]
) -> dict[str, int]:
    """How many steps each of these runs has, without those that called a run; runs without any are left out.

    One statement. Raises ``Denied``.
    """
    require(caller, Role.VIEWER)
    query = Query(
        source="run",
        fields=(),
        project_id=project.id,
        where=all_of(
            AnyOf("parent_id", tuple(run_ids)),
            Compare("role", Operator.EQ, STEP),
            Not(Has("called", EVERYTHING)),
        ),
    )
    return dict(await registry.store.read(lambda unit: unit.count_by(query, ("parent_id",))))


async def count_by_state(registry: Registry, caller: Principal, query: Query) -> dict[str | None, int]:
    """How many of the runs that satisfy a query over the source ``run`` are in each type of state.

    Those without a run are left out. One statement. Raises ``Denied``.
    """
    require(caller, Role.VIEWER)
    return dict(await registry.store.read(lambda unit: unit.count_by(query, ("state_type",))))


def _by_group(totals: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    return {tuple(group): total for *group, _, total in totals}


def _still_counting(among: Where, now: Instant) -> tuple[Where, Where]:
    """Of these runs, those whose time goes on growing: who is running, and who should have started by now."""
    running = all_of(among, Compare("state_type", Operator.EQ, RUNNING))
    overdue = all_of(
        among,
        IsNull("started"),
        any_of(IsNull("state_type"), NoneOf("state_type", tuple(sorted(FINAL)))),
        Compare("expected_start", Operator.LT, now),
    )
    return running, overdue
