"""Which way a request goes: to a page of the gateway's own, to a dialect, or nowhere."""

from collections.abc import Mapping, Sequence

from isogloss.adapters.dialect import Answer, Dialect
from isogloss.gateway.middleware.asgi import App, Receive, Scope, Send, send_answer

DIALECT = "isogloss.dialect"
"""Scope key: the ``Dialect`` whose prefix the path has. Absent where no dialect is concerned."""

NOT_FOUND = Answer(status=404, body=b'{"detail":"Not Found"}')


class Switch:
    """Lets through only what belongs to a dialect, so that no path, however written, gets past authentication.

    The longest prefix that fits decides, as one dialect's paths may lie within another's. Litestar could tell an
    unknown path by itself, but only behind the layers that need to know the dialect.

    ``pages`` answer at their paths, ``folders`` at theirs and below: each of those is one part long.
    """

    def __init__(
        self, app: App, *, dialects: Sequence[Dialect], pages: Mapping[str, App], folders: Mapping[str, App]
    ) -> None:
        self._app = app
        self._pages = pages
        self._folders = folders
        prefixes = [(prefix.rstrip("/") + "/", dialect) for dialect in dialects for prefix in dialect.prefixes]
        self._prefixes = sorted(prefixes, key=lambda entry: len(entry[0]), reverse=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its dialect, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        within = path + "/"
        for prefix, dialect in self._prefixes:
            if within.startswith(prefix):
                scope[DIALECT] = dialect
                await self._app(scope, receive, send)
                return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif (page := self._pages.get(path) or self._folders.get(_first_part(path))) is not None:
            await page(scope, receive, send)
        else:
            await send_answer(NOT_FOUND, send)


def _first_part(path: str) -> str:
    """``/one`` of ``/one/two``."""
    end = path.find("/", 1)
    return path if end < 0 else path[:end]
