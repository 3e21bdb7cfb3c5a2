"""Pages of rows, and how many there are in all."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Tally
from isogloss.core.ports import Reader
from isogloss.core.query import EVERYTHING, Query
from isogloss.core.registry.context import Registry
from isogloss.core.registry.tallies import HEAD, VERSION

T = TypeVar("T")

_TALLIED = frozenset({VERSION, HEAD})
"""The sources whose rows are tallied, under the source's name as noun."""


async def list_rows_with(
    registry: Registry,
    caller: Principal,
    query: Query,
    beside: Callable[[Reader, list[tuple[Any, ...]]], Awaitable[T]],
) -> tuple[list[tuple[Any, ...]], T]:
    """The page of rows that a query asks for, and what ``beside`` reads for them in the same view."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> tuple[list[tuple[Any, ...]], T]:
        rows = await unit.rows(query)
        return rows, await beside(unit, rows)

    return await registry.store.read(work)


async def list_rows(registry: Registry, caller: Principal, query: Query) -> list[tuple[Any, ...]]:
    """The page of rows that a query asks for."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> list[tuple[Any, ...]]:
        return await unit.rows(query)

    return await registry.store.read(work)


async def count(registry: Registry, caller: Principal, query: Query) -> int:
    """How many rows satisfy a query; of all that a project has, the total that is kept of them."""
    require(caller, Role.VIEWER)

    async def work(unit: Reader) -> int:
        if query.project_id is not None and query.where == EVERYTHING and query.source in _TALLIED:
            return await unit.sum(Tally, "delta", project_id=query.project_id, noun=query.source, subject="")
        return await unit.count(query)

    return await registry.store.read(work)
