"""Pipelines."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import tags_of, users_of
from isogloss.adapters.zenml.bodies.runs import PipelineRequest, PipelineUpdate
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.runs import PIPELINES
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.records import checked_name
from isogloss.adapters.zenml.run_around import SNAPSHOT, runs_of
from isogloss.adapters.zenml.run_facets import PipelineFacet, facet_text, pipeline_facet
from isogloss.adapters.zenml.run_translate import pipeline
from isogloss.adapters.zenml.snapshots import remove_snapshots
from isogloss.adapters.zenml.tagging import attach_given, detach_named
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, Run, Workflow
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, all_of
from isogloss.core.registry import workflows
from isogloss.core.registry.lineage import release
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.runs import RUN, remove_runs
from isogloss.core.registry.workflows import WORKFLOW, WorkflowDraft

_CREATE = Body.of(PipelineRequest)
_UPDATE = Body.of(PipelineUpdate)

_FIELDS = (*Workflow.__struct_fields__, "latest_run")


async def create_pipeline(call: Call, unit: Writer) -> wire.Named:
    """A new pipeline."""
    body: PipelineRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    draft = WorkflowDraft(
        dialect=DIALECT,
        role=WORKFLOW,
        name=checked_name("pipeline", body.name),
        facet=facet_text(PipelineFacet(description=body.description)),
    )
    made = await workflows.create_workflow(call.registry, unit, call.caller, project, draft)
    await attach_given(call, unit, body.tags, made)
    return await _show(unit, made.id, hydrate=True)


async def read_pipeline(call: Call, unit: Reader) -> wire.Named:
    """One pipeline by its id."""
    require(call.caller, Role.VIEWER)
    return await _show(unit, call.path_id("id"), hydrate=flag(call.query(), "hydrate", True))


async def list_pipelines(call: Call, unit: Reader) -> wire.Page:
    """A page of pipelines."""
    require(call.caller, Role.VIEWER)
    given = call.query()
    asked = read_listing(given, PIPELINES)
    project = await project_of(unit, call, given)
    query = asked.query(
        "workflow",
        _FIELDS,
        project.id,
        Compare("role", Operator.EQ, WORKFLOW),
        Compare("dialect", Operator.EQ, DIALECT),
    )
    total = await unit.count(query)
    rows = await unit.rows(query) if total else []
    return paged(asked, total, await _shown(unit, rows, hydrate=asked.hydrate))


async def update_pipeline(call: Call, unit: Writer) -> wire.Named:
    """A pipeline, changed."""
    body: PipelineUpdate = _UPDATE.read(call)
    row = await workflows.lock_workflow(unit, call.caller, DIALECT, call.path_id("id"))
    facet = pipeline_facet(row)
    if body.description is not None:
        facet = replace(facet, description=body.description)
    row = await workflows.change_workflow(call.registry, unit, row, facet=facet_text(facet))
    await attach_given(call, unit, body.add_tags, row)
    await detach_named(call, unit, body.remove_tags, row)
    return await _show(unit, row.id, hydrate=True)


async def delete_pipeline(call: Call, unit: Writer) -> None:
    """A pipeline, removed with its snapshots and runs. What they made stays."""
    row = await workflows.lock_workflow(unit, call.caller, DIALECT, call.path_id("id"))
    runs = [run.id for run in await unit.find(Run, workflow_id=row.id, role=RUN)]
    await release(unit, runs, "completed")
    await remove_runs(call.registry, unit, runs)
    await remove_snapshots(call, unit, await unit.find(Record, dialect=DIALECT, kind=SNAPSHOT, parent_id=row.id))
    await workflows.remove_workflow(call.registry, unit, call.caller, row)


async def _show(unit: Reader, pipeline_id: str, *, hydrate: bool) -> wire.Named:
    where = all_of(
        Compare("id", Operator.EQ, pipeline_id),
        Compare("role", Operator.EQ, WORKFLOW),
        Compare("dialect", Operator.EQ, DIALECT),
    )
    rows = await unit.rows(Query(source="workflow", fields=_FIELDS, project_id=None, where=where))
    if not rows:
        raise NotFound(WORKFLOW, pipeline_id)
    return (await _shown(unit, rows, hydrate=hydrate))[0]


async def _shown(unit: Reader, rows: Sequence[tuple[object, ...]], *, hydrate: bool) -> list[wire.Named]:
    """Pipelines with what they refer to: three statements at most."""
    found = [_workflow(row[:-1]) for row in rows]
    newest = [str(row[-1]) if row[-1] is not None else None for row in rows]
    latest = await runs_of(unit, newest)
    users = await users_of(unit, [*(row.author_id for row in found), *(run.author_id for run in latest.values())])
    tags = await tags_of(unit, "workflow", [row.id for row in found])
    return [
        pipeline(row, latest.get(run_id or ""), users, tags.get(row.id, ()), hydrate=hydrate)
        for row, run_id in zip(found, newest, strict=True)
    ]


def _workflow(row: Sequence[Any]) -> Workflow:
    return Workflow(**dict(zip(Workflow.__struct_fields__, row, strict=True)))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/pipelines", create_pipeline),
    Read("GET", "/pipelines", list_pipelines),
    Read("GET", "/pipelines/{id:str}", read_pipeline),
    Write("PUT", "/pipelines/{id:str}", update_pipeline),
    Write("DELETE", "/pipelines/{id:str}", delete_pipeline),
)
