"""From ``core.query`` trees and entities to SQL text, compiled once for each shape and kept.

A *shape* is a request without its values: two queries of one shape share one statement, whatever they look for
and however long their lists are, since a list is bound as one array. Values are collected in the order in which the
tree is walked.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal, TypeAlias

from msgspec import Struct, structs
from sqlalchemy import (
    BigInteger,
    Boolean,
    ClauseElement,
    ColumnElement,
    Double,
    Select,
    Table,
    UnaryExpression,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.operators import custom_op

from isogloss.core.query import (
    And,
    AnyOf,
    Compare,
    Greatest,
    Has,
    IsNull,
    KeyedSort,
    Least,
    Like,
    Measures,
    NoneOf,
    Not,
    Operator,
    Or,
    Query,
    Resembles,
    Sort,
    Span,
    Total,
    Until,
    Where,
)
from isogloss.storage.sql.drives import bounds_another, is_selective, mentions
from isogloss.storage.sql.engines import Engine
from isogloss.storage.sql.sources import SOURCES, Relation, Source
from isogloss.storage.sql.tables import TABLES, ByCodePoint


@dataclass(frozen=True)
class Statement:
    """SQL text with positional parameters: ``order[i]`` is the place, among the collected values, of parameter i.

    ``straight`` tells that all values are taken as they come. ``booleans`` are the result columns that SQLite answers
    as 0 and 1. ``writes`` is the table that it changes, if any, and ``inserts`` whether it only adds rows to it.
    """

    text: str
    order: tuple[int, ...]
    straight: bool = False
    booleans: tuple[int, ...] = ()
    writes: str | None = None
    inserts: bool = False

    def arguments(self, values: Sequence[Any]) -> Sequence[Any]:
        """The values in the order of the text's parameters."""
        return values if self.straight else [values[place] for place in self.order]


_COMPARE: dict[Operator, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    Operator.EQ: lambda column, value: column == value,
    Operator.LT: lambda column, value: column < value,
    Operator.LE: lambda column, value: column <= value,
    Operator.GT: lambda column, value: column > value,
    Operator.GE: lambda column, value: column >= value,
}


class _Page(Enum):
    """How much of the rows a statement answers."""

    WHOLE = 1
    ANY = 2


COMMON_SIZES = frozenset({1, 10, 20, 50, 100, 200, 500, 1000})
"""The sizes of page that clients ask for by themselves."""

STATEMENTS_KEPT = 2_000
"""Shapes that are remembered. Clients use a few dozen; one that makes up new ones must not fill the memory."""

UNLIMITED = 2**62
"""The limit of a page that has an offset but no end."""


def parameter(place: int) -> str:
    """The name of the parameter for the value at this place."""
    return f"p{place}"


Present: TypeAlias = Literal["refuse", "leave", "replace"]
"""What an insert does where a row is there already: fail, leave that row, or, where it has the key, take its place."""


