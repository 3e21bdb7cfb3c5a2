"""Runs: make, change, search, and what is logged of them."""

from typing import Any

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.truefoundry.bodies.runs import (
    CreateRun,
    DeleteTag,
    ListMetrics,
    LogBatch,
    MetricValue,
    Pair,
    SearchRuns,
    UpdateRun,
)
from isogloss.adapters.truefoundry.fqn import parse_run_fqn
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import project_of_id
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.run_translate import MILLISECOND, facet, instant, state, value
from isogloss.adapters.truefoundry.searches import DEFAULT_PAGE, Search, read_page_token, search_runs, shown
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Instant, Metric, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import tracking
from isogloss.core.registry.tracking import Batch, Point

_CREATE = Body.of(CreateRun)
_UPDATE = Body.of(UpdateRun)
_BATCH = Body.of(LogBatch)
_METRIC = Body.of(MetricValue)
_PAIR = Body.of(Pair)
_DELETE_TAG = Body.of(DeleteTag)
_LIST_METRICS = Body.of(ListMetrics)
_SEARCH = Body.of(SearchRuns)


async def create_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a run in a repo, which is under way from then on."""
    body: CreateRun = _CREATE.read(call)
    return {"run": (await shown(call, unit, [await create(call, unit, body)]))[0]}


async def create(call: Call, unit: Writer, body: CreateRun) -> Run:
    """As ``create_run``. Raises ``Denied``, ``NotFound`` and ``Invalid``."""
    require(call.caller, Role.EDITOR)
    project = await project_of_id(unit, body.experiment_id)
    if project is None:
        raise NotFound("ml_repo", body.experiment_id)
    return await tracking.create_tracked_run(
        call.registry,
        unit,
        call.caller,
        project,
        dialect=DIALECT,
        name=body.name,
        state=state("RUNNING"),
        started=instant(body.start_time),
        facet=facet(body.description),
        tags=[(each.key, each.value) for each in body.tags or ()],
    )


async def get_run(call: Call, unit: Reader) -> dict[str, Any]:
    """A run by its id, also one that was deleted."""
    run = await tracking.get_tracked_run(unit, call.caller, call.path_text("id"))
    return {"run": (await shown(call, unit, [run]))[0]}


async def update_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Say how a run goes on, or that it has come to its end."""
    body: UpdateRun = _UPDATE.read(call)
    run = await update(call, unit, call.path_text("id"), body)
    return {"run_info": (await shown(call, unit, [run]))[0].info}


async def update(call: Call, unit: Writer, run_id: str, body: UpdateRun) -> Run:
    """As ``update_run``. Raises ``Denied``, ``NotFound`` and ``Invalid``."""
    changes: dict[str, Any] = {}
    if body.status is not None:
        changes["state"] = state(body.status)
    if body.end_time is not None:
        changes["ended"] = instant(body.end_time)
    if body.description is not None:
        changes["facet"] = facet(body.description)
    return await tracking.change_tracked_run(call.registry, unit, call.caller, run_id, dialect=DIALECT, **changes)


