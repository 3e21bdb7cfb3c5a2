"""Invocations of hooks: what a client reports of the functions that it calls around steps and runs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml import run_wire
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.runs import HookInvocationRequest
from isogloss.adapters.zenml.filters.runs import HOOK_INVOCATIONS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import Resource, reads, removes, show_one
from isogloss.adapters.zenml.routes.logs import give_to_hook
from isogloss.adapters.zenml.routes.runs import exception_text
from isogloss.adapters.zenml.run_around import HOOK, logs_of_ids, versions_of
from isogloss.adapters.zenml.run_facets import NULL, HookFacet, facet_text, hook_properties
from isogloss.adapters.zenml.times import instant, moment, optional_moment
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.records import RecordDraft
from isogloss.core.registry.runs import RUN, STEP

_CREATE = Body.of(HookInvocationRequest)


async def create_hook_invocation(call: Call, unit: Writer) -> Any:
    """A hook that was called, under the id that the client gives it."""
    body: HookInvocationRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    for role, run_id in ((RUN, body.pipeline_run_id), (STEP, body.step_run_id)):
        if run_id is not None:
            run = await unit.get(Run, id=run_id)
            if run is None or run.role != role:
                raise NotFound(role, run_id)
    outputs = {name: list(version_ids) for name, version_ids in body.outputs.items()}
    found = await versions_of(unit, (each for version_ids in outputs.values() for each in version_ids))
    for version_ids in outputs.values():
        for version_id in version_ids:
            if version_id not in found:
                raise NotFound("version", version_id)
    facet = HookFacet(
        hook_type=body.hook_type,
        started=instant(body.start_time),
        ended=None if body.end_time is None else instant(body.end_time),
        source=body.source,
        step_run_id=body.step_run_id,
        logs_id=body.logs_id,
        outputs=outputs,
        exception_info=NULL if body.exception_info is None else exception_text(body.exception_info),
    )
    draft = RecordDraft(
        dialect=DIALECT,
        kind=HOOK,
        id=body.id,
        project_id=project.id,
        parent_id=body.pipeline_run_id,
        name=body.name,
        state=body.status,
        body=facet_text(facet),
        properties=hook_properties(facet),
    )
    made = await records.create_record(call.registry, unit, call.caller, draft)
    for version_id in found:
        # What something gathers is not pruned.
        await records.link_record(call.registry, unit, call.caller, made, "version", version_id)
    if body.logs_id is not None:
        await give_to_hook(unit, body.logs_id, made.id)
    return await show_one(call, unit, RESOURCE, made)


async def _show(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[Any]:
    """Invocations with what they refer to: three statements at most."""
    facets = [msgspec.json.decode(record.body, type=HookFacet) for record in found]
    made = await versions_of(
        unit, (each for facet in facets for version_ids in facet.outputs.values() for each in version_ids)
    )
    users = await users_of(unit, (record.author_id for record in found))
    logs = await logs_of_ids(unit, (facet.logs_id for facet in facets))
    shown = []
    for record, facet in zip(found, facets, strict=True):
        body = run_wire.HookBody(
            moment(record.created),
            moment(record.updated),
            record.author_id,
            record.project_id,
            facet.hook_type,
            record.state or "",
            moment(facet.started),
            optional_moment(facet.ended),
            record.parent_id,
            facet.step_run_id,
        )
        outputs = {
            name: [made[each] for each in version_ids if each in made] for name, version_ids in facet.outputs.items()
        }
        logged = [logs[facet.logs_id]] if facet.logs_id in logs else []
        resources = run_wire.HookResources(users.get(record.author_id or ""), outputs, logged)
        metadata = run_wire.HookMetadata(facet.source, facet.exception_info) if hydrate else None
        shown.append(run_wire.Snapshot(body, metadata, resources, record.id, record.name))
    return shown


RESOURCE = Resource(kind=HOOK, shape=HOOK_INVOCATIONS, show=_show, in_project=True)

ROUTES: tuple[Route, ...] = (
    Write("POST", "/hook_invocations", create_hook_invocation),
    *reads("/hook_invocations", RESOURCE),
    *removes("/hook_invocations", RESOURCE),
)
