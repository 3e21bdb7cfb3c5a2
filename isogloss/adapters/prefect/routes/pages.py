"""What only the vendor's own pages ask: bars, counts and next runs, of many rows at once."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.totals import FlowIds, FlowRunBars, FlowRunIds, TaskRunCount
from isogloss.adapters.prefect.decode import AnyRequest, Members, path_uuid
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.page_translate import bar, by_state, named_task_run, next_run
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry
from isogloss.core.registry.run_history import count_by_state, count_steps, list_run_times
from isogloss.core.registry.runs import get_step
from isogloss.core.registry.workflows import count_deployments, next_runs

_BARS: Members[FlowRunBars] = Members(FlowRunBars)
_FLOW_RUNS: Members[FlowRunIds] = Members(FlowRunIds)
_TASK_RUNS: Members[TaskRunCount] = Members(TaskRunCount)
_FLOWS: Members[FlowIds] = Members(FlowIds)


async def read_flow_run_history(registry: Registry, request: AnyRequest) -> Reply:
    """Flow runs as the dashboard draws them."""
    query = run_queries.flow_run_page(await _BARS.read(request), registry.default_project.id)
    now = registry.clock()
    return Reply(encode([bar(run, now) for run in await list_run_times(registry, caller(request), query)]))


async def count_task_runs_by_flow_run(registry: Registry, request: AnyRequest) -> Reply:
    """How many task runs flow runs have, without those that called a flow run."""
    asked = await _FLOW_RUNS.read(request)
    found = await count_steps(registry, caller(request), registry.default_project, asked.flow_run_ids)
    return Reply(encode({run_id: found.get(run_id, 0) for run_id in asked.flow_run_ids}))


async def count_task_runs_by_state(registry: Registry, request: AnyRequest) -> Reply:
    """How many task runs there are in each state."""
    query = run_queries.task_runs(await _TASK_RUNS.read(request), registry.default_project.id)
    return Reply(encode(by_state(await count_by_state(registry, caller(request), query))))


async def count_deployments_by_flow(registry: Registry, request: AnyRequest) -> Reply:
    """How many deployments flows have."""
    asked = await _FLOWS.read(request)
    found = await count_deployments(registry, caller(request), registry.default_project, asked.flow_ids)
    return Reply(encode({flow_id: found.get(flow_id, 0) for flow_id in asked.flow_ids}))


async def next_runs_by_flow(registry: Registry, request: AnyRequest) -> Reply:
    """The run of each flow that is to start next; null for flows that have none."""
    asked = await _FLOWS.read(request)
    found = await next_runs(registry, caller(request), registry.default_project, asked.flow_ids)
    shown = {flow_id: next_run(run) for flow_id, run in found.items()}
    return Reply(encode({flow_id: shown.get(flow_id) for flow_id in asked.flow_ids}))


async def read_task_run_with_flow_run_name(registry: Registry, request: AnyRequest) -> Reply:
    """A task run, and what its flow run is called."""
    standing, run = await get_step(registry, caller(request), registry.default_project, path_uuid(request))
    return Reply(encode(named_task_run(standing, run, registry.clock())))


ROUTES = (
    Route("POST", "/ui/flow_runs/history", read_flow_run_history),
    Route("POST", "/ui/flow_runs/count-task-runs", count_task_runs_by_flow_run),
    Route("POST", "/ui/flows/count-deployments", count_deployments_by_flow),
    Route("POST", "/ui/flows/next-runs", next_runs_by_flow),
    Route("POST", "/ui/task_runs/count", count_task_runs_by_state),
    Route("GET", "/ui/task_runs/{id:uuid}", read_task_run_with_flow_run_name),
)
