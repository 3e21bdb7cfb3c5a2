"""Devices: machines without a browser, which a user lets sign in from another one (RFC 8628).

A device begins with two codes: one that it shows to its user, and one that it asks with until the user has approved it.
Then it gets, once, a key that is bound to it and the user, and goes when the device is deleted. A device that renews
its key gets one for a day, and a secret by which it asks for the next ones.

A user code has 10 letters of 20: whoever tried a thousand a second would hit one of a given device, in the five minutes
that it lives, once in thirty million times. With the device's id in hand there are five attempts.
"""

import hashlib
import hmac
import secrets
from enum import Enum

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, role_of
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import Device, Instant, Json, Token, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import And, Compare, IsNull, Not, Operator, Query, all_of
from isogloss.core.registry.context import Registry
from isogloss.core.registry.tokens import (
    DEVICE_PREFIX,
    Issued,
    MakeKey,
    add_token,
    make_token,
    replace_key,
    token_digest,
)

PENDING, VERIFIED, ACTIVE, LOCKED = "pending", "verified", "active", "locked"

SECOND = 1_000_000
APPROVAL = 300 * SECOND
"""How long a device may wait for its user, in microseconds."""

SIGNED_IN = 30 * 24 * 60 * 60 * SECOND
TRUSTED = 365 * 24 * 60 * 60 * SECOND
"""How long the key of a device, and of one that its user trusts, is good for, in microseconds."""

RENEWED = 24 * 60 * 60 * SECOND
"""How long the key of a device that renews it is good for, in microseconds. The device lives no longer for it."""

OVERLAP = 10 * 60 * SECOND
"""How long a key that was renewed stays good beside the new one, for what still works with it, in microseconds."""

ATTEMPTS = 5
"""So many wrong user codes lock a device."""

CODE_LETTERS = 10
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"

SWEPT_AT_ONCE = 1000


class Begun(Struct, frozen=True, kw_only=True):
    """A device that waits for its user, with its codes, which are never to be seen again."""

    device: Device
    user_code: str
    device_code: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What came of a user's answer. ``right`` false: the code was wrong, and that was counted.

    It is an answer and no error, since an error would undo the unit, and with it the count.
    """

    device: Device
    right: bool


class Progress(Enum):
    """How far a device has come that asks for its key."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    REFUSED = "refused"
    TOO_LATE = "too late"
    GRANTED = "granted"


class Poll(Struct, frozen=True, kw_only=True):
    """What a device that asks is told. ``issued`` is its key, once, when it is granted.

    ``renewal`` is the secret by which a device that renews its key asks for the next one, as often as it likes.
    """

    progress: Progress
    device: Device | None = None
    issued: Issued | None = None
    renewal: str | None = None


def make_device_key(token: Token, user: User) -> str:
    """A device's key that says nothing: 256 random bits."""
    return DEVICE_PREFIX + secrets.token_urlsafe(32)


