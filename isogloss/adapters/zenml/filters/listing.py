"""What a list is asked for: conditions, how they go together, an order, a page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from isogloss.adapters.call import flag, number
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.failures import BadFilter, BadValue, Unprocessable
from isogloss.adapters.zenml.filters.language import Kind, condition
from isogloss.core import query as core
from isogloss.core.query import Sort, Where, all_of, any_of

DEFAULT_SIZE, GREATEST_SIZE = 20, 10_000
GREATEST_PAGE = 2**40

Query = Mapping[str, list[str]]


def nothing(query: Query) -> tuple[Where, ...]:
    """No condition: every parameter speaks for itself."""
    return ()


class Shape(Struct, frozen=True, kw_only=True):
    """What a list may be asked: the kinds of its filters by name, and the fields that it is sorted by, by name.

    ``together`` makes the conditions of parameters that only mean something beside others.
    """

    filters: Mapping[str, Kind]
    sorts: Mapping[str, str]
    together: Callable[[Query], tuple[Where, ...]] = nothing


class Listing(Struct, frozen=True, kw_only=True):
    """What a list is asked for. ``conditions`` are in the order of the query; ``either`` joins them by or."""

    conditions: tuple[Where, ...]
    either: bool
    sort: Sort
    page: int
    size: int
    hydrate: bool

    @property
    def where(self) -> Where:
        """The conditions, joined."""
        if not self.conditions:
            return all_of()
        return any_of(*self.conditions) if self.either else all_of(*self.conditions)

    def query(self, source: str, fields: tuple[str, ...], project_id: str | None = None, *also: Where) -> core.Query:
        """The page of a source's rows that is asked for, where these hold as well."""
        return core.Query(
            source=source,
            fields=fields,
            project_id=project_id,
            where=all_of(*also, self.where),
            sort=self.sort,
            limit=self.size,
            offset=self.offset,
        )

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size


def read_listing(query: Query, shape: Shape, *, sort: str = "created") -> Listing:
    """What a query asks of a list; unknown parameters are ignored, as the vendor does.

    Raises ``Unprocessable`` for a page that is none, ``BadFilter`` and ``BadValue`` for conditions and sorts.
    """
    given = dict(query)
    page = number(given, "page", 1, 1, GREATEST_PAGE)
    size = number(given, "size", DEFAULT_SIZE, 1, GREATEST_SIZE)
    operator = (given.get("logical_operator") or ["and"])[-1]
    if operator not in ("and", "or"):
        raise Unprocessable(f"query.logical_operator: {operator!r} is neither 'and' nor 'or'.")
    conditions = tuple(kind(condition(text)) for name, kind in shape.filters.items() for text in given.get(name, ()))
    return Listing(
        conditions=(*conditions, *shape.together(given)),
        either=operator == "or",
        sort=read_sort((given.get("sort_by") or [sort])[-1], shape),
        page=page,
        size=size,
        hydrate=flag(given, "hydrate", False),
    )


def read_sort(text: str, shape: Shape) -> Sort:
    """The order that ``[asc:|desc:]field`` states; ties go by id, in the same direction. Raises ``BadFilter``."""
    direction, colon, field = text.partition(":")
    if not colon:
        direction, field = "asc", text
    if field not in shape.sorts:
        known = ", ".join(sorted(shape.sorts))
        raise BadFilter(f"This list can not be sorted by {field!r}; it can be by {known}.")
    return Sort(shape.sorts[field], descending=direction == "desc")


def paged(asked: Listing, total: int, items: Sequence[Any]) -> wire.Page:
    """A page of a list: of how many there are one also where there is nothing. Raises ``BadValue`` past the last."""
    pages = max(1, -(-total // asked.size))
    if asked.page > pages:
        raise BadValue(
            f"Invalid page {asked.page}. The requested page size is {asked.size} and there are {pages} pages."
        )
    return wire.Page(asked.page, asked.size, pages, total, list(items))
