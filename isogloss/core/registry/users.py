"""Users and service accounts: who there is, what they may do, and what they say of themselves.

Managing them takes the role admin; everybody may read and change their own profile. Whatever changes a user's password,
role or standing changes the stamp, and with it ends what was remembered of the password, and every session.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require_everywhere, role_of
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from isogloss.core.model import Instant, Json, Project, User
from isogloss.core.passwords import hash_password, verify_password
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import And, Compare, IsNull, Not, Operator, Query, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.seals import seal, unseal

ADMIN = "admin"
"""The user that the first start makes."""

OPEN_USER = "default"
"""Who everybody is in open mode: an admin without a password, as whom nobody can sign in."""

MAX_NAME_LENGTH = 255

INVITATION = 30 * 24 * 60 * 60 * 1_000_000
"""How long an invitation is good for, in microseconds."""

_INVITATION = "invitation"

_ADMINISTRATORS = And(
    (
        Compare("role", Operator.EQ, Role.ADMIN.word),
        Compare("active", Operator.EQ, True),
        Compare("service", Operator.EQ, False),
        Not(IsNull("password")),
    )
)
"""Those who can sign in and administer."""


class UserDraft(Struct, frozen=True, kw_only=True):
    """A user to be. ``password`` is what ``passwords.kept_password`` made of it, or null for one who has none (yet)."""

    name: str
    role: Role = Role.EDITOR
    service: bool = False
    password: str | None = None
    active: bool = True
    full_name: str | None = None
    email: str | None = None
    description: str | None = None
    facet: Json | None = None


def check_user_name(name: str) -> None:
    """Raise ``Invalid`` unless the name can be a user's: it must fit before the colon of a name and password pair."""
    if not name or name != name.strip() or len(name) > MAX_NAME_LENGTH or ":" in name or not name.isprintable():
        raise Invalid("name", f"must be 1 to {MAX_NAME_LENGTH} printable characters without ':' or spaces around it")


def address_of(user: User, tenant: str) -> str:
    """A user's email address; one that is made up where none is known, for those who know users by it alone."""
    return user.email or (user.name if "@" in user.name else f"{user.name}@{tenant}.isogloss")


def make_user(registry: Registry, draft: UserDraft) -> User:
    """The row of a draft. Raises ``Invalid`` for a name that cannot be one, and for a service account's password."""
    check_user_name(draft.name)
    if draft.service and draft.password is not None:
        raise Invalid("password", "a service account has none; it comes in by its keys")
    now = registry.clock()
    return User(
        id=registry.new_id(),
        name=draft.name,
        role=draft.role.word,
        service=draft.service,
        password=draft.password,
        active=draft.active,
        stamp=registry.new_id(),
        full_name=draft.full_name,
        email=draft.email,
        description=draft.description,
        facet=draft.facet,
        created=now,
        updated=now,
    )


async def ensure_admin(registry: Registry, password: str | None) -> str | None:
    """Make the user ``admin`` unless somebody can sign in and administer; answers its password if it made one up."""
    query = Query(source="user", fields=("id",), project_id=None, where=_ADMINISTRATORS, limit=1)

    async def somebody(unit: Reader) -> bool:
        return bool(await unit.rows(query))

    if await registry.store.read(somebody):
        return None
    generated = None if password else secrets.token_urlsafe(15)
    kept = await asyncio.to_thread(hash_password, password or generated or "")
    user = make_user(registry, UserDraft(name=ADMIN, role=Role.ADMIN, password=kept))

    async def work(unit: Writer) -> bool:
        return await unit.add_if_absent(user)

    # Of several processes that start at once, only the one whose row was kept has a password to tell.
    return generated if await registry.store.write(work) else None


async def ensure_open_user(registry: Registry) -> User:
    """The user who everybody is in open mode; made at the first start in that mode."""
    candidate = make_user(registry, UserDraft(name=OPEN_USER, role=Role.ADMIN))

    async def work(unit: Writer) -> User:
        found = await unit.get(User, name=OPEN_USER)
        if found is not None:
            return found
        await unit.add_if_absent(candidate)
        kept = await unit.get(User, name=OPEN_USER)
        assert kept is not None
        return kept

    return await registry.store.write(work)


