"""Task runs."""

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

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
)
from isogloss.adapters.prefect.bodies.states import StateCreate, StateType
from isogloss.adapters.prefect.run_names import run_name

MAX_CACHE_KEY_CHARACTERS = 2000
MAX_RETRY_DELAYS = 50


class TaskRunPolicy(Lenient):
    """How a task run retries."""

    max_retries: Integer = 0
    retry_delay_seconds: float = 0
    retries: Integer | None = None
    retry_delay: int | float | list[int] | list[float] | None = None
    retry_jitter_factor: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _old_members(cls, values: Any) -> Any:
        return retry_members(values)

    @field_validator("retry_delay")
    @classmethod
    def _few_delays(cls, delay: Any) -> Any:
        if isinstance(delay, list) and len(delay) > MAX_RETRY_DELAYS:
            raise ValueError("Can not configure more than 50 retry delays per task.")
        return delay

    @field_validator("retry_jitter_factor")
    @classmethod
    def _no_negative_jitter(cls, factor: float | None) -> float | None:
        if factor is not None and factor < 0:
            raise ValueError("`retry_jitter_factor` must be >= 0.")
        return factor


class TaskRunResult(BaseModel):
    """An input that is another task run's result."""

    input_type: Literal["task_run"] = "task_run"
    id: Identifier


class FlowRunResult(BaseModel):
    """An input that is a flow run's result."""

    input_type: Literal["flow_run"] = "flow_run"
    id: Identifier


class Parameter(BaseModel):
    """An input that is a parameter of the flow."""

    input_type: Literal["parameter"] = "parameter"
    name: Text


class Constant(BaseModel):
    """An input that is a value; only its type is kept."""

    input_type: Literal["constant"] = "constant"
    type: Text


class TaskRunCreate(Strict):
    """A new task run."""

    id: Identifier | None = None
    state: StateCreate | None = None
    name: Name = Field(default_factory=run_name)
    flow_run_id: Identifier | None = None
    task_key: Name
    dynamic_key: Name
    cache_key: Text | None = None
    cache_expiration: Moment | None = None
    task_version: Text | None = None
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    tags: list[Name] = Field(default_factory=list)
    labels: Labels | None = Field(default_factory=dict)
    task_inputs: dict[str, list[TaskRunResult | FlowRunResult | Parameter | Constant]] = Field(default_factory=dict)

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        return name or run_name()

    @field_validator("cache_key")
    @classmethod
    def _short_cache_key(cls, key: str | None) -> str | None:
        if key and len(key) > MAX_CACHE_KEY_CHARACTERS:
            raise ValueError(f"Cache key exceeded maximum allowed length of {MAX_CACHE_KEY_CHARACTERS} characters.")
        return key


class TaskRunFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None


class TaskRunFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None
    like_: Pattern | None = None


class TaskRunFilterTags(ChoiceFilter):
    """By tags."""

    all_: Superset | None = None
    is_null_: bool | None = None


class TaskRunFilterStateType(Filter):
    """By the type of the newest state."""

    any_: list[StateType] | None = None


class TaskRunFilterStateName(Filter):
    """By the name of the newest state."""

    any_: list[Text] | None = None


class TaskRunFilterState(ChoiceFilter):
    """By the newest state."""

    type: TaskRunFilterStateType | None = None
    name: TaskRunFilterStateName | None = None


class TaskRunFilterStartTime(Filter):
    """By when it started."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: bool | None = None


class TaskRunFilterEndTime(Filter):
    """By when it ended."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: bool | None = None


class TaskRunFilterExpectedStartTime(Filter):
    """By when it was to start."""

    before_: Moment | None = None
    after_: Moment | None = None


class TaskRunFilterSubFlowRuns(Filter):
    """By whether it stands for a flow run that was called."""

    exists_: bool | None = None


class TaskRunFilterFlowRunId(ChoiceFilter):
    """By the flow run it is part of."""

    any_: list[Identifier] | None = None
    is_null_: bool | None = False


class TaskRunFilter(ChoiceFilter):
    """Which task runs."""

    id: TaskRunFilterId | None = None
    name: TaskRunFilterName | None = None
    tags: TaskRunFilterTags | None = None
    state: TaskRunFilterState | None = None
    start_time: TaskRunFilterStartTime | None = None
    end_time: TaskRunFilterEndTime | None = None
    expected_start_time: TaskRunFilterExpectedStartTime | None = None
    subflow_runs: TaskRunFilterSubFlowRuns | None = None
    flow_run_id: TaskRunFilterFlowRunId | None = None


class TaskRunSort(Word):
    """The orders of task runs."""

    ID_DESC = "ID_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    NEXT_SCHEDULED_START_TIME_ASC = "NEXT_SCHEDULED_START_TIME_ASC"
    END_TIME_DESC = "END_TIME_DESC"
