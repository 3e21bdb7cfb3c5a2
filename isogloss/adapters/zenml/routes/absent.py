"""What this registry does not keep: secrets and service connectors.

Their lists are empty, so that clients which look for some go on without; whoever wants one kept is told that it is not.
"""

from typing import Any

from isogloss.adapters.call import Call
from isogloss.adapters.operations import Read, Route
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.failures import Absent, Unsupported
from isogloss.adapters.zenml.filters.listing import Shape, paged, read_listing
from isogloss.adapters.zenml.filters.records import COMMON, COMMON_SORTS
from isogloss.core.ports import Reader

_ANYTHING = Shape(filters=COMMON, sorts=COMMON_SORTS)


async def list_none(call: Call, unit: Reader) -> wire.Page:
    """A page of nothing."""
    asked = read_listing(call.query(), _ANYTHING)
    return paged(asked, 0, [])


async def list_connector_types(call: Call, unit: Reader) -> list[Any]:
    """No type: the client adds those that it knows by itself."""
    return []


async def read_connector_type(call: Call, unit: Reader) -> None:
    """Nothing, which leaves it to what the client knows."""
    raise Absent(f"This server has no service connectors of the type '{call.path_text('connector_type')}'.")


async def create_secret(call: Call, unit: Reader) -> None:
    """Refused, so that nobody believes a secret to be kept."""
    raise Unsupported("This server keeps no secrets: hand them to your steps in their environment.")


async def create_connector(call: Call, unit: Reader) -> None:
    """Refused."""
    raise Unsupported(
        "This server keeps no service connectors: let your stack components take credentials from the environment."
    )


ROUTES: tuple[Route, ...] = (
    Read("GET", "/secrets", list_none),
    Read("POST", "/secrets", create_secret),
    Read("GET", "/services", list_none),
    Read("GET", "/schedules", list_none),
    Read("GET", "/service_connectors", list_none),
    Read("POST", "/service_connectors", create_connector),
    Read("POST", "/service_connectors/verify", create_connector),
    Read("GET", "/service_connector_types", list_connector_types),
    Read("GET", "/service_connector_types/{connector_type:str}", read_connector_type),
)