async def list_users(registry: Registry, unit: Reader, caller: Principal, query: Query) -> list[User]:
    """The page of users that a query over the source ``user`` asks for, whatever its fields.

    Who is no admin sees themselves alone. Their passwords and stamps are never shown to anybody; see that they are not.
    """
    names = User.__struct_fields__
    page = msgspec.structs.replace(_visible(query, caller), fields=names)
    return [User(**dict(zip(names, row, strict=True))) for row in await unit.rows(page)]


async def count_users(registry: Registry, unit: Reader, caller: Principal, query: Query) -> int:
    """How many users satisfy the query, of those that the caller may see."""
    return await unit.count(_visible(query, caller))


async def get_user(registry: Registry, unit: Reader, caller: Principal, reference: str) -> User:
    """The user with this id or, where there is none, this name.

    Raises ``Denied`` unless that is the caller, or the caller is admin; then ``NotFound``.
    """
    found = await unit.get(User, id=reference) or await unit.get(User, name=reference)
    return _admitted(caller, reference, found)


async def create_user(registry: Registry, unit: Writer, caller: Principal, draft: UserDraft) -> User:
    """Make a user or a service account. Raises ``Denied``, ``Invalid``, and ``Conflict`` for a name that is taken."""
    require_everywhere(caller, Role.ADMIN)
    user = make_user(registry, draft)
    if not await unit.add_if_absent(user):
        raise Conflict(f"A user named {user.name!r} exists already.")
    return user


async def change_user(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    reference: str,
    *,
    name: str | UnsetType = UNSET,
    full_name: str | UnsetType | None = UNSET,
    email: str | UnsetType | None = UNSET,
    description: str | UnsetType | None = UNSET,
    facet: Callable[[Json | None], Json | None] | UnsetType = UNSET,
    role: Role | UnsetType = UNSET,
    active: bool | UnsetType = UNSET,
    password: str | UnsetType | None = UNSET,
) -> User:
    """Change what is given. ``facet`` is computed from the one that is kept, ``password`` is a kept one.

    Role, standing and password of others take an admin; nobody changes their own role and standing. Raises ``Denied``,
    also where nobody would be left to administer, ``NotFound``, ``Invalid``, and ``Conflict`` for a name that is taken.
    """
    user = await _locked(unit, caller, reference)
    given: dict[str, Any] = {
        "name": name,
        "full_name": full_name,
        "email": email,
        "description": description,
        "facet": UNSET if facet is UNSET else facet(user.facet),
        "role": UNSET if role is UNSET else role.word,
        "active": active,
        "password": password,
    }
    values = {field: value for field, value in given.items() if value is not UNSET and value != getattr(user, field)}
    if not values:
        return user
    await _check_change(registry, unit, caller, user, values)
    if values.keys() & {"role", "active", "password"}:
        values["stamp"] = registry.new_id()
    return await _changed(registry, unit, user, values)


async def delete_user(registry: Registry, unit: Writer, caller: Principal, reference: str) -> User:
    """Delete a user with their tokens and devices; what they wrote keeps their id. Answers who it was.

    Raises ``Denied``, also for oneself and for the last who can administer, and ``NotFound``.
    """
    require_everywhere(caller, Role.ADMIN)
    user = await _locked(unit, caller, reference)
    if user.id == caller.user_id:
        raise Denied("Nobody can delete the user they are signed in as.")
    await _leave_an_administrator(registry, unit, user)
    await unit.remove(User, id=user.id)
    return user


async def prove_password(registry: Registry, caller: Principal, password: str) -> str:
    """The caller's stamp, for ``change_own_password``, given their right password. Takes about 0.3 s.

    Raises ``Denied`` where it is not right, or where the caller has none.
    """

    async def work(unit: Reader) -> User | None:
        return None if caller.user_id is None else await unit.get(User, id=caller.user_id)

    user = await registry.store.read(work)
    if user is None or user.password is None:
        raise Denied(f"{caller.name} has no password; an administrator has to set the first one.")
    if not await asyncio.to_thread(verify_password, password, user.password):
        raise Denied("The current password is not right.")
    return user.stamp


async def change_own_password(registry: Registry, unit: Writer, caller: Principal, stamp: str, password: str) -> User:
    """Give the caller another (kept) password, if the stamp that the old one proved is still theirs.

    Raises ``Conflict`` where something else changed it meanwhile.
    """
    user = await _locked(unit, caller, caller.user_id or caller.name)
    if user.stamp != stamp:
        raise Conflict(f"The user {user.name} was changed meanwhile; try again.")
    return await _changed(registry, unit, user, {"password": password, "stamp": registry.new_id()})


