"""Pipeline runs."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, dump, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import configurations, wire
from isogloss.adapters.zenml.bodies.runs import ExceptionInfo, RunRequest, RunUpdate
from isogloss.adapters.zenml.failures import Absent, BadValue, Forbidden
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.runs import RUNS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_links import link_run_to_model
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.records import checked_name
from isogloss.adapters.zenml.routes.logs import keep_logs
from isogloss.adapters.zenml.run_around import ENVIRONMENT, SNAPSHOT, around_runs, run_of
from isogloss.adapters.zenml.run_facets import (
    NULL,
    PipelineFacet,
    RunFacet,
    SnapshotFacet,
    facet_text,
    pipeline_facet,
    run_facet,
    snapshot_facet,
)
from isogloss.adapters.zenml.run_translate import DYNAMIC, run, status, step_name
from isogloss.adapters.zenml.snapshots import snapshot_properties
from isogloss.adapters.zenml.states import (
    CACHED,
    COMPUTED,
    FAILS,
    PAUSES,
    PLACEHOLDERS,
    PROVISIONING,
    RESUMING,
    RETRIED,
    RETRYING,
    SKIPPED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    TYPES,
    entering,
)
from isogloss.adapters.zenml.tagging import attach_given, detach_named
from isogloss.adapters.zenml.times import instant
from isogloss.core.access import Role, require
from isogloss.core.errors import Conflict, Ended, NotFound
from isogloss.core.model import Json, Project, Property, Record, Run, Workflow
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, IsNull, Operator, Query, all_of
from isogloss.core.registry import records, workflows
from isogloss.core.registry.lineage import produce, release
from isogloss.core.registry.progress import (
    Entering,
    Plan,
    Planned,
    add_run,
    follow_steps,
    lock_run,
    move_run,
    state_of_steps,
    states_of_steps,
)
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.records import RecordDraft
from isogloss.core.registry.runs import FINAL, PENDING, RUN, STEP, RunDraft, remove_runs

_CREATE = Body.of(RunRequest)
_UPDATE = Body.of(RunUpdate)

_encode = msgspec.json.Encoder().encode

_OF_STEPS = frozenset({CACHED, SKIPPED, RETRYING, RETRIED})
"""Statuses that only steps have."""


async def create_run(call: Call, unit: Writer) -> tuple[Any, bool]:
    """A run: a new one, one that was announced and now begins, or the one that the orchestrator began already.

    Answers it, and whether it is new to the caller, which one that was announced is.
    """
    body: RunRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    snapshot = await records.get_record(unit, call.caller, DIALECT, SNAPSHOT, body.snapshot)
    if snapshot.project_id != project.id:
        raise Absent(f"No snapshot with ID '{snapshot.id}' exists in the project '{project.name}'.")
    # Every step of a remote run asks for it, so they must not wait for each other.
    found = await _begun(unit, snapshot, body.orchestrator_run_id)
    if found is not None:
        return await _show(unit, found.id, hydrate=True), False
    pipeline = await workflows.lock_workflow(unit, call.caller, DIALECT, snapshot.parent_id or "")
    await records.lock_record(unit, call.caller, DIALECT, SNAPSHOT, snapshot.id)
    found = await _begun(unit, snapshot, body.orchestrator_run_id)
    if found is not None:
        return await _show(unit, found.id, hydrate=True), False
    if not body.announces:
        announced = await _announced(unit, snapshot, body.orchestrator_run_id)
        if announced is not None:
            await _begin(call, unit, announced, body)
            return await _show(unit, announced.id, hydrate=True), True
    made = await _create(call, unit, project, pipeline, snapshot, body)
    return await _show(unit, made.id, hydrate=True), True


async def read_run(call: Call, unit: Reader) -> wire.Named:
    """One run by its id."""
    require(call.caller, Role.VIEWER)
    query = call.query()
    return await _show(
        unit,
        call.path_id("id"),
        hydrate=flag(query, "hydrate", True),
        packages=flag(query, "include_python_packages", False),
        with_steps=flag(query, "include_full_metadata", False),
    )


async def list_runs(call: Call, unit: Reader) -> wire.Page:
    """A page of runs, whoever wrote them."""
    require(call.caller, Role.VIEWER)
    given = call.query()
    asked = read_listing(given, RUNS)
    project = await project_of(unit, call, given)
    # Another dialect may have put a run away.
    runs = all_of(Compare("role", Operator.EQ, RUN), IsNull("deleted"))
    query = asked.query("run", Run.__struct_fields__, project.id, runs)
    total = await unit.count(query)
    found = [run_of(row) for row in await unit.rows(query)] if total else []
    around = await around_runs(unit, found, hydrate=asked.hydrate)
    of_steps: dict[str, list[tuple[str, Json]]] = {}
    if asked.hydrate and flag(given, "include_full_metadata", False):
        of_steps = await _metadata_of_steps(unit, [each.id for each in found])
    items = [run(each, around, hydrate=asked.hydrate, metadata_of_steps=of_steps.get(each.id, ())) for each in found]
    return paged(asked, total, items)


async def update_run(call: Call, unit: Writer) -> wire.Named:
    """A run, changed. What state it is in follows from its steps, whatever the client thinks of it."""
    body: RunUpdate = _UPDATE.read(call)
    row = await lock_run(unit, call.caller, call.path_id("id"), RUN, DIALECT)
    if body.status is not None:
        row = await _enter(call, unit, row, body.status, body.status_reason)
    facet = run_facet(row)
    key: str | UnsetType = UNSET
    if body.orchestrator_run_id:
        key = await _checked_key(unit, row, body.orchestrator_run_id)
    if body.exception_info is not None:
        facet = replace(facet, exception_info=exception_text(body.exception_info))
    if body.outputs is not None:
        facet = replace(facet, outputs=body.outputs)
        await produce(unit, row, list(body.outputs.items()))
    row = await move_run(call.registry, unit, row, facet=facet_text(facet), key=key)
    await keep_logs(call, unit, row, body.add_logs or (), "orchestrator")
    await attach_given(call, unit, body.add_tags, row)
    await detach_named(call, unit, body.remove_tags, row)
    return await _show(unit, row.id, hydrate=True)


async def delete_run(call: Call, unit: Writer) -> None:
    """A run, removed with its steps. What they made stays."""
    row = await lock_run(unit, call.caller, call.path_id("id"), RUN)
    if row.dialect == DIALECT:
        await release(unit, [row.id], SUCCEEDED)
    await remove_runs(call.registry, unit, [row.id])


async def read_status(call: Call, unit: Reader) -> str:
    """A run's status."""
    return status(await _found(call, unit))


