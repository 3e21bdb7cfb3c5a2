"""Users and their tokens: who may come in, and what proves it.

A user signs in with a password; a token is a key that stands for its user, and is also good as the password of a name
and password pair. Of a password only a slow salted digest is kept, of a token only its SHA-256: a token has more random
bits than anybody can try, so it needs no slow one, and can be found by it.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Credential, Principal, Role
from isogloss.core.errors import Conflict, Invalid, NotFound, Unauthenticated
from isogloss.core.model import Instant, Setting, Token, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry.context import Registry

ADMIN = "admin"
"""The user that the first start makes."""

PERSONAL_PREFIX = "tfy_"
"""What a token begins with that is no JWT."""

MAX_NAME_LENGTH = 255
SIGNING_SECRET = "signing-secret"  # noqa: S105 - the name of the setting, not its value

# 8 MiB and about 0.3 s for each digest: as strong as settings that take more memory, which a flood of wrong passwords
# would otherwise use up.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**13, 8, 10

_TOKEN_FIELDS = (
    "user_id",
    "name",
    "role",
    "expires",
    "revoked",
    "user.name",
    "user.role",
    "user.active",
)


class Issued(Struct, frozen=True, kw_only=True):
    """A new token with its key, which is never to be seen again. ``raised`` tells that the user's role had to rise."""

    token: Token
    key: str
    raised: bool


MakeKey = Callable[[Token], str]
"""Makes a key's text for a token whose ``digest`` is still empty. It may be called more than once."""


def hash_password(password: str) -> str:
    """The text to keep of a password: the method, its costs, the salt and the digest. Takes about 0.3 s."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    return "$".join(["scrypt", str(_SCRYPT_N), str(_SCRYPT_R), str(_SCRYPT_P), _text(salt), _text(digest)])


def verify_password(password: str, kept: str) -> bool:
    """Whether the password is the one that ``kept`` was made of. Takes about 0.3 s."""
    method, n, r, p, salt, digest = kept.split("$")
    if method != "scrypt":
        raise ValueError(f"passwords are kept as scrypt, not {method}")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest))


def looks_like_token(secret: str) -> bool:
    """Whether a secret has the form of a token: our prefix, or a JWT's three parts."""
    return secret.startswith(PERSONAL_PREFIX) or (secret.startswith("eyJ") and secret.count(".") == 2)


async def ensure_admin(registry: Registry, password: str | None) -> str | None:
    """Make the user ``admin`` unless it exists, with the password or a generated one, which is returned this once."""
    if await registry.store.read(_user_named(ADMIN)) is not None:
        return None
    generated = None if password else secrets.token_urlsafe(15)
    kept = await asyncio.to_thread(hash_password, password or generated or "")
    user = _new_user(registry, ADMIN, Role.ADMIN, kept)

    async def work(unit: Writer) -> bool:
        return await unit.add_if_absent(user)

    # Of several processes that start at once, only the one whose row was kept has a password to tell.
    return generated if await registry.store.write(work) else None


async def signing_secret(registry: Registry) -> str:
    """The secret that every process of this registry signs tokens with; made at its first use."""
    candidate = secrets.token_urlsafe(48)

    async def work(unit: Writer) -> str:
        await unit.add_if_absent(Setting(name=SIGNING_SECRET, value=candidate))
        kept = await unit.get(Setting, name=SIGNING_SECRET)
        assert kept is not None
        return kept.value

    return await registry.store.write(work)


async def issue_token(
    registry: Registry,
    name: str,
    make_key: MakeKey,
    *,
    role: Role | None = None,
    expires: Instant | None = None,
) -> Issued:
    """Make a token for the user ``name``, who is made too where there is none.

    Without a role the token has its user's, and a new user is an editor. A token never counts for more than its user,
    so a higher role is given to the user as well. Raises ``Invalid`` for a name that cannot be one, and ``Conflict``
    for a user who is not active.
    """
    check_user_name(name)
    now, token_id = registry.clock(), registry.new_id()
    newcomer = _new_user(registry, name, role or Role.EDITOR, None)

    async def work(unit: Writer) -> Issued:
        await unit.add_if_absent(newcomer)
        user = await unit.lock(User, name=name)
        assert user is not None
        if not user.active:
            raise Conflict(f"The user {name} is not active.")
        held = Role[user.role.upper()]
        given = role or held
        if given > held:
            values = {"role": _word(given), "stamp": registry.new_id(), "updated": now}
            await unit.change(User, {"id": user.id}, **values)
        token = Token(
            id=token_id,
            user_id=user.id,
            name=name,
            role=_word(given),
            digest="",
            created=now,
            expires=expires,
            revoked=None,
        )
        key = make_key(token)
        token = replace(token, digest=token_digest(key))
        await unit.add(token)
        return Issued(token=token, key=key, raised=given > held)

    return await registry.store.write(work)


