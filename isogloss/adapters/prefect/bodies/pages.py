"""Bodies of the lists that also tell how many pages there are, and of flows, deployments and work pools.

Their members are validated each by itself: see ``decode.Members``.
"""

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from isogloss.adapters.prefect.bodies.common import GREATEST_INTEGER
from isogloss.adapters.prefect.bodies.deployments import DeploymentFilter, DeploymentSort
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter, FlowRunSort
from isogloss.adapters.prefect.bodies.flows import FlowFilter, FlowSort
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter, TaskRunSort
from isogloss.adapters.prefect.bodies.work_pools import WorkPoolFilter, WorkQueueFilter
from isogloss.adapters.prefect.decode import PAGE_SIZE, Limit, Offset

Page = Annotated[int, Field(ge=1, le=GREATEST_INTEGER // PAGE_SIZE)]
"""Which page, from 1; so far that its offset is a number that both engines know."""


class FlowRunPages(Struct, frozen=True, kw_only=True):
    """A page of flow runs."""

    sort: FlowRunSort = FlowRunSort.ID_DESC
    limit: Limit = PAGE_SIZE
    page: Page = 1
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None


class TaskRunPages(Struct, frozen=True, kw_only=True):
    """A page of task runs."""

    sort: TaskRunSort = TaskRunSort.ID_DESC
    limit: Limit = PAGE_SIZE
    page: Page = 1
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None


class FlowPage(Struct, frozen=True, kw_only=True):
    """Which flows to list."""

    limit: Limit = PAGE_SIZE
    offset: Offset = 0
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    sort: FlowSort = FlowSort.NAME_ASC


class FlowPages(Struct, frozen=True, kw_only=True):
    """A page of flows."""

    limit: Limit = PAGE_SIZE
    page: Page = 1
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    sort: FlowSort = FlowSort.NAME_ASC


class DeploymentPage(Struct, frozen=True, kw_only=True):
    """Which deployments to list."""

    limit: Limit = PAGE_SIZE
    offset: Offset = 0
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None
    sort: DeploymentSort = DeploymentSort.NAME_ASC


class DeploymentPages(Struct, frozen=True, kw_only=True):
    """A page of deployments."""

    limit: Limit = PAGE_SIZE
    page: Page = 1
    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    deployments: DeploymentFilter | None = None
    work_pools: WorkPoolFilter | None = None
    work_pool_queues: WorkQueueFilter | None = None
    sort: DeploymentSort = DeploymentSort.NAME_ASC


class WorkPoolPage(Struct, frozen=True, kw_only=True):
    """Which work pools to list."""

    work_pools: WorkPoolFilter | None = None
    limit: Limit = PAGE_SIZE
    offset: Offset = 0


class SavedSearchPage(Struct, frozen=True, kw_only=True):
    """Which saved searches to list."""

    limit: Limit = PAGE_SIZE
    offset: Offset = 0
