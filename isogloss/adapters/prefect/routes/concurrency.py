"""Limits of concurrency. There are none here, so whoever asks for slots gets them."""

from isogloss.adapters.prefect.bodies.members import IncrementWithLease
from isogloss.adapters.prefect.decode import AnyRequest, Members
from isogloss.adapters.prefect.failures import encode
from isogloss.adapters.prefect.routes import Route, caller
from isogloss.adapters.prefect.run_wire import LimitLease
from isogloss.adapters.reply import Reply
from isogloss.core.access import Role, require_in
from isogloss.core.registry import Registry

_SLOTS: Members[IncrementWithLease] = Members(IncrementWithLease)


async def increment_with_lease(registry: Registry, request: AnyRequest) -> Reply:
    """A lease on no limits: the client then asks for nothing more, neither to renew it nor to give it back."""
    await _SLOTS.read(request)
    require_in(caller(request), registry.default_project.id, Role.EDITOR)
    return Reply(encode(LimitLease(lease_id=registry.new_id(), limits=[])))


ROUTES = (Route("POST", "/v2/concurrency_limits/increment-with-lease", increment_with_lease),)
