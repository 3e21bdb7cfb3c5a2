"""Tags, and what bears them, as ZenML's clients ask for them; on both engines."""

from typing import Any

import pytest

from isogloss.adapters.zenml.kinds import COLOURS
from isogloss.core.access import ANYBODY
from isogloss.core.model import Project, Tally, Version, Workflow
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.versions import VersionDraft, create_version
from tests.adapters.zenml.rows import add, model_version, new_run
from tests.adapters.zenml.serving import Served
from tests.adapters.zenml.test_artifact_routes import artifact_body, names_of
from tests.adapters.zenml.test_artifact_version_routes import create, found


def on(tag: Any, resource_id: str, resource_type: str = "artifact_version") -> dict[str, str]:
    return {"tag_id": tag["id"], "resource_id": resource_id, "resource_type": resource_type}


def new_workflow(registry: Registry, name: str = "pipeline", project: Project | None = None) -> Workflow:
    return Workflow(
        id=registry.new_id(),
        project_id=(project or registry.default_project).id,
        dialect="zenml",
        role="workflow",
        parent_id=None,
        name=name,
        tags="[]",
        facet=None,
        author_id=None,
        created=registry.clock(),
        updated=registry.clock(),
    )


async def listed(served: Served, *pairs: tuple[str, object]) -> list[str]:
    page = await served.get("/tags", pairs)
    assert page["total"] == len(page["items"])
    return names_of(page["items"])


