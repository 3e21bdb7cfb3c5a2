"""What may be asked of a store: which rows, in what order, which page of them. No SQL, no HTTP.

A query names a *source* (what a row is), the *fields* wanted of each row, a *where* tree, a sort and a page. Fields are
dotted names: a plain one belongs to the source, ``artifact.slug`` to the row joined to it. The store declares
which names exist (``storage.sql.sources``); an unknown one is a programming error and raises ``KeyError``.

Logic is two-valued. A leaf is true or false for a row, never unknown: every comparison with a null field is false,
and ``Not`` of it is therefore true. ``evaluate`` is the meaning of the tree in plain Python; a store must agree.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from msgspec import Struct

Scalar: TypeAlias = str | int | bool | float


class Operator(Enum):
    """How a field compares with a value. Text compares by code point."""

    EQ = "eq"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class Compare(Struct, frozen=True, tag=True):
    """The field has a value that compares so with this one."""

    field: str
    operator: Operator
    value: Scalar


class AnyOf(Struct, frozen=True, tag=True):
    """The field is one of the values. No values: false for every row."""

    field: str
    values: tuple[Scalar, ...]


class NoneOf(Struct, frozen=True, tag=True):
    """The field has a value, and it is none of these."""

    field: str
    values: tuple[Scalar, ...]


class Like(Struct, frozen=True, tag=True):
    """The field matches a pattern of ``%`` (any text) and ``_`` (one character); ASCII letters match in either case.

    The character behind an ``escape`` stands for itself, and no pattern ends in one; where there is none, a backslash
    is an ordinary character. The characters ``without`` are taken out of the field first, such as the dashes of an id.
    """

    field: str
    pattern: str
    without: str = ""
    escape: str = ""


class Resembles(Struct, frozen=True, tag=True):
    """As ``Like``, but letters match in the same case only."""

    field: str
    pattern: str
    escape: str = ""


class Measures(Struct, frozen=True, tag=True):
    """The number that the field's text begins with compares so with this one. Text without one, and 0, never do."""

    field: str
    operator: Operator
    value: float


class IsNull(Struct, frozen=True, tag=True):
    """The field has no value."""

    field: str


class And(Struct, frozen=True, tag=True):
    """True when all parts are; so without parts."""

    parts: "tuple[Where, ...]"


class Or(Struct, frozen=True, tag=True):
    """True when some part is; without parts, false."""

    parts: "tuple[Where, ...]"


class Not(Struct, frozen=True, tag=True):
    """True when the part is false."""

    part: "Where"


class Has(Struct, frozen=True, tag=True):
    """Some row related to this one satisfies ``where``. A source names its relations, e.g. ``run`` of a version."""

    relation: str
    where: "Where"


Where: TypeAlias = Compare | AnyOf | NoneOf | Like | Resembles | Measures | IsNull | And | Or | Not | Has

EVERYTHING = And(())
NOTHING = Or(())


class Sort(Struct, frozen=True):
    """Order by one field; rows that tie are ordered by ``then`` in the same direction. Nulls come first ascending."""

    field: str
    descending: bool = False
    then: str = "id"


class KeyedSort(Struct, frozen=True):
    """Order by what a row has under a key: by ``field`` of its one row of ``relation`` with that key.

    Rows that have none come last either way, and before them those whose value is no number.
    """

    relation: str
    key: str
    field: str
    descending: bool = False


class Query(Struct, frozen=True, kw_only=True):
    """Rows of ``source`` in one project. ``limit`` null means all of them.

    A ``ruling`` query is asked for a rule that holds whoever asks, and finds also what the caller does not see: nothing
    of its rows may be told.

    ``orders`` go before ``sort``; rows that have nothing there come last, whichever way the others go.
    """

    source: str
    fields: tuple[str, ...]
    project_id: str | None
    where: Where = EVERYTHING
    orders: "tuple[KeyedSort | Sort, ...]" = ()
    sort: Sort | None = None
    limit: int | None = None
    offset: int = 0
    ruling: bool = False


class Span(Struct, frozen=True):
    """Which of the spans of ``width`` that follow each other from ``start`` on a whole number lies in, from 0.

    It means nothing for numbers before ``start``: a query that counts by spans leaves them out.
    """

    field: str
    start: int
    width: int


class Until(Struct, frozen=True):
    """How much a field falls short of ``end``, such as the time from its moment to that one."""

    field: str
    end: int


class Least(Struct, frozen=True):
    """The least value of a field."""

    field: str


class Greatest(Struct, frozen=True):
    """The greatest value of a field."""

    field: str


Total: TypeAlias = str | Until | Least | Greatest
"""What is told of a field for rows that are counted together: what its values add up to, or one of their ends."""


