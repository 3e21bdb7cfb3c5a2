"""Writes that a client may repeat without knowing whether they were done.

A client that got no answer asks again with the same key. What it would have been answered is kept in the very
transaction of the write, so the write is done once, whichever process is asked and whenever it was interrupted.
"""

from collections.abc import Awaitable, Callable

from isogloss.core.access import Principal
from isogloss.core.model import Json, Reply
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry.context import Registry

KEPT_MICROSECONDS = 600 * 1_000_000
"""How long an answer is repeated: well beyond the time after which clients have given up."""

SWEPT_AT_ONCE = 1_000


class _Repeated(Exception):
    """Somebody else has done the same write meanwhile; this one must leave nothing."""


async def once(registry: Registry, caller: Principal, key: str, work: Callable[[Writer], Awaitable[Json]]) -> Json:
    """What ``work`` answers, which is done unless it was done under this key before: then its answer is repeated.

    Keys of different users are different keys. Whatever ``work`` raises is not kept.
    """
    caller_id = caller.user_id or ""

    async def write(unit: Writer) -> Json:
        kept = await unit.get(Reply, key=key, caller_id=caller_id)
        if kept is not None:
            return kept.body
        body = await work(unit)
        if not await unit.add_if_absent(Reply(key=key, caller_id=caller_id, body=body, created=registry.clock())):
            raise _Repeated
        return body

    async def read(unit: Reader) -> Reply | None:
        return await unit.get(Reply, key=key, caller_id=caller_id)

    try:
        return await registry.store.write(write)
    except _Repeated:
        kept = await registry.store.read(read)
        if kept is None:
            raise RuntimeError(f"The reply {key!r} was there and is gone.") from None
        return kept.body


async def forget(registry: Registry) -> int:
    """Remove some of the replies that are no longer repeated; tells how many."""
    old = Query(
        source="reply",
        fields=("key", "caller_id"),
        project_id=None,
        where=Compare("created", Operator.LT, registry.clock() - KEPT_MICROSECONDS),
        limit=SWEPT_AT_ONCE,
    )

    async def work(unit: Writer) -> int:
        by_caller: dict[str, list[str]] = {}
        for key, caller_id in await unit.rows(old):
            by_caller.setdefault(caller_id, []).append(key)
        return sum([await unit.remove(Reply, caller_id=caller_id, key=keys) for caller_id, keys in by_caller.items()])

    return await registry.store.write(work)
