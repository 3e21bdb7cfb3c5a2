"""Workflows and the prepared ways of running them (deployments): ensure, upsert, read, list, delete."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Json, Project, Property, Run, Workflow
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Operator, Query, all_of
from isogloss.core.registry import tags
from isogloss.core.registry.context import Registry
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.runs import SCHEDULED, remove_runs

WORKFLOW, DEPLOYMENT = "workflow", "deployment"
"""The roles of a ``Workflow``."""


class WorkflowDraft(Struct, frozen=True, kw_only=True):
    """What a client says of a workflow. ``properties`` are the (name, value) rows its dialect looks it up by."""

    dialect: str
    role: str
    name: str
    parent_id: str | None = None
    tags: Json = "[]"
    facet: Json | None = None
    properties: tuple[tuple[str, str], ...] = ()


Completion: TypeAlias = Callable[[WorkflowDraft, Workflow, Workflow | None], WorkflowDraft]
"""Writes a deployment's draft to its end, from its parent and from the deployment as it was, if it was."""


async def ensure_workflow(
    registry: Registry, caller: Principal, project: Project, draft: WorkflowDraft
) -> tuple[Workflow, bool]:
    """The workflow of this dialect, role and name, made if there was none; tells whether it was made.

    One that exists stays as it is. Raises ``Denied``.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> tuple[Workflow, bool]:
        return await _ensure(registry, unit, caller, project, draft)

    return await registry.store.write(work)


async def put_deployment(
    registry: Registry, caller: Principal, project: Project, draft: WorkflowDraft, complete: Completion
) -> tuple[Workflow, bool]:
    """The deployment of this name of the draft's parent, made or changed; tells whether it was made.

    Raises ``Denied``, and ``Conflict`` when the parent is no workflow of the project.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> tuple[Workflow, bool]:
        parent = await unit.lock(Workflow, id=draft.parent_id)
        if parent is None or parent.role != WORKFLOW or parent.project_id != project.id:
            raise Conflict(f"No workflow has the id {draft.parent_id!r}.")
        existing = await unit.get(Workflow, parent_id=parent.id, role=DEPLOYMENT, name=draft.name)
        full = complete(draft, parent, existing)
        if existing is None:
            return await _ensure(registry, unit, caller, project, full)
        changed = replace(existing, tags=full.tags, facet=full.facet, updated=registry.clock())
        await unit.change(
            Workflow, {"id": existing.id}, tags=changed.tags, facet=changed.facet, updated=changed.updated
        )
        await unit.remove(Property, entity="workflow", entity_id=existing.id, dialect=full.dialect)
        await unit.add(*properties_of("workflow", changed, full.properties))
        return changed, False

    return await registry.store.write(work)


async def create_workflow(
    registry: Registry, unit: Writer, caller: Principal, project: Project, draft: WorkflowDraft
) -> Workflow:
    """Make a workflow, within a unit of work. Raises ``Denied``, and ``Conflict`` for a name that is taken."""
    require(caller, Role.EDITOR)
    workflow, made = await _ensure(registry, unit, caller, project, draft)
    if not made:
        raise Conflict(f"A {draft.role} named {draft.name!r} exists already in the project {project.name!r}.")
    return workflow


async def lock_workflow(unit: Writer, caller: Principal, dialect: str, workflow_id: str) -> Workflow:
    """The workflow of this id, which nobody else changes until the unit ends. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.EDITOR)
    workflow = await unit.lock(Workflow, id=workflow_id)
    if workflow is None or workflow.role != WORKFLOW or workflow.dialect != dialect:
        raise NotFound(WORKFLOW, workflow_id)
    return workflow


async def change_workflow(
    registry: Registry, unit: Writer, workflow: Workflow, *, facet: Json | None, quietly: bool = False
) -> Workflow:
    """Keep another facet of a locked workflow; ``updated`` moves unless it is done ``quietly``."""
    updated = workflow.updated if quietly else max(registry.clock(), workflow.updated + 1)
    await unit.change(Workflow, {"id": workflow.id}, facet=facet, updated=updated)
    return replace(workflow, facet=facet, updated=updated)


async def remove_workflow(registry: Registry, unit: Writer, caller: Principal, workflow: Workflow) -> None:
    """Remove a locked workflow with its tags; its runs are another matter. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    await tags.remove_links(registry, unit, "workflow", [workflow.id])
    await unit.remove(Property, entity="workflow", entity_id=workflow.id)
    await unit.remove(Workflow, id=workflow.id)


