"""Alembic's entry point: runs the migrations on the connection that ``migrate`` hands over."""

from alembic import context
from sqlalchemy import Connection, text

from isogloss.storage.sql.tables import metadata

_LOCK = 0x150610555
"""The advisory lock that makes two upgrades of one PostgreSQL database take turns."""


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()


_run(context.config.attributes["connection"])
