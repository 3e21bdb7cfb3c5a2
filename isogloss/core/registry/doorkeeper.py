"""The gate: who presents a credential.

A user signs in with a password, or shows a session or a token instead; a token is also good as the password of a name
and password pair.
"""

import asyncio
import hmac
import secrets
from typing import Any

from msgspec.structs import replace

from isogloss.core.access import Credential, Gate, Principal, Role, role_of
from isogloss.core.errors import Unauthenticated
from isogloss.core.model import Grant, Instant, Token, User
from isogloss.core.passwords import hash_password, verify_password
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry import sessions
from isogloss.core.registry.context import Registry
from isogloss.core.registry.sessions import Session, read_session
from isogloss.core.registry.tokens import looks_like_token, token_digest

USE_NOTED_EACH = 60_000_000
"""How far the time at which a token was last used may lie behind, in microseconds."""

_USER_FIELDS = ("id", "name", "role", "stamp", "active", "grants")
_TOKEN_FIELDS = (
    "id",
    "user_id",
    "name",
    "role",
    "active",
    "successor_id",
    "used",
    "expires",
    "revoked",
    "user.name",
    "user.role",
    "user.active",
    "user.grants",
)


def open_gate(user: User) -> Gate:
    """The gate of open mode: any credential will do, and none. All are this user, and may do everything."""
    caller = Principal(user_id=user.id, name=user.name, role=Role.ADMIN, stamp=user.stamp)

    async def gate(credential: Credential | None) -> Principal:
        return caller

    return gate


