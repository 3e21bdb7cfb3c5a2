"""How runs spread over time: what the histories of flow runs and of task runs have in common."""

from isogloss.adapters.prefect.bodies.totals import FlowRunHistory, TaskRunHistory
from isogloss.adapters.prefect.decode import AnyRequest
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.page_translate import history, history_spans, history_width
from isogloss.adapters.prefect.routes import caller
from isogloss.adapters.reply import Reply
from isogloss.core.query import Query
from isogloss.core.registry import Registry
from isogloss.core.registry.run_history import read_history


async def answer_history(
    registry: Registry, request: AnyRequest, asked: FlowRunHistory | TaskRunHistory, query: Query
) -> Reply:
    """The runs of a query by when they were expected to start, and by state, over the time that is asked for."""
    width = history_width(asked.history_interval_seconds)
    spans = history_spans(asked.history_start, asked.history_end, width)
    totals = await read_history(registry, caller(request), query, asked.history_start, width, spans)
    return Reply(encode(history(asked.history_start, width, totals)))