async def read_configuration(call: Call, unit: Reader) -> Raw:
    """The configuration of a run's pipeline."""
    row = await _found(call, unit)
    shown = run(row, await around_runs(unit, [row], hydrate=True), hydrate=True)
    config: Raw = shown.metadata.config
    return config


async def refresh_run(call: Call, unit: Writer) -> None:
    """Bring a run's state up to its steps'."""
    row = await lock_run(unit, call.caller, call.path_id("id"), RUN)
    if row.dialect == DIALECT:
        await follow(call, unit, row)


async def disable_heartbeat(call: Call, unit: Writer) -> None:
    """Expect no more signs of life from the steps of a run."""
    row = await lock_run(unit, call.caller, call.path_id("id"), RUN, DIALECT)
    await move_run(call.registry, unit, row, facet=facet_text(replace(run_facet(row), heartbeat=False)))


async def follow(call: Call, unit: Writer, row: Run) -> Run:
    """Let a locked run get on as its steps did. The runs of dynamic pipelines say themselves how they stand."""
    facet = run_facet(row)
    if facet.dynamic:
        return row
    return await follow_steps(call.registry, unit, row, COMPUTED, plan_of(unit, row, facet))


def plan_of(unit: Reader, row: Run, facet: RunFacet) -> Planned:
    """What a run is to do: looked up in its snapshot where it goes on after a step failed."""

    async def planned(failed: bool) -> Plan:
        if not failed or not facet.goes_on or row.deployment_id is None:
            return Plan(steps=facet.steps)
        snapshot = await unit.get(Record, id=row.deployment_id)
        spec = None if snapshot is None else snapshot_facet(snapshot.body).pipeline_spec
        return Plan(steps=facet.steps, upstream={} if spec is None or spec == NULL else configurations.upstream(spec))

    return planned


