"""Servers that are imported from, over HTTP."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from isogloss.adapters.source import Fetch, SourceError
from isogloss.gateway.problems import Problem

SECONDS = 60.0
TRIES = 5
BUSY = frozenset({408, 429, 502, 503, 504})
"""What a server says that is to be asked again."""


@contextlib.asynccontextmanager
async def open_source(
    root: str, headers: Mapping[str, str], login: tuple[str, Mapping[str, str]] | None = None
) -> AsyncIterator[Fetch]:
    """Asks the API under this address until the block ends. ``login`` is a path and a form that give a bearer token.

    Raises ``SourceError`` for a login that is refused, and ``Problem`` for an address that is none.
    """
    if urlsplit(root).scheme not in ("http", "https") or not urlsplit(root).hostname:
        raise Problem(f"{root!r} is no address of a server; it must begin with http:// or https://.", code=2)
    # It writes a line for every request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with httpx.AsyncClient(base_url=root, headers=dict(headers), timeout=SECONDS, trust_env=False) as client:
        if login is not None:
            path, form = login
            answer = await _asked(client, "POST", path, data=dict(form))
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

        async def fetch(method: str, path: str, body: Any = None) -> bytes:
            given: dict[str, Any] = {} if body is None else {"json": body}
            return (await _asked(client, method, path, **given)).content

        yield fetch


async def _asked(client: httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
    """A good answer, asked for again where the server is busy or the connection breaks. Raises ``SourceError``."""
    asked = f"{method} {client.base_url}{path.lstrip('/')}"
    for tried in range(1, TRIES + 1):
        try:
            answer = await client.request(method, path, **given)
        except httpx.TransportError as error:
            if tried == TRIES:
                raise SourceError(f"{asked} is not answered: {str(error) or type(error).__name__}.") from None
        else:
            if answer.is_success:
                return answer
            if answer.status_code not in BUSY or tried == TRIES:
                said = " ".join(answer.text.split())[:300]
                raise SourceError(f"{asked} is answered {answer.status_code}: {said}", answer.status_code)
        await asyncio.sleep(0.2 * 2**tried)
    raise AssertionError("every try answers or raises")