async def begin_device(registry: Registry, unit: Writer, client_id: str, facet: Json | None) -> Begun:
    """A new device that waits for its user for five minutes. Whoever asks need not say who they are."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
    user_code, device_code = f"{letters[:5]}-{letters[5:]}", secrets.token_urlsafe(32)
    now = registry.clock()
    device = Device(
        id=registry.new_id(),
        client_id=client_id,
        user_id=None,
        user_digest=_user_digest(registry, user_code),
        device_digest=token_digest(device_code),
        status=PENDING,
        role=None,
        trusted=False,
        attempts=0,
        facet=facet,
        created=now,
        updated=now,
        used=None,
        expires=now + APPROVAL,
    )
    await unit.add(device)
    return Begun(device=device, user_code=user_code, device_code=device_code)


async def find_waiting_device(registry: Registry, unit: Reader, caller: Principal, user_code: str) -> Device:
    """The device that shows this code and waits. Raises ``NotFound``, also where it has waited too long."""
    found = await unit.get(Device, user_digest=_user_digest(registry, user_code))
    if found is None or not _waits(found, registry.clock()):
        raise NotFound("waiting device", user_code)
    return found


async def approve_device(
    registry: Registry, unit: Writer, caller: Principal, device_id: str, user_code: str, *, trusted: bool = False
) -> Verdict:
    """Let a device sign in as the caller, who read the code from it. Its key may do what the caller may.

    Raises ``Denied`` for a caller who is no user, ``NotFound``, and ``Conflict`` for a device that does not wait.
    """
    user_id = _user_id(caller)
    return await _answer(
        registry, unit, device_id, user_code, status=VERIFIED, user_id=user_id, role=caller.reach.word, trusted=trusted
    )


async def deny_device(registry: Registry, unit: Writer, caller: Principal, device_id: str, user_code: str) -> Verdict:
    """Refuse a device. Raises as ``approve_device``."""
    _user_id(caller)
    return await _answer(registry, unit, device_id, user_code, status=LOCKED)


async def poll_device(registry: Registry, unit: Writer, client_id: str, device_code: str, make_key: MakeKey) -> Poll:
    """Whether a device may come in by now; the first time that it may, its key. Its user's older ones go.

    Whoever has the code need not say who they are.
    """
    device = await unit.lock(Device, device_digest=token_digest(device_code))
    if device is None or device.client_id != client_id:
        return Poll(progress=Progress.UNKNOWN)
    user = await _user_of(unit, device)
    progress = _progress(device, user, registry.clock())
    if progress is not Progress.GRANTED or user is None:
        return Poll(progress=progress, device=device)
    older = await unit.find(Device, client_id=client_id, user_id=user.id)
    await unit.remove(Device, id=[one.id for one in older if one.id != device.id])
    device = await _let_in(registry, unit, device, device.device_digest)
    issued = await add_token(unit, _token(registry, device, device.expires), user, make_key)
    return Poll(progress=Progress.GRANTED, device=device, issued=issued)


async def poll_renewing_device(registry: Registry, unit: Writer, device_code: str, make_key: MakeKey) -> Poll:
    """The same for a device that renews its key. It says no client's id, so its user's other devices stay."""
    device = await unit.lock(Device, device_digest=token_digest(device_code))
    if device is None:
        return Poll(progress=Progress.UNKNOWN)
    user = await _user_of(unit, device)
    progress = _progress(device, user, registry.clock())
    if progress is not Progress.GRANTED or user is None:
        return Poll(progress=progress, device=device)
    renewal = secrets.token_urlsafe(32)
    device = await _let_in(registry, unit, device, _renewal_digest(renewal))
    token = _token(registry, device, min(registry.clock() + RENEWED, device.expires))
    issued = await add_token(unit, token, user, make_key)
    return Poll(progress=Progress.GRANTED, device=device, issued=issued, renewal=renewal)


async def renew_key(registry: Registry, unit: Writer, renewal: str, make_key: MakeKey) -> Poll:
    """The next key of a device, whose older one stays good for ten more minutes.

    Whoever has the secret need not say who they are. It stays the same, so that an answer that got lost costs nothing.
    """
    device = await unit.lock(Device, device_digest=_renewal_digest(renewal))
    now = registry.clock()
    if device is None:
        return Poll(progress=Progress.UNKNOWN)
    if device.status != ACTIVE:
        return Poll(progress=Progress.REFUSED, device=device)
    if device.expires <= now:
        return Poll(progress=Progress.TOO_LATE, device=device)
    user = await _user_of(unit, device)
    token = await unit.lock(Token, device_id=device.id, successor_id=None)
    if user is None or not user.active or token is None or token.revoked is not None:
        return Poll(progress=Progress.REFUSED, device=device)
    expires = min(now + RENEWED, device.expires)
    key = make_key(replace(token, digest="", expires=expires), user)
    values = {"used": now, "updated": now}
    await unit.change(Device, {"id": device.id}, **values)
    issued = (
        # A key that says only when it ends is the same one within the second.
        Issued(token=token, key=key)
        if token_digest(key) == token.digest
        else await replace_key(registry, unit, token, key, retain=OVERLAP, expires=expires)
    )
    return Poll(progress=Progress.GRANTED, device=replace(device, **values), issued=issued, renewal=renewal)


async def list_devices(registry: Registry, unit: Reader, caller: Principal, query: Query) -> list[Device]:
    """The page of the caller's devices that a query over the source ``device`` asks for, whatever its fields."""
    names = Device.__struct_fields__
    page = msgspec.structs.replace(_own(query, caller), fields=names)
    return [Device(**dict(zip(names, row, strict=True))) for row in await unit.rows(page)]


async def count_devices(registry: Registry, unit: Reader, caller: Principal, query: Query) -> int:
    """How many of the caller's devices satisfy the query."""
    return await unit.count(_own(query, caller))


async def get_device(registry: Registry, unit: Reader, caller: Principal, device_id: str) -> Device:
    """One of the caller's devices. Raises ``NotFound``, for those of others too."""
    return _owned(caller, device_id, await unit.get(Device, id=device_id))


async def change_device(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    device_id: str,
    *,
    locked: bool | UnsetType = UNSET,
    trusted: bool | UnsetType = UNSET,
) -> Device:
    """Lock one of the caller's devices, whose key is then refused, or unlock it. Raises ``NotFound``."""
    device = _owned(caller, device_id, await unit.lock(Device, id=device_id))
    values: dict[str, str | bool | Instant] = {}
    if trusted is not UNSET and trusted != device.trusted:
        values["trusted"] = trusted
    if locked is not UNSET and locked != (device.status == LOCKED):
        has_key = bool(await unit.find(Token, device_id=device_id))
        values["status"] = LOCKED if locked else ACTIVE if has_key else VERIFIED
        await unit.change(Token, {"device_id": device_id}, active=not locked)
    if not values:
        return device
    values["updated"] = max(registry.clock(), device.updated)
    await unit.change(Device, {"id": device_id}, **values)
    return replace(device, **values)


