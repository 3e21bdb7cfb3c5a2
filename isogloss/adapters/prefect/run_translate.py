"""Between the registry's workflows, runs and log lines and what Prefect's server says of them. Pure functions.

From a row to the wire they are total: a row that another dialect wrote, or an odd one, prints as something that the
vendor's client parses. What only Prefect knows of a row lies in its facet.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from isogloss.adapters.prefect import run_wire as wire
from isogloss.adapters.prefect.bodies.flow_runs import DeploymentFlowRunCreate, FlowRunCreate, FlowRunPolicy
from isogloss.adapters.prefect.bodies.flows import FlowCreate
from isogloss.adapters.prefect.bodies.logs import LogCreate
from isogloss.adapters.prefect.bodies.states import StateCreate
from isogloss.adapters.prefect.bodies.task_runs import TaskRunCreate, TaskRunPolicy
from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.filters import DIALECT, FLOW_VERSION, NO_FLOW, TAG, WORK_QUEUE_NAME
from isogloss.adapters.prefect.orchestration import Phase, Verdict
from isogloss.adapters.prefect.run_facets import (
    EMPTY_LIST,
    EMPTY_OBJECT,
    NULL,
    FlowFacet,
    FlowRunFacet,
    LogFacet,
    TaskRunFacet,
    flow_facet,
    flow_run_facet,
    json_text,
    raw,
    task_run_facet,
)
from isogloss.adapters.prefect.times import instant_of, moment, moment_or_none, seconds
from isogloss.core.model import Instant, Json, LogLine, Project, Run, RunState, Workflow
from isogloss.core.registry.run_history import RunTimes
from isogloss.core.registry.runs import FINAL, PENDING, RUN, RUNNING, SCHEDULED, STATE_TYPES, STEP, RunDraft, Standing
from isogloss.core.registry.workflows import WORKFLOW, WorkflowDraft


class FlowRunPlan(Struct, frozen=True, kw_only=True):
    """A flow run to be made: what is kept of it, its own labels, and the state it enters first."""

    facet: FlowRunFacet
    labels: dict[str, Any] | None
    phase: Phase


class TaskRunPlan(Struct, frozen=True, kw_only=True):
    """A task run to be made."""

    facet: TaskRunFacet
    labels: dict[str, Any] | None
    phase: Phase


PENDING_PHASE = Phase(type=PENDING, name="Pending")
SCHEDULED_PHASE = Phase(type=SCHEDULED, name="Scheduled")

_NO_DETAILS = Raw(msgspec.json.encode(wire.StateDetails()))
_BANNED = re.compile("[/%&><]")


def flow(workflow: Workflow) -> wire.Flow:
    """A flow as its server shows it."""
    return wire.Flow(
        id=workflow.id,
        created=moment(workflow.created),
        updated=moment(workflow.updated),
        name=shown_name(workflow),
        tags=shown_tags(workflow.tags, workflow.dialect),
        labels=flow_facet(workflow).labels,
    )


def no_flow(project: Project) -> wire.Flow:
    """What stands for the flow of runs that have none, in a project."""
    made = moment(project.created)
    return wire.Flow(id=NO_FLOW, created=made, updated=made, name="no flow", tags=EMPTY_LIST, labels=EMPTY_OBJECT)


def flow_run(standing: Standing, now: Instant) -> wire.FlowRun:
    """A run as a flow run, at this time: what is still running is estimated up to ``now``."""
    run = standing.run
    facet = flow_run_facet(run)
    return wire.FlowRun(
        id=run.id,
        created=moment(run.created),
        updated=moment(run.updated),
        name=run.name,
        flow_id=run.workflow_id or NO_FLOW,
        state_id=run.state_id,
        deployment_id=run.deployment_id,
        deployment_version=facet.deployment_version,
        work_queue_name=facet.work_queue_name,
        flow_version=facet.flow_version,
        parameters=facet.parameters,
        idempotency_key=run.key,
        context=facet.context,
        empirical_policy=facet.policy,
        tags=shown_tags(run.tags, run.dialect),
        labels=facet.labels,
        parent_task_run_id=run.parent_id,
        state_type=None if run.state_type is None else shown_type(run.state_type),
        state_name=run.state_name,
        run_count=run.attempts,
        expected_start_time=moment_or_none(run.expected_start),
        next_scheduled_start_time=moment_or_none(run.next_start),
        start_time=moment_or_none(run.started),
        end_time=moment_or_none(run.ended),
        total_run_time=seconds(run.spent),
        estimated_run_time=seconds(estimated_run_time(run, now)),
        estimated_start_time_delta=seconds(lateness(run, now)),
        auto_scheduled=facet.auto_scheduled,
        infrastructure_document_id=facet.infrastructure_document_id,
        infrastructure_pid=facet.infrastructure_pid,
        created_by=facet.created_by,
        state=state_of(standing),
        job_variables=facet.job_variables,
    )


def task_run(standing: Standing, now: Instant) -> wire.TaskRun:
    """A step as a task run, at this time."""
    run = standing.run
    facet = task_run_facet(run)
    return wire.TaskRun(
        id=run.id,
        created=moment(run.created),
        updated=moment(run.updated),
        name=run.name,
        flow_run_id=run.parent_id,
        task_key=facet.task_key,
        dynamic_key=facet.dynamic_key,
        cache_key=facet.cache_key,
        cache_expiration=moment_or_none(facet.cache_expiration),
        task_version=facet.task_version,
        empirical_policy=facet.policy,
        tags=shown_tags(run.tags, run.dialect),
        labels=facet.labels,
        state_id=run.state_id,
        task_inputs=facet.task_inputs,
        state_type=None if run.state_type is None else shown_type(run.state_type),
        state_name=run.state_name,
        run_count=run.attempts,
        flow_run_run_count=facet.flow_run_run_count,
        expected_start_time=moment_or_none(run.expected_start),
        next_scheduled_start_time=moment_or_none(run.next_start),
        start_time=moment_or_none(run.started),
        end_time=moment_or_none(run.ended),
        total_run_time=seconds(run.spent),
        estimated_run_time=seconds(estimated_run_time(run, now)),
        estimated_start_time_delta=seconds(lateness(run, now)),
        state=state_of(standing),
    )


def state_of(standing: Standing) -> wire.State | None:
    """A run's newest state. One that another dialect's run tells without a row of its own has the run's id."""
    run = standing.run
    if standing.state is not None:
        return state(standing.state, standing.data, run.dialect)
    if run.state_type is None:
        return None
    shown = shown_type(run.state_type)
    return wire.State(
        id=run.id,
        type=shown,
        name=run.state_name or shown.capitalize(),
        timestamp=moment(run.updated if run.state_at is None else run.state_at),
        message=None,
        data=None,
        state_details=_NO_DETAILS,
    )


