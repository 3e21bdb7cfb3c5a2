"""A run that one dialect put away is in no other's list, until it is brought back."""

from collections.abc import Awaitable, Callable

import pytest

from isogloss.adapters.truefoundry.dialect import FLOW
from isogloss.core.registry import Registry
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

    flow = ServedTrueFoundry(registry, prefix=FLOW)
    await flow.post("/runs/delete", {"run_id": run_id})
    assert (await flow.post("/runs/search", {"experiment_ids": [repo_id]}))["total"] == 0
    assert (await flow.post("/runs/search", {"experiment_ids": [repo_id], "run_view_type": "DELETED_ONLY"}))[
        "total"
    ] == 1
    assert await listed(registry) == []

    await flow.post("/runs/restore", {"run_id": run_id})
    assert await listed(registry) == ["train"]
