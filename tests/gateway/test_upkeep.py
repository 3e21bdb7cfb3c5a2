"""The task beside the requests: it goes on after a failure, and ends with the block."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from isogloss.core.access import ANYBODY
from isogloss.core.model import Event
from isogloss.core.registry import Registry
from isogloss.core.registry.events import EventReport, keep_events, trim_events
from isogloss.gateway import upkeep as module
from isogloss.gateway.assembly import open_registry
from isogloss.gateway.settings import read_settings
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


async def test_it_removes_events_that_are_older_than_the_setting_says(database_url: str, tmp_path: Path) -> None:
    environment = {
        "ISOGLOSS_HOME": str(tmp_path),
        "ISOGLOSS_DATABASE_URL": database_url,
        "ISOGLOSS_EVENT_RETENTION_DAYS": "2",
    }
    async with open_registry(read_settings(environment)) as (registry, _):
        now = registry.clock()
        young, old = (now - days * 86_400 * 1_000_000 for days in (1, 2))
        for event_id, occurred in (("young", young), ("old", old + 60_000_000)):
            event = Event(
                id=event_id,
                project_id=registry.default_project.id,
                dialect="test",
                name="e",
                occurred=occurred,
                received=now,
                resource_id="r",
                body="{}",
            )
            await keep_events(registry, ANYBODY, [EventReport(event, ())])
        later = replace(registry, clock=lambda: now + 60_000_000)
        assert await trim_events(later) == 1
    assert trim_events in module.CHORES
