"""The gateway's own addresses: /health, /ready, and a start page for people."""

import asyncio
import html
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from isogloss.adapters.call import address_asked
from isogloss.adapters.dialect import Dialect
from isogloss.gateway.middleware.asgi import App, Headers, Receive, Scope, Send, send_bytes
from isogloss.gateway.middleware.exchange import HEADERS
from isogloss.gateway.settings import Auth, Settings

READY_SECONDS = 5.0
"""How long the storage may take to answer before the process counts as not ready."""

NAME_PLACEHOLDER, KEY_PLACEHOLDER = "NAME", "TOKEN"
"""What stands in the lines to paste where the user has to put something."""

Readiness: TypeAlias = Callable[[], Awaitable[str | None]]
"""Says why the gateway is not ready, in a sentence that gives no secrets away; null when it is. May raise."""

logger = logging.getLogger("isogloss.gateway")

_JSON: Headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
_HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
]


def make_pages(settings: Settings, *, auth: Auth, readiness: Readiness, dialects: Sequence[Dialect]) -> dict[str, App]:
    """An app for each path. They need no credential, and answer GET and HEAD."""

    async def health(scope: Scope, receive: Receive, send: Send) -> None:
        await send_bytes(200, b"OK", _TEXT, send)

    async def ready(scope: Scope, receive: Receive, send: Send) -> None:
        reason = await why_not_ready(readiness)
        body = json.dumps({"ready": reason is None, "reason": reason}).encode()
        await send_bytes(200 if reason is None else 503, body, _JSON, send)

    async def start(scope: Scope, receive: Receive, send: Send) -> None:
        url = settings.public_url or address_asked(
            scope.get("scheme", "http"), scope[HEADERS].get(b"host", b""), scope.get("server")
        )
        await send_bytes(200, start_page(url, auth, dialects).encode(), _HTML, send)

    return {path: _readable(page) for path, page in {"/": start, "/health": health, "/ready": ready}.items()}


async def why_not_ready(readiness: Readiness) -> str | None:
    """The reason against being ready, failures and undue silence included; null when there is none."""
    try:
        return await asyncio.wait_for(readiness(), READY_SECONDS)
    except TimeoutError:
        return f"The storage has not answered within {READY_SECONDS:g} s."
    except Exception:
        logger.warning("The storage does not answer", exc_info=True)
        return "The storage does not answer."


def with_clients(dialects: Sequence[Dialect]) -> list[Dialect]:
    """The dialects that have a client to be pointed here."""
    return [dialect for dialect in dialects if dialect.connect is not None]


def connect_lines(dialect: Dialect, url: str, auth: Auth, name: str | None, key: str | None) -> list[str]:
    """The lines that point a dialect's client at ``url``, with placeholders for a credential that is needed."""
    if key is None and auth is Auth.REQUIRED:
        key = KEY_PLACEHOLDER
    return [] if dialect.connect is None else dialect.connect(url, name or NAME_PLACEHOLDER, key)


def start_page(url: str, auth: Auth, dialects: Sequence[Dialect]) -> str:
    """The start page: what this is, where each API is, and how to connect to it. It asks for nothing else."""
    sections = []
    for dialect in with_clients(dialects):
        prefixes = ", ".join(f"<code>{html.escape(url + prefix.rstrip('/'))}</code>" for prefix in dialect.prefixes)
        lines = html.escape("\n".join(connect_lines(dialect, url, auth, None, None)))
        sections.append(f"<h2>{html.escape(dialect.name)}</h2>\n<p>API: {prefixes}</p>\n<pre>{lines}</pre>")
    keys = (
        "<p>Credentials are required. Make a key with <code>isogloss token create NAME</code>.</p>"
        if auth is Auth.REQUIRED
        else "<p>The registry is open: no credential is needed.</p>"
    )
    return _PAGE.format(keys=keys, sections="\n".join(sections))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isogloss</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }}
pre {{ background: #f3f3f3; color: #111; padding: .8rem; overflow-x: auto; }}
</style>
</head>
<body>
<h1>Isogloss</h1>
<p>One registry of machine-learning artifacts. Point a client here, and it works as with its own server.</p>
{keys}
{sections}
<p>State: <a href="/health">/health</a>, <a href="/ready">/ready</a></p>
</body>
</html>
"""


def _readable(page: App) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await page(scope, receive, send)
        else:
            headers: Headers = [(b"content-type", b"application/json"), (b"allow", b"GET, HEAD")]
            await send_bytes(405, b'{"detail":"Method Not Allowed"}', headers, send)

    return answer
