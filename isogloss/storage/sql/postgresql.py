"""How statements run on PostgreSQL, or on an engine that speaks its protocol: on asyncpg's own pool."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import asyncpg

from isogloss.core.errors import Conflict
from isogloss.storage.sql.compiler import POSTGRESQL, Compiler, Statement
from isogloss.storage.sql.unit import Unit

T = TypeVar("T")

POOL_SIZE = 16
ATTEMPTS = 8
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
                    return await work(Unit(self._compiler, _Pooled(connection)))
            except _RETRIED:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.002 * 2**attempt)
        raise AssertionError("unreachable")

    async def check(self) -> None:
        """Raise when the database does not answer."""
        await self._pool.fetchval("SELECT count(*) FROM (SELECT 1 FROM settings LIMIT 1) AS one")

    async def close(self) -> None:
        """Wait for what is running, then close every connection."""
        await self._pool.close()


class _Pooled:
    """Runs statements on one connection."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        return cast("list[tuple[Any, ...]]", await self._connection.fetch(statement.text, *arguments))

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        try:
            status = await self._connection.execute(statement.text, *arguments)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error
        return int(status.rpartition(" ")[2])

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        try:
            await self._connection.executemany(statement.text, rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error


async def open_postgresql(url: str) -> PostgresqlStore:
    """Open a pool on ``postgresql://...``. The schema must be there already (see ``migrate``)."""
    pool = await asyncpg.create_pool(
        url,
        min_size=2,
        max_size=POOL_SIZE,
        # Statements carry arrays and page sizes as parameters, for which a plan made without them is often a bad one.
        server_settings={"plan_cache_mode": "force_custom_plan", "application_name": "isogloss"},
    )
    return PostgresqlStore(pool)