class Invitation(Struct, frozen=True, array_like=True):
    """What an invitation says: whose it is, and until when."""

    user_id: str
    stamp: str
    expires: Instant


def read_invitation(registry: Registry, text: str) -> Invitation | None:
    """What an invitation says, if the registry wrote it and its time is not over."""
    content = unseal(registry.signing_secret, _INVITATION, text)
    said = None if content is None else msgspec.msgpack.decode(content, type=Invitation)
    return said if said is not None and registry.clock() < said.expires else None


def invite(registry: Registry, user: User) -> str:
    """A text with which a user who is not active can set a password and become so, once."""
    invitation = Invitation(user.id, user.stamp, registry.clock() + INVITATION)
    return seal(registry.signing_secret, _INVITATION, msgspec.msgpack.encode(invitation))


async def accept_invitation(
    registry: Registry,
    unit: Writer,
    reference: str,
    invitation: str,
    *,
    password: str | None,
    full_name: str | UnsetType | None = UNSET,
) -> User:
    """Make a user active who shows an invitation, with the (kept) password that they chose.

    Raises ``Unauthenticated`` for an invitation that is not this user's, was used, or is too old.
    """
    said = read_invitation(registry, invitation)
    found = None if said is None else await unit.lock(User, id=said.user_id)
    if (
        said is None
        or found is None
        or reference not in (found.id, found.name)
        or found.stamp != said.stamp
        or found.active
        or found.service
    ):
        raise Unauthenticated("The invitation is not good.")
    values: dict[str, Any] = {"active": True, "stamp": registry.new_id()}
    if password is not None:
        values["password"] = password
    if full_name is not UNSET:
        values["full_name"] = full_name
    return await _changed(registry, unit, found, values)


def _visible(query: Query, caller: Principal) -> Query:
    if caller.role >= Role.ADMIN:
        return query
    own = Compare("id", Operator.EQ, caller.user_id or "")
    return msgspec.structs.replace(query, where=all_of(query.where, own))


def _admitted(caller: Principal, reference: str, found: User | None) -> User:
    """The user, if the caller may see it. Who may not, does not learn whether there is one."""
    if found is None or found.id != caller.user_id:
        require_everywhere(caller, Role.ADMIN)
    if found is None:
        raise NotFound("user", reference)
    return found


async def _locked(unit: Writer, caller: Principal, reference: str) -> User:
    found = await unit.lock(User, id=reference) or await unit.lock(User, name=reference)
    return _admitted(caller, reference, found)


async def _check_change(
    registry: Registry, unit: Writer, caller: Principal, user: User, values: dict[str, Any]
) -> None:
    if values.keys() & {"role", "active", "password"}:
        require_everywhere(caller, Role.ADMIN)
        if user.id == caller.user_id:
            raise Denied("Nobody can change their own role or standing, nor their password without the current one.")
    if values.get("password") is not None and user.service:
        raise Invalid("password", "a service account has none; it comes in by its keys")
    if "name" in values:
        check_user_name(values["name"])
        if user.name == OPEN_USER:
            raise Denied(f"The user {OPEN_USER} keeps its name, by which open mode finds it.")
        if await unit.get(User, name=values["name"]) is not None:
            raise Conflict(f"A user named {values['name']!r} exists already.")
    if values.get("role", user.role) != user.role or not values.get("active", True) or "password" in values:
        after = replace(user, **values)
        if not _administers(after):
            await _leave_an_administrator(registry, unit, user)


def _administers(user: User) -> bool:
    return role_of(user.role) is Role.ADMIN and user.active and not user.service and user.password is not None


async def _leave_an_administrator(registry: Registry, unit: Writer, user: User) -> None:
    """Raise ``Denied`` if this user is the last who can sign in and administer."""
    if not _administers(user):
        return
    # One at a time: two administrators must not end each other.
    await unit.lock(Project, id=registry.default_project.id)
    others = And((_ADMINISTRATORS, Not(Compare("id", Operator.EQ, user.id))))
    if not await unit.rows(Query(source="user", fields=("id",), project_id=None, where=others, limit=1)):
        raise Denied(f"{user.name} is the last active admin who can sign in; make another one first.")


async def _changed(registry: Registry, unit: Writer, user: User, values: dict[str, Any]) -> User:
    values["updated"] = max(registry.clock(), user.updated)
    await unit.change(User, {"id": user.id}, **values)
    return replace(user, **values)
