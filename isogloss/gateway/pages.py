"""The gateway's own addresses: /health, /ready, and a start page for people."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from isogloss.adapters.call import address_asked
from isogloss.adapters.dialect import Dialect
from isogloss.gateway.bundles import ServedInterface
from isogloss.gateway.middleware.asgi import App, Headers, Receive, Scope, Send, send_bytes
from isogloss.gateway.middleware.exchange import HEADERS
from isogloss.gateway.settings import Auth, Settings
from isogloss.gateway.start_page import StartPage

READY_SECONDS = 5.0
"""How long the storage may take to answer before the process counts as not ready."""

Readiness: TypeAlias = Callable[[], Awaitable[str | None]]
"""Says why the gateway is not ready, in a sentence that gives no secrets away; null when it is. May raise."""

logger = logging.getLogger("isogloss.gateway")

_JSON: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
_HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"vary", b"Accept"),
]


def make_pages(
    settings: Settings,
    *,
    auth: Auth,
    readiness: Readiness,
    dialects: Sequence[Dialect],
    interfaces: Sequence[ServedInterface] = (),
) -> dict[str, App]:
    """An app for each path. They need no credential, and answer GET and HEAD."""

    async def health(scope: Scope, receive: Receive, send: Send) -> None:
        await send_bytes(200, b"OK", _TEXT, send)

    async def ready(scope: Scope, receive: Receive, send: Send) -> None:
        reason = await why_not_ready(readiness)
        body = json.dumps({"ready": reason is None, "reason": reason}).encode()
        await send_bytes(200 if reason is None else 503, body, _JSON, send)

    async def start(scope: Scope, receive: Receive, send: Send) -> None:
        page = StartPage(url=root_asked(settings, scope), auth=auth, dialects=dialects, interfaces=interfaces)
        if wants_html(scope[HEADERS]):
            await send_bytes(200, page.as_html().encode(), _HTML, send)
        else:
            await send_bytes(200, page.as_text().encode(), [*_TEXT, (b"vary", b"Accept")], send)

    return {path: readable(page) for path, page in {"/": start, "/health": health, "/ready": ready}.items()}


def root_asked(settings: Settings, scope: Scope) -> str:
    """The root of the address by which whoever asks reaches us, without a slash at its end."""
    host = scope[HEADERS].get(b"host", b"")
    return settings.public_url or address_asked(scope.get("scheme", "http"), host, scope.get("server"))


def wants_html(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request is one of those by which browsers come to a page: they name HTML, and programs do not."""
    for entry in headers.get(b"accept", b"").split(b","):
        kind, _, weight = entry.partition(b";")
        if kind.strip().lower() == b"text/html":
            return weight.replace(b" ", b"").rstrip(b"0.") != b"q="
    return False


async def why_not_ready(readiness: Readiness) -> str | None:
    """The reason against being ready, failures and undue silence included; null when there is none."""
    try:
        return await asyncio.wait_for(readiness(), READY_SECONDS)
    except TimeoutError:
        return f"The storage has not answered within {READY_SECONDS:g} s."
    except Exception:
        logger.warning("The storage does not answer", exc_info=True)
        return "The storage does not answer."


def readable(page: App) -> App:
    """The page for GET and HEAD; other methods are refused."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await page(scope, receive, send)
        else:
            headers: Headers = [(b"content-type", b"application/json"), (b"allow", b"GET, HEAD")]
            await send_bytes(405, b'{"detail":"Method Not Allowed"}', headers, send)

    return answer
