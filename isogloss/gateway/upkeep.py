"""What the registry does for itself while it serves: it folds its tallies and forgets old replies."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator

from isogloss.core.registry import Registry
from isogloss.core.registry.replies import forget
from isogloss.core.registry.upkeep import fold_tallies

INTERVAL_SECONDS = 5.0

logger = logging.getLogger("isogloss.upkeep")


@contextlib.asynccontextmanager
async def upkeep(registry: Registry, interval: float = INTERVAL_SECONDS) -> AsyncIterator[None]:
    """Keep the registry up, every ``interval`` seconds or so, until the block ends."""
    task = asyncio.create_task(_forever(registry, interval), name="upkeep")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _forever(registry: Registry, interval: float) -> None:
    while True:
        # Not in step, so that several gateways on one database seldom do the same work at once.
        await asyncio.sleep(interval * random.uniform(0.75, 1.25))  # noqa: S311 - no secret depends on it
        try:
            await fold_tallies(registry)
            await forget(registry, registry.clock())
        except Exception:
            logger.warning("Upkeep failed; it is tried again", exc_info=True)
