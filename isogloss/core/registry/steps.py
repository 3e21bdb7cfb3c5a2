"""Steps that clients report after the fact: upserts by an id that the client gives.

Reports come late, twice and in any order. The newest state wins; each state is kept in the history once. A report
touches only steps of its own dialect and project; any other is dropped and logged, for there is nobody to answer.
"""

import logging
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Instant, Json, Project, Property, Run, RunState
from isogloss.core.ports import Writer
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import follow_tags
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.runs import RUN, STEP

logger = logging.getLogger("isogloss.steps")


class StepReport(Struct, frozen=True, kw_only=True):
    """A step's new state, and how the step stands with it, as the client says. Times it does not give are None.

    ``details`` makes the state's details for the id that the step turns out to have, ``facet`` the step's facet from
    the one that it had, if any; ``properties`` are the (name, value) rows of its dialect.
    """

    dialect: str
    run_id: str | None
    position: str | None
    name: str
    state: RunState
    details: Callable[[str], Json]
    facet: Callable[[Json | None], Json]
    expected_start: Instant | None = None
    next_start: Instant | None = None
    started: Instant | None = None
    ended: Instant | None = None
    attempts: int = 0
    spent: int = 0
    tags: Json = "[]"
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def step_id(self) -> str:
        """The step's id as the client gives it."""
        return self.state.run_id


async def record_steps(registry: Registry, caller: Principal, project: Project, reports: Sequence[StepReport]) -> None:
    """Write reports, all in one transaction, steps in the order of their ids. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    if not reports:
        return
    by_step: dict[str, list[StepReport]] = {}
    for report in sorted(reports, key=lambda report: (report.step_id, report.state.at)):
        by_step.setdefault(report.step_id, []).append(report)

    async def work(unit: Writer) -> None:
        parents = await _parents(unit, project, reports)
        for step_id, history in by_step.items():
            if history[-1].run_id is not None and history[-1].run_id not in parents:
                _dropped(step_id, "its run is not known")
                continue
            await _record(registry, unit, caller, project, step_id, history)

    await registry.store.write(work)


async def _parents(unit: Writer, project: Project, reports: Iterable[StepReport]) -> set[str]:
    wanted = sorted({report.run_id for report in reports if report.run_id is not None})
    if not wanted:
        return set()
    found = await unit.find(Run, id=wanted)
    return {run.id for run in found if run.role == RUN and run.project_id == project.id}


async def _record(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    step_id: str,
    history: Sequence[StepReport],
) -> None:
    newest = history[-1]
    step = await _existing(unit, step_id, newest)
    if step is None:
        made = _made(registry, caller, project, step_id, newest)
        if await unit.add_if_absent(made):
            await unit.add(*properties_of("run", made, newest.properties))
            await follow_tags(registry, unit, made)
            await _keep_states(unit, step_id, history)
            return
        # Another report of the same step came between; it is there now, and waits no longer.
        step = await _existing(unit, step_id, newest)
    if step is None or step.role != STEP or step.dialect != newest.dialect or step.project_id != project.id:
        _dropped(step_id, "its id or its place is taken by another kind of run")
        return
    if step.state_at is None or step.state_at < newest.state.at:
        changed = _changed(step, newest, registry.clock())
        await unit.change(Run, {"id": step.id}, **{name: getattr(changed, name) for name in _CHANGING})
        await unit.remove(Property, entity="run", entity_id=step.id, dialect=step.dialect)
        await unit.add(*properties_of("run", step, newest.properties))
        await follow_tags(registry, unit, changed, step.tags)
    await _keep_states(unit, step.id, history)


async def _existing(unit: Writer, step_id: str, report: StepReport) -> Run | None:
    """The step of this id, or the one that has the report's place in its run."""
    step = await unit.lock(Run, id=step_id)
    if step is not None or report.run_id is None or report.position is None:
        return step
    return await unit.lock(Run, parent_id=report.run_id, position=report.position)


async def _keep_states(unit: Writer, step_id: str, history: Sequence[StepReport]) -> None:
    for report in history:
        await unit.add_if_absent(replace(report.state, run_id=step_id, details=report.details(step_id)))


_CHANGING = (
    "parent_id",
    "position",
    "name",
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
    "tags",
    "facet",
    "updated",
)


def _changed(step: Run, report: StepReport, now: Instant) -> Run:
    """A step as its newest report has it. A time that the report leaves out stays as it was known."""
    state = report.state
    return replace(
        step,
        parent_id=report.run_id,
        position=report.position,
        name=report.name,
        state_id=state.id,
        state_type=state.type,
        state_name=state.name,
        state_at=state.at,
        expected_start=step.expected_start if report.expected_start is None else report.expected_start,
        next_start=step.next_start if report.next_start is None else report.next_start,
        started=step.started if report.started is None else report.started,
        ended=step.ended if report.ended is None else report.ended,
        attempts=report.attempts,
        spent=report.spent,
        tags=report.tags,
        facet=report.facet(step.facet),
        updated=now,
    )


def _made(registry: Registry, caller: Principal, project: Project, step_id: str, report: StepReport) -> Run:
    now = registry.clock()
    blank = Run(
        id=step_id,
        project_id=project.id,
        dialect=report.dialect,
        role=STEP,
        workflow_id=None,
        deployment_id=None,
        parent_id=report.run_id,
        position=report.position,
        key=None,
        name=report.name,
        metadata=None,
        state_id=None,
        state_type=None,
        state_name=None,
        state_at=None,
        expected_start=None,
        next_start=None,
        started=None,
        ended=None,
        attempts=0,
        spent=0,
        tags=report.tags,
        facet=None,
        author_id=caller.user_id,
        created=now,
        updated=now,
        deleted=None,
    )
    return _changed(blank, report, now)


def _dropped(step_id: str, reason: str) -> None:
    logger.warning("a report of step %s is dropped: %s", step_id, reason)
