"""Runs that get on as their steps report it, written within a unit of work.

A step has its position in the run to itself until another attempt supersedes it; a superseded attempt has none. What
state a run is in follows from its steps, and is written with every step, so that lists can filter by it. An end holds:
a step that ended changes its state no more, and a run that ended is not taken back by what its steps do later.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, Ended, NotFound
from isogloss.core.model import Instant, Json, Project, Run, RunState
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, IsNull, Not, Operator, Query, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.registry.properties import Pairs, properties_of
from isogloss.core.registry.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    FAILED,
    FINAL,
    PENDING,
    RUNNING,
    STEP,
    RunDraft,
    after_state,
    blank_run,
    entered,
)


class Entering(Struct, frozen=True, kw_only=True):
    """A state to enter: its type, and its name as the dialect has it."""

    type: str
    name: str
    message: str | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What a run is to do: how many steps it has, and what each of them waits for.

    ``upstream`` is null where a run ends with the first step that fails; otherwise what does not wait for that step
    goes on.
    """

    steps: int
    upstream: Mapping[str, Sequence[str]] | None = None


Planned: TypeAlias = Callable[[bool], Awaitable[Plan]]
"""Looks the plan up; what a step waits for is only wanted where told that one failed."""


async def add_run(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    draft: RunDraft,
    state: Entering,
    *,
    facet: Json,
    started: Instant | None = None,
    ended: Instant | None = None,
    attempts: int = 0,
    properties: Pairs = (),
) -> Run:
    """Make a run or step in its first state; it began and ended when the client says so.

    Raises ``Denied``, and ``Conflict`` where its id, its key or its position is taken.
    """
    require(caller, Role.EDITOR)
    blank = blank_run(registry, caller, project, draft, registry.clock())
    row = _state(registry, blank, state)
    run = replace(entered(blank, row, counts=False), facet=facet, attempts=attempts)
    run = replace(
        run,
        started=run.started if started is None else started,
        ended=run.ended if ended is None else ended,
    )
    if not await unit.add_if_absent(run):
        raise Conflict(f"The {draft.role} {draft.name!r} exists already.")
    await unit.add(row, *properties_of("run", run, properties))
    return run


async def move_run(
    registry: Registry,
    unit: Writer,
    run: Run,
    state: Entering | None = None,
    *,
    facet: Json | UnsetType = UNSET,
    key: str | UnsetType = UNSET,
    ended: Instant | UnsetType | None = UNSET,
) -> Run:
    """Change a locked run or step, and let it enter a state; answers it as it then is.

    ``updated`` moves in any case.
    """
    changed = run
    if state is not None:
        row = _state(registry, run, state)
        await unit.add(row)
        changed = entered(run, row, counts=False)
    given = {"facet": facet, "key": key, "ended": ended}
    changed = replace(
        changed,
        updated=max(registry.clock(), run.updated + 1),
        **{name: value for name, value in given.items() if value is not UNSET},
    )
    values: dict[str, Any] = {
        name: getattr(changed, name) for name in _CHANGING if getattr(changed, name) != getattr(run, name)
    }
    await unit.change(Run, {"id": run.id}, **values)
    return changed


