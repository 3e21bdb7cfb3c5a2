"""Between what Prefect's server answers and the registry's rows. Pure functions.

A row gets the facet that our own routes would have written, so that the vendor's client sees it as it was there.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from msgspec import Raw

from isogloss.adapters.prefect.deployment_translate import (
    DeploymentFacet,
    Limit,
    Schedule,
    deployment_properties,
)
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.importing.wire import (
    Collection,
    ConcurrencyLimit,
    Deployment,
    DeploymentSchedule,
    Flow,
    FlowRun,
    Log,
    Piece,
    State,
    TaskRun,
    TimedRun,
)
from isogloss.adapters.prefect.run_facets import (
    FlowFacet,
    FlowRunFacet,
    LogFacet,
    TaskRunFacet,
)
from isogloss.adapters.prefect.run_facets import json_text as text_of
from isogloss.adapters.prefect.run_translate import position, run_properties
from isogloss.adapters.prefect.run_wire import StateDetails
from isogloss.adapters.prefect.times import instant_of
from isogloss.core import names
from isogloss.core.model import Artifact, Instant, Json, LogLine, Run, RunState, Version, Workflow
from isogloss.core.registry.incoming import Batch, Head, IncomingVersion
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.runs import RUN, STEP
from isogloss.core.registry.workflows import DEPLOYMENT, WORKFLOW

_decode_state = msgspec.json.Decoder(State).decode
_decode_details = msgspec.json.Decoder(StateDetails).decode


def flows(found: Sequence[Flow], project_id: str) -> Batch:
    """Flows as workflows."""
    rows = [
        Workflow(
            id=flow.id,
            project_id=project_id,
            dialect=DIALECT,
            role=WORKFLOW,
            parent_id=None,
            name=flow.name,
            tags=_text(flow.tags),
            facet=text_of(FlowFacet(labels=flow.labels)),
            author_id=None,
            created=instant_of(flow.created),
            updated=instant_of(flow.updated),
        )
        for flow in found
    ]
    properties = [each for row in rows for each in properties_of("workflow", row, run_properties(row.tags))]
    return Batch(noun="flows", workflows=rows, properties=properties)


def deployments(found: Sequence[Deployment], project_id: str) -> Batch:
    """Deployments as workflows of their flows."""
    rows: list[Workflow] = []
    properties = []
    for given in found:
        limit = given.global_concurrency_limit
        facet = DeploymentFacet(
            version=given.version,
            description=given.description,
            paused=given.paused,
            schedules=tuple(_schedule(each) for each in given.schedules),
            limit=None if limit is None else _limit(limit),
            concurrency_options=given.concurrency_options,
            job_variables=given.job_variables,
            parameters=given.parameters,
            labels=given.labels,
            work_queue_name=given.work_queue_name,
            parameter_openapi_schema=given.parameter_openapi_schema,
            path=given.path,
            pull_steps=given.pull_steps,
            entrypoint=given.entrypoint,
            enforce_parameter_schema=given.enforce_parameter_schema,
            storage_document_id=given.storage_document_id,
            infrastructure_document_id=given.infrastructure_document_id,
            created_by=given.created_by,
            updated_by=given.updated_by,
        )
        row = Workflow(
            id=given.id,
            project_id=project_id,
            dialect=DIALECT,
            role=DEPLOYMENT,
            parent_id=given.flow_id,
            name=given.name,
            tags=_text(given.tags),
            facet=text_of(facet),
            author_id=None,
            created=instant_of(given.created),
            updated=instant_of(given.updated),
        )
        rows.append(row)
        properties += properties_of("workflow", row, deployment_properties(row.tags, facet))
    return Batch(noun="deployments", workflows=rows, properties=properties)


def flow_runs(found: Sequence[FlowRun], history: Sequence[tuple[str, State]], project_id: str) -> Batch:
    """Flow runs with their histories, given as (run, state)."""
    rows: list[Run] = []
    properties = []
    for given in found:
        facet = FlowRunFacet(
            deployment_version=given.deployment_version,
            work_queue_name=given.work_queue_name,
            flow_version=given.flow_version,
            parameters=given.parameters,
            context=given.context,
            policy=given.empirical_policy,
            labels=given.labels,
            auto_scheduled=given.auto_scheduled,
            infrastructure_document_id=given.infrastructure_document_id,
            infrastructure_pid=given.infrastructure_pid,
            created_by=given.created_by,
            job_variables=given.job_variables,
        )
        row = _run(
            given,
            project_id,
            RUN,
            text_of(facet),
            workflow_id=given.flow_id,
            deployment_id=given.deployment_id,
            parent_id=given.parent_task_run_id,
            key=given.idempotency_key,
        )
        rows.append(row)
        properties += properties_of("run", row, run_properties(row.tags, facet))
    return Batch(noun="flow runs", runs=rows, states=_states(found, history), properties=properties)


def task_runs(found: Sequence[TaskRun], history: Sequence[tuple[str, State]], project_id: str) -> Batch:
    """Task runs with their histories, given as (run, state)."""
    rows: list[Run] = []
    properties = []
    for given in found:
        expires = given.cache_expiration
        facet = TaskRunFacet(
            task_key=given.task_key,
            dynamic_key=given.dynamic_key,
            cache_key=given.cache_key,
            cache_expiration=None if expires is None else instant_of(expires),
            task_version=given.task_version,
            policy=given.empirical_policy,
            labels=given.labels,
            task_inputs=given.task_inputs,
            flow_run_run_count=given.flow_run_run_count,
        )
        row = _run(
            given,
            project_id,
            STEP,
            text_of(facet),
            parent_id=given.flow_run_id,
            position=position(given.task_key, given.dynamic_key),
        )
        rows.append(row)
        properties += properties_of("run", row, run_properties(row.tags))
    return Batch(noun="task runs", runs=rows, states=_states(found, history), properties=properties)


def logs(found: Sequence[Log], project_id: str) -> Batch:
    """Lines of logs."""
    return Batch(
        noun="log lines",
        logs=[
            LogLine(
                id=line.id,
                project_id=project_id,
                run_id=line.flow_run_id,
                step_id=line.task_run_id,
                name=line.name,
                level=line.level,
                message=line.message,
                at=instant_of(line.timestamp),
                facet=text_of(LogFacet(created=instant_of(line.created), updated=instant_of(line.updated))),
            )
            for line in found
        ],
    )


def artifacts(found: Sequence[Piece], project_id: str) -> Batch:
    """Artifacts as versions; the line that those of one key make comes with them."""
    versions = [_version(piece, project_id) for piece in found]
    lines: dict[str, Artifact] = {}
    for piece, version in zip(found, versions, strict=True):
        lines.setdefault(version.artifact_id, _line(piece, version))
    return Batch(
        noun="artifact versions",
        artifacts=list(lines.values()),
        versions=[IncomingVersion(version=version) for version in versions],
    )


def collections(found: Sequence[Collection], project_id: str) -> Batch:
    """Collections as the heads of lines."""
    return Batch(
        noun="artifact keys",
        heads=[
            Head(
                artifact_id=line_id(project_id, given.key),
                id=given.id,
                version_id=given.latest_id,
                created=instant_of(given.created),
                updated=instant_of(given.updated),
            )
            for given in found
        ],
    )


def line_id(project_id: str, key: str) -> str:
    """The id of the line of a key, which the vendor has none for: the same whenever it is read."""
    return str(uuid5(UUID(project_id), f"prefect:{key}"))


def _line(piece: Piece, version: Version) -> Artifact:
    kind, name, slug, word = names.ORDINARY, None, None, None
    if piece.key is not None:
        kind, name = names.named(names.SLUG, piece.key)
        slug, word = piece.key, names.artifact_forms(kind, name)[1]
    return Artifact(
        id=version.artifact_id,
        project_id=version.project_id,
        kind=kind,
        name=name,
        custom_name=name is not None,
        slug=slug,
        word=word,
        ordinals=0,
        highest=None,
        versions=0,
        internal=version.internal,
        dialect=DIALECT,
        author_id=None,
        created=version.created,
        # A line has no time of its own, so that what was said of it here stays.
        updated=version.created,
        head_id=None,
        head_version_id=None,
        head_created=None,
        head_updated=None,
    )


def _version(piece: Piece, project_id: str) -> Version:
    line = line_id(project_id, piece.key) if piece.key is not None else str(uuid5(UUID(piece.id), "line"))
    return Version(
        id=piece.id,
        project_id=project_id,
        artifact_id=line,
        kind=names.ORDINARY,
        ordinal=0,
        label="",
        number=None,
        alias=None,
        dialect=DIALECT,
        role="data",
        form=piece.type,
        # The vendor's server keeps the result of a run so, and shows it in no list of keys.
        internal=piece.key is None and piece.type in (None, "result"),
        tagged=False,
        uri=None,
        owned=False,
        store_id=None,
        loader=None,
        data_type=None,
        data=_optional(piece.data),
        description=piece.description,
        metadata=_object_or_none(piece.metadata_),
        producer_run=piece.flow_run_id,
        producer_step=piece.task_run_id,
        step=None,
        author_id=None,
        facet=None,
        created=instant_of(piece.created),
        updated=instant_of(piece.updated),
    )


def _run(
    given: TimedRun,
    project_id: str,
    role: str,
    facet: Json,
    *,
    workflow_id: str | None = None,
    deployment_id: str | None = None,
    parent_id: str | None = None,
    position: str | None = None,
    key: str | None = None,
) -> Run:
    state = given.state
    return Run(
        id=given.id,
        project_id=project_id,
        dialect=DIALECT,
        role=role,
        workflow_id=workflow_id,
        deployment_id=deployment_id,
        parent_id=parent_id,
        position=position,
        key=key,
        name=given.name,
        metadata=None,
        state_id=None if state is None else state.id,
        state_type=None if state is None else state.type,
        state_name=None if state is None else state.name,
        state_at=None if state is None else instant_of(state.timestamp),
        expected_start=_instant(given.expected_start_time),
        next_start=_instant(given.next_scheduled_start_time),
        started=_instant(given.start_time),
        ended=_instant(given.end_time),
        attempts=given.run_count,
        spent=round(given.total_run_time * 1_000_000),
        tags=_text(given.tags),
        facet=facet,
        author_id=None,
        created=instant_of(given.created),
        updated=instant_of(given.updated),
        deleted=None,
    )


def read_state(row: Raw) -> State:
    """A state of a history. Raises ``msgspec.DecodeError``."""
    return _checked(_decode_state(row))


def _checked(state: State) -> State:
    """A state whose details can be read by those who look into them. Raises ``msgspec.DecodeError``."""
    _decode_details(state.state_details)
    return state


def _states(runs: Sequence[TimedRun], history: Sequence[tuple[str, State]]) -> list[RunState]:
    """All states that are known of runs, each once."""
    newest = [(run.id, _checked(run.state)) for run in runs if run.state is not None]
    return list({state.id: _state(run_id, state) for run_id, state in [*history, *newest]}.values())


def _state(run_id: str, state: State) -> RunState:
    at = instant_of(state.timestamp)
    return RunState(
        id=state.id,
        run_id=run_id,
        type=state.type,
        name=state.name,
        message=state.message,
        at=at,
        details=_text(state.state_details),
        data=_optional(state.data),
        version_id=None,
        created=at,
    )


def _schedule(given: DeploymentSchedule) -> Schedule:
    return Schedule(
        id=given.id,
        made=instant_of(given.created),
        updated=instant_of(given.updated),
        schedule=given.schedule,
        active=given.active,
        most_runs=given.max_scheduled_runs,
        parameters=given.parameters,
        slug=given.slug,
    )


def _limit(given: ConcurrencyLimit) -> Limit:
    return Limit(
        id=given.id,
        created=instant_of(given.created),
        updated=instant_of(given.updated),
        name=given.name,
        active=given.active,
        limit=given.limit,
        decay=given.slot_decay_per_second,
    )


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None else instant_of(moment)


def _text(raw: Raw) -> Json:
    return bytes(raw).decode()


def _object_or_none(raw: Raw) -> Json | None:
    """As ``_optional``, of a value that is read as an object later. Raises ``msgspec.ValidationError``."""
    msgspec.json.decode(raw, type=dict[str, Raw] | None)
    return _optional(raw)


def _optional(raw: Raw) -> Json | None:
    text = _text(raw)
    return None if text == "null" else text
