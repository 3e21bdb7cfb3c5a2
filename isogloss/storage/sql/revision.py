"""Which schema a database has: asked at every start and by readiness probes, so without Alembic, which is large."""

import sqlite3

import asyncpg

from isogloss.storage.sql.store import postgresql_url, sqlite_path

CURRENT = "0012"
"""The last migration's name."""

_QUERY = "SELECT version_num FROM alembic_version"


async def is_current(url: str) -> bool:
    """Whether the database has the newest schema. Raises what the driver raises where it cannot be reached."""
    path = sqlite_path(url)
    return (_of_file(path) if path is not None else await _of_database(postgresql_url(url))) == CURRENT


def _of_file(path: str) -> str | None:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute(_QUERY).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    finally:
        connection.close()
    return None if found is None else str(found[0])


async def _of_database(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval(_QUERY)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return None if found is None else str(found)
