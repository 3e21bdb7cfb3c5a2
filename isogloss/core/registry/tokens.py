"""Tokens: keys that stand for their users.

Only a token's SHA-256 is kept: it has more random bits than anybody can try, so it needs no slow digest, and can be
found by it. A token never counts for more than its user, and nobody makes or replaces one that may do more than they.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require_everywhere, role_of
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound
from isogloss.core.model import Grant, Instant, Token, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, IsNull, Operator, Query, all_of
from isogloss.core.registry import grants, sessions
from isogloss.core.registry.context import Registry
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.users import UserDraft, check_user_name, make_user

PERSONAL_PREFIX = "tfy_"
"""What a personal token begins with."""

SERVICE_PREFIX = "ZENKEY_"
"""What a service account's key begins with."""

DEVICE_PREFIX = "isd_"
"""What a device's key begins with."""

PREFIXES = (PERSONAL_PREFIX, SERVICE_PREFIX, DEVICE_PREFIX, sessions.PREFIX)
"""What everything begins with that is shown as a token and is no JWT."""

MAX_NAME_LENGTH = 255


class Issued(Struct, frozen=True, kw_only=True):
    """A new token with its key, which is never to be seen again. ``raised`` tells that the user's role had to rise."""

    token: Token
    key: str
    raised: bool = False


MakeKey = Callable[[Token, User], str]
"""Makes a new key's text for a user's token, whose ``digest`` is still empty. It may be called more than once."""


def looks_like_token(secret: str) -> bool:
    """Whether a secret has the form of a token or session: one of our prefixes, or a JWT's three parts."""
    return secret.startswith(PREFIXES) or (secret.startswith("eyJ") and secret.count(".") == 2)


def token_digest(key: str) -> str:
    """What is kept of a token's key: its SHA-256 in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


async def issue_token(
    registry: Registry,
    name: str,
    make_key: MakeKey,
    *,
    role: Role | None = None,
    project: str | None = None,
    expires: Instant | None = None,
) -> Issued:
    """Make a token for the user ``name``, who is made too where there is none: for who operates the registry.

    Without a role the token has its user's, and a new user is an editor. A token never counts for more than its user,
    so a higher role is given to the user as well: on the server, or in ``project`` alone, by its name or id. Who is
    made for one project is a member, and sees no other. Raises ``Invalid`` for a name that cannot be one, ``NotFound``
    for the project, and ``Conflict`` for a user who is not active.
    """
    check_user_name(name)
    now, token_id = registry.clock(), registry.new_id()
    newcomer = make_user(registry, UserDraft(name=name, role=(role or Role.EDITOR) if project is None else Role.MEMBER))

    async def work(unit: Writer) -> Issued:
        await unit.add_if_absent(newcomer)
        user = await unit.lock(User, name=name)
        assert user is not None
        if not user.active:
            raise Conflict(f"The user {name} is not active.")
        if project is not None:
            given = role or Role.EDITOR
            await grants.keep_grant(registry, unit, None, await find_project(unit, project), user, given)
            token = make_token(token_id, user.id, name, given, now, expires=expires)
            return await add_token(unit, token, user, make_key)
        held = role_of(user.role)
        given = role or await _reach_of(unit, user)
        if role is not None and given > held:
            values = {"role": given.word, "stamp": registry.new_id(), "updated": now}
            await unit.change(User, {"id": user.id}, **values)
        token = make_token(token_id, user.id, name, given, now, expires=expires)
        return replace(await add_token(unit, token, user, make_key), raised=role is not None and given > held)

    return await registry.store.write(work)


async def list_all_tokens(registry: Registry) -> list[Token]:
    """Every token, oldest first: for who operates the registry."""

    async def work(unit: Reader) -> list[Token]:
        return await unit.find(Token, successor_id=None)

    return sorted(await registry.store.read(work), key=lambda token: (token.created, token.id))


async def revoke_token(registry: Registry, token_id: str) -> None:
    """Make a token worthless from now on: for who operates the registry.

    Raises ``NotFound``, and ``Conflict`` where it already is.
    """
    now = registry.clock()

    async def work(unit: Writer) -> None:
        token = await unit.lock(Token, id=token_id)
        if token is None:
            raise NotFound("token", token_id)
        if token.revoked is not None:
            raise Conflict(f"Token {token_id} was revoked before.")
        await unit.remove(Token, successor_id=token_id)
        await unit.change(Token, {"id": token_id}, revoked=now, updated=now)

    await registry.store.write(work)


async def list_tokens(registry: Registry, unit: Reader, caller: Principal, user_id: str, query: Query) -> list[Token]:
    """The page of a user's tokens that a query over the source ``token`` asks for, whatever its fields.

    Raises ``Denied`` unless the user is the caller, or the caller is admin.
    """
    _require_own(caller, user_id)
    names = Token.__struct_fields__
    page = msgspec.structs.replace(_of_user(query, user_id), fields=names)
    return [Token(**dict(zip(names, row, strict=True))) for row in await unit.rows(page)]


async def count_tokens(registry: Registry, unit: Reader, caller: Principal, user_id: str, query: Query) -> int:
    """How many of a user's tokens satisfy the query. Raises ``Denied``."""
    _require_own(caller, user_id)
    return await unit.count(_of_user(query, user_id))


