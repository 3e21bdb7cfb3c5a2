"""What clients send of pipelines, runs, steps and their logs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name, Text
from isogloss.adapters.zenml.states import INITIALIZING, RUNS, TYPES

RUNNER_SOURCE = "runner"
"""The source of logs that need no store."""


def _status(value: str) -> str:
    if value not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return value


Status = Annotated[str, AfterValidator(_status)]


class TagGiven(Lenient):
    """A tag with what else is known of it."""

    name: Name
    color: Name | None = None
    exclusive: bool | None = None
    cascade: bool | None = None


Tags = list[Name | TagGiven]


class ExceptionInfo(BaseModel):
    """How something failed. Other members are kept."""

    model_config = ConfigDict(extra="allow")

    traceback: str
    source: str | None = None
    message: str | None = None
    user_code_line: int | None = None


class PipelineRequest(Lenient):
    """A new pipeline."""

    project: Identifier
    name: Name
    description: Text | None = None
    tags: Tags | None = None


class PipelineUpdate(Lenient):
    """Changes of a pipeline."""

    description: Text | None = None
    add_tags: Tags | None = None
    remove_tags: list[Name] | None = None


class LogsRequest(Lenient):
    """Where logs lie."""

    id: Identifier | None = None
    project: Identifier | None = None
    uri: Text | None = None
    source: Text = ""
    artifact_store_id: Identifier | None = None
    log_store_id: Identifier | None = None
    pipeline_run_id: Identifier | None = None
    step_run_id: Identifier | None = None
    hook_invocation_id: Identifier | None = None

    @model_validator(mode="after")
    def _in_a_store(self) -> "LogsRequest":
        if self.artifact_store_id is None and self.log_store_id is None and self.source != RUNNER_SOURCE:
            raise ValueError("one of artifact_store_id and log_store_id must be given")
        return self

    @model_validator(mode="after")
    def _of_one(self) -> "LogsRequest":
        if self.pipeline_run_id is not None and self.step_run_id is not None:
            raise ValueError("only one of pipeline_run_id and step_run_id can be given")
        return self


class LogsUpdate(Lenient):
    """Whose logs they are."""

    pipeline_run_id: Identifier | None = None
    step_run_id: Identifier | None = None

    @model_validator(mode="after")
    def _of_one(self) -> "LogsUpdate":
        if self.pipeline_run_id is not None and self.step_run_id is not None:
            raise ValueError("only one of pipeline_run_id and step_run_id can be given")
        return self


Logs = Identifier | LogsRequest


class TriggerInfo(Lenient):
    """What set a run off."""

    step_run_id: Identifier | None = None
    deployment_id: Identifier | None = None


class RunRequest(Lenient):
    """A run: an announced one, or one that begins."""

    project: Identifier
    name: Name
    snapshot: Identifier
    orchestrator_run_id: Name | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    status: Literal["initializing", "running"]
    status_reason: Name | None = None
    orchestrator_environment: dict[str, Any] = Field(default_factory=dict)
    trigger_info: TriggerInfo | None = None
    tags: Tags | None = None
    logs: Logs | None = None
    exception_info: ExceptionInfo | None = None
    original_run_id: Identifier | None = None
    parent_run_id: Identifier | None = None
    child_key: Name | None = None

    @property
    def announces(self) -> bool:
        """Whether the run has not begun."""
        return self.status == INITIALIZING

    @model_validator(mode="after")
    def _parent_and_key(self) -> "RunRequest":
        if (self.parent_run_id is None) != (self.child_key is None):
            raise ValueError("parent_run_id and child_key must be given together")
        return self


class RunUpdate(Lenient):
    """Changes of a run."""

    status: Status | None = None
    status_reason: Name | None = None
    orchestrator_run_id: Name | None = None
    exception_info: ExceptionInfo | None = None
    outputs: dict[Name, Identifier] | None = None
    add_tags: Tags | None = None
    remove_tags: list[Name] | None = None
    add_logs: list[LogsRequest] | None = None


class StepRequest(Lenient):
    """A step that begins, or one that was done before."""

    project: Identifier
    name: Name
    start_time: datetime
    end_time: datetime | None = None
    status: Status = RUNS
    cache_key: Name | None = None
    cache_expires_at: datetime | None = None
    code_hash: Name | None = None
    docstring: Text | None = None
    source_code: Text | None = None
    pipeline_run_id: Identifier
    original_step_run_id: Identifier | None = None
    inputs: dict[Name, list[Identifier]] = Field(default_factory=dict)
    outputs: dict[Name, list[Identifier]] = Field(default_factory=dict)
    logs: Logs | None = None
    exception_info: ExceptionInfo | None = None
    dynamic_config: dict[str, Any] | None = None


class StepUpdate(Lenient):
    """Changes of a step."""

    outputs: dict[Name, list[Identifier]] = Field(default_factory=dict)
    loaded_artifact_versions: dict[Name, Identifier] = Field(default_factory=dict)
    status: Status | None = None
    end_time: datetime | None = None
    exception_info: ExceptionInfo | None = None
    cache_expires_at: datetime | None = None
    add_logs: list[LogsRequest] | None = None


HOOK_TYPES = (
    *("run_start", "run_success", "run_failure", "run_end", "run_pause", "run_resume"),
    *("step_start", "step_end", "step_success", "step_failure", "custom"),
)


def _hook_type(value: str) -> str:
    if value not in HOOK_TYPES:
        raise ValueError(f"must be one of {', '.join(HOOK_TYPES)}")
    return value


class HookInvocationRequest(Lenient):
    """A hook that was called."""

    id: Identifier | None = None
    project: Identifier
    hook_type: Annotated[str, AfterValidator(_hook_type)]
    name: Name | None = None
    status: Status
    start_time: datetime
    end_time: datetime | None = None
    source: Name | None = None
    pipeline_run_id: Identifier
    step_run_id: Identifier | None = None
    outputs: dict[Name, list[Identifier]] = Field(default_factory=dict)
    exception_info: ExceptionInfo | None = None
    logs_id: Identifier | None = None


class HeartbeatRequest(Lenient):
    """A sign of life."""

    heartbeat_liveness_timeout_seconds: Annotated[int, Field(gt=0)] | None = None
