"""Runs and their steps: create, change state, rename, delete, list.

What a state change may be is the dialect's matter: it hands in a pure function that decides over the run as it stands,
and whatever that function lets happen is written in the same transaction, under the run's lock.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import (
    Instant,
    Json,
    LogLine,
    MetadataEntry,
    Project,
    Property,
    Record,
    RecordLink,
    Run,
    RunState,
    Version,
    Workflow,
)
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Query
from isogloss.core.registry import tags
from isogloss.core.registry.artifacts import BySlug
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import follow_tags
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.versions import VersionDraft, write_version

RUN, STEP = "run", "step"
"""The roles of a ``Run``."""

SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING = "SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"
COMPLETED, FAILED, CANCELLED, CRASHED = "COMPLETED", "FAILED", "CANCELLED", "CRASHED"
STATE_TYPES = (SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING, COMPLETED, FAILED, CANCELLED, CRASHED)
"""What ``state_type`` may be, whatever words a dialect has for it; its own word goes into ``state_name``."""

FINAL = frozenset({COMPLETED, FAILED, CANCELLED, CRASHED})


class Result(Struct, frozen=True, kw_only=True):
    """The data of a state that becomes a version, of the artifact with this slug or of a nameless one."""

    version: VersionDraft
    slug: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """What a decision lets happen to a run: how it will stand, and the state it enters, if any.

    ``result`` is kept as a version to which the state then points. ``properties`` null leaves the rows as they are.
    """

    run: Run
    state: RunState | None = None
    result: Result | None = None
    properties: tuple[tuple[str, str], ...] | None = None


class Kin(Struct, frozen=True, kw_only=True):
    """The rows around a run in the making. ``parent`` is the run of a step, or the step that calls a run."""

    workflow: Workflow | None = None
    deployment: Workflow | None = None
    parent: Run | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """A run with its newest state and that state's data."""

    run: Run
    state: RunState | None
    data: Json | None


Make: TypeAlias = Callable[[Run, Kin], Change]
"""Completes a new run that has its ids, names and times, and lets it enter its first state."""

Decide: TypeAlias = Callable[[Standing, Workflow | None], Change]
"""Says what becomes of a run that somebody wants to change: of (run as it stands, its deployment if that exists)."""

Mirror: TypeAlias = Callable[[Run, Run, RunState, Json | None], Change]
"""What becomes of a step when the run that it called enters a state: of (step, run, state, data)."""


class RunDraft(Struct, frozen=True, kw_only=True):
    """What a client says of a run that it wants made.

    ``key`` and ``position`` make the wish repeatable: the run that has them already is the answer. Times are left to
    the states.
    """

    dialect: str
    role: str
    name: str
    id: str | None = None
    workflow_id: str | None = None
    deployment_id: str | None = None
    parent_id: str | None = None
    position: str | None = None
    key: str | None = None
    tags: Json = "[]"


async def create_run(
    registry: Registry,
    caller: Principal,
    project: Project,
    draft: RunDraft,
    make: Make,
    mirror: Mirror | None = None,
    find_deployment: bool = False,
) -> tuple[Standing, bool]:
    """Make a run in its first state, unless one with its key or position exists; tells whether it was made.

    The workflow and the parent that the draft names must exist, and the deployment where ``find_deployment`` says so.
    Raises ``Denied``, ``Conflict`` for a missing workflow or parent and for an id that is taken, and ``NotFound`` for
    a missing deployment.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> tuple[Standing, bool]:
        kin = await _kin(unit, project, draft, find_deployment)
        existing = await _existing(unit, draft, kin)
        if existing is not None:
            return await standing_of(unit, existing), False
        now = registry.clock()
        workflow_id = None if kin.workflow is None else kin.workflow.id
        change = make(blank_run(registry, caller, project, replace(draft, workflow_id=workflow_id), now), kin)
        run = change.run
        if not await unit.add_if_absent(run):
            existing = await _existing(unit, draft, kin)
            if existing is None:
                raise Conflict(f"The id {run.id!r} is taken.")
            return await standing_of(unit, existing), False
        await unit.add(*properties_of("run", run, change.properties or ()))
        await follow_tags(registry, unit, run)
        data = await _write_state(registry, unit, caller, project, change)
        if mirror is not None and kin.parent is not None and change.state is not None:
            await _write(registry, unit, caller, project, mirror(kin.parent, run, change.state, data))
        return Standing(run=run, state=change.state, data=data), True

    return await registry.store.write(work)


async def change_run(
    registry: Registry,
    caller: Principal,
    project: Project,
    run_id: str,
    decide: Decide,
    mirror: Mirror | None = None,
    role: str = RUN,
) -> Standing:
    """Let ``decide`` change a run, under its lock, and write what it lets happen; ``mirror`` says what the step that
    called the run becomes by a new state.

    Answers the run as it then stands. Raises ``Denied``, ``NotFound``, and whatever ``decide`` raises.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> Standing:
        run = await unit.lock(Run, id=run_id)
        if run is None or run.role != role or run.project_id != project.id:
            raise NotFound(role, run_id)
        before = await standing_of(unit, run)
        deployment = None if run.deployment_id is None else await unit.get(Workflow, id=run.deployment_id)
        change = decide(before, deployment)
        data = await _write(registry, unit, caller, project, change)
        await follow_tags(registry, unit, change.run, run.tags)
        if change.state is None:
            return replace(before, run=change.run)
        if mirror is not None and run.parent_id is not None:
            step = await unit.lock(Run, id=run.parent_id)
            if step is not None:
                await _write(registry, unit, caller, project, mirror(step, change.run, change.state, data))
        return Standing(run=change.run, state=change.state, data=data)

    return await registry.store.write(work)


