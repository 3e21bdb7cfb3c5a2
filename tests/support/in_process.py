"""A dialect's routes in this process: requests without a network between."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from litestar import Litestar
from msgspec import Struct

from isogloss.adapters.dialect import CALLER, Dialect, Host
from isogloss.core.access import ANYBODY, Credential, Gate, Principal
from isogloss.core.registry import Registry
from tests.support.registries import Clock

Asked = Mapping[str, object] | Sequence[tuple[str, object]]
"""A query: values by name, or pairs where a name comes more than once."""


class Answer(Struct, frozen=True):
    """What a route answered; ``json`` is the parsed body, None where it is not JSON."""

    status: int
    json: Any
    body: bytes
    headers: dict[str, str]


async def open_gate(credential: Credential | None) -> Principal:
    """Lets everybody in."""
    return ANYBODY


class InProcess:
    """A dialect over a registry. Paths are those below ``prefix``."""

    def __init__(
        self,
        dialect: Dialect,
        prefix: str,
        registry: Registry,
        gate: Gate = open_gate,
        caller: Principal = ANYBODY,
        *,
        is_open: bool = True,
    ) -> None:
        self.registry = registry
        self.prefix = prefix
        self.caller = caller
        host = Host(registry=registry, gate=gate, open=is_open, public_url=None)
        app = Litestar(dialect.routes(host), openapi_config=None, logging_config=None)
        self._app = cast("Callable[[dict[str, Any], Any, Any], Awaitable[None]]", app)

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Asked = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request below the prefix. A body of bytes is sent as it is, any other as JSON."""
        # No two requests come at the same time, so what they make has an order.
        if isinstance(self.registry.clock, Clock):
            self.registry.clock.advance(1)
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        given = {"content-type": "application/json"} | {name.lower(): value for name, value in (headers or {}).items()}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": f"{self.prefix}{path}",
            "raw_path": f"{self.prefix}{path}".encode(),
            "root_path": "",
            "query_string": urlencode(query).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("test", 80),
            "client": ("test", 1),
            "extensions": {},
            CALLER: self.caller,
        }
        await self._app(scope, receive, send)
        answered = b"".join(message.get("body", b"") for message in sent)
        answer_headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        try:
            parsed = json.loads(answered)
        except ValueError:
            parsed = None
        return Answer(sent[0]["status"], parsed, answered, answer_headers)

    async def get(self, path: str, query: Asked = ()) -> Any:
        """The JSON of a GET that must succeed."""
        return await self._good("GET", path, None, query)

    async def post(self, path: str, body: object = None, query: Asked = ()) -> Any:
        """The JSON of a POST that must succeed."""
        return await self._good("POST", path, body, query)

    async def put(self, path: str, body: object = None, query: Asked = ()) -> Any:
        """The JSON of a PUT that must succeed."""
        return await self._good("PUT", path, body, query)

    async def delete(self, path: str, body: object = None, query: Asked = ()) -> Any:
        """The JSON of a DELETE that must succeed."""
        return await self._good("DELETE", path, body, query)

    async def _good(self, method: str, path: str, body: object, query: Asked) -> Any:
        answer = await self(method, path, body, query)
        assert answer.status == 200, answer
        return answer.json
