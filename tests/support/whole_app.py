"""The whole gateway in this process, as its users meet it: requests go through every layer, without a socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from isogloss.core.registry import Registry
from isogloss.gateway.assembly import open_gateway
from isogloss.gateway.middleware.asgi import App
from isogloss.gateway.settings import Auth, read_settings


class Answer(Struct, frozen=True):
    """What was answered: the status, and all bytes of the body."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


class WholeApp(Struct, frozen=True):
    """An app over a registry, and where its files lie."""

    app: App
    registry: Registry
    objects: Path

    async def ask(
        self, method: str, target: str, body: object = None, *, key: str | None = None, raw: bytes | None = None
    ) -> Answer:
        """One request for a path, with a query or without; ``key`` is the bearer's."""
        path, _, query = target.partition("?")
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = [(b"host", b"test"), (b"content-type", b"application/json")]
        headers.append((b"content-length", str(len(content)).encode()))
        if key is not None:
            headers.append((b"authorization", f"Bearer {key}".encode()))
        sent: list[Any] = []
        waiting = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "server": ("test", 80),
            "client": ("127.0.0.1", 1),
            "extensions": {},
        }
        await self.app(scope, receive, send)
        return Answer(sent[0]["status"], b"".join(each.get("body", b"") for each in sent))

    async def connect(self, path: str, token: str | None) -> int | None:
        """Knock at a websocket as Prefect's clients do; the code with which it is closed, None where one is let in."""
        waiting: list[Any] = [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": json.dumps({"type": "auth", "token": token})},
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"test")],
            "server": ("test", 80),
            "client": ("127.0.0.1", 1),
            "subprotocols": ["prefect"],
            "extensions": {},
        }
        await self.app(scope, receive, send)
        return next((each["code"] for each in sent if each["type"] == "websocket.close"), None)


@asynccontextmanager
async def whole_app(database_url: str, home: Path, password: str) -> AsyncIterator[WholeApp]:
    """The gateway on a database, where everybody has to say who they are; ``password`` is that of the user admin."""
    settings = read_settings(
        {
            "ISOGLOSS_HOME": str(home),
            "ISOGLOSS_DATABASE_URL": database_url,
            "ISOGLOSS_ADMIN_PASSWORD": password,
            "ISOGLOSS_LOG_LEVEL": "error",
        }
    )
    async with open_gateway(settings, Auth.REQUIRED, environment={}) as gateway:
        yield WholeApp(gateway.app, gateway.registry, home / "objects")
