"""What a source of queries is in SQL: its rows, its fields, and the rows related to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from sqlalchemy import ColumnElement, FromClause, Integer, literal_column, text

from isogloss.storage.sql import tables

RelationBuilder = Callable[[], "Relation"]


Computed: TypeAlias = ColumnElement[object] | Callable[[], ColumnElement[object]]


@dataclass(frozen=True)
class Source:
    """Rows of a query: where they come from, their columns by field name, and what always holds of them.

    ``nullable`` names the fields that may be null in a row of this source, among those that rows are sorted by.
    ``selective`` names the fields that an index leads with, so that asking for a few of their values is best
    answered from there and not by walking the rows in the order wanted. ``late`` names the fields by which a page is
    sorted before the rows are read, where they are looked for by the bounds of another field.
    """

    rows: FromClause
    columns: Mapping[str, Computed]
    relations: Mapping[str, RelationBuilder] = field(default_factory=dict)
    always: tuple[ColumnElement[bool], ...] = ()
    nullable: frozenset[str] = frozenset()
    selective: frozenset[str] = frozenset()
    keyed: Mapping[str, "KeyedBuilder"] = field(default_factory=dict)
    beside: "Beside | None" = None
    joined: "Joined | None" = None
    late: frozenset[str] = frozenset()

    def column(self, name: str) -> ColumnElement[object]:
        """The column of a field; ``KeyError`` names a field that the source does not have."""
        found = self.columns[name]
        return found if isinstance(found, ColumnElement) else found()


@dataclass(frozen=True)
class Keyed:
    """What rows have at most one of under each ``key``, and when such a row belongs to one of theirs."""

    rows: FromClause
    key: ColumnElement[object]
    belongs: ColumnElement[bool]


KeyedBuilder: TypeAlias = Callable[[str], Keyed]
"""Makes it under an alias."""


@dataclass(frozen=True)
class Beside:
    """A joined table from which a query is better driven when it asks for, or is sorted by, that table's fields.

    ``prefix`` begins the names of its fields; ``project`` is its own column of the project.
    """

    prefix: str
    project: ColumnElement[object]


@dataclass(frozen=True)
class Joined:
    """How a source looks ``without`` its join, and the beginnings of the fields and relations that need it."""

    without: FromClause
    mentioned_by: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """The rows related to one row: their ``key`` equals the row's ``owner`` column, and they satisfy ``always``.

    Where they are ``listed``, all rows that are related to any are found first, and each row is looked for among them.
    """

    source: Source
    key: ColumnElement[object]
    owner: ColumnElement[object]
    always: tuple[ColumnElement[bool], ...] = ()
    listed: bool = False


def columns_of(rows: FromClause, prefix: str = "") -> dict[str, Computed]:
    """The columns of a table by the names of fields, which begin with ``prefix``."""
    return {f"{prefix}{column.name}": column for column in rows.columns}


def related(source: Source, name: str, owner: ColumnElement[object], role: str | None = None) -> Relation:
    """The rows whose field is what a row has in a column; of runs, those of one role."""
    always = () if role is None else (source.column("role") == literal(role),)
    return Relation(source, source.column(name), owner, always)


def shown(alias: str) -> ColumnElement[bool]:
    """As the partial indexes have it, word for word: SQLite uses those for nothing else."""
    return cast("ColumnElement[bool]", text(f"NOT {alias}.internal"))


def integer(value: int) -> ColumnElement[int]:
    """A whole number that is part of a statement."""
    return literal_column(str(value), Integer())


def literal(value: str) -> ColumnElement[str]:
    """A text that is part of a statement."""
    return literal_column(f"'{value}'", tables.ByCodePoint)