def exception_text(given: ExceptionInfo) -> Raw:
    """How something failed, as it is kept."""
    return Raw(dump(given.model_dump()).encode())


async def _begun(unit: Reader, snapshot: Record, key: str | None) -> Run | None:
    """The run of a snapshot that the orchestrator began under a key."""
    if key is None:
        return None
    found = await unit.get(Run, workflow_id=snapshot.parent_id, key=key)
    if found is None or found.deployment_id != snapshot.id or found.state_name in PLACEHOLDERS:
        return None
    return found


async def _announced(unit: Writer, snapshot: Record, key: str | None) -> Run | None:
    """A run of a snapshot that was announced: the one of the key, else one that has none yet."""
    waiting = await unit.find(Run, deployment_id=snapshot.id, role=RUN, state_type=PENDING)
    fitting = [each for each in waiting if each.key in (None, key) and each.state_name in PLACEHOLDERS]
    fitting.sort(key=lambda each: (each.key is None, each.created, each.id))
    return await unit.lock(Run, id=fitting[0].id) if fitting else None


async def _begin(call: Call, unit: Writer, row: Run, body: RunRequest) -> None:
    """Let an announced run begin. It keeps its id, its name and the time at which it was announced to start."""
    if not body.orchestrator_run_id:
        raise BadValue("An announced run can only begin with an orchestrator_run_id.")
    state = entering(body.status, body.status_reason)
    await move_run(call.registry, unit, row, state, key=body.orchestrator_run_id)
    await _keep_environment(call, unit, row, body)
    await attach_given(call, unit, body.tags, row)


async def _create(
    call: Call, unit: Writer, project: Project, pipeline: Workflow, snapshot: Record, body: RunRequest
) -> Run:
    name = checked_name("pipeline run", body.name)
    await _check_name(unit, project, name)
    if body.orchestrator_run_id is not None:
        await _check_key_is_free(unit, pipeline.id, body.orchestrator_run_id)
    kept = snapshot_facet(snapshot.body)
    configuration = configurations.read_pipeline(kept.pipeline_configuration)
    facet = await _facet(unit, body, snapshot, kept, configuration, pipeline_facet(pipeline))
    draft = RunDraft(
        dialect=DIALECT,
        role=RUN,
        name=name,
        workflow_id=pipeline.id,
        deployment_id=snapshot.id,
        key=body.orchestrator_run_id,
    )
    made = await add_run(
        call.registry,
        unit,
        call.caller,
        project,
        draft,
        entering(body.status, body.status_reason),
        facet=facet_text(facet),
        started=None if body.start_time is None else instant(body.start_time),
        ended=None if body.end_time is None else instant(body.end_time),
        properties=(*snapshot_properties(kept), *_properties(body, facet)),
    )
    made = await _with_model(call, unit, project, made, facet, configuration)
    counted = replace(pipeline_facet(pipeline), runs=facet.index)
    await workflows.change_workflow(call.registry, unit, pipeline, facet=facet_text(counted), quietly=True)
    await _keep_environment(call, unit, made, body)
    await keep_logs(call, unit, made, () if body.logs is None else (body.logs,), "client")
    await attach_given(call, unit, body.tags, made)
    return made


