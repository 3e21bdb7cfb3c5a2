"""Steps of pipeline runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, as_uuid, dump, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import configurations, run_wire, wire
from isogloss.adapters.zenml.bodies.runs import HeartbeatRequest, StepRequest, StepUpdate
from isogloss.adapters.zenml.configurations import PipelineConfiguration, Step
from isogloss.adapters.zenml.failures import Absent, Forbidden
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.runs import STEPS, cache_expired, sortable
from isogloss.adapters.zenml.kinds import DIALECT, stand_in_id
from isogloss.adapters.zenml.model_links import link_run_to_model
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.routes.logs import keep_logs
from isogloss.adapters.zenml.routes.runs import exception_text, follow, model_property
from isogloss.adapters.zenml.run_around import (
    STEP_CONFIGURATION,
    around_steps,
    configurations_of,
    made_directly,
    run_of,
)
from isogloss.adapters.zenml.run_facets import (
    NULL,
    RunFacet,
    StepFacet,
    StepInput,
    facet_text,
    run_facet,
    snapshot_facet,
    step_facet,
)
from isogloss.adapters.zenml.run_translate import DYNAMIC, Linked, stand_in, status, step
from isogloss.adapters.zenml.snapshots import step_key
from isogloss.adapters.zenml.states import (
    CACHED,
    CANCELED,
    CANCELS,
    FAILS,
    QUEUED,
    RETRIED,
    RETRYING,
    SKIPPED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    entering,
)
from isogloss.adapters.zenml.tagging import attach_named
from isogloss.adapters.zenml.times import instant, moment
from isogloss.core.access import Role, require
from isogloss.core.errors import Conflict, Ended, NotFound
from isogloss.core.model import Instant, Project, Property, Record, Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator
from isogloss.core.registry import metadata, records
from isogloss.core.registry.lineage import Slots, consume, outputs_of, produce, settle_producers
from isogloss.core.registry.progress import add_run, check_open, check_takes_steps, lock_run, move_run, supersede
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.records import RecordDraft
from isogloss.core.registry.runs import COMPLETED, FINAL, RUN, STEP, RunDraft

_CREATE = Body.of(StepRequest)
_UPDATE = Body.of(StepUpdate)
_HEARTBEAT = Body.of(HeartbeatRequest | None)

_NOT_BY_HAND = frozenset({RETRYING, RETRIED, CANCELS, QUEUED})
_AFTER = {STOPPING: frozenset({STOPPED, FAILS}), CANCELS: frozenset({CANCELED, FAILS})}
"""What a step may become that is on its way to an end."""


async def create_step(call: Call, unit: Writer) -> wire.Named:
    """A step that begins, or one whose outputs another had before."""
    body: StepRequest = _CREATE.read(call)
    _check_by_hand(body.status)
    project = await find_project(unit, body.project)
    row = await lock_run(unit, call.caller, body.pipeline_run_id, RUN, DIALECT)
    if row.project_id != project.id:
        raise NotFound(RUN, row.id)
    made = await _create(call, unit, project, row, body)
    return await _show(unit, made.id, hydrate=True)


async def read_step(call: Call, unit: Reader) -> wire.Named:
    """One step by its id."""
    require(call.caller, Role.VIEWER)
    return await _show(unit, call.path_id("id"), hydrate=flag(call.query(), "hydrate", True))


async def list_steps(call: Call, unit: Reader) -> wire.Page:
    """A page of steps, whoever wrote them."""
    return await _list(call, unit, call.query())


async def list_steps_of_run(call: Call, unit: Reader) -> wire.Page:
    """A page of the steps of a run."""
    require(call.caller, Role.VIEWER)
    run = await unit.get(Run, id=call.path_id("id"))
    if run is None or run.role != RUN:
        raise NotFound(RUN, call.path_id("id"))
    return await _list(call, unit, call.query() | {"pipeline_run_id": [run.id], "project": [run.project_id]})


async def update_step(call: Call, unit: Writer) -> wire.Named:
    """A step, changed: what it made and loaded, and how it stands."""
    body: StepUpdate = _UPDATE.read(call)
    row = await lock_run(unit, call.caller, call.path_id("id"), STEP, DIALECT)
    run = None if row.parent_id is None else await unit.get(Run, id=row.parent_id)
    facet = step_facet(row)
    wanted = None if body.status is None else _status(row, run, facet, body.status)
    if body.exception_info is not None:
        facet = replace(facet, exception_info=exception_text(body.exception_info))
    if body.cache_expires_at is not None:
        facet = replace(facet, cache_expires_at=instant(body.cache_expires_at))
        await _keep_expiry(unit, row, facet)
    loaded = tuple(
        StepInput(slot, version_id, "manual")
        for slot, version_id in body.loaded_artifact_versions.items()
        if not any((slot, version_id) == (each.slot, each.version_id) for each in facet.inputs)
    )
    facet = replace(facet, inputs=(*facet.inputs, *loaded))
    await consume(unit, row, [(each.slot, each.version_id) for each in loaded])
    outputs = _slots(body.outputs)
    await produce(unit, row, outputs)
    ended: Instant | UnsetType = UNSET if body.end_time is None else instant(body.end_time)
    state = None if wanted is None else entering(wanted)
    row = await move_run(call.registry, unit, row, state, facet=facet_text(facet), ended=ended)
    await _settle(unit, row, all_outputs=state is not None, outputs=outputs)
    if run is not None:
        await follow(call, unit, run)
    await keep_logs(call, unit, row, body.add_logs or (), "step")
    return await _show(unit, row.id, hydrate=True)


async def read_status(call: Call, unit: Reader) -> str:
    """A step's status."""
    require(call.caller, Role.VIEWER)
    return status(await _get(unit, call.path_id("id")))


