"""Runs: make, change, search, remove, and what is logged of them."""

from typing import Any

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Plain, Read, Route, Write
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.bodies.runs import CreateRun, SearchRuns
from isogloss.adapters.truefoundry.failures import Refusal
from isogloss.adapters.truefoundry.flow.bodies import (
    DeleteTag,
    ListMetrics,
    LogBatch,
    LogMetric,
    LogPair,
    OfRun,
    UpdateRun,
)
from isogloss.adapters.truefoundry.flow.routes.experiments import project_with_id
from isogloss.adapters.truefoundry.fqn import parse_run_fqn
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import named_project
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.routes.runs import batch_of, collections, create, point, update
from isogloss.adapters.truefoundry.run_translate import Info, Whole, value
from isogloss.adapters.truefoundry.searches import DEFAULT_PAGE, Search, read_page_token, search_runs, shown
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Project, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import tracking
from isogloss.core.registry.tracking import Batch

_CREATE = Body.of(CreateRun)
_UPDATE = Body.of(UpdateRun)
_OF_RUN = Body.of(OfRun)
_SEARCH = Body.of(SearchRuns)
_BATCH = Body.of(LogBatch)
_METRIC = Body.of(LogMetric)
_PAIR = Body.of(LogPair)
_DELETE_TAG = Body.of(DeleteTag)
_LIST_METRICS = Body.of(ListMetrics)

NO_RUN_LOGS = (
    "This registry keeps no logs of runs in lines; log metrics, or log files as an artifact or a plot of the run."
)


async def create_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a run in an experiment, which is under way from then on."""
    return await _answer(call, unit, await create(call, unit, _CREATE.read(call)))


async def get_run(call: Call, unit: Reader) -> dict[str, Any]:
    """A run by its id, also one that was deleted."""
    return await _answer(call, unit, await _asked(call, unit))


async def get_run_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """The newest run of an FQN."""
    text = last(call.query(), "run_fqn") or ""
    tenant, repo, name = parse_run_fqn(text, "query.run_fqn")
    if tenant != call.host.tenant:
        raise NotFound("run", text)
    return await _answer(call, unit, await _named(call, unit, await named_project(unit, repo), name))


async def get_run_by_name(call: Call, unit: Reader) -> dict[str, Any]:
    """The newest run of a name in an experiment, which its id or its own name tells."""
    query = call.query()
    experiment_id, experiment = last(query, "experiment_id"), last(query, "experiment_name")
    project = (
        await named_project(unit, experiment)
        if experiment_id is None and experiment is not None
        else await project_with_id(unit, experiment_id)
    )
    return await _answer(call, unit, await _named(call, unit, project, last(query, "run_name") or ""))


async def update_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Say how a run goes on, or that it has come to its end."""
    body: UpdateRun = _UPDATE.read(call)
    run = await update(call, unit, _id(body), body)
    return {"run_info": _info((await shown(call, unit, [run]))[0].info)}


async def search(call: Call, unit: Reader) -> dict[str, Any]:
    """The runs that satisfy a filter, in an order, a page at a time."""
    body: SearchRuns = _SEARCH.read(call)
    token = body.page_token or None
    found = await search_runs(
        call,
        unit,
        Search(
            repo_ids=body.experiment_ids,
            filter=body.filter or "",
            view=body.run_view_type or "ACTIVE_ONLY",
            orders=body.order_by or (),
            limit=body.max_results or DEFAULT_PAGE,
            offset=body.offset or 0 if token is None else read_page_token(token),
        ),
    )
    following = {} if found.next_page_token is None else {"next_page_token": found.next_page_token}
    return {"runs": [_run(each) for each in found.runs], "total": found.total} | following


async def remove_run(call: Call, unit: Writer) -> dict[str, Any]:
    """Remove a run for good, with all that was logged of it."""
    body: OfRun = _OF_RUN.read(call)
    await tracking.remove_tracked_run(call.registry, unit, call.caller, _id(body), DIALECT)
    return {}


async def put_run_away(call: Call, unit: Writer) -> dict[str, Any]:
    """Hide a run, which can be brought back: MLflow's deletion, which the vendor's own clients have no call for."""
    body: OfRun = _OF_RUN.read(call)
    await tracking.put_away(call.registry, unit, call.caller, _id(body), DIALECT)
    return {}


async def bring_run_back(call: Call, unit: Writer) -> dict[str, Any]:
    """Show a run again that was hidden."""
    body: OfRun = _OF_RUN.read(call)
    await tracking.bring_back(call.registry, unit, call.caller, _id(body), DIALECT)
    return {}


async def log_batch(call: Call, unit: Writer) -> dict[str, Any]:
    """Log metrics, parameters and tags at once: all of them, or none."""
    body: LogBatch = _BATCH.read(call)
    return await _log(call, unit, body, batch_of(body, call.registry.clock()))


async def log_metric(call: Call, unit: Writer) -> dict[str, Any]:
    """Log a point of a metric."""
    body: LogMetric = _METRIC.read(call)
    return await _log(call, unit, body, Batch(points=[point(body, call.registry.clock())]))


