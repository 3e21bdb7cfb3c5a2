"""What a client asks before anything else: which server this is, and who it is itself."""

from typing import Any

from isogloss.adapters.call import Call
from isogloss.adapters.operations import Read, Route
from isogloss.adapters.truefoundry.subjects import subject
from isogloss.core.errors import Unauthenticated
from isogloss.core.model import User
from isogloss.core.ports import Reader
from isogloss.core.registry.users import address_of

OLDEST = "0.0.1"
"""The oldest client that may come: every one."""


async def minimum_version(call: Call, unit: Reader) -> dict[str, Any]:
    """Which clients may come."""
    return {"minVersion": OLDEST, "truefoundryCliMinVersion": OLDEST, "useSFYServerAuthAPIs": True}


async def tenant(call: Call, unit: Reader) -> dict[str, Any]:
    """The tenant of this host. Clients read the one key in snake case and the other in camel case."""
    return {"tenantName": call.host.tenant, "auth_server_url": call.root}


async def session(call: Call, unit: Reader) -> dict[str, Any]:
    """Who comes with the key: the way in which clients learn it of a key that is no JWT."""
    user = None if call.caller.user_id is None else await unit.get(User, id=call.caller.user_id)
    if user is None:
        raise Unauthenticated("The user of this key is gone.")
    name = call.host.tenant
    slug = subject(user, name).subject_slug
    return {
        "user": {
            "tenantName": name,
            "email": address_of(user, name),
            "subjectSlug": slug,
            "subject": {"subjectSlug": slug},
            "metadata": {"userObject": {"username": user.name}},
        },
        "tenantInfo": {"tenantName": name},
    }


ROUTES: tuple[Route, ...] = (
    Read("GET", "/min-cli-version", minimum_version),
    Read("GET", "/tenant-id", tenant),
    Read("GET", "/session", session),
)
