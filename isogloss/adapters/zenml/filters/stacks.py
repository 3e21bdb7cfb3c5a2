"""What lists of flavors, components and stacks may be asked."""

from collections.abc import Mapping

from isogloss.adapters.zenml.filters.language import Condition, Kind, of_any, of_id, of_text
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.filters.records import COMMON, COMMON_SORTS, of_property
from isogloss.core.query import EVERYTHING, Has, Where

FLAVORS = Shape(
    filters=COMMON
    | {"display_name": of_text("display_name"), "type": of_text("type"), "integration": of_text("integration")},
    sorts=COMMON_SORTS | {"display_name": "display_name", "type": "type", "integration": "integration"},
)


def _related(relation: str, kind: Kind) -> Kind:
    def where(asked: Condition) -> Where:
        return Has(relation, kind(asked))

    return where


def _member(kind: Kind) -> Kind:
    """A condition on a component of the stack."""
    return _related("gathers", _related("member", kind))


COMPONENTS = Shape(
    filters=COMMON
    | {
        "type": of_property("type"),
        "flavor": of_property("flavor"),
        "stack_id": _related("gathered", of_id("record_id")),
    },
    # Keys begin with the type.
    sorts=COMMON_SORTS | {"type": "key"},
)


def of_one_type(given: Mapping[str, list[str]]) -> Where:
    """The one type that the client looks for a component in, by whatever it looks for it."""
    wanted = given.get("scope_type")
    return of_property("type")(Condition("equals", wanted[-1])) if wanted else EVERYTHING


STACKS = Shape(
    filters=COMMON
    | {
        "description": of_property("description"),
        "component_id": _related("gathers", of_id("entity_id")),
        "component": _member(of_any(of_id("id"), of_text("name"))),
    },
    sorts=COMMON_SORTS,
)
