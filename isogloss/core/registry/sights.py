"""What a caller sees of each source of queries: the rows of projects that they know, and what belongs to the server.

Every source is listed in ``SOURCES``; one that is not raises ``KeyError``, so that a new one cannot be forgotten.
"""

from collections.abc import Collection
from enum import Enum

from msgspec.structs import replace

from isogloss.core.query import NOTHING, And, AnyOf, Has, IsNull, Not, Or, Query, Where, all_of


class Sight(Enum):
    """Which rows of a source belong to a project, and how it is told."""

    PROJECTS = "id"
    OF_PROJECT = "project_id"
    OF_PROJECT_OR_SERVER = "project_id or null"
    OF_VERSION = "version"
    OF_RUN = "run"
    OF_RECORD = "record"
    SERVER = "everybody's"
    NOBODY = "the registry's own"


SOURCES: dict[str, Sight] = {
    "project": Sight.PROJECTS,
    "artifact": Sight.OF_PROJECT,
    "every_artifact": Sight.OF_PROJECT,
    "tagged_artifact": Sight.OF_PROJECT,
    "newest_version": Sight.OF_PROJECT,
    "newest_shown_version": Sight.OF_PROJECT,
    "version": Sight.OF_PROJECT,
    "shown_version": Sight.OF_PROJECT,
    "tagged_version": Sight.OF_PROJECT,
    "linked_version": Sight.OF_PROJECT,
    "head": Sight.OF_PROJECT,
    "run": Sight.OF_PROJECT,
    "workflow": Sight.OF_PROJECT,
    "run_key": Sight.OF_PROJECT,
    "log": Sight.OF_PROJECT,
    "event": Sight.OF_PROJECT,
    "stage": Sight.OF_PROJECT,
    "record": Sight.OF_PROJECT_OR_SERVER,
    "tag_link": Sight.OF_PROJECT_OR_SERVER,
    "derivation": Sight.OF_PROJECT,
    "run_link": Sight.OF_VERSION,
    "metric_point": Sight.OF_RUN,
    "record_link": Sight.OF_RECORD,
    "tag": Sight.SERVER,
    # Who may see which users, keys and devices is for their own use cases to say: it is the same for every caller.
    "user": Sight.SERVER,
    "token": Sight.SERVER,
    "device": Sight.SERVER,
    "upload": Sight.NOBODY,
    "discard": Sight.NOBODY,
    "reply": Sight.NOBODY,
    "audit_entry": Sight.NOBODY,
}

RELATIONS = frozenset(
    {
        *("version", "newest", "run", "prepared_run", "step", "workflow", "deployment", "parent", "child", "called"),
        *("record", "member", "earlier", "later"),
    }
)
"""The relations that lead to rows with a project, which may be another one than that of the row that they start from.

All others lead to what belongs to that row, or to users.
"""


def within(query: Query, visible: Collection[str]) -> Query | None:
    """The query for who sees these projects only; None where it can have no rows for them.

    What is asked of related rows is asked of those that they see, so that nobody learns by guessing what others have.
    """
    if query.ruling:
        return query
    where = _narrowed(query.where, query.source, visible)
    sight = SOURCES[query.source]
    if query.project_id is not None:
        return replace(query, where=where) if query.project_id in visible else None
    condition = condition_of(sight, visible)
    if condition == NOTHING:
        return None
    return replace(query, where=where if condition is None else all_of(where, condition))


def condition_of(sight: Sight, visible: Collection[str]) -> Where | None:
    """What holds of the rows that are seen; None where that is all of them."""
    own = AnyOf("project_id", tuple(visible))
    match sight:
        case Sight.PROJECTS:
            return AnyOf("id", tuple(visible))
        case Sight.OF_PROJECT:
            return own
        case Sight.OF_PROJECT_OR_SERVER:
            return Or((IsNull("project_id"), own))
        case Sight.OF_VERSION:
            return Has("version", own)
        case Sight.OF_RUN:
            return Has("run", own)
        case Sight.OF_RECORD:
            return Has("record", Or((IsNull("project_id"), own)))
        case Sight.SERVER:
            return None
        case Sight.NOBODY:
            return NOTHING


def _narrowed(where: Where, source: str | None, visible: Collection[str]) -> Where:
    match where:
        case And(parts):
            return And(tuple(_narrowed(part, source, visible) for part in parts))
        case Or(parts):
            return Or(tuple(_narrowed(part, source, visible) for part in parts))
        case Not(part):
            return Not(_narrowed(part, source, visible))
        case Has(relation, inner):
            narrowed = _narrowed(inner, None, visible)
            if relation in RELATIONS or (relation, source) == ("link", "tag"):
                seen = condition_of(Sight.OF_PROJECT_OR_SERVER, visible)
                assert seen is not None
                narrowed = And((narrowed, seen))
            return Has(relation, narrowed)
    return where
