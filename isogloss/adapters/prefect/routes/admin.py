"""What a client asks of the server itself."""

import logging

from isogloss.adapters.prefect.decode import AnyRequest, query_text
from isogloss.adapters.prefect.failures import detail
from isogloss.adapters.prefect.routes import Route
from isogloss.adapters.reply import Reply
from isogloss.core.model import Project
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry

logger = logging.getLogger("isogloss.prefect")

SERVER_VERSION = "3.8.8"
"""The release of the vendor's server that is spoken here; clients of its major version agree to work with it."""

API_VERSION = "0.8.4"

_SERVER_VERSION = Reply(f'"{SERVER_VERSION}"'.encode())
_API_VERSION = Reply(f'"{API_VERSION}"'.encode())
_NO_DEFAULT_STORAGE = Reply(b'{"default_result_storage_block_id":null}')
_SETTINGS = Reply(
    b'{"server":{"analytics_enabled":false,"ui":{"show_promotional_content":false}},'
    b'"PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT":false}'
)
_TRUE = Reply(b"true")
_READY = Reply(b'{"message":"OK"}')
_NOT_READY = Reply(b'{"message":"Database is not available"}', 503)


async def create_csrf_token(registry: Registry, request: AnyRequest) -> Reply:
    """There is no CSRF protection to have a token for; the client knows this sentence and goes on without."""
    query_text(request, "client")
    raise detail(422, "CSRF protection is disabled.")


async def read_version(registry: Registry, request: AnyRequest) -> Reply:
    """The server's version."""
    return _SERVER_VERSION


async def read_api_version(registry: Registry, request: AnyRequest) -> Reply:
    """The version of the API."""
    return _API_VERSION


async def read_settings(registry: Registry, request: AnyRequest) -> Reply:
    """What the vendor's pages read of its server's settings; of ours, nothing.

    Without the first, the newer pages report to their maker. What they call ``server.ui.show_promotional_content``, the
    older ones look for under the variable's name.
    """
    return _SETTINGS


async def read_storage(registry: Registry, request: AnyRequest) -> Reply:
    """Where results go that name no place: no block is ever set for that."""
    return _NO_DEFAULT_STORAGE


async def health_check(registry: Registry, request: AnyRequest) -> Reply:
    """That the process answers."""
    return _TRUE


async def readiness_check(registry: Registry, request: AnyRequest) -> Reply:
    """That the storage answers, too."""

    async def work(unit: Reader) -> object:
        return await unit.get(Project, id=registry.default_project.id)

    try:
        await registry.store.read(work)
    except Exception:
        logger.warning("the storage does not answer", exc_info=True)
        return _NOT_READY
    return _READY


ROUTES = (
    Route("GET", "/csrf-token", create_csrf_token),
    Route("GET", "/admin/version", read_version),
    Route("GET", "/admin/settings", read_settings),
    Route("GET", "/admin/storage", read_storage),
    Route("GET", "/health", health_check, versioned=False),
    Route("GET", "/version", read_api_version, versioned=False),
    Route("GET", "/ready", readiness_check),
)
