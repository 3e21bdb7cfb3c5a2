"""The store port fulfilled by SQL, on SQLite and PostgreSQL."""

from isogloss.storage.sql.store import open_store

__all__ = ["open_store"]
