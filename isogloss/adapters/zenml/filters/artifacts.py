"""What lists of artifacts and of their versions may be asked."""

from collections.abc import Mapping

from isogloss.adapters.zenml.call import as_uuid
from isogloss.adapters.zenml.failures import BadFilter
from isogloss.adapters.zenml.filters.language import (
    EQUALS,
    Condition,
    Kind,
    condition,
    of_any,
    of_boolean,
    of_choice,
    of_id,
    of_integer,
    of_moment,
    of_text,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.kinds import ROLES
from isogloss.core.query import EVERYTHING, Compare, Has, Not, Operator, Where, all_of, any_of


def tags() -> Kind:
    """Some tag of the thing satisfies the condition; ``isnull:`` asks for things without any."""
    name = of_text("tag.name")

    def where(asked: Condition) -> Where:
        match asked.operator:
            case "isnull":
                return Not(Has("tag", EVERYTHING))
            case "isnotnull":
                return Has("tag", EVERYTHING)
        return Has("tag", name(asked))

    return where


def metadata() -> Kind:
    """Some value that the key ever had satisfies the condition: ``key:value`` or ``key:operator:value``.

    Values are compared as JSON text, and where they are text, also without its quotes.
    """

    def where(asked: Condition) -> Where:
        key, colon, rest = asked.text.partition(":")
        if not colon:
            raise BadFilter("run_metadata: must be of the form key:value or key:operator:value.")
        inner = condition(rest)
        return Has("metadata", all_of(Compare("key", Operator.EQ, key), _metadata_value(inner)))

    return where


def _metadata_value(asked: Condition) -> Where:
    plain = of_text("value")
    given = asked.operand
    match asked.operator:
        case "equals":
            return any_of(plain(asked), plain(Condition("equals", f'"{given}"')))
        case "notequals":
            return all_of(plain(asked), plain(Condition("notequals", f'"{given}"')))
        case "oneof" | "notoneof":
            quoted = [f'"{member}"' for member in given if isinstance(member, str)]
            return plain(Condition(asked.operator, [*given, *quoted]))
        case "startswith":
            return any_of(plain(asked), plain(Condition("startswith", f'"{given}')))
        case "endswith":
            return any_of(plain(asked), plain(Condition("endswith", f'{given}"')))
    return plain(asked)


_COMMON = {
    "id": of_id("id"),
    "created": of_moment("created"),
    "updated": of_moment("updated"),
    "tags": tags(),
}
_COMMON_SORTS = {"id": "id", "created": "created", "updated": "updated", "user": "author_id", "project": "project_id"}

ARTIFACTS = Shape(
    filters=_COMMON | {"name": of_text("name"), "has_custom_name": of_boolean("custom_name")},
    sorts=_COMMON_SORTS | {"name": "name", "has_custom_name": "custom_name", "latest_version": "newest"},
)

VERSIONS = Shape(
    filters=_COMMON
    | {
        "artifact": of_any(of_id("artifact.id"), of_text("artifact.name")),
        "version": of_text("label"),
        "version_number": of_integer("number"),
        "uri": of_text("uri"),
        "materializer": of_text("loader"),
        "type": of_choice("role", ROLES),
        "data_type": of_text("data_type"),
        "artifact_store_id": of_id("store_id"),
        "has_custom_name": of_boolean("artifact.custom_name"),
    },
    sorts=_COMMON_SORTS
    | {
        "artifact": "artifact.name",
        "version": "label",
        "version_number": "number",
        "uri": "uri",
        "materializer": "loader",
        "type": "role",
        "data_type": "data_type",
        "artifact_store_id": "store_id",
    },
)


def narrow(query: Mapping[str, list[str]]) -> tuple[dict[str, list[str]], str | None, str | None]:
    """A query on versions without its one artifact by name and its one tag, where it asks for just one: and these.

    They are what clients ask for most, and can be found faster than a condition among others.
    """
    rest = dict(query)
    if (rest.get("logical_operator") or ["and"])[-1] != "and":
        return rest, None, None
    return rest, _exactly(rest, "artifact"), _exactly(rest, "tags")


def _exactly(query: dict[str, list[str]], name: str) -> str | None:
    """Take the text that a parameter has to equal out of the query, if that is all that it asks."""
    given = query.get(name, [])
    if len(given) != 1:
        return None
    asked = condition(given[0])
    # An artifact may also be named by its id.
    if asked.operator != EQUALS or as_uuid(asked.operand) is not None:
        return None
    del query[name]
    return str(asked.operand)