async def list_tokens(registry: Registry) -> list[Token]:
    """Every token, oldest first."""

    async def work(unit: Reader) -> list[Token]:
        return await unit.find(Token)

    return sorted(await registry.store.read(work), key=lambda token: (token.created, token.id))


async def revoke_token(registry: Registry, token_id: str) -> None:
    """Make a token worthless from now on. Raises ``NotFound``, and ``Conflict`` where it already is."""
    now = registry.clock()

    async def work(unit: Writer) -> None:
        token = await unit.lock(Token, id=token_id)
        if token is None:
            raise NotFound("token", token_id)
        if token.revoked is not None:
            raise Conflict(f"Token {token_id} was revoked before.")
        await unit.change(Token, {"id": token_id}, revoked=now)

    await registry.store.write(work)


def check_user_name(name: str) -> None:
    """Raise ``Invalid`` unless the name can be a user's: it must fit before the colon of a name and password pair."""
    if not name or name != name.strip() or len(name) > MAX_NAME_LENGTH or ":" in name or not name.isprintable():
        raise Invalid("name", f"must be 1 to {MAX_NAME_LENGTH} printable characters without ':' or spaces around it")


async def anybody(credential: Credential | None) -> Principal:
    """The gate of open mode: any credential will do, and none."""
    return ANYBODY


class Doorkeeper:
    """The gate where credentials are required. Each call is one indexed read, that of a token or a user.

    The read proves every time that the token or user is still good. A password that was once checked is remembered in
    this process alone, as a digest under a key that nobody else knows, bound to the user's stamp: so any change of the
    user forgets it, and only a password's first use costs its slow digest, which is computed off the event loop, one at
    a time.
    """

    def __init__(self, registry: Registry) -> None:
        self._store = registry.store
        self._clock = registry.clock
        self._key = secrets.token_bytes(32)
        self._remembered: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        # Checked for names that do not exist, so that the time taken does not tell which do.
        self._nobody = ""

    async def __call__(self, credential: Credential | None) -> Principal:
        """Who presents the credential. Raises ``Unauthenticated``."""
        if credential is None:
            raise Unauthenticated("A credential is needed.")
        if credential.name is None:
            return await self._by_token(credential)
        if looks_like_token(credential.secret):
            try:
                return await self._by_token(credential)
            except Unauthenticated:
                # A password may look like a token.
                pass
        return await self._by_password(credential.name, credential.secret)

    async def _by_token(self, credential: Credential) -> Principal:
        query = Query(
            source="token",
            fields=_TOKEN_FIELDS,
            project_id=None,
            where=Compare("digest", Operator.EQ, token_digest(credential.secret)),
        )

        async def work(unit: Reader) -> list[tuple[Any, ...]]:
            return await unit.rows(query)

        rows = await self._store.read(work)
        if not rows:
            raise _refused()
        return self._holder(credential, *rows[0])

    def _holder(
        self,
        credential: Credential,
        user_id: str,
        name: str,
        role: str,
        expires: Instant | None,
        revoked: Instant | None,
        user_name: str,
        user_role: str,
        active: bool,
    ) -> Principal:
        if revoked is not None or not active or (expires is not None and expires <= self._clock()):
            raise _refused()
        if credential.name is not None and not (_same(credential.name, name) or _same(credential.name, user_name)):
            raise _refused()
        return Principal(user_id=user_id, name=user_name, role=min(Role[role.upper()], Role[user_role.upper()]))

    async def _by_password(self, name: str, password: str) -> Principal:
        user = await self._store.read(_user_named(name)) if name.isprintable() else None
        if user is None or user.password is None or not user.active:
            await self._check(password, await self._nobody_password())
            raise _refused()
        seen = hmac.digest(self._key, f"{user.stamp}\0{password}".encode(), "sha256")
        known = self._remembered.get(user.id)
        if known is None or not hmac.compare_digest(known, seen):
            if not await self._check(password, user.password):
                raise _refused()
            self._remembered[user.id] = seen
        return Principal(user_id=user.id, name=user.name, role=Role[user.role.upper()])

    async def _check(self, password: str, kept: str) -> bool:
        async with self._one_at_a_time:
            return await asyncio.to_thread(verify_password, password, kept)

    async def _nobody_password(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_urlsafe(15))
        return self._nobody


def token_digest(key: str) -> str:
    """What is kept of a token's key: its SHA-256 in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def _new_user(registry: Registry, name: str, role: Role, password: str | None) -> User:
    now = registry.clock()
    return User(
        id=registry.new_id(),
        name=name,
        role=_word(role),
        password=password,
        active=True,
        stamp=registry.new_id(),
        created=now,
        updated=now,
    )


def _user_named(name: str) -> Callable[[Reader], Awaitable[User | None]]:
    async def work(unit: Reader) -> User | None:
        return await unit.get(User, name=name)

    return work


def _refused() -> Unauthenticated:
    # One sentence for every reason: which part was wrong is nobody's business who has no credential.
    return Unauthenticated("The credential is not good.")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _word(role: Role) -> str:
    return role.name.lower()


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + 2**20, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
