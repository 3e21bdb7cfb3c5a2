"""Sessions: what a client gets for its password or key, and shows instead of it for a while.

A session is a sealed text, so issuing one writes nothing, and any process of the registry can verify it. It stands on
what its holder came with: the stamp of the user, or the digest of a key. With a new password, role or standing, or with
the end of the key, every session that stands on it ends.
"""

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role
from isogloss.core.errors import Denied
from isogloss.core.model import Instant
from isogloss.core.registry.context import Registry
from isogloss.core.seals import seal, unseal

PREFIX = "isg_"
"""What a session begins with."""

DAY = 24 * 60 * 60 * 1_000_000
"""How long a session is good for unless something else is said, in microseconds."""

_PURPOSE = "session"


class Session(Struct, frozen=True, kw_only=True, array_like=True):
    """What a session says. Either ``key`` (a digest) is given, or ``stamp``: it is good as long as that is.

    ``role`` is the most that it is good for anywhere; what its holder is, the gate reads each time.
    """

    user_id: str
    stamp: str | None
    key: str | None
    role: int
    issued: Instant
    expires: Instant


def issue_session(registry: Registry, caller: Principal, *, role: Role | None = None, lifetime: int = DAY) -> str:
    """A session for the caller, good for ``lifetime`` microseconds, with the caller's role or a lower one.

    Raises ``Denied`` for a caller who is no user.
    """
    if caller.user_id is None or (caller.stamp is None and caller.key is None):
        raise Denied("Only a user who has signed in can have a session.")
    now = registry.clock()
    session = Session(
        user_id=caller.user_id,
        stamp=None if caller.key is not None else caller.stamp,
        key=caller.key,
        role=min(caller.ceiling, Role.ADMIN if role is None else role),
        issued=now,
        expires=now + lifetime,
    )
    return PREFIX + seal(registry.signing_secret, _PURPOSE, msgspec.msgpack.encode(session))


def read_session(registry: Registry, text: str) -> Session | None:
    """What a session says, if the registry issued it and its time is not over. What it stands on is not looked at."""
    content = unseal(registry.signing_secret, _PURPOSE, text.removeprefix(PREFIX))
    if content is None:
        return None
    session = msgspec.msgpack.decode(content, type=Session)
    return session if registry.clock() < session.expires else None
