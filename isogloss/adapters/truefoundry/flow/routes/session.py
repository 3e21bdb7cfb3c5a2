"""What a client asks before it has a key: which tenant this is."""

from typing import Any

from isogloss.adapters.call import Call
from isogloss.adapters.operations import Read, Route
from isogloss.core.ports import Reader


async def tenant(call: Call, unit: Reader) -> dict[str, Any]:
    """The tenant of this host."""
    name = call.host.tenant
    return {"tenant_id": name, "tenant_name": name, "auth_server_url": call.root}


ROUTES: tuple[Route, ...] = (Read("GET", "/tenant-id", tenant),)
