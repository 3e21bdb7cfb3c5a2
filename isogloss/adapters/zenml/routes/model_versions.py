"""Model versions: create, read, list, change, delete."""

from msgspec import UNSET

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.bodies.models import ARCHIVED, ModelVersionRequest, ModelVersionUpdate
from isogloss.adapters.zenml.failures import Refusal
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_links import create_version
from isogloss.adapters.zenml.model_translate import MODEL, MODEL_VERSION, version_text
from isogloss.adapters.zenml.model_versions import VERSION_RESOURCE
from isogloss.adapters.zenml.records import checked_name, reads, show_one
from isogloss.adapters.zenml.tagging import attach_named, detach_named
from isogloss.core.errors import NotFound
from isogloss.core.model import Record
from isogloss.core.ports import Writer
from isogloss.core.registry import editions, records
from isogloss.core.registry.editions import StateHeld
from isogloss.core.registry.projects import find_project

_CREATE = Body.of(ModelVersionRequest)
_CHANGE = Body.of(ModelVersionUpdate)


async def create_model_version(call: Call, unit: Writer) -> wire.Named:
    """The next version of a model."""
    body: ModelVersionRequest = _CREATE.read(call)
    project = await find_project(unit, body.project)
    model = await records.lock_record(unit, call.caller, DIALECT, MODEL, body.model)
    if model.project_id != project.id:
        raise NotFound(MODEL, body.model)
    made = await create_version(
        call, unit, model, body.name or None, description=body.description, stage=body.stage, tags=body.tags
    )
    return await _shown(call, unit, made)


async def change_model_version(call: Call, unit: Writer) -> wire.Named:
    """What is given is changed, the rest stays; a stage that another version is in must be taken by force."""
    body: ModelVersionUpdate = _CHANGE.read(call)
    found = await _locked(call, unit)
    try:
        changed = await editions.change_edition(
            call.registry,
            unit,
            found,
            name=UNSET if body.name is None else checked_name("model version", body.name),
            state=UNSET if body.stage is None else body.stage,
            yielded=ARCHIVED if body.force else None,
            body=UNSET if body.description is None else version_text(body.description),
        )
    except StateHeld as error:
        held = f"Model version {error.holder.name} is in {error.holder.state}, but `force` flag is False."
        # The vendor's clients look for this very class.
        raise Refusal(500, "RuntimeError", held) from None
    await attach_named(call, unit, body.add_tags, changed)
    await detach_named(call, unit, body.remove_tags, changed)
    return await _shown(call, unit, changed)


async def delete_model_version(call: Call, unit: Writer) -> None:
    """A version goes with its links; what they led to stays."""
    await editions.remove_edition(call.registry, unit, call.caller, await _locked(call, unit))


async def _locked(call: Call, unit: Writer) -> Record:
    return await editions.lock_edition(unit, call.caller, DIALECT, MODEL_VERSION, call.path_id("id"))


async def _shown(call: Call, unit: Writer, version: Record) -> wire.Named:
    shown: wire.Named = await show_one(call, unit, VERSION_RESOURCE, version)
    return shown


ROUTES: tuple[Route, ...] = (
    Write("POST", "/model_versions", create_model_version),
    *reads("/model_versions", VERSION_RESOURCE),
    Write("PUT", "/model_versions/{id:str}", change_model_version),
    Write("DELETE", "/model_versions/{id:str}", delete_model_version),
)
