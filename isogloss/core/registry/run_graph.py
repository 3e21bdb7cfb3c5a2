"""All that happened within one run: its states, its steps, the runs that these called, and the versions they made."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Project, Run, RunLink, RunState, Workflow
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.registry.runs import RUN, STEP, whole_runs
from isogloss.core.renderings import PROGRESS

MADE_FIELDS = (
    *("id", "created", "artifact.slug", "dialect", "form", "internal", "producer_step", "artifact.head_version_id"),
)
"""What is read of a version that a run made: never its data, which may be large."""


class MadeVersion(Struct, frozen=True):
    """A version that a run made, or one of its steps. ``data`` is read of progress only."""

    id: str
    created: int
    slug: str | None
    dialect: str
    form: str | None
    internal: bool
    step_id: str | None
    newest_id: str | None
    data: str | None = None


class RunGraph(Struct, frozen=True, kw_only=True):
    """A run with what it consists of, each in the order of time.

    ``called`` are the runs that its steps called, ``workflow_names`` the names of those runs' workflows by their ids,
    and ``links`` what its steps made and used.
    """

    run: Run
    states: list[RunState]
    steps: list[Run]
    called: list[Run]
    workflow_names: dict[str, str]
    links: list[RunLink]
    versions: list[MadeVersion]


async def read_graph(
    registry: Registry, caller: Principal, project: Project, run_id: str, *, most_steps: int, most_versions: int
) -> RunGraph:
    """A run's graph, of at most so many steps and versions, the oldest of them.

    Eight statements at most. Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.VIEWER)
    steps = Query(
        source="run",
        fields=(),
        project_id=project.id,
        where=all_of(Compare("parent_id", Operator.EQ, run_id), Compare("role", Operator.EQ, STEP)),
        sort=Sort("began"),
        limit=most_steps,
    )
    versions = Query(
        source="version",
        fields=MADE_FIELDS,
        project_id=project.id,
        where=Compare("producer_run", Operator.EQ, run_id),
        sort=Sort("created"),
        limit=most_versions,
    )

    async def work(unit: Reader) -> RunGraph:
        run = await unit.get(Run, id=run_id)
        if run is None or run.role != RUN or run.project_id != project.id:
            raise NotFound(RUN, run_id)
        states = await unit.find(RunState, run_id=run.id)
        found = await whole_runs(unit, steps)
        ids = [step.id for step in found]
        called = await unit.find(Run, parent_id=ids, role=RUN) if ids else []
        workflow_ids = sorted({each.workflow_id for each in called if each.workflow_id is not None})
        workflows = await unit.find(Workflow, id=workflow_ids) if workflow_ids else []
        return RunGraph(
            run=run,
            states=sorted(states, key=lambda state: (state.at, state.id)),
            steps=found,
            called=called,
            workflow_names={workflow.id: workflow.name for workflow in workflows},
            links=await unit.find(RunLink, run_id=ids) if ids else [],
            versions=await _with_progress(unit, [MadeVersion(*row) for row in await unit.rows(versions)], project),
        )

    return await registry.store.read(work)


async def _with_progress(unit: Reader, made: list[MadeVersion], project: Project) -> list[MadeVersion]:
    ids = tuple(version.id for version in made if version.form == PROGRESS)
    if not ids:
        return made
    query = Query(source="version", fields=("id", "data"), project_id=project.id, where=AnyOf("id", ids))
    data: dict[str, Any] = dict(await unit.rows(query))
    return [replace(version, data=data.get(version.id)) for version in made]