def state(kept: RunState, data: Json | None, dialect: str) -> wire.State:
    """A state of a run that this dialect wrote, with the data that goes with it."""
    ours = dialect == DIALECT
    return wire.State(
        id=kept.id,
        type=shown_type(kept.type),
        name=kept.name,
        timestamp=moment(kept.at),
        message=kept.message,
        data=Raw(data.encode()) if ours and data is not None else None,
        state_details=Raw(kept.details.encode()) if ours and kept.details is not None else _NO_DETAILS,
    )


def log(line: LogLine) -> wire.Log:
    """A log line. The registry keeps no time of arrival; the id has one, and so has a line that came from elsewhere."""
    arrived = changed = moment(_made(line.id, line.at))
    if line.facet is not None:
        kept = msgspec.json.decode(line.facet, type=LogFacet)
        arrived, changed = moment(kept.created), moment(kept.updated)
    return wire.Log(
        id=line.id,
        created=arrived,
        updated=changed,
        name=line.name,
        level=line.level,
        message=line.message,
        timestamp=moment(line.at),
        flow_run_id=line.run_id,
        task_run_id=line.step_id,
    )


def flow_draft(body: FlowCreate) -> WorkflowDraft:
    """A flow as a client wants it."""
    tags = tags_text(body.tags)
    return WorkflowDraft(
        dialect=DIALECT,
        role=WORKFLOW,
        name=body.name,
        tags=tags,
        facet=json_text(FlowFacet(labels=merged(body.labels))),
        properties=run_properties(tags),
    )


def flow_run_draft(body: FlowRunCreate) -> RunDraft:
    """A flow run as a client wants it, as far as every dialect would understand."""
    return RunDraft(
        dialect=DIALECT,
        role=RUN,
        name=body.name,
        workflow_id=body.flow_id,
        deployment_id=body.deployment_id,
        parent_id=body.parent_task_run_id,
        key=body.idempotency_key or None,
        tags=tags_text(body.tags),
    )


