"""Pages of lists: which are asked for, and how they are answered."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from isogloss.adapters.call import Malformed, number
from isogloss.adapters.truefoundry.fqn import GREATEST
from isogloss.adapters.truefoundry.guesses import DEFAULT_LIMIT, GREATEST_LIMIT


class Asked(Struct, frozen=True):
    """The rows that a list is asked for."""

    limit: int
    offset: int


class Pagination(Struct, frozen=True, kw_only=True):
    """Where a page lies in its list."""

    total: int
    offset: int
    limit: int


class Page(Struct, frozen=True, kw_only=True):
    """A page of a list. A client asks for the next one until one is empty."""

    data: Sequence[Any]
    pagination: Pagination


def read_page(query: dict[str, list[str]]) -> Asked:
    """The page that a query asks for. Raises ``Malformed``."""
    limit = number(query, "limit", DEFAULT_LIMIT, 1, GREATEST)
    return Asked(min(limit, GREATEST_LIMIT), number(query, "offset", 0, 0, GREATEST))


def page(asked: Asked, total: int, data: Sequence[Any]) -> Page:
    """The answer of a list."""
    return Page(data=data, pagination=Pagination(total=total, offset=asked.offset, limit=asked.limit))


def last(query: dict[str, list[str]], name: str) -> str | None:
    """A parameter's value, the last one given; an empty one counts as none."""
    given = query.get(name)
    return (given[-1] or None) if given else None


def whole_numbers(query: dict[str, list[str]], name: str) -> tuple[int, ...]:
    """All values of a parameter; the SDK writes whole numbers with a fraction of zero. Raises ``Malformed``."""
    found = []
    for text in query.get(name, ()):
        try:
            value = float(text)
        except ValueError:
            raise Malformed(f"query.{name}", f"{text!r} is not a whole number.") from None
        if not value.is_integer() or abs(value) > GREATEST:
            raise Malformed(f"query.{name}", f"{text!r} is not a whole number.")
        found.append(int(value))
    return tuple(found)


def texts(query: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """All values of a parameter that may be given several times."""
    return tuple(text for text in query.get(name, ()) if text)
