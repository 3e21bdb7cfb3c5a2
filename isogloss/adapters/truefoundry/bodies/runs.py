"""The bodies of requests about runs. Numbers come as the SDK writes them, whole ones with a fraction of zero."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from isogloss.adapters.truefoundry.bodies.common import Count, Positive, Text, Whole, storable
from isogloss.adapters.truefoundry.guesses import MOST_METRICS, MOST_PAIRS, RUN_NAME


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Milliseconds = Annotated[Whole, Field(ge=-(2**52), le=2**52)]
RunName = Annotated[str, BeforeValidator(storable), StringConstraints(strict=True, pattern=RUN_NAME, max_length=256)]
Status = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class Pair(BaseModel):
    """A parameter or a tag."""

    key: Text
    value: Text


class MetricValue(BaseModel):
    """A point of a metric. A value of null stands for one that is no number, as JSON has none."""

    key: Text
    value: Number | None = None
    timestamp: Milliseconds | None = None
    step: Whole | None = None


class CreateRun(BaseModel):
    """A run to make in a repo."""

    experiment_id: Text
    name: RunName
    start_time: Milliseconds | None = None
    tags: Annotated[list[Pair] | None, Field(max_length=MOST_PAIRS)] = None
    description: Text | None = None


class UpdateRun(BaseModel):
    """How a run goes on. What is null stays as it is: clients say so of what they do not know."""

    status: Status | None = None
    end_time: Milliseconds | None = None
    description: Text | None = None


class LogBatch(BaseModel):
    """What is logged at once."""

    metrics: Annotated[list[MetricValue] | None, Field(max_length=MOST_METRICS)] = None
    params: Annotated[list[Pair] | None, Field(max_length=MOST_PAIRS)] = None
    tags: Annotated[list[Pair] | None, Field(max_length=MOST_PAIRS)] = None


class DeleteTag(BaseModel):
    """A tag to take off."""

    key: Text


class ListMetrics(BaseModel):
    """Metrics whose points are wanted: all of them where no key is given, and all points where no step is."""

    metric_keys: Annotated[list[Text] | None, Field(max_length=MOST_PAIRS)] = None
    step: Whole | None = None


class SearchRuns(BaseModel):
    """Which runs are wanted."""

    experiment_ids: Annotated[list[Text] | None, Field(max_length=MOST_PAIRS)] = None
    experiment_id: Text | None = None
    ml_repo_name: Text | None = None
    fqn: Text | None = None
    name: Text | None = None
    filter: Text | None = None
    run_view_type: Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] | None = None
    max_results: Positive | None = None
    order_by: Annotated[list[Text] | None, Field(max_length=20)] = None
    page_token: Text | None = None
    offset: Count | None = None
