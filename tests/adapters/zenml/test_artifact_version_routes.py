"""Artifact versions as ZenML's clients ask for them; on both engines."""

from typing import Any

import pytest

from isogloss.adapters.zenml.kinds import FOREIGN_DATA_TYPE, FOREIGN_LOADER
from isogloss.core.registry import Registry
from isogloss.core.registry.artifacts import ByName
from tests.adapters.zenml.rows import add, model_version, new_run, remove_run, step_with
from tests.adapters.zenml.serving import Served, version_body
from tests.adapters.zenml.test_artifact_routes import foreign_version, names_of

USED = "produced", "consumed"


async def create(served: Served, name: str = "numbers", **given: object) -> Any:
    return await served.post("/artifact_versions", version_body(served.registry, name, **given))


async def found(served: Served, *pairs: tuple[str, object]) -> set[str]:
    page = await served.get("/artifact_versions", pairs)
    assert page["total"] == len(page["items"])
    return {item["id"] for item in page["items"]}


async def test_a_version_is_found_by_the_name_of_its_artifact(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served)
    await create(served, "words")
    page = await served.get("/artifact_versions", {"artifact": "numbers", "hydrate": True})

    assert page["items"] == [made]


async def test_tags_of_a_version_change_and_nothing_else(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served, tags=["a", "b"])
    path = f"/artifact_versions/{made['id']}"
    changed = await served.put(path, {"name": "ignored", "add_tags": ["c"], "remove_tags": ["a", "unknown"]})

    assert names_of(changed["resources"]["tags"]) == ["b", "c"]
    assert changed["body"].pop("updated") > made["body"].pop("updated")
    assert (changed["body"], changed["metadata"]) == (made["body"], made["metadata"])
    assert (await served("PUT", f"/artifact_versions/{registry.new_id()}", {})).status == 404


async def test_a_version_made_after_a_changed_one_is_newer(registry: Registry) -> None:
    served = Served(registry)
    first = await create(served)
    changed = await served.put(f"/artifact_versions/{first['id']}", {"add_tags": ["a"]})
    second = await create(served)

    assert second["body"]["created"] > changed["body"]["updated"]


