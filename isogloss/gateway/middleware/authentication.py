"""Who is asking: from the ``authorization`` header to a ``Principal`` in the scope."""

import base64
import binascii

from isogloss.adapters.dialect import CALLER, Dialect
from isogloss.core.access import Credential, Gate
from isogloss.core.errors import Unauthenticated
from isogloss.gateway.middleware.asgi import App, Receive, Scope, Send, send_answer
from isogloss.gateway.middleware.exchange import HEADERS
from isogloss.gateway.middleware.switch import DIALECT


class Authentication:
    """Asks the gate, and answers with the dialect's ``unauthorized`` where it refuses.

    A dialect's open paths are compared whole and as they came, so that no other spelling of a path is open.
    Websockets pass: their routes ask the gate themselves, as their credential comes in a message.
    """

    def __init__(self, app: App, *, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dialect = scope[DIALECT]
        if not _is_open(dialect, scope["path"]):
            credential = read_authorization(scope[HEADERS].get(b"authorization"))
            if dialect.refuses is not None and dialect.refuses(credential):
                await send_answer(dialect.unauthorized, send)
                return
            try:
                scope[CALLER] = await self._gate(credential)
            except Unauthenticated:
                await send_answer(dialect.unauthorized, send)
                return
        await self._app(scope, receive, send)


def _is_open(dialect: Dialect, path: str) -> bool:
    if path in dialect.open_paths:
        return True
    return dialect.open_pattern is not None and dialect.open_pattern.fullmatch(path) is not None


def read_authorization(header: bytes | None) -> Credential | None:
    """The credential in the header; null where there is none to be read.

    It is ``Bearer TOKEN`` or ``Basic NAME:SECRET``. A Basic one without a colon is a token: pages that ask for a name
    and a password in one field send so what somebody pasted there, and Prefect's clients what they were told.
    """
    if header is None:
        return None
    scheme, _, rest = header.partition(b" ")
    scheme, rest = scheme.lower(), rest.strip()
    try:
        if scheme == b"bearer" and rest:
            return Credential(name=None, secret=rest.decode())
        if scheme == b"basic":
            name, colon, secret = _text(base64.b64decode(rest, validate=True)).partition(":")
            if colon:
                return Credential(name=name, secret=secret)
            return Credential(name=None, secret=name) if name else None
    except (binascii.Error, UnicodeDecodeError):
        pass
    return None


def _text(raw: bytes) -> str:
    """Text that is UTF-8 or, as pages' own ``btoa`` encodes it, Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
