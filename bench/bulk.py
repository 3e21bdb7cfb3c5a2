"""Writes many of our own rows at once, by the declared tables: what a transaction each would take minutes for."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import asyncpg

from isogloss.core.model import Entity
from isogloss.storage.sql.tables import TABLES

#: Pages that SQLite may keep in memory while it fills the indexes, in KiB; its own default makes it spill.
_CACHE_KIBIBYTES = 512 * 1024

Rows = Iterable[tuple[type[Entity], list[Any]]]


def fill_sqlite(path: Path, rows: Rows) -> None:
    """Insert rows into the file in one transaction; it is all in the file, not in its log, afterwards."""
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        with connection:
            for entity, members in rows:
                columns = entity.__struct_fields__
                marks = ", ".join("?" * len(columns))
                names = ", ".join(f'"{column}"' for column in columns)
                statement = f'INSERT INTO "{TABLES[entity].name}" ({names}) VALUES ({marks})'
                connection.executemany(statement, _records(columns, members))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


async def fill_postgresql(url: str, rows: Rows) -> None:
    """Copy rows into the database in one transaction."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for entity, members in rows:
                columns = entity.__struct_fields__
                await connection.copy_records_to_table(
                    TABLES[entity].name, records=_records(columns, members), columns=columns, timeout=600
                )
    finally:
        await connection.close()


def _records(columns: tuple[str, ...], members: list[Any]) -> Iterator[tuple[Any, ...]]:
    """The values of each row in the order of `columns`; its table has a column of the same name for each."""
    return (tuple(getattr(member, column) for column in columns) for member in members)
