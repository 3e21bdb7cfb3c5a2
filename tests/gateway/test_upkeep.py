"""The task beside the requests: it goes on after a failure, and ends with the block."""

import asyncio

import pytest

from isogloss.core.registry import Registry
from isogloss.gateway import upkeep as module
from isogloss.gateway.upkeep import upkeep


async def test_it_runs_again_after_a_failure(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[Registry] = []
    thrice = asyncio.Event()

    async def failing(given: Registry) -> int:
        runs.append(given)
        if len(runs) == 3:
            thrice.set()
        raise RuntimeError("not now")

    monkeypatch.setattr(module, "CHORES", (failing,))
    async with upkeep(registry, interval=0.001):
        await asyncio.wait_for(thrice.wait(), 10)
    count = len(runs)
    assert all(given is registry for given in runs)
    assert "Upkeep failed" in caplog.text
    await asyncio.sleep(0.02)
    assert len(runs) == count


async def test_it_really_folds(registry: Registry) -> None:
    async with upkeep(registry, interval=0.001):
        await asyncio.sleep(0.05)
