"""Signing in with ``tfy login``, as a device that its user lets in from a browser, and staying signed in.

The client polls with its code, keeps what it gets in a file, and asks for the next key when the one it has is about to
end. It wants a 201 with a key, a 202 as long as it has to wait, and takes anything else for the end.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Plain, Route
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.bodies.sign_in import Grant
from isogloss.adapters.truefoundry.failures import Refusal
from isogloss.core.access import role_of
from isogloss.core.model import User
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry.devices import (
    APPROVAL,
    SECOND,
    Begun,
    Poll,
    Progress,
    begin_device,
    poll_renewing_device,
    renew_key,
)
from isogloss.core.registry.tokens import make_token

POLL_SECONDS = 2
PAGE = "/devices/verify"

DEVICE_CODE, REFRESH_TOKEN = "device_code", "refresh_token"

_ENDS = {
    Progress.UNKNOWN: "Nothing waits with this code, and nothing was granted for it.",
    Progress.REFUSED: "The device was refused, or is locked.",
    Progress.TOO_LATE: "The code was used, or it is too old.",
}

_encode = msgspec.json.Encoder().encode


_GRANT = Body.of(Grant)


async def authorize_device(call: Call) -> Reply:
    """The codes of a device that wants to sign in as a user who has a browser, and the page for it.

    Where everybody is let in nobody has to be asked, and any code will do.
    """
    if call.host.open:
        return _codes(call, user_code="OPEN", device_code="open")
    # The client does not say which one it is. Devices are known by their client's id elsewhere, so each has its own.
    client_id = str(uuid4())
    said = _encode({"ip_address": call.address} if call.address else {}).decode()

    async def work(unit: Writer) -> Begun:
        return await begin_device(call.registry, unit, client_id, said)

    begun = await call.registry.store.write(work)
    return _codes(call, user_code=begun.user_code, device_code=begun.device_code)


async def grant_key(call: Call) -> Reply:
    """A key for a device that its user has approved, or the next one."""
    body: Grant = _GRANT.read(call)
    if call.host.open:
        return await _grant_to_anybody(call)
    if body.grant_type == DEVICE_CODE:
        code = _needed(body.device_code, "deviceCode")

        async def poll(unit: Writer) -> Poll:
            return await poll_renewing_device(call.registry, unit, code, call.host.make_key)

        return _granted(await call.registry.store.write(poll))
    if body.grant_type == REFRESH_TOKEN:
        renewal = _needed(body.refresh_token, "refreshToken")

        async def renew(unit: Writer) -> Poll:
            return await renew_key(call.registry, unit, renewal, call.host.make_key)

        return _granted(await call.registry.store.write(renew))
    raise Malformed("body.grantType", f"must be {DEVICE_CODE!r} or {REFRESH_TOKEN!r}, this is {body.grant_type!r}.")


async def _grant_to_anybody(call: Call) -> Reply:
    """A key that nobody keeps: it is worth nothing but where everybody is let in, and nothing once that changes."""
    registry, caller = call.registry, await call.host.gate(None)

    async def look(unit: Reader) -> User | None:
        return None if caller.user_id is None else await unit.get(User, id=caller.user_id)

    user = await registry.store.read(look)
    if user is None:
        raise Refusal(403, "Nobody can sign in here.")
    token = make_token(registry.new_id(), user.id, user.name, role_of(user.role), registry.clock())
    return _key(call.host.make_key(token, user), renewal=None)


def _granted(poll: Poll) -> Reply:
    if poll.issued is not None:
        return _key(poll.issued.key, poll.renewal)
    if poll.progress is Progress.WAITING:
        return Reply(_encode({"message": "The user has not answered yet."}), 202)
    raise Refusal(400, _ENDS[poll.progress])


def _key(key: str, renewal: str | None) -> Reply:
    # The client takes no empty text for a secret that is missing.
    said: dict[str, Any] = {"accessToken": key} | ({} if renewal is None else {"refreshToken": renewal})
    return Reply(_encode(said), 201)


def _codes(call: Call, *, user_code: str, device_code: str) -> Reply:
    page = f"{call.root}{PAGE}"
    return Reply(
        _encode(
            {
                "userCode": user_code,
                "deviceCode": device_code,
                "verificationURI": page,
                "verificationURIComplete": f"{page}?{urlencode({'user_code': user_code})}",
                "expiresInSeconds": APPROVAL // SECOND,
                "intervalInSeconds": POLL_SECONDS,
            }
        )
    )


def _needed(given: str | None, name: str) -> str:
    if not given:
        raise Malformed(f"body.{name}", "is needed.")
    return given


ROUTES: tuple[Route, ...] = (
    Plain("POST", "/oauth2/device-authorize", authorize_device),
    Plain("POST", "/oauth2/token", grant_key),
)
