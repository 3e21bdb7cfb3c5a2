"""Bodies whose members are validated each by itself: what lists, counts and a few acts are asked.

See ``decode.Members``.
"""

from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field

from isogloss.adapters.prefect.bodies.artifacts import ArtifactCollectionFilter, ArtifactFilter, ArtifactSort
from isogloss.adapters.prefect.bodies.common import GREATEST_INTEGER, Identifier, Name, Strict
from isogloss.adapters.prefect.bodies.deployments import DeploymentFilter
from isogloss.adapters.prefect.bodies.events import EVENT_PAGE_SIZE, EventFilter
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter, FlowRunSort
from isogloss.adapters.prefect.bodies.flows import FlowFilter
from isogloss.adapters.prefect.bodies.logs import LogFilter, LogSort
from isogloss.adapters.prefect.bodies.states import StateCreate
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter, TaskRunSort
from isogloss.adapters.prefect.bodies.work_pools import WorkPoolFilter, WorkQueueFilter
from isogloss.adapters.prefect.decode import PAGE_SIZE, Limit, Offset


class ArtifactCount(Struct, frozen=True, kw_only=True):
    """Which artifacts to count."""

    artifacts: ArtifactFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


class CollectionCount(Struct, frozen=True, kw_only=True):
    """Which collections to count."""

    artifacts: ArtifactCollectionFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


class ArtifactPage(Struct, frozen=True, kw_only=True):
    """Which artifacts to list."""

    limit: Limit = PAGE_SIZE
    sort: ArtifactSort = ArtifactSort.ID_DESC
    offset: Offset = 0
    artifacts: ArtifactFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


class CollectionPage(Struct, frozen=True, kw_only=True):
    """Which collections to list."""

    limit: Limit = PAGE_SIZE
    sort: ArtifactSort = ArtifactSort.ID_DESC
    offset: Offset = 0
    artifacts: ArtifactCollectionFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


class FlowRunPage(Struct, frozen=True, kw_only=True):
    """Which flow runs to list."""

    limit: Limit = PAGE_SIZE
    sort: FlowRunSort = FlowRunSort.ID_DESC
    offset: Offset = 0
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


class TaskRunPage(Struct, frozen=True, kw_only=True):
    """Which task runs to list."""

    limit: Limit = PAGE_SIZE
    sort: TaskRunSort = TaskRunSort.ID_DESC
    offset: Offset = 0
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None


class LogPage(Struct, frozen=True, kw_only=True):
    """Which log lines to list."""

    limit: Limit = PAGE_SIZE
    offset: Offset = 0
    logs: LogFilter | None = None
    sort: LogSort = LogSort.TIMESTAMP_ASC


class EventPage(Struct, frozen=True, kw_only=True):
    """Which events to list."""

    filter: EventFilter | None = None
    limit: Annotated[int, Field(ge=0, le=EVENT_PAGE_SIZE)] = EVENT_PAGE_SIZE


class SetState(Struct, frozen=True, kw_only=True):
    """The state that a flow run is to have; ``force`` asks no rules."""

    state: StateCreate
    force: bool = False


class ConcurrencyLeaseHolder(Strict):
    """Who takes slots."""

    type: Literal["flow_run", "task_run", "deployment"]
    id: Identifier


Duration = Annotated[float, Field(ge=60, le=60 * 60 * 24)]
"""How long a lease lasts, in seconds."""


class IncrementWithLease(Struct, frozen=True, kw_only=True):
    """Slots that are wanted, of the limits with these names."""

    slots: Annotated[int, Field(gt=0, le=GREATEST_INTEGER)]
    names: list[Name]
    mode: Literal["concurrency", "rate_limit"] = "concurrency"
    lease_duration: Duration = 300.0
    holder: ConcurrencyLeaseHolder | None = None


class DecrementWithLease(Struct, frozen=True, kw_only=True):
    """A lease that is given back."""

    lease_id: Identifier


class RenewLease(Struct, frozen=True, kw_only=True):
    """How much longer a lease is to last."""

    lease_duration: Duration = 300.0