async def read_configuration(call: Call, unit: Reader) -> Any:
    """A step's configuration."""
    require(call.caller, Role.VIEWER)
    return (await _show(unit, call.path_id("id"), hydrate=True)).metadata.config


async def beat(call: Call, unit: Writer) -> run_wire.Heartbeat:
    """A sign of life of a step."""
    _HEARTBEAT.read(call)
    row = await lock_run(unit, call.caller, call.path_id("id"), STEP, DIALECT)
    if row.state_type in FINAL:
        raise Ended("Can not update heartbeat for finished steps.")
    run = None if row.parent_id is None else await unit.get(Run, id=row.parent_id)
    now = call.registry.clock()
    facet = replace(step_facet(row), latest_heartbeat=now)
    await move_run(call.registry, unit, row, facet=facet_text(facet))
    return run_wire.Heartbeat(
        row.id,
        status(row),
        moment(now),
        None if run is None else status(run),
        facet.heartbeat_threshold is not None,
    )


async def _create(call: Call, unit: Writer, project: Project, run: Run, body: StepRequest) -> Run:
    of_run = run_facet(run)
    check_takes_steps(run, goes_on=of_run.goes_on)
    snapshot = await records.get_record(unit, call.caller, DIALECT, "pipeline_snapshot", run.deployment_id or "")
    pipeline = configurations.read_pipeline(snapshot_facet(snapshot.body).pipeline_configuration)
    key, configured = await _configuration(call, unit, run, snapshot, body)
    before = await _superseded(call, unit, run, body.name, configured.retries)
    version = 1 if before is None else before.attempts + 1
    retriable = version <= configured.retries
    original = await _original(unit, body)
    facet = _facet(body, run, of_run, pipeline, configured, key, original)
    facet = replace(
        facet,
        is_retriable=retriable,
        parents=await _parents(unit, run, configured.spec.upstream_steps),
    )
    made = await add_run(
        call.registry,
        unit,
        call.caller,
        project,
        RunDraft(
            dialect=DIALECT,
            role=STEP,
            name=body.name,
            deployment_id=run.deployment_id,
            parent_id=run.id,
            position=body.name,
        ),
        entering(RETRYING if retriable and body.status == FAILS else body.status),
        facet=facet_text(facet),
        started=instant(body.start_time),
        ended=None if body.end_time is None else instant(body.end_time),
        attempts=version,
        properties=_properties(facet),
    )
    made = await _with_model(call, unit, project, run, made, facet, configured, before)
    await consume(unit, made, [(each.slot, each.version_id) for each in facet.inputs])
    outputs = _slots(body.outputs)
    await produce(unit, made, outputs)
    await _settle(unit, made, all_outputs=False, outputs=outputs)
    if body.status in (CACHED, SKIPPED):
        await _repeat(call, unit, made, original, pipeline, outputs)
    await keep_logs(call, unit, made, () if body.logs is None else (body.logs,), "step")
    await follow(call, unit, run)
    return made


