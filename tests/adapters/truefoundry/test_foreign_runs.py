"""Runs that another dialect made, as the SDK reads them: found by id, and not changed."""

from isogloss.core.access import ANYBODY
from isogloss.core.model import Run
from isogloss.core.registry import Registry
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.runs import COMPLETED, RUN, STEP, RunDraft
from tests.adapters.truefoundry.serving import FLOW, Served


async def foreign(registry: Registry, role: str) -> Run:
    """A run or step that Prefect made, with a facet that only Prefect reads."""
    draft = RunDraft(dialect="prefect", role=role, name="curious-otter")
    state = Entering(type=COMPLETED, name="Completed")
    facet = '{"description":{"of":"another"},"labels":{}}'
    project = registry.default_project
    return await registry.store.write(lambda unit: add_run(registry, unit, ANYBODY, project, draft, state, facet=facet))


async def test_a_run_of_another_dialect_is_read_by_its_id(registry: Registry) -> None:
    served = Served(registry)
    run = await foreign(registry, RUN)
    read = (await served.get(f"/runs/{run.id}"))["run"]
    assert (read["info"]["run_id"], read["info"]["name"], read["info"]["status"]) == (
        run.id,
        "curious-otter",
        "FINISHED",
    )
    assert read["info"]["description"] is None
    assert read["data"] == {"metrics": [], "params": [], "tags": []}
    assert (await served("DELETE", f"/runs/{run.id}")).status == 404
    assert (await served.get(f"/runs/{run.id}"))["run"] == read


async def test_the_older_family_reads_it_too(registry: Registry) -> None:
    served = Served(registry, prefix=FLOW)
    run = await foreign(registry, RUN)
    read = (await served.get("/runs/get", {"run_id": run.id}))["run"]
    assert (read["info"]["run_id"], read["info"]["name"]) == (run.id, "curious-otter")


async def test_a_step_is_no_run(registry: Registry) -> None:
    step = await foreign(registry, STEP)
    assert (await Served(registry)("GET", f"/runs/{step.id}")).status == 404