async def delete_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a run for good, with all that was logged of it. What it made stays."""
    await tracking.remove_tracked_run(call.registry, unit, call.caller, call.path_text("id"), DIALECT)
    return {}


async def search(call: Call, unit: Reader) -> dict[str, Any]:
    """The runs that satisfy a filter, in an order, a page at a time."""
    body: SearchRuns = _SEARCH.read(call)
    repo_name, name = body.ml_repo_name, body.name
    if body.fqn is not None:
        tenant, repo_name, name = parse_run_fqn(body.fqn, "body.fqn")
        if tenant != call.host.tenant:
            return {"runs": [], "total": 0, "next_page_token": None}
    repo_ids = body.experiment_ids or ([body.experiment_id] if body.experiment_id is not None else None)
    token = body.page_token or None
    found = await search_runs(
        call,
        unit,
        Search(
            repo_ids=repo_ids,
            repo_name=repo_name,
            name=name,
            filter=body.filter or "",
            view=body.run_view_type or "ACTIVE_ONLY",
            orders=body.order_by or (),
            limit=body.max_results or DEFAULT_PAGE,
            offset=body.offset or 0 if token is None else read_page_token(token),
        ),
    )
    return {"runs": found.runs, "total": found.total, "next_page_token": found.next_page_token}


async def log_batch(call: Call, unit: Writer) -> dict[str, Any]:
    """Log metrics, parameters and tags at once: all of them, or none."""
    body: LogBatch = _BATCH.read(call)
    return await _log(call, unit, batch_of(body, call.registry.clock()))


def batch_of(body: LogBatch, now: Instant) -> Batch:
    """What a body says is to be logged."""
    return Batch(
        points=[point(each, now) for each in body.metrics or ()],
        parameters=[(each.key, each.value) for each in body.params or ()],
        tags=[(each.key, each.value) for each in body.tags or ()],
    )


async def log_metric(call: Call, unit: Writer) -> dict[str, Any]:
    """Log a point of a metric."""
    body: MetricValue = _METRIC.read(call)
    return await _log(call, unit, Batch(points=[point(body, call.registry.clock())]))


async def log_parameter(call: Call, unit: Writer) -> dict[str, Any]:
    """Log a parameter."""
    body: Pair = _PAIR.read(call)
    return await _log(call, unit, Batch(parameters=[(body.key, body.value)]))


async def set_tag(call: Call, unit: Writer) -> dict[str, Any]:
    """Mark a run with a tag."""
    body: Pair = _PAIR.read(call)
    return await _log(call, unit, Batch(tags=[(body.key, body.value)]))


async def delete_tag(call: Call, unit: Writer) -> dict[str, Any]:
    """Take a tag off a run."""
    body: DeleteTag = _DELETE_TAG.read(call)
    await tracking.delete_run_tags(unit, call.caller, call.path_text("id"), DIALECT, [body.key])
    return {}


async def _log(call: Call, unit: Writer, batch: Batch) -> dict[str, Any]:
    await tracking.log(call.registry, unit, call.caller, call.path_text("id"), DIALECT, batch)
    return {}


def point(given: MetricValue, now: Instant) -> Point:
    """A point of a metric; one without a time is of now."""
    return Point(
        key=given.key,
        value=float("nan") if given.value is None else given.value,
        step=given.step or 0,
        at=now // MILLISECOND if given.timestamp is None else given.timestamp,
    )


async def metric_history(call: Call, unit: Reader) -> dict[str, Any]:
    """All points of one metric, in the order of their steps."""
    run = await tracking.get_tracked_run(unit, call.caller, call.path_text("id"))
    key = last(call.query(), "metric_key")
    if key is None:
        raise Malformed("query.metric_key", "must be the key of a metric.")
    return {"metrics": [value(each) for each in await tracking.history(unit, call.caller, run.id, [key])]}


async def list_metrics(call: Call, unit: Reader) -> dict[str, Any]:
    """The points of several metrics."""
    body: ListMetrics = _LIST_METRICS.read(call)
    return {"metric_collections": await collections(call, unit, call.path_text("id"), body)}


async def collections(call: Call, unit: Reader, run_id: str, body: ListMetrics) -> list[dict[str, Any]]:
    """As ``list_metrics``. Raises ``Denied`` and ``NotFound``."""
    run = await tracking.get_tracked_run(unit, call.caller, run_id)
    keys = body.metric_keys or sorted(each.key for each in await unit.find(Metric, run_id=run.id))
    points = await tracking.history(unit, call.caller, run.id, keys, step=body.step)
    by_key: dict[str, list[Any]] = {key: [] for key in keys}
    for each in points:
        by_key[each.key].append(value(each))
    return [{"key": key, "metrics": metrics} for key, metrics in by_key.items()]


ROUTES: tuple[Route, ...] = (
    Write("POST", "/runs", create_run),
    Read("POST", "/runs/search", search),
    Read("GET", "/runs/{id:str}", get_run),
    Write("PUT", "/runs/{id:str}", update_run),
    Write("DELETE", "/runs/{id:str}", delete_run),
    Write("POST", "/runs/{id:str}/batch", log_batch),
    Write("POST", "/runs/{id:str}/metrics", log_metric),
    Read("GET", "/runs/{id:str}/metrics/history", metric_history),
    Read("POST", "/runs/{id:str}/metrics/list", list_metrics),
    Write("POST", "/runs/{id:str}/parameters", log_parameter),
    Write("PUT", "/runs/{id:str}/tags", set_tag),
    Write("POST", "/runs/{id:str}/tags/delete", delete_tag),
)
"""What only the newer family has; the older one does it in MLflow's shapes."""
