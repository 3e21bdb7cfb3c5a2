"""What Prefect's server answers about flows, runs, logs and deployments: its members, in its order.

Members that nobody here looks into (parameters, tags, state details ...) are JSON text passed through as it was stored.
"""

from datetime import datetime

import msgspec
from msgspec import Raw, Struct


class StateDetails(Struct, frozen=True, kw_only=True):
    """What a state says beyond its type."""

    flow_run_id: str | None = None
    task_run_id: str | None = None
    child_flow_run_id: str | None = None
    scheduled_time: datetime | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: str | None = None
    task_parameters_id: str | None = None
    traceparent: str | None = None
    deployment_concurrency_lease_id: str | None = None


class State(Struct, frozen=True, kw_only=True):
    """A state of a flow run or a task run. ``state_details`` is a ``StateDetails``, encoded."""

    id: str
    type: str
    name: str
    timestamp: datetime
    message: str | None
    data: Raw | None
    state_details: Raw


class FlowRunPolicy(Struct, frozen=True, kw_only=True):
    """How a flow run retries, and what it remembers of its pauses."""

    max_retries: int = 0
    retry_delay_seconds: float = 0.0
    retries: int | None = None
    retry_delay: int | None = None
    pause_keys: list[str] | None = msgspec.field(default_factory=list)
    resuming: bool | None = False
    retry_type: str | None = None


class CreatedBy(Struct, frozen=True, kw_only=True):
    """Who or what made a run or a deployment."""

    id: str | None
    type: str | None
    display_value: str | None


class Flow(Struct, frozen=True, kw_only=True):
    """A flow."""

    id: str
    created: datetime
    updated: datetime
    name: str
    tags: Raw
    labels: Raw


class FlowRun(Struct, frozen=True, kw_only=True):
    """A flow run; times in seconds where they are spans."""

    id: str
    created: datetime
    updated: datetime
    name: str
    flow_id: str
    state_id: str | None
    deployment_id: str | None
    deployment_version: str | None
    work_queue_id: None = None
    work_queue_name: str | None
    flow_version: str | None
    parameters: Raw
    idempotency_key: str | None
    context: Raw
    empirical_policy: FlowRunPolicy
    tags: Raw
    labels: Raw
    parent_task_run_id: str | None
    state_type: str | None
    state_name: str | None
    run_count: int
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    estimated_run_time: float
    estimated_start_time_delta: float
    auto_scheduled: bool
    infrastructure_document_id: str | None
    infrastructure_pid: str | None
    created_by: CreatedBy | None
    work_pool_id: None = None
    work_pool_name: None = None
    state: State | None
    job_variables: Raw


class TaskRun(Struct, frozen=True, kw_only=True):
    """A task run; times in seconds where they are spans."""

    id: str
    created: datetime
    updated: datetime
    name: str
    flow_run_id: str | None
    task_key: str
    dynamic_key: str
    cache_key: str | None
    cache_expiration: datetime | None
    task_version: str | None
    empirical_policy: Raw
    tags: Raw
    labels: Raw
    state_id: str | None
    task_inputs: Raw
    state_type: str | None
    state_name: str | None
    run_count: int
    flow_run_run_count: int
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    estimated_run_time: float
    estimated_start_time_delta: float
    state: State | None


class Log(Struct, frozen=True, kw_only=True):
    """A log line."""

    id: str
    created: datetime
    updated: datetime
    name: str
    level: int
    message: str
    timestamp: datetime
    flow_run_id: str | None
    task_run_id: str | None


class GlobalConcurrencyLimit(Struct, frozen=True, kw_only=True):
    """The limit of concurrent runs of a deployment."""

    id: str
    created: datetime
    updated: datetime
    active: bool
    name: str
    limit: int
    active_slots: int = 0
    slot_decay_per_second: float


class DeploymentSchedule(Struct, frozen=True, kw_only=True):
    """When a deployment is to run."""

    id: str
    created: datetime
    updated: datetime
    deployment_id: str
    schedule: Raw
    active: bool
    max_scheduled_runs: int | None
    parameters: Raw
    slug: str | None


class Deployment(Struct, frozen=True, kw_only=True):
    """A deployment."""

    id: str
    created: datetime
    updated: datetime
    name: str
    version: str | None
    description: str | None
    flow_id: str
    paused: bool
    schedules: list[DeploymentSchedule]
    concurrency_limit: None = None
    global_concurrency_limit: GlobalConcurrencyLimit | None
    concurrency_options: Raw
    job_variables: Raw
    parameters: Raw
    tags: Raw
    labels: Raw
    work_queue_name: str | None
    work_queue_id: None = None
    last_polled: None = None
    parameter_openapi_schema: Raw
    path: str | None
    pull_steps: Raw
    entrypoint: str | None
    storage_document_id: str | None
    infrastructure_document_id: str | None
    created_by: CreatedBy | None
    updated_by: CreatedBy | None
    work_pool_name: None = None
    status: str = "NOT_READY"
    enforce_parameter_schema: bool


class AcceptDetails(Struct, frozen=True, kw_only=True):
    """Of an accepted change."""

    type: str = "accept_details"


class RefusalDetails(Struct, frozen=True, kw_only=True):
    """Of a rejected or aborted change."""

    type: str
    reason: str | None


class WaitDetails(Struct, frozen=True, kw_only=True):
    """Of a change that is to be asked for again, after so many seconds."""

    type: str = "wait_details"
    delay_seconds: int
    reason: str | None


class OrchestrationResult(Struct, frozen=True, kw_only=True):
    """The answer to a state change that was asked for."""

    state: State | None
    status: str
    details: AcceptDetails | RefusalDetails | WaitDetails


class LimitLease(Struct, frozen=True, kw_only=True):
    """A lease on limits of concurrency; this server keeps none, so the list is empty."""

    lease_id: str
    limits: list[None]
