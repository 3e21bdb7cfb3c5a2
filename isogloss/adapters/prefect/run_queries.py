"""What Prefect's lists of runs and logs ask, as ``core.query`` queries."""

from isogloss.adapters.prefect import filters
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunSort
from isogloss.adapters.prefect.bodies.logs import LogSort
from isogloss.adapters.prefect.bodies.members import FlowRunPage, LogPage, TaskRunPage
from isogloss.adapters.prefect.bodies.task_runs import TaskRunSort
from isogloss.core.query import NOTHING, Compare, Has, IsNull, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.runs import RUN, STEP

FLOW_RUN_SORTS = {
    FlowRunSort.ID_DESC: Sort("id", descending=True),
    FlowRunSort.START_TIME_ASC: Sort("began"),
    FlowRunSort.START_TIME_DESC: Sort("began", descending=True),
    FlowRunSort.EXPECTED_START_TIME_ASC: Sort("expected_start"),
    FlowRunSort.EXPECTED_START_TIME_DESC: Sort("expected_start", descending=True),
    FlowRunSort.NAME_ASC: Sort("name"),
    FlowRunSort.NAME_DESC: Sort("name", descending=True),
    FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC: Sort("next_start"),
    FlowRunSort.END_TIME_DESC: Sort("ended", descending=True),
}
TASK_RUN_SORTS = {
    TaskRunSort.ID_DESC: Sort("id", descending=True),
    TaskRunSort.EXPECTED_START_TIME_ASC: Sort("expected_start"),
    TaskRunSort.EXPECTED_START_TIME_DESC: Sort("expected_start", descending=True),
    TaskRunSort.NAME_ASC: Sort("name"),
    TaskRunSort.NAME_DESC: Sort("name", descending=True),
    TaskRunSort.NEXT_SCHEDULED_START_TIME_ASC: Sort("next_start"),
    TaskRunSort.END_TIME_DESC: Sort("ended", descending=True),
}
LOG_SORTS = {
    LogSort.TIMESTAMP_ASC: Sort("at"),
    LogSort.TIMESTAMP_DESC: Sort("at", descending=True),
}


def flow_runs(page: FlowRunPage, project_id: str) -> Query:
    """Flow runs. There are no work pools and queues here, so who asks for runs of one finds none."""
    pooled = page.work_pools is not None or page.work_pool_queues is not None
    where = all_of(
        _role(RUN),
        # Another dialect may have put a run away.
        IsNull("deleted"),
        filters.of_run(page.flow_runs, page.flows, page.deployments),
        None if page.task_runs is None else Has("child", all_of(_role(STEP), filters.task_run(page.task_runs))),
        NOTHING if pooled else None,
    )
    return Query(
        source="run",
        fields=(),
        project_id=project_id,
        where=where,
        sort=FLOW_RUN_SORTS[page.sort],
        limit=page.limit,
        offset=page.offset,
    )


def task_runs(page: TaskRunPage, project_id: str) -> Query:
    """Task runs. What is asked of flow runs, flows and deployments is asked of the flow run they are part of."""
    parent = None
    if page.flow_runs is not None or page.flows is not None or page.deployments is not None:
        parent = Has("parent", filters.of_run(page.flow_runs, page.flows, page.deployments))
    return Query(
        source="run",
        fields=(),
        project_id=project_id,
        where=all_of(_role(STEP), parent, None if page.task_runs is None else filters.task_run(page.task_runs)),
        sort=TASK_RUN_SORTS[page.sort],
        limit=page.limit,
        offset=page.offset,
    )


def logs(page: LogPage, project_id: str) -> Query:
    """Log lines."""
    return Query(
        source="log",
        fields=(),
        project_id=project_id,
        where=filters.logs(page.logs),
        sort=LOG_SORTS[page.sort],
        limit=page.limit,
        offset=page.offset,
    )


def _role(role: str) -> Where:
    return Compare("role", Operator.EQ, role)
