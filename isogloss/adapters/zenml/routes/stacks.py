"""Stacks."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Route, Write
from isogloss.adapters.zenml.around import users_of
from isogloss.adapters.zenml.bodies.stacks import NewComponent, StackRequest, StackUpdate
from isogloss.adapters.zenml.default_stack import DEFAULT, OWNED_STORE
from isogloss.adapters.zenml.failures import BadValue, Forbidden, Unsupported
from isogloss.adapters.zenml.filters.stacks import STACKS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.records import Resource, checked_name, lock, raw, reads, remove, show_one
from isogloss.adapters.zenml.routes.components import add_component, lean_components, refuse_secrets
from isogloss.adapters.zenml.stack_translate import (
    ARTIFACT_STORE,
    COMPONENT,
    STACK,
    ComponentFacet,
    StackFacet,
    component_facet,
    component_ids,
    facet_text,
    stack,
    stack_facet,
    stack_properties,
    type_key,
)
from isogloss.core.model import Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.records import RecordDraft

_CREATE = Body.of(StackRequest)
_UPDATE = Body.of(StackUpdate)


async def create_stack(call: Call, unit: Writer) -> Any:
    """A new stack, with those of its components that are new."""
    body: StackRequest = _CREATE.read(call)
    refuse_secrets(body.secrets)
    if body.service_connectors:
        raise Unsupported("This server keeps no service connectors, so no stack can use one.")
    name = checked_name("stack", body.name)
    components = await _components(call, unit, name, body.components, body.labels or {})
    facet = StackFacet(
        components=components,
        description=body.description,
        stack_spec_path=body.stack_spec_path,
        environment=raw(body.environment),
        labels=raw(body.labels or {}),
    )
    draft = RecordDraft(
        dialect=DIALECT, kind=STACK, key=name, name=name, body=facet_text(facet), properties=stack_properties(facet)
    )
    made = await records.create_record(call.registry, unit, call.caller, draft)
    await _link(call, unit, made, components)
    return await show_one(call, unit, RESOURCE, made)


async def update_stack(call: Call, unit: Writer) -> Any:
    """A stack, changed. The default one stays as it is."""
    body: StackUpdate = _UPDATE.read(call)
    refuse_secrets(body.add_secrets, body.remove_secrets)
    record = await lock(call, unit, RESOURCE)
    _refuse_default(record, "modified")
    facet, given = stack_facet(record.body), body.model_fields_set
    name = checked_name("stack", body.name) if body.name is not None else record.name or ""
    if body.description is not None:
        facet = replace(facet, description=body.description)
    if "stack_spec_path" in given:
        facet = replace(facet, stack_spec_path=body.stack_spec_path)
    if "environment" in given:
        facet = replace(facet, environment=raw(body.environment))
    if "labels" in given:
        facet = replace(facet, labels=raw(body.labels))
    if body.components is not None:
        components = await _components(call, unit, name, body.components, {})
        facet = replace(facet, components=components)
        await records.unlink_records(unit, call.caller, record, records.ENTITY)
        await _link(call, unit, record, components)
    changed = await records.change_record(
        call.registry,
        unit,
        record,
        key=name,
        name=name,
        body=facet_text(facet),
        properties=stack_properties(facet),
    )
    return await show_one(call, unit, RESOURCE, changed)


async def delete_stack(call: Call, unit: Writer) -> None:
    """A stack, removed; its components stay. The default one stays as it is."""
    record = await lock(call, unit, RESOURCE)
    _refuse_default(record, "deleted")
    await remove(call, unit, record)


async def _components(
    call: Call,
    unit: Writer,
    stack_name: str,
    wanted: Mapping[str, Sequence[str | NewComponent]],
    labels: dict[str, Any],
) -> dict[str, list[str]]:
    """The ids of the components that a stack is to have; new ones are made, and nobody removes the others meanwhile."""
    ids = sorted({member for members in wanted.values() for member in members if isinstance(member, str)})
    existing = [await records.lock_record(unit, call.caller, DIALECT, COMPONENT, each) for each in ids]
    types = {record.id: component_facet(record.body).type for record in existing}
    for record in existing:
        if record.name == OWNED_STORE and types[record.id] == ARTIFACT_STORE:
            raise BadValue(f"The artifact store '{OWNED_STORE}' has what the registry keeps, and takes nothing else.")
    found: dict[str, list[str]] = {}
    for component_type, members in wanted.items():
        chosen = found.setdefault(component_type, [])
        for member in members:
            if isinstance(member, NewComponent):
                chosen.append(await _new_component(call, unit, stack_name, component_type, member, labels))
            elif types[member] == component_type:
                chosen.append(member)
            else:
                raise BadValue(f"The stack component '{member}' is of type {types[member]}, not {component_type}.")
    return found


async def _new_component(
    call: Call, unit: Writer, name: str, component_type: str, given: NewComponent, labels: dict[str, Any]
) -> str:
    """Make a component named as its stack is, or nearly so where another has that name."""
    if given.service_connector_index is not None:
        raise Unsupported("This server keeps no service connectors, so no stack component can use one.")
    facet = ComponentFacet(
        type=component_type, flavor=given.flavor, configuration=raw(given.configuration), labels=raw(labels)
    )
    key = {"dialect": DIALECT, "kind": COMPONENT}
    if await unit.get(Record, **key, key=type_key(component_type, name)) is not None:
        name = f"{name}-{secrets.token_hex(2)}"
    return (await add_component(call, unit, name, facet)).id


async def _link(call: Call, unit: Writer, record: Record, components: Mapping[str, Sequence[str]]) -> None:
    for component_id in sorted({each for ids in components.values() for each in ids}):
        await records.link_record(call.registry, unit, call.caller, record, records.ENTITY, component_id)


async def _show(call: Call, unit: Reader, found: Sequence[Record], hydrate: bool) -> list[Any]:
    users = await users_of(unit, (record.author_id for record in found))
    components = None
    if hydrate:
        components = await lean_components(call, unit, [each for record in found for each in component_ids(record)])
    return [stack(record, components, users) for record in found]


def _refuse_default(record: Record, change: str) -> None:
    if record.name == DEFAULT:
        raise Forbidden(f"The default stack cannot be {change}.")


RESOURCE = Resource(kind=STACK, shape=STACKS, show=_show, in_project=False)

ROUTES: tuple[Route, ...] = (
    *reads("/stacks", RESOURCE),
    Write("POST", "/stacks", create_stack),
    Write("PUT", "/stacks/{id:str}", update_stack),
    Write("DELETE", "/stacks/{id:str}", delete_stack),
)
