"""What is SQLite's own: short reads on the loop, long ones on a thread, writes in one queue."""

import asyncio
import multiprocessing
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.errors import Conflict
from isogloss.core.ids import IdSource
from isogloss.core.model import Setting
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Query
from isogloss.core.registry import versions
from isogloss.core.registry.versions import VersionDraft
from isogloss.storage.sql.sqlite import CHECKPOINT_EACH_WRITES, SqliteStore
from isogloss.storage.sql.store import open_store, sqlite_path
from tests.support.databases import Databases
from tests.support.registries import registry_over


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def all_settings(unit: Reader) -> list[Setting]:
    return await unit.find(Setting)


async def test_a_short_read_runs_on_the_loop_and_a_long_one_on_a_thread(store: SqliteStore) -> None:
    registry = await registry_over(store)
    for _ in range(300):
        await versions.create_version(registry, ANYBODY, registry.default_project, VersionDraft(dialect="prefect"))
    threads: list[bool] = []

    async def short(unit: Reader) -> int:
        return await unit.count(Query(source="version", fields=(), project_id=registry.default_project.id))

    async def long(unit: Reader) -> int:
        # Each run of the work notes where it was interrupted or ended.
        threads.append(threading.current_thread() is threading.main_thread())
        everything = Query(source="version", fields=("id",), project_id=registry.default_project.id)
        return sum([await unit.count(everything) for _ in range(3)])

    store.limit_inline(0.0, 10)
    interrupted = await store.read(long)
    attempts = len(threads)
    store.limit_inline(60.0, 10)

    assert (interrupted, attempts) == (900, 2)
    assert await store.read(short) == 300


async def test_a_short_write_runs_on_the_loop_and_a_long_one_on_the_writer_thread(store: SqliteStore) -> None:
    registry = await registry_over(store)
    before = len(await store.read(all_settings))
    threads: list[bool] = []

    async def work(unit: Writer) -> None:
        threads.append(threading.current_thread() is threading.main_thread())
        await unit.find(Setting)
        await unit.add(Setting(name=registry.new_id(), value="x"))
        await unit.count(Query(source="version", fields=(), project_id=registry.default_project.id))

    await store.write(work)
    short, threads = threads, []
    store.limit_inline(0.0, 10)
    await store.write(work)

    assert short == [True]
    assert threads == [True, False]
    assert len(await store.read(all_settings)) == before + 2


async def test_writes_that_come_behind_a_long_one_are_done_together_on_the_loop_after_it(store: SqliteStore) -> None:
    ends = commits_of(store)
    loop, on_thread = asyncio.get_running_loop(), asyncio.Event()
    threads: list[bool] = []

    async def long(unit: Writer) -> None:
        if threading.current_thread() is not threading.main_thread():
            store.limit_inline(60.0, 10)
            loop.call_soon_threadsafe(on_thread.set)
        await unit.add(Setting(name="long", value="x"))
        for _ in range(200):
            await unit.find(Setting)

    async def short(name: str) -> None:
        async def work(unit: Writer) -> None:
            threads.append(threading.current_thread() is threading.main_thread())
            assert await unit.get(Setting, name="long") is not None
            await unit.add(Setting(name=name, value="x"))

        await store.write(work)

    store.limit_inline(0.0, 10)
    writing = asyncio.ensure_future(store.write(long))
    await on_thread.wait()
    await asyncio.gather(*(short(name) for name in "abc"))
    await writing

    assert threads == [True, True, True]
    assert ends == ["ROLLBACK", "COMMIT"]
    assert sorted(setting.name for setting in await store.read(all_settings)) == ["a", "b", "c", "long"]


async def test_a_transaction_that_is_looked_at_all_the_time_is_neither_lost_nor_repeated(store: SqliteStore) -> None:
    """BEGIN and COMMIT must not be interrupted after they took effect: the lock would stay, or the write come twice."""
    new_id = IdSource()

    async def work(unit: Writer) -> None:
        await unit.add(Setting(name=new_id(), value="x"))

    store.limit_inline(0.0, 1)
    for _ in range(50):
        await store.write(work)

    assert len(await store.read(all_settings)) == 50


async def test_the_log_is_folded_into_the_file_while_writes_go_on(database_url: str, store: SqliteStore) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(Setting(name=new_id(), value="x" * 4000))

    new_id = IdSource()
    path = sqlite_path(database_url)
    assert path is not None
    for _ in range(3 * CHECKPOINT_EACH_WRITES):
        await store.write(work)
    # Behind the checkpoints that the thread has been asked for.
    await asyncio.get_running_loop().run_in_executor(store._writer_thread, int)

    # What the file holds by itself, without its log, is most of what was written.
    assert size_of(path) > 2 * CHECKPOINT_EACH_WRITES * 4000


def size_of(path: str) -> int:
    return Path(path).stat().st_size


async def test_work_must_not_wait_for_anything_but_its_unit(store: SqliteStore) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(Setting(name="half", value="written"))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waited for something"):
        await store.write(work)
    assert await store.read(all_settings) == []


