"""A store in memory for bulk seeding: the core's own use cases run on it, and its rows then go to a database.

So the seeded rows are exactly what the registry would have written for the same requests, and stay so when
its rules change; only the transactions are missing.
"""

from collections.abc import Awaitable, Callable, Iterator
from itertools import product
from typing import Any, TypeAlias, TypeVar

from msgspec.structs import replace
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from isogloss.core.errors import Conflict
from isogloss.core.model import Entity, Version
from isogloss.core.ports import Writer
from isogloss.core.query import Query, Span, Total
from isogloss.storage.sql.tables import TABLES

E = TypeVar("E", bound=Entity)
T = TypeVar("T")
Key: TypeAlias = tuple[type[Any], tuple[str, ...], tuple[Any, ...]]

#: The fields, in their sorted order, that are unique together in a table wherever none of them is null.
_KEYS: dict[type[Any], frozenset[tuple[str, ...]]] = {
    entity: frozenset(
        tuple(sorted(column.name for column in constraint.columns))
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    )
    for entity, table in TABLES.items()
}
# Unique by an index, since most versions have none.
_KEYS[Version] |= {("alias", "artifact_id")}


class MemoryStore:
    """Rows by entity, in the order they were added. Fulfils ``core.ports.Store`` for one caller at a time."""

    def __init__(self) -> None:
        # A row is an instance of the entity under which it lies, which the type of a dict cannot say.
        self._rows: dict[type[Any], dict[int, Any]] = {}
        self._places: dict[Key, int] = {}
        self._added = 0

    def entities(self) -> Iterator[tuple[type[Entity], list[Entity]]]:
        """Every entity that has rows, with them."""
        for entity, rows in self._rows.items():
            yield entity, list(rows.values())

    async def read(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """Run a read."""
        return await work(self)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """Run a write; there is no way back when it fails half-way."""
        return await work(self)

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        """The row with this key: by one of the known keys at once, else by a scan."""
        return next(iter(await self.find(entity, **key)), None)

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        """As ``get``."""
        return await self.get(entity, **key)

    async def find(self, entity: type[E], /, **key: Any) -> list[E]:
        """The rows with this key."""
        return [row for _, row in self._matching(entity, key)]

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        """As ``find``."""
        return await self.find(entity, **key)

    async def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """Not offered: bulk seeding deletes nothing, and nothing else asks."""
        raise LookupError(f"no queries in memory: {query.source}")

    async def count(self, query: Query) -> int:
        """Not offered, as ``rows``."""
        raise LookupError(f"no queries in memory: {query.source}")

    async def count_by(
        self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """Not offered, as ``rows``."""
        raise LookupError(f"no queries in memory: {query.source}")

    async def sum(self, entity: type[Entity], field: str, /, **key: Any) -> int:
        """Not offered, as ``rows``."""
        raise LookupError(f"no sums in memory: {field}")

    async def add(self, *entities: Entity) -> None:
        """Insert rows."""
        for row in entities:
            keys = self._keys(row)
            if any(key in self._places for key in keys):
                raise Conflict(f"there already: {row}")
            self._added += 1
            self._rows.setdefault(type(row), {})[self._added] = row
            for key in keys:
                self._places[key] = self._added

    async def add_if_absent(self, entity: Entity) -> bool:
        """Insert a row unless one of its keys is taken."""
        if any(key in self._places for key in self._keys(entity)):
            return False
        await self.add(entity)
        return True

    async def add_absent(self, *entities: Entity) -> None:
        """Insert the rows of which no key is taken."""
        for entity in entities:
            await self.add_if_absent(entity)

    async def put(self, *entities: Entity) -> None:
        """Not offered: nothing that is made in bulk takes the place of another."""
        raise LookupError(f"nothing is replaced in memory: {entities}")

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        """Set fields; the known keys of a row never change while rows are made in bulk."""
        for place, row in self._matching(entity, key):
            self._rows[entity][place] = replace(row, **values)

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        """Delete rows."""
        matching = self._matching(entity, key)
        for place, row in matching:
            del self._rows[entity][place]
            for known in self._keys(row):
                self._places.pop(known, None)
        return len(matching)

    def _matching(self, entity: type[E], key: dict[str, Any]) -> list[tuple[int, E]]:
        fields = tuple(sorted(key))
        if fields in _KEYS[entity]:
            told = [value if isinstance(value, list) else [value] for value in (key[name] for name in fields)]
            places = (self._places.get((entity, fields, values)) for values in product(*told))
            return [(place, self._rows[entity][place]) for place in places if place is not None]
        wanted = {name: set(value) if isinstance(value, list) else {value} for name, value in key.items()}
        return [
            (place, row)
            for place, row in self._rows.get(entity, {}).items()
            if all(getattr(row, name) in values for name, values in wanted.items())
        ]

    def _keys(self, row: Entity) -> list[Key]:
        """The known keys of a row that none of its values leaves out."""
        entity = type(row)
        keys = ((entity, fields, tuple(getattr(row, name) for name in fields)) for fields in _KEYS[entity])
        return [key for key in keys if None not in key[2]]
