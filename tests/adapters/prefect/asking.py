"""A gateway in this process, asked over HTTP without a network between: every layer but the server is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from isogloss.core.registry import Registry
from isogloss.gateway.app import create_app
from isogloss.gateway.settings import Auth, read_settings
from tests.support.registries import anybody

ROOT = "http://gateway"


@asynccontextmanager
async def asked(registry: Registry) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an open gateway over the registry."""

    async def ready() -> str | None:
        return None

    app = create_app(read_settings({}), registry, auth=Auth.OPEN, gate=anybody, readiness=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as client:
        yield client
