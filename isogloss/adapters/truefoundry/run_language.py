"""The language in which runs are searched for and sorted, which is MLflow's.

    metrics.loss > 0.5 and params."learning rate" = '1' and tags.team LIKE 'a%' and attributes.status != 'FAILED'

A comparison is an identifier, an operator and a value; comparisons are joined by AND. An identifier is an attribute, or
a metric, parameter or tag with its key. A key with other characters than letters, digits and ``_-./`` stands in double
quotes or backticks. Metrics and times compare with numbers, all else with text in quotes. Quotes within quotes are
doubled, as in SQL; a backslash is a character as any other, since paths are values too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from msgspec import Struct

from isogloss.adapters.call import Malformed
from isogloss.core.query import (
    NOTHING,
    AnyOf,
    Compare,
    Has,
    IsNull,
    KeyedSort,
    Like,
    Not,
    Operator,
    Resembles,
    Sort,
    Where,
    all_of,
)

METRIC, PARAMETER, TAG, ATTRIBUTE = "metric", "parameter", "run_tag", "attribute"

_GROUPS = {
    **dict.fromkeys(("metric", "metrics"), METRIC),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), PARAMETER),
    **dict.fromkeys(("tag", "tags"), TAG),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), ATTRIBUTE),
}

_TEXTS = {
    **dict.fromkeys(("run_name", "name", "run name", "Run name", "Run Name", "runName"), "name"),
    **dict.fromkeys(("run_id", "run_uuid"), "id"),
    "status": "state_name",
    "user_id": "author_id",
}
_TIMES = {
    **dict.fromkeys(("start_time", "created", "Created", "created_time"), "started"),
    "end_time": "ended",
}
"""The attributes, and the fields that they are."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`)
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w.]))
      | (?P<sign>!=|>=|<=|=|>|<|\(|\)|,|\.)
      | (?P<word>[\w/\-]+)
    )""",
    re.VERBOSE,
)

_QUOTES = "'\"`"

MOST_COMPARISONS = 100
"""How many a filter may have: engines bound how deep a condition is."""

_MICROSECONDS = 1_000
"""How many go into a millisecond, which times are told in there."""

_FARTHEST = Decimal(2**53)
"""In milliseconds: far beyond the times that are kept. Farther ones are not even multiplied."""


class Identifier(Struct, frozen=True):
    """What is compared, or sorted by. ``name`` is the key, or the attribute's field; ``number`` tells what it holds."""

    group: str
    name: str
    number: bool


class Token(Struct, frozen=True):
    """A piece of a text: ``kind`` is text, number, sign or word; ``at`` is where it begins."""

    kind: str
    value: str
    at: int


def read_filter(text: str, where: str = "body.filter") -> Where:
    """The condition that a filter states; an empty one states none. Raises ``Malformed``."""
    reader = _Reader(text, where)
    conditions: list[Where] = []
    while reader.more():
        if conditions:
            reader.word("AND")
        conditions.append(_comparison(reader))
        if len(conditions) > MOST_COMPARISONS:
            raise Malformed(where, f"has more than {MOST_COMPARISONS} comparisons; IN (..) stands for many.")
    return all_of(*conditions)


def read_order(text: str, where: str = "body.order_by") -> Sort | KeyedSort:
    """The order that ``identifier [ASC|DESC]`` states. Raises ``Malformed``."""
    reader = _Reader(text, where)
    identifier = _identifier(reader)
    descending = False
    if reader.more():
        direction = reader.next()
        if direction.kind != "word" or direction.value.upper() not in ("ASC", "DESC"):
            reader.refuse(direction, "ASC or DESC")
        descending = direction.value.upper() == "DESC"
    if reader.more():
        reader.refuse(reader.next(), "the end")
    if identifier.group == ATTRIBUTE:
        return Sort(identifier.name, descending)
    return KeyedSort(identifier.group, identifier.name, "value", descending)


class _Reader:
    """The tokens of a text, one after the other."""

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._text = text
        self._tokens = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> Iterator[Token]:
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                rest = text[at:].lstrip()
                start = len(text) - len(rest)
                unclosed = "; a quote is not closed" if rest[0] in _QUOTES else ""
                raise Malformed(self._where, f"{rest[:20]!r} at character {start + 1} is not understood{unclosed}.")
            kind = found.lastgroup
            assert kind is not None
            yield Token(kind, found[kind], found.start(kind))
            at = found.end()

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def next(self) -> Token:
        if not self.more():
            raise Malformed(self._where, f"{self._text!r} ends where more is needed.")
        self._at += 1
        return self._tokens[self._at - 1]

    def peek(self, sign: str) -> bool:
        return self.more() and self._tokens[self._at].value == sign and self._tokens[self._at].kind == "sign"

    def word(self, word: str) -> None:
        token = self.next()
        if token.kind != "word" or token.value.upper() != word:
            hint = "; there is no OR, make two searches" if token.value.upper() == "OR" else ""
            self.refuse(token, word + hint)

    def skip(self, word: str) -> bool:
        """Whether this word comes next, which is passed then."""
        found = self.more() and self._tokens[self._at].kind == "word" and self._tokens[self._at].value.upper() == word
        self._at += found
        return found

    def sign(self, sign: str) -> None:
        token = self.next()
        if token.kind != "sign" or token.value != sign:
            self.refuse(token, f"{sign!r}")

    def refuse(self, token: Token, wanted: str) -> None:
        raise Malformed(self._where, f"{token.value!r} at character {token.at + 1}: expected {wanted}.")


