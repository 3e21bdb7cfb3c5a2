"""A gateway in this process that asks for credentials, and its users as clients of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from isogloss.core.access import Gate
from isogloss.core.registry import Registry
from isogloss.core.registry.doorkeeper import Doorkeeper, open_gate
from isogloss.core.registry.users import ensure_open_user
from isogloss.gateway.app import create_app
from isogloss.gateway.settings import Auth, read_settings

ROOT = "http://gateway"
API = "/api/v1"


class Asker:
    """Somebody with a token, or with none, who asks below the API's prefix."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self.http = http
        self.headers = {} if token is None else {"authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request with a JSON body, if there is one."""
        return await self.http.request(
            method,
            API + path,
            json=body,
            headers={**self.headers, **{n.replace("_", "-"): v for n, v in headers.items()}},
        )

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """What a request that must succeed is answered."""
        answer = await self.ask(method, path, body)
        assert answer.status_code == 200, (method, path, answer.status_code, answer.text)
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and class of a refusal."""
        answer = await self.ask(method, path, body)
        said = answer.json()
        pair = said["detail"] if isinstance(said, dict) else said
        assert len(pair) == 2, answer.text
        return answer.status_code, pair[0]

    async def login(self, **form: str) -> httpx.Response:
        """Sign in with a form."""
        return await self.http.post(f"{API}/login", data=form)

    async def signed_in(self, **form: str) -> "Asker":
        """Who signed in with a form."""
        answer = await self.login(**form)
        assert answer.status_code == 200, answer.text
        return Asker(self.http, answer.json()["access_token"])


@asynccontextmanager
async def asked(registry: Registry, *, open_to_all: bool = False, **environment: str) -> AsyncIterator[Asker]:
    """Nobody in particular, before a gateway over the registry."""

    async def ready() -> str | None:
        return None

    gate: Gate = open_gate(await ensure_open_user(registry)) if open_to_all else Doorkeeper(registry)
    settings = read_settings({f"ISOGLOSS_{name}": value for name, value in environment.items()})
    app = create_app(settings, registry, auth=Auth.OPEN if open_to_all else Auth.REQUIRED, gate=gate, readiness=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as http:
        yield Asker(http)
