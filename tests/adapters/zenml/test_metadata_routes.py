"""Metadata that ZenML's clients add to things; on both engines."""

from typing import Any

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.model import MetadataEntry, Record, Run
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from tests.adapters.zenml.rows import add, model_version, new_run
from tests.adapters.zenml.serving import Answer, Served
from tests.adapters.zenml.test_artifact_version_routes import create, found


def entry(
    registry: Registry, values: dict[str, Any], *resources: tuple[str, str], types: dict[str, str] | None = None
) -> dict[str, Any]:
    kinds = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
    return {
        "project": registry.default_project.id,
        "resources": [{"id": thing, "type": kind} for kind, thing in resources],
        "values": values,
        "types": types if types is not None else {key: kinds[type(value)] for key, value in values.items()},
    }


async def log(served: Served, version_id: str, values: dict[str, Any], types: dict[str, str] | None = None) -> Answer:
    body = entry(served.registry, values, ("artifact_version", version_id), types=types)
    return await served("POST", "/run-metadata", body)


async def shown(served: Served, version_id: str) -> Any:
    return (await served.get(f"/artifact_versions/{version_id}"))["metadata"]["run_metadata"]


async def test_the_newest_value_of_a_key_wins_and_objects_are_merged(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served, metadata={"a": 1, "d": {"x": 1, "y": 1}}))["id"]
    await log(served, made, {"a": 0.5, "d": {"y": {"z": 2}}, "mixed": {"x": 1}})
    await log(served, made, {"mixed": [1, "a", None]})
    await log(served, made, {"mixed": {"y": 2}})

    assert await shown(served, made) == {"a": 0.5, "d": {"x": 1, "y": {"z": 2}}, "mixed": {"y": 2}}


async def test_a_version_is_also_found_by_values_that_were_overwritten(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    for value in ("old", "new"):
        await log(served, made, {"state": value})

    assert await found(served, ("run_metadata", "state:old")) == {made}
    assert await found(served, ("run_metadata", 'state:oneof:["new"]'), ("run_metadata", "state:gone")) == set()


async def test_metadata_moves_no_time_of_change(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served)
    registry.clock.advance()  # type: ignore[attr-defined]
    answer = await log(served, made["id"], {"a": True})

    assert (answer.status, answer.json) == (200, None)
    assert (await served.get(f"/artifact_versions/{made['id']}"))["body"] == made["body"]


async def test_types_are_kept_as_they_are_told(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    await log(served, made, {"where": "s3://x", "size": 7}, {"where": "Uri", "size": "StorageSize"})

    async def types(unit: Reader) -> dict[str, str]:
        return {row.key: row.type for row in await unit.find(MetadataEntry, entity="version", entity_id=made)}

    assert await registry.store.read(types) == {"where": "Uri", "size": "StorageSize"}


async def test_values_too_large_or_without_a_type_are_left_out(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    await log(served, made, {"a": 1, "b": 2, "c": "x" * 65_536}, {"a": "int", "c": "str"})

    assert await shown(served, made) == {"a": 1}


async def test_metadata_goes_to_several_things_at_once(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    run = new_run(registry)
    step = new_run(registry, "step", run.id)
    await add(registry, run, step)
    _, gathering = await model_version(registry, "m")
    owners = (
        ("artifact_version", made),
        ("pipeline_run", run.id),
        ("step_run", step.id),
        ("model_version", gathering.id),
    )
    await served.post("/run-metadata", entry(registry, {"a": 1}, *owners))

    async def documents(unit: Reader) -> list[str | None]:
        runs = [await unit.get(Run, id=each.id) for each in (run, step)]
        record = await unit.get(Record, id=gathering.id)
        return [each.metadata for each in (*runs, record) if each is not None]

    assert await registry.store.read(documents) == ['{"a":1}'] * 3
    assert await shown(served, made) == {"a": 1}


@pytest.mark.parametrize(
    "kind", ["artifact_version", "pipeline_run", "step_run", "model_version", "schedule", "wait_condition"]
)
async def test_where_one_thing_is_absent_none_gets_anything(registry: Registry, kind: str) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    body = entry(registry, {"a": 1}, ("artifact_version", made), (kind, registry.new_id()))
    answer = await served("POST", "/run-metadata", body)

    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")
    assert await shown(served, made) == {}


async def test_a_step_is_no_run(registry: Registry) -> None:
    served = Served(registry)
    run = new_run(registry)
    await add(registry, run)

    assert (await served("POST", "/run-metadata", entry(registry, {"a": 1}, ("step_run", run.id)))).status == 404


async def test_keys_have_no_colons(registry: Registry) -> None:
    served = Served(registry)
    made = (await create(served))["id"]
    answer = await log(served, made, {"a:b": 1})

    assert (answer.status, answer.json[0]) == (422, "ValueError")


async def test_who_may_only_look_adds_nothing(registry: Registry) -> None:
    made = (await create(Served(registry)))["id"]
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER))

    assert (await log(viewer, made, {"a": 1})).status == 403
