"""How statements run on SQLite.

Most reads of a registry take microseconds, and a hop to another thread costs more than they do. So a read runs at
once, on the event loop, but within a budget of time: one that exceeds it is interrupted and run again on a reader
thread, where it may take its time.

Writes run on the event loop as well when nobody else is writing. Those that come within a few of its turns share a
transaction, since what costs most is to end one: the pages that they all change are then written once. Where one fails,
all are done again, each behind a savepoint of its own. Where another process writes, or a statement exceeds the budget,
a write is a transaction alone, one hop to the one writer thread, where it takes its time while later ones wait. Either
way its coroutine is driven to the end in one go, since on this engine none of its steps ever waits. The write-ahead log
is folded into the file on the writer thread, as that waits for the disk.
"""

import asyncio
import math
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, TypeVar, cast

import aiosqlite

from isogloss.core.errors import Conflict
from isogloss.core.model import Entity
from isogloss.storage.sql.compiler import Compiler, Statement
from isogloss.storage.sql.engines import SQLITE
from isogloss.storage.sql.unit import SCANNED_AT_ONCE, Unit, build

T = TypeVar("T")

INLINE_SECONDS = 0.005
"""How long the statements of one unit of work may take on the event loop."""

INLINE_INSTRUCTIONS = 5_000
"""Virtual machine instructions of a statement after which its time is looked at, a fraction of a millisecond."""

QUIET_TURNS = 2
"""Turns of the loop without a new write after which those that wait begin; when all is quiet, each is microseconds."""

ENOUGH_WRITES = 32
"""As many writes that wait begin at once."""

SHARED_SECONDS = 0.005
"""How long writes join a transaction; those left begin another in the loop's next turn."""

BUSY_SECONDS = 3600.0
"""How long a write waits for another process's write: it queues, however long the queue."""

CHECKPOINT_EACH_WRITES = 400
"""Write transactions after which the log is folded into the file."""

LONG_LOG_PAGES = 16_384
"""Pages (64 MiB) from which the log is long."""

CHECKPOINT_AT_LAST_PAGES = 65_536
"""Pages (256 MiB) at which a write folds the log by itself, should everything else fall behind."""

SLOW_READERS = 2
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
_PRIMARY = 0xFF
"""The part of an extended error code that is its primary one."""

_ANOTHER_WAY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT)
"""The errors of which nothing is the matter with a write itself."""

_CACHED_STATEMENTS = 256
_BEGIN_READ, _BEGIN_WRITE = "BEGIN", "BEGIN IMMEDIATE"


@dataclass(frozen=True)
class _Write(Generic[T]):
    """A write that waits for the loop's next turn, and what it will have come to."""

    work: Callable[[Unit], Awaitable[T]]
    outcome: "asyncio.Future[T]"