async def test_a_tag_is_found_by_its_id_and_by_its_name(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/tags", {"name": "gold", "color": "yellow", "exclusive": True})

    assert made["body"]["color"] == "yellow"
    assert made["body"]["exclusive"] is True
    assert made["metadata"] == {"tagged_count": 0}
    assert made["resources"] == {"user": None}
    assert await served.get("/tags/gold") == made
    assert await served.get(f"/tags/{made['id'].replace('-', '')}") == made
    assert (await served.get("/tags/gold", {"hydrate": False}))["metadata"] is None
    assert (await served("GET", "/tags/silver")).json["detail"][0] == "KeyError"


async def test_a_version_knows_that_a_tag_was_put_on_it_by_whichever_route(registry: Registry) -> None:
    served = Served(registry)
    tag = await served.post("/tags", {"name": "gold"})
    draft = VersionDraft(dialect="prefect", data="1")
    linked = await create_version(registry, ANYBODY, registry.default_project, draft, slug="report")
    made, changed, plain = await create(served, tags=["gold"]), await create(served), await create(served, tags=[])
    await served.put(f"/artifact_versions/{changed['id']}", {"add_tags": ["gold"]})
    await served.post("/tag_resources", on(tag, linked.id))

    async def known(unit: Reader) -> set[str]:
        return {version.id for version in await unit.find(Version) if version.tagged}

    assert await registry.store.read(known) == {made["id"], changed["id"], linked.id}
    assert plain["id"] not in await found(served, ("tags", "gold"))


async def test_a_tag_gets_a_colour_by_chance(registry: Registry) -> None:
    made = await Served(registry).post("/tags", {"name": "gold"})

    assert made["body"]["color"] in COLOURS


async def test_a_name_is_taken_once_and_is_no_uuid(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/tags", {"name": "gold"})
    other = await served.post("/tags", {"name": "silver"})
    answers = [
        await served("POST", "/tags", {"name": "gold"}),
        await served("PUT", f"/tags/{other['id']}", {"name": "gold"}),
        await served("POST", "/tags", {"name": "0" * 32}),
        await served("PUT", f"/tags/{other['id']}", {"name": other["id"]}),
        await served("POST", "/tags", {"name": "a\tb"}),
        await served("POST", "/tags", {"name": "mint", "color": "mint"}),
    ]

    assert [answer.status for answer in answers] == [409, 409, 422, 422, 400, 422]
    assert await listed(served) == ["gold", "silver"]


async def test_name_colour_and_exclusive_change(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/tags", {"name": "gold", "color": "red"})
    changed = await served.put("/tags/gold", {"name": "silver", "color": "grey", "exclusive": True})

    assert changed["name"] == "silver"
    assert (changed["body"]["color"], changed["body"]["exclusive"]) == ("grey", True)
    assert changed["body"]["updated"] > made["body"]["updated"]
    assert await served.get(f"/tags/{made['id']}") == changed


async def test_tags_are_listed_by_what_is_asked(registry: Registry) -> None:
    served = Served(registry)
    version = await create(served)
    _, gathering = await model_version(registry, "m")
    run, pipeline = new_run(registry), new_workflow(registry)
    await add(registry, run, pipeline)
    for name, kind, thing in (
        ("a", "artifact", version["body"]["artifact"]["id"]),
        ("b", "artifact_version", version["id"]),
        ("c", "pipeline_run", run.id),
        ("d", "pipeline", pipeline.id),
        ("e", "model_version", gathering.id),
    ):
        tag = await served.post("/tags", {"name": name, "color": "red" if name < "c" else "blue"})
        await served.post("/tag_resources", on(tag, thing, kind))
        assert await listed(served, ("resource_type", kind)) == [name]
    await served.post("/tags", {"name": "f", "exclusive": True, "color": "lime"})

    assert await listed(served, ("resource_type", "model")) == []
    assert await listed(served, ("color", "red"), ("sort_by", "desc:name")) == ["b", "a"]
    assert await listed(served, ("color", 'oneof:["red","lime"]')) == ["a", "b", "f"]
    assert await listed(served, ("exclusive", True)) == ["f"]
    assert await listed(served, ("name", 'oneof:["a"]'), ("name", "f"), ("logical_operator", "or")) == ["a", "f"]
    assert await listed(served, ("id", f"startswith:{tag['id'][:20]}")) == ["e"]
    assert await listed(served, ("user", "nobody")) == []
    assert (await served("GET", "/tags", query={"resource_type": "stack"})).status == 422


async def test_what_bears_a_tag_is_counted(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served, tags=["gold"])
    await served.put(f"/artifacts/{made['body']['artifact']['id']}", {"add_tags": ["gold", "silver"]})
    page = await served.get("/tags", {"hydrate": True})

    assert [(item["name"], item["metadata"]["tagged_count"]) for item in page["items"]] == [("gold", 2), ("silver", 1)]
    assert [item["metadata"] for item in (await served.get("/tags"))["items"]] == [None, None]


async def test_putting_a_tag_on_again_answers_the_link_that_is_there(registry: Registry) -> None:
    served = Served(registry)
    made, tag = await create(served), await served.post("/tags", {"name": "gold"})
    first = await served.post("/tag_resources", on(tag, made["id"]))
    registry.clock.advance()  # type: ignore[attr-defined]
    again = await served.post("/tag_resources", on(tag, made["id"]))
    twice = await served.post("/tag_resources/batch", [on(tag, made["id"])] * 2)

    assert again == first
    assert twice == [first, first]
    assert {name: first["body"][name] for name in ("tag_id", "resource_id", "resource_type")} == on(tag, made["id"])


async def test_tags_are_put_on_and_taken_off_together(registry: Registry) -> None:
    served = Served(registry)
    versions = [await create(served, name) for name in "ab"]
    tag = await served.post("/tags", {"name": "gold"})
    links = [on(tag, version["id"]) for version in versions]
    await served.post("/tag_resources/batch", links)
    both = await found(served, ("tags", "gold"))
    await served.delete("/tag_resources", links[0])
    one = await found(served, ("tags", "gold"))
    await served.delete("/tag_resources/batch", [*links, on({"id": registry.new_id()}, registry.new_id())])

    assert both == {version["id"] for version in versions}
    assert one == {versions[1]["id"]}
    assert await found(served, ("tags", "gold")) == set()


@pytest.mark.parametrize("kind", ["artifact", "artifact_version", "model", "pipeline", "pipeline_run", "deployment"])
async def test_nothing_is_tagged_that_does_not_exist(registry: Registry, kind: str) -> None:
    served = Served(registry)
    made, tag = await create(served), await served.post("/tags", {"name": "gold"})
    links = [on(tag, made["id"]), on(tag, registry.new_id(), kind)]
    missing = await served("POST", "/tag_resources/batch", links)
    unknown = await served("POST", "/tag_resources", on({"id": registry.new_id()}, made["id"]))

    assert [(answer.status, answer.json["detail"][0]) for answer in (missing, unknown)] == [(404, "KeyError")] * 2
    assert await found(served, ("tags", "gold")) == set()


async def test_exclusive_tags_go_only_where_there_is_a_scope(registry: Registry) -> None:
    served = Served(registry)
    artifact = await served.post("/artifacts", artifact_body(registry))
    model, gathering = await model_version(registry, "m")
    pipeline = new_workflow(registry)
    await add(registry, pipeline)
    tag = await served.post("/tags", {"name": "live", "exclusive": True})
    for kind, thing in (
        ("artifact", artifact["id"]),
        ("model", model.id),
        ("model_version", gathering.id),
        ("pipeline", pipeline.id),
    ):
        answer = await served("POST", "/tag_resources", on(tag, thing, kind))
        assert (answer.status, answer.json["detail"][0]) == (400, "ValueError"), kind
    refused = await served("PUT", f"/artifacts/{artifact['id']}", {"add_tags": ["live"]})

    assert refused.status == 400
    assert (await served.get("/tags/live"))["metadata"] == {"tagged_count": 0}


async def test_a_tag_becomes_exclusive_only_where_it_is_alone(registry: Registry) -> None:
    served = Served(registry)
    tag = await served.post("/tags", {"name": "live"})
    first, second, elsewhere = await create(served, "a"), await create(served, "a"), await create(served, "b")
    for version in (first, second, elsewhere):
        await served.post("/tag_resources", on(tag, version["id"]))
    crowded = await served("PUT", "/tags/live", {"exclusive": True})
    await served.delete("/tag_resources", on(tag, first["id"]))
    await served.post("/tag_resources", on(tag, first["body"]["artifact"]["id"], "artifact"))
    without_scope = await served("PUT", "/tags/live", {"exclusive": True})
    await served.delete("/tag_resources", on(tag, first["body"]["artifact"]["id"], "artifact"))
    changed = await served.put("/tags/live", {"exclusive": True})

    assert [(answer.status, answer.json["detail"][0]) for answer in (crowded, without_scope)] == [
        (400, "ValueError")
    ] * 2
    assert changed["body"]["exclusive"] is True
    assert changed["metadata"] == {"tagged_count": 2}


async def test_an_exclusive_tag_moves_between_the_runs_of_one_pipeline(registry: Registry) -> None:
    served = Served(registry)
    tag = await served.post("/tags", {"name": "live", "exclusive": True})
    pipeline = new_workflow(registry)
    runs = [new_run(registry, workflow_id=pipeline.id), new_run(registry, workflow_id=pipeline.id), new_run(registry)]
    await add(registry, pipeline, *runs)
    for run in runs:
        await served.post("/tag_resources", on(tag, run.id, "pipeline_run"))

    assert (await served.get("/tags/live"))["metadata"] == {"tagged_count": 2}


async def test_a_deleted_tag_is_off_everything(registry: Registry) -> None:
    served = Served(registry)
    made = await create(served, tags=["gold", "silver"])

    async def counted(unit: Reader) -> list[Tally]:
        return [tally for tally in await unit.find(Tally) if tally.noun.startswith("tagged-")]

    assert await served.delete("/tags/gold") is None
    assert names_of((await served.get(f"/artifact_versions/{made['id']}"))["resources"]["tags"]) == ["silver"]
    assert [tally.delta for tally in await registry.store.read(counted)] == [1]
    assert (await served("DELETE", "/tags/gold")).status == 404