async def test_a_failed_transaction_leaves_nothing(store: SqliteStore) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(Setting(name="half", value="written"))
        raise KeyError("broken off")

    with pytest.raises(KeyError):
        await store.write(work)
    assert await store.read(all_settings) == []


def hold_the_lock(path: str, held: Any, release: Any) -> None:
    """Another process that is busy writing."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    held.set()
    release.wait(30)
    connection.execute("COMMIT")
    connection.close()


async def test_a_write_queues_behind_another_process_while_reads_go_on(database_url: str, store: SqliteStore) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold_the_lock, args=(sqlite_path(database_url), held, release))
    other.start()
    await asyncio.to_thread(held.wait, 30)

    async def work(unit: Writer) -> None:
        await unit.add(Setting(name="queued", value="written"))

    writing = asyncio.ensure_future(store.write(work))
    during = await store.read(all_settings)
    done_too_early = writing.done()
    release.set()
    await writing
    await asyncio.to_thread(other.join)

    assert (during, done_too_early) == ([], False)
    assert [setting.name for setting in await store.read(all_settings)] == ["queued"]


async def test_closing_waits_for_the_write_in_progress(databases: Databases) -> None:
    url, leave = await asyncio.to_thread(enter, databases)
    store = await open_store(url)
    new_id = IdSource()

    async def work(unit: Writer) -> None:
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            await unit.add(Setting(name=new_id(), value="x"))

    writing = asyncio.ensure_future(store.write(work))
    await asyncio.sleep(0)
    await store.close()
    await writing
    reopened = await open_store(url)
    written = await reopened.read(all_settings)
    await reopened.close()
    await asyncio.to_thread(leave)

    assert written


def enter(databases: Databases) -> tuple[str, Any]:
    entered = databases.fresh("sqlite", migrated=True)
    return entered.__enter__(), lambda: entered.__exit__(None, None, None)


def commits_of(store: SqliteStore) -> list[str]:
    """The ends of transactions on the event loop, as they happen."""
    ends: list[str] = []

    def note(statement: str) -> None:
        if statement in ("COMMIT", "ROLLBACK"):
            ends.append(statement)

    store._inline_writer.database.set_trace_callback(note)
    return ends


def adding(*names: str) -> Any:
    async def work(unit: Writer) -> str:
        for name in names:
            await unit.add(Setting(name=name, value="x"))
        return names[-1]

    return work


async def test_writes_that_share_a_transaction_fail_alone(store: SqliteStore) -> None:
    ends = commits_of(store)
    works = [adding("a"), adding("b", "a"), adding("c"), adding("d")]
    outcomes = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)

    # Together, and once more with care, because one of them fails.
    assert ends == ["ROLLBACK", "COMMIT"]
    assert [outcomes[0], *outcomes[2:]] == ["a", "c", "d"]
    assert isinstance(outcomes[1], Conflict)
    assert sorted(setting.name for setting in await store.read(all_settings)) == ["a", "c", "d"]


async def test_writes_that_all_succeed_share_a_transaction_at_once(store: SqliteStore) -> None:
    ends = commits_of(store)
    outcomes = await asyncio.gather(*(store.write(adding(name)) for name in "abc"))

    assert ends == ["COMMIT"]
    assert outcomes == ["a", "b", "c"]
    assert sorted(setting.name for setting in await store.read(all_settings)) == ["a", "b", "c"]


async def test_a_write_sees_those_before_it_in_its_transaction(store: SqliteStore) -> None:
    async def count(unit: Writer) -> int:
        before = len(await unit.find(Setting))
        await unit.add(Setting(name=f"setting-{before}", value="x"))
        return before

    assert await asyncio.gather(*(store.write(count) for _ in range(5))) == [0, 1, 2, 3, 4]


async def test_writes_that_share_a_transaction_are_all_kept_when_one_takes_long(store: SqliteStore) -> None:
    async def long(unit: Writer) -> str:
        await unit.add(Setting(name="long", value="x"))
        for _ in range(200):
            await unit.find(Setting)
        return "long"

    store.limit_inline(0.0, 10)
    outcomes = await asyncio.gather(*(store.write(work) for work in (adding("a"), long, adding("b"))))

    assert outcomes == ["a", "long", "b"]
    assert sorted(setting.name for setting in await store.read(all_settings)) == ["a", "b", "long"]


async def test_nothing_is_written_for_who_gave_up_before_his_turn(store: SqliteStore) -> None:
    given_up = asyncio.ensure_future(store.write(adding("a")))
    await asyncio.sleep(0)
    given_up.cancel()
    await store.write(adding("b"))

    assert given_up.cancelled()
    assert [setting.name for setting in await store.read(all_settings)] == ["b"]


async def test_work_that_waits_for_something_else_fails_alone(store: SqliteStore) -> None:
    async def wrong(unit: Writer) -> None:
        await asyncio.sleep(0)

    outcomes = await asyncio.gather(store.write(adding("a")), store.write(wrong), return_exceptions=True)

    assert outcomes[0] == "a"
    assert isinstance(outcomes[1], RuntimeError)
    assert [setting.name for setting in await store.read(all_settings)] == ["a"]