async def _configuration(call: Call, unit: Writer, run: Run, snapshot: Record, body: StepRequest) -> tuple[str, Step]:
    """The key under which the step's configuration is kept, and what is read of it."""
    if body.dynamic_config is None:
        key = step_key(snapshot.id, body.name)
        found = (await configurations_of(unit, [key])).get(key)
        if found is None:
            raise Absent(f"No configuration of the step '{body.name}' in the snapshot with ID '{snapshot.id}'.")
        return key, configurations.read_step(found)
    if snapshot.state != DYNAMIC:
        raise Forbidden("Dynamic step configurations are not allowed for static pipelines.")
    text = dump(body.dynamic_config)
    configurations.check_configurations('{"name":""}', {body.name: text}, None)
    # Goes with the run, and a retry brings its own.
    key = step_key(run.id, f"{call.registry.new_id()}/{body.name}")
    draft = RecordDraft(
        dialect=DIALECT,
        kind=STEP_CONFIGURATION,
        project_id=run.project_id,
        key=key,
        parent_id=run.id,
        name=body.name,
        body=text,
    )
    await records.create_record(call.registry, unit, call.caller, draft)
    return key, configurations.read_step(text)


async def _with_model(
    call: Call,
    unit: Writer,
    project: Project,
    run: Run,
    made: Run,
    facet: StepFacet,
    configured: Step,
    before: Run | None,
) -> Run:
    """Link a new step's run to the model version that the step works on: the one of the attempt before, or its own."""
    if before is None:
        values = facet.substitutions
        version = await link_run_to_model(call, unit, project, run.id, configured.config.model, values)
    else:
        kept = step_facet(before).model_version
        version = None if kept is None else await unit.get(Record, id=kept)
    if version is None:
        return made
    await unit.add(model_property(made, version.id))
    return await move_run(call.registry, unit, made, facet=facet_text(replace(facet, model_version=version.id)))


async def _superseded(call: Call, unit: Writer, run: Run, name: str, retries: int) -> Run | None:
    """The attempt at a step that the next one supersedes, if there was one.

    Raises ``Conflict`` where the step succeeded already, or was tried as often as it may be.
    """
    current = await unit.lock(Run, parent_id=run.id, position=name)
    if current is None:
        return None
    if current.state_type == COMPLETED:
        raise Conflict(
            f"Unable to create step `{name}`: A successful step with this name already exists in the pipeline run"
            f" with ID '{run.id}'."
        )
    if current.attempts > retries:
        raise Conflict(f"Unable to create step `{name}`: The step has exceeded the maximum number of retries.")
    await supersede(call.registry, unit, current, entering(RETRIED))
    return current


async def _original(unit: Reader, body: StepRequest) -> Run | None:
    if body.original_step_run_id is None:
        return None
    found = await unit.get(Run, id=body.original_step_run_id)
    if found is None or found.role != STEP:
        raise NotFound(STEP, body.original_step_run_id)
    return found


async def _parents(unit: Reader, run: Run, names: Sequence[str]) -> tuple[str, ...]:
    """The steps that a step waits for, as far as they have been made."""
    if not names:
        return ()
    found = {each.position: each.id for each in await unit.find(Run, parent_id=run.id, position=list(names))}
    return tuple(found[name] for name in names if name in found)


