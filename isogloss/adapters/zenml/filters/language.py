"""The filter language of ZenML's lists as ``core.query`` trees.

A condition is ``value`` or ``operator:value``; an unknown operator is part of the value. What operators there are, and
what they mean, depends on the kind of the field. A row without a value satisfies none but ``isnull:``. Patterns are
LIKE's: ``%`` and ``_`` are wildcards, and case is folded.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct

from isogloss.adapters.call import as_uuid
from isogloss.adapters.zenml.failures import BadFilter, BadValue
from isogloss.adapters.zenml.times import instant
from isogloss.core.query import (
    EVERYTHING,
    NOTHING,
    AnyOf,
    Compare,
    IsNull,
    Like,
    Measures,
    NoneOf,
    Not,
    Operator,
    Where,
    all_of,
    any_of,
    evaluate,
)

EQUALS, NOT_EQUALS = "equals", "notequals"
CONTAINS, NOT_CONTAINS, STARTS_WITH, ENDS_WITH = "contains", "notcontains", "startswith", "endswith"
ONE_OF, NOT_ONE_OF, IS_NULL, IS_NOT_NULL, IN = "oneof", "notoneof", "isnull", "isnotnull", "in"
ORDERINGS = {"gt": Operator.GT, "gte": Operator.GE, "lt": Operator.LT, "lte": Operator.LE}

OPERATORS = frozenset(
    {
        *(EQUALS, NOT_EQUALS, CONTAINS, NOT_CONTAINS, STARTS_WITH, ENDS_WITH),
        *(ONE_OF, NOT_ONE_OF, IS_NULL, IS_NOT_NULL, IN),
        *ORDERINGS,
    }
)

MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"
LEAST, GREATEST = -(2**63), 2**63 - 1
MAX_CHOICES = 10_000

_HEX = re.compile("[0-9a-f]*")
_DASHES = (8, 12, 16, 20)


class Condition(Struct, frozen=True):
    """An operator and its operand: text, a list for ``oneof``, None where there is none to give.

    ``text`` is the whole as it came.
    """

    operator: str
    operand: Any
    text: str = ""


Kind: TypeAlias = Callable[[Condition], Where]
"""What a condition on a field means."""


def condition(text: str) -> Condition:
    """The condition that a text states. Raises ``BadFilter``."""
    operator, colon, operand = text.partition(":")
    if not colon or operator not in OPERATORS:
        return Condition(EQUALS, text, text)
    if operator in (IS_NULL, IS_NOT_NULL):
        if operand:
            raise BadFilter(f"{text!r}: 'isnull:' and 'isnotnull:' take no value.")
        return Condition(operator, None, text)
    if operator in (ONE_OF, NOT_ONE_OF):
        return Condition(operator, _choices(operand), text)
    return Condition(operator, operand, text)


def of_text(field: str) -> Kind:
    """Text, which compares with numbers by the number that it begins with."""

    def where(asked: Condition) -> Where:
        given = asked.operand
        match asked.operator:
            case "equals":
                return Compare(field, Operator.EQ, given)
            case "notequals":
                return NoneOf(field, (given,))
            case "contains":
                return Like(field, f"%{given}%")
            case "notcontains":
                return all_of(Not(IsNull(field)), Not(Like(field, f"%{given}%")))
            case "startswith":
                return Like(field, f"{given}%")
            case "endswith":
                return Like(field, f"%{given}")
            case "oneof":
                return AnyOf(field, _texts(given)) if given else NOTHING
            case "notoneof":
                return NoneOf(field, _texts(given))
            case "isnull":
                return IsNull(field)
            case "isnotnull":
                return Not(IsNull(field))
            case ordering if ordering in ORDERINGS:
                return _measured(field, ORDERINGS[ordering], given)
        raise _not_for(asked, "text")

    return where


def of_shown_text(field: str, default: str) -> Kind:
    """Text that shows as ``default`` where there is none."""
    plain = of_text(field)

    def where(asked: Condition) -> Where:
        if asked.operator == IS_NULL:
            return NOTHING
        tree = plain(asked)
        return any_of(tree, IsNull(field)) if evaluate(tree, {field: default}) else tree

    return where


def of_id(field: str) -> Kind:
    """UUIDs, of which parts are compared without dashes."""

    def where(asked: Condition) -> Where:
        match asked.operator:
            case "equals":
                found = as_uuid(_undashed(asked.operand))
                return NOTHING if found is None else Compare(field, Operator.EQ, found)
            case "notequals":
                found = as_uuid(_undashed(asked.operand))
                return EVERYTHING if found is None else NoneOf(field, (found,))
            case "oneof":
                wanted = _ids(asked.operand)
                return AnyOf(field, wanted) if wanted else NOTHING
            case "notoneof":
                return NoneOf(field, _ids(asked.operand))
            case "startswith":
                return _begins(field, _undashed(asked.operand))
            case "contains":
                return Like(field, f"%{_undashed(asked.operand)}%", "-")
            case "notcontains":
                return all_of(Not(IsNull(field)), Not(Like(field, f"%{_undashed(asked.operand)}%", "-")))
            case "endswith":
                return Like(field, f"%{_undashed(asked.operand)}", "-")
            case "isnull":
                return IsNull(field)
            case "isnotnull":
                return Not(IsNull(field))
            case ordering if ordering in ORDERINGS:
                raise BadValue(f"Ids cannot be compared by {ordering!r}.")
        raise _not_for(asked, "ids")

    return where


def of_integer(field: str) -> Kind:
    """Whole numbers."""

    def where(asked: Condition) -> Where:
        match asked.operator:
            case "isnull":
                return IsNull(field)
            case "isnotnull":
                return Not(IsNull(field))
            case "equals":
                value = _integer(asked)
                return Compare(field, Operator.EQ, value) if LEAST <= value <= GREATEST else NOTHING
            case "notequals":
                value = _integer(asked)
                return NoneOf(field, (value,)) if LEAST <= value <= GREATEST else Not(IsNull(field))
            case ordering if ordering in ORDERINGS:
                return _ordered(field, ordering, _integer(asked))
        raise _not_for(asked, "whole numbers")

    return where


def of_boolean(field: str) -> Kind:
    """Yes or no."""

    def where(asked: Condition) -> Where:
        match asked.operator:
            case "isnull":
                return IsNull(field)
            case "isnotnull":
                return Not(IsNull(field))
            case "equals":
                return Compare(field, Operator.EQ, _boolean(asked.operand))
            case "notequals":
                return Compare(field, Operator.EQ, not _boolean(asked.operand))
        raise _not_for(asked, "yes or no")

    return where


def of_moment(field: str) -> Kind:
    """Moments, to the second and in UTC."""

    def where(asked: Condition) -> Where:
        match asked.operator:
            case "isnull":
                return IsNull(field)
            case "isnotnull":
                return Not(IsNull(field))
            case "in":
                low, comma, high = asked.operand.partition(",")
                if not comma:
                    raise BadFilter("'in:' takes two moments with a comma between them.")
                return all_of(Compare(field, Operator.GE, _moment(low)), Compare(field, Operator.LE, _moment(high)))
            case "equals":
                return Compare(field, Operator.EQ, _moment(asked.operand))
            case "notequals":
                return NoneOf(field, (_moment(asked.operand),))
            case ordering if ordering in ORDERINGS:
                return Compare(field, ORDERINGS[ordering], _moment(asked.operand))
        raise _not_for(asked, "moments")

    return where


def of_choice(field: str, words: Mapping[str, str]) -> Kind:
    """Text that is kept in other words: ``words`` has what is kept, by what the vendor calls it."""
    inner = of_text("word")

    def where(asked: Condition) -> Where:
        if asked.operator in (IS_NULL, IS_NOT_NULL):
            return of_text(field)(asked)
        tree = inner(asked)
        kept = tuple(kept for word, kept in words.items() if evaluate(tree, {"word": word}))
        return AnyOf(field, kept) if kept else NOTHING

    return where


def of_any(*kinds: Kind) -> Kind:
    """A condition that one of several fields must satisfy: a name or an id."""

    def where(asked: Condition) -> Where:
        trees = [kind(asked) for kind in kinds]
        return any_of(*(tree for tree in trees if tree != NOTHING))

    return where


def _choices(operand: str) -> list[Any]:
    try:
        given = json.loads(operand)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list) or len(given) > MAX_CHOICES:
        raise BadFilter(f"'oneof:' and 'notoneof:' take a JSON list of at most {MAX_CHOICES} values.")
    return given


def _texts(given: list[Any]) -> tuple[str, ...]:
    texts = (member if isinstance(member, str) else json.dumps(member) for member in given)
    return tuple(dict.fromkeys(text for text in texts if _comparable(text)))


def _comparable(text: str) -> bool:
    # Text that no row can hold equals none.
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _ids(given: list[Any]) -> tuple[str, ...]:
    found = (as_uuid(_undashed(str(member))) for member in given)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _undashed(text: str) -> str:
    return text.replace("-", "")


def _begins(field: str, start: str) -> Where:
    """Ids that begin so, as a range, which an index serves."""
    start = start.lower()
    if "%" in start or "_" in start:
        return Like(field, f"{start}%", "-")
    if not start:
        return Not(IsNull(field))
    if len(start) > 32 or not _HEX.fullmatch(start):
        return NOTHING
    dashed = "".join(f"-{c}" if place in _DASHES else c for place, c in enumerate(start))
    # Behind every digit of an id.
    return all_of(Compare(field, Operator.GE, dashed), Compare(field, Operator.LT, dashed + "g"))


def _measured(field: str, operator: Operator, given: str) -> Where:
    try:
        value = float(given)
    except ValueError:
        raise BadValue(f"{given!r} is not a number to compare with.") from None
    return NOTHING if math.isnan(value) else Measures(field, operator, value)


def _integer(asked: Condition) -> int:
    try:
        return int(asked.operand)
    except (ValueError, TypeError):
        raise BadFilter(f"{asked.operand!r} is not a whole number.") from None


def _ordered(field: str, ordering: str, value: int) -> Where:
    """A comparison that also stands for numbers beyond those that can be kept."""
    if LEAST <= value <= GREATEST:
        return Compare(field, ORDERINGS[ordering], value)
    below_all = value < LEAST
    return Not(IsNull(field)) if below_all == ordering.startswith("g") else NOTHING


def _boolean(given: str) -> bool:
    word = given.strip().lower()
    if word in ("1", "y", "yes", "t", "true", "on"):
        return True
    if word in ("0", "n", "no", "f", "false", "off"):
        return False
    raise BadFilter(f"{given!r} is neither true nor false.")


def _moment(text: str) -> int:
    try:
        return instant(datetime.strptime(text, MOMENT_FORMAT))  # noqa: DTZ007 - the vendor's moments bear no zone
    except ValueError:
        raise BadFilter(f"{text!r} is not of the form {MOMENT_FORMAT}.") from None


def _not_for(asked: Condition, what: str) -> BadFilter:
    return BadFilter(f"{asked.operator!r} is no operator for {what}.")