class Doorkeeper:
    """The gate where credentials are required. Each call is one indexed read, that of a token or a user.

    The read proves every time that the token or user is still good. A password that was once checked is remembered in
    this process alone, as a digest under a key that nobody else knows, bound to the user's stamp: so any change of the
    user forgets it, and only a password's first use costs its slow digest, which is computed off the event loop, one at
    a time.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._clock = registry.clock
        self._key = secrets.token_bytes(32)
        self._remembered: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        # Checked for names that do not exist, so that the time taken does not tell which do.
        self._nobody = ""
        self._used: dict[str, Instant] = {}

    async def __call__(self, credential: Credential | None) -> Principal:
        """Who presents the credential. Raises ``Unauthenticated``."""
        if credential is None:
            raise Unauthenticated("A credential is needed.")
        if credential.name is None:
            return await self._by_bearer(credential)
        if looks_like_token(credential.secret):
            try:
                return await self._by_bearer(credential)
            except Unauthenticated:
                # A password may look like a token.
                pass
        return await self._by_password(credential.name, credential.secret)

    async def record_uses(self) -> int:
        """Write down which tokens were used since the last time; tells of how many that was news.

        It is done beside the requests, so the time of a token's last use is exact to within a minute or so.
        """
        used, self._used = self._used, {}
        if not used:
            return 0
        latest = max(used.values())

        async def work(unit: Writer) -> None:
            await unit.change(Token, {"id": list(used)}, used=latest)

        await self._store.write(work)
        return len(used)

    async def _by_bearer(self, credential: Credential) -> Principal:
        if not credential.secret.startswith(sessions.PREFIX):
            return await self._by_token(credential, token_digest(credential.secret))
        session = read_session(self._registry, credential.secret)
        if session is None:
            raise _refused()
        if session.key is None:
            return await self._by_stamp(credential, session)
        holder = await self._by_token(credential, session.key)
        return _under(holder, Role(session.role))

    async def _by_stamp(self, credential: Credential, session: Session) -> Principal:
        query = Query(
            source="user",
            fields=_USER_FIELDS,
            project_id=None,
            where=Compare("id", Operator.EQ, session.user_id),
        )

        async def work(unit: Reader) -> list[tuple[Any, ...]]:
            return await unit.rows(query)

        rows = await self._store.read(work)
        if not rows:
            raise _refused()
        user_id, name, role, stamp, active, grants = rows[0]
        if not active or stamp != session.stamp:
            raise _refused()
        if credential.name is not None and not _same(credential.name, name):
            raise _refused()
        whole = Principal(user_id=user_id, name=name, role=role_of(role), grants=_granted(grants), stamp=stamp)
        return _under(whole, Role(session.role))

    async def _by_token(self, credential: Credential, digest: str) -> Principal:
        query = Query(
            source="token",
            fields=_TOKEN_FIELDS,
            project_id=None,
            where=Compare("digest", Operator.EQ, digest),
        )

        async def work(unit: Reader) -> list[tuple[Any, ...]]:
            return await unit.rows(query)

        rows = await self._store.read(work)
        if not rows:
            raise _refused()
        return self._holder(credential, digest, *rows[0])

    def _holder(
        self,
        credential: Credential,
        digest: str,
        token_id: str,
        user_id: str,
        name: str,
        role: str,
        active: bool,
        successor_id: str | None,
        used: Instant | None,
        expires: Instant | None,
        revoked: Instant | None,
        user_name: str,
        user_role: str,
        user_active: bool,
        user_grants: str | None,
    ) -> Principal:
        now = self._clock()
        if revoked is not None or not active or not user_active or (expires is not None and expires <= now):
            raise _refused()
        if credential.name is not None and not (_same(credential.name, name) or _same(credential.name, user_name)):
            raise _refused()
        if used is None or now - used >= USE_NOTED_EACH:
            # A key that was replaced and still is good counts as the one that replaced it, too.
            self._used |= dict.fromkeys((token_id, successor_id or token_id), now)
        held, ceiling = role_of(user_role), role_of(role)
        if user_grants is None:
            return Principal(user_id=user_id, name=user_name, role=min(held, ceiling), ceiling=ceiling, key=digest)
        whole = Principal(user_id=user_id, name=user_name, role=held, grants=_granted(user_grants), key=digest)
        return _under(whole, ceiling)

    async def _by_password(self, name: str, password: str) -> Principal:
        user, grants = await self._user_named(name) if name.isprintable() else (None, [])
        if user is None or user.password is None or user.service or not user.active:
            await self._check(password, await self._nobody_password())
            raise _refused()
        seen = hmac.digest(self._key, f"{user.stamp}\0{password}".encode(), "sha256")
        known = self._remembered.get(user.id)
        if known is None or not hmac.compare_digest(known, seen):
            if not await self._check(password, user.password):
                raise _refused()
            self._remembered[user.id] = seen
        return Principal(
            user_id=user.id,
            name=user.name,
            role=role_of(user.role),
            grants={grant.project_id: role_of(grant.role) for grant in grants},
            stamp=user.stamp,
        )

    async def _user_named(self, name: str) -> tuple[User | None, list[Grant]]:
        async def work(unit: Reader) -> tuple[User | None, list[Grant]]:
            user = await unit.get(User, name=name)
            if user is None or role_of(user.role) > Role.VIEWER:
                return user, []
            return user, await unit.find(Grant, user_id=user.id)

        return await self._store.read(work)

    async def _check(self, password: str, kept: str) -> bool:
        async with self._one_at_a_time:
            return await asyncio.to_thread(verify_password, password, kept)

    async def _nobody_password(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_urlsafe(15))
        return self._nobody


def _granted(text: str | None) -> dict[str, Role]:
    """The roles by project that are told so."""
    if text is None:
        return {}
    pairs = (each.rpartition(":") for each in text.split(" "))
    return {project_id: role_of(word) for project_id, _, word in pairs}


def _under(caller: Principal, ceiling: Role) -> Principal:
    """The caller, who is nowhere more than the ceiling."""
    ceiling = min(caller.ceiling, ceiling)
    grants = {project_id: min(role, ceiling) for project_id, role in caller.grants.items()}
    return replace(caller, role=min(caller.role, ceiling), grants=grants, ceiling=ceiling)


def _refused() -> Unauthenticated:
    # One sentence for every reason: which part was wrong is nobody's business who has no credential.
    return Unauthenticated("The credential is not good.")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
