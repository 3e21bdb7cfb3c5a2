"""The shapes of ASGI, with scopes open to keys of our own; and how a layer answers by itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from isogloss.adapters.dialect import Answer

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer that a dialect, or the gateway, holds ready. Its body is JSON unless its headers say otherwise."""
    headers: Headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"application/json"))
    await send_bytes(answer.status, answer.body, headers, send)


async def send_bytes(status: int, body: bytes, headers: Headers, send: Send) -> None:
    """Send a whole answer, its length included."""
    headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
