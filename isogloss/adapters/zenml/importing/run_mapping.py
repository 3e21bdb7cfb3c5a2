"""Between what ZenML's server answers and the registry's rows: pipelines, snapshots, runs and steps. Pure functions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Raw

from isogloss.adapters.source import Unreadable
from isogloss.adapters.zenml import configurations
from isogloss.adapters.zenml.configurations import CONTINUE
from isogloss.adapters.zenml.filters.runs import sortable
from isogloss.adapters.zenml.importing import wire
from isogloss.adapters.zenml.importing.rows import (
    checked_object,
    derived_id,
    document,
    name_of,
    optional_instant,
    present,
    record,
    tagged,
    text_of,
)
from isogloss.adapters.zenml.importing.wire import Reference, Thing
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.run_around import ENVIRONMENT, LOGS, SNAPSHOT, STEP_CONFIGURATION
from isogloss.adapters.zenml.run_facets import (
    CodeReference,
    LogsFacet,
    PipelineFacet,
    RunFacet,
    SnapshotFacet,
    StepFacet,
    StepInput,
    facet_text,
)
from isogloss.adapters.zenml.run_translate import DYNAMIC, STATIC
from isogloss.adapters.zenml.snapshots import name_key, snapshot_properties, step_key
from isogloss.adapters.zenml.states import RETRIED, TYPES
from isogloss.adapters.zenml.times import instant
from isogloss.core.model import Json, Property, Record, Run, RunLink, RunState, Workflow
from isogloss.core.registry.incoming import Batch
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.records import ENTITY
from isogloss.core.registry.runs import RUN, STEP
from isogloss.core.registry.versions import CONSUMED, PRODUCED
from isogloss.core.registry.workflows import WORKFLOW

Pipeline_ = Thing[wire.Scoped, wire.PipelineMetadata, wire.Tags]
Snapshot_ = Thing[wire.SnapshotBody, wire.SnapshotMetadata, wire.SnapshotResources]
Run_ = Thing[wire.RunBody, wire.RunMetadata, wire.RunResources]
RunIndex_ = Thing[wire.RunIndex, Raw, Raw]
Step_ = Thing[wire.StepBody, wire.StepMetadata, wire.StepResources]


def pipelines(found: Sequence[Pipeline_], indexes: Mapping[str, int]) -> Batch:
    """Pipelines. ``indexes`` has the newest run's by the pipeline's id: the next run takes the one behind."""
    rows = [
        Workflow(
            id=given.id,
            project_id=given.body.project_id,
            dialect=DIALECT,
            role=WORKFLOW,
            parent_id=None,
            name=name_of(given),
            tags="[]",
            facet=facet_text(PipelineFacet(description=given.metadata.description, runs=indexes.get(given.id, 0))),
            author_id=given.body.user_id,
            created=instant(given.body.created),
            updated=instant(given.body.updated),
        )
        for given in found
    ]
    borne = [tagged("workflow", each.id, each.resources.tags) for each in found]
    return Batch(noun="pipelines", workflows=rows, tagged=borne)


def snapshots(found: Sequence[Snapshot_]) -> Batch:
    """Snapshots, and the configurations of their steps."""
    rows: list[Record] = []
    parts: list[Record] = []
    properties: list[Property] = []
    for given in found:
        body, more, around = given.body, given.metadata, given.resources
        facet = SnapshotFacet(
            run_name_template=more.run_name_template,
            pipeline_configuration=more.pipeline_configuration,
            client_environment=checked_object(more.client_environment),
            pipeline_spec=more.pipeline_spec,
            client_version=more.client_version,
            server_version=more.server_version,
            pipeline_version_hash=more.pipeline_version_hash,
            description=more.description,
            source_code=more.source_code,
            code_path=more.code_path,
            stack=_id(around.stack),
            build=_id(around.build),
            schedule=_id(around.schedule),
            template=more.template_id,
            source_snapshot=more.source_snapshot_id,
            code_reference=_code_reference(around.code_reference),
        )
        _check_configurations(more)
        pipeline = body.pipeline_id or ""
        row = record(
            given,
            SNAPSHOT,
            facet_text(facet),
            body.created,
            body.updated,
            body.user_id,
            project_id=body.project_id,
            key=name_key(pipeline, given.name),
            parent_id=pipeline,
            number=len(more.step_configurations),
            state=DYNAMIC if body.is_dynamic else STATIC,
        )
        rows.append(row)
        parts += _configurations(row, more.step_configurations)
        properties += properties_of(ENTITY, row, snapshot_properties(facet))
    borne = [tagged(ENTITY, each.id, each.resources.tags) for each in found]
    return Batch(noun="snapshots", records=rows, parts=parts, properties=properties, tagged=borne)


def runs(found: Sequence[Run_], steps: Mapping[str, int]) -> Batch:
    """Pipeline runs. ``steps`` tells how many steps each snapshot has."""
    rows: list[Run] = []
    states: list[RunState] = []
    records: list[Record] = []
    properties: list[Property] = []
    links: list[RunLink] = []
    for given in found:
        body, more, around = given.body, given.metadata, given.resources
        snapshot = around.snapshot
        facet = RunFacet(
            index=body.index,
            steps=0 if snapshot is None else steps.get(snapshot.id, 0),
            dynamic=snapshot is not None and snapshot.body.is_dynamic,
            goes_on=more.config.execution_mode == CONTINUE,
            heartbeat=more.enable_heartbeat,
            stack=_id(around.stack),
            trigger_info=more.trigger_info,
            exception_info=more.exception_info,
            original_run=_id(around.original_run),
            parent_run=_id(around.parent_run),
            root_run=body.root_run_id,
            source_snapshot=_id(around.source_snapshot),
            child_key=body.child_key,
            outputs={name: each.id for name, each in around.outputs.items()},
            model_version=_id(around.model_version),
            code_reference=_code_reference(around.code_reference),
        )
        state = _state(given.id, body.status, body.status_reason, instant(body.updated))
        row = _run(
            given,
            RUN,
            state,
            facet_text(facet),
            workflow_id=body.pipeline_id,
            deployment_id=None if snapshot is None else snapshot.id,
            key=more.orchestrator_run_id,
            started=more.start_time,
            ended=more.end_time,
        )
        rows.append(row)
        states.append(state)
        records += logs(around.log_collection)
        if text_of(more.orchestrator_environment) not in ("{}", "null"):
            records.append(_environment(row, checked_object(more.orchestrator_environment)))
        properties += properties_of(
            "run",
            row,
            present(
                stack=facet.stack,
                build=_id(around.build),
                schedule=_id(around.schedule),
                source_snapshot=facet.source_snapshot,
                index=facet.index,
                parent_run=facet.parent_run,
                model_version=facet.model_version,
            ),
        )
        links += [
            RunLink(version_id=version_id, run_id=row.id, direction=PRODUCED, slot=name)
            for name, version_id in facet.outputs.items()
        ]
    return Batch(
        noun="runs",
        runs=rows,
        states=states,
        parts=records,
        properties=properties,
        run_links=links,
        tagged=[tagged("run", each.id, each.resources.tags) for each in found],
    )


def steps(found: Sequence[Step_], known: Collection[str | None]) -> Batch:
    """Steps with their links. ``known`` are the keys of the configurations that came with snapshots."""
    rows: list[Run] = []
    states: list[RunState] = []
    records: list[Record] = []
    properties: list[Property] = []
    links: list[RunLink] = []
    for given in found:
        body, more, around = given.body, given.metadata, given.resources
        name = name_of(given)
        key = step_key(more.snapshot_id, name)
        if key not in known:
            # The step of a dynamic pipeline has a configuration of its own, which goes with its run.
            key = step_key(more.pipeline_run_id, f"{given.id}/{name}")
            records.append(_own_configuration(given, key))
        facet = StepFacet(
            configuration=key,
            type=body.type,
            is_retriable=body.is_retriable,
            substitutions=body.substitutions,
            overridden=tuple(
                slot for slot, inputs in around.inputs.items() if any(each.input_type == "override" for each in inputs)
            ),
            inputs=tuple(
                StepInput(slot, each.id, each.input_type, each.index, each.chunk_index, each.chunk_size)
                for slot, inputs in around.inputs.items()
                for each in inputs
            ),
            parents=tuple(more.parent_step_ids),
            cache_key=more.cache_key,
            cache_expires_at=optional_instant(more.cache_expires_at),
            code_hash=more.code_hash,
            docstring=more.docstring,
            source_code=more.source_code,
            exception_info=more.exception_info,
            original_step=more.original_step_run_id,
            heartbeat_threshold=body.heartbeat_threshold,
            latest_heartbeat=optional_instant(body.latest_heartbeat),
            model_version=_id(around.model_version) or body.model_version_id,
        )
        state = _state(given.id, body.status, None, instant(body.updated))
        row = _run(
            given,
            STEP,
            state,
            facet_text(facet),
            deployment_id=more.snapshot_id,
            parent_id=more.pipeline_run_id,
            # An attempt that another one followed has given its place up.
            position=None if body.status == RETRIED else name,
            started=body.start_time,
            ended=body.end_time,
            attempts=body.version,
        )
        rows.append(row)
        states.append(state)
        records += logs(around.log_collection)
        properties += properties_of(
            "run",
            row,
            present(
                cache_key=facet.cache_key,
                code_hash=facet.code_hash,
                original_step=facet.original_step,
                cache_expires_at=None if facet.cache_expires_at is None else sortable(facet.cache_expires_at),
                model_version=facet.model_version,
            ),
        )
        links += [
            RunLink(version_id=each.id, run_id=row.id, direction=direction, slot=slot)
            for direction, slots in ((PRODUCED, around.outputs), (CONSUMED, around.inputs))
            for slot, members in slots.items()
            for each in members
        ]
    return Batch(
        noun="steps",
        runs=rows,
        states=states,
        parts=records,
        properties=properties,
        run_links=links,
    )


def _run(
    given: Run_ | Step_,
    role: str,
    state: RunState,
    facet: Json,
    *,
    workflow_id: str | None = None,
    deployment_id: str | None = None,
    parent_id: str | None = None,
    position: str | None = None,
    key: str | None = None,
    started: datetime | None,
    ended: datetime | None,
    attempts: int = 1,
) -> Run:
    """A run or step in its state."""
    body = given.body
    began, stopped = optional_instant(started), optional_instant(ended)
    return Run(
        id=given.id,
        project_id=body.project_id,
        dialect=DIALECT,
        role=role,
        workflow_id=workflow_id,
        deployment_id=deployment_id,
        parent_id=parent_id,
        position=position,
        key=key,
        name=name_of(given),
        metadata=document(given.metadata.run_metadata),
        state_id=state.id,
        state_type=state.type,
        state_name=state.name,
        state_at=state.at,
        expected_start=instant(body.created) if began is None else began,
        next_start=None,
        started=began,
        ended=stopped,
        attempts=attempts,
        spent=0 if began is None or stopped is None else max(stopped - began, 0),
        tags="[]",
        facet=facet,
        author_id=body.user_id,
        created=instant(body.created),
        updated=instant(body.updated),
        deleted=None,
    )


def _configurations(snapshot: Record, steps: Mapping[str, Raw]) -> list[Record]:
    return [
        _part_of(snapshot, step_key(snapshot.id, name), STEP_CONFIGURATION, text_of(body), name, place)
        for place, (name, body) in enumerate(steps.items())
    ]


def _part_of(
    owner: Record | Run, key: str | None, kind: str, body: Json, name: str | None = None, number: int | None = None
) -> Record:
    return Record(
        id=derived_id(owner.id, f"{kind}/{name or ''}"),
        project_id=owner.project_id,
        dialect=DIALECT,
        kind=kind,
        key=key,
        parent_id=owner.id,
        name=name,
        number=number,
        state=None,
        body=body,
        metadata=None,
        author_id=owner.author_id,
        created=owner.created,
        updated=owner.updated,
    )


def _check_configurations(given: wire.SnapshotMetadata) -> None:
    """Raise ``msgspec.ValidationError`` for a snapshot whose runs could not be shown."""
    configurations.with_run(given.pipeline_configuration, 0)
    for body in given.step_configurations.values():
        _check_step(text_of(body))


def _check_step(body: Json) -> None:
    configurations.of_step(configurations.stored_step(body).config, {}, ())


def _code_reference(given: wire.CodeReference | None) -> CodeReference | None:
    if given is None:
        return None
    body = given.body
    return CodeReference(
        id=given.id,
        commit=body.commit,
        subdirectory=body.subdirectory,
        code_repository=body.code_repository.id,
        created=instant(body.created),
        updated=instant(body.updated),
    )


def _environment(run: Run, environment: Raw) -> Record:
    return _part_of(run, None, ENVIRONMENT, text_of(environment))


def _own_configuration(given: Step_, key: str) -> Record:
    text = f'{{"spec":{text_of(given.metadata.spec)},"config":{text_of(given.metadata.config)}}}'
    _check_step(text)
    return record(
        given,
        STEP_CONFIGURATION,
        text,
        given.body.created,
        given.body.created,
        given.body.user_id,
        project_id=given.body.project_id,
        key=key,
        parent_id=given.metadata.pipeline_run_id,
    )


def logs(found: Iterable[wire.Logs] | None) -> list[Record]:
    """What belongs to a run, a step or an invocation of a hook as its logs."""
    rows = []
    for given in found or ():
        body = given.body
        facet = LogsFacet(
            source=body.source,
            uri=body.uri,
            artifact_store_id=body.artifact_store_id,
            log_store_id=body.log_store_id,
            hook_invocation_id=body.hook_invocation_id,
            pipeline_run_id=body.pipeline_run_id,
            step_run_id=body.step_run_id,
        )
        rows.append(
            record(
                given,
                LOGS,
                facet_text(facet),
                body.created,
                body.updated,
                body.user_id,
                project_id=body.project_id,
                parent_id=body.pipeline_run_id or body.step_run_id,
            )
        )
    return rows


def _state(run_id: str, status: str, reason: str | None, at: int) -> RunState:
    if status not in TYPES:
        raise Unreadable(f"its status is {status!r}, which is none of {', '.join(TYPES)}")
    return RunState(
        id=derived_id(run_id, "state"),
        run_id=run_id,
        type=TYPES[status],
        name=status,
        message=reason,
        at=at,
        details=None,
        data=None,
        version_id=None,
        created=at,
    )


def _id(given: Reference | None) -> str | None:
    return None if given is None else given.id
