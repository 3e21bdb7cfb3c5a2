"""The unit of work of ``core.ports`` over anything that runs a statement."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from isogloss.core.model import Entity
from isogloss.core.query import Query, Span, Total
from isogloss.storage.sql.compiler import Compiler, Present, Statement

E = TypeVar("E", bound=Entity)

SCANNED_AT_ONCE = 200
"""How many rows are in memory while all are read."""


class Executor(Protocol):
    """Runs statements within one transaction. SQLite's never really waits; PostgreSQL's does."""

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        ...

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        """Run a statement that answers no rows; tells how many it touched."""
        ...

    async def send(self, statement: Statement, arguments: Sequence[Any]) -> None:
        """Run a writing statement now, or together with later ones before anything is read."""
        ...

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of arguments."""
        ...


class Unit:
    """Fulfils ``Reader`` and ``Writer``."""

    def __init__(self, compiler: Compiler, executor: Executor) -> None:
        self._compiler = compiler
        self._executor = executor

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        statement, arguments = self._compiler.get(entity, key)
        found = await self._executor.fetch(statement, arguments)
        return build(entity, found[0]) if found else None

    async def find(self, entity: type[E], /, **key: Any) -> list[E]:
        statement, arguments = self._compiler.get(entity, key)
        return [build(entity, row) for row in await self._executor.fetch(statement, arguments)]

    async def rows(self, query: Query) -> list[tuple[Any, ...]]:
        statement, arguments = self._compiler.rows(query)
        return await self._executor.fetch(statement, arguments)

    async def count(self, query: Query) -> int:
        statement, arguments = self._compiler.count(query)
        found = await self._executor.fetch(statement, arguments)
        return int(found[0][0])

    async def count_by(
        self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...] = ()
    ) -> list[tuple[Any, ...]]:
        statement, arguments = self._compiler.count_by(query, by, sums)
        return await self._executor.fetch(statement, arguments)

    async def sum(self, entity: type[Entity], field: str, /, **key: Any) -> int:
        statement, arguments = self._compiler.sum(entity, field, key)
        found = await self._executor.fetch(statement, arguments)
        return int(found[0][0])

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        statement, arguments = self._compiler.get(entity, key, lock=True)
        found = await self._executor.fetch(statement, arguments)
        return build(entity, found[0]) if found else None

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        statement, arguments = self._compiler.get(entity, key, lock=True)
        return [build(entity, row) for row in await self._executor.fetch(statement, arguments)]

    async def add(self, *entities: Entity) -> None:
        by_type: dict[type[Struct], list[Entity]] = {}
        for entity in entities:
            by_type.setdefault(type(entity), []).append(entity)
        for kind, members in by_type.items():
            statement = self._compiler.insert(kind)
            if len(members) == 1:
                await self._executor.send(statement, statement.arguments(astuple(members[0])))
            else:
                rows = [statement.arguments(astuple(member)) for member in members]
                await self._executor.execute_many(statement, rows)

    async def add_if_absent(self, entity: Entity) -> bool:
        statement = self._compiler.insert(type(entity), "leave")
        return await self._executor.execute(statement, statement.arguments(astuple(entity))) == 1

    async def add_absent(self, *entities: Entity) -> None:
        await self._insert(entities, "leave")

    async def put(self, *entities: Entity) -> None:
        await self._insert(entities, "replace")

    async def _insert(self, entities: Sequence[Entity], present: Present) -> None:
        by_type: dict[type[Struct], list[Entity]] = {}
        for entity in entities:
            by_type.setdefault(type(entity), []).append(entity)
        for kind, members in by_type.items():
            statement = self._compiler.insert(kind, present)
            await self._executor.execute_many(statement, [statement.arguments(astuple(each)) for each in members])

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        statement, arguments = self._compiler.update(entity, key, values)
        await self._executor.send(statement, arguments)

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        statement, arguments = self._compiler.delete(entity, key)
        return await self._executor.execute(statement, arguments)


def build(entity: type[E], row: Sequence[Any]) -> E:
    """The entity of a row whose columns stand in the order of its fields."""
    return entity(**dict(zip(entity.__struct_fields__, row, strict=True)))
