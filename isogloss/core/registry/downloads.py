"""Permits to download: what lets whoever holds it have the content of one version, for a moment.

A browser that follows a link sends no credential, so the link itself has to bear one. It is a sealed text: issuing one
writes nothing, and any process of the registry can verify it.
"""

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Unauthenticated
from isogloss.core.model import Instant, User
from isogloss.core.ports import Reader
from isogloss.core.registry.context import Registry
from isogloss.core.seals import seal, unseal

LIFETIME = 30 * 1_000_000
"""How long a permit is good for, in microseconds."""

_PURPOSE = "download"


class Permit(Struct, frozen=True, kw_only=True, array_like=True):
    """What a permit says. ``user_id`` is null where nobody in particular asked."""

    version_id: str
    user_id: str | None
    expires: Instant


def issue_permit(registry: Registry, caller: Principal, version_id: str) -> str:
    """A permit for the caller to download a version. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    permit = Permit(version_id=version_id, user_id=caller.user_id, expires=registry.clock() + LIFETIME)
    return seal(registry.signing_secret, _PURPOSE, msgspec.msgpack.encode(permit))


async def check_permit(registry: Registry, unit: Reader, text: str, version_id: str) -> None:
    """Let pass a permit for this version that is still good, as its user must be.

    Raises ``Unauthenticated`` for any other text.
    """
    content = unseal(registry.signing_secret, _PURPOSE, text)
    if content is None:
        raise Unauthenticated("The download token is not one of this server's.")
    permit = msgspec.msgpack.decode(content, type=Permit)
    if permit.version_id != version_id:
        raise Unauthenticated("The download token is for another version.")
    if registry.clock() >= permit.expires:
        raise Unauthenticated(f"The download token is older than {LIFETIME // 1_000_000} seconds; ask for a new one.")
    if permit.user_id is not None:
        user = await unit.get(User, id=permit.user_id)
        if user is None or not user.active:
            raise Unauthenticated("The user to whom the download token was given may not sign in any more.")
