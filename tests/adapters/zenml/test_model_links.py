"""What model versions gather, by request and by a run that works on one; on both engines."""

from typing import Any
from uuid import uuid4

import pytest

from isogloss.adapters.call import Call
from isogloss.adapters.dialect import Host
from isogloss.adapters.zenml.failures import Absent, BadValue
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_links import formatted, link_run_to_model
from isogloss.adapters.zenml.model_versions import lean_model_versions
from isogloss.core.access import ANYBODY
from isogloss.core.model import Record, Run
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from tests.adapters.zenml.serving import Served, open_gate, version_body
from tests.support.registries import START

Item = dict[str, Any]


class Gathering:
    """A model version and the operations on what it gathers."""

    def __init__(self, registry: Registry, version: Item) -> None:
        self.registry = registry
        self.served = Served(registry)
        self.version = version
        self.path = f"/model_versions/{version['id']}"

    async def save(self, name: str, **given: object) -> Item:
        made: Item = await self.served.post("/artifact_versions", version_body(self.registry, name, **given))
        return made

    async def link(self, artifact_version: Item) -> Item:
        body = {"model_version": self.version["id"], "artifact_version": artifact_version["id"]}
        made: Item = await self.served.post("/model_version_artifacts", body)
        return made

    async def linked(self, **query: object) -> list[str]:
        page = await self.served.get("/model_version_artifacts", {"model_version_id": self.version["id"], **query})
        assert page["total"] == len(page["items"])
        return [item["body"]["artifact_version"]["body"]["artifact"]["name"] for item in page["items"]]

    async def linked_runs(self, **query: object) -> list[str]:
        page = await self.served.get("/model_version_pipeline_runs", {"model_version_id": self.version["id"], **query})
        return [item["body"]["pipeline_run"]["name"] for item in page["items"]]


@pytest.fixture
async def gathering(registry: Registry) -> Gathering:
    """A version of a model."""
    served = Served(registry)
    project = registry.default_project.id
    model = await served.post("/models", {"project": project, "name": "churn"})
    return Gathering(registry, await served.post("/model_versions", {"project": project, "model": model["id"]}))


async def run_named(registry: Registry, name: str) -> Run:
    fields: dict[str, Any] = dict.fromkeys(Run.__struct_fields__)
    fields |= {"id": registry.new_id(), "project_id": registry.default_project.id, "dialect": DIALECT, "role": "run"}
    fields |= {"name": name, "attempts": 0, "spent": 0, "tags": "[]", "created": START, "updated": START}
    run = Run(**fields)

    async def work(unit: Writer) -> Run:
        await unit.add(run)
        return run

    return await registry.store.write(work)


async def work_on(
    registry: Registry, run_id: str, configured: dict[str, Any] | None, **substitutions: str
) -> Record | None:
    host = Host(registry=registry, gate=open_gate, open=True, public_url=None)
    call = Call(host=host, registry=registry, caller=ANYBODY, path={}, query_string=b"", headers={}, body=b"")

    async def work(unit: Writer) -> Record | None:
        return await link_run_to_model(call, unit, registry.default_project, run_id, configured, substitutions)

    return await registry.store.write(work)


async def test_a_link_is_made_once_and_shows_the_artifact_version_within(gathering: Gathering) -> None:
    saved = await gathering.save("weights", type="ModelArtifact")
    first, second = await gathering.link(saved), await gathering.link(saved)

    assert first == second
    assert first["body"]["model_version"] == gathering.version["id"]
    assert first["body"]["artifact_version"] == saved | {"metadata": None, "resources": None}
    assert await gathering.linked() == ["weights"]


async def test_links_are_listed_by_what_they_lead_to(gathering: Gathering) -> None:
    for name, kind, custom in (
        ("weights", "ModelArtifact", True),
        ("rows", "DataArtifact", False),
        ("endpoint", "ServiceArtifact", True),
    ):
        await gathering.link(await gathering.save(name, type=kind, has_custom_name=custom))

    assert set(await gathering.linked()) == {"weights", "rows", "endpoint"}
    assert await gathering.linked(only_data_artifacts=True) == ["rows"]
    assert await gathering.linked(only_model_artifacts=True) == ["weights"]
    assert await gathering.linked(only_deployment_artifacts=True) == ["endpoint"]
    assert await gathering.linked(only_data_artifacts=False, artifact_name="startswith:w") == ["weights"]
    assert await gathering.linked(has_custom_name=False) == ["rows"]
    assert await gathering.linked(user="nobody") == []
    either = await gathering.served.get(
        "/model_version_artifacts",
        {"artifact_name": "rows", "only_model_artifacts": True, "only_data_artifacts": False, "logical_operator": "or"},
    )
    assert either["total"] == 2


