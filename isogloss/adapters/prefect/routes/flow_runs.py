"""Flow runs: made, read, listed, changed, brought from state to state, deleted."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunCreate, FlowRunUpdate
from isogloss.adapters.prefect.bodies.members import FlowRunPage, SetState
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.failures import detail, encode, message
from isogloss.adapters.prefect.orchestration import Verdict
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_changes import make_flow_run, mirror, patched, propose
from isogloss.adapters.prefect.run_translate import (
    flow_run,
    flow_run_draft,
    flow_run_plan,
    orchestration_result,
    phase,
)
from isogloss.adapters.reply import NO_CONTENT, Reply
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Workflow
from isogloss.core.registry import Registry
from isogloss.core.registry.runs import (
    Change,
    Standing,
    change_run,
    create_run,
    delete_run,
    get_run,
    list_runs,
)

_RUN: Whole[FlowRunCreate] = Whole(FlowRunCreate)
_UPDATE: Whole[FlowRunUpdate] = Whole(FlowRunUpdate)
_STATE: Members[SetState] = Members(SetState)
_PAGE: Members[FlowRunPage] = Members(FlowRunPage)


async def create_flow_run(registry: Registry, request: AnyRequest) -> Reply:
    """Make a run of a flow, or answer the one that has its idempotency key."""
    body = await _RUN.read(request)
    if body.work_pool_name and body.work_queue_name:
        raise detail(404, f"Work pool queue '{body.work_pool_name}/{body.work_queue_name}' not found.")
    if body.work_pool_name:
        raise detail(404, f'Work pool "{body.work_pool_name}" not found.')
    if body.infrastructure_document_id is not None:
        raise Conflict("There are no block documents here.")
    standing, made = await create_run(
        registry,
        caller(request),
        registry.default_project,
        flow_run_draft(body),
        make_flow_run(flow_run_plan(body), registry.new_id),
        mirror(registry.new_id),
    )
    return Reply(encode(flow_run(standing, registry.clock())), 201 if made else 200)


async def read_flow_run(registry: Registry, request: AnyRequest) -> Reply:
    """A flow run, or a run of another dialect as one."""
    standing = await get_run(registry, caller(request), registry.default_project, path_uuid(request))
    return Reply(encode(flow_run(standing, registry.clock())))


async def read_flow_runs(registry: Registry, request: AnyRequest) -> Reply:
    """A page of flow runs."""
    page = await _PAGE.read(request)
    query = run_queries.flow_runs(page, registry.default_project.id)
    found = await list_runs(registry, caller(request), query)
    now = registry.clock()
    return Reply(encode([flow_run(standing, now) for standing in found]))


async def update_flow_run(registry: Registry, request: AnyRequest) -> Reply:
    """Change what the body names."""
    run_id = path_uuid(request)
    body = await _UPDATE.read(request)

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        return patched(standing, body, registry.clock())

    await change_run(registry, caller(request), registry.default_project, run_id, decide)
    return NO_CONTENT


async def set_flow_run_state(registry: Registry, request: AnyRequest) -> Reply:
    """Propose a state; 201 says that the run entered one, maybe another than was proposed."""
    run_id = path_uuid(request)
    body = await _STATE.read(request)
    proposed = phase(body.state)
    verdicts: list[Verdict] = []

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        verdict, change = propose(standing, deployment, proposed, registry.clock(), registry.new_id, force=body.force)
        verdicts.append(verdict)
        return change

    try:
        standing = await change_run(
            registry,
            caller(request),
            registry.default_project,
            run_id,
            decide,
            mirror(registry.new_id),
        )
    except NotFound:
        raise message(404, f"Flow run with id {run_id} not found") from None
    verdict = verdicts[-1]
    status = 200 if verdict.state is None else 201
    return Reply(encode(orchestration_result(verdict, standing)), status)


async def delete_flow_run(registry: Registry, request: AnyRequest) -> Reply:
    """Delete a flow run with its task runs and logs; artifacts stay."""
    await delete_run(registry, caller(request), registry.default_project, path_uuid(request))
    return NO_CONTENT


ROUTES = (
    Route("POST", "/flow_runs/", create_flow_run),
    Route("POST", "/flow_runs/filter", read_flow_runs),
    Route("GET", "/flow_runs/{id:uuid}", read_flow_run),
    Route("PATCH", "/flow_runs/{id:uuid}", update_flow_run),
    Route("DELETE", "/flow_runs/{id:uuid}", delete_flow_run),
    Route("POST", "/flow_runs/{id:uuid}/set_state", set_flow_run_state),
)