async def _with_model(
    call: Call,
    unit: Writer,
    project: Project,
    made: Run,
    facet: RunFacet,
    configuration: configurations.PipelineConfiguration,
) -> Run:
    """Link a new run to the model version that its pipeline is configured with, which is made if need be."""
    began = made.created if made.started is None else made.started
    values = configurations.substitutions(configuration.substitutions, began)
    version = await link_run_to_model(call, unit, project, made.id, configuration.model, values)
    if version is None:
        return made
    await unit.add(model_property(made, version.id))
    return await move_run(call.registry, unit, made, facet=facet_text(replace(facet, model_version=version.id)))


def model_property(run: Run, version_id: str) -> Property:
    """By which a run or step is found that works on a model version."""
    return Property(entity="run", entity_id=run.id, dialect=DIALECT, name="model_version", value=version_id)


async def _facet(
    unit: Reader,
    body: RunRequest,
    snapshot: Record,
    kept: SnapshotFacet,
    configuration: configurations.PipelineConfiguration,
    pipeline: PipelineFacet,
) -> RunFacet:
    for noun, run_id in (("original run", body.original_run_id), ("parent run", body.parent_run_id)):
        if run_id is not None and await unit.get(Run, id=run_id, role=RUN) is None:
            raise NotFound(noun, run_id)
    parent = None if body.parent_run_id is None else await unit.get(Run, id=body.parent_run_id)
    trigger = NULL if body.trigger_info is None else Raw(_encode(body.trigger_info.model_dump()))
    return RunFacet(
        index=pipeline.runs + 1,
        steps=snapshot.number or 0,
        dynamic=snapshot.state == DYNAMIC,
        goes_on=configuration.execution_mode == configurations.CONTINUE,
        heartbeat=configuration.enable_heartbeat is not False,
        stack=kept.stack,
        source_snapshot=kept.source_snapshot,
        code_reference=kept.code_reference,
        trigger_info=trigger,
        exception_info=NULL if body.exception_info is None else exception_text(body.exception_info),
        original_run=body.original_run_id,
        parent_run=body.parent_run_id,
        root_run=None if parent is None else run_facet(parent).root_run or parent.id,
        child_key=body.child_key,
    )


def _properties(body: RunRequest, facet: RunFacet) -> tuple[tuple[str, str], ...]:
    trigger = body.trigger_info
    given = {
        "index": str(facet.index),
        "parent_run": facet.parent_run,
        "triggered_by_step": None if trigger is None else trigger.step_run_id,
        "triggered_by_deployment": None if trigger is None else trigger.deployment_id,
    }
    return tuple((name, value) for name, value in given.items() if value is not None)


async def _keep_environment(call: Call, unit: Writer, row: Run, body: RunRequest) -> None:
    """Keep where a run runs, apart from it: it is longer than everything else of it, and no list shows it."""
    await unit.remove(Record, parent_id=row.id, kind=ENVIRONMENT)
    if body.orchestrator_environment:
        draft = RecordDraft(
            dialect=DIALECT,
            kind=ENVIRONMENT,
            project_id=row.project_id,
            parent_id=row.id,
            body=dump(body.orchestrator_environment),
        )
        await records.create_record(call.registry, unit, call.caller, draft)


async def _enter(call: Call, unit: Writer, row: Run, wanted: str, reason: str | None) -> Run:
    """Let a run enter the state that a status and its steps amount to."""
    now = status(row)
    if wanted in _OF_STEPS:
        raise Forbidden(f"Execution status `{wanted}` is not valid for pipeline runs.")
    facet = run_facet(row)
    if wanted == RESUMING and now not in (PAUSES, FAILS):
        raise Forbidden("Only failed or paused runs can be resumed.")
    if wanted == RESUMING and facet.parent_run is not None:
        raise Forbidden("Cannot resume a child run. Resume the parent run instead.")
    # The orchestrator may have begun before its client says that it is about to.
    if wanted == PROVISIONING and now not in PLACEHOLDERS:
        return row
    if facet.dynamic:
        state = entering(STOPPED if now in (STOPPING, STOPPED) and wanted == FAILS else wanted, reason)
    else:
        steps = await states_of_steps(unit, row)
        found = state_of_steps(TYPES[wanted], list(steps.values()), facet.steps)
        state = Entering(type=found, name=wanted if found == TYPES[wanted] else COMPUTED[found], message=reason)
    if row.state_type in FINAL and state.name != now and state.name != RESUMING:
        raise Ended("Cannot update the status of a finished run.")
    if state.name == now and reason is None:
        return row
    if facet.dynamic:
        return await move_run(call.registry, unit, row, state)
    # Whether the run is over is seen by its steps.
    ended = row.ended if state.type in FINAL else None
    return await follow(call, unit, await move_run(call.registry, unit, row, state, ended=ended))