async def test_only_what_exists_is_linked(gathering: Gathering) -> None:
    saved = await gathering.save("weights")
    run = await run_named(gathering.registry, "run")
    absent = str(uuid4())
    answers = [
        await gathering.served("POST", "/model_version_artifacts", body)
        for body in (
            {"model_version": absent, "artifact_version": saved["id"]},
            {"model_version": gathering.version["id"], "artifact_version": absent},
        )
    ] + [
        await gathering.served("POST", "/model_version_pipeline_runs", body)
        for body in (
            {"model_version": absent, "pipeline_run": run.id},
            {"model_version": gathering.version["id"], "pipeline_run": absent},
        )
    ]

    assert [(answer.status, answer.json["detail"][0]) for answer in answers] == [(404, "KeyError")] * 4


async def test_a_link_goes_by_its_id_or_by_the_name_of_the_artifact(gathering: Gathering) -> None:
    first = await gathering.link(await gathering.save("weights"))
    await gathering.link(await gathering.save("rows"))
    await gathering.served.delete(f"{gathering.path}/artifacts/{first['id']}")
    left = await gathering.linked()
    await gathering.served.delete(f"{gathering.path}/artifacts/rows")
    answer = await gathering.served("DELETE", f"{gathering.path}/artifacts/rows")

    assert left == ["rows"]
    assert await gathering.linked() == []
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_all_links_go_and_what_they_lead_to_only_where_it_is_said(gathering: Gathering) -> None:
    kept, gone = await gathering.save("weights"), await gathering.save("rows")
    await gathering.link(kept)
    await gathering.served.delete(f"{gathering.path}/artifacts")
    await gathering.link(gone)
    await gathering.served.delete(f"{gathering.path}/artifacts", query={"only_links": False})

    assert await gathering.linked() == []
    assert (await gathering.served("GET", f"/artifact_versions/{kept['id']}")).status == 200
    assert (await gathering.served("GET", f"/artifact_versions/{gone['id']}")).status == 404


async def test_a_run_is_linked_listed_and_unlinked(gathering: Gathering) -> None:
    run = await run_named(gathering.registry, "training")
    body = {"model_version": gathering.version["id"], "pipeline_run": run.id}
    first = await gathering.served.post("/model_version_pipeline_runs", body)
    second = await gathering.served.post("/model_version_pipeline_runs", body)
    listed = await gathering.linked_runs(pipeline_run_name="training")
    assert await gathering.linked_runs(user="nobody") == []
    await gathering.served.delete(f"{gathering.path}/runs/training")

    assert first == second
    assert first["body"]["pipeline_run"]["id"] == run.id
    assert listed == ["training"]
    assert await gathering.linked_runs() == []


async def test_a_run_without_a_model_works_on_none(registry: Registry) -> None:
    assert await work_on(registry, str(uuid4()), None) is None


async def test_all_steps_of_a_run_share_the_version_that_is_numbered_for_it(registry: Registry) -> None:
    one, other = await run_named(registry, "one"), await run_named(registry, "other")
    configured = {"name": "churn-{team}", "license": "MIT", "tags": ["t"], "description": "new"}
    made = [await work_on(registry, run.id, configured, team="north") for run in (one, one, other)]
    ids = [version.id for version in made if version is not None]
    served = Served(registry)
    shown = await served.get(f"/model_versions/{ids[0]}")
    page = await served.get("/model_version_pipeline_runs", {"model_version_id": ids[0]})

    assert ids[0] == ids[1] != ids[2]
    assert (shown["body"]["model"]["name"], shown["name"]) == ("churn-north", "1")
    assert shown["metadata"]["description"] == "new"
    assert [tag["name"] for tag in shown["resources"]["tags"]] == ["t"]
    assert [item["body"]["pipeline_run"]["name"] for item in page["items"]] == ["one"]


async def test_a_named_version_is_made_once_and_numbers_and_stages_only_found(registry: Registry) -> None:
    run = await run_named(registry, "run")
    gold = await work_on(registry, run.id, {"name": "churn", "version": "gold"})
    assert gold is not None
    found = [
        await work_on(registry, run.id, {"name": "churn", "version": version}) for version in ("gold", 1, "1", "latest")
    ]

    assert [None if each is None else each.id for each in found] == [gold.id] * 4
    for absent in ("7", "production", "9" * 40):
        with pytest.raises(Absent):
            await work_on(registry, run.id, {"name": "churn", "version": absent})


async def test_model_versions_stand_within_other_things_without_their_resources(gathering: Gathering) -> None:
    async def work(unit: Reader) -> list[bytes]:
        found = await lean_model_versions(unit, [gathering.version["id"], None, str(uuid4())])
        return [bytes(each) for each in found.values()]

    (lean,) = await gathering.registry.store.read(work)

    assert gathering.version["id"].encode() in lean
    assert b'"resources":null' in lean


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("churn", "churn"),
        ("{team}-{date}", "north-2025_06_15"),
        ("{{team}}", "{team}"),
    ],
)
def test_places_of_a_template_are_filled_in(template: str, name: str) -> None:
    assert formatted(template, {"team": "north"}, START) == name


@pytest.mark.parametrize(
    ("template", "error"),
    [("{absent}", Absent), ("{date:>999999999}", BadValue), ("{date.__class__}", BadValue), ("{", BadValue)],
)
def test_what_is_no_place_of_a_template_is_refused(template: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        formatted(template, {}, START)
