"""Between what Prefect's server answers and the registry's rows. Pure functions.

A row gets the facet that our own routes would have written, so that the vendor's client sees it as it was there.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from msgspec import Raw, Struct

from isogloss.adapters.prefect.deployment_translate import (
    DeploymentFacet,
    Limit,
    Schedule,
    deployment_properties,
)
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.run_facets import (
    EMPTY_LIST,
    EMPTY_OBJECT,
    NULL,
    FlowFacet,
    FlowRunFacet,
    LogFacet,
    TaskRunFacet,
)
from isogloss.adapters.prefect.run_facets import json_text as text_of
from isogloss.adapters.prefect.run_translate import position, run_properties
from isogloss.adapters.prefect.run_wire import CreatedBy, FlowRunPolicy
from isogloss.adapters.prefect.times import instant_of
from isogloss.core import names
from isogloss.core.model import Artifact, Instant, Json, LogLine, Run, RunState, Version, Workflow
from isogloss.core.registry.imports import Batch, Head, IncomingVersion
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.runs import RUN, STEP
from isogloss.core.registry.workflows import DEPLOYMENT, WORKFLOW


class Flow(Struct, kw_only=True):
    """A flow."""

    id: str
    created: datetime
    updated: datetime
    name: str
    tags: Raw = EMPTY_LIST
    labels: Raw = EMPTY_OBJECT


class State(Struct, kw_only=True):
    """A state of a run."""

    id: str
    type: str
    name: str
    timestamp: datetime
    message: str | None = None
    data: Raw = NULL
    state_details: Raw = EMPTY_OBJECT


class TimedRun(Struct, kw_only=True):
    """What flow runs and task runs have in common."""

    id: str
    created: datetime
    updated: datetime
    name: str
    tags: Raw = EMPTY_LIST
    labels: Raw = EMPTY_OBJECT
    state: State | None = None
    run_count: int = 0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0


class FlowRun(TimedRun, kw_only=True):
    """A flow run."""

    flow_id: str
    deployment_id: str | None = None
    deployment_version: str | None = None
    work_queue_name: str | None = None
    flow_version: str | None = None
    parameters: Raw = EMPTY_OBJECT
    idempotency_key: str | None = None
    context: Raw = EMPTY_OBJECT
    empirical_policy: FlowRunPolicy = FlowRunPolicy()
    parent_task_run_id: str | None = None
    auto_scheduled: bool = False
    infrastructure_document_id: str | None = None
    infrastructure_pid: str | None = None
    created_by: CreatedBy | None = None
    job_variables: Raw = EMPTY_OBJECT


class TaskRun(TimedRun, kw_only=True):
    """A task run."""

    flow_run_id: str | None = None
    task_key: str
    dynamic_key: str
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    task_version: str | None = None
    empirical_policy: Raw
    task_inputs: Raw = EMPTY_OBJECT
    flow_run_run_count: int = 0


class Log(Struct, kw_only=True):
    """A line of a log."""

    id: str
    created: datetime
    updated: datetime
    name: str
    level: int
    message: str
    timestamp: datetime
    flow_run_id: str | None = None
    task_run_id: str | None = None


class Piece(Struct, kw_only=True):
    """An artifact."""

    id: str
    created: datetime
    updated: datetime
    key: str | None = None
    type: str | None = None
    description: str | None = None
    data: Raw = NULL
    metadata_: Raw = NULL
    flow_run_id: str | None = None
    task_run_id: str | None = None


class Collection(Struct, kw_only=True):
    """The newest artifact of a key."""

    id: str
    created: datetime
    updated: datetime
    key: str
    latest_id: str


class DeploymentSchedule(Struct, kw_only=True):
    """When a deployment is to run."""

    id: str
    created: datetime
    schedule: Raw
    active: bool
    parameters: Raw = EMPTY_OBJECT
    slug: str | None = None


class ConcurrencyLimit(Struct, kw_only=True):
    """How many runs of a deployment may be active."""

    id: str
    created: datetime
    updated: datetime
    limit: int


class Deployment(Struct, kw_only=True):
    """A deployment."""

    id: str
    created: datetime
    updated: datetime
    name: str
    flow_id: str
    version: str | None = None
    description: str | None = None
    paused: bool = False
    schedules: list[DeploymentSchedule] = []
    global_concurrency_limit: ConcurrencyLimit | None = None
    concurrency_options: Raw = NULL
    job_variables: Raw = EMPTY_OBJECT
    parameters: Raw = EMPTY_OBJECT
    tags: Raw = EMPTY_LIST
    labels: Raw = EMPTY_OBJECT
    work_queue_name: str | None = None
    parameter_openapi_schema: Raw = EMPTY_OBJECT
    path: str | None = None
    pull_steps: Raw = EMPTY_LIST
    entrypoint: str | None = None
    enforce_parameter_schema: bool = True


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
            limit=None
            if limit is None
            else Limit(
                id=limit.id, created=instant_of(limit.created), updated=instant_of(limit.updated), limit=limit.limit
            ),
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
        metadata=_optional(piece.metadata_),
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


def _states(runs: Sequence[TimedRun], history: Sequence[tuple[str, State]]) -> list[RunState]:
    """All states that are known of runs, each once."""
    newest = [(run.id, run.state) for run in runs if run.state is not None]
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
        schedule=given.schedule,
        active=given.active,
        parameters=given.parameters,
        slug=given.slug,
    )


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None else instant_of(moment)


def _text(raw: Raw) -> Json:
    return bytes(raw).decode()


def _optional(raw: Raw) -> Json | None:
    text = _text(raw)
    return None if text == "null" else text
