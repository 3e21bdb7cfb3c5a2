"""Logs: where what a run or step wrote out lies. The lines themselves are in the clients' stores."""

from collections.abc import Iterable

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.runs import Logs, LogsRequest, LogsUpdate
from isogloss.adapters.zenml.failures import Forbidden
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.run_around import LOGS
from isogloss.adapters.zenml.run_facets import LogsFacet, facet_text, logs_facet
from isogloss.adapters.zenml.run_translate import logs
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.records import RecordDraft
from isogloss.core.registry.runs import RUN, STEP

_CREATE = Body.of(LogsRequest)
_UPDATE = Body.of(LogsUpdate)


async def create_logs(call: Call, unit: Writer) -> wire.Entity:
    """New logs, under the id that the client gives them."""
    body: LogsRequest = _CREATE.read(call)
    project = await project_of(unit, call, {} if body.project is None else {"project": [body.project]})
    await _check_owner(unit, RUN, body.pipeline_run_id)
    await _check_owner(unit, STEP, body.step_run_id)
    return await _show(unit, await _add(call, unit, project.id, body, body.source))


async def read_logs(call: Call, unit: Reader) -> wire.Entity:
    """Logs by their id."""
    return await _show(unit, await records.get_record(unit, call.caller, DIALECT, LOGS, call.path_id("id")))


async def update_logs(call: Call, unit: Writer) -> wire.Entity:
    """Say whose logs they are, which can be said once."""
    body: LogsUpdate = _UPDATE.read(call)
    record = await records.lock_record(unit, call.caller, DIALECT, LOGS, call.path_id("id"))
    return await _show(unit, await _assign(unit, record, body.pipeline_run_id, body.step_run_id))


async def keep_logs(call: Call, unit: Writer, owner: Run, given: Iterable[Logs], source: str) -> None:
    """Give logs to a run or step: those of an id, or new ones, from a source where they name none."""
    run_id, step_id = (owner.id, None) if owner.role == RUN else (None, owner.id)
    for each in given:
        if isinstance(each, str):
            record = await records.lock_record(unit, call.caller, DIALECT, LOGS, each)
            await _assign(unit, record, run_id, step_id)
        else:
            named = each.model_copy(update={"pipeline_run_id": run_id, "step_run_id": step_id})
            await _add(call, unit, owner.project_id, named, each.source or source)


async def give_to_hook(unit: Writer, logs_id: str, invocation_id: str) -> None:
    """Say of logs that an invocation of a hook wrote them; such that do not exist are no error."""
    record = await unit.lock(Record, id=logs_id)
    if record is not None and (record.dialect, record.kind) == (DIALECT, LOGS):
        facet = replace(logs_facet(record.body), hook_invocation_id=invocation_id)
        await unit.change(Record, {"id": record.id}, body=facet_text(facet))


async def _add(call: Call, unit: Writer, project_id: str, body: LogsRequest, source: str) -> Record:
    facet = LogsFacet(
        source=source,
        uri=body.uri,
        artifact_store_id=body.artifact_store_id,
        log_store_id=body.log_store_id,
        hook_invocation_id=body.hook_invocation_id,
        pipeline_run_id=body.pipeline_run_id,
        step_run_id=body.step_run_id,
    )
    draft = RecordDraft(
        dialect=DIALECT,
        kind=LOGS,
        id=body.id,
        project_id=project_id,
        parent_id=body.pipeline_run_id or body.step_run_id,
        body=facet_text(facet),
    )
    return await records.create_record(call.registry, unit, call.caller, draft)


async def _assign(unit: Writer, record: Record, run_id: str | None, step_id: str | None) -> Record:
    facet = logs_facet(record.body)
    if record.parent_id is not None and (facet.pipeline_run_id, facet.step_run_id) != (run_id, step_id):
        raise Forbidden("The logs entry is already associated with a different entity.")
    await _check_owner(unit, RUN, run_id)
    await _check_owner(unit, STEP, step_id)
    facet = replace(facet, pipeline_run_id=run_id, step_run_id=step_id)
    changes = {"parent_id": run_id or step_id, "body": facet_text(facet)}
    await unit.change(Record, {"id": record.id}, **changes)
    return replace(record, **changes)


async def _check_owner(unit: Reader, role: str, run_id: str | None) -> None:
    if run_id is not None:
        run = await unit.get(Run, id=run_id)
        if run is None or run.role != role:
            raise NotFound(role, run_id)


async def _show(unit: Reader, record: Record) -> wire.Entity:
    users = await users_of(unit, [record.author_id])
    return logs(record, users.get(record.author_id or ""))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/logs", create_logs),
    Read("GET", "/logs/{id:str}", read_logs),
    Write("PUT", "/logs/{id:str}", update_logs),
)