async def delete_run(registry: Registry, caller: Principal, project: Project, run_id: str) -> None:
    """Delete a run with its steps, their histories and their logs. Versions stay, and so do runs that its steps called.

    Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> None:
        run = await unit.lock(Run, id=run_id)
        if run is None or run.role != RUN or run.project_id != project.id:
            raise NotFound(RUN, run_id)
        await remove_runs(registry, unit, [run.id])

    await registry.store.write(work)


async def remove_runs(registry: Registry, unit: Writer, run_ids: Sequence[str]) -> None:
    """As ``delete_run``, for several at once and within a unit of work that does more.

    Their tags and metadata go along, and so do the records that belong to them.
    """
    if not run_ids:
        return
    ids = list(run_ids)
    steps = [step.id for step in await unit.find(Run, parent_id=ids, role=STEP)]
    gone = [*steps, *ids]
    if steps:
        await unit.change(Run, {"parent_id": steps}, parent_id=None)
    await tags.remove_links(registry, unit, "run", gone)
    await unit.remove(MetadataEntry, entity="run", entity_id=gone)
    await unit.remove(Property, entity="run", entity_id=gone)
    await unit.remove(RecordLink, entity="run", entity_id=gone)
    await unit.remove(Record, parent_id=gone)
    await unit.remove(LogLine, run_id=ids)
    await unit.remove(Run, id=gone)


async def get_run(registry: Registry, caller: Principal, project: Project, run_id: str, role: str = RUN) -> Standing:
    """The run or step of this id as it stands, whatever dialect wrote it. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> Standing:
        run = await unit.get(Run, id=run_id)
        if run is None or run.role != role or run.project_id != project.id:
            raise NotFound(role, run_id)
        return await standing_of(unit, run)

    return await registry.store.read(work)


async def get_step(
    registry: Registry, caller: Principal, project: Project, step_id: str
) -> tuple[Standing, Run | None]:
    """The step of this id as it stands, with the run that it is part of. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> tuple[Standing, Run | None]:
        step = await unit.get(Run, id=step_id)
        if step is None or step.role != STEP or step.project_id != project.id:
            raise NotFound(STEP, step_id)
        run = None if step.parent_id is None else await unit.get(Run, id=step.parent_id)
        return await standing_of(unit, step), run

    return await registry.store.read(work)


async def list_runs(registry: Registry, caller: Principal, query: Query) -> list[Standing]:
    """The page of runs that a query over the source ``run`` asks for, each with its newest state.

    The query's fields are of no matter: whole runs are read. Three statements at most. Raises ``Denied``.
    """
    require(caller, Role.VIEWER)
    return await registry.store.read(lambda unit: _page(unit, query))


async def list_and_count_runs(registry: Registry, caller: Principal, query: Query) -> tuple[list[Standing], int]:
    """As ``list_runs``, with the number of all runs that satisfy the query. Raises ``Denied``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> tuple[list[Standing], int]:
        return await _page(unit, query), await unit.count(query)

    return await registry.store.read(work)


async def _page(unit: Reader, query: Query) -> list[Standing]:
    found = await whole_runs(unit, query)
    wanted = [run.state_id for run in found if run.state_id is not None]
    states = {state.id: state for state in await unit.find(RunState, id=wanted)} if wanted else {}
    kept = [state.version_id for state in states.values() if state.version_id is not None]
    data = {version.id: version.data for version in await unit.find(Version, id=kept)} if kept else {}
    return [_standing(run, states.get(run.state_id or ""), data) for run in found]


async def whole_runs(unit: Reader, query: Query) -> list[Run]:
    """The page of runs that a query over the source ``run`` asks for, whatever its fields."""
    names = Run.__struct_fields__
    return [Run(**dict(zip(names, row, strict=True))) for row in await unit.rows(replace(query, fields=names))]


async def standing_of(unit: Reader, run: Run) -> Standing:
    """A run with its newest state and that state's data: two statements at most."""
    state = None if run.state_id is None else await unit.get(RunState, id=run.state_id)
    version = None if state is None or state.version_id is None else await unit.get(Version, id=state.version_id)
    return _standing(run, state, {} if version is None else {version.id: version.data})


