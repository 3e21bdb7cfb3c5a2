"""What lists of artifacts and of their versions may be asked."""

from collections.abc import Iterable, Mapping

from isogloss.adapters.call import as_uuid, flag
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
    of_shown_text,
    of_text,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.kinds import DIALECT, FOREIGN_DATA_TYPE, FOREIGN_LOADER, ROLES, is_ordinary_name
from isogloss.core.names import ORDINARY
from isogloss.core.query import EVERYTHING, Compare, Has, Not, Operator, Where, all_of, any_of
from isogloss.core.registry.prune import own
from isogloss.core.registry.versions import in_use


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


def author() -> Kind:
    """The user who made the thing, by id, name or full name."""
    named = of_any(of_id("id"), of_text("name"), of_shown_text("full_name", ""))

    def where(asked: Condition) -> Where:
        return Has("author", named(asked))

    return where


def artifact_name(prefix: str = "") -> Kind:
    """What an artifact is called here. Ordinary ones, which are nearly all, are found by the index on their names."""
    name, shown = f"{prefix}name", of_text(f"{prefix}title")

    def where(asked: Condition) -> Where:
        if asked.operator == EQUALS and is_ordinary_name(asked.operand):
            ordinary = Compare(f"{prefix}kind", Operator.EQ, ORDINARY)
            return all_of(ordinary, Compare(name, Operator.EQ, asked.operand))
        return shown(asked)

    return where


def model() -> Kind:
    """A model that gathers the version, by id or name."""
    named = of_any(of_id("id"), of_text("name"))

    def where(asked: Condition) -> Where:
        gathering = all_of(_of_kind("model_version"), Has("parent", named(asked)))
        return Has("gathered", Has("record", gathering))

    return where


def model_version() -> Kind:
    """A version of a model that gathers the version, by id."""
    by_id = of_id("id")

    def where(asked: Condition) -> Where:
        return Has("gathered", Has("record", all_of(_of_kind("model_version"), by_id(asked))))

    return where


def _of_kind(kind: str) -> Where:
    return all_of(Compare("dialect", Operator.EQ, DIALECT), Compare("kind", Operator.EQ, kind))


def _together(query: Mapping[str, list[str]]) -> tuple[Where, ...]:
    return (*_by_artifact_id(query), *_by_pipeline_run(query), *_unused(query))


def _by_artifact_id(query: Mapping[str, list[str]]) -> Iterable[Where]:
    """The older name of ``artifact``, which only counts without that one."""
    given = () if query.get("artifact") else query.get("artifact_id", ())
    return [_ARTIFACT(condition(text)) for text in given]


def _by_pipeline_run(query: Mapping[str, list[str]]) -> Iterable[Where]:
    """What some step of one of the runs made or took; runs are named by id or name."""
    given = query.get("pipeline_run")
    if not given:
        return []
    named = of_any(of_id("id"), of_text("name"))
    runs = any_of(*(named(condition(text)) for text in given))
    run = all_of(Compare("dialect", Operator.EQ, DIALECT), Compare("role", Operator.EQ, "run"), runs)
    step = all_of(Compare("role", Operator.EQ, "step"), Has("parent", run))
    return [Has("link", Has("run", step))]


def _unused(query: Mapping[str, list[str]]) -> Iterable[Where]:
    """What no step uses. Clients delete all that this finds, so it shows what others wrote only to who names it."""
    if not flag(dict(query), "only_unused", default=False):
        return []
    unused = Not(in_use(DIALECT))
    return [unused if query.get("id") else all_of(own(DIALECT), unused)]


_ARTIFACT = of_any(of_id("artifact.id"), artifact_name("artifact."))

_COMMON = {
    "id": of_id("id"),
    "created": of_moment("created"),
    "updated": of_moment("updated"),
    "user": author(),
    "tags": tags(),
}
_COMMON_SORTS = {
    "id": "id",
    "created": "created",
    "updated": "updated",
    "user": "author",
    "project": "project_id",
    "tags": "tags",
}

ARTIFACTS = Shape(
    filters=_COMMON | {"name": artifact_name(), "has_custom_name": of_boolean("custom_name")},
    sorts=_COMMON_SORTS | {"name": "title", "has_custom_name": "custom_name", "latest_version": "newest"},
)

VERSIONS = Shape(
    filters=_COMMON
    | {
        "artifact": _ARTIFACT,
        "version": of_text("label"),
        "version_number": of_integer("number"),
        "uri": of_text("uri"),
        "materializer": of_shown_text("loader", FOREIGN_LOADER),
        "type": of_choice("role", ROLES),
        "data_type": of_shown_text("data_type", FOREIGN_DATA_TYPE),
        "artifact_store_id": of_id("store_id"),
        "has_custom_name": of_boolean("artifact.custom_name"),
        "run_metadata": metadata(),
        "model": model(),
        "model_version_id": model_version(),
    },
    sorts=_COMMON_SORTS
    | {
        "artifact": "artifact.title",
        "version": "label",
        "version_number": "number",
        "uri": "uri",
        "materializer": "loader",
        "type": "role",
        "data_type": "data_type",
        "artifact_store_id": "store_id",
    },
    together=_together,
)


def narrow(query: Mapping[str, list[str]]) -> tuple[dict[str, list[str]], str | None, str | None]:
    """A query on versions without its one artifact by name and its one tag, where it asks for just one: and these.

    They are what clients ask for most, and can be found faster than a condition among others.
    """
    rest = dict(query)
    if (rest.get("logical_operator") or ["and"])[-1] != "and":
        return rest, None, None
    artifact = _exact_artifact(rest)
    # Few versions are left by then to look for a tag among.
    return rest, artifact, None if artifact is not None else _exactly(rest, "tags")


def _exact_artifact(query: dict[str, list[str]]) -> str | None:
    name = _exactly(dict(query), "artifact")
    if name is None or not is_ordinary_name(name):
        return None
    # The older name of the parameter counts for nothing beside this one.
    query.pop("artifact_id", None)
    return _exactly(query, "artifact")


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
