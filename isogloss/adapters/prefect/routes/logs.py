"""Log lines: kept in bulk, listed."""

from isogloss.adapters.prefect import run_queries
from isogloss.adapters.prefect.bodies.logs import LogBatch
from isogloss.adapters.prefect.bodies.members import LogPage
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_translate import log, log_line
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry
from isogloss.core.registry.logs import add_lines, list_lines

_BATCH: Whole[LogBatch] = Whole(LogBatch)
_PAGE: Members[LogPage] = Members(LogPage)
_CREATED = Reply(b"null", 201)


async def create_logs(registry: Registry, request: AnyRequest) -> Reply:
    """Keep lines; their runs need not exist."""
    batch = await _BATCH.read(request)
    project = registry.default_project
    lines = [log_line(body, registry.new_id(), project.id) for body in batch]
    await add_lines(registry, caller(request), lines)
    return _CREATED


async def read_logs(registry: Registry, request: AnyRequest) -> Reply:
    """A page of lines."""
    page = await _PAGE.read(request)
    query = run_queries.logs(page, registry.default_project.id)
    found = await list_lines(registry, caller(request), query)
    return Reply(encode([log(line) for line in found]))


ROUTES = (
    Route("POST", "/logs/", create_logs),
    Route("POST", "/logs/filter", read_logs),
)
