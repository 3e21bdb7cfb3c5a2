"""What is read of a Prefect server's answers. Members that are given back as they came stay text."""

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Raw, Struct

from isogloss.adapters.prefect.run_facets import EMPTY_LIST, EMPTY_OBJECT, NULL
from isogloss.adapters.prefect.run_wire import CreatedBy, FlowRunPolicy
from isogloss.adapters.source import Count, Id

Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Flow(Struct, kw_only=True):
    """A flow."""

    id: Id
    created: Moment
    updated: Moment
    name: str
    tags: Raw = EMPTY_LIST
    labels: Raw = EMPTY_OBJECT


class State(Struct, kw_only=True):
    """A state of a run."""

    id: Id
    type: str
    name: str
    timestamp: Moment
    message: str | None = None
    data: Raw = NULL
    state_details: Raw = EMPTY_OBJECT


class TimedRun(Struct, kw_only=True):
    """What flow runs and task runs have in common."""

    id: Id
    created: Moment
    updated: Moment
    name: str
    tags: Raw = EMPTY_LIST
    labels: Raw = EMPTY_OBJECT
    state: State | None = None
    run_count: Count = 0
    expected_start_time: Moment | None = None
    next_scheduled_start_time: Moment | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    total_run_time: float = 0.0


class FlowRun(TimedRun, kw_only=True):
    """A flow run."""

    flow_id: Id
    deployment_id: Id | None = None
    deployment_version: str | None = None
    work_queue_name: str | None = None
    flow_version: str | None = None
    parameters: Raw = EMPTY_OBJECT
    idempotency_key: str | None = None
    context: Raw = EMPTY_OBJECT
    empirical_policy: FlowRunPolicy = FlowRunPolicy()
    parent_task_run_id: Id | None = None
    auto_scheduled: bool = False
    infrastructure_document_id: str | None = None
    infrastructure_pid: str | None = None
    created_by: CreatedBy | None = None
    job_variables: Raw = EMPTY_OBJECT


class TaskRun(TimedRun, kw_only=True):
    """A task run."""

    flow_run_id: Id | None = None
    task_key: str
    dynamic_key: str
    cache_key: str | None = None
    cache_expiration: Moment | None = None
    task_version: str | None = None
    empirical_policy: Raw
    task_inputs: Raw = EMPTY_OBJECT
    flow_run_run_count: Count = 0


class Log(Struct, kw_only=True):
    """A line of a log."""

    id: Id
    created: Moment
    updated: Moment
    name: str
    level: Count
    message: str
    timestamp: Moment
    flow_run_id: Id | None = None
    task_run_id: Id | None = None


class Piece(Struct, kw_only=True):
    """An artifact."""

    id: Id
    created: Moment
    updated: Moment
    key: str | None = None
    type: str | None = None
    description: str | None = None
    data: Raw = NULL
    metadata_: Raw = NULL
    flow_run_id: Id | None = None
    task_run_id: Id | None = None


class Collection(Struct, kw_only=True):
    """The newest artifact of a key."""

    id: Id
    created: Moment
    updated: Moment
    key: str
    latest_id: Id


class DeploymentSchedule(Struct, kw_only=True):
    """When a deployment is to run."""

    id: Id
    created: Moment
    updated: Moment
    schedule: Raw
    active: bool
    max_scheduled_runs: Count | None = None
    parameters: Raw = EMPTY_OBJECT
    slug: str | None = None


class ConcurrencyLimit(Struct, kw_only=True):
    """How many runs of a deployment may be active."""

    id: Id
    created: Moment
    updated: Moment
    name: str
    active: bool = True
    limit: Count
    slot_decay_per_second: float = 0.0


class Deployment(Struct, kw_only=True):
    """A deployment."""

    id: Id
    created: Moment
    updated: Moment
    name: str
    flow_id: Id
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
    storage_document_id: Id | None = None
    infrastructure_document_id: Id | None = None
    created_by: CreatedBy | None = None
    updated_by: CreatedBy | None = None
