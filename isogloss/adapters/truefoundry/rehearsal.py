"""Dry runs: the write is done, its answer kept, and the transaction given up."""

from litestar.types import ASGIApp

from isogloss.adapters.call import Call
from isogloss.adapters.operations import PlainOperation, WriteOperation, encode
from isogloss.adapters.reply import Reply
from isogloss.core.ports import Writer


class Rehearsed(Exception):
    """Ends a transaction that was only a rehearsal. ``answer`` is what it came to."""

    def __init__(self, answer: object) -> None:
        super().__init__("This was a dry run; nothing is kept.")
        self.answer = answer


def rehearsable(operation: WriteOperation) -> PlainOperation:
    """A writing operation that may raise ``Rehearsed``, which is then its answer and all that is left of it."""

    async def handle(call: Call) -> ASGIApp:
        async def work(unit: Writer) -> bytes:
            return encode(await operation(call, unit))

        try:
            return Reply(await call.registry.store.write(work))
        except Rehearsed as rehearsed:
            return Reply(encode(rehearsed.answer))

    handle.__name__ = getattr(operation, "__name__", "rehearse")
    return handle