async def get_token(registry: Registry, unit: Reader, caller: Principal, user_id: str, reference: str) -> Token:
    """A user's token by its id or, where there is none, its name. Raises ``Denied`` and ``NotFound``."""
    _require_own(caller, user_id)
    found = await unit.find(Token, user_id=user_id, successor_id=None)
    return _chosen(found, reference)


async def create_token(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    user_id: str,
    make_key: MakeKey,
    *,
    name: str,
    description: str | None = None,
    role: Role | None = None,
    expires: Instant | None = None,
) -> Issued:
    """Make a token for a user; without a role it has the user's, or the caller's where that is lower.

    Raises ``Denied``, ``NotFound`` for the user, ``Invalid``, and ``Conflict`` where the user has one of this name.
    """
    _require_own(caller, user_id)
    _check_name(name)
    user = await unit.lock(User, id=user_id)
    if user is None:
        raise NotFound("user", user_id)
    held = await _reach_of(unit, user)
    if role is not None and role > held:
        raise Invalid("role", f"{user.name} is {held.word}, and a token never counts for more than its user")
    if role is not None and role > caller.reach:
        raise Denied(f"{caller.name} is {caller.reach.word} here, and cannot make a token that is {role.word}.")
    await _check_free(unit, user_id, name)
    given = min(role or held, caller.reach)
    now = registry.clock()
    token = make_token(registry.new_id(), user_id, name, given, now, description=description, expires=expires)
    return await add_token(unit, token, user, make_key)


async def change_token(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    user_id: str,
    reference: str,
    *,
    name: str | UnsetType = UNSET,
    description: str | UnsetType | None = UNSET,
    active: bool | UnsetType = UNSET,
) -> Token:
    """Change what is given. A token that is not active is refused from now on, and so is its key before, if one lives.

    Raises ``Denied``, ``NotFound``, ``Invalid``, and ``Conflict`` for a name that is taken.
    """
    token, _ = await _managed(unit, caller, user_id, reference)
    given = {"name": name, "description": description, "active": active}
    values: dict[str, Any] = {
        field: value for field, value in given.items() if value is not UNSET and value != getattr(token, field)
    }
    if not values:
        return token
    if "name" in values:
        _check_name(values["name"])
        await _check_free(unit, user_id, values["name"])
    values["updated"] = max(registry.clock(), token.updated)
    await unit.change(Token, {"id": token.id}, **values)
    if "active" in values:
        await unit.change(Token, {"successor_id": token.id}, active=values["active"])
    return replace(token, **values)


async def rotate_token(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    user_id: str,
    reference: str,
    make_key: MakeKey,
    *,
    retain: int = 0,
) -> Issued:
    """Give a token a new key. The old one stays good for ``retain`` more microseconds; the one before it ends now.

    Raises ``Denied``, ``NotFound``, ``Invalid`` for a negative time, and ``Conflict`` for a revoked token.
    """
    if retain < 0:
        raise Invalid("retain", "must not be negative")
    token, user = await _managed(unit, caller, user_id, reference)
    if token.revoked is not None:
        raise Conflict(f"Token {token.id} was revoked.")
    key = make_key(replace(token, digest=""), user)
    if token_digest(key) == token.digest:
        raise ValueError("a rotated token needs a key that is new")
    return await replace_key(registry, unit, token, key, retain=retain, expires=token.expires)