def _facet(
    body: StepRequest,
    run: Run,
    of_run: RunFacet,
    pipeline: PipelineConfiguration,
    configured: Step,
    key: str,
    original: Run | None,
) -> StepFacet:
    overridden = pipeline.overridden(body.name, configured.config.name)
    began = run.created if run.started is None else run.started
    values = configurations.substitutions(pipeline.substitutions, began) | (configured.config.substitutions or {})
    beats = configured.spec.enable_heartbeat and of_run.heartbeat
    return StepFacet(
        configuration=key,
        type=configured.config.step_type,
        substitutions=values,
        overridden=overridden,
        inputs=_inputs(body.inputs, configured, overridden, original),
        cache_key=body.cache_key,
        cache_expires_at=None if body.cache_expires_at is None else instant(body.cache_expires_at),
        code_hash=body.code_hash,
        docstring=body.docstring,
        source_code=body.source_code,
        exception_info=NULL if body.exception_info is None else exception_text(body.exception_info),
        original_step=body.original_step_run_id,
        heartbeat_threshold=configured.config.heartbeat_healthy_threshold if beats else None,
    )


def _inputs(
    given: Mapping[str, Sequence[str]], configured: Step, overridden: Sequence[str], original: Run | None
) -> tuple[StepInput, ...]:
    """A step's inputs, and how each comes to it; those of one that repeats another, as they came to that one."""
    before = {} if original is None else {(each.slot, each.version_id): each for each in step_facet(original).inputs}
    found: list[StepInput] = []
    for slot, version_ids in given.items():
        kind = configured.input_type(slot, overridden)
        specs = configured.spec.input_specs(slot) if kind == "step_output" else []
        for place, version_id in enumerate(version_ids):
            same = before.get((slot, version_id))
            if same is not None:
                found.append(same)
            elif place < len(specs):
                spec = specs[place]
                found.append(StepInput(slot, version_id, kind, place, spec.chunk_index, spec.chunk_size))
            else:
                found.append(StepInput(slot, version_id, kind))
    return tuple(found)


def _properties(facet: StepFacet) -> tuple[tuple[str, str], ...]:
    given = {
        "cache_key": facet.cache_key,
        "code_hash": facet.code_hash,
        "original_step": facet.original_step,
        "cache_expires_at": None if facet.cache_expires_at is None else sortable(facet.cache_expires_at),
    }
    return tuple((name, value) for name, value in given.items() if value is not None)


async def _keep_expiry(unit: Writer, row: Run, facet: StepFacet) -> None:
    await unit.remove(Property, entity="run", entity_id=row.id, dialect=DIALECT, name="cache_expires_at")
    await unit.add(
        Property(
            entity="run",
            entity_id=row.id,
            dialect=DIALECT,
            name="cache_expires_at",
            value=sortable(facet.cache_expires_at or 0),
        )
    )


async def _repeat(
    call: Call, unit: Writer, made: Run, original: Run | None, pipeline: PipelineConfiguration, outputs: Slots
) -> None:
    """Give a step that repeats another its metadata, and its outputs the tags that this pipeline gives to all."""
    if original is not None and original.metadata is not None:
        await metadata.append(call.registry, unit, "run", made.id, original.metadata)
    if pipeline.cascading and outputs:
        for version in await unit.find(Version, id=[version_id for _, version_id in outputs]):
            await attach_named(call, unit, pipeline.cascading, version)


async def _settle(unit: Writer, row: Run, *, all_outputs: bool, outputs: Slots) -> None:
    """See to the producers of a step's outputs, once it has completed."""
    if row.state_name != SUCCEEDED:
        return
    ids = [version_id for _, version_id in outputs]
    if all_outputs:
        ids += await outputs_of(unit, row)
    await settle_producers(unit, ids, SUCCEEDED)


