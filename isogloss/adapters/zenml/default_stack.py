"""The stack that every registry has: clients expect it, and never make it.

Its artifact store is the place that this registry shares with its clients. Where the gateway is configured with
another place, the component follows at the next start, and keeps its id.

Bytes that the registry keeps lie beside that place. Clients open no file outside of the store that a version is in, so
there is a store of these as well, in no stack, from when the first such version is told of.
"""

from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.stack_translate import (
    ARTIFACT_STORE,
    COMPONENT,
    STACK,
    ComponentFacet,
    StackFacet,
    component_properties,
    facet_text,
    stack_properties,
    type_key,
)
from isogloss.core.access import ANYBODY
from isogloss.core.model import Record
from isogloss.core.places import SharedPlace, owned_root
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, records
from isogloss.core.registry.records import RecordDraft

DEFAULT = "default"
OWNED_STORE = "isogloss-owned"
"""The store of the bytes that the registry keeps."""
TYPES = ("orchestrator", "deployer", ARTIFACT_STORE)
"""The types of which the default stack has a component, named as it is."""

FLAVORS = {"file": "local", "s3": "s3", "gs": "gcp", "az": "azure"}
"""The vendor's names for stores in a place of each scheme."""


async def ensure_default_stack(registry: Registry) -> None:
    """Make the default stack and its components where they are missing, also when two gateways start at once."""

    async def work(unit: Writer) -> None:
        components = {kind: await _component(registry, unit, kind) for kind in TYPES}
        facet = StackFacet(components={kind: [record.id] for kind, record in components.items()})
        draft = RecordDraft(
            dialect=DIALECT,
            kind=STACK,
            key=DEFAULT,
            name=DEFAULT,
            body=facet_text(facet),
            properties=stack_properties(facet),
        )
        stack = await records.ensure_record(registry, unit, ANYBODY, draft)
        for component in components.values():
            await records.link_record(registry, unit, ANYBODY, stack, records.ENTITY, component.id)
        if await find_store(unit, OWNED_STORE) is not None:
            await ensure_owned_store(registry, unit)

    await registry.store.write(work)


async def find_store(unit: Reader, name: str) -> Record | None:
    """One of the stores that the registry makes by itself."""
    return await unit.get(Record, dialect=DIALECT, kind=COMPONENT, key=type_key(ARTIFACT_STORE, name))


async def ensure_owned_store(registry: Registry, unit: Writer) -> Record:
    """The store of the bytes that the registry keeps, made if need be, and led to where they lie now."""
    place = registry.files.shared if registry.files is not None else None
    owned = None if place is None else replace(place, root=owned_root(place))
    return await _ensure(registry, unit, OWNED_STORE, component_of(ARTIFACT_STORE, owned))


async def _component(registry: Registry, unit: Writer, kind: str) -> Record:
    place = registry.files.shared if registry.files is not None else None
    return await _ensure(registry, unit, DEFAULT, component_of(kind, place))


async def _ensure(registry: Registry, unit: Writer, name: str, facet: ComponentFacet) -> Record:
    draft = RecordDraft(
        dialect=DIALECT,
        kind=COMPONENT,
        key=type_key(facet.type, name),
        name=name,
        body=facet_text(facet),
        properties=component_properties(facet),
    )
    record = await records.ensure_record(registry, unit, ANYBODY, draft)
    if record.body == draft.body:
        return record
    return await records.change_record(registry, unit, record, body=draft.body, properties=draft.properties)


def component_of(kind: str, place: SharedPlace | None) -> ComponentFacet:
    """What the default component of a type is, where clients share this place with the registry."""
    if kind != ARTIFACT_STORE or place is None:
        return ComponentFacet(type=kind, flavor="local")
    return ComponentFacet(type=kind, flavor=FLAVORS[place.scheme], configuration=_configuration(place))


def _configuration(place: SharedPlace) -> Raw:
    """No credentials: each client brings its own, in the environment that its vendor looks into."""
    if place.scheme == "file":
        # The client compares it with the beginnings of paths.
        return Raw(msgspec.json.encode({"path": place.root}))
    configuration: dict[str, Any] = {"path": place.root.rstrip("/")}
    known = {"endpoint_url": place.endpoint, "region_name": place.region}
    arguments = {name: value for name, value in known.items() if value is not None}
    if place.scheme == "s3" and arguments:
        configuration["client_kwargs"] = arguments
    return Raw(msgspec.json.encode(configuration))


def is_default(component_type: str, name: str | None) -> bool:
    """Whether a component is one of those that nobody may change."""
    return (name == DEFAULT and component_type in TYPES) or (name == OWNED_STORE and component_type == ARTIFACT_STORE)