def _identifier(reader: _Reader) -> Identifier:
    first = reader.next()
    if first.kind != "word":
        reader.refuse(first, "an attribute, metrics.KEY, params.KEY or tags.KEY")
    if not reader.peek("."):
        return _attribute(reader, first)
    reader.sign(".")
    group = _GROUPS.get(first.value.lower())
    if group is None:
        reader.refuse(first, "one of attributes, metrics, params and tags before the dot")
    token = reader.next()
    if token.kind not in ("word", "text", "number"):
        reader.refuse(token, "a key")
    key = _unquoted(token) if token.kind == "text" else token.value
    while token.kind != "text" and reader.peek("."):
        reader.sign(".")
        part = reader.next()
        if part.kind not in ("word", "number"):
            reader.refuse(part, "the rest of the key, or quotes around all of it")
        key = f"{key}.{part.value}"
    if group == ATTRIBUTE:
        return _attribute(reader, Token(token.kind, key, token.at))
    assert group is not None
    return Identifier(group, key, group == METRIC)


def _attribute(reader: _Reader, token: Token) -> Identifier:
    if token.value in _TIMES:
        return Identifier(ATTRIBUTE, _TIMES[token.value], True)
    if token.value not in _TEXTS:
        known = ", ".join(sorted({"run_name", "run_id", "status", "user_id", "start_time", "end_time"}))
        reader.refuse(token, f"one of the attributes {known}")
    return Identifier(ATTRIBUTE, _TEXTS[token.value], False)


def _comparison(reader: _Reader) -> Where:
    identifier = _identifier(reader)
    token = reader.next()
    operator = token.value.upper()
    if operator == "IS":
        return _presence(reader, identifier, token)
    if operator == "NOT":
        reader.word("IN")
        operator = "NOT IN"
    if operator in ("IN", "NOT IN"):
        if identifier.number:
            reader.refuse(token, "a comparison with a number")
        return _over(identifier, _among(identifier, _list(reader), operator == "NOT IN"))
    known = _NUMBERS if identifier.number else _STRINGS
    if operator not in known:
        reader.refuse(token, f"one of {', '.join(known)}")
    return _over(identifier, known[operator](_field(identifier), _value(reader, identifier)))


def _presence(reader: _Reader, identifier: Identifier, token: Token) -> Where:
    """Whether a run has a parameter or tag under a key at all; the language asks it of nothing else."""
    if identifier.group not in (PARAMETER, TAG):
        reader.refuse(token, "a comparison; IS NULL and IS NOT NULL are for parameters and tags")
    negated = reader.skip("NOT")
    reader.word("NULL")
    present = Has(identifier.group, _keyed(identifier))
    return present if negated else Not(present)


def _value(reader: _Reader, identifier: Identifier) -> str:
    token = reader.next()
    if identifier.number:
        if token.kind != "number":
            reader.refuse(token, "a number")
        return token.value
    if token.kind != "text" or token.value.startswith("`"):
        reader.refuse(token, "a text in quotes")
    return _unquoted(token)


def _list(reader: _Reader) -> list[str]:
    reader.sign("(")
    found: list[str] = []
    while True:
        token = reader.next()
        if token.kind != "text" or token.value.startswith("`"):
            reader.refuse(token, "a text in quotes")
        found.append(_unquoted(token))
        if reader.peek(")"):
            reader.sign(")")
            return found
        reader.sign(",")


def _unquoted(token: Token) -> str:
    quote = token.value[0]
    return token.value[1:-1].replace(quote * 2, quote)


def _field(identifier: Identifier) -> str:
    return identifier.name if identifier.group == ATTRIBUTE else "value"


def _over(identifier: Identifier, condition: Where) -> Where:
    """The condition on what the identifier names: a run that has nothing there never satisfies it."""
    if identifier.group == ATTRIBUTE:
        return condition
    return Has(identifier.group, all_of(_keyed(identifier), condition))


def _keyed(identifier: Identifier) -> Where:
    return Compare("key", Operator.EQ, identifier.name)


def _among(identifier: Identifier, values: list[str], negated: bool) -> Where:
    among: Where = AnyOf(_field(identifier), tuple(values))
    return all_of(Not(IsNull(_field(identifier))), Not(among)) if negated else among


def _equal(field: str, value: str) -> Where:
    return Compare(field, Operator.EQ, value)


_STRINGS: Mapping[str, Callable[[str, str], Where]] = {
    "=": _equal,
    "!=": lambda field, value: all_of(Not(IsNull(field)), Not(_equal(field, value))),
    "LIKE": Resembles,
    "ILIKE": Like,
}

_SIGNS = {">": Operator.GT, ">=": Operator.GE, "<": Operator.LT, "<=": Operator.LE, "=": Operator.EQ}


def _numeric(sign: str) -> Callable[[str, str], Where]:
    def condition(field: str, text: str) -> Where:
        if field != "value":
            return _time(field, _SIGNS[sign], Decimal(text))
        return all_of(Compare("nan", Operator.EQ, False), Compare(field, _SIGNS[sign], float(text)))

    return condition


def _time(field: str, operator: Operator, milliseconds: Decimal) -> Where:
    """How a time compares with an instant, which may lie between two microseconds, or where no time can be."""
    within = min(max(milliseconds, -_FARTHEST), _FARTHEST) * _MICROSECONDS
    whole = int(within.to_integral_value(ROUND_FLOOR if operator in (Operator.GT, Operator.LE) else ROUND_CEILING))
    if operator is Operator.EQ and (whole != within or not -_FARTHEST <= milliseconds <= _FARTHEST):
        return NOTHING
    return Compare(field, operator, whole)


def _unequal(field: str, text: str) -> Where:
    other = Not(_numeric("=")(field, text))
    return other if field == "value" else all_of(Not(IsNull(field)), other)


_NUMBERS: Mapping[str, Callable[[str, str], Where]] = {
    **{sign: _numeric(sign) for sign in _SIGNS},
    "!=": _unequal,
}
