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


class Principal(Struct, frozen=True, kw_only=True):
    """The caller of a use case. ``user_id`` is null in open mode, where nobody has to say who they are."""

    user_id: str | None
    name: str
    role: Role


ANYBODY = Principal(user_id=None, name="anonymous", role=Role.ADMIN)
"""The caller in open mode."""


def require(caller: Principal, role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role or a higher one."""
    if caller.role < role:
        raise Denied(f"{caller.name} is {caller.role.name.lower()}; this needs the role {role.name.lower()}.")


class Credential(Struct, frozen=True, kw_only=True):
    """What a client presents: a token alone, or a user name with a password (a token is also good as one)."""

    name: str | None
    secret: str


Gate: TypeAlias = Callable[[Credential | None], Awaitable[Principal]]
"""Tells who presents a credential; raises ``Unauthenticated`` where it is not good, or is missing and needed."""