async def lock_run(unit: Writer, caller: Principal, run_id: str, role: str, dialect: str | None = None) -> Run:
    """The run or step of this id, which nobody else changes until the unit ends.

    With a ``dialect`` it must be one that this dialect wrote. A step is locked behind its run, as everybody does it.
    Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)
    if role == STEP:
        step = await unit.get(Run, id=run_id)
        if step is not None and step.parent_id is not None:
            await unit.lock(Run, id=step.parent_id)
    run = await unit.lock(Run, id=run_id)
    if run is None or run.role != role or (dialect is not None and run.dialect != dialect):
        raise NotFound(role, run_id)
    return run


async def supersede(registry: Registry, unit: Writer, step: Run, state: Entering) -> None:
    """Let a locked attempt end because the next one begins, and give its position free."""
    moved = await move_run(registry, unit, step, state)
    await unit.change(Run, {"id": moved.id}, position=None)


def check_takes_steps(run: Run, *, goes_on: bool) -> None:
    """Raise ``Ended`` where a run takes no more steps: it is being stopped, or failed and does not go on."""
    if run.state_type in (CANCELLING, CANCELLED):
        raise Ended(f"The run {run.name!r} is {run.state_name} and takes no more steps.")
    if run.state_type == FAILED and not goes_on:
        raise Ended(f"The run {run.name!r} has failed and does not go on after that.")


def check_open(step: Run) -> None:
    """Raise ``Ended`` where a step came to its end."""
    if step.state_type in FINAL:
        raise Ended("The status of finished steps can not be updated.")


async def follow_steps(registry: Registry, unit: Writer, run: Run, words: Mapping[str, str], planned: Planned) -> Run:
    """Let a locked run enter the state that its steps amount to; answers it as it then is.

    ``words`` names the types of states that a run can come to that way. A run that ended stays as it is.
    """
    if run.state_type in FINAL and run.ended is not None:
        return run
    steps = await states_of_steps(unit, run)
    plan = await planned(run.state_type == FAILED or FAILED in steps.values())
    found = state_of_steps(run.state_type, list(steps.values()), plan.steps)
    state = None
    if found != run.state_type:
        # The reason for which a run is being stopped is also the one for which it was.
        message = await _message(unit, run) if run.state_type == CANCELLING else None
        state = Entering(type=found, name=words[found], message=message)
    going = found not in FINAL or (found == FAILED and still_going(steps, plan))
    if state is None and going == (run.ended is None):
        return run
    return await move_run(
        registry, unit, run, state, ended=None if going else (run.ended or max(registry.clock(), run.state_at or 0))
    )


def state_of_steps(current: str | None, steps: Sequence[str | None], expected: int) -> str:
    """The type of the state of a run that is in ``current``, of the types of its steps' states."""
    over = all(state in FINAL for state in steps)
    if current == CANCELLING:
        return CANCELLED if over else CANCELLING
    if current == FAILED or FAILED in steps:
        return FAILED
    if CANCELLED in steps:
        return CANCELLED if over else CANCELLING
    if over and len(steps) >= expected:
        return COMPLETED
    if current == PENDING and over:
        # Steps that only repeat what others did are reported before the run begins.
        return PENDING
    return RUNNING


def still_going(steps: Mapping[str, str | None], plan: Plan) -> bool:
    """Whether something is left to do in a run of which a step failed."""
    if plan.upstream is None:
        return False
    lost = {name for name, state in steps.items() if state in (FAILED, CANCELLED)}
    waiting = {name for name in plan.upstream if name not in steps}
    while True:
        found = {name for name in waiting if lost & set(plan.upstream[name])}
        if not found:
            break
        lost |= found
        waiting -= found
    return bool(waiting) or any(state not in FINAL for state in steps.values())


async def states_of_steps(unit: Reader, run: Run) -> dict[str, str | None]:
    """The types of the states of a run's steps by their names, superseded attempts left out."""
    rows = await unit.rows(
        Query(
            source="run",
            fields=("name", "state_type"),
            project_id=None,
            where=all_of(
                Compare("parent_id", Operator.EQ, run.id),
                Compare("role", Operator.EQ, STEP),
                Not(IsNull("position")),
            ),
        )
    )
    return dict(rows)


async def _message(unit: Reader, run: Run) -> str | None:
    state = None if run.state_id is None else await unit.get(RunState, id=run.state_id)
    return None if state is None else state.message


def _state(registry: Registry, run: Run, state: Entering) -> RunState:
    now = registry.clock()
    return RunState(
        id=registry.new_id(),
        run_id=run.id,
        type=state.type,
        name=state.name,
        message=state.message,
        at=after_state(now, run),
        details=None,
        data=None,
        version_id=None,
        created=now,
    )


_CHANGING = (
    "key",
    "state_id",
    "state_type",
    "state_name",
    "state_at",
    "expected_start",
    "next_start",
    "started",
    "ended",
    "attempts",
    "spent",
    "facet",
    "updated",
)
