"""What differs between the engines in the text of a statement and in the binding of its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    ColumnElement,
    Integer,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine.default import DefaultDialect

from isogloss.core.query import NUMBER_LENGTH, Wild, pattern_parts
from isogloss.storage.sql.tables import ByCodePoint


@dataclass(frozen=True)
class Engine:
    """What differs between the engines in the text of a statement and in the binding of its values."""

    name: str
    dialect: DefaultDialect
    among: Callable[[ColumnElement[Any], str], ColumnElement[bool]]
    like: Callable[[ColumnElement[Any], str, str], ColumnElement[bool]]
    resembles: Callable[[ColumnElement[Any], str, str], ColumnElement[bool]]
    bind_pattern: Callable[[str, str], str]
    number: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    bind_list: Callable[[Sequence[Any]], Any]
    locks_rows: bool
    says_nulls: bool
    has_statistics: bool


def _among_json(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    members = func.json_each(bindparam(parameter, type_=ByCodePoint)).table_valued("value")
    return column.in_(select(members.c.value))


def _among_array(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    member = BigInteger() if isinstance(column.type, Integer) else ByCodePoint
    return column == any_(bindparam(parameter, type_=ARRAY(member)))


def _like_ascii(column: ColumnElement[Any], parameter: str, escape: str) -> ColumnElement[bool]:
    # Without ESCAPE there is none, and SQLite refuses an empty one.
    return column.like(bindparam(parameter, type_=ByCodePoint), escape=escape or None)


def _ilike(column: ColumnElement[Any], parameter: str, escape: str) -> ColumnElement[bool]:
    return column.ilike(bindparam(parameter, type_=ByCodePoint), escape=escape)


def _glob(column: ColumnElement[Any], parameter: str, escape: str) -> ColumnElement[bool]:
    return column.op("GLOB", is_comparison=True)(bindparam(parameter, type_=ByCodePoint))


_GLOBS: dict[str | Wild, str] = {Wild.ANY: "*", Wild.ONE: "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def _as_glob(pattern: str, escape: str) -> str:
    return "".join(_GLOBS.get(part, str(part)) for part in pattern_parts(pattern, escape))


def _as_it_is(pattern: str, escape: str) -> str:
    return pattern


def _like(column: ColumnElement[Any], parameter: str, escape: str) -> ColumnElement[bool]:
    return column.like(bindparam(parameter, type_=ByCodePoint), escape=escape)


# A bound on the digits within the expression would say nearly the same, but PostgreSQL is slow to match such.
_LONGEST = literal_column(str(NUMBER_LENGTH), Integer())


def _cast_to_number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.substr(column, literal_column("1"), _LONGEST), REAL())


# What SQLite's CAST reads of a text, which PostgreSQL's would refuse to read at all.
_LEADING_NUMBER = r"^[ \t\n\v\f\r]*([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?)"


def _match_number(column: ColumnElement[Any]) -> ColumnElement[Any]:
    found = func.substring(func.left(column, _LONGEST), literal_column(f"'{_LEADING_NUMBER}'"))
    return func.coalesce(cast(found, postgresql.DOUBLE_PRECISION()), literal_column("0"))


SQLITE = Engine(
    name="sqlite",
    dialect=sqlite.dialect(paramstyle="qmark"),
    among=_among_json,
    like=_like_ascii,
    resembles=_glob,
    bind_pattern=_as_glob,
    number=_cast_to_number,
    bind_list=lambda values: msgspec.json.encode(values).decode(),
    locks_rows=False,
    says_nulls=False,
    has_statistics=False,
)
POSTGRESQL = Engine(
    name="postgresql",
    dialect=asyncpg_dialect.dialect(),  # type: ignore[no-untyped-call]
    among=_among_array,
    like=_ilike,
    resembles=_like,
    bind_pattern=_as_it_is,
    number=_match_number,
    bind_list=list,
    locks_rows=True,
    says_nulls=True,
    has_statistics=True,
)
