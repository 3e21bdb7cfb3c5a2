"""Snapshots: pipelines as they are configured to be run."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import run_wire, wire
from isogloss.adapters.zenml.around import tags_of, users_of
from isogloss.adapters.zenml.bodies.snapshots import SnapshotRequest, SnapshotUpdate
from isogloss.adapters.zenml.code_repository_translate import code_reference
from isogloss.adapters.zenml.failures import Absent
from isogloss.adapters.zenml.filters.runs import SNAPSHOTS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import Resource, checked_name, list_page, lock
from isogloss.adapters.zenml.run_around import SNAPSHOT, STACK, latest_runs_of, repositories_of, stacks_of, workflows_of
from isogloss.adapters.zenml.run_facets import facet_text, snapshot_facet
from isogloss.adapters.zenml.run_translate import lean_pipeline, snapshot_body, snapshot_metadata, status
from isogloss.adapters.zenml.snapshots import add_steps, name_key, remove_snapshots, snapshot_draft, steps_of
from isogloss.adapters.zenml.tagging import attach_given, detach_named
from isogloss.core.model import Record, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records, workflows
from isogloss.core.registry.lineage import release
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.runs import RUN, remove_runs

_CREATE = Body.of(SnapshotRequest)
_UPDATE = Body.of(SnapshotUpdate)


async def create_snapshot(call: Call, unit: Writer) -> run_wire.Snapshot:
    """A new snapshot."""
    body: SnapshotRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    body = body.model_copy(update={"project": project.id})
    pipeline = await workflows.lock_workflow(unit, call.caller, DIALECT, body.pipeline)
    if pipeline.project_id != project.id:
        raise Absent(f"No pipeline with ID '{pipeline.id}' exists in the project '{project.name}'.")
    await records.get_record(unit, call.caller, DIALECT, STACK, body.stack)
    name = checked_name("snapshot", body.name) if isinstance(body.name, str) else None
    if name is not None and body.replace:
        await _release_name(call, unit, pipeline.id, name)
    draft, steps = snapshot_draft(call, body, name)
    made = await records.create_record(call.registry, unit, call.caller, draft)
    await add_steps(call, unit, made, steps)
    await attach_given(call, unit, body.tags, made)
    return (await _show(call, unit, [made], True))[0]


async def list_snapshots(call: Call, unit: Reader) -> wire.Page:
    """A page of snapshots."""
    return await list_page(call, unit, RESOURCE)


async def read_snapshot(call: Call, unit: Reader) -> run_wire.Snapshot:
    """One snapshot by its id; with all steps, or those asked for."""
    query = call.query()
    record = await records.get_record(unit, call.caller, DIALECT, SNAPSHOT, call.path_id("id"))
    found = await _show(
        call,
        unit,
        [record],
        flag(query, "hydrate", True),
        names=query.get("step_configuration_filter", ()),
        packages=flag(query, "include_python_packages", False),
    )
    return found[0]


async def update_snapshot(call: Call, unit: Writer) -> run_wire.Snapshot:
    """A snapshot, changed in its name, description and tags; what it says of the pipeline stays."""
    body: SnapshotUpdate = _UPDATE.read(call)
    record = await lock(call, unit, RESOURCE)
    facet, name = snapshot_facet(record.body), record.name
    if body.description:
        facet = replace(facet, description=body.description)
    if isinstance(body.name, str):
        name = checked_name("snapshot", body.name)
        if body.replace and name != record.name:
            await _release_name(call, unit, record.parent_id or "", name)
    elif body.name is False:
        name = None
    key = name_key(record.parent_id or "", name)
    changed = await records.change_record(call.registry, unit, record, key=key, name=name, body=facet_text(facet))
    await attach_given(call, unit, body.add_tags, changed)
    await detach_named(call, unit, body.remove_tags, changed)
    return (await _show(call, unit, [changed], True))[0]


async def delete_snapshot(call: Call, unit: Writer) -> None:
    """A snapshot, removed with the runs of it. What they made stays."""
    record = await lock(call, unit, RESOURCE)
    runs = [run.id for run in await unit.find(Run, deployment_id=record.id, role=RUN)]
    await release(unit, runs, "completed")
    await remove_runs(call.registry, unit, runs)
    await remove_snapshots(call, unit, [record])


async def _release_name(call: Call, unit: Writer, pipeline_id: str, name: str) -> None:
    """Take a name from the snapshot that has it; the runs of it keep theirs."""
    found = await unit.get(Record, dialect=DIALECT, kind=SNAPSHOT, key=name_key(pipeline_id, name))
    if found is not None:
        taken = await records.lock_record(unit, call.caller, DIALECT, SNAPSHOT, found.id)
        await records.change_record(call.registry, unit, taken, key=None, name=None)


async def _show(
    call: Call,
    unit: Reader,
    found: Sequence[Record],
    hydrate: bool,
    *,
    names: Sequence[str] = (),
    packages: bool = False,
) -> list[run_wire.Snapshot]:
    """Snapshots with what they refer to: seven statements at most, eight hydrated."""
    ids = [record.id for record in found]
    facets = [snapshot_facet(record.body) for record in found]
    latest = await latest_runs_of(unit, ids)
    users = await users_of(unit, [*(record.author_id for record in found), *(run.author_id for run in latest.values())])
    tags = await tags_of(unit, "record", ids)
    pipelines = await workflows_of(unit, (record.parent_id for record in found))
    stacks = await stacks_of(unit, (facet.stack for facet in facets))
    repositories = await repositories_of(unit, (facet.code_reference for facet in facets))
    steps = await steps_of(unit, ids, names) if hydrate and ids else {}
    shown: list[run_wire.Snapshot] = []
    for record, facet in zip(found, facets, strict=True):
        pipeline, newest = pipelines.get(record.parent_id or ""), latest.get(record.id)
        resources = run_wire.SnapshotResources(
            user=users.get(record.author_id or ""),
            pipeline=None if pipeline is None else lean_pipeline(pipeline),
            stack=stacks.get(facet.stack or ""),
            code_reference=code_reference(facet.code_reference, repositories, record.created),
            tags=tags.get(record.id, []),
            latest_run_id=None if newest is None else newest.id,
            latest_run_status=None if newest is None else status(newest),
            latest_run_user=None if newest is None else users.get(newest.author_id or ""),
        )
        metadata = snapshot_metadata(facet, steps.get(record.id, {}), packages=packages) if hydrate else None
        shown.append(run_wire.Snapshot(snapshot_body(record), metadata, resources, record.id, record.name))
    return shown


async def _show_page(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[Any]:
    return list(await _show(call, unit, found, hydrate))


RESOURCE = Resource(kind=SNAPSHOT, shape=SNAPSHOTS, show=_show_page, in_project=True)

ROUTES: tuple[Route, ...] = (
    Write("POST", "/pipeline_snapshots", create_snapshot),
    Read("GET", "/pipeline_snapshots", list_snapshots),
    Read("GET", "/pipeline_snapshots/{id:str}", read_snapshot),
    Write("PUT", "/pipeline_snapshots/{id:str}", update_snapshot),
    Write("DELETE", "/pipeline_snapshots/{id:str}", delete_snapshot),
)
