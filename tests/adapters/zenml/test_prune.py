"""Prune: what goes, what stays, and how it is told; on both engines."""

import logging

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.model import RunLink, Tally
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.prune import prune
from tests.adapters.zenml.rows import add, model_version, new_run, remove_run, step_with
from tests.adapters.zenml.serving import Served, version_body
from tests.adapters.zenml.test_artifact_routes import foreign_version
from tests.adapters.zenml.test_artifact_version_routes import create, found


async def prune_default(served: Served, **query: object) -> None:
    assert await served.delete("/artifact_versions", query={"project_name_or_id": "default", **query}) is None


async def names(served: Served) -> list[str]:
    return [item["name"] for item in (await served.get("/artifacts"))["items"]]


async def test_only_what_nothing_holds_on_to_goes(registry: Registry) -> None:
    served = Served(registry)
    _dead, orphaned, made, taken, gathered, other, output = [await create(served, str(n)) for n in range(7)]
    await remove_run(registry, (await step_with(registry, orphaned["id"])).id)
    await step_with(registry, made["id"], "produced")
    await step_with(registry, taken["id"], "consumed")
    await model_version(registry, "m", gathered["id"])
    await step_with(registry, other["id"], dialect="prefect")
    run = new_run(registry)
    link = RunLink(version_id=output["id"], run_id=run.id, direction="produced", slot="output")
    await add(registry, run, link)
    await prune_default(served)

    assert await found(served) == {each["id"] for each in (made, taken, gathered, other, output)}
    assert await names(served) == [str(n) for n in range(7)]


async def test_nothing_that_others_wrote_goes_nor_what_stands_beside_it(registry: Registry) -> None:
    served = Served(registry)
    foreign = await foreign_version(registry, ByName("foreign"))
    mixed = await create(served, "mixed")
    beside = await foreign_version(registry, ByName("mixed"))
    await create(served, "own")
    await prune_default(served, only_versions=False)

    assert await found(served) == {foreign.id, mixed["id"], beside.id}
    assert await names(served) == ["foreign", "mixed"]


async def test_artifacts_without_versions_go_where_that_is_asked(registry: Registry) -> None:
    served = Served(registry)
    await create(served, "dead", tags=["gold"], metadata={"a": 1})
    await served.post("/artifacts", {"project": registry.default_project.id, "name": "empty"})
    used = await create(served, "used")
    await step_with(registry, used["id"])
    await prune_default(served, only_versions=True)
    kept = await names(served)
    await prune_default(served, only_versions=False)

    assert kept == ["dead", "empty", "used"]
    assert await names(served) == ["used"]


async def test_other_projects_are_left_alone(registry: Registry) -> None:
    served = Served(registry)
    other = await served.post("/projects", {"name": "other"})
    there = await served.post("/artifact_versions", version_body(registry) | {"project": other["id"]})
    await create(served)
    await prune_default(served, only_versions=False)

    assert await found(served) == set()
    assert await found(served, ("project", "other")) == {there["id"]}


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
async def test_chunks_of_any_size_leave_artifacts_right(registry: Registry, chunk: int) -> None:
    served = Served(registry)
    versions = [await create(served, "a") for _ in range(5)]
    await step_with(registry, versions[1]["id"])
    for name in "bc":
        await create(served, name)
    pruned = await prune(registry, ANYBODY, registry.default_project, "zenml", artifacts=True, chunk=chunk)
    [artifact] = (await served.get("/artifacts"))["items"]

    assert (pruned.versions, pruned.artifacts) == (6, 2)
    assert artifact["resources"]["latest_version_id"] == versions[1]["id"]
    assert (await create(served, "a"))["body"]["version"] == "3"
    assert await totals(registry) == {"version": 2, "artifact": 1, "head": 1}


async def totals(registry: Registry) -> dict[str, int]:
    async def work(unit: Reader) -> dict[str, int]:
        nouns = ("version", "artifact", "head")
        return {noun: await unit.sum(Tally, "delta", noun=noun, internal=False) for noun in nouns}

    return await registry.store.read(work)


async def test_what_went_is_told_in_the_log(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    served = Served(registry)
    for name in "ab":
        await create(served, name)
    with caplog.at_level(logging.INFO, "isogloss.zenml"):
        await prune_default(served, only_versions=False)

    assert [record.getMessage() for record in caplog.records if record.name == "isogloss.zenml"] == [
        "pruned the project 'default' for anonymous: 2 artifact versions and 2 artifacts are deleted"
    ]


async def test_who_prunes_names_a_project_that_exists_and_may_write(registry: Registry) -> None:
    viewer = Principal(user_id=None, name="eve", role=Role.VIEWER)
    served = Served(registry)

    assert (await served("DELETE", "/artifact_versions")).status == 422
    assert (await served("DELETE", "/artifact_versions", query={"project_name_or_id": "x"})).status == 404
    refused = await Served(registry, caller=viewer)(
        "DELETE", "/artifact_versions", query={"project_name_or_id": "default"}
    )
    assert (refused.status, refused.json["detail"][0]) == (403, "IllegalOperationError")
