"""Deployments."""

from datetime import timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from isogloss.adapters.prefect.bodies.common import (
    GREATEST_INTEGER,
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
    storable,
    within_size,
)

MAX_SCHEDULED_RUNS = 50

_FORMER_MEMBERS = (
    "worker_pool_queue_id",
    "worker_pool_name",
    "worker_pool_queue_name",
    "work_pool_queue_name",
)

PositiveInteger = Annotated[int, Field(gt=0, le=GREATEST_INTEGER)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str | None) -> str | None:
    if name and name not in _zones():
        raise ValueError(f'Invalid timezone: "{name}" (specify in IANA tzdata format, for example, America/New_York)')
    return name


def _positive(interval: timedelta) -> timedelta:
    if interval <= timedelta(0):
        raise ValueError("interval must be positive")
    return interval


def _some_schema(schema: Any) -> Any:
    return {"type": "object", "properties": {}} if schema is None or schema == {} else schema


class IntervalSchedule(Strict):
    """Every so often."""

    interval: Annotated[timedelta, AfterValidator(_positive)]
    anchor_date: Moment | None = None
    timezone: str | None = None

    @model_validator(mode="after")
    def validate_timezone(self) -> "IntervalSchedule":
        """That the zone exists; this method's name shows in the vendor's errors."""
        _zone(self.timezone)
        return self


class CronSchedule(Strict):
    """As a cron line says."""

    cron: Text
    timezone: str | None = None
    day_or: bool = True

    @model_validator(mode="after")
    def validate_timezone(self) -> "CronSchedule":
        """That the zone exists; this method's name shows in the vendor's errors."""
        _zone(self.timezone)
        return self


class RRuleSchedule(Strict):
    """As an iCalendar rule says."""

    rrule: Annotated[str, Field(max_length=6500), AfterValidator(storable)]
    timezone: Annotated[str | None, AfterValidator(_zone)] = "UTC"


class DeploymentScheduleCreate(Strict):
    """When to run."""

    active: bool = True
    schedule: IntervalSchedule | CronSchedule | RRuleSchedule
    max_scheduled_runs: PositiveInteger | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    slug: Text | None = None
    replaces: Text | None = None

    @field_validator("max_scheduled_runs")
    @classmethod
    def _few_runs(cls, runs: int | None) -> int | None:
        if runs is not None and runs > MAX_SCHEDULED_RUNS:
            raise ValueError(f"`max_scheduled_runs` must be less than or equal to {MAX_SCHEDULED_RUNS}.")
        return runs


class ConcurrencyLimitStrategy(Word):
    """What happens to a run for which there is no room."""

    ENQUEUE = "ENQUEUE"
    CANCEL_NEW = "CANCEL_NEW"


class ConcurrencyOptions(BaseModel):
    """How runs share a limit."""

    collision_strategy: ConcurrencyLimitStrategy
    grace_period_seconds: Annotated[int, Field(ge=60, le=86400)] | None = None


class VersionInfo(Lenient):
    """What a version of a deployment is; it may say more."""

    model_config = ConfigDict(extra="allow")

    type: Text
    version: Text


class DeploymentCreate(Strict):
    """A new deployment, or a new shape of the one with its flow and name."""

    # The vendor refuses these characters too, if only with a 500; its client reads no deployment whose name has one.
    name: Annotated[Name, Field(pattern="^[^/%&><]*$")]
    flow_id: Identifier
    paused: bool = False
    schedules: list[DeploymentScheduleCreate] = Field(default_factory=list)
    concurrency_limit: PositiveInteger | None = None
    concurrency_options: ConcurrencyOptions | None = None
    global_concurrency_limit_id: Identifier | None = None
    enforce_parameter_schema: bool = True
    parameter_openapi_schema: Annotated[dict[str, Any], BeforeValidator(_some_schema)] | None = Field(
        default_factory=lambda: {"type": "object", "properties": {}}
    )
    parameters: Annotated[dict[str, Any], AfterValidator(within_size)] = Field(default_factory=dict)
    tags: list[Name] = Field(default_factory=list)
    labels: Labels | None = Field(default_factory=dict)
    pull_steps: list[dict[str, Any]] | None = None
    work_queue_name: Name | None = None
    work_pool_name: Name | None = None
    storage_document_id: Identifier | None = None
    infrastructure_document_id: Identifier | None = None
    description: Text | None = None
    path: Text | None = None
    version: Text | None = None
    entrypoint: Text | None = None
    job_variables: dict[str, Any] = Field(default_factory=dict)
    version_info: VersionInfo | None = None

    @model_validator(mode="before")
    @classmethod
    def _prepare(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        if values.get("concurrency_limit") and values.get("global_concurrency_limit_id"):
            raise ValueError("A deployment cannot have both a concurrency limit and a global concurrency limit.")
        # In place, as this shows in the body that the vendor's errors repeat.
        values.setdefault("parameters", {})
        return {name: value for name, value in values.items() if name not in _FORMER_MEMBERS}


class DeploymentFilterId(Filter):
    """By id."""

    any_: list[Identifier] | None = None
    not_any_: list[Identifier] | None = None


class DeploymentFilterName(Filter):
    """By name."""

    any_: list[Text] | None = None
    like_: Pattern | None = None


class DeploymentOrFlowNameFilter(Filter):
    """By its own name or its flow's."""

    like_: Pattern | None = None


class DeploymentFilterPaused(Filter):
    """By whether it is paused."""

    eq_: bool | None = None


class DeploymentFilterWorkQueueName(Filter):
    """By work queue."""

    any_: list[Text] | None = None


class DeploymentFilterConcurrencyLimit(Filter):
    """Taken and not used: the vendor dropped what it asked for."""

    ge_: Integer | None = None
    le_: Integer | None = None
    is_null_: bool | None = None


class DeploymentFilterTags(ChoiceFilter):
    """By tags."""

    all_: Superset | None = None
    any_: list[Text] | None = None
    is_null_: bool | None = None


class DeploymentFilter(ChoiceFilter):
    """Which deployments."""

    id: DeploymentFilterId | None = None
    name: DeploymentFilterName | None = None
    flow_or_deployment_name: DeploymentOrFlowNameFilter | None = None
    paused: DeploymentFilterPaused | None = None
    tags: DeploymentFilterTags | None = None
    work_queue_name: DeploymentFilterWorkQueueName | None = None
    concurrency_limit: DeploymentFilterConcurrencyLimit | None = None


class DeploymentSort(Word):
    """The orders of deployments."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
