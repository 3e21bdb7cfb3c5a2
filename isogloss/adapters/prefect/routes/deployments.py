"""Deployments: made or changed by name, read, listed, counted, deleted, run."""

from isogloss.adapters.prefect import workflow_queries
from isogloss.adapters.prefect.bodies.deployments import DeploymentCreate
from isogloss.adapters.prefect.bodies.flow_runs import DeploymentFlowRunCreate
from isogloss.adapters.prefect.bodies.pages import DeploymentPage, DeploymentPages
from isogloss.adapters.prefect.bodies.totals import DeploymentCount
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.deployment_translate import (
    complete_deployment,
    deployed_run_draft,
    deployment,
    deployment_draft,
)
from isogloss.adapters.prefect.failures import detail, encode
from isogloss.adapters.prefect.orchestration import AWAITING_SLOT
from isogloss.adapters.prefect.page_translate import numbered
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_changes import make_deployed_run, mirror
from isogloss.adapters.prefect.run_translate import flow_run
from isogloss.adapters.reply import NO_CONTENT, Reply
from isogloss.core.errors import Conflict
from isogloss.core.registry import Registry, pages
from isogloss.core.registry.runs import create_run
from isogloss.core.registry.workflows import (
    DEPLOYMENT,
    get_workflow,
    list_and_count_workflows,
    list_workflows,
    put_deployment,
)
from isogloss.core.registry.workflows import delete_deployment as delete

_DEPLOYMENT: Whole[DeploymentCreate] = Whole(DeploymentCreate)
_PAGE: Members[DeploymentPage] = Members(DeploymentPage)
_PAGES: Members[DeploymentPages] = Members(DeploymentPages)
_COUNT: Members[DeploymentCount] = Members(DeploymentCount)
_RUN: Whole[DeploymentFlowRunCreate] = Whole(DeploymentFlowRunCreate)

DEFAULT_POOL = "default-agent-pool"
"""The one work pool that the vendor always has."""


async def create_deployment(registry: Registry, request: AnyRequest) -> Reply:
    """Make a deployment of a flow, or change the one of this name as far as the body says."""
    body = await _DEPLOYMENT.read(request)
    if body.work_pool_name and body.work_pool_name != DEFAULT_POOL:
        raise detail(404, f'Work pool "{body.work_pool_name}" not found.')
    if body.global_concurrency_limit_id is not None:
        raise detail(404, "Concurrency limit not found")
    if body.infrastructure_document_id is not None:
        raise detail(409, _missing_block("infrastructure", body.infrastructure_document_id))
    if body.storage_document_id is not None:
        raise detail(409, _missing_block("storage", body.storage_document_id))
    workflow, made = await put_deployment(
        registry,
        caller(request),
        registry.default_project,
        deployment_draft(body),
        complete_deployment(body, registry.new_id, registry.clock()),
    )
    return Reply(encode(deployment(workflow)), 201 if made else 200)


async def read_deployment(registry: Registry, request: AnyRequest) -> Reply:
    """A deployment."""
    workflow = await get_workflow(registry, caller(request), registry.default_project, path_uuid(request), DEPLOYMENT)
    return Reply(encode(deployment(workflow)))


async def read_deployments(registry: Registry, request: AnyRequest) -> Reply:
    """A page of deployments."""
    query = workflow_queries.deployment_page(await _PAGE.read(request), registry.default_project.id)
    return Reply(encode([deployment(each) for each in await list_workflows(registry, caller(request), query)]))


async def paginate_deployments(registry: Registry, request: AnyRequest) -> Reply:
    """The page of deployments that has a number, and how many there are."""
    asked = await _PAGES.read(request)
    query = workflow_queries.numbered_deployment_page(asked, registry.default_project.id)
    found, total = await list_and_count_workflows(registry, caller(request), query)
    return Reply(encode(numbered([deployment(each) for each in found], total, asked.limit, asked.page)))


async def count_deployments(registry: Registry, request: AnyRequest) -> Reply:
    """How many deployments there are."""
    query = workflow_queries.deployments(await _COUNT.read(request), registry.default_project.id)
    return Reply(b"%d" % await pages.count(registry, caller(request), query))


async def delete_deployment(registry: Registry, request: AnyRequest) -> Reply:
    """Delete a deployment and its runs that wait for their time."""
    await delete(
        registry,
        caller(request),
        registry.default_project,
        path_uuid(request),
        keep_named=frozenset({AWAITING_SLOT}),
    )
    return NO_CONTENT


async def create_flow_run_from_deployment(registry: Registry, request: AnyRequest) -> Reply:
    """Make a run of a deployment's flow, scheduled for now unless the body says otherwise."""
    deployment_id = path_uuid(request)
    body = await _RUN.read(request)
    if body.infrastructure_document_id is not None:
        raise Conflict("There are no block documents here.")
    standing, made = await create_run(
        registry,
        caller(request),
        registry.default_project,
        deployed_run_draft(body, deployment_id),
        make_deployed_run(body, registry.new_id),
        mirror(registry.new_id),
        find_deployment=True,
    )
    return Reply(encode(flow_run(standing, registry.clock())), 201 if made else 200)


def _missing_block(kind: str, block_id: str) -> str:
    return (
        f"Error creating deployment. Could not find {kind} block with id: {block_id}. This usually occurs when"
        " applying a deployment specification that was built against a different Prefect database / workspace."
    )


ROUTES = (
    Route("POST", "/deployments/", create_deployment),
    Route("POST", "/deployments/filter", read_deployments),
    Route("POST", "/deployments/paginate", paginate_deployments),
    Route("POST", "/deployments/count", count_deployments),
    Route("GET", "/deployments/{id:uuid}", read_deployment),
    Route("DELETE", "/deployments/{id:uuid}", delete_deployment),
    Route("POST", "/deployments/{id:uuid}/create_flow_run", create_flow_run_from_deployment),
)