def flow_run_plan(body: FlowRunCreate) -> FlowRunPlan:
    """The rest of it. Without a state, it is pending."""
    facet = FlowRunFacet(
        work_queue_name=body.work_queue_name,
        flow_version=body.flow_version,
        parameters=raw(body.parameters),
        context=raw(body.context),
        policy=policy(body.empirical_policy),
        job_variables=job_variables(body),
    )
    first = PENDING_PHASE if body.state is None else phase(body.state)
    return FlowRunPlan(facet=facet, labels=body.labels, phase=first)


def job_variables(body: FlowRunCreate | DeploymentFlowRunCreate) -> Raw:
    """A run's job variables. The vendor takes null for none, but keeps it for a run with an idempotency key."""
    if body.job_variables is None:
        return NULL if body.idempotency_key else EMPTY_OBJECT
    return raw(body.job_variables)


def task_run_draft(body: TaskRunCreate) -> RunDraft:
    """A task run as a client wants it, as far as every dialect would understand."""
    return RunDraft(
        dialect=DIALECT,
        role=STEP,
        name=body.name,
        id=body.id,
        parent_id=body.flow_run_id,
        position=position(body.task_key, body.dynamic_key),
        tags=tags_text(body.tags),
    )


def task_run_plan(body: TaskRunCreate) -> TaskRunPlan:
    """The rest of it. Without a state, it is pending."""
    facet = TaskRunFacet(
        task_key=body.task_key,
        dynamic_key=body.dynamic_key,
        cache_key=body.cache_key,
        cache_expiration=body.cache_expiration,
        task_version=body.task_version,
        policy=task_policy(body.empirical_policy),
        task_inputs=task_inputs(body.task_inputs),
    )
    first = PENDING_PHASE if body.state is None else phase(body.state)
    return TaskRunPlan(facet=facet, labels=body.labels, phase=first)


def task_inputs(given: Mapping[str, Iterable[Iterable[tuple[str, Any]]]]) -> Raw:
    """Where a task run's parameters come from, as text: of models, which iterate over their members."""
    return raw({name: [dict(one) for one in sources] for name, sources in given.items()})


def log_line(body: LogCreate, line_id: str, project_id: str) -> LogLine:
    """A log line as a client sends it."""
    return LogLine(
        id=line_id,
        project_id=project_id,
        run_id=body.flow_run_id,
        step_id=body.task_run_id,
        name=body.name,
        level=body.level,
        message=body.message,
        at=body.timestamp,
        facet=None,
    )


def orchestration_result(verdict: Verdict, standing: Standing) -> wire.OrchestrationResult:
    """The answer to a proposed state: the state that the run is now in, and why."""
    shown = state_of(standing)
    if shown is not None and verdict.state is not None:
        data = verdict.state.data
        shown = replace(shown, data=None if data is None else Raw(data.encode()))
    details: wire.AcceptDetails | wire.RefusalDetails | wire.WaitDetails
    match verdict.status:
        case "ACCEPT":
            details = wire.AcceptDetails()
        case "WAIT":
            details = wire.WaitDetails(delay_seconds=verdict.delay_seconds or 0, reason=verdict.reason)
        case status:
            details = wire.RefusalDetails(type=f"{status.lower()}_details", reason=verdict.reason)
    return wire.OrchestrationResult(state=shown, status=verdict.status, details=details)


def estimated_run_time(run: Run | RunTimes, now: Instant) -> int:
    """The time spent running, in microseconds, with the present stretch up to ``now``."""
    if run.state_type == RUNNING and run.state_at is not None:
        return run.spent + now - run.state_at
    return run.spent


def lateness(run: Run | RunTimes, now: Instant) -> int:
    """How much later than expected a run started, or is by now; never less than 0. In microseconds."""
    if run.expected_start is None:
        return 0
    if run.started is not None:
        return max(run.started - run.expected_start, 0)
    return 0 if run.state_type in FINAL else max(now - run.expected_start, 0)


