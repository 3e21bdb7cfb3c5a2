"""Fixtures for the tests of the use cases."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from isogloss.core import passwords
from isogloss.storage.sql import postgresql, sqlite


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The costs of a digest are kept with it, so that cheap ones are checked alike."""
    monkeypatch.setattr(passwords, "_SCRYPT_N", 2)
    monkeypatch.setattr(passwords, "_SCRYPT_P", 1)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Tells how many statements reached either driver since it was last asked."""
    count = 0

    def counting(kind: type[Any], name: str) -> None:
        original: Callable[..., Awaitable[Any]] = getattr(kind, name)

        async def wrapped(self: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return await original(self, *arguments)

        monkeypatch.setattr(kind, name, wrapped)

    def take() -> int:
        nonlocal count
        taken, count = count, 0
        return taken

    for kind in (sqlite._Direct, sqlite._Threaded):
        for name in ("fetch", "execute", "execute_many"):
            counting(kind, name)
    for name in ("fetch", "_run"):
        counting(postgresql._Pooled, name)
    return take
