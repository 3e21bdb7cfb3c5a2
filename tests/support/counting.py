"""How many statements reach a database, and in how many transactions."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from isogloss.storage.sql import postgresql, sqlite
from isogloss.storage.sql.postgresql import PostgresqlStore
from isogloss.storage.sql.sqlite import SqliteStore


class Count:
    """What the stores did since they were last asked."""

    def __init__(self) -> None:
        self.statements = 0
        self.transactions = 0

    def take(self) -> tuple[int, int]:
        """Statements and write transactions."""
        taken = (self.statements, self.transactions)
        self.statements = self.transactions = 0
        return taken


def counting(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts, until the test ends, the statements that reach either driver, and the write transactions."""
    counted = Count()

    def count(kind: type[Any], name: str, field: str) -> None:
        original: Callable[..., Awaitable[Any]] = getattr(kind, name)

        async def wrapped(self: Any, *arguments: Any) -> Any:
            setattr(counted, field, getattr(counted, field) + 1)
            return await original(self, *arguments)

        monkeypatch.setattr(kind, name, wrapped)

    for kind in (sqlite._Direct, sqlite._Threaded):
        for name in ("fetch", "execute", "execute_many"):
            count(kind, name, "statements")
    for name in ("fetch", "_run"):
        count(postgresql._Pooled, name, "statements")
    count(SqliteStore, "write", "transactions")
    count(PostgresqlStore, "write", "transactions")
    return counted
