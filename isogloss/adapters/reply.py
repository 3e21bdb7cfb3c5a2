"""The answer of a route, as the plain ASGI application that sends it."""

from litestar.types import Receive, Scope, Send

_JSON = (b"content-type", b"application/json")


class Reply:
    """Sends a status and a body of JSON, already encoded; an empty body has no content type.

    Litestar takes it as it is, where its own responses would be built twice.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.body = body
        self.status = status
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        if self.status != 204:
            headers.append((b"content-length", b"%d" % len(self.body)))
            if self.body:
                headers.append(_JSON)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


NO_CONTENT = Reply(b"", 204)
