"""Reads a Prefect server page by page, in the order in which rows refer to each other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from isogloss.adapters.prefect.importing import mapping
from isogloss.adapters.prefect.importing.mapping import FlowRun, State, TaskRun
from isogloss.adapters.source import Fetch, SourceError, renamed
from isogloss.core.registry.imports import Aliases, Batch, ReadBatch

PAGE = 200
"""The most that the vendor's server gives at once."""
AT_ONCE = 8
"""How many histories are asked for at once."""

T = TypeVar("T")

NOT_BROUGHT = {
    "variables": "/variables/count",
    "work pools": "/work_pools/count",
    "block documents": "/block_documents/count",
    "automations": "/automations/count",
}
"""What this registry keeps no rows for, and where the source says how many it has."""


class Listing(Struct, frozen=True):
    """A list of the vendor's: its routes, its sort, what its items are, and how they are told."""

    path: str
    sort: str
    shape: Any
    tell: Callable[[Any, str], Batch]


LISTINGS = (
    Listing("/flows", "CREATED_DESC", list[mapping.Flow], mapping.flows),
    Listing("/deployments", "CREATED_DESC", list[mapping.Deployment], mapping.deployments),
)
AFTER_RUNS = (
    Listing("/artifacts", "CREATED_DESC", list[mapping.Piece], mapping.artifacts),
    Listing("/artifacts/latest", "CREATED_DESC", list[mapping.Collection], mapping.collections),
)


async def pages(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    """All pages of a source, whose rows go to this project. Raises ``SourceError``."""
    for listing in LISTINGS:
        async for page in _listed(fetch, listing, project_id):
            yield page
    async for told in _runs(fetch, "/flow_runs", "/flow_run_states/?flow_run_id=", list[FlowRun], mapping.flow_runs):
        yield [partial(told, project_id=project_id)]
    async for told in _runs(fetch, "/task_runs", "/task_run_states/?task_run_id=", list[TaskRun], mapping.task_runs):
        yield [partial(told, project_id=project_id)]
    async for page in _logs(fetch, project_id):
        yield page
    for listing in AFTER_RUNS:
        async for page in _listed(fetch, listing, project_id):
            yield page


async def not_brought(fetch: Fetch) -> dict[str, int]:
    """How much the source has of what is not brought, by noun; events are not counted."""
    found: dict[str, int] = {}
    for noun, path in NOT_BROUGHT.items():
        try:
            count = msgspec.json.decode(await fetch("POST", path, {}), type=int)
        except SourceError:
            # A server without the route has none of them.
            continue
        if count:
            found[noun] = count
    return found


async def _listed(fetch: Fetch, listing: Listing, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    """The oldest rows first, though the vendor sorts by the newest only: so that versions are numbered in their order.

    What is made meanwhile moves all others back, and is read by another pass over what was not read yet.
    """
    total = msgspec.json.decode(await fetch("POST", f"{listing.path}/count", {}), type=int)
    behind = 0
    while behind < total:
        # From the end: what is made while this runs comes before, and only adds to what is left.
        total_now = msgspec.json.decode(await fetch("POST", f"{listing.path}/count", {}), type=int)
        left = total_now - behind
        if left <= 0:
            return
        limit = min(PAGE, left)
        body = {"sort": listing.sort, "offset": left - limit, "limit": limit}
        text = await fetch("POST", f"{listing.path}/filter", body)
        yield [partial(_told, text, listing, project_id=project_id)]
        behind, total = behind + limit, total_now


def _told(text: bytes, listing: Listing, aliases: Aliases, *, project_id: str) -> Batch:
    return listing.tell(msgspec.json.decode(renamed(text, aliases), type=listing.shape), project_id)


async def _runs(
    fetch: Fetch, path: str, states: str, shape: Any, tell: Callable[..., Batch]
) -> AsyncIterator[Callable[..., Batch]]:
    offset = 0
    while True:
        text = await fetch("POST", f"{path}/filter", {"sort": "ID_DESC", "offset": offset, "limit": PAGE})
        found = msgspec.json.decode(text, type=shape)
        if not found:
            return
        history = await _histories(fetch, states, [run.id for run in found])
        yield partial(_told_runs, text, history, shape, tell)
        offset += len(found)


async def _histories(fetch: Fetch, path: str, run_ids: Sequence[str]) -> list[tuple[str, State]]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def history(run_id: str) -> list[tuple[str, State]]:
        async with turns:
            text = await fetch("GET", f"{path}{run_id}")
        return [(run_id, state) for state in msgspec.json.decode(text, type=list[State])]

    return [each for some in await asyncio.gather(*map(history, run_ids)) for each in some]


def _told_runs(
    text: bytes,
    history: Sequence[tuple[str, State]],
    shape: Any,
    tell: Callable[..., Batch],
    aliases: Aliases,
    *,
    project_id: str,
) -> Batch:
    return tell(msgspec.json.decode(renamed(text, aliases), type=shape), history, project_id)


async def _logs(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    offset = 0
    listing = Listing("/logs", "TIMESTAMP_ASC", list[mapping.Log], mapping.logs)
    while True:
        text = await fetch("POST", "/logs/filter", {"sort": listing.sort, "offset": offset, "limit": PAGE})
        count = len(msgspec.json.decode(text, type=list[mapping.Log]))
        if not count:
            return
        yield [partial(_told, text, listing, project_id=project_id)]
        offset += count
