"""What the registry does for itself while it serves: it folds its tallies, and removes what is of no more use."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

from isogloss.core.registry import Registry
from isogloss.core.registry.devices import sweep_expired
from isogloss.core.registry.discards import sweep_discards, sweep_uploads
from isogloss.core.registry.events import trim_events
from isogloss.core.registry.replies import forget
from isogloss.core.registry.stages import sweep_stages
from isogloss.core.registry.upkeep import fold_tallies

INTERVAL_SECONDS = 5.0

Chore: TypeAlias = Callable[[], Awaitable[object]]
"""Something to do now and then."""

CHORES = (fold_tallies, forget, trim_events, sweep_expired, sweep_stages, sweep_discards, sweep_uploads)
"""What every registry does."""

logger = logging.getLogger("isogloss.upkeep")


@contextlib.asynccontextmanager
async def upkeep(
    registry: Registry, interval: float = INTERVAL_SECONDS, *, also: Sequence[Chore] = ()
) -> AsyncIterator[None]:
    """Keep the registry up, every ``interval`` seconds or so, until the block ends; ``also`` do these chores."""
    chores: tuple[Chore, ...] = (*(partial(chore, registry) for chore in CHORES), *also)
    task = asyncio.create_task(_forever(chores, interval), name="upkeep")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _forever(chores: Sequence[Chore], interval: float) -> None:
    while True:
        # Not in step, so that several gateways on one database seldom do the same work at once.
        await asyncio.sleep(interval * random.uniform(0.75, 1.25))  # noqa: S311 - no secret depends on it
        for chore in chores:
            try:
                await chore()
            except Exception:
                logger.warning("Upkeep failed; it is tried again", exc_info=True)
