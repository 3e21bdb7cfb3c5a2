"""What lists of pipelines, snapshots, runs and steps may be asked."""

from isogloss.adapters.call import as_uuid
from isogloss.adapters.zenml.filters.artifacts import author, metadata, tags
from isogloss.adapters.zenml.filters.language import (
    EQUALS,
    IS_NOT_NULL,
    IS_NULL,
    Condition,
    Kind,
    of_any,
    of_boolean,
    of_id,
    of_integer,
    of_moment,
    of_text,
)
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.filters.records import of_property
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.states import FOREIGN, FOREIGN_NAMES, INITIALIZING
from isogloss.core.model import Instant
from isogloss.core.query import (
    EVERYTHING,
    NOTHING,
    And,
    AnyOf,
    Compare,
    Has,
    IsNull,
    Measures,
    NoneOf,
    Not,
    Operator,
    Where,
    all_of,
    any_of,
    evaluate,
)

_OURS = Compare("dialect", Operator.EQ, DIALECT)


def by_dialect(ours: Kind, foreign: Kind) -> Kind:
    """A condition that means one thing for rows that ZenML wrote, and another for all others."""

    def where(asked: Condition) -> Where:
        return any_of(all_of(_OURS, ours(asked)), all_of(Not(_OURS), foreign(asked)))

    return where


def related(relation: str, kind: Kind) -> Kind:
    """A condition on the one thing of a relation; ``isnull:`` asks for what has none."""

    def where(asked: Condition) -> Where:
        match asked.operator:
            case given if given == IS_NULL:
                return Not(Has(relation, EVERYTHING))
            case given if given == IS_NOT_NULL:
                return Has(relation, EVERYTHING)
        return Has(relation, kind(asked))

    return where


def of_record(property_name: str, kind: Kind) -> Kind:
    """A condition on the record whose id a property holds."""
    return of_property(property_name, lambda asked: Has("record", kind(asked)))


def id_or_name(relation: str | None = None) -> Kind:
    """What is meant by its id or its name."""
    either, name = of_any(of_id("id"), of_text("name")), of_text("name")

    def kind(asked: Condition) -> Where:
        # What cannot be an id is looked for by the index on names.
        return name(asked) if asked.operator == EQUALS and as_uuid(asked.operand) is None else either(asked)

    return kind if relation is None else related(relation, kind)


def ours(kind: Kind) -> Kind:
    """A condition on what only rows that ZenML wrote have."""

    def where(asked: Condition) -> Where:
        return any_of(kind(asked), Not(_OURS)) if asked.operator == IS_NULL else all_of(_OURS, kind(asked))

    return where


def of_foreign_status() -> Kind:
    """The words for states that others wrote, as ``states.status_of`` has them."""
    word = of_text("word")

    def where(asked: Condition) -> Where:
        tree = word(asked)

        def meant(status: str) -> bool:
            return evaluate(tree, {"word": status})

        by_type: list[Where] = []
        for state_type, status in FOREIGN.items():
            special = tuple(name for kind, name in FOREIGN_NAMES if kind == state_type)
            of_type = Compare("state_type", Operator.EQ, state_type)
            if meant(status):
                by_type.append(all_of(of_type, Not(AnyOf("state_name", special))))
            by_type += [
                all_of(of_type, Compare("state_name", Operator.EQ, name))
                for name in special
                if meant(FOREIGN_NAMES[state_type, name])
            ]
        if meant(INITIALIZING):
            by_type.append(IsNull("state_type"))
        return any_of(*by_type) if by_type else NOTHING

    return where


def of_index() -> Kind:
    """The place of a run among those of its pipeline. What others wrote has none, which prints as 0."""
    exactly = of_integer("value")

    def ours(asked: Condition) -> Where:
        # Validates the operand, too.
        tree = exactly(asked)
        named = Compare("name", Operator.EQ, "index")
        match tree:
            case Compare(_, Operator.EQ, value):
                return Has("property", all_of(named, Compare("value", Operator.EQ, str(value))))
            case Compare(_, operator, value):
                return Has("property", all_of(named, Measures("value", operator, float(value))))
            case IsNull():
                return NOTHING
        if asked.operator == "notequals":
            return Not(Has("property", all_of(named, Compare("value", Operator.EQ, str(int(asked.operand))))))
        return EVERYTHING if evaluate(tree, {"value": 1}) else NOTHING

    def foreign(asked: Condition) -> Where:
        return EVERYTHING if evaluate(exactly(asked), {"value": 0}) else NOTHING

    return by_dialect(ours, foreign)


def _only_if_true(where: Where) -> Kind:
    """A flag that only says something where it is true."""
    kind = of_boolean("flag")

    def condition(asked: Condition) -> Where:
        return where if evaluate(kind(asked), {"flag": True}) else EVERYTHING

    return condition


def _as_flag(where: Where) -> Kind:
    """A flag that is true of what satisfies a tree."""
    kind = of_boolean("flag")

    def condition(asked: Condition) -> Where:
        return where if evaluate(kind(asked), {"flag": True}) else Not(where)

    return condition


def cache_expired(now: Instant) -> Kind:
    """Whether what a step made may not be used again."""
    named = Compare("name", Operator.EQ, "cache_expires_at")
    return _as_flag(Has("property", all_of(named, Compare("value", Operator.LT, sortable(now)))))