def all_of(*parts: Where | None) -> Where:
    """The parts that are given, and-ed; a single one stands for itself."""
    given = tuple(part for part in parts if part is not None and part != EVERYTHING)
    return given[0] if len(given) == 1 else And(given)


def any_of(*parts: Where | None) -> Where:
    """The parts that are given, or-ed; a single one stands for itself."""
    given = tuple(part for part in parts if part is not None)
    return given[0] if len(given) == 1 else Or(given)


Row: TypeAlias = Mapping[str, Any]
Related: TypeAlias = Callable[[Row, str], Sequence[Row]]


def no_relations(row: Row, relation: str) -> Sequence[Row]:
    """For rows that stand alone."""
    return ()


def evaluate(where: Where, row: Row, related: Related = no_relations) -> bool:
    """Whether a row satisfies the tree. ``related(row, relation)`` gives the rows of a relation."""
    match where:
        case And(parts):
            return all(evaluate(part, row, related) for part in parts)
        case Or(parts):
            return any(evaluate(part, row, related) for part in parts)
        case Not(part):
            return not evaluate(part, row, related)
        case Has(relation, inner):
            return any(evaluate(inner, other, related) for other in related(row, relation))
        case IsNull(field):
            return row[field] is None
    value = row[where.field]
    if value is None:
        return False
    match where:
        case AnyOf(_, values):
            return value in values
        case NoneOf(_, values):
            return value not in values
        case Like(_, pattern, without, escape):
            return matches(pattern, value.translate(dict.fromkeys(map(ord, without))), escape)
        case Resembles(_, pattern, escape):
            return covers(pattern, value, escape)
        case Measures(_, operator, other):
            number = leading_number(value)
            return number != 0 and _COMPARISONS[operator](number, other)
        case Compare(_, operator, other):
            return _COMPARISONS[operator](value, other)


_COMPARISONS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: lambda value, other: bool(value == other),
    Operator.LT: lambda value, other: bool(value < other),
    Operator.LE: lambda value, other: bool(value <= other),
    Operator.GT: lambda value, other: bool(value > other),
    Operator.GE: lambda value, other: bool(value >= other),
}

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)", re.ASCII)


NUMBER_LENGTH = 200
"""Where a number ends at the latest: none that long is more than a float can be."""


def leading_number(text: str) -> float:
    """The number that a text begins with, within its first 200 characters; 0 where there is none."""
    found = _NUMBER.match(text[:NUMBER_LENGTH])
    return float(found[1]) if found else 0.0


_FOLD_ASCII = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class Wild(Enum):
    """What a pattern has beside characters that stand for themselves."""

    ANY = "any text"
    ONE = "one character"


_WILD = {"%": Wild.ANY, "_": Wild.ONE}


def pattern_parts(pattern: str, escape: str = "") -> list[str | Wild]:
    """The characters and wildcards of a pattern."""
    parts: list[str | Wild] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(next(characters))
        else:
            parts.append(_WILD.get(character, character))
    return parts


def escaped(text: str, escape: str) -> str:
    """A pattern that only this text matches."""
    return "".join(escape + character if character in ("%", "_", escape) else character for character in text)


def begins(field: str, start: str) -> Where:
    """The field begins with this text, letters in their case: as a range, which an index serves."""
    if not start:
        return Not(IsNull(field))
    low = Compare(field, Operator.GE, start)
    end = start.rstrip(_LAST)
    return And((low, Compare(field, Operator.LT, end[:-1] + _next(end[-1])))) if end else low


_LAST = chr(0x10FFFF)


def _next(character: str) -> str:
    # Between these two there are halves of pairs, which are no characters.
    return "\ue000" if character == "\ud7ff" else chr(ord(character) + 1)


def matches(pattern: str, text: str, escape: str = "") -> bool:
    """LIKE's meaning: ``%`` any text, ``_`` one character, ASCII case folded, the whole text covered.

    Runs in O(len(pattern) * len(text)) at worst: it goes back to the last ``%`` only.
    """
    return covers(pattern.translate(_FOLD_ASCII), text.translate(_FOLD_ASCII), escape)


def covers(pattern: str, text: str, escape: str = "") -> bool:
    """As ``matches``, with letters in their case."""
    parts = pattern_parts(pattern, escape)
    at = here = 0
    star, resume = -1, 0
    while at < len(text):
        if here < len(parts) and parts[here] is Wild.ANY:
            star, resume = here, at
            here += 1
        elif here < len(parts) and parts[here] in (Wild.ONE, text[at]):
            here += 1
            at += 1
        elif star >= 0:
            resume += 1
            here, at = star + 1, resume
        else:
            return False
    return all(rest is Wild.ANY for rest in parts[here:])
