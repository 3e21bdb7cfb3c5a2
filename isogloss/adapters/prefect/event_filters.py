"""Prefect's filters of events as ``core.query`` trees over the source ``event``.

How criteria go together, as the vendor has it: all of them must hold, of the values of one only some; a list without
values asks nothing, save one of a label's patterns, which nothing fits. Filters of related resources, and of any,
are each about one and the same resource, and several of them may be about different ones.

Letters match in their case, and the beginning of a name or an id is no pattern. The vendor's server does so on
PostgreSQL, but for ``%`` and ``_`` in it; on SQLite it takes the other case of an ASCII letter as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from isogloss.adapters.prefect.bodies.events import (
    RESOURCE_ID,
    RESOURCE_ROLE,
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventOrder,
    EventRelatedFilter,
    EventResourceFilter,
    patterns_in,
)
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.search import parse
from isogloss.core.labels import ESCAPE, has_label, label_begins, label_matches
from isogloss.core.model import Instant
from isogloss.core.query import (
    NOTHING,
    AnyOf,
    Compare,
    Has,
    Like,
    Not,
    Operator,
    Query,
    Resembles,
    Sort,
    Where,
    all_of,
    any_of,
    begins,
    escaped,
)

T = TypeVar("T")

DEFAULT_DAYS = 180
"""How far back is looked where nobody says: so many days before today's first moment in UTC."""

_DAY = 86_400 * 1_000_000
_SEARCHED = ("name", "body")
_PRIMARY = Compare("place", Operator.EQ, 0)


def event_query(asked: EventFilter, project_id: str, limit: int, offset: int) -> Query:
    """The page of events that a filter asks for; its times must be those that ``settled`` gives."""
    descending = asked.order is EventOrder.DESC
    where = events(asked)
    if asked.resource is not None and asked.resource.distinct:
        where = all_of(where, Not(Has("later" if descending else "earlier", where)))
    return Query(
        source="event",
        fields=(),
        project_id=project_id,
        where=where,
        sort=Sort("occurred", descending),
        limit=limit,
        offset=offset,
    )


def all_events(asked: EventFilter, project_id: str) -> Query:
    """All events that a filter asks for, whether or not several are of one resource; its times are settled."""
    return Query(source="event", fields=(), project_id=project_id, where=events(asked))