def entered(run: Run, state: RunState, scheduled: Instant | None = None, *, counts: bool = True) -> Run:
    """A run's columns once it has entered a state.

    It starts when it first runs or ends, ends with a final state (again, after it left one), spends time while it runs,
    and counts an attempt each time it begins to run, unless ``counts`` is false. ``scheduled`` is when a scheduled
    state means to begin.
    """
    started, ended, next_start = run.started, run.ended, run.next_start
    if state.type == RUNNING and started is None:
        started = state.at
    if state.type in FINAL:
        if ended is None:
            started, ended = state.at if started is None else started, state.at
    elif run.state_type in FINAL:
        ended = None
    if run.state_type == SCHEDULED:
        next_start = None
    if state.type == SCHEDULED:
        next_start = scheduled
    expected = run.expected_start
    if expected is None:
        expected = scheduled if state.type == SCHEDULED else state.at
    spent = run.spent
    if run.state_type == RUNNING and run.state_at is not None:
        spent += state.at - run.state_at
    return replace(
        run,
        state_id=state.id,
        state_type=state.type,
        state_name=state.name,
        state_at=state.at,
        expected_start=expected,
        next_start=next_start,
        started=started,
        ended=ended,
        attempts=run.attempts + (state.type == RUNNING and counts),
        spent=spent,
    )


def after_state(now: Instant, run: Run) -> Instant:
    """The time of a run's next state: now, but later than its newest state's, so that no two share a time."""
    return now if run.state_at is None else max(now, run.state_at + 1)


def _standing(run: Run, state: RunState | None, data: dict[str, Json | None]) -> Standing:
    if state is None:
        return Standing(run=run, state=None, data=None)
    return Standing(run=run, state=state, data=state.data if state.version_id is None else data.get(state.version_id))


async def _kin(unit: Writer, project: Project, draft: RunDraft, find_deployment: bool) -> Kin:
    workflow = deployment = parent = None
    workflow_id = draft.workflow_id
    if draft.deployment_id is not None:
        deployment = await unit.get(Workflow, id=draft.deployment_id)
        if deployment is not None and (deployment.role != "deployment" or deployment.project_id != project.id):
            deployment = None
        if deployment is None and find_deployment:
            raise NotFound("deployment", draft.deployment_id)
        if deployment is not None and workflow_id is None:
            workflow_id = deployment.parent_id
    if workflow_id is not None:
        workflow = await unit.get(Workflow, id=workflow_id)
        if workflow is None or workflow.role != "workflow" or workflow.project_id != project.id:
            raise Conflict(f"No workflow has the id {workflow_id!r}.")
    if draft.parent_id is not None:
        parent = await unit.lock(Run, id=draft.parent_id)
        if parent is None or parent.role == draft.role or parent.project_id != project.id:
            raise Conflict(f"No {STEP if draft.role == RUN else RUN} has the id {draft.parent_id!r}.")
    return Kin(workflow=workflow, deployment=deployment, parent=parent)


async def _existing(unit: Writer, draft: RunDraft, kin: Kin) -> Run | None:
    if draft.key is not None and kin.workflow is not None:
        return await unit.get(Run, workflow_id=kin.workflow.id, key=draft.key)
    if draft.position is not None:
        same = await unit.find(Run, parent_id=draft.parent_id, position=draft.position)
        return same[0] if same else None
    return None


def blank_run(registry: Registry, caller: Principal, project: Project, draft: RunDraft, now: Instant) -> Run:
    """The run that a draft describes, made now and in no state yet."""
    return Run(
        id=draft.id or registry.new_id(),
        project_id=project.id,
        dialect=draft.dialect,
        role=draft.role,
        workflow_id=draft.workflow_id,
        deployment_id=draft.deployment_id,
        parent_id=draft.parent_id,
        position=draft.position,
        key=draft.key,
        name=draft.name,
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
        tags=draft.tags,
        facet=None,
        author_id=caller.user_id,
        created=now,
        updated=now,
        deleted=None,
    )


async def _write(registry: Registry, unit: Writer, caller: Principal, project: Project, change: Change) -> Json | None:
    """Write a change of a run that exists; answers the data of the state it entered."""
    run = change.run
    data = await _write_state(registry, unit, caller, project, change)
    await unit.change(Run, {"id": run.id}, **{name: getattr(run, name) for name in _CHANGING})
    if change.properties is not None:
        await unit.remove(Property, entity="run", entity_id=run.id, dialect=run.dialect)
        await unit.add(*properties_of("run", run, change.properties))
    return data


_CHANGING = (
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


async def _write_state(
    registry: Registry, unit: Writer, caller: Principal, project: Project, change: Change
) -> Json | None:
    state = change.state
    if state is None:
        return None
    if change.result is None:
        await unit.add(state)
        return state.data
    draft, slug = change.result.version, change.result.slug
    target = None if slug is None else BySlug(slug)
    version = await write_version(registry, unit, caller, project, draft, target)
    await unit.add(replace(state, data=None, version_id=version.id))
    return draft.data