async def get_workflow(
    registry: Registry, caller: Principal, project: Project, workflow_id: str, role: str
) -> Workflow:
    """The workflow of this id and role, whatever dialect wrote it. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> Workflow:
        return await _found(unit, project, workflow_id, role)

    return await registry.store.read(work)


async def list_workflows(registry: Registry, caller: Principal, query: Query) -> list[Workflow]:
    """The page of workflows that a query over the source ``workflow`` asks for. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    return await registry.store.read(lambda unit: _page(unit, query))


async def list_and_count_workflows(registry: Registry, caller: Principal, query: Query) -> tuple[list[Workflow], int]:
    """As ``list_workflows``, with the number of all workflows that satisfy the query. Raises ``Denied``."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> tuple[list[Workflow], int]:
        return await _page(unit, query), await unit.count(query)

    return await registry.store.read(work)


async def count_deployments(
    registry: Registry, caller: Principal, project: Project, workflow_ids: Sequence[str]
) -> dict[str, int]:
    """How many deployments each of these workflows has; those that have none are left out. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    query = Query(
        source="workflow",
        fields=(),
        project_id=project.id,
        where=all_of(AnyOf("parent_id", tuple(workflow_ids)), Compare("role", Operator.EQ, DEPLOYMENT)),
    )
    counted = await registry.store.read(lambda unit: unit.count_by(query, ("parent_id",)))
    return dict(counted)


async def next_runs(
    registry: Registry, caller: Principal, project: Project, workflow_ids: Sequence[str]
) -> dict[str, Run]:
    """The scheduled run of each of these workflows that is to start first, by the workflow's id. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    query = Query(
        source="workflow",
        fields=("id", "next_run"),
        project_id=project.id,
        where=AnyOf("id", tuple(workflow_ids)),
    )

    async def work(unit: Reader) -> dict[str, Run]:
        due = {run_id: workflow_id for workflow_id, run_id in await unit.rows(query) if run_id is not None}
        return {due[run.id]: run for run in await unit.find(Run, id=list(due))} if due else {}

    return await registry.store.read(work)


async def delete_deployment(
    registry: Registry,
    caller: Principal,
    project: Project,
    deployment_id: str,
    keep_named: frozenset[str] = frozenset(),
) -> None:
    """Delete a deployment and its runs that are still waiting to start.

    Waiting runs whose state bears one of the names in ``keep_named`` stay. Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)

    async def work(unit: Writer) -> None:
        await _found(unit, project, deployment_id, DEPLOYMENT)
        waiting = await unit.find(Run, deployment_id=deployment_id, state_type=SCHEDULED, attempts=0)
        await remove_runs(registry, unit, [run.id for run in waiting if run.state_name not in keep_named])
        await unit.remove(Property, entity="workflow", entity_id=deployment_id)
        await unit.remove(Workflow, id=deployment_id)

    await registry.store.write(work)


async def _page(unit: Reader, query: Query) -> list[Workflow]:
    names = Workflow.__struct_fields__
    return [Workflow(**dict(zip(names, row, strict=True))) for row in await unit.rows(replace(query, fields=names))]


async def _ensure(
    registry: Registry, unit: Writer, caller: Principal, project: Project, draft: WorkflowDraft
) -> tuple[Workflow, bool]:
    key: dict[str, Any] = {"parent_id": draft.parent_id, "role": draft.role, "name": draft.name}
    if draft.parent_id is None:
        key |= {"project_id": project.id, "dialect": draft.dialect}
    existing = await unit.get(Workflow, **key)
    if existing is not None:
        return existing, False
    now = registry.clock()
    workflow = Workflow(
        id=registry.new_id(),
        project_id=project.id,
        dialect=draft.dialect,
        role=draft.role,
        parent_id=draft.parent_id,
        name=draft.name,
        tags=draft.tags,
        facet=draft.facet,
        author_id=caller.user_id,
        created=now,
        updated=now,
    )
    if not await unit.add_if_absent(workflow):
        taken = await unit.get(Workflow, **key)
        if taken is None:
            raise Conflict(f"The {draft.role} {draft.name!r} was made and deleted at the same time; try again.")
        return taken, False
    await unit.add(*properties_of("workflow", workflow, draft.properties))
    return workflow, True


async def _found(unit: Reader, project: Project, workflow_id: str, role: str) -> Workflow:
    workflow = await unit.get(Workflow, id=workflow_id)
    if workflow is None or workflow.role != role or workflow.project_id != project.id:
        raise NotFound(role, workflow_id)
    return workflow
