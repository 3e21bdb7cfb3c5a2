"""ZenML's operations, by resource. Each module lists its own as ``ROUTES``."""

from uuid import UUID

from litestar.types import ASGIApp

from isogloss.adapters.call import Call
from isogloss.adapters.operations import Manner, PlainOperation, WriteOperation, encode, writing
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml.failures import Unprocessable, reply_to
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.core.model import Json
from isogloss.core.ports import Writer
from isogloss.core.registry import replies

PREFIX = "/api/v1"

# The client makes a key for each request and sends the same one when it tries again.
_IDEMPOTENCY_KEY = b"idempotency-key"


def writing_once(operation: WriteOperation) -> PlainOperation:
    """Writes whose answer is repeated to a client that asks again with the same key."""
    write = writing(operation)

    async def handle(call: Call) -> ASGIApp:
        key = call.headers.get(_IDEMPOTENCY_KEY)
        if key is None:
            return await write(call)

        async def work(unit: Writer) -> Json:
            return encode(await operation(call, unit)).decode()

        body = await replies.once(call.registry, call.caller, _idempotency_key(key), work)
        return Reply(body.encode())

    return handle


def _idempotency_key(given: bytes) -> str:
    try:
        return str(UUID(given.decode("latin-1")))
    except ValueError:
        raise Unprocessable("header.Idempotency-Key: must be a UUID.") from None


MANNER = Manner(
    dialect=DIALECT,
    prefix=PREFIX,
    reply_to=reply_to,
    not_allowed=Reply(b'{"detail":"Method Not Allowed"}', 405),
    posting=writing_once,
)
"""How all operations are served."""
