"""The registry's own routes in this process: requests without a network between."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar import Litestar
from msgspec import Struct

from isogloss.adapters.dialect import Host
from isogloss.adapters.native.dialect import NATIVE
from isogloss.core.registry import Registry
from tests.support.registries import anybody


class Answer(Struct, frozen=True):
    """What a route answered; header names are in lower case."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def detail(self) -> str:
        """The sentence of a refusal."""
        assert self.headers["content-type"] == "application/problem+json"
        problem = msgspec.json.decode(self.body)
        assert problem["status"] == self.status
        return cast("str", problem["detail"])


class Served:
    """The dialect over a registry. ``received`` counts the messages of the last body that were taken."""

    def __init__(self, registry: Registry) -> None:
        host = Host(registry=registry, gate=anybody, open=True, public_url=None)
        app = Litestar(NATIVE.routes(host), openapi_config=None, logging_config=None)
        self._app = cast("Callable[[dict[str, Any], Any, Any], Awaitable[None]]", app)
        self.received = 0

    async def __call__(
        self,
        method: str,
        address: str,
        body: Sequence[bytes] = (),
        headers: Mapping[str, str] | None = None,
        *,
        leaves: bool = False,
    ) -> Answer:
        """One request of an address, whose body comes in these pieces; ``leaves`` tells that no end follows them."""
        path, _, query = address.partition("?")
        pieces = list(body) or ([] if leaves else [b""])
        self.received = 0
        sent: list[Any] = []

        async def receive() -> Any:
            if self.received < len(pieces):
                self.received += 1
                more = leaves or self.received < len(pieces)
                return {"type": "http.request", "body": pieces[self.received - 1], "more_body": more}
            if not leaves:
                # The client waits for its answer.
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "server": ("test", 80),
            "client": ("test", 1),
            "extensions": {},
        }
        await self._app(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in sent)
        told = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], content, told)
