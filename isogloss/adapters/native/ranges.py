"""Which part of an object is asked for, and whether it is still the one that the client knows (RFC 9110, 13 and 14)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from msgspec import Struct

from isogloss.core.model import Instant

# Python reads no number of more than 4300 digits.
_SPAN = re.compile(r"bytes\s*=\s*(\d{0,4000})\s*-\s*(\d{0,4000})", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r'(W/)?"([^"]*)"')


class Span(Struct, frozen=True):
    """The bytes from ``start`` up to, and without, ``end``."""

    start: int
    end: int


class Unsatisfiable(Struct, frozen=True):
    """A range that has no byte of the object."""


def asked_range(header: str | None, size: int) -> Span | Unsatisfiable | None:
    """The range that a header asks for of an object of ``size`` bytes; null where it is all of it.

    So is what is no range of bytes, or several of them: the standard lets a server answer these with the whole.
    """
    told = None if header is None else _SPAN.fullmatch(header.strip())
    if told is None:
        return None
    first, last = told.groups()
    if first:
        start = int(first)
        if last and int(last) < start:
            return None
        end = min(int(last) + 1, size) if last else size
        return Span(start, end) if start < size else Unsatisfiable()
    if not last:
        return None
    length = min(int(last), size)
    return Span(size - length, size) if length else Unsatisfiable()


def names(header: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags, or ``*``, names this one; a weak tag does only where ``weak`` ones count."""
    if header.strip() == "*":
        return True
    return any(value == tag and (weak or not mark) for mark, value in _TAG.findall(header))


def is_unchanged(if_range: str | None, tag: str, modified: Instant) -> bool:
    """Whether a part of the object fits the part that the client has, as far as it tells."""
    if if_range is None:
        return True
    if '"' in if_range:
        return names(if_range, tag, weak=False)
    try:
        return parsedate_to_datetime(if_range) == _second(modified)
    except (ValueError, TypeError):
        return False


def http_date(modified: Instant) -> str:
    """The moment of an instant as headers have it."""
    return format_datetime(_second(modified), usegmt=True)


def _second(modified: Instant) -> datetime:
    return datetime.fromtimestamp(modified // 1_000_000, UTC)
