"""Task runs: made for sub-flows, read, listed. All others come as events."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.members import TaskRunPage
from isogloss.adapters.prefect.bodies.task_runs import TaskRunCreate
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_changes import make_task_run
from isogloss.adapters.prefect.run_translate import task_run, task_run_draft, task_run_plan
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry
from isogloss.core.registry.runs import STEP, create_run, get_run, list_runs

_RUN: Whole[TaskRunCreate] = Whole(TaskRunCreate)
_PAGE: Members[TaskRunPage] = Members(TaskRunPage)


async def create_task_run(registry: Registry, request: AnyRequest) -> Reply:
    """Make a task run, or answer the one that has its keys in its flow run."""
    body = await _RUN.read(request)
    standing, made = await create_run(
        registry,
        caller(request),
        registry.default_project,
        task_run_draft(body),
        make_task_run(task_run_plan(body), registry.new_id),
    )
    return Reply(encode(task_run(standing, registry.clock())), 201 if made else 200)


async def read_task_run(registry: Registry, request: AnyRequest) -> Reply:
    """A task run, or a step of another dialect as one."""
    standing = await get_run(registry, caller(request), registry.default_project, path_uuid(request), STEP)
    return Reply(encode(task_run(standing, registry.clock())))


async def read_task_runs(registry: Registry, request: AnyRequest) -> Reply:
    """A page of task runs."""
    page = await _PAGE.read(request)
    query = run_queries.task_runs(page, registry.default_project.id)
    found = await list_runs(registry, caller(request), query)
    now = registry.clock()
    return Reply(encode([task_run(standing, now) for standing in found]))


ROUTES = (
    Route("POST", "/task_runs/", create_task_run),
    Route("POST", "/task_runs/filter", read_task_runs),
    Route("GET", "/task_runs/{id:uuid}", read_task_run),
)
