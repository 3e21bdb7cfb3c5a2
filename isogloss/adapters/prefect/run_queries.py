"""What Prefect's lists, counts and histories of runs, and its lists of logs, ask: as ``core.query`` queries."""

from typing import TypeAlias

from msgspec.structs import replace

from isogloss.adapters.prefect import filters
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunSort
from isogloss.adapters.prefect.bodies.logs import LogSort
from isogloss.adapters.prefect.bodies.members import FlowRunPage, LogPage, TaskRunPage
from isogloss.adapters.prefect.bodies.pages import FlowRunPages, TaskRunPages
from isogloss.adapters.prefect.bodies.task_runs import TaskRunSort
from isogloss.adapters.prefect.bodies.totals import (
    FlowRunBars,
    FlowRunCount,
    FlowRunHistory,
    TaskRunCount,
    TaskRunHistory,
)
from isogloss.core.query import EVERYTHING, NOTHING, Compare, Has, IsNull, Not, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.runs import RUN, STEP

FlowRunsAsked: TypeAlias = FlowRunPage | FlowRunPages | FlowRunCount | FlowRunHistory | FlowRunBars
TaskRunsAsked: TypeAlias = TaskRunPage | TaskRunPages | TaskRunCount | TaskRunHistory

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


def flow_runs(asked: FlowRunsAsked, project_id: str) -> Query:
    """Flow runs, all of them. There are no work pools and queues here, so who asks for runs of one finds none."""
    where = all_of(
        _role(RUN),
        # Another dialect may have put a run away.
        IsNull("deleted"),
        filters.of_run(asked.flow_runs, asked.flows, asked.deployments),
        None if asked.task_runs is None else Has("child", all_of(_role(STEP), filters.task_run(asked.task_runs))),
        NOTHING if _pooled(asked) else None,
    )
    return Query(source="run", fields=(), project_id=project_id, where=where)


def flow_run_page(asked: FlowRunPage | FlowRunBars, project_id: str) -> Query:
    """A page of flow runs."""
    whole = flow_runs(asked, project_id)
    return replace(whole, sort=FLOW_RUN_SORTS[asked.sort], limit=asked.limit, offset=asked.offset)


def numbered_flow_run_page(asked: FlowRunPages, project_id: str) -> Query:
    """The page of flow runs that has a number."""
    whole = flow_runs(asked, project_id)
    return replace(whole, sort=FLOW_RUN_SORTS[asked.sort], limit=asked.limit, offset=(asked.page - 1) * asked.limit)


def task_runs(asked: TaskRunsAsked, project_id: str) -> Query:
    """Task runs, all of them. What is asked of flow runs, flows and deployments is asked of their flow run."""
    parent = None
    if asked.flow_runs is not None or asked.flows is not None or asked.deployments is not None:
        wanted = filters.of_run(asked.flow_runs, asked.flows, asked.deployments)
        # Whatever a task run is part of is there, so that it need not be looked up where nothing is asked of it.
        parent = Not(IsNull("parent_id")) if wanted == EVERYTHING else Has("parent", wanted)
    where = all_of(_role(STEP), parent, None if asked.task_runs is None else filters.task_run(asked.task_runs))
    return Query(source="run", fields=(), project_id=project_id, where=where)


def task_run_page(asked: TaskRunPage, project_id: str) -> Query:
    """A page of task runs."""
    whole = task_runs(asked, project_id)
    return replace(whole, sort=TASK_RUN_SORTS[asked.sort], limit=asked.limit, offset=asked.offset)


def numbered_task_run_page(asked: TaskRunPages, project_id: str) -> Query:
    """The page of task runs that has a number."""
    whole = task_runs(asked, project_id)
    return replace(whole, sort=TASK_RUN_SORTS[asked.sort], limit=asked.limit, offset=(asked.page - 1) * asked.limit)


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


def _pooled(asked: FlowRunsAsked) -> bool:
    """Whether something is asked of the work pool or the queue."""
    match asked:
        case FlowRunHistory():
            return asked.work_pools is not None or asked.work_queues is not None
        case FlowRunBars():
            return asked.work_pools is not None
    return asked.work_pools is not None or asked.work_pool_queues is not None


def _role(role: str) -> Where:
    return Compare("role", Operator.EQ, role)
