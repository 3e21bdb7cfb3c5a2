"""Flows: made by name, read by id, listed, counted."""

from isogloss.adapters.prefect import workflow_queries
from isogloss.adapters.prefect.bodies.flows import FlowCreate
from isogloss.adapters.prefect.bodies.pages import FlowPage, FlowPages
from isogloss.adapters.prefect.bodies.totals import FlowCount
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.filters import NO_FLOW
from isogloss.adapters.prefect.page_translate import numbered
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_translate import flow, flow_draft, no_flow
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry, pages
from isogloss.core.registry.workflows import (
    WORKFLOW,
    ensure_workflow,
    get_workflow,
    list_and_count_workflows,
    list_workflows,
)

_FLOW: Whole[FlowCreate] = Whole(FlowCreate)
_PAGE: Members[FlowPage] = Members(FlowPage)
_PAGES: Members[FlowPages] = Members(FlowPages)
_COUNT: Members[FlowCount] = Members(FlowCount)


async def create_flow(registry: Registry, request: AnyRequest) -> Reply:
    """Make a flow, or answer the one that has the name, as it is."""
    body = await _FLOW.read(request)
    project = registry.default_project
    workflow, made = await ensure_workflow(registry, caller(request), project, flow_draft(body))
    return Reply(encode(flow(workflow)), 201 if made else 200)


async def read_flow(registry: Registry, request: AnyRequest) -> Reply:
    """A flow, or a workflow of another dialect as one."""
    project, flow_id = registry.default_project, path_uuid(request)
    if flow_id == NO_FLOW:
        return Reply(encode(no_flow(project)))
    workflow = await get_workflow(registry, caller(request), project, flow_id, WORKFLOW)
    return Reply(encode(flow(workflow)))


async def read_flows(registry: Registry, request: AnyRequest) -> Reply:
    """A page of flows. What stands for the flow of runs without one is there for who asks for it by its id."""
    asked, project = await _PAGE.read(request), registry.default_project
    found = await list_workflows(registry, caller(request), workflow_queries.flow_page(asked, project.id))
    shown = [flow(each) for each in found]
    if workflow_queries.asks_for_no_flow(asked):
        shown.append(no_flow(project))
    return Reply(encode(shown))


async def paginate_flows(registry: Registry, request: AnyRequest) -> Reply:
    """The page of flows that has a number, and how many there are."""
    asked = await _PAGES.read(request)
    query = workflow_queries.numbered_flow_page(asked, registry.default_project.id)
    found, total = await list_and_count_workflows(registry, caller(request), query)
    return Reply(encode(numbered([flow(each) for each in found], total, asked.limit, asked.page)))


async def count_flows(registry: Registry, request: AnyRequest) -> Reply:
    """How many flows there are."""
    query = workflow_queries.flows(await _COUNT.read(request), registry.default_project.id)
    return Reply(b"%d" % await pages.count(registry, caller(request), query))


ROUTES = (
    Route("POST", "/flows/", create_flow),
    Route("POST", "/flows/filter", read_flows),
    Route("POST", "/flows/paginate", paginate_flows),
    Route("POST", "/flows/count", count_flows),
    Route("GET", "/flows/{id:uuid}", read_flow),
)
