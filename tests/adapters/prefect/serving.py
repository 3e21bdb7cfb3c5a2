"""The dialect's routes in this process: requests and a websocket without a network between."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from uuid import uuid4

from litestar import Litestar
from msgspec import Struct

from isogloss.adapters.dialect import CALLER, Host
from isogloss.adapters.prefect.dialect import PREFECT
from isogloss.core.access import ANYBODY, Credential, Gate, Principal
from isogloss.core.registry import Registry


class Answer(Struct, frozen=True):
    """What a route answered; ``json`` is the parsed body."""

    status: int
    json: Any


async def open_gate(credential: Credential | None) -> Principal:
    """Lets everybody in."""
    return ANYBODY


class Served:
    """The dialect over a registry."""

    def __init__(self, registry: Registry, gate: Gate = open_gate, caller: Principal = ANYBODY) -> None:
        self.registry = registry
        self._caller = caller
        host = Host(registry=registry, gate=gate, open=True, public_url=None)
        app = Litestar(PREFECT.routes(host), openapi_config=None, logging_config=None)
        self._app = cast("Callable[[dict[str, Any], Any, Any], Awaitable[None]]", app)

    async def __call__(self, method: str, path: str, body: object = None) -> Answer:
        """One request below ``/api``; the path may have a query behind it."""
        content = b"" if body is None else json.dumps(body).encode()
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = self._scope("http", path, [(b"content-type", b"application/json")])
        await self._app({**scope, "method": method, "http_version": "1.1"}, receive, send)
        answered = b"".join(message.get("body", b"") for message in sent)
        return Answer(sent[0]["status"], json.loads(answered) if answered else None)

    async def post(self, path: str, body: object = None) -> Any:
        """The JSON of a POST that must succeed."""
        answer = await self("POST", path, body)
        assert answer.status in (200, 201), answer
        return answer.json

    async def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self("GET", path)
        assert answer.status == 200, answer
        return answer.json

    async def events(self, frames: Sequence[str], subprotocols: Sequence[str] = ("prefect",)) -> list[Any]:
        """Open the events' websocket, send frames and leave. Answers the messages that came back."""
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        inbox.put_nowait({"type": "websocket.connect"})
        for frame in frames:
            inbox.put_nowait({"type": "websocket.receive", "text": frame})
        inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = self._scope("websocket", "/events/in", [])
        await self._app({**scope, "subprotocols": list(subprotocols)}, inbox.get, send)
        return sent

    def _scope(self, kind: str, target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "type": kind,
            "asgi": {"version": "3.0"},
            "scheme": "http" if kind == "http" else "ws",
            "path": f"/api{path}",
            "raw_path": f"/api{path}".encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "server": ("test", 80),
            "client": ("test", 1),
            "extensions": {},
            CALLER: self._caller,
        }


def task_event(
    state: str,
    at: str,
    *,
    run_id: str | None,
    step_id: str,
    event_id: str | None = None,
    message: str | None = "",
    details: dict[str, Any] | None = None,
    data: Any = None,
    **task: Any,
) -> str:
    """The frame of a task-run event as the real client sends it."""
    related = []
    if run_id is not None:
        related.append({"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.role": "flow-run"})
    given = {
        "name": "work-ab3",
        "task_key": "work-9b11c53a",
        "dynamic_key": "0",
        "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 0, "retry_delay": 0},
        "tags": [],
        "labels": {},
        "task_inputs": {"n": []},
        "run_count": 0,
        "flow_run_run_count": 0,
        "expected_start_time": "2026-11-22T10:00:00Z",
        "total_run_time": 0.0,
    }
    return json.dumps(
        {
            "occurred": at,
            "event": f"prefect.task-run.{state.capitalize()}",
            "resource": {
                "prefect.resource.id": f"prefect.task-run.{step_id}",
                "prefect.state-type": state,
                "prefect.orchestration": "client",
            },
            "related": related,
            "payload": {
                "intended": {"from": None, "to": state},
                "initial_state": None,
                "validated_state": {
                    "type": state,
                    "name": state.capitalize(),
                    "message": message,
                    "state_details": details or {},
                    "data": data,
                },
                "task_run": given | task,
            },
            "id": event_id or str(uuid4()),
            "follows": None,
        }
    )
