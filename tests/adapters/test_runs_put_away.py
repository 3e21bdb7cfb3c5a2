"""A run that one dialect put away is in no other's list, until it is brought back."""

from collections.abc import Awaitable, Callable

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.registry import Registry, tracking
from tests.adapters.prefect.serving import Served as ServedPrefect
from tests.adapters.truefoundry.serving import Served as ServedTrueFoundry
from tests.adapters.zenml.serving import Served as ServedZenML


async def in_prefect(registry: Registry) -> list[str]:
    return [run["name"] for run in await ServedPrefect(registry).post("/flow_runs/filter", {})]


async def in_zenml(registry: Registry) -> list[str]:
    return [run["name"] for run in (await ServedZenML(registry).get("/runs"))["items"]]


@pytest.mark.parametrize("listed", [in_prefect, in_zenml])
async def test_a_run_that_is_put_away_is_in_no_list(
    registry: Registry, listed: Callable[[Registry], Awaitable[list[str]]]
) -> None:
    served = ServedTrueFoundry(registry)
    repo_id = str(registry.default_project.serial)
    made = await served.post("/runs", {"experiment_id": repo_id, "name": "train"})
    run_id = made["run"]["info"]["run_id"]
    assert await listed(registry) == ["train"]

    await registry.store.write(lambda unit: tracking.put_away(registry, unit, ANYBODY, run_id, "truefoundry"))
    assert await listed(registry) == []

    await registry.store.write(lambda unit: tracking.bring_back(registry, unit, ANYBODY, run_id, "truefoundry"))
    assert await listed(registry) == ["train"]
