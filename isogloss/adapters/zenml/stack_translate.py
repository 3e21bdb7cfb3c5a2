"""Between the registry's records and ZenML's flavors, components and stacks. Pure functions."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from isogloss.adapters.zenml import stack_wire, wire
from isogloss.adapters.zenml.flavors import ANYTHING, Flavor
from isogloss.adapters.zenml.times import moment
from isogloss.core.model import Instant, Json, Record
from isogloss.core.registry.properties import Pairs

FLAVOR, COMPONENT, STACK = "flavor", "component", "stack"
"""The kinds of the records."""

ARTIFACT_STORE = "artifact_store"

_NULL, _EMPTY = Raw(b"null"), Raw(b"{}")

_encode = msgspec.json.Encoder().encode


class FlavorFacet(Struct, frozen=True, kw_only=True):
    """What is kept of a flavor that somebody registered."""

    type: str
    display_name: str | None
    source: str
    integration: str | None
    is_custom: bool
    logo_url: str | None
    config_schema: Raw
    connector_type: str | None
    connector_resource_type: str | None
    connector_resource_id_attr: str | None
    docs_url: str | None
    sdk_docs_url: str | None


class ComponentFacet(Struct, frozen=True, kw_only=True):
    """What is kept of a component. ``configuration``, ``environment`` and ``labels`` are as they came."""

    type: str
    flavor: str
    configuration: Raw = _EMPTY
    environment: Raw = _NULL
    labels: Raw = _NULL


class StackFacet(Struct, frozen=True, kw_only=True):
    """What is kept of a stack. ``components`` are ids by type, the one that is meant by default first."""

    components: dict[str, list[str]]
    description: str = ""
    stack_spec_path: str | None = None
    environment: Raw = _NULL
    labels: Raw = _EMPTY


flavor_facet = msgspec.json.Decoder(FlavorFacet).decode
component_facet = msgspec.json.Decoder(ComponentFacet).decode
stack_facet = msgspec.json.Decoder(StackFacet).decode


def facet_text(facet: FlavorFacet | ComponentFacet | StackFacet) -> Json:
    """A facet as it is kept."""
    return _encode(facet).decode()


def type_key(component_type: str, name: str) -> str:
    """What tells flavors and components apart: names are unique among those of a type."""
    return f"{component_type}:{name}"


def component_properties(facet: ComponentFacet) -> Pairs:
    """What components are looked up by."""
    return (("type", facet.type), ("flavor", facet.flavor))


def stack_properties(facet: StackFacet) -> Pairs:
    """What stacks are looked up by."""
    return (("description", facet.description),)


def custom_flavor(record: Record) -> Flavor:
    """A flavor that somebody registered."""
    facet = flavor_facet(record.body)
    name = record.name or ""
    return Flavor(
        id=record.id,
        name=name,
        type=facet.type,
        integration=facet.integration,
        # The vendor makes one up in the same way.
        display_name=facet.display_name or name.replace("_", " ").title(),
        source=facet.source,
        is_custom=facet.is_custom,
        logo_url=facet.logo_url,
        config_schema=facet.config_schema,
        connector_type=facet.connector_type,
        connector_resource_type=facet.connector_resource_type,
        connector_resource_id_attr=facet.connector_resource_id_attr,
        docs_url=facet.docs_url,
        sdk_docs_url=facet.sdk_docs_url,
        author_id=record.author_id,
        created=record.created,
        updated=record.updated,
    )


def dated(given: Flavor, since: Instant) -> Flavor:
    """A flavor with its times: one that the client brings along is as old as the registry."""
    return given if given.created is not None else replace(given, created=since, updated=since)


def flavor(given: Flavor, users: Mapping[str, Raw], *, hydrate: bool) -> wire.Named:
    """A dated flavor by itself."""
    metadata = None
    if hydrate:
        metadata = stack_wire.FlavorMetadata(
            given.config_schema or ANYTHING,
            given.connector_type,
            given.connector_resource_type,
            given.connector_resource_id_attr,
            given.docs_url,
            given.sdk_docs_url,
        )
    resources = stack_wire.UserResources(users.get(given.author_id or ""))
    return replace(lean_flavor(given), metadata=metadata, resources=resources)


def lean_flavor(given: Flavor) -> wire.Named:
    """A dated flavor within a component."""
    body = stack_wire.FlavorBody(
        moment(given.created or 0),
        moment(given.updated or 0),
        given.author_id,
        given.type,
        given.display_name,
        given.integration,
        given.source,
        given.logo_url,
        given.is_custom,
    )
    return wire.Named(body, None, None, given.id, given.name)


def component(record: Record, flavor: Flavor, users: Mapping[str, Raw], *, hydrate: bool) -> wire.Named:
    """A component by itself."""
    metadata = None
    if hydrate:
        facet = component_facet(record.body)
        metadata = stack_wire.ComponentMetadata(facet.configuration, _object(facet.environment), facet.labels)
    resources = stack_wire.ComponentResources(users.get(record.author_id or ""), lean_flavor(flavor))
    return replace(lean_component(record, flavor), metadata=metadata, resources=resources)


def lean_component(record: Record, flavor: Flavor) -> wire.Named:
    """A component within a stack."""
    body = stack_wire.ComponentBody(
        moment(record.created),
        moment(record.updated),
        record.author_id,
        flavor.type,
        flavor.name,
        flavor.integration,
        flavor.logo_url,
    )
    return wire.Named(body, None, None, record.id, record.name or "")


def stack(record: Record, components: Mapping[str, wire.Named] | None, users: Mapping[str, Raw]) -> wire.Named:
    """A stack by itself, hydrated where its components are given by their ids."""
    metadata = None
    if components is not None:
        facet = stack_facet(record.body)
        shown = {
            kind: [components[each] for each in ids if each in components] for kind, ids in facet.components.items()
        }
        metadata = stack_wire.StackMetadata(
            {kind: members for kind, members in shown.items() if members},
            facet.description,
            facet.stack_spec_path,
            _object(facet.environment),
            facet.labels,
        )
    return wire.Named(
        stack_wire.StackBody(moment(record.created), moment(record.updated), record.author_id),
        metadata,
        stack_wire.UserResources(users.get(record.author_id or "")),
        record.id,
        record.name or "",
    )


def component_ids(record: Record) -> list[str]:
    """The components of a stack."""
    return [each for ids in stack_facet(record.body).components.values() for each in ids]


def _object(given: Raw) -> Any:
    """An object where there may be none."""
    return _EMPTY if bytes(given) == b"null" else given
