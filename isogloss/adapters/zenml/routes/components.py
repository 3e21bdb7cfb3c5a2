"""Components of stacks."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.stacks import ComponentRequest, ComponentUpdate
from isogloss.adapters.zenml.default_stack import is_default
from isogloss.adapters.zenml.failures import Absent, Forbidden, Unsupported
from isogloss.adapters.zenml.filters.stacks import COMPONENTS, of_one_type
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import Resource, checked_name, lock, raw, reads, remove, show_one
from isogloss.adapters.zenml.routes.flavors import flavors_of, require_flavor
from isogloss.adapters.zenml.stack_translate import (
    ARTIFACT_STORE,
    COMPONENT,
    ComponentFacet,
    component,
    component_facet,
    component_properties,
    facet_text,
    lean_component,
    type_key,
)
from isogloss.core.model import Record, RecordLink
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.records import RecordDraft

_CREATE = Body.of(ComponentRequest)
_UPDATE = Body.of(ComponentUpdate)


async def create_component(call: Call, unit: Writer) -> Any:
    """A new component."""
    body: ComponentRequest = _CREATE.read(call)
    refuse_secrets(body.secrets)
    _refuse_connector(body.connector)
    name = checked_name("stack component", body.name)
    facet = ComponentFacet(
        type=body.type,
        flavor=body.flavor,
        configuration=raw(body.configuration),
        environment=raw(body.environment),
        labels=raw(body.labels),
    )
    return await show_one(call, unit, RESOURCE, await add_component(call, unit, name, facet))


async def add_component(call: Call, unit: Writer, name: str, facet: ComponentFacet) -> Record:
    """Make a component. Raises ``Absent`` for its flavor, and ``Conflict`` for a name that is taken."""
    await require_flavor(call, unit, (facet.type, facet.flavor))
    draft = RecordDraft(
        dialect=DIALECT,
        kind=COMPONENT,
        key=type_key(facet.type, name),
        name=name,
        body=facet_text(facet),
        properties=component_properties(facet),
    )
    return await records.create_record(call.registry, unit, call.caller, draft)


async def update_component(call: Call, unit: Writer) -> Any:
    """A component, changed. The default ones stay as they are."""
    body: ComponentUpdate = _UPDATE.read(call)
    refuse_secrets(body.add_secrets, body.remove_secrets)
    _refuse_connector(body.connector)
    record = await lock(call, unit, RESOURCE)
    facet = component_facet(record.body)
    _refuse_default(record, facet, "modified")
    given = body.model_fields_set
    if body.configuration is not None:
        facet = replace(facet, configuration=raw(body.configuration))
    if "environment" in given:
        facet = replace(facet, environment=raw(body.environment))
    if "labels" in given:
        facet = replace(facet, labels=raw(body.labels))
    name = checked_name("stack component", body.name) if body.name is not None else record.name or ""
    changed = await records.change_record(
        call.registry, unit, record, key=type_key(facet.type, name), name=name, body=facet_text(facet)
    )
    return await show_one(call, unit, RESOURCE, changed)


async def delete_component(call: Call, unit: Writer) -> None:
    """A component, removed; refused as long as a stack has it. Versions in a store that goes stay."""
    record = await lock(call, unit, RESOURCE)
    facet = component_facet(record.body)
    _refuse_default(record, facet, "deleted")
    stacks = await unit.find(RecordLink, entity=records.ENTITY, entity_id=record.id)
    if stacks:
        raise Forbidden(
            f"The stack component `{record.name}` of type `{facet.type}` cannot be deleted: it is part of "
            f"{len(stacks)} stacks. Remove it from them first."
        )
    if facet.type == ARTIFACT_STORE:
        await records.forget_store(unit, call.caller, record.id)
    await remove(call, unit, record)


async def lean_components(call: Call, unit: Reader, ids: Sequence[str]) -> dict[str, wire.Named]:
    """Components by id as they stand within stacks: at most two statements."""
    found = await unit.find(Record, id=list(dict.fromkeys(ids))) if ids else []
    facets = {record.id: component_facet(record.body) for record in found}
    known = await flavors_of(call, unit, [(each.type, each.flavor) for each in facets.values()])
    return {
        record.id: lean_component(record, known[facets[record.id].type, facets[record.id].flavor]) for record in found
    }


async def _show(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[Any]:
    facets = [component_facet(record.body) for record in found]
    known = await flavors_of(call, unit, [(each.type, each.flavor) for each in facets])
    users = await users_of(unit, (record.author_id for record in found))
    return [
        component(record, known[facet.type, facet.flavor], users, hydrate=hydrate)
        for record, facet in zip(found, facets, strict=True)
    ]


def _refuse_default(record: Record, facet: ComponentFacet, change: str) -> None:
    if is_default(facet.type, record.name):
        raise Forbidden(f"The default {facet.type} cannot be {change}.")


def _refuse_connector(connector_id: str | None) -> None:
    if connector_id is not None:
        raise Absent(f"No service connector with ID '{connector_id}' exists: this server keeps none.")


def refuse_secrets(*named: list[str] | None) -> None:
    """Raise ``Unsupported`` where secrets are named."""
    if any(named):
        raise Unsupported("This server keeps no secrets, so none can be attached or detached.")


RESOURCE = Resource(kind=COMPONENT, shape=COMPONENTS, show=_show, in_project=False, scope=of_one_type)

ROUTES: tuple[Route, ...] = (
    *reads("/components", RESOURCE),
    Write("POST", "/components", create_component),
    Write("PUT", "/components/{id:str}", update_component),
    Write("DELETE", "/components/{id:str}", delete_component),
)