def _status(row: Run, run: Run | None, facet: StepFacet, wanted: str) -> str:
    """The status that a step gets by what its client wants. Raises ``Forbidden`` and ``Ended``."""
    _check_by_hand(wanted)
    check_open(row)
    now = status(row)
    if now in _AFTER and wanted not in _AFTER[now]:
        raise Forbidden(f"{now.capitalize()} steps can not be transitioned to status `{wanted}`.")
    stops = run is not None and status(run) in (STOPPING, STOPPED)
    if wanted in (FAILS, CANCELED) and facet.is_retriable and not stops:
        # The orchestrator will try it again.
        return RETRYING
    return STOPPED if now == STOPPING and wanted == FAILS else wanted


def _check_by_hand(wanted: str) -> None:
    if wanted in _NOT_BY_HAND:
        raise Forbidden(f"Execution status `{wanted}` cannot be set manually.")


def _slots(given: Mapping[str, Sequence[str]]) -> Slots:
    return [(slot, version_id) for slot, version_ids in given.items() for version_id in version_ids]


async def _list(call: Call, unit: Reader, given: dict[str, list[str]]) -> wire.Page:
    require(call.caller, Role.VIEWER)
    shape = replace(STEPS, filters={**STEPS.filters, "cache_expired": cache_expired(call.registry.clock())})
    asked = read_listing(given, shape)
    project = await project_of(unit, call, given)
    query = asked.query("run", Run.__struct_fields__, project.id, Compare("role", Operator.EQ, STEP))
    counted = await unit.count(query)
    standing = await _standing_for_run(unit, given)
    total = counted + len(standing)
    found = [run_of(row) for row in await unit.rows(query)] if counted > asked.offset else []
    if standing and len(found) < asked.size:
        # Behind all steps of the run, so on the last page.
        found.append(stand_in(next(iter(standing.values()))[0]))
    made = {step_id: linked for step_id, (_, linked) in standing.items()}
    around = await around_steps(unit, found, hydrate=asked.hydrate, made=made)
    items = [step(each, around, hydrate=asked.hydrate) for each in found]
    return paged(asked, total, items)


async def _standing_for_run(unit: Reader, given: Mapping[str, Sequence[str]]) -> dict[str, tuple[Run, list[Linked]]]:
    """A run that made versions in none of its steps, with these, where all steps of just that run are asked for.

    It goes by the id of the step that stands for it.
    """
    asked = given.get("pipeline_run_id", ())
    run_id = as_uuid(asked[0].removeprefix("equals:")) if len(asked) == 1 else None
    if run_id is None or (given.keys() - {"pipeline_run_id"}) & STEPS.filters.keys() - {"exclude_retried"}:
        return {}
    run = await unit.get(Run, id=run_id)
    if run is None or run.role != RUN or run.dialect == DIALECT:
        return {}
    made = await made_directly(unit, run.id)
    return {stand_in_id(run.id): (run, made)} if made else {}


async def _get(unit: Reader, step_id: str) -> Run:
    row = await unit.get(Run, id=step_id)
    if row is None:
        # A step that stands for a run is nowhere else.
        run = await unit.get(Run, id=stand_in_id(step_id))
        row = None if run is None or run.role != RUN else stand_in(run)
    if row is None or row.role != STEP:
        raise NotFound(STEP, step_id)
    return row


async def _show(unit: Reader, step_id: str, *, hydrate: bool) -> wire.Named:
    row = await _get(unit, step_id)
    stands = row.parent_id is not None and row.id == stand_in_id(row.parent_id)
    made = {row.id: await made_directly(unit, row.parent_id)} if stands and row.parent_id is not None else {}
    return step(row, await around_steps(unit, [row], hydrate=hydrate, made=made), hydrate=hydrate)


ROUTES: tuple[Route, ...] = (
    Write("POST", "/steps", create_step),
    Read("GET", "/steps", list_steps),
    Read("GET", "/steps/{id:str}", read_step),
    Write("PUT", "/steps/{id:str}", update_step),
    Read("GET", "/steps/{id:str}/status", read_status),
    Read("GET", "/steps/{id:str}/step-configuration", read_configuration),
    Write("PUT", "/steps/{id:str}/heartbeat", beat),
    Read("GET", "/runs/{id:str}/steps", list_steps_of_run),
)
