"""Bodies of what counts and spreads rows, members validated each by itself: see ``decode.Members``."""

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from isogloss.adapters.prefect.bodies.common import Identifier, Moment
from isogloss.adapters.prefect.bodies.deployments import DeploymentFilter
from isogloss.adapters.prefect.bodies.events import EventFilter, TimeUnit
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter, FlowRunSort
from isogloss.adapters.prefect.bodies.flows import FlowFilter
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter
from isogloss.adapters.prefect.bodies.work_pools import WorkPoolFilter, WorkQueueFilter
from isogloss.adapters.prefect.decode import Offset

DASHBOARD_RUNS = 1000
"""The most runs that the dashboard's list of them has."""


class FlowRunCount(Struct, frozen=True, kw_only=True):
    """Which flow runs to count."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


class TaskRunCount(Struct, frozen=True, kw_only=True):
    """Which task runs to count."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None


class FlowCount(Struct, frozen=True, kw_only=True):
    """Which flows to count."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None


class EventCount(Struct, frozen=True, kw_only=True):
    """Which events to count; by time, in spans of so many units."""

    filter: EventFilter
    time_unit: TimeUnit = TimeUnit.day
    time_interval: Annotated[float, Field(ge=0.01)] = 1.0


class DeploymentCount(Struct, frozen=True, kw_only=True):
    """Which deployments to count."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


class TaskRunHistory(Struct, frozen=True, kw_only=True):
    """Which task runs to spread over which time. Spans are ``history_interval_seconds`` long."""

    history_start: Moment
    history_end: Moment
    history_interval_seconds: float
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None


class FlowRunHistory(Struct, frozen=True, kw_only=True):
    """Which flow runs to spread over which time."""

    history_start: Moment
    history_end: Moment
    history_interval_seconds: float
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_queues: WorkQueueFilter | None = None


class FlowRunBars(Struct, frozen=True, kw_only=True):
    """Which flow runs the dashboard draws, each as a bar."""

    sort: FlowRunSort = FlowRunSort.EXPECTED_START_TIME_DESC
    # Of a negative limit, one of the vendor's databases makes none at all, and the other an error.
    limit: Annotated[int, Field(ge=0, le=DASHBOARD_RUNS)] = DASHBOARD_RUNS
    offset: Offset = 0
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None


class FlowRunIds(Struct, frozen=True, kw_only=True):
    """The flow runs whose task runs are counted."""

    flow_run_ids: list[Identifier]


class FlowIds(Struct, frozen=True, kw_only=True):
    """The flows of which something is asked."""

    flow_ids: list[Identifier]
