"""What ZenML's operations on pipelines, snapshots, runs, steps and logs answer, in the envelopes of ``wire``."""

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from isogloss.adapters.zenml.wire import Entity


class PipelineBody(Struct, frozen=True):
    """A pipeline."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str


class PipelineMetadata(Struct, frozen=True):
    """What is hydrated of a pipeline."""

    description: str | None


class PipelineResources(Struct, frozen=True):
    """What belongs to a pipeline."""

    user: Raw | None
    latest_run_user: Raw | None
    latest_run_id: str | None
    latest_run_status: str | None
    tags: list[Raw]
    visualizations: tuple[()] = ()


class Snapshot(Struct, frozen=True):
    """A snapshot, whose name may be null."""

    body: Any
    metadata: Any
    resources: Any
    id: str
    name: str | None
    permission_denied: bool = False


class SnapshotBody(Struct, frozen=True):
    """A snapshot."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str | None
    runnable: bool
    deployable: bool
    is_dynamic: bool
    pipeline_id: str | None


class SnapshotMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a snapshot."""

    description: str | None
    source_code: str | None
    run_name_template: str
    pipeline_configuration: Raw
    step_configurations: dict[str, Raw]
    client_environment: Raw
    client_version: str | None
    server_version: str | None
    pipeline_version_hash: str | None
    pipeline_spec: Raw
    code_path: str | None
    template_id: str | None
    source_snapshot_id: str | None
    config_template: None = None
    config_schema: None = None


class SnapshotResources(Struct, frozen=True, kw_only=True):
    """What belongs to a snapshot. What is always null here is a matter of remote stacks."""

    user: Raw | None
    pipeline: Raw | None
    stack: Raw | None
    build: None = None
    schedule: None = None
    code_reference: Entity | None
    deployment: None = None
    tags: list[Raw]
    latest_run_id: str | None
    latest_run_status: str | None
    latest_run_user: Raw | None
    visualizations: tuple[()] = ()


class LeanStackBody(Struct, frozen=True):
    """A stack within another thing."""

    created: datetime
    updated: datetime
    user_id: str | None


class RunBody(Struct, frozen=True):
    """A pipeline run."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str
    status: str
    in_progress: bool
    status_reason: str | None
    index: int
    pipeline_id: str | None
    child_key: str | None
    root_run_id: str | None


class RunMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a pipeline run."""

    run_metadata: Raw
    config: Raw
    start_time: datetime | None
    end_time: datetime | None
    client_environment: Raw
    orchestrator_environment: Raw
    orchestrator_run_id: str | None
    code_path: str | None
    template_id: str | None
    is_templatable: bool = False
    trigger_info: Raw
    enable_heartbeat: bool
    exception_info: Raw
    trigger_execution_info: None = None


class RunResources(Struct, frozen=True, kw_only=True):
    """What belongs to a pipeline run. What is always null here is a matter of remote stacks or of the paid server."""

    user: Raw | None
    snapshot: Snapshot | None
    source_snapshot: Snapshot | None
    stack: Raw | None
    pipeline: Raw | None
    build: None = None
    schedule: None = None
    code_reference: Entity | None
    model_version: Raw | None
    tags: list[Raw]
    log_collection: list[Raw]
    visualizations: tuple[()] = ()
    trigger: None = None
    original_run: Any
    parent_run: Any
    active_wait_condition: None = None
    outputs: dict[str, Entity]


class StepBody(Struct, frozen=True, kw_only=True):
    """A step."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str
    type: str | None
    status: str
    version: int
    is_retriable: bool
    start_time: datetime | None
    end_time: datetime | None
    latest_heartbeat: datetime | None
    model_version_id: str | None
    resource_request_id: None = None
    substitutions: dict[str, str]
    heartbeat_threshold: int | None


class StepMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a step."""

    config: Raw
    spec: Raw
    cache_key: str | None
    cache_expires_at: datetime | None
    code_hash: str | None
    docstring: str | None
    source_code: str | None
    exception_info: Raw
    snapshot_id: str
    pipeline_run_id: str
    original_step_run_id: str | None
    parent_step_ids: list[str]
    run_metadata: Raw


class StepResources(Struct, frozen=True, kw_only=True):
    """What belongs to a step."""

    user: Raw | None
    log_collection: list[Raw]
    model_version: Raw | None
    inputs: dict[str, list["StepInput"]]
    outputs: dict[str, list[Entity]]
    resource_request: None = None


class StepInput(Struct, frozen=True):
    """A version that a step uses."""

    body: Any
    metadata: Any
    resources: Any
    id: str
    permission_denied: bool
    input_type: str
    index: int | None
    chunk_index: int | None
    chunk_size: int | None


class Heartbeat(Struct, frozen=True):
    """What a sign of life is answered."""

    id: str
    status: str
    latest_heartbeat: datetime
    pipeline_run_status: str | None
    heartbeat_enabled: bool


class HookBody(Struct, frozen=True):
    """An invocation of a hook."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str | None
    hook_type: str
    status: str
    start_time: datetime
    end_time: datetime | None
    pipeline_run_id: str | None
    step_run_id: str | None


class HookMetadata(Struct, frozen=True):
    """What is hydrated of an invocation of a hook."""

    source: str | None
    exception_info: Raw


class HookResources(Struct, frozen=True):
    """What belongs to an invocation of a hook."""

    user: Raw | None
    outputs: dict[str, list[Entity]]
    log_collection: list[Raw]


class LogsBody(Struct, frozen=True):
    """Where logs lie."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str | None
    uri: str | None
    source: str
    step_run_id: str | None
    pipeline_run_id: str | None
    artifact_store_id: str | None
    log_store_id: str | None
    hook_invocation_id: str | None


class LogsMetadata(Struct, frozen=True):
    """What is hydrated of logs; all of it is in the body, too."""

    step_run_id: str | None
    pipeline_run_id: str | None
    artifact_store_id: str | None
    log_store_id: str | None
    hook_invocation_id: str | None


class UserResources(Struct, frozen=True):
    """What belongs to a thing that has only its user."""

    user: Raw | None