async def test_an_exclusive_tag_moves_to_the_version_that_gets_it(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/tags", {"name": "live", "exclusive": True})
    old, new = await create(served, tags=["live"]), await create(served)
    await served.put(f"/artifact_versions/{new['id']}", {"add_tags": ["live"]})

    assert await found(served, ("tags", "live")) == {new["id"]}
    assert (await served.get(f"/artifact_versions/{old['id']}"))["resources"]["tags"] == []


async def test_a_deleted_version_frees_its_number(registry: Registry) -> None:
    served = Served(registry)
    await create(served)
    second = await create(served)

    assert await served.delete(f"/artifact_versions/{second['id']}") is None
    assert (await served("GET", f"/artifact_versions/{second['id']}")).status == 404
    assert (await create(served))["body"]["version"] == "2"


@pytest.mark.parametrize("direction", USED)
async def test_a_version_that_a_step_uses_is_not_deleted(registry: Registry, direction: str) -> None:
    served = Served(registry)
    made = await create(served)
    step = await step_with(registry, made["id"], direction)
    path = f"/artifact_versions/{made['id']}"
    refused = await served("DELETE", path, query={"delete_metadata": True, "delete_from_artifact_store": False})
    left = await served.get(path)
    await remove_run(registry, step.id)

    assert (refused.status, refused.json["detail"][0]) == (400, "ValueError")
    assert left["id"] == made["id"]
    assert await served.delete(path) is None


async def test_a_version_whose_metadata_is_to_stay_is_not_deleted(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served)
    await served.delete(f"/artifact_versions/{made['id']}", query={"delete_metadata": False})

    assert await found(served) == {made["id"]}


async def test_too_large_and_untyped_metadata_is_left_out(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served, metadata={"a": 1, "null": None, "long": "x" * 65_536, "fits": "x" * 65_533})

    assert sorted(made["metadata"]["run_metadata"]) == ["a", "fits"]


async def test_unused_versions_are_those_without_a_step(registry: Registry) -> None:
    served = Served(registry)
    unused, made, taken, orphaned, gathered, elsewhere = [await create(served, str(number)) for number in range(6)]
    await step_with(registry, made["id"], "produced")
    await step_with(registry, taken["id"], "consumed")
    await remove_run(registry, (await step_with(registry, orphaned["id"])).id)
    await model_version(registry, "m", gathered["id"])
    await step_with(registry, elsewhere["id"], dialect="prefect")
    expected = {each["id"] for each in (unused, orphaned, gathered, elsewhere)}

    assert await found(served, ("only_unused", True)) == expected
    assert len(await found(served, ("only_unused", False))) == 6


async def test_what_others_wrote_is_unused_only_for_who_names_it(registry: Registry) -> None:
    served = Served(registry)
    mixed = await create(served, "mixed")
    other = await foreign_version(registry, ByName("mixed"))
    alone = await foreign_version(registry, ByName("foreign"))
    own = await create(served, "own")

    assert await found(served, ("only_unused", True)) == {own["id"]}
    for version_id in (mixed["id"], other.id, alone.id, own["id"]):
        assert await found(served, ("only_unused", True), ("id", version_id)) == {version_id}


async def test_an_artifact_that_once_held_what_others_wrote_stays_apart(registry: Registry) -> None:
    served = Served(registry)
    other = await foreign_version(registry, ByName("mixed"))
    await create(served, "mixed")
    await served.delete(f"/artifact_versions/{other.id}")

    assert await found(served, ("only_unused", True)) == set()


async def test_versions_are_found_by_model_and_model_version(registry: Registry) -> None:
    served = Served(registry)
    first, second = await create(served, "a"), await create(served, "b")
    model, version = await model_version(registry, "bert", first["id"])
    other, _ = await model_version(registry, "gpt", second["id"])

    assert await found(served, ("model", "bert")) == {first["id"]}
    assert await found(served, ("model", model.id)) == {first["id"]}
    assert await found(served, ("model", "startswith:g")) == {second["id"]}
    assert await found(served, ("model_version_id", version.id)) == {first["id"]}
    assert await found(served, ("model", model.id), ("model", other.id)) == set()
    assert len(await found(served, ("model", model.id), ("model", other.id), ("logical_operator", "or"))) == 2


async def test_versions_are_found_by_the_runs_whose_steps_touched_them(registry: Registry) -> None:
    served = Served(registry)
    made, taken, other = [await create(served, name) for name in "abc"]
    step = await step_with(registry, made["id"], "produced", name="first")
    await step_with(registry, taken["id"], "consumed", name="second")
    await step_with(registry, other["id"], "consumed", dialect="prefect", name="first")

    assert await found(served, ("pipeline_run", "first")) == {made["id"]}
    assert await found(served, ("pipeline_run", step.parent_id)) == {made["id"]}
    assert await found(served, ("pipeline_run", "second")) == {taken["id"]}
    assert len(await found(served, ("pipeline_run", "first"), ("pipeline_run", "second"))) == 2


async def test_an_artifact_is_also_named_by_the_older_parameter(registry: Registry) -> None:
    served = Served(registry)
    first, second = await create(served, "a"), await create(served, "b")
    first_artifact, second_artifact = (each["body"]["artifact"]["id"] for each in (first, second))

    assert await found(served, ("artifact_id", first_artifact)) == {first["id"]}
    assert await found(served, ("artifact_id", first_artifact), ("artifact", "b")) == {second["id"]}
    assert await found(served, ("artifact_id", first_artifact), ("artifact", second_artifact)) == {second["id"]}


async def test_what_others_wrote_is_found_by_the_sources_it_shows(registry: Registry) -> None:
    served = Served(registry)
    await create(served)
    other = await foreign_version(registry, ByName("other"))
    shown = (await served.get(f"/artifact_versions/{other.id}"))["body"]

    assert shown["materializer"]["attribute"] == "PreexistingDataMaterializer"
    for asked in (FOREIGN_LOADER, "contains:Preexisting"):
        assert await found(served, ("materializer", asked)) == {other.id}
    assert await found(served, ("data_type", FOREIGN_DATA_TYPE)) == {other.id}
    assert await found(served, ("materializer", "isnull:")) == set()


async def test_producers_are_shown_as_long_as_they_exist(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served)
    await add(registry, new_run(registry))

    assert made["resources"]["producer_step_run_id"] is None