async def delete_device(registry: Registry, unit: Writer, caller: Principal, device_id: str) -> None:
    """Delete one of the caller's devices, and its key. Raises ``NotFound``."""
    device = _owned(caller, device_id, await unit.lock(Device, id=device_id))
    await unit.remove(Device, id=device.id)


async def sweep_expired(registry: Registry) -> int:
    """Delete devices whose time has passed, and keys that were replaced and are no longer good; tells how many.

    It goes on as long as there are any, since whoever can reach the registry can begin devices.
    """
    swept = 0
    while gone := await _sweep_some(registry):
        swept += gone
    return swept


async def _sweep_some(registry: Registry) -> int:
    past = Compare("expires", Operator.LE, registry.clock())
    gone = Query(source="device", fields=("id",), project_id=None, where=past, limit=SWEPT_AT_ONCE)
    replaced = Query(
        source="token",
        fields=("id",),
        project_id=None,
        where=And((Not(IsNull("successor_id")), past)),
        limit=SWEPT_AT_ONCE,
    )

    async def look(unit: Reader) -> tuple[list[str], list[str]]:
        return [row[0] for row in await unit.rows(gone)], [row[0] for row in await unit.rows(replaced)]

    devices, tokens = await registry.store.read(look)
    if not devices and not tokens:
        return 0

    async def work(unit: Writer) -> int:
        # A device may have been given more time since we looked, but never one of these: that takes a user in time.
        return await unit.remove(Device, id=devices) + await unit.remove(Token, id=tokens)

    return await registry.store.write(work)


async def _answer(registry: Registry, unit: Writer, device_id: str, user_code: str, **values: str | bool) -> Verdict:
    device = await unit.lock(Device, id=device_id)
    now = registry.clock()
    if device is None:
        raise NotFound("device", device_id)
    if not _waits(device, now):
        raise Conflict("The device does not wait for an answer any more; begin anew on the device.")
    right = hmac.compare_digest(device.user_digest, _user_digest(registry, user_code))
    changes: dict[str, str | bool | int] = {"updated": now}
    if right:
        changes |= values
    else:
        changes["attempts"] = device.attempts + 1
        if device.attempts + 1 >= ATTEMPTS:
            changes["status"] = LOCKED
    await unit.change(Device, {"id": device.id}, **changes)
    return Verdict(device=replace(device, **changes), right=right)


async def _user_of(unit: Writer, device: Device) -> User | None:
    return None if device.user_id is None else await unit.get(User, id=device.user_id)


def _progress(device: Device, user: User | None, now: Instant) -> Progress:
    """How far a device has come whose user, once there is one, is this."""
    if device.status == LOCKED:
        return Progress.REFUSED
    if device.expires <= now or device.status == ACTIVE:
        return Progress.TOO_LATE
    if device.status == PENDING:
        return Progress.WAITING
    return Progress.GRANTED if user is not None and user.active else Progress.REFUSED


async def _let_in(registry: Registry, unit: Writer, device: Device, digest: str) -> Device:
    """The device from now on, for as long as its user trusts it; ``digest`` is that of what it asks with."""
    now = registry.clock()
    expires = now + (TRUSTED if device.trusted else SIGNED_IN)
    values = {"status": ACTIVE, "device_digest": digest, "used": now, "updated": now, "expires": expires}
    await unit.change(Device, {"id": device.id}, **values)
    return replace(device, **values)


def _token(registry: Registry, device: Device, expires: Instant) -> Token:
    assert device.user_id is not None
    assert device.role is not None
    return make_token(
        registry.new_id(),
        device.user_id,
        f"device {device.id}",
        role_of(device.role),
        registry.clock(),
        device_id=device.id,
        expires=expires,
    )


def _renewal_digest(renewal: str) -> str:
    # Nobody renews a key with a device's code: that is worthless once it was used.
    return token_digest(f"renewal\0{renewal}")


def _waits(device: Device, now: Instant) -> bool:
    return device.status == PENDING and now < device.expires


def _user_digest(registry: Registry, user_code: str) -> str:
    """What is kept of a user code, however it was typed: a digest under the registry's secret, as it is short."""
    letters = "".join(letter for letter in user_code.upper() if letter.isalnum())
    return hmac.new(registry.signing_secret.encode(), f"user-code\0{letters}".encode(), hashlib.sha256).hexdigest()


def _user_id(caller: Principal) -> str:
    if caller.user_id is None:
        raise Denied("Only a user can let a device sign in.")
    return caller.user_id


def _own(query: Query, caller: Principal) -> Query:
    own = Compare("user_id", Operator.EQ, caller.user_id or "")
    return msgspec.structs.replace(query, where=all_of(own, query.where))


def _owned(caller: Principal, device_id: str, found: Device | None) -> Device:
    if found is None or found.user_id is None or found.user_id != caller.user_id:
        raise NotFound("device", device_id)
    return found