async def log_parameter(call: Call, unit: Writer) -> dict[str, Any]:
    """Log a parameter."""
    body: LogPair = _PAIR.read(call)
    return await _log(call, unit, body, Batch(parameters=[(body.key, body.value)]))


async def set_tag(call: Call, unit: Writer) -> dict[str, Any]:
    """Mark a run with a tag."""
    body: LogPair = _PAIR.read(call)
    return await _log(call, unit, body, Batch(tags=[(body.key, body.value)]))


async def delete_tag(call: Call, unit: Writer) -> dict[str, Any]:
    """Take a tag off a run."""
    body: DeleteTag = _DELETE_TAG.read(call)
    await tracking.delete_run_tags(unit, call.caller, _id(body), DIALECT, [body.key])
    return {}


async def metric_history(call: Call, unit: Reader) -> dict[str, Any]:
    """All points of one metric, in the order of their steps."""
    run = await _asked(call, unit)
    key = last(call.query(), "metric_key")
    if key is None:
        raise Malformed("query.metric_key", "must be the key of a metric.")
    return {"metrics": [value(each) for each in await tracking.history(unit, call.caller, run.id, [key])]}


async def list_metrics(call: Call, unit: Reader) -> dict[str, Any]:
    """The points of several metrics."""
    body: ListMetrics = _LIST_METRICS.read(call)
    return {"metric_collections": await collections(call, unit, _id(body), body)}


async def list_columns(call: Call, unit: Reader) -> dict[str, Any]:
    """The keys under which anything was logged of an experiment's runs."""
    project = await project_with_id(unit, last(call.query(), "experiment_id"))
    keys = await tracking.keys_of(unit, call.caller, project, DIALECT)
    columns = {"metric_names": keys.metrics, "param_names": keys.parameters, "tag_names": keys.tags}
    return {"columns": columns}


async def list_run_files(call: Call, unit: Reader) -> dict[str, Any]:
    """The files of a run: none, since all files belong to versions, which name the run that made them."""
    await _asked(call, unit)
    return {"files": []}


async def refuse_run_logs(call: Call) -> Reply:
    """Nothing: what the oldest clients logged so has been artifacts and metrics ever since."""
    require(call.caller, Role.VIEWER)
    raise Refusal(501, NO_RUN_LOGS)


async def _asked(call: Call, unit: Reader) -> Run:
    query = call.query()
    run_id = last(query, "run_id") or last(query, "run_uuid")
    if run_id is None:
        raise Malformed("query.run_id", "must be the id of a run.")
    return await tracking.get_tracked_run(unit, call.caller, run_id)


async def _named(call: Call, unit: Reader, project: Project, name: str) -> Run:
    return await tracking.find_tracked_run(unit, call.caller, project, name, DIALECT)


async def _log(call: Call, unit: Writer, body: OfRun, batch: Batch) -> dict[str, Any]:
    await tracking.log(call.registry, unit, call.caller, _id(body), DIALECT, batch)
    return {}


def _id(body: OfRun) -> str:
    run_id = body.run_id or body.run_uuid
    if run_id is None:
        raise Malformed("body.run_id", "must be the id of a run.")
    return run_id


async def _answer(call: Call, unit: Reader, run: Run) -> dict[str, Any]:
    return {"run": _run((await shown(call, unit, [run]))[0])}


def _run(run: Whole) -> dict[str, Any]:
    return {"info": _info(run.info), "data": run.data}


def _info(info: Info) -> dict[str, Any]:
    """What a run is, without what is not known: this family has no nulls."""
    members = {member: getattr(info, member) for member in Info.__struct_fields__}
    return {member: each for member, each in members.items() if each is not None}


ROUTES: tuple[Route, ...] = (
    Write("POST", "/runs/create", create_run),
    Read("GET", "/runs/get", get_run),
    Read("GET", "/runs/get-by-fqn", get_run_by_fqn),
    Read("GET", "/runs/get-by-name", get_run_by_name),
    Write("POST", "/runs/update", update_run),
    Read("POST", "/runs/search", search),
    Write("POST", "/runs/delete", put_run_away),
    Write("POST", "/runs/restore", bring_run_back),
    Write("POST", "/runs/hard-delete", remove_run),
    Write("POST", "/runs/log-batch", log_batch),
    Write("POST", "/runs/log-metric", log_metric),
    Write("POST", "/runs/log-parameter", log_parameter),
    Write("POST", "/runs/set-tag", set_tag),
    Write("POST", "/runs/delete-tag", delete_tag),
    Plain("POST", "/runs/run-logs", refuse_run_logs),
    Plain("GET", "/runs/run-logs/latest-run-log", refuse_run_logs),
    Plain("GET", "/runs/run-logs/list", refuse_run_logs),
    Plain("GET", "/runs/run-logs/list-latest", refuse_run_logs),
    Read("GET", "/metrics/get-history", metric_history),
    Read("POST", "/metrics/list-history", list_metrics),
    Read("GET", "/experiments/columns", list_columns),
    Read("GET", "/artifacts/list", list_run_files),
)
