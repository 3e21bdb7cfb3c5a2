"""What tests of users, tokens and sessions share."""

import secrets
from typing import Any

from isogloss.core.access import Credential, Principal, Role
from isogloss.core.errors import Unauthenticated
from isogloss.core.model import Token, User
from isogloss.core.passwords import hash_password
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.users import UserDraft, make_user

MINUTE = 60_000_000


def make_key(token: Token, user: User) -> str:
    """A new personal key."""
    return f"tfy_{secrets.token_urlsafe(16)}"


def bearer(secret: str) -> Credential:
    return Credential(name=None, secret=secret)


def basic(name: str, secret: str) -> Credential:
    return Credential(name=name, secret=secret)


async def refused(door: Doorkeeper, credential: Credential | None) -> bool:
    """Whether the door stays shut."""
    try:
        await door(credential)
    except Unauthenticated:
        return True
    return False


async def add_user(registry: Registry, name: str, role: Role = Role.EDITOR, **options: Any) -> User:
    """A user in the store; ``password`` is given as it is typed."""
    password = options.pop("password", None)
    kept = None if password is None else hash_password(password)
    user = make_user(registry, UserDraft(name=name, role=role, password=kept, **options))

    async def work(unit: Writer) -> None:
        await unit.add(user)

    await registry.store.write(work)
    return user


async def change_row(registry: Registry, name: str, **values: object) -> None:
    """Change a user's row behind everybody's back."""

    async def work(unit: Writer) -> None:
        await unit.change(User, {"name": name}, **values)

    await registry.store.write(work)


def as_user(user: User, role: Role | None = None) -> Principal:
    """The caller that a user is once signed in, with a lower role if one is given."""
    return Principal(
        user_id=user.id,
        name=user.name,
        role=role or Role[user.role.upper()],
        ceiling=role or Role.ADMIN,
        stamp=user.stamp,
    )