def settled(asked: EventFilter, now: Instant) -> EventFilter:
    """The filter with the times that it asks for where it does not say them: from half a year ago until now."""
    given, said = asked.occurred, asked.occurred.model_fields_set
    occurred = EventOccurredFilter.model_construct(
        since=given.since if "since" in said else (now // _DAY - DEFAULT_DAYS) * _DAY,
        until=given.until if "until" in said else now,
    )
    return asked.model_copy(update={"occurred": occurred})


def events(asked: EventFilter) -> Where:
    """What must hold of an event, save that it is one of several."""
    within = _within(asked.occurred)
    return all_of(
        within,
        Compare("dialect", Operator.EQ, DIALECT),
        None if asked.event is None else all_of(*_named(asked.event)),
        _some("id", asked.id.id),
        None if asked.resource is None else _happened_to(asked.resource, within),
        *(_concerns(criteria, within) for each in _listed(asked.related) if (criteria := list(_related(each)))),
        *(_concerns(criteria, within) for each in _listed(asked.any_resource) if (criteria := list(_any(each)))),
        None if asked.text is None else all_of(*_searched(asked.text.query)),
    )


def _within(asked: EventOccurredFilter) -> Where:
    return all_of(Compare("occurred", Operator.GE, asked.since), Compare("occurred", Operator.LE, asked.until))


def _named(asked: EventNameFilter) -> Iterable[Where | None]:
    yield _prefixed("name", asked.prefix)
    yield from (Not(begins("name", prefix)) for prefix in asked.exclude_prefix or ())
    yield _some("name", asked.name)
    if asked.exclude_name:
        yield Not(AnyOf("name", tuple(asked.exclude_name)))


def _happened_to(asked: EventResourceFilter, within: Where) -> Where | None:
    # The role of a resource that the event happened to is nowhere, whatever its labels say.
    labels = dict(asked.labels or {})
    role = labels.pop(RESOURCE_ROLE, None)
    criteria = [
        _some("resource_id", asked.id),
        _prefixed("resource_id", asked.id_prefix),
        None if role is None else NOTHING,
        *_labelled(labels),
    ]
    given = [each for each in criteria if each is not None]
    return _concerns([_PRIMARY, *given], within) if given else None


def _related(asked: EventRelatedFilter) -> Iterable[Where]:
    given = [
        _some("resource_id", asked.id),
        _some("role", asked.role),
        _in_roles(asked.resources_in_roles),
        _labelled_in_role(asked.labels),
    ]
    criteria = [each for each in given if each is not None]
    if criteria and not asked.role:
        criteria.append(Not(_PRIMARY))
    return criteria


def _any(asked: EventAnyResourceFilter) -> Iterable[Where]:
    given = (
        _some("resource_id", asked.id),
        _prefixed("resource_id", asked.id_prefix),
        _labelled_in_role(asked.labels),
    )
    return [each for each in given if each is not None]


def _concerns(criteria: Iterable[Where], within: Where) -> Where:
    """One resource of the event meets all criteria. Its own time narrows them down before the event is looked up."""
    return Has("resource", all_of(*criteria, within))


def _in_roles(given: Sequence[tuple[str, str]] | None) -> Where | None:
    if not given:
        return None
    return any_of(
        *(
            all_of(Compare("resource_id", Operator.EQ, resource_id), Compare("role", Operator.EQ, role))
            for resource_id, role in given
        )
    )


def _labelled_in_role(labels: Mapping[str, str | list[str]] | None) -> Where | None:
    """A role is no pattern."""
    if not labels:
        return None
    others = dict(labels)
    roles = others.pop(RESOURCE_ROLE, None)
    return all_of(_some("role", patterns_in(roles)) if roles else None, *_labelled(others))


def _labelled(labels: Mapping[str, str | list[str]]) -> Iterable[Where]:
    for name, given in labels.items():
        if name != RESOURCE_ID:
            yield any_of(*(_fits_label(name, pattern) for pattern in patterns_in(given)))
        elif given:
            yield any_of(*(_fits_id(pattern) for pattern in patterns_in(given)))


def _fits_id(pattern: str) -> Where:
    wanted = pattern.removeprefix("!")
    if wanted.endswith("*") and "*" not in wanted[:-1] and "?" not in wanted:
        fits = begins("resource_id", wanted[:-1])
    elif "*" in wanted or "?" in wanted:
        fits = Resembles("resource_id", _translated(wanted), ESCAPE)
    else:
        fits = Compare("resource_id", Operator.EQ, wanted)
    return Not(fits) if pattern.startswith("!") else fits


def _fits_label(name: str, pattern: str) -> Where:
    wanted = pattern.removeprefix("!")
    if wanted.endswith("*"):
        fits = label_begins("labels", name, wanted[:-1])
    else:
        fits = label_matches("labels", name, _translated(wanted))
    return all_of(has_label("labels", name), Not(fits)) if pattern.startswith("!") else fits


_WILDCARDS = str.maketrans({"*": "%", "?": "_"})


def _translated(pattern: str) -> str:
    return escaped(pattern, ESCAPE).translate(_WILDCARDS)


def _searched(query: str) -> Iterable[Where]:
    """The criteria of a text search."""
    wanted = parse(query)
    if wanted.include:
        yield any_of(*(_mentions(term) for term in wanted.include))
    yield from (Not(_mentions(term)) for term in wanted.exclude)
    yield from (_mentions(term) for term in wanted.required)


def _mentions(term: str) -> Where:
    return any_of(*(Like(field, f"%{escaped(term, ESCAPE)}%", escape=ESCAPE) for field in _SEARCHED))


def _some(field: str, values: Sequence[str] | None) -> Where | None:
    return AnyOf(field, tuple(values)) if values else None


def _prefixed(field: str, prefixes: Sequence[str] | None) -> Where | None:
    return any_of(*(begins(field, prefix) for prefix in dict.fromkeys(prefixes))) if prefixes else None


def _listed(asked: T | list[T] | None) -> list[T]:
    if asked is None:
        return []
    return asked if isinstance(asked, list) else [asked]