def phase(body: StateCreate) -> Phase:
    """A state that a client proposes."""
    given = body.state_details
    details = wire.StateDetails(
        flow_run_id=given.flow_run_id,
        task_run_id=given.task_run_id,
        child_flow_run_id=given.child_flow_run_id,
        scheduled_time=moment_or_none(given.scheduled_time),
        cache_key=given.cache_key,
        cache_expiration=moment_or_none(given.cache_expiration),
        deferred=given.deferred,
        untrackable_result=given.untrackable_result,
        pause_timeout=moment_or_none(given.pause_timeout),
        pause_reschedule=given.pause_reschedule,
        pause_key=given.pause_key,
        run_input_keyset=given.run_input_keyset,
        refresh_cache=given.refresh_cache,
        retriable=given.retriable,
        transition_id=given.transition_id,
        task_parameters_id=given.task_parameters_id,
        traceparent=given.traceparent,
        deployment_concurrency_lease_id=given.deployment_concurrency_lease_id,
    )
    return Phase(
        type=body.type.value,
        name=body.name or body.type.value.capitalize(),
        message=body.message,
        data=None if body.data is None else dump(body.data),
        details=details,
    )


def phase_of(standing: Standing) -> Phase | None:
    """The state that a run is in, as the rules look at it."""
    kept = standing.state
    if kept is None:
        return None
    details = wire.StateDetails()
    if standing.run.dialect == DIALECT and kept.details is not None:
        details = msgspec.json.decode(kept.details, type=wire.StateDetails)
    return Phase(
        type=shown_type(kept.type),
        name=kept.name,
        message=kept.message,
        data=standing.data,
        details=details,
    )


def scheduled_for(details: wire.StateDetails) -> Instant | None:
    """When a scheduled state means to begin."""
    return None if details.scheduled_time is None else instant_of(details.scheduled_time)


def position(task_key: str, dynamic_key: str) -> str:
    """What tells the task runs of a flow run apart; no two pairs of keys share it."""
    return f"{len(task_key)}:{task_key}:{dynamic_key}"


def tags_text(tags: Iterable[str]) -> Json:
    """Tags as they are kept."""
    return json_text(list(tags))


def merged(*objects: Raw | dict[str, Any] | None) -> Raw:
    """Objects over objects, such as labels: the later win, the earlier keep their places."""
    members: dict[str, Any] = {}
    for some in objects:
        if some is not None:
            members |= msgspec.json.decode(some) if isinstance(some, Raw) else some
    return Raw(msgspec.json.encode(members))


def policy(body: FlowRunPolicy) -> wire.FlowRunPolicy:
    """A flow run's policy as a client gives it."""
    return wire.FlowRunPolicy(
        max_retries=body.max_retries,
        retry_delay_seconds=float(body.retry_delay_seconds),
        retries=body.retries,
        retry_delay=body.retry_delay,
        pause_keys=None if body.pause_keys is None else sorted(body.pause_keys),
        resuming=body.resuming,
        retry_type=body.retry_type,
    )


def task_policy(body: TaskRunPolicy) -> Raw:
    """A task run's policy as a client gives it, as text."""
    given = body.model_dump()
    return raw({**given, "retry_delay_seconds": float(given["retry_delay_seconds"])})


def run_properties(tags: Json, facet: FlowRunFacet | None = None) -> tuple[tuple[str, str], ...]:
    """What runs are looked up by beyond their columns, as (name, value)."""
    pairs = [(TAG, tag) for tag in msgspec.json.decode(tags, type=list[str])]
    if facet is not None and facet.flow_version is not None:
        pairs.append((FLOW_VERSION, facet.flow_version))
    if facet is not None and facet.work_queue_name is not None:
        pairs.append((WORK_QUEUE_NAME, facet.work_queue_name))
    return tuple(pairs)


def shown_tags(tags: Json, dialect: str) -> Raw:
    """The tags of a row that this dialect wrote; of another's, those that are text."""
    if dialect == DIALECT:
        return Raw(tags.encode())
    try:
        found = msgspec.json.decode(tags)
    except msgspec.DecodeError:
        return EMPTY_LIST
    if not isinstance(found, list):
        return EMPTY_LIST
    return Raw(msgspec.json.encode([tag for tag in found if isinstance(tag, str)]))


def shown_type(state_type: str | None) -> str:
    """A state type as the vendor has it; none, or one of another vocabulary, is work that has not begun."""
    return state_type if state_type in STATE_TYPES else PENDING


def shown_name(workflow: Workflow) -> str:
    """A name without the characters that the vendor's client refuses in names; its own have none."""
    if workflow.dialect == DIALECT:
        return workflow.name
    return _BANNED.sub("_", workflow.name) or workflow.id


def _made(id_: str, otherwise: Instant) -> Instant:
    """When a time-ordered id was made, to the millisecond."""
    number = UUID(id_)
    return (number.int >> 80) * 1000 if number.version == 7 else otherwise