async def replace_key(
    registry: Registry, unit: Writer, token: Token, key: str, *, retain: int, expires: Instant | None
) -> Issued:
    """Give a locked token this key, and this end. The old key stays good for ``retain`` more microseconds."""
    now = registry.clock()
    values: dict[str, Any] = {
        "digest": token_digest(key),
        "rotated": now,
        "retained": now + retain if retain else None,
        "updated": now,
        "expires": expires,
    }
    await unit.remove(Token, successor_id=token.id)
    await unit.change(Token, {"id": token.id}, **values)
    if retain:
        until = now + retain if token.expires is None else min(now + retain, token.expires)
        before = replace(token, id=registry.new_id(), successor_id=token.id, expires=until, rotated=None, retained=None)
        await unit.add(before)
    return Issued(token=replace(token, **values), key=key)


async def delete_token(registry: Registry, unit: Writer, caller: Principal, user_id: str, reference: str) -> None:
    """Delete a token; its key is worthless from now on. Raises ``Denied`` and ``NotFound``."""
    token, _ = await _managed(unit, caller, user_id, reference)
    await unit.remove(Token, id=token.id)


def make_token(
    token_id: str,
    user_id: str,
    name: str,
    role: Role,
    now: Instant,
    *,
    description: str | None = None,
    device_id: str | None = None,
    expires: Instant | None = None,
) -> Token:
    """A token that is good from now on, short of its key."""
    return Token(
        id=token_id,
        user_id=user_id,
        name=name,
        description=description,
        role=role.word,
        digest="",
        active=True,
        device_id=device_id,
        successor_id=None,
        created=now,
        updated=now,
        used=None,
        rotated=None,
        retained=None,
        expires=expires,
        revoked=None,
    )


async def add_token(unit: Writer, token: Token, user: User, make_key: MakeKey) -> Issued:
    """Keep a user's token with a new key."""
    key = make_key(token, user)
    token = replace(token, digest=token_digest(key))
    await unit.add(token)
    return Issued(token=token, key=key)


async def _reach_of(unit: Reader, user: User) -> Role:
    """The role of a key that may do what its user may, in all projects or in one."""
    held = role_of(user.role)
    granted = await unit.find(Grant, user_id=user.id) if held < Role.EDITOR else []
    return max((held, *(role_of(grant.role) for grant in granted))) or Role.EDITOR


def _require_own(caller: Principal, user_id: str) -> None:
    if user_id != caller.user_id:
        require_everywhere(caller, Role.ADMIN)


def _of_user(query: Query, user_id: str) -> Query:
    where = all_of(Compare("user_id", Operator.EQ, user_id), IsNull("successor_id"), query.where)
    return msgspec.structs.replace(query, where=where)


async def _managed(unit: Writer, caller: Principal, user_id: str, reference: str) -> tuple[Token, User]:
    """The token and its user, locked, if the caller may change it."""
    _require_own(caller, user_id)
    # The lock on the user keeps the names of the tokens as they are.
    user = await unit.lock(User, id=user_id)
    if user is None:
        raise NotFound("token", reference)
    token = _chosen(await unit.find(Token, user_id=user_id, successor_id=None), reference)
    if caller.reach < role_of(token.role):
        raise Denied(f"{caller.name} is {caller.reach.word}; this needs the role {token.role}.")
    return token, user


def _chosen(found: list[Token], reference: str) -> Token:
    """The token of this id, or the newest of this name: those that were made at the command line may share one."""
    matching = [token for token in found if token.id == reference] or [
        token for token in found if token.name == reference
    ]
    if not matching:
        raise NotFound("token", reference)
    return max(matching, key=lambda token: (token.created, token.id))


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise Invalid("name", f"must be 1 to {MAX_NAME_LENGTH} printable characters")


async def _check_free(unit: Writer, user_id: str, name: str) -> None:
    if await unit.find(Token, user_id=user_id, name=name, successor_id=None):
        raise Conflict(f"This user has a token named {name!r} already.")