class SqliteStore:
    """The registry in one file. Open with ``open_sqlite``."""

    def __init__(self, path: str, readers: list[aiosqlite.Connection]) -> None:
        self._compiler = Compiler(SQLITE)
        self._writer_thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._reader = _Connection(path)
        self._inline_writer = _Connection(path)
        self._inline_writer.database.execute("PRAGMA busy_timeout = 0")
        self._inline_writer.database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_AT_LAST_PAGES}")
        self.limit_inline(INLINE_SECONDS, INLINE_INSTRUCTIONS)
        self._writer = _Connection(path)
        self._queued = 0
        self._waiting: list[_Write[Any]] = []
        self._since_checkpoint = 0
        self._closed = False
        self._slow: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._readers = readers
        for reader in readers:
            self._slow.put_nowait(reader)

    async def read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run a read on one snapshot, on the event loop, or on a reader thread when it turns out long."""
        try:
            return self._reader.transact(_BEGIN_READ, self._compiler, work)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
        return await self._read_slowly(work)

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run a transaction; it is kept whole or not at all."""
        loop = asyncio.get_running_loop()
        write: _Write[T] = _Write(work, loop.create_future())
        self._waiting.append(write)
        if len(self._waiting) == 1 and not self._queued:
            loop.call_soon(self._gather, loop, 1, QUIET_TURNS)
        return await write.outcome

    def _gather(self, loop: asyncio.AbstractEventLoop, waiting: int, turns: int) -> None:
        """Run the writes that wait once no more have come for some turns of the loop, or enough have."""
        more = len(self._waiting) - waiting
        if len(self._waiting) < ENOUGH_WRITES and (more or turns):
            loop.call_soon(self._gather, loop, waiting + more, QUIET_TURNS if more else turns - 1)
        else:
            self._write_together(loop)

    def _write_together(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the writes that wait in one transaction, as many as there is time for."""
        # Whoever gave up waiting has nothing written for him.
        writes = [write for write in self._waiting if not write.outcome.done()]
        self._waiting = []
        if not writes:
            return
        try:
            outcomes = self._inline_writer.transact_together([write.work for write in writes], self._compiler)
        except Exception as error:
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & _PRIMARY in _ANOTHER_WAY:
                for write in writes:
                    self._hand_over(write, loop)
                return
            for write in writes:
                write.outcome.set_exception(error)
            return
        for write, outcome in zip(writes, outcomes, strict=False):
            if isinstance(outcome, _Failed):
                write.outcome.set_exception(outcome.error)
            else:
                write.outcome.set_result(outcome)
        if len(outcomes) < len(writes):
            self._waiting = [*writes[len(outcomes) :], *self._waiting]
            loop.call_soon(self._write_together, loop)
        self._since_checkpoint += len(outcomes)
        if self._since_checkpoint >= CHECKPOINT_EACH_WRITES:
            self._since_checkpoint = 0
            self._writer_thread.submit(self._checkpoint, loop)

    def _hand_over(self, write: _Write[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Leave a write to the writer thread, at once: nobody can close that before it.

        Those that come until it is done wait for it, and run together after it: behind it on the thread they would
        take longer, and each that comes meanwhile would follow them there.
        """
        self._queued += 1
        running = loop.run_in_executor(
            self._writer_thread, self._writer.transact, _BEGIN_WRITE, self._compiler, write.work
        )

        def tell(done: "asyncio.Future[Any]") -> None:
            self._queued -= 1
            if not self._queued and self._waiting:
                loop.call_soon(self._write_together, loop)
            error = done.exception()
            if write.outcome.done():
                return
            if error is None:
                write.outcome.set_result(done.result())
            else:
                write.outcome.set_exception(error)

        running.add_done_callback(tell)

    async def scan(self, entities: Sequence[type[Entity]]) -> AsyncGenerator[Sequence[Entity], None]:
        """All rows, in one snapshot, on a reader thread."""
        reader = await self._slow.get()
        try:
            await reader.execute(_BEGIN_READ)
            try:
                for entity in entities:
                    statement = self._compiler.scan(entity)
                    async with reader.execute(statement.text) as cursor:
                        while found := cast("list[tuple[Any, ...]]", await cursor.fetchmany(SCANNED_AT_ONCE)):
                            yield [build(entity, row) for row in _with_booleans(found, statement)]
            finally:
                await reader.execute("COMMIT")
        finally:
            self._slow.put_nowait(reader)

    def limit_inline(self, seconds: float, instructions: int) -> None:
        """Let a unit of work take so long on the event loop, looking at the time after so many instructions."""
        for connection in (self._reader, self._inline_writer):
            connection.limit(seconds, instructions)

    async def check(self) -> None:
        """Raise ``sqlite3.Error`` when the file does not answer."""
        self._reader.database.execute("SELECT 1 FROM settings LIMIT 1").fetchall()

    async def close(self) -> None:
        """Wait for the write in progress, then close every connection."""
        while self._waiting:
            self._write_together(asyncio.get_running_loop())
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._writer_thread, self._writer.database.close)
        self._writer_thread.shutdown()
        self._reader.database.close()
        self._inline_writer.database.close()
        for reader in self._readers:
            await reader.close()

    def _checkpoint(self, loop: asyncio.AbstractEventLoop) -> None:
        """Move what the log holds into the file, on the writer thread.

        Writes that go on meanwhile leave a rest, because of which the log cannot begin anew but grows. Once it is
        long, the rest is moved between two writes: little, as most has just been.
        """
        _, pages, _ = self._writer.database.execute(_CHECKPOINT).fetchone()
        if pages > LONG_LOG_PAGES:
            loop.call_soon_threadsafe(self._finish_checkpoint)

    def _finish_checkpoint(self) -> None:
        # The store may have been closed since the thread asked for this.
        if not self._closed:
            self._inline_writer.database.execute(_CHECKPOINT).fetchone()

    async def _read_slowly(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        reader = await self._slow.get()
        try:
            await reader.execute(_BEGIN_READ)
            try:
                return await work(Unit(self._compiler, _Threaded(reader)))
            finally:
                await reader.execute("COMMIT")
        finally:
            self._slow.put_nowait(reader)


class _Connection:
    """A connection that runs a unit of work in one go, within a budget of time if it has one."""

    def __init__(self, path: str) -> None:
        self.database = _connect(path)
        self._seconds = math.inf
        self._deadline = math.inf

    def limit(self, seconds: float, instructions: int) -> None:
        """Interrupt a unit of work after so long, looking at the time after so many instructions."""
        self._seconds = seconds
        self.database.set_progress_handler(self._is_late, instructions)

    def transact(self, begin: str, compiler: Compiler, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run the work in a transaction: all of it or, whatever goes wrong, nothing.

        Raises ``sqlite3.OperationalError`` with SQLITE_INTERRUPT when the work takes too long. SQLite may interrupt a
        statement after it has taken effect, so BEGIN and COMMIT themselves have no deadline.
        """
        try:
            self.database.execute(begin)
            self._deadline = perf_counter() + self._seconds
            result = _drive(work(Unit(compiler, _Direct(self.database))))
            self._deadline = math.inf
            self.database.execute("COMMIT")
            return result
        except BaseException:
            self._deadline = math.inf
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise

    def transact_together(
        self, works: Sequence[Callable[[Unit], Awaitable[Any]]], compiler: Compiler
    ) -> "list[Any | _Failed]":
        """Run works in one transaction, and answer what each came to: all of it or, where it failed, nothing.

        Answers for the first ones, at least one, that there is time for. Raises as ``transact``, and then nothing is
        kept of any. Savepoints, behind which one fails alone, are set only once one did: for each of them SQLite keeps
        a copy of every page that changes behind it.
        """
        if len(works) == 1:
            return [self._alone(works[0], compiler)]
        try:
            return self.transact(_BEGIN_WRITE, compiler, lambda unit: self._each(works, unit, _outcome))
        except sqlite3.OperationalError:
            raise
        except Exception:
            return self.transact(_BEGIN_WRITE, compiler, lambda unit: self._each(works, unit, self._behind_savepoint))

    def _alone(self, work: Callable[[Unit], Awaitable[T]], compiler: Compiler) -> "T | _Failed":
        try:
            return self.transact(_BEGIN_WRITE, compiler, work)
        except sqlite3.OperationalError:
            raise
        except Exception as error:
            return _Failed(error)

    async def _each(
        self,
        works: Sequence[Callable[[Unit], Awaitable[Any]]],
        unit: Unit,
        run: "Callable[[Callable[[Unit], Awaitable[Any]], Unit], Any | _Failed]",
    ) -> "list[Any | _Failed]":
        outcomes: list[Any | _Failed] = []
        ends = perf_counter() + SHARED_SECONDS
        for work in works:
            if outcomes and perf_counter() > ends:
                break
            self._deadline = perf_counter() + self._seconds
            outcomes.append(run(work, unit))
        return outcomes

    def _behind_savepoint(self, work: Callable[[Unit], Awaitable[T]], unit: Unit) -> "T | _Failed":
        self.database.execute("SAVEPOINT write")
        try:
            result = _drive(work(unit))
        except sqlite3.OperationalError:
            # It may have ended the whole transaction.
            raise
        except Exception as error:
            self.database.execute("ROLLBACK TO write")
            self.database.execute("RELEASE write")
            return _Failed(error)
        self.database.execute("RELEASE write")
        return result

    def _is_late(self) -> bool:
        return perf_counter() > self._deadline


@dataclass(frozen=True)
class _Failed:
    """What a work came to that raised."""

    error: Exception


class _Direct:
    """Runs statements at once on the calling thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        return _with_booleans(self._connection.execute(statement.text, arguments).fetchall(), statement)

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        try:
            return self._connection.execute(statement.text, arguments).rowcount
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error

    async def send(self, statement: Statement, arguments: Sequence[Any]) -> None:
        await self.execute(statement, arguments)

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        try:
            self._connection.executemany(statement.text, rows)
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error


class _Threaded:
    """Runs reads on the connection's own thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        found = await self._connection.execute_fetchall(statement.text, arguments)
        return _with_booleans(cast("list[tuple[Any, ...]]", found), statement)

    async def execute(self, statement: Statement, arguments: Sequence[Any]) -> int:
        raise sqlite3.ProgrammingError("A read must not write.")

    async def send(self, statement: Statement, arguments: Sequence[Any]) -> None:
        raise sqlite3.ProgrammingError("A read must not write.")

    async def execute_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        raise sqlite3.ProgrammingError("A read must not write.")


async def open_sqlite(path: str) -> SqliteStore:
    """Open the file's connections. Its schema must be there already (see ``migrate``)."""
    readers = []
    for _ in range(SLOW_READERS):
        reader = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        await reader.execute("PRAGMA query_only = ON")
        readers.append(reader)
    return SqliteStore(path, readers)


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        cached_statements=_CACHED_STATEMENTS,
        check_same_thread=False,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL cannot corrupt the file, and a killed process loses nothing: the log is the kernel's by then.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -8000")
    # What a savepoint sets aside of pages that change behind it, which would be a file from 64 KiB on.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _outcome(work: Callable[[Unit], Awaitable[T]], unit: Unit) -> T:
    """What a work comes to. Raises what it raises."""
    return _drive(work(unit))


def _drive(work: Awaitable[T]) -> T:
    """Run a coroutine that never waits to its end."""
    coroutine = cast("Coroutine[Any, Any, T]", work)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    coroutine.close()
    raise RuntimeError("A unit of work waited for something other than its unit.")


def _with_booleans(rows: list[tuple[Any, ...]], statement: Statement) -> list[tuple[Any, ...]]:
    if not statement.booleans:
        return rows
    told = []
    for row in rows:
        values = list(row)
        for place in statement.booleans:
            values[place] = bool(values[place])
        told.append(tuple(values))
    return told
