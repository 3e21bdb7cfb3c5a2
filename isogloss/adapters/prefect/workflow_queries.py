"""What Prefect's lists and counts of flows and deployments ask, as ``core.query`` queries.

There are no work pools and queues here, so who asks for what has one finds nothing.
"""

from typing import TypeAlias

from msgspec.structs import replace

from isogloss.adapters.prefect import filters
from isogloss.adapters.prefect.bodies.deployments import DeploymentSort
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter
from isogloss.adapters.prefect.bodies.flows import FlowSort
from isogloss.adapters.prefect.bodies.pages import DeploymentPage, DeploymentPages, FlowPage, FlowPages
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter
from isogloss.adapters.prefect.bodies.totals import DeploymentCount, FlowCount
from isogloss.adapters.prefect.filters import NO_FLOW
from isogloss.core.query import NOTHING, Compare, Has, IsNull, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.runs import RUN, STEP
from isogloss.core.registry.workflows import DEPLOYMENT, WORKFLOW

FlowsAsked: TypeAlias = FlowPage | FlowPages | FlowCount
DeploymentsAsked: TypeAlias = DeploymentPage | DeploymentPages | DeploymentCount

FLOW_SORTS = {
    FlowSort.CREATED_DESC: Sort("created", descending=True),
    FlowSort.UPDATED_DESC: Sort("updated", descending=True),
    FlowSort.NAME_ASC: Sort("name"),
    FlowSort.NAME_DESC: Sort("name", descending=True),
}
DEPLOYMENT_SORTS = {
    DeploymentSort.CREATED_DESC: Sort("created", descending=True),
    DeploymentSort.UPDATED_DESC: Sort("updated", descending=True),
    DeploymentSort.NAME_ASC: Sort("name"),
    DeploymentSort.NAME_DESC: Sort("name", descending=True),
}


def flows(asked: FlowsAsked, project_id: str) -> Query:
    """Flows, all of them. What is asked of a flow run and of a task run is asked of one run and a task run of it."""
    prepared = None if asked.deployments is None else filters.deployment(asked.deployments)
    where = all_of(
        _role(WORKFLOW),
        None if asked.flows is None else filters.flow(asked.flows),
        None if prepared is None else Has("child", all_of(_role(DEPLOYMENT), prepared)),
        _has_run("run", asked.flow_runs, asked.task_runs),
        None if asked.work_pools is None else NOTHING,
    )
    return Query(source="workflow", fields=(), project_id=project_id, where=where)


def flow_page(asked: FlowPage, project_id: str) -> Query:
    """A page of flows."""
    whole = flows(asked, project_id)
    return replace(whole, sort=FLOW_SORTS[asked.sort], limit=asked.limit, offset=asked.offset)


def asks_for_no_flow(asked: FlowPage) -> bool:
    """Whether flows are asked for by their ids alone, and what stands for none is among these."""
    if asked.flows is None or asked.flows.id is None or asked.offset or asked.limit == 0:
        return False
    criteria = asked.flows.model_fields_set - {"operator"}
    return criteria == {"id"} and NO_FLOW in (asked.flows.id.any_ or ())


def numbered_flow_page(asked: FlowPages, project_id: str) -> Query:
    """The page of flows that has a number."""
    whole = flows(asked, project_id)
    return replace(whole, sort=FLOW_SORTS[asked.sort], limit=asked.limit, offset=(asked.page - 1) * asked.limit)


def deployments(asked: DeploymentsAsked, project_id: str) -> Query:
    """Deployments, all of them."""
    pooled = asked.work_pools is not None or asked.work_pool_queues is not None
    where = all_of(
        _role(DEPLOYMENT),
        None if asked.deployments is None else filters.deployment(asked.deployments),
        None if asked.flows is None else Has("parent", filters.flow(asked.flows)),
        _has_run("prepared_run", asked.flow_runs, asked.task_runs),
        NOTHING if pooled else None,
    )
    return Query(source="workflow", fields=(), project_id=project_id, where=where)


def deployment_page(asked: DeploymentPage, project_id: str) -> Query:
    """A page of deployments."""
    whole = deployments(asked, project_id)
    return replace(whole, sort=DEPLOYMENT_SORTS[asked.sort], limit=asked.limit, offset=asked.offset)


def numbered_deployment_page(asked: DeploymentPages, project_id: str) -> Query:
    """The page of deployments that has a number."""
    whole = deployments(asked, project_id)
    offset = (asked.page - 1) * asked.limit
    return replace(whole, sort=DEPLOYMENT_SORTS[asked.sort], limit=asked.limit, offset=offset)


def _has_run(relation: str, flow_runs: FlowRunFilter | None, task_runs: TaskRunFilter | None) -> Where | None:
    if flow_runs is None and task_runs is None:
        return None
    return Has(
        relation,
        all_of(
            _role(RUN),
            IsNull("deleted"),
            None if flow_runs is None else filters.flow_run(flow_runs),
            None if task_runs is None else Has("child", all_of(_role(STEP), filters.task_run(task_runs))),
        ),
    )


def _role(role: str) -> Where:
    return Compare("role", Operator.EQ, role)
