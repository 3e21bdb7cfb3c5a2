"""Task runs: made for sub-flows, read, listed, counted. All others come as events."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.members import TaskRunPage
from isogloss.adapters.prefect.bodies.pages import TaskRunPages
from isogloss.adapters.prefect.bodies.task_runs import TaskRunCreate
from isogloss.adapters.prefect.bodies.totals import TaskRunCount, TaskRunHistory
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.page_translate import numbered
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.routes.histories import answer_history
from isogloss.adapters.prefect.run_changes import make_task_run
from isogloss.adapters.prefect.run_translate import task_run, task_run_draft, task_run_plan
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry, pages
from isogloss.core.registry.runs import STEP, create_run, get_run, list_and_count_runs, list_runs

_RUN: Whole[TaskRunCreate] = Whole(TaskRunCreate)
_PAGE: Members[TaskRunPage] = Members(TaskRunPage)
_PAGES: Members[TaskRunPages] = Members(TaskRunPages)
_COUNT: Members[TaskRunCount] = Members(TaskRunCount)
_HISTORY: Members[TaskRunHistory] = Members(TaskRunHistory)


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
    query = run_queries.task_run_page(page, registry.default_project.id)
    found = await list_runs(registry, caller(request), query)
    now = registry.clock()
    return Reply(encode([task_run(standing, now) for standing in found]))


async def paginate_task_runs(registry: Registry, request: AnyRequest) -> Reply:
    """The page of task runs that has a number, and how many there are."""
    asked = await _PAGES.read(request)
    query = run_queries.numbered_task_run_page(asked, registry.default_project.id)
    found, total = await list_and_count_runs(registry, caller(request), query)
    now = registry.clock()
    results = [task_run(standing, now) for standing in found]
    return Reply(encode(numbered(results, total, asked.limit, asked.page)))


async def count_task_runs(registry: Registry, request: AnyRequest) -> Reply:
    """How many task runs there are."""
    query = run_queries.task_runs(await _COUNT.read(request), registry.default_project.id)
    return Reply(b"%d" % await pages.count(registry, caller(request), query))


async def task_run_history(registry: Registry, request: AnyRequest) -> Reply:
    """Task runs by when they were expected to start, and by state."""
    asked = await _HISTORY.read(request)
    query = run_queries.task_runs(asked, registry.default_project.id)
    return await answer_history(registry, request, asked, query)


ROUTES = (
    Route("POST", "/task_runs/", create_task_run),
    Route("POST", "/task_runs/filter", read_task_runs),
    Route("POST", "/task_runs/paginate", paginate_task_runs),
    Route("POST", "/task_runs/count", count_task_runs),
    Route("POST", "/task_runs/history", task_run_history),
    Route("GET", "/task_runs/{id:uuid}", read_task_run),
)
