"""Brings a database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from isogloss.storage.sql.store import postgresql_url, sqlite_path

_MIGRATIONS = Path(__file__).with_name("migrations")


async def upgrade(url: str) -> None:
    """Run every migration that the database at ``url`` lacks, in one transaction; two at once take turns."""
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    path = sqlite_path(url)
    if path is not None:
        return create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)
    plain = postgresql_url(url).replace("postgres://", "postgresql://", 1)
    return create_async_engine(plain.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
