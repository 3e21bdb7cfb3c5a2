"""Answers in which every address can be opened: what others keep in rows is laid out before its address is told.

Most answers tell of nothing that has to be, and cost nothing more. One that does is asked for again when that is done;
what could not be laid out has an address then that no store knows.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
from litestar.types import ASGIApp

from isogloss.adapters.call import Call
from isogloss.adapters.operations import PlainOperation, ReadOperation, WriteOperation
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import kinds
from isogloss.adapters.zenml.default_stack import DEFAULT
from isogloss.adapters.zenml.failures import Unprocessable
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.renditions import rendition
from isogloss.adapters.zenml.stack_translate import ARTIFACT_STORE, COMPONENT, type_key
from isogloss.adapters.zenml.wire import Unopened
from isogloss.core.model import Json, Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, renditions, replies

# The client makes a key for each request and sends the same one when it tries again.
_IDEMPOTENCY_KEY = b"idempotency-key"


class _Waiting(Exception):
    """An answer to a write tells of versions that have to be laid out before; nothing of the write may be kept yet."""

    def __init__(self, version_ids: list[str]) -> None:
        super().__init__(version_ids)
        self.version_ids = version_ids


def encoded(value: object) -> tuple[bytes, list[str]]:
    """An answer as JSON, and the ids of the versions in it whose content cannot be opened yet."""
    waiting: list[str] = []

    def address(value: object) -> str:
        if not isinstance(value, Unopened):
            raise TypeError(f"{type(value).__name__} cannot be encoded.")
        waiting.append(value.version_id)
        return kinds.version_uri(value.version_id, None)

    return msgspec.json.encode(value, enc_hook=address), waiting


def reading(operation: ReadOperation) -> PlainOperation:
    """The operation in a snapshot of its own."""

    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Reader) -> tuple[bytes, list[str]]:
            return encoded(await operation(call, unit))

        body, waiting = await call.registry.store.read(work)
        if waiting and await lay_out(call.registry, waiting):
            body, _ = await call.registry.store.read(work)
        return Reply(body)

    return handle


def writing(operation: WriteOperation) -> PlainOperation:
    """The operation in a transaction of its own."""

    async def handle(call: Call) -> ASGIApp:
        return Reply(await _written(call, operation, call.registry.store.write))

    return handle


def writing_once(operation: WriteOperation) -> PlainOperation:
    """As ``writing``; its answer is repeated to a client that asks again with the same key."""
    write = writing(operation)

    async def handle(call: Call) -> ASGIApp:
        key = call.headers.get(_IDEMPOTENCY_KEY)
        if key is None:
            return await write(call)
        reply_key = _idempotency_key(key)

        async def once(work: Callable[[Writer], Awaitable[bytes]]) -> bytes:
            async def text(unit: Writer) -> Json:
                return (await work(unit)).decode()

            return (await replies.once(call.registry, call.caller, reply_key, text)).encode()

        return Reply(await _written(call, operation, once))

    return handle


def _idempotency_key(given: bytes) -> str:
    try:
        return str(UUID(given.decode("latin-1")))
    except ValueError:
        raise Unprocessable("header.Idempotency-Key: must be a UUID.") from None


async def _written(
    call: Call,
    operation: WriteOperation,
    run: Callable[[Callable[[Writer], Awaitable[bytes]]], Awaitable[bytes]],
) -> bytes:
    async def first(unit: Writer) -> bytes:
        body, waiting = encoded(await operation(call, unit))
        if waiting:
            raise _Waiting(waiting)
        return body

    async def again(unit: Writer) -> bytes:
        return encoded(await operation(call, unit))[0]

    try:
        return await run(first)
    except _Waiting as found:
        await lay_out(call.registry, found.version_ids)
    return await run(again)


async def lay_out(registry: Registry, version_ids: Sequence[str]) -> bool:
    """Lay versions that others wrote out in the store that every registry has; tells whether anything changed."""

    async def find(unit: Reader) -> Record | None:
        return await unit.get(Record, dialect=DIALECT, kind=COMPONENT, key=type_key(ARTIFACT_STORE, DEFAULT))

    store = await registry.store.read(find)
    if store is None:
        return False
    return await renditions.lay_out(registry, version_ids, dialect=DIALECT, store_id=store.id, render=rendition)
