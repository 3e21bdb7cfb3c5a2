"""Opens the store that a database URL names."""

from isogloss.storage.sql.postgresql import PostgresqlStore, open_postgresql
from isogloss.storage.sql.sqlite import SqliteStore, open_sqlite

SQLITE_PREFIX = "sqlite:///"
POSTGRESQL_PREFIXES = ("postgresql://", "postgres://")


def sqlite_path(url: str) -> str | None:
    """The file that a ``sqlite:///path`` URL names (``sqlite:////path``: an absolute one); None for another engine."""
    return url.removeprefix(SQLITE_PREFIX) if url.startswith(SQLITE_PREFIX) else None


def postgresql_url(url: str) -> str:
    """The URL as PostgreSQL's own libraries write it, without SQLAlchemy's name of a driver."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def open_store(url: str) -> SqliteStore | PostgresqlStore:
    """Open the store at ``url``; its schema must be current.

    Raises ``ValueError`` for a URL of neither engine.
    """
    path = sqlite_path(url)
    if path is not None:
        return await open_sqlite(path)
    plain = postgresql_url(url)
    if plain.startswith(POSTGRESQL_PREFIXES):
        return await open_postgresql(plain)
    raise ValueError(f"{url.split(':', 1)[0]}: use sqlite:///path or postgresql://user@host/name.")
