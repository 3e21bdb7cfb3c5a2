"""Work pools: nothing is run from here, so there are none."""

from isogloss.adapters.prefect.bodies.pages import WorkPoolPage
from isogloss.adapters.prefect.decode import AnyRequest, Members
from isogloss.adapters.prefect.routes import Route
from isogloss.adapters.reply import Reply
from isogloss.core.registry import Registry

_PAGE: Members[WorkPoolPage] = Members(WorkPoolPage)


async def read_work_pools(registry: Registry, request: AnyRequest) -> Reply:
    """A page of work pools, which is empty: workers and their pools belong to a server that runs deployments."""
    await _PAGE.read(request)
    return Reply(b"[]")


ROUTES = (Route("POST", "/work_pools/filter", read_work_pools),)
