"""Reads a Prefect server page by page, in the order in which rows refer to each other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import DecodeError, Raw, Struct, json
from msgspec.structs import replace

from isogloss.adapters.prefect.importing import mapping, wire
from isogloss.adapters.prefect.importing.wire import FlowRun, State, TaskRun
from isogloss.adapters.source import Fetch, SourceError, answered, ids_of, renamed, told
from isogloss.core.registry.incoming import Aliases, Batch, LeftOut, ReadBatch

PAGE = 200
"""The most that the vendor's server gives at once."""
AT_ONCE = 8
"""How many histories are asked for at once."""

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
    tell: Callable[..., Batch]


class RunListing(Struct, frozen=True):
    """A list of runs, and where the states of one are: before the run's id."""

    path: str
    states: str
    shape: Any
    tell: Callable[..., Batch]


LISTINGS = (
    Listing("/flows", "CREATED_DESC", wire.Flow, mapping.flows),
    Listing("/deployments", "CREATED_DESC", wire.Deployment, mapping.deployments),
)
RUNS = (
    RunListing("/flow_runs", "/flow_run_states/?flow_run_id=", FlowRun, mapping.flow_runs),
    RunListing("/task_runs", "/task_run_states/?task_run_id=", TaskRun, mapping.task_runs),
)
LOGS = Listing("/logs", "TIMESTAMP_ASC", wire.Log, mapping.logs)
AFTER_RUNS = (
    Listing("/artifacts", "CREATED_DESC", wire.Piece, mapping.artifacts),
    Listing("/artifacts/latest", "CREATED_DESC", wire.Collection, mapping.collections),
)


async def pages(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    """All pages of a source, whose rows go to this project. Raises ``SourceError``."""
    for listing in LISTINGS:
        async for page in _listed(fetch, listing, project_id):
            yield page
    for runs in RUNS:
        async for page in _runs(fetch, runs, project_id):
            yield page
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
            count = await _number(fetch, path)
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
    count = f"{listing.path}/count"
    total = await _number(fetch, count)
    behind = 0
    while behind < total:
        # From the end: what is made while this runs comes before, and only adds to what is left.
        total_now = await _number(fetch, count)
        left = total_now - behind
        if left <= 0:
            return
        limit = min(PAGE, left)
        text, _ = await _page(fetch, listing.path, listing.sort, left - limit, limit)
        yield [partial(_told, text, listing, project_id=project_id)]
        behind, total = behind + limit, total_now


async def _runs(fetch: Fetch, listing: RunListing, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    offset = 0
    while True:
        text, rows = await _page(fetch, listing.path, "ID_DESC", offset)
        if not rows:
            return
        histories = await _histories(fetch, listing.states, ids_of(rows))
        yield [partial(_told_runs, text, histories, listing, project_id=project_id)]
        offset += len(rows)


async def _histories(fetch: Fetch, path: str, run_ids: Sequence[str]) -> dict[str, list[Raw]]:
    """All states of runs, by the run's id."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def history(run_id: str) -> list[Raw]:
        async with turns:
            return answered(f"GET {path}{run_id}", await fetch("GET", f"{path}{run_id}"), list[Raw])

    return dict(zip(run_ids, await asyncio.gather(*map(history, run_ids)), strict=True))


async def _logs(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    offset = 0
    while True:
        text, rows = await _page(fetch, LOGS.path, LOGS.sort, offset)
        if not rows:
            return
        yield [partial(_told, text, LOGS, project_id=project_id)]
        offset += len(rows)


async def _number(fetch: Fetch, path: str) -> int:
    return answered(f"POST {path}", await fetch("POST", path, {}), int)


async def _page(fetch: Fetch, path: str, sort: str, offset: int, limit: int = PAGE) -> tuple[bytes, list[Raw]]:
    """A page as it came, and its rows."""
    text = await fetch("POST", f"{path}/filter", {"sort": sort, "offset": offset, "limit": limit})
    return text, answered(f"POST {path}/filter", text, list[Raw])


def _told(text: bytes, listing: Listing, aliases: Aliases, *, project_id: str) -> Batch:
    rows = json.decode(renamed(text, aliases), type=list[Raw])
    return told(rows, listing.shape, partial(listing.tell, project_id=project_id))


def _told_runs(
    text: bytes, histories: Mapping[str, Sequence[Raw]], listing: RunListing, aliases: Aliases, *, project_id: str
) -> Batch:
    rows = json.decode(renamed(text, aliases), type=list[Raw])
    history, left_out = _read_states(histories)
    batch = told(rows, listing.shape, partial(listing.tell, history=history, project_id=project_id))
    return replace(batch, left_out=[*batch.left_out, *left_out])


def _read_states(histories: Mapping[str, Sequence[Raw]]) -> tuple[list[tuple[str, State]], list[LeftOut]]:
    """The states of runs as (run, state), and those that cannot be read."""
    history: list[tuple[str, State]] = []
    left_out: list[LeftOut] = []
    for run_id, rows in histories.items():
        for row in rows:
            try:
                history.append((run_id, mapping.read_state(row)))
            except DecodeError as error:
                left_out.append(LeftOut(f"a state of {run_id}", f"it cannot be read: {error}"))
    return history, left_out