async def _checked_key(unit: Reader, row: Run, key: str) -> str:
    """The key itself, if the run can have it."""
    if row.state_name not in PLACEHOLDERS:
        raise Forbidden("Cannot update the orchestrator run id of a pipeline run that is not a placeholder run.")
    if row.key is not None and row.key != key:
        raise Forbidden(f"Pipeline run already has a different orchestrator run id. Existing: {row.key}, New: {key}")
    if row.key is None and row.workflow_id is not None:
        await _check_key_is_free(unit, row.workflow_id, key)
    return key


async def _check_key_is_free(unit: Reader, workflow_id: str, key: str) -> None:
    if await unit.get(Run, workflow_id=workflow_id, key=key) is not None:
        raise Conflict(f"The pipeline has a run with the orchestrator run id {key!r} already.")


async def _check_name(unit: Reader, project: Project, name: str) -> None:
    """Raise ``Conflict`` where a run of the project has the name. The caller has the pipeline's lock."""
    where = all_of(
        Compare("name", Operator.EQ, name), Compare("role", Operator.EQ, RUN), Compare("dialect", Operator.EQ, DIALECT)
    )
    if await unit.rows(Query(source="run", fields=("id",), project_id=project.id, where=where, limit=1)):
        raise Conflict(
            f"Pipeline run name '{name}' already exists in this project. Each pipeline run must have a unique name:"
            " use another one, one with placeholders such as {date} and {time}, or none, so that one is made."
        )


async def _found(call: Call, unit: Reader) -> Run:
    require(call.caller, Role.VIEWER)
    return await _get(unit, call.path_id("id"))


async def _get(unit: Reader, run_id: str) -> Run:
    row = await unit.get(Run, id=run_id)
    if row is None or row.role != RUN:
        raise NotFound(RUN, run_id)
    return row


async def _show(
    unit: Reader, run_id: str, *, hydrate: bool, packages: bool = False, with_steps: bool = False
) -> wire.Named:
    row = await _get(unit, run_id)
    of_steps = await _metadata_of_steps(unit, [row.id]) if with_steps else {}
    return run(
        row,
        await around_runs(unit, [row], hydrate=hydrate),
        hydrate=hydrate,
        packages=packages,
        metadata_of_steps=of_steps.get(row.id, ()),
    )


async def _metadata_of_steps(unit: Reader, run_ids: Sequence[str]) -> dict[str, list[tuple[str, Json]]]:
    """The documents of the steps of runs, by run, with the steps' names."""
    found: dict[str, list[tuple[str, Json]]] = {}
    if run_ids:
        for step in await unit.find(Run, parent_id=list(run_ids), role=STEP):
            if step.metadata is not None:
                found.setdefault(step.parent_id or "", []).append((step_name(step), step.metadata))
    return found


ROUTES: tuple[Route, ...] = (
    Write("POST", "/runs", create_run),
    Read("GET", "/runs", list_runs),
    Read("GET", "/runs/{id:str}", read_run),
    Write("PUT", "/runs/{id:str}", update_run),
    Write("DELETE", "/runs/{id:str}", delete_run),
    Read("GET", "/runs/{id:str}/status", read_status),
    Read("GET", "/runs/{id:str}/pipeline-configuration", read_configuration),
    Write("POST", "/runs/{id:str}/refresh", refresh_run),
    Write("PUT", "/runs/{id:str}/disable_heartbeat", disable_heartbeat),
)