class Compiler:
    """Compiles for one engine and keeps what it compiled."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._statements: dict[Hashable, Statement] = {}

    def rows(self, query: Query) -> tuple[Statement, Sequence[Any]]:
        """The statement that answers a page of the query, and its arguments."""
        shape, values = _shape(query.where, self.engine)
        if query.project_id is not None:
            values.append(query.project_id)
        page = self._page(query)
        if page is _Page.ANY:
            values += [UNLIMITED if query.limit is None else query.limit, query.offset]
        values += [each.key for each in query.orders if isinstance(each, KeyedSort)]
        key = (
            query.source,
            query.fields,
            query.project_id is None,
            shape,
            tuple(structs.replace(each, key="") if isinstance(each, KeyedSort) else each for each in query.orders),
            query.sort,
            page,
        )
        statement = self._statements.get(key) or self._keep(key, self._select(query), query)
        return statement, statement.arguments(values)

    def count(self, query: Query) -> tuple[Statement, Sequence[Any]]:
        """The statement that counts all rows of the query, and its arguments."""
        shape, values = _shape(query.where, self.engine)
        if query.project_id is not None:
            values.append(query.project_id)
        key = ("count", query.source, query.project_id is None, shape)
        statement = self._statements.get(key) or self._keep(key, self._count(query))
        return statement, statement.arguments(values)

    def count_by(
        self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...]
    ) -> tuple[Statement, Sequence[Any]]:
        """The statement that counts the rows of the query in groups, and its arguments."""
        shape, values = _shape(query.where, self.engine)
        if query.project_id is not None:
            values.append(query.project_id)
        for each in by:
            if isinstance(each, Span):
                values += [each.start, each.width]
        values += [each.end for each in sums if isinstance(each, Until)]
        groups = tuple(structs.replace(each, start=0, width=0) if isinstance(each, Span) else each for each in by)
        totals = tuple(structs.replace(each, end=0) if isinstance(each, Until) else each for each in sums)
        key = ("count by", query.source, query.project_id is None, shape, groups, totals)
        statement = self._statements.get(key) or self._keep(key, self._count_by(query, by, sums))
        return statement, statement.arguments(values)

    def get(self, entity: type[Struct], key: dict[str, Any], lock: bool = False) -> tuple[Statement, Sequence[Any]]:
        """Select the rows of an entity by equality (a list value: any of its members), locked where asked for."""
        shape, values = self._key_shape(key)
        cached = ("get", entity, shape, lock)
        statement = self._statements.get(cached)
        if statement is None:
            table = TABLES[entity]
            clause = select(*table.columns).where(*self._key_conditions(table, shape, iter(range(len(values)))))
            if lock and self.engine.locks_rows:
                clause = clause.with_for_update()
            booleans = _booleans(list(table.columns))
            statement = self._statements[cached] = self._compile(clause, booleans)
        return statement, statement.arguments(values)

    def scan(self, entity: type[Struct]) -> Statement:
        """Select all rows of an entity by their keys; those that refer to one of the same entity come last."""
        table = TABLES[entity]
        within = [each.parent for each in table.foreign_keys if each.column.table is table]
        clause = select(*table.columns).order_by(*(column.is_not(None) for column in within), *table.primary_key)
        return self._compile(clause, _booleans(list(table.columns)))

    def sum(self, entity: type[Struct], field: str, key: dict[str, Any]) -> tuple[Statement, Sequence[Any]]:
        """Add up a field of the rows that the key names."""
        shape, values = self._key_shape(key)
        cached = ("sum", entity, field, shape)
        statement = self._statements.get(cached)
        if statement is None:
            table = TABLES[entity]
            total = func.coalesce(func.sum(table.c[field]), literal_column("0"))
            clause = select(total).where(*self._key_conditions(table, shape, iter(range(len(values)))))
            statement = self._statements[cached] = self._compile(clause)
        return statement, statement.arguments(values)

    def insert(self, entity: type[Struct], present: Present = "refuse") -> Statement:
        """Insert one row; its values go in the order of the entity's fields."""
        cached = ("insert", entity, present)
        statement = self._statements.get(cached)
        if statement is None:
            table = TABLES[entity]
            values = {
                column.name: bindparam(parameter(place), type_=column.type)
                for place, column in enumerate(table.columns)
            }
            upsert = sqlite.insert if self.engine.name == "sqlite" else postgresql.insert
            clause: ClauseElement
            match present:
                case "refuse":
                    clause = insert(table).values(values)
                case "leave":
                    clause = upsert(table).values(values).on_conflict_do_nothing()
                case "replace":
                    given = upsert(table).values(values)
                    others = {each.name: given.excluded[each.name] for each in table.columns if not each.primary_key}
                    clause = given.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)
            statement = self._statements[cached] = self._compile(
                clause, writes=table.name, inserts=present != "replace"
            )
        return statement

    def update(
        self, entity: type[Struct], key: dict[str, Any], changes: dict[str, Any]
    ) -> tuple[Statement, Sequence[Any]]:
        """Set fields of the rows that the key names."""
        shape, values = self._key_shape(key)
        cached = ("update", entity, shape, tuple(changes))
        statement = self._statements.get(cached)
        if statement is None:
            table = TABLES[entity]
            places = iter(range(len(values) + len(changes)))
            clause = update(table).where(*self._key_conditions(table, shape, places))
            clause = clause.values(
                {name: bindparam(parameter(next(places)), type_=table.c[name].type) for name in changes}
            )
            statement = self._statements[cached] = self._compile(clause, writes=table.name)
        return statement, statement.arguments([*values, *changes.values()])

    def delete(self, entity: type[Struct], key: dict[str, Any]) -> tuple[Statement, Sequence[Any]]:
        """Delete the rows that the key names."""
        shape, values = self._key_shape(key)
        cached = ("delete", entity, shape)
        statement = self._statements.get(cached)
        if statement is None:
            table = TABLES[entity]
            clause = delete(table).where(*self._key_conditions(table, shape, iter(range(len(values)))))
            statement = self._statements[cached] = self._compile(clause, writes=table.name)
        return statement, statement.arguments(values)

    def _key_shape(self, key: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], list[Any]]:
        shape: list[tuple[str, str]] = []
        values: list[Any] = []
        for name, value in key.items():
            if value is None:
                shape.append((name, "null"))
            elif isinstance(value, list):
                shape.append((name, "among"))
                values.append(self.engine.bind_list(value))
            else:
                shape.append((name, "equal"))
                values.append(value)
        return tuple(shape), values

    def _key_conditions(
        self, table: Table, shape: tuple[tuple[str, str], ...], places: Iterator[int]
    ) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        for name, kind in shape:
            column = table.c[name]
            if kind == "null":
                conditions.append(column.is_(None))
            elif kind == "among":
                conditions.append(self.engine.among(column, parameter(next(places))))
            else:
                conditions.append(column == bindparam(parameter(next(places)), type_=column.type))
        return conditions

    def _select(self, query: Query) -> ClauseElement:
        source = SOURCES[query.source]()
        places = iter(range(1_000_000))
        columns = [source.column(name).label(f"c{place}") for place, name in enumerate(query.fields)]
        clause = select(*columns).where(*self._conditions(query, source, places))
        page = self._page(query)
        if page is _Page.ANY:
            clause = clause.limit(bindparam(parameter(next(places)), type_=BigInteger()))
            clause = clause.offset(bindparam(parameter(next(places)), type_=BigInteger()))
        elif page is not _Page.WHOLE:
            clause = clause.limit(literal_column(str(page)))
        rows = source.rows
        for place, each in enumerate(query.orders):
            if isinstance(each, Sort):
                clause = clause.order_by(*_nothing_last(source.column(each.field), each.descending))
                continue
            keyed = source.keyed[each.relation](f"k{place}")
            key = keyed.key == bindparam(parameter(next(places)), type_=ByCodePoint)
            rows = rows.outerjoin(keyed.rows, and_(keyed.belongs, key))
            nan = keyed.rows.c.nan if "nan" in keyed.rows.c else None
            clause = clause.order_by(*_nothing_last(keyed.rows.c[each.field], each.descending, nan))
        if query.sort is None:
            return clause.select_from(rows)
        order = _order(source, query.sort, self.engine.says_nulls)
        clause = clause.order_by(*order).select_from(rows)
        late = query.sort.field in source.late and bounds_another(query.where, query.sort.field)
        if not late or page is _Page.WHOLE or self.engine.has_statistics:
            return clause
        # SQLite finds the rows by an index of the bounded field, and would read and sort all of them whole.
        wanted = clause.with_only_columns(source.column("id"))
        return select(*columns).select_from(rows).where(source.column("id").in_(wanted)).order_by(*order)

    def _page(self, query: Query) -> "_Page | int":
        """Which part of the rows a statement answers: all, any page, or a first page of a common size.

        PostgreSQL keeps a plan only when it is no dearer than one made for the values at hand, and without the size of
        the page it always looks dearer. SQLite plans once in any case.
        """
        if query.limit is None and not query.offset:
            return _Page.WHOLE
        if self.engine.has_statistics and not query.offset and query.limit in COMMON_SIZES:
            return query.limit
        return _Page.ANY

    def _count(self, query: Query) -> ClauseElement:
        source = SOURCES[query.source]()
        if source.joined is not None and not mentions(query.where, source.joined.mentioned_by):
            # Each row has exactly one partner in the join, so that it need not be looked up to be counted.
            source = replace(source, rows=source.joined.without, beside=None)
        conditions = self._conditions(query, source, iter(range(1_000_000)))
        return select(func.count()).select_from(source.rows).where(*conditions)

    def _count_by(self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...]) -> ClauseElement:
        source = SOURCES[query.source]()
        places = iter(range(1_000_000))
        conditions = self._conditions(query, source, places)
        groups = [
            _span(source.column(each.field), parameter(next(places)), parameter(next(places)))
            if isinstance(each, Span)
            else source.column(each)
            for each in by
        ]
        totals = [self._total(each, source, places) for each in sums]
        columns = [column.label(f"c{place}") for place, column in enumerate([*groups, func.count(), *totals])]
        # By their places, since an expression with parameters is never the same as another to PostgreSQL.
        grouped: list[ColumnElement[Any]] = [literal_column(str(place)) for place in range(1, len(groups) + 1)]
        return select(*columns).select_from(source.rows).where(*conditions).group_by(*grouped)

    def _total(self, asked: Total, source: Source, places: Iterator[int]) -> ColumnElement[Any]:
        match asked:
            case Least(field):
                return func.min(source.column(field))
            case Greatest(field):
                return func.max(source.column(field))
            case Until(field):
                return _total(bindparam(parameter(next(places)), type_=BigInteger()) - source.column(field))
        return _total(source.column(asked))

    def _conditions(self, query: Query, source: Source, places: Iterator[int]) -> list[ColumnElement[bool]]:
        conditions = [self._where(query.where, source, places), *source.always]
        if query.project_id is not None:
            conditions += self._in_project(query, source, bindparam(parameter(next(places)), type_=ByCodePoint))
        return conditions

    def _in_project(self, query: Query, source: Source, project: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """The condition on the project, said so that the engine drives the query from the right index."""
        own = source.column("project_id")
        beside = source.beside
        if beside is not None and (
            (query.sort is not None and query.sort.field.startswith(beside.prefix))
            or is_selective(query.where, source, beside.prefix)
        ):
            return [beside.project == project, self._unindexed(own) == project]
        if is_selective(query.where, source):
            return [self._unindexed(own) == project]
        return [own == project]

    def _unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column, kept from being what a statement is driven from.

        SQLite takes any index on an equality for equally good unless ANALYZE was run, and a project is nearly all.
        """
        return (
            column
            if self.engine.has_statistics
            else UnaryExpression(column, operator=custom_op("+"), type_=column.type)
        )

    def _has(self, relation: Relation, inner: Where, places: Iterator[int]) -> ColumnElement[bool]:
        """EXISTS, or IN where the engine cannot turn that around by itself: so the few related rows come first."""
        condition = and_(self._where(inner, relation.source, places), *relation.always)
        if relation.listed or (not self.engine.has_statistics and is_selective(inner, relation.source)):
            return relation.owner.in_(select(relation.key).select_from(relation.source.rows).where(condition))
        related: Select[Any] = select(literal_column("1")).select_from(relation.source.rows)
        related = related.where(relation.key == relation.owner, condition)
        return exists(related.correlate_except(relation.source.rows))

    def _where(self, where: Where, source: Source, places: Iterator[int]) -> ColumnElement[bool]:
        match where:
            case And(parts):
                return and_(true(), *(self._where(part, source, places) for part in parts))
            case Or(parts):
                return or_(false(), *(self._where(part, source, places) for part in parts))
            case Not(part):
                # A leaf over a null field is unknown to SQL; for us it is false, so its negation must be true.
                return self._where(part, source, places).is_not(true())
            case Has(name, inner):
                return self._has(source.relations[name](), inner, places)
            case IsNull(name):
                return source.column(name).is_(None)
            case AnyOf(name, (_,)):
                column = source.column(name)
                return column == bindparam(parameter(next(places)), type_=column.type)
            case AnyOf(name, _):
                return self.engine.among(source.column(name), parameter(next(places)))
            case NoneOf(name, _):
                column = source.column(name)
                return and_(column.is_not(None), ~self.engine.among(column, parameter(next(places))))
            case Like(name, _, without, escape):
                column = source.column(name)
                for character in without:
                    column = func.replace(column, literal_column(f"'{character}'"), literal_column("''"))
                return self.engine.like(column, parameter(next(places)), escape)
            case Resembles(name, _, escape):
                return self.engine.resembles(source.column(name), parameter(next(places)), escape)
            case Measures(name, operator, _):
                number = self.engine.number(source.column(name))
                bound: ColumnElement[Any] = bindparam(parameter(next(places)), type_=Double())
                return and_(number != literal_column("0"), _COMPARE[operator](number, bound))
            case Compare(name, operator, _):
                column = source.column(name)
                return _COMPARE[operator](column, bindparam(parameter(next(places)), type_=column.type))

    def _keep(self, key: Hashable, clause: ClauseElement, query: Query | None = None) -> Statement:
        if len(self._statements) >= STATEMENTS_KEPT:
            self._statements.clear()
        booleans: tuple[int, ...] = ()
        if query is not None:
            source = SOURCES[query.source]()
            booleans = _booleans([source.column(name) for name in query.fields])
        statement = self._statements[key] = self._compile(clause, booleans)
        return statement

    def _compile(
        self,
        clause: ClauseElement,
        booleans: tuple[int, ...] = (),
        writes: str | None = None,
        inserts: bool = False,
    ) -> Statement:
        compiled = clause.compile(dialect=self.engine.dialect)
        names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        order = tuple(int(name[1:]) for name in names)
        straight = order == tuple(range(len(order)))
        return Statement(str(compiled), order, straight, booleans, writes, inserts)


def _shape(where: Where, engine: Engine) -> tuple[Hashable, list[Any]]:
    values: list[Any] = []
    return _walk(where, values, engine), values


def _walk(where: Where, values: list[Any], engine: Engine) -> Hashable:
    match where:
        case And(parts) | Or(parts):
            return (type(where), *(_walk(part, values, engine) for part in parts))
        case Not(part):
            return (Not, _walk(part, values, engine))
        case Has(name, inner):
            return (Has, name, _walk(inner, values, engine))
        case IsNull(name):
            return (IsNull, name)
        case AnyOf(name, (member,)):
            # One value is an equality, after which rows can be read in the order of an index; many are not.
            values.append(member)
            return (AnyOf, name, 1)
        case AnyOf(name, members) | NoneOf(name, members):
            values.append(engine.bind_list(members))
            return (type(where), name)
        case Like(name, pattern, without, escape):
            values.append(pattern)
            return (Like, name, without, escape)
        case Resembles(name, pattern, escape):
            values.append(engine.bind_pattern(pattern, escape))
            return (Resembles, name, escape)
        case Measures(name, operator, value):
            values.append(value)
            return (Measures, name, operator)
        case Compare(name, operator, value):
            values.append(value)
            return (Compare, name, operator)


def _order(source: Source, sort: Sort, says_nulls: bool) -> list[ColumnElement[Any]]:
    """Nulls first ascending, last descending; ties the same way round.

    That is SQLite's own order. PostgreSQL must be told, but only for columns that can be null, because an index serves
    an order only when both say the same of nulls.
    """
    columns = [source.column(name) for name in dict.fromkeys((sort.field, sort.then))]
    ordered: list[ColumnElement[Any]] = [column.desc() if sort.descending else column.asc() for column in columns]
    if says_nulls and sort.field in source.nullable:
        ordered[0] = ordered[0].nulls_last() if sort.descending else ordered[0].nulls_first()
    return ordered


def _span(column: ColumnElement[Any], start: str, width: str) -> ColumnElement[Any]:
    """``query.Span``: both engines divide whole numbers into one."""
    past: ColumnElement[int] = column - bindparam(start, type_=BigInteger())
    return past // bindparam(width, type_=BigInteger())


def _total(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What the values add up to. PostgreSQL adds whole numbers up to a decimal one."""
    return cast(func.coalesce(func.sum(column), literal_column("0")), BigInteger)


def _nothing_last(
    value: ColumnElement[Any], descending: bool, nan: ColumnElement[bool] | None = None
) -> list[ColumnElement[Any]]:
    """Values first, then what is no number, then rows that have nothing; whichever way the values go."""
    ranks: list[tuple[ColumnElement[bool], ColumnElement[Any]]] = [(value.is_(None), literal_column("2"))]
    if nan is not None:
        ranks.append((nan, literal_column("1")))
    return [case(*ranks, else_=literal_column("0")), value.desc() if descending else value.asc()]


def _booleans(columns: Sequence[ColumnElement[Any]]) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(columns) if isinstance(column.type, Boolean))
