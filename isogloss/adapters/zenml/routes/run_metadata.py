"""Metadata of versions, runs, steps and records."""

from isogloss.adapters.call import Body, Call, dump
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml.bodies.metadata import Owner, RunMetadataRequest, kept
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import metadata
from isogloss.core.registry.projects import find_project

_ADD = Body.of(RunMetadataRequest)

_ROLES = {"pipeline_run": "run", "step_run": "step"}


async def add_metadata(call: Call, unit: Writer) -> None:
    """Add values to the metadata of things, all of them or none."""
    body: RunMetadataRequest = _ADD.read(call)
    require(call.caller, Role.EDITOR)
    await find_project(unit, body.project)
    if body.stack_component_id is not None:
        await _check_record(unit, "component", body.stack_component_id)
    values = {key: value for key, value in kept(body.values).items() if key in body.types}
    document = dump(values)
    # Locked in one order, so that two who write to the same things wait for each other but never both.
    owners = {(await _entity(unit, owner), owner.id) for owner in body.resources}
    if values:
        for entity, owner_id in sorted(owners):
            await metadata.append(call.registry, unit, entity, owner_id, document, body.types)


async def _entity(unit: Reader, owner: Owner) -> str:
    """What the core calls a thing. Raises ``NotFound``."""
    match owner.type:
        case "artifact_version":
            version = await unit.get(Version, id=owner.id)
            if version is None or version.internal:
                raise NotFound("version", owner.id)
            return "version"
        case "pipeline_run" | "step_run":
            role = _ROLES[owner.type]
            run = await unit.get(Run, id=owner.id)
            if run is None or (run.dialect, run.role) != (DIALECT, role):
                raise NotFound(role, owner.id)
            return "run"
    await _check_record(unit, owner.type, owner.id)
    return "record"


async def _check_record(unit: Reader, kind: str, record_id: str) -> None:
    record = await unit.get(Record, id=record_id)
    if record is None or (record.dialect, record.kind) != (DIALECT, kind):
        raise NotFound(kind, record_id)


ROUTES: tuple[Route, ...] = (Write("POST", "/run-metadata", add_metadata),)
