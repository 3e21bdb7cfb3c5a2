"""What the core needs of the world around it: a store with transactions, and a clock."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from isogloss.core.model import Entity, Instant
from isogloss.core.query import Query

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


class Reader(Protocol):
    """A consistent view for one use case. Every method is one statement."""

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        """The entity whose fields equal ``key``, which must be a unique one."""
        ...

    async def find(self, entity: type[E], /, **key: Any) -> list[E]:
        """All entities whose fields equal ``key``, in no promised order; a list value stands for any of its members."""
        ...

    async def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """The page that the query asks for: a tuple per row, its values in the order of ``query.fields``."""
        ...

    async def count(self, query: Query) -> int:
        """How many rows satisfy the query, whatever its page."""
        ...

    async def sum(self, entity: type[Entity], field: str, /, **key: Any) -> int:
        """The sum of a field over all entities whose fields equal ``key``; 0 of none."""
        ...


class Writer(Reader, Protocol):
    """A unit of work: all of its writes are kept together, or none is.

    Writes may be held back and sent together, but every read of the unit sees those before it.
    """

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        """As ``get``, and nobody else changes the row until this unit ends."""
        ...

    async def add(self, *entities: Entity) -> None:
        """Insert rows. A row that breaks a unique rule raises ``Conflict``."""
        ...

    async def add_if_absent(self, entity: Entity) -> bool:
        """Insert a row unless a unique rule forbids it; tells whether it was inserted."""
        ...

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        """Set fields of all rows whose fields equal ``key``; a list value stands for any of its members."""
        ...

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        """Delete all rows whose fields equal ``key``; a list value stands for any of its members. Tells how many."""
        ...


class Store(Protocol):
    """Transactions. ``work`` may be run again after an interruption, so it must only compute and use its unit."""

    async def read(self, work: Callable[[Reader], Awaitable[T]]) -> T: ...

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T: ...


class Clock(Protocol):
    """Now, in microseconds since the epoch."""

    def __call__(self) -> Instant: ...
