"""Who is asking, and what they may do."""

from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import TypeAlias

from msgspec import Struct

from isogloss.core.errors import Denied


class Role(IntEnum):
    """Each role may do what the ones below it may."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The role as it is stored and shown."""
        return self.name.lower()


class Principal(Struct, frozen=True, kw_only=True):
    """The caller of a use case. ``user_id`` is null where no user asked, but the registry itself.

    ``key`` is the digest of the key that the caller came with, ``stamp`` the user's own where it was not a key: a
    session made for the caller ends with it.
    """

    user_id: str | None
    name: str
    role: Role
    stamp: str | None = None
    key: str | None = None


ANYBODY = Principal(user_id=None, name="anonymous", role=Role.ADMIN)
"""Nobody in particular, who may do everything: for work that no user asked for."""


def require(caller: Principal, role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role or a higher one."""
    if caller.role < role:
        raise Denied(f"{caller.name} is {caller.role.word}; this needs the role {role.word}.")


def role_of(word: str) -> Role:
    """The role that is stored so."""
    return Role[word.upper()]


class Credential(Struct, frozen=True, kw_only=True):
    """What a client presents: a token alone, or a user name with a password (a token is also good as one)."""

    name: str | None
    secret: str


Gate: TypeAlias = Callable[[Credential | None], Awaitable[Principal]]
"""Tells who presents a credential; raises ``Unauthenticated`` where it is not good, or is missing and needed."""
