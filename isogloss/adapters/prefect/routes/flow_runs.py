"""Flow runs: made, read, listed, counted, drawn as graphs, changed, brought from state to state, deleted."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunCreate, FlowRunUpdate
from isogloss.adapters.prefect.bodies.members import FlowRunPage, SetState
from isogloss.adapters.prefect.bodies.pages import FlowRunPages
from isogloss.adapters.prefect.bodies.totals import FlowRunCount, FlowRunHistory
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid, query_moment
from isogloss.adapters.prefect.failures import detail, encode, message
from isogloss.adapters.prefect.graph_translate import graph
from isogloss.adapters.prefect.orchestration import Verdict
from isogloss.adapters.prefect.page_translate import numbered
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.routes.histories import answer_history
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
from isogloss.core.registry import Registry, pages
from isogloss.core.registry.run_graph import read_graph
from isogloss.core.registry.runs import (
    Change,
    Standing,
    change_run,
    create_run,
    delete_run,
    get_run,
    list_and_count_runs,
    list_runs,
)

_RUN: Whole[FlowRunCreate] = Whole(FlowRunCreate)
_UPDATE: Whole[FlowRunUpdate] = Whole(FlowRunUpdate)
_STATE: Members[SetState] = Members(SetState)
_PAGE: Members[FlowRunPage] = Members(FlowRunPage)
_PAGES: Members[FlowRunPages] = Members(FlowRunPages)
_COUNT: Members[FlowRunCount] = Members(FlowRunCount)
_HISTORY: Members[FlowRunHistory] = Members(FlowRunHistory)

GRAPH_NODES, GRAPH_ARTIFACTS = 10_000, 10_000
"""The most that a graph has of both, as with the vendor unless configured otherwise."""


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
    query = run_queries.flow_run_page(page, registry.default_project.id)
    found = await list_runs(registry, caller(request), query)
    now = registry.clock()
    return Reply(encode([flow_run(standing, now) for standing in found]))


async def paginate_flow_runs(registry: Registry, request: AnyRequest) -> Reply:
    """The page of flow runs that has a number, and how many there are."""
    asked = await _PAGES.read(request)
    query = run_queries.numbered_flow_run_page(asked, registry.default_project.id)
    found, total = await list_and_count_runs(registry, caller(request), query)
    now = registry.clock()
    results = [flow_run(standing, now) for standing in found]
    return Reply(encode(numbered(results, total, asked.limit, asked.page)))


async def count_flow_runs(registry: Registry, request: AnyRequest) -> Reply:
    """How many flow runs there are."""
    query = run_queries.flow_runs(await _COUNT.read(request), registry.default_project.id)
    return Reply(b"%d" % await pages.count(registry, caller(request), query))


async def flow_run_history(registry: Registry, request: AnyRequest) -> Reply:
    """Flow runs by when they were expected to start, and by state."""
    asked = await _HISTORY.read(request)
    query = run_queries.flow_runs(asked, registry.default_project.id)
    return await answer_history(registry, request, asked, query)


async def read_flow_run_graph_v2(registry: Registry, request: AnyRequest) -> Reply:
    """What happened within a flow run, as a graph."""
    run_id = path_uuid(request)
    since = query_moment(request, "since")
    try:
        found = await read_graph(
            registry,
            caller(request),
            registry.default_project,
            run_id,
            most_steps=GRAPH_NODES + 1,
            most_versions=GRAPH_ARTIFACTS,
        )
    except NotFound:
        raise message(404, f"Flow run {run_id} not found") from None
    drawn = graph(found, since)
    if len(drawn.nodes) > GRAPH_NODES:
        raise detail(400, f"The graph of flow run {run_id} has more than {GRAPH_NODES} nodes.")
    return Reply(encode(drawn))


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
    Route("POST", "/flow_runs/paginate", paginate_flow_runs),
    Route("POST", "/flow_runs/count", count_flow_runs),
    Route("POST", "/flow_runs/history", flow_run_history),
    Route("GET", "/flow_runs/{id:uuid}/graph-v2", read_flow_run_graph_v2),
    Route("GET", "/flow_runs/{id:uuid}", read_flow_run),
    Route("PATCH", "/flow_runs/{id:uuid}", update_flow_run),
    Route("DELETE", "/flow_runs/{id:uuid}", delete_flow_run),
    Route("POST", "/flow_runs/{id:uuid}/set_state", set_flow_run_state),
)
