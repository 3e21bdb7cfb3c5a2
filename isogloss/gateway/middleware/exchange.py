"""The outermost layer: gives a request its id, and leaves in its scope what the other layers share.

One wrapper around ``send`` serves them all, since each one costs every request: it notes status and size.
"""

import re
import secrets
from itertools import count

from isogloss.gateway.logs import REQUEST_ID
from isogloss.gateway.middleware.asgi import App, Message, Receive, Scope, Send

HEADERS = "isogloss.headers"
"""Scope key: the request's headers as a dict, names in lower case; of a repeated header the last one."""
STATUS = "isogloss.status"
"""Scope key: the status that was sent, 0 while there is none. A websocket has 101, or 403 where it was refused."""
SIZE = "isogloss.size"
"""Scope key: how many bytes of body were sent, as they went over the wire."""

_SANE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class Exchange:
    """Takes the client's ``x-request-id`` where it is harmless to log and to send back, else makes one."""

    def __init__(self, app: App) -> None:
        self._app = app
        # A random start and a counter: unique, and far cheaper than fresh randomness for each request.
        self._prefix = secrets.token_hex(6).encode()
        self._count = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id, and put the id on the answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[HEADERS] = headers = dict(scope["headers"])
        given = headers.get(b"x-request-id")
        if given is not None and _SANE.fullmatch(given):
            identity = given
        else:
            identity = b"%b-%x" % (self._prefix, next(self._count))
        # Never reset: a server runs each request in a task, and so in a context, of its own.
        REQUEST_ID.set(identity.decode())
        scope[STATUS] = scope[SIZE] = 0

        async def send_noted(message: Message) -> None:
            kind = message["type"]
            if kind == "http.response.body":
                scope[SIZE] += len(message.get("body", b""))
            elif kind == "http.response.start":
                scope[STATUS] = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identity)]
            elif kind == "websocket.accept":
                scope[STATUS] = 101
            elif kind == "websocket.close" and not scope[STATUS]:
                scope[STATUS] = 403
            await send(message)

        await self._app(scope, receive, send_noted)
