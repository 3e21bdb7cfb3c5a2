"""One graph of what three dialects' clients tell, each in its own words, and of what they say about each other."""

from typing import Any

import pytest

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.core.registry import Registry
from tests.adapters.prefect.serving import Served as Prefect
from tests.adapters.truefoundry.kinds import model
from tests.adapters.truefoundry.serving import Served as TrueFoundry
from tests.adapters.truefoundry.serving import manifest
from tests.adapters.zenml.running import Running
from tests.adapters.zenml.serving import Served as ZenML
from tests.adapters.zenml.test_metadata_routes import entry
from tests.support.making import Maker, around

INPUTS = "isogloss.inputs"


class Clients:
    """The clients of every dialect over one registry."""

    def __init__(self, registry: Registry) -> None:
        self.prefect = Prefect(registry)
        self.zenml = ZenML(registry)
        self.truefoundry = TrueFoundry(registry)
        self.running = Running(self.zenml)
        self.graphs = Maker(registry)

    async def flow_run(self, name: str = "nightly") -> str:
        flow = await self.prefect.post("/flows/", {"name": "flow"})
        run: str = (await self.prefect.post("/flow_runs/", {"flow_id": flow["id"], "name": name}))["id"]
        return run

    async def artifact(self, key: str, **given: Any) -> Any:
        return await self.prefect.post("/artifacts/", {"key": key, "type": "markdown", "data": "# T"} | given)

    async def apply(self, given: dict[str, Any]) -> Any:
        return (await self.truefoundry.put("/apply", {"manifest": given}))["data"]

    async def log_metadata(self, kind: str, thing: Any, value: object) -> None:
        body = entry(self.zenml.registry, {INPUTS: value}, (kind, thing["id"]))
        await self.zenml.post("/run-metadata", body)

    async def edges(self, reference: str, **asked: Any) -> list[str]:
        return around(await self.graphs.lineage(reference, **asked))


@pytest.fixture
async def clients(registry: Registry) -> Clients:
    await ensure_default_stack(registry)
    return Clients(registry)


async def test_a_flow_that_loads_from_one_dialect_and_logs_to_another_says_so_in_its_own_words(
    clients: Clients,
) -> None:
    run, _, _, numbers = await clients.running.whole()
    named = numbers["body"]["artifact"]["name"]
    flow_run = await clients.flow_run()
    await clients.artifact("report", flow_run_id=flow_run, metadata_={INPUTS: f"zenml:{named}:1", "author": "somebody"})
    made = await clients.apply(model(name="churn", metadata={INPUTS: ["prefect:report", numbers["id"]]}))
    assert await clients.edges(numbers["id"], direction="down") == sorted(
        [
            f"{named}@1 consumed by use {run['name']}",
            f"{named}@1 derived churn@1",
            f"{named}@1 derived report@1",
            "report@1 derived churn@1",
        ]
    )
    above = await clients.edges(made["fqn"], direction="up")
    assert above == sorted(
        [
            f"{named}@1 derived churn@1",
            f"{named}@1 derived report@1",
            "nightly produced report@1",
            "report@1 derived churn@1",
            f"{run['name']} produced by make {named}@1",
        ]
    )


async def test_runs_and_steps_of_pipelines_say_what_they_used_from_elsewhere(clients: Clients) -> None:
    await clients.artifact("table")
    run, first, second, numbers = await clients.running.whole()
    await clients.log_metadata("step_run", first, ["prefect:table"])
    await clients.log_metadata("pipeline_run", run, "artifact:default/default/table:1")
    await clients.log_metadata("artifact_version", numbers, ["table"])
    named = numbers["body"]["artifact"]["name"]
    assert await clients.edges("prefect:table", direction="down") == sorted(
        [
            f"table@1 derived by make {run['name']}",
            f"table@1 derived {run['name']}",
            f"table@1 derived {named}@1",
            f"{run['name']} produced by make {named}@1",
            f"{named}@1 consumed by use {run['name']}",
        ]
    )
    assert second["id"] != first["id"]


async def test_a_training_run_says_it_in_a_tag_and_a_version_names_the_run_that_made_it(clients: Clients) -> None:
    await clients.artifact("table")
    repo = (await clients.truefoundry.get("/ml-repos"))["data"][0]["id"]
    run = (await clients.truefoundry.post("/runs", {"experiment_id": repo, "name": "train"}))["run"]["info"]["run_id"]
    tags = [{"key": INPUTS, "value": "prefect:table"}]
    await clients.truefoundry.post(f"/runs/{run}/batch", {"tags": tags})
    await clients.apply(manifest("weights", run_id=run))
    expected = ["table@1 derived train", "train produced weights@1"]
    assert await clients.edges("prefect:table") == expected
    assert await clients.edges("artifact:default/default/weights:latest") == expected


async def test_a_flow_run_says_it_in_a_tag(clients: Clients) -> None:
    await clients.artifact("table")
    flow = await clients.prefect.post("/flows/", {"name": "flow"})
    body = {"flow_id": flow["id"], "name": "nightly", "tags": ["daily", f"{INPUTS}=prefect:table"]}
    run = await clients.prefect.post("/flow_runs/", body)
    await clients.artifact("report", flow_run_id=run["id"])
    assert await clients.edges("report") == ["nightly produced report@1", "table@1 derived nightly"]
    changed = await clients.prefect("PATCH", f"/flow_runs/{run['id']}", {"tags": ["daily"]})
    assert changed.status == 204
    assert await clients.edges("report") == ["nightly produced report@1"]


async def test_what_is_said_before_there_is_anything_holds_once_there_is(clients: Clients) -> None:
    await clients.artifact("report", metadata_={INPUTS: "model:default/default/churn:v1.0"})
    assert await clients.edges("prefect:report") == []
    await clients.apply(model(name="churn", version_alias="v1.0"))
    assert await clients.edges("prefect:report") == ["churn@1 derived report@1"]
    assert await clients.edges("zenml:model:churn:1", direction="down") == ["churn@1 derived report@1"]


async def test_changed_metadata_changes_what_it_says(clients: Clients) -> None:
    await clients.artifact("one")
    await clients.artifact("two")
    report = await clients.artifact("report", metadata_={INPUTS: "one"})
    answer = await clients.prefect("PATCH", f"/artifacts/{report['id']}", {"metadata_": {INPUTS: "two\none"}})
    assert answer.status == 204
    assert await clients.edges("report", direction="up") == ["one@1 derived report@1", "two@1 derived report@1"]
    made = await clients.apply(manifest("weights", metadata={INPUTS: ["one"]}))
    again = made["manifest"] | {"metadata": {INPUTS: ["two"]}}
    await clients.apply(again)
    assert await clients.edges(made["fqn"], direction="up") == ["two@1 derived weights@1"]
