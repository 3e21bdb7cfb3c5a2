"""How statements run on PostgreSQL, or on an engine that speaks its protocol: on asyncpg's own pool."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

import asyncpg

from isogloss.core.errors import Conflict
from isogloss.core.model import Entity
from isogloss.storage.sql.compiler import Compiler, Statement
from isogloss.storage.sql.engines import POSTGRESQL
from isogloss.storage.sql.unit import SCANNED_AT_ONCE, Unit, build

T = TypeVar("T")

POOL_SIZE = 16
ATTEMPTS = 8
HELD_AT_MOST = 8
"""Writes sent as one statement: more would make too many different statements to keep prepared."""

_PARAMETER = re.compile(r"\$(\d+)")
_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class PostgresqlStore:
    """The registry in a database that many gateways share. Open with ``open_postgresql``."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._compiler = Compiler(POSTGRESQL)

    async def read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run a read on a connection of the pool; each statement sees what was committed before it."""
        async with self._pool.acquire() as connection:
            return await work(Unit(self._compiler, _Pooled(connection)))

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run a transaction; one that lost against another (a deadlock) is run again."""
        for attempt in range(ATTEMPTS):
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    executor = _Pooled(connection)
                    result = await work(Unit(self._compiler, executor))
                    await executor.flush()
                    return result
            except _RETRIED:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.002 * 2**attempt)
        raise AssertionError("unreachable")

    async def scan(self, entities: Sequence[type[Entity]]) -> AsyncGenerator[Sequence[Entity], None]:
        """All rows, in one snapshot."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            for entity in entities:
                cursor = await connection.cursor(self._compiler.scan(entity).text)
                while found := await cursor.fetch(SCANNED_AT_ONCE):
                    yield [build(entity, row) for row in found]

    async def check(self) -> None:
        """Raise when the database does not answer."""
        await self._pool.fetchval("SELECT count(*) FROM (SELECT 1 FROM settings LIMIT 1) AS one")

    async def close(self) -> None:
        """Wait for what is running, then close every connection."""
        await self._pool.close()


class _Pooled:
    """Runs statements on one connection.

    Writes that nobody waits for are held back and sent as one statement, since each way to the server and back costs
    more than what it does there. The parts of such a statement do not see each other, so a table that one of them
    changed is not touched by a later one, save that rows may be added to it again in the same way.
    """

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection
        self._held: list[tuple[Statement, Sequence[Any]]] = []

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        await self.flush()
        return cast("list[tuple[Any, ...]]", await self._connection.fetch(statement.text, *arguments))

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        await self.flush()
        return await self._run(statement.text, arguments)

    async def send(self, statement: Statement, arguments: Sequence[Any]) -> None:
        clashes = any(
            held.writes == statement.writes and not (statement.inserts and held.text == statement.text)
            for held, _ in self._held
        )
        if clashes or len(self._held) == HELD_AT_MOST:
            await self.flush()
        self._held.append((statement, arguments))

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        # A row that takes another's place must not meet one of the same statement there.
        if statement.inserts and len(rows) <= HELD_AT_MOST:
            for row in rows:
                await self.send(statement, row)
            return
        await self.flush()
        try:
            await self._connection.executemany(statement.text, rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error

    async def flush(self) -> None:
        """Send what is held back."""
        if not self._held:
            return
        held, self._held = self._held, []
        text = together(tuple(statement.text for statement, _ in held))
        await self._run(text, [argument for _, arguments in held for argument in arguments])

    async def _run(self, text: str, arguments: Sequence[Any]) -> int:
        try:
            status = await self._connection.execute(text, *arguments)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error
        return int(status.rpartition(" ")[2])


@lru_cache(maxsize=1024)
def together(texts: tuple[str, ...]) -> str:
    """One statement that does what these do, with their parameters one after the other."""
    renumbered: list[str] = []
    given = 0
    for text in texts:
        renumbered.append(_PARAMETER.sub(partial(_moved, given), text))
        given += len(set(_PARAMETER.findall(text)))
    *parts, last = renumbered
    if not parts:
        return last
    return "WITH " + ", ".join(f"w{place} AS ({part})" for place, part in enumerate(parts)) + " " + last


async def _keep(connection: object) -> None:
    """Leave a connection as it is between uses: nothing here changes its settings, listens, or holds a cursor.

    The pool's own reset is a statement, and so a second way to the server and back for every read.
    """


def _moved(places: int, found: re.Match[str]) -> str:
    return f"${int(found[1]) + places}"


async def open_postgresql(url: str) -> PostgresqlStore:
    """Open a pool on ``postgresql://...``. The schema must be there already (see ``migrate``)."""
    pool = await asyncpg.create_pool(
        url,
        min_size=2,
        max_size=POOL_SIZE,
        reset=_keep,
        server_settings={"application_name": "isogloss"},
    )
    return PostgresqlStore(pool)
