"""Flows: made by name, read by id."""

from isogloss.adapters.prefect.bodies.flows import FlowCreate
from isogloss.adapters.prefect.decode import AnyRequest, Whole, path_uuid
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_translate import flow, flow_draft
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry
from isogloss.core.registry.workflows import WORKFLOW, ensure_workflow, get_workflow

_FLOW: Whole[FlowCreate] = Whole(FlowCreate)


async def create_flow(registry: Registry, request: AnyRequest) -> Reply:
    """Make a flow, or answer the one that has the name, as it is."""
    body = await _FLOW.read(request)
    project = registry.default_project
    workflow, made = await ensure_workflow(registry, caller(request), project, flow_draft(body))
    return Reply(encode(flow(workflow)), 201 if made else 200)


async def read_flow(registry: Registry, request: AnyRequest) -> Reply:
    """A flow, or a workflow of another dialect as one."""
    project = registry.default_project
    workflow = await get_workflow(registry, caller(request), project, path_uuid(request), WORKFLOW)
    return Reply(encode(flow(workflow)))


ROUTES = (
    Route("POST", "/flows/", create_flow),
    Route("GET", "/flows/{id:uuid}", read_flow),
)
