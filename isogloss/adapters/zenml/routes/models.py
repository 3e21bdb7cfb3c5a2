"""Models: create, read, list, change, delete."""

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.bodies.models import ModelRequest, ModelUpdate
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_translate import MODEL, changed_model_text, model_key, model_text
from isogloss.adapters.zenml.model_versions import RESOURCE
from isogloss.adapters.zenml.records import checked_name, lock, reads, show_one
from isogloss.adapters.zenml.tagging import attach_named, detach_named
from isogloss.core.ports import Writer
from isogloss.core.registry import editions, records
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.records import RecordDraft

_CREATE = Body.of(ModelRequest)
_CHANGE = Body.of(ModelUpdate)


async def create_model(call: Call, unit: Writer) -> wire.Named:
    """A new model without versions."""
    body: ModelRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    name = checked_name(MODEL, body.name)
    draft = RecordDraft(
        dialect=DIALECT,
        kind=MODEL,
        body=model_text(body),
        project_id=project.id,
        key=model_key(project.id, name),
        name=name,
    )
    made = await records.create_record(call.registry, unit, call.caller, draft)
    await attach_named(call, unit, body.tags, made)
    shown: wire.Named = await show_one(call, unit, RESOURCE, made)
    return shown


async def change_model(call: Call, unit: Writer) -> wire.Named:
    """What is given is changed, the rest stays."""
    body: ModelUpdate = _CHANGE.read(call)
    found = await lock(call, unit, RESOURCE)
    name = found.name if body.name is None else checked_name(MODEL, body.name)
    changed = await records.change_record(
        call.registry,
        unit,
        found,
        key=model_key(str(found.project_id), str(name)),
        name=name,
        body=changed_model_text(found.body, body),
    )
    await attach_named(call, unit, body.add_tags, changed)
    await detach_named(call, unit, body.remove_tags, changed)
    shown: wire.Named = await show_one(call, unit, RESOURCE, changed)
    return shown


async def delete_model(call: Call, unit: Writer) -> None:
    """A model goes with its versions and their links."""
    await editions.remove_series(call.registry, unit, call.caller, await lock(call, unit, RESOURCE))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/models", create_model),
    *reads("/models", RESOURCE),
    Write("PUT", "/models/{id:str}", change_model),
    Write("DELETE", "/models/{id:str}", delete_model),
)