def of_kept_moment(name: str) -> Kind:
    """A moment that is kept as a property."""
    inner = of_moment("value")
    return of_property(name, lambda asked: _as_text(inner(asked)))


def _as_text(where: Where) -> Where:
    """A condition on instants as one on their text."""
    match where:
        case Compare(field, operator, int(value)):
            return Compare(field, operator, sortable(value))
        case NoneOf(field, values):
            return NoneOf(field, tuple(sortable(int(value)) for value in values))
        case And(parts):
            return And(tuple(_as_text(part) for part in parts))
    return where


def sortable(instant: Instant) -> str:
    """An instant as text that sorts as the instant does."""
    return f"{max(instant, 0):020d}"


_COMMON = {
    "id": of_id("id"),
    "created": of_moment("created"),
    "updated": of_moment("updated"),
    "name": of_text("name"),
    "user": author(),
}
_COMMON_SORTS = {
    "id": "id",
    "created": "created",
    "updated": "updated",
    "name": "name",
    "user": "author",
    "project": "project_id",
}

PIPELINES = Shape(
    filters=_COMMON | {"tags": tags()},
    sorts=_COMMON_SORTS | {"latest_run": "latest_run_at"},
)

SNAPSHOTS = Shape(
    filters=_COMMON
    | {
        "tags": tags(),
        "named_only": _only_if_true(Not(IsNull("name"))),
        "pipeline": id_or_name("workflow"),
        "stack": of_record("stack", id_or_name()),
        "build_id": of_property("build", of_id("value")),
        "schedule_id": of_property("schedule", of_id("value")),
        "source_snapshot_id": of_property("source_snapshot", of_id("value")),
        # Nothing is run or deployed from here.
        "runnable": _only_if_true(NOTHING),
        "deployable": _only_if_true(NOTHING),
        "deployed": _as_flag(NOTHING),
    },
    sorts=_COMMON_SORTS | {"pipeline": "parent_id"},
)

HOOK_INVOCATIONS = Shape(
    filters=_COMMON
    | {
        "pipeline_run_id": of_id("parent_id"),
        "step_run_id": of_property("step_run", of_id("value")),
        "hook_type": of_property("hook_type"),
        "status": of_text("state"),
    },
    sorts=_COMMON_SORTS | {"pipeline_run_id": "parent_id", "status": "state"},
)

_OF_RUNS = {
    "tags": tags(),
    "run_metadata": metadata(),
    "start_time": of_moment("started"),
    "end_time": of_moment("ended"),
    "status": by_dialect(of_text("state_name"), of_foreign_status()),
    "model_version_id": of_property("model_version", of_id("value")),
    "model": of_record("model_version", id_or_name("parent")),
}

_STATE_SORTS = {"start_time": "started", "end_time": "ended", "status": "state_name"}

RUNS = Shape(
    filters=_COMMON
    | _OF_RUNS
    | {
        "index": of_index(),
        "orchestrator_run_id": ours(of_text("key")),
        "pipeline": related("workflow", ours(id_or_name())),
        "pipeline_name": related("workflow", ours(of_text("name"))),
        "pipeline_id": of_id("workflow_id"),
        "snapshot_id": of_id("deployment_id"),
        "stack": of_record("stack", id_or_name()),
        "stack_id": of_property("stack", of_id("value")),
        "schedule_id": of_property("schedule", of_id("value")),
        "build_id": of_property("build", of_id("value")),
        "template_id": of_property("template", of_id("value")),
        "source_snapshot_id": of_property("source_snapshot", of_id("value")),
        "code_repository_id": of_property("code_repository", of_id("value")),
        "code_repository": of_record("code_repository", id_or_name()),
        "stack_component": of_record("stack", related("gathers", id_or_name("member"))),
        "linked_to_model_version_id": related("gathered", of_id("record_id")),
        "in_progress": _as_flag(IsNull("ended")),
        "triggered_by_step_run_id": of_property("triggered_by_step", of_id("value")),
        "triggered_by_deployment_id": of_property("triggered_by_deployment", of_id("value")),
        "parent_run_id": of_property("parent_run", of_id("value")),
        "root_runs_only": _only_if_true(Not(Has("property", Compare("name", Operator.EQ, "parent_run")))),
        "templatable": _as_flag(NOTHING),
    },
    sorts=_COMMON_SORTS
    | _STATE_SORTS
    | {
        # Indexes count the runs of a pipeline in the order of their creation.
        "index": "created",
        "pipeline": "workflow_name",
        "pipeline_id": "workflow_id",
        "snapshot_id": "deployment_id",
        "orchestrator_run_id": "key",
    },
)

STEPS = Shape(
    filters=_COMMON
    | _OF_RUNS
    | {
        "name": by_dialect(of_text("name"), of_text("name_in_run")),
        "code_hash": of_property("code_hash"),
        "cache_key": of_property("cache_key"),
        "cache_expires_at": of_kept_moment("cache_expires_at"),
        "pipeline_run_id": of_id("parent_id"),
        "snapshot_id": of_id("deployment_id"),
        "original_step_run_id": of_property("original_step", of_id("value")),
        "version": of_integer("attempts"),
        "exclude_retried": _only_if_true(Not(Compare("state_name", Operator.EQ, "retried"))),
    },
    sorts=_COMMON_SORTS
    | _STATE_SORTS
    | {"pipeline_run_id": "parent_id", "snapshot_id": "deployment_id", "version": "attempts"},
)
