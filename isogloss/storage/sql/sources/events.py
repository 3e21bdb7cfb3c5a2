"""Events as a source of queries."""

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, or_

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources.shapes import Relation, RelationBuilder, Source, columns_of, integer

_Comparison: TypeAlias = Callable[[Any, Any], ColumnElement[bool]]


def event_source(alias: str = "e") -> Source:
    """Events. The relation ``resource`` holds what an event is about, ``earlier`` and ``later`` the events of the same
    resource in the same project that come before and after it: by time, and then by id.
    """
    event = tables.events.alias(alias)

    def resource() -> Relation:
        row = tables.event_resources.alias(f"{alias}r")
        source = Source(rows=row, columns=columns_of(row), selective=frozenset({"resource_id"}))
        return Relation(source, row.c.event_id, event.c.id)

    def beside(past: _Comparison, not_before: _Comparison) -> RelationBuilder:
        def others() -> Relation:
            # Only there is an index by resource.
            row = tables.event_resources.alias(f"{alias}x")
            other = event_source(f"{alias}o")
            source = Source(
                rows=row.join(other.rows, other.column("id") == row.c.event_id),
                columns=other.columns,
                relations=other.relations,
            )
            # Said so that the index bounds the times.
            side = and_(
                not_before(row.c.occurred, event.c.occurred),
                or_(row.c.occurred != event.c.occurred, past(row.c.event_id, event.c.id)),
            )
            own = other.column("project_id") == event.c.project_id
            return Relation(source, row.c.resource_id, event.c.resource_id, (row.c.place == integer(0), own, side))

        return others

    return Source(
        rows=event,
        columns=columns_of(event),
        relations={"resource": resource, "earlier": beside(lt, le), "later": beside(gt, ge)},
        selective=frozenset({"id", "name"}),
    )
