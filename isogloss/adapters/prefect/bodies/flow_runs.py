"""Flow runs."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from isogloss.adapters.prefect.bodies.common import (
    ChoiceFilter,
    Filter,
    Identifier,
    Integer,
    Labels,
    Lenient,
    Moment,
    Name,
    Pattern,
    Strict,
    Superset,
    Text,
    Word,
    retry_members,
    within_size,
)
from isogloss.adapters.prefect.bodies.states import StateCreate, StateType
from isogloss.adapters.prefect.run_names import run_name

Parameters = Annotated[dict[str, Any], AfterValidator(within_size)]


class FlowRunPolicy(Lenient):
    """How a flow run retries."""

    max_retries: Integer = 0
    retry_delay_seconds: float = 0
    retries: Integer | None = None
    retry_delay: Integer | None = None
    pause_keys: set[str] | None = Field(default_factory=set)
    resuming: bool | None = False
    retry_type: Literal["in_process", "reschedule"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _old_members(cls, values: Any) -> Any:
        return retry_members(values)


class FlowRunCreate(Strict):
    """A new flow run."""

    state: StateCreate | None = None
    name: Name = Field(default_factory=run_name)
    flow_id: Identifier
    flow_version: Name | None = None
    parameters: Parameters = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)
    parent_task_run_id: Identifier | None = None
    infrastructure_document_id: Identifier | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[Name] = Field(default_factory=list)
    labels: Labels | None = Field(default_factory=dict)
    idempotency_key: Name | None = None
    work_pool_name: Name | None = None
    work_queue_name: Name | None = None
    job_variables: dict[str, Any] | None = None
    deployment_id: Identifier | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        return name or run_name()


class DeploymentFlowRunCreate(Strict):
    """A new run of a deployment's flow."""

    state: StateCreate | None = None
    name: Name = Field(default_factory=run_name)
    parameters: Parameters = Field(default_factory=dict)
    enforce_parameter_schema: bool | None = None
    context: dict[str, Any] = Field(default_factory=dict)
    infrastructure_document_id: Identifier | None = None
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[Name] = Field(default_factory=list)
    idempotency_key: Name | None = None
    labels: Labels | None = None
    parent_task_run_id: Identifier | None = None
    work_queue_name: Name | None = None
    job_variables: dict[str, Any] | None = Field(default_factory=dict)

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        return name or run_name()


class FlowRunUpdate(Strict):
    """What may change of a flow run. Members not given (see ``model_fields_set``) stay as they are."""

    name: Name | None = None
    flow_version: Name | None = None
    parameters: Parameters = Field(default_factory=dict)
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[Name] = Field(default_factory=list)
    infrastructure_pid: Text | None = None
    job_variables: dict[str, Any] | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        return name or run_name()


class FlowRunFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None
    not_any_: list[Identifier] | None = None


class FlowRunFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None
    like_: Pattern | None = None


class FlowRunFilterTags(ChoiceFilter):
    """By tags."""

    all_: Superset | None = None
    any_: list[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilterDeploymentId(ChoiceFilter):
    """By deployment."""

    any_: list[Identifier] | None = None
    is_null_: bool | None = None


class FlowRunFilterWorkQueueName(ChoiceFilter):
    """By work queue."""

    any_: list[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilterStateType(Filter):
    """By the type of the newest state."""

    any_: list[StateType] | None = None
    not_any_: list[StateType] | None = None


class FlowRunFilterStateName(Filter):
    """By the name of the newest state."""

    any_: list[Text] | None = None
    not_any_: list[Text] | None = None


class FlowRunFilterState(ChoiceFilter):
    """By the newest state."""

    type: FlowRunFilterStateType | None = None
    name: FlowRunFilterStateName | None = None


class FlowRunFilterFlowVersion(Filter):
    """By the version of its flow."""

    any_: list[Text] | None = None


class FlowRunFilterStartTime(Filter):
    """By when it started, or was to start where it has not."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: bool | None = None


class FlowRunFilterEndTime(Filter):
    """By when it ended."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: bool | None = None


class FlowRunFilterExpectedStartTime(Filter):
    """By when it was to start."""

    before_: Moment | None = None
    after_: Moment | None = None


class FlowRunFilterNextScheduledStartTime(Filter):
    """By when it is to start next."""

    before_: Moment | None = None
    after_: Moment | None = None


class FlowRunFilterParentFlowRunId(ChoiceFilter):
    """By the flow run that called it."""

    any_: list[Identifier] | None = None


class FlowRunFilterParentTaskRunId(ChoiceFilter):
    """By the task run that stands for it in the flow run that called it."""

    any_: list[Identifier] | None = None
    is_null_: bool | None = None


class FlowRunFilterIdempotencyKey(Filter):
    """By its client's own key."""

    any_: list[Text] | None = None
    not_any_: list[Text] | None = None


class FlowRunFilterCreatedBy(ChoiceFilter):
    """By what created it."""

    id_: list[Identifier] | None = None
    type_: list[Text] | None = None
    is_null_: bool | None = None


class FlowRunFilter(ChoiceFilter):
    """Which flow runs."""

    id: FlowRunFilterId | None = None
    name: FlowRunFilterName | None = None
    tags: FlowRunFilterTags | None = None
    deployment_id: FlowRunFilterDeploymentId | None = None
    work_queue_name: FlowRunFilterWorkQueueName | None = None
    state: FlowRunFilterState | None = None
    flow_version: FlowRunFilterFlowVersion | None = None
    start_time: FlowRunFilterStartTime | None = None
    end_time: FlowRunFilterEndTime | None = None
    expected_start_time: FlowRunFilterExpectedStartTime | None = None
    next_scheduled_start_time: FlowRunFilterNextScheduledStartTime | None = None
    parent_flow_run_id: FlowRunFilterParentFlowRunId | None = None
    parent_task_run_id: FlowRunFilterParentTaskRunId | None = None
    idempotency_key: FlowRunFilterIdempotencyKey | None = None
    created_by: FlowRunFilterCreatedBy | None = None


class FlowRunSort(Word):
    """The orders of flow runs."""

    ID_DESC = "ID_DESC"
    START_TIME_ASC = "START_TIME_ASC"
    START_TIME_DESC = "START_TIME_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    NEXT_SCHEDULED_START_TIME_ASC = "NEXT_SCHEDULED_START_TIME_ASC"
    END_TIME_DESC = "END_TIME_DESC"
