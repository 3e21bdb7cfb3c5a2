"""Projects as ZenML's clients ask for them; on both engines."""

from typing import cast

import pytest
from msgspec.structs import replace

from isogloss.core.access import Role
from isogloss.core.model import Entity, Project, Setting
from isogloss.core.names import project_forms
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry
from isogloss.core.registry.projects import find_project
from isogloss.storage.sql.tables import TABLES
from tests.adapters.zenml.rows import add, model_version, new_run, step_with
from tests.adapters.zenml.serving import Served, version_body
from tests.adapters.zenml.test_artifact_routes import names_of
from tests.adapters.zenml.test_tag_routes import new_workflow
from tests.support.accounts import add_user, as_user


async def stored(registry: Registry, reference: str) -> Project:
    async def work(unit: Reader) -> Project:
        return await find_project(unit, reference)

    return await registry.store.read(work)


async def rows(registry: Registry) -> dict[str, set[Entity]]:
    """All rows of all tables, but for the server's own."""

    async def work(unit: Reader) -> dict[str, set[Entity]]:
        kinds = {cast("type[Entity]", kind): table.name for kind, table in TABLES.items() if kind is not Setting}
        return {name: set(await unit.find(kind)) for kind, name in kinds.items()}

    return await registry.store.read(work)


async def test_a_project_is_found_by_its_id_and_by_its_name(registry: Registry) -> None:
    served = Served(registry)
    body = {"name": "vision", "display_name": "Vision", "description": "d", "project_metadata": {"a": [1]}}
    made = await served.post("/projects", body)

    assert (made["name"], made["body"]["display_name"], made["resources"]) == ("vision", "Vision", None)
    assert made["metadata"] == {"description": "d", "project_metadata": {"a": [1]}}
    assert await served.get("/projects/vision") == made
    assert await served.get(f"/projects/{made['id'].replace('-', '')}") == made
    assert (await served.get(f"/projects/{made['id']}", {"hydrate": False}))["metadata"] is None
    missing = await served("GET", f"/projects/{registry.new_id()}")
    assert (missing.status, missing.json["detail"][0]) == (404, "KeyError")


async def test_one_name_stands_for_both(registry: Registry) -> None:
    served = Served(registry)

    assert (await served.post("/projects", {"name": "plain"}))["body"]["display_name"] == "plain"
    assert (await served.post("/projects", {"display_name": "My Project!"}))["name"] == "my-project"


async def test_projects_are_numbered_and_have_every_form_of_their_name(registry: Registry) -> None:
    served = Served(registry)
    for name in ("under_score", "b"):
        await served.post("/projects", {"name": name})
    first, second = await stored(registry, "under_score"), await stored(registry, "b")

    assert (first.serial, second.serial) == (2, 3)
    assert (first.slug, first.word) == project_forms("under_score")


@pytest.mark.parametrize("name", ["", "Upper", "with space", "x" * 51, "a/b"])
async def test_names_that_no_project_may_have(registry: Registry, name: str) -> None:
    assert (await Served(registry)("POST", "/projects", {"name": name})).status == 422


async def test_a_name_is_taken_once(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/projects", {"name": "a"})
    await served.post("/projects", {"name": "b"})
    answers = [await served("POST", "/projects", {"name": "a"}), await served("PUT", "/projects/b", {"name": "a"})]

    assert [(answer.status, answer.json["detail"][0]) for answer in answers] == [(409, "EntityExistsError")] * 2


async def test_a_project_changes_in_what_is_given(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/projects", {"name": "a", "description": "old", "project_metadata": {"a": 1}})
    renamed = await served.put(f"/projects/{made['id']}", {"name": "b"})
    told = await served.put("/projects/b", {"description": "new", "display_name": "B"})

    assert (renamed["name"], renamed["metadata"]) == ("b", made["metadata"])
    assert told["metadata"] == {"description": "new", "project_metadata": {"a": 1}}
    assert (told["name"], told["body"]["display_name"]) == ("b", "B")
    assert told["body"]["updated"] > renamed["body"]["updated"] > made["body"]["updated"]
    assert (await stored(registry, "b")).slug == "b"
    assert (await served("GET", "/projects/a")).status == 404


async def test_the_default_project_keeps_its_name_and_stays(registry: Registry) -> None:
    served = Served(registry)
    answers = [
        await served("PUT", "/projects/default", {"name": "other"}),
        await served("DELETE", "/projects/default"),
        await served("DELETE", f"/projects/{registry.default_project.id}"),
    ]
    told = await served.put("/projects/default", {"name": "default", "description": "ours"})

    assert [(answer.status, answer.json["detail"][0]) for answer in answers] == [(403, "IllegalOperationError")] * 3
    assert told["metadata"]["description"] == "ours"


async def test_viewers_make_no_projects_and_editors_rule_their_own_alone(registry: Registry) -> None:
    await Served(registry).post("/projects", {"name": "a"})
    eve = as_user(await add_user(registry, "eve"))
    editor = Served(registry, caller=eve)
    viewer = Served(registry, caller=replace(eve, role=Role.VIEWER))
    await editor.post("/projects", {"name": "b"})
    await editor.put("/projects/b", {"description": "hers"})
    answers = [
        await viewer("POST", "/projects", {"name": "c"}),
        await viewer("DELETE", "/projects/b"),
        await editor("PUT", "/projects/a", {"description": "x"}),
        await editor("DELETE", "/projects/a"),
        await editor("DELETE", "/projects/default"),
    ]

    assert [answer.status for answer in answers] == [403] * 5
    assert names_of((await editor.get("/projects"))["items"]) == ["default", "a", "b"]
    await editor.delete("/projects/b")
    assert names_of((await editor.get("/projects"))["items"]) == ["default", "a"]


async def test_a_hundred_projects_are_listed_by_what_is_asked(registry: Registry) -> None:
    served = Served(registry)
    for number in range(100):
        await served.post("/projects", {"name": f"p{number:02}", "display_name": f"Number {number}"})
    page = await served.get("/projects", {"page": 6, "hydrate": True})
    by_shown_name = await served.get("/projects", {"display_name": "endswith:ber 7"})
    defaults = await served.get("/projects", {"display_name": "default"})
    last = await served.get("/projects", {"sort_by": "desc:name", "size": 1})

    assert (page["total"], page["total_pages"], len(page["items"])) == (101, 6, 1)
    assert page["items"][0]["metadata"] == {"description": "", "project_metadata": {}}
    assert names_of(by_shown_name["items"]) == ["p07"]
    assert names_of(defaults["items"]) == ["default"]
    assert names_of(last["items"]) == ["p99"]
    assert (await served("GET", "/projects", query={"sort_by": "serial"})).status == 422


async def test_a_deleted_project_leaves_nothing_behind_and_takes_nothing_else(registry: Registry) -> None:
    served = Served(registry)
    kept = await served.post("/artifact_versions", version_body(registry, tags=["gold"], metadata={"a": 1}))
    await step_with(registry, kept["id"])
    await model_version(registry, "m", kept["id"])
    before = await rows(registry)

    made = await served.post("/projects", {"name": "gone"})
    project = await stored(registry, "gone")
    body = version_body(registry, tags=["gold"], metadata={"a": 1}) | {"project": made["id"]}
    version = await served.post("/artifact_versions", body)
    await served.put(f"/artifacts/{version['body']['artifact']['id']}", {"add_tags": ["gold"]})
    pipeline = new_workflow(registry, project=project)
    await add(registry, pipeline)
    elsewhere = Registry(
        id=registry.id,
        store=registry.store,
        clock=registry.clock,
        new_id=registry.new_id,
        sequence=registry.sequence,
        default_project=project,
        signing_secret=registry.signing_secret,
    )
    step = await step_with(elsewhere, version["id"])
    await model_version(elsewhere, "m", version["id"])
    metadata = {
        "project": made["id"],
        "resources": [{"id": step.id, "type": "step_run"}],
        "values": {"a": 1},
        "types": {"a": "int"},
    }
    await served.post("/run-metadata", metadata)
    statistics = await served.get("/projects/gone/statistics")

    assert statistics == {"pipelines": 1, "runs": 1}
    assert await served.delete("/projects/gone") is None
    # What is to be removed of its bytes is noted until that is done, and who did it for good.
    kept = {"discards": set[object](), "audit_entries": before["audit_entries"]}
    assert await rows(registry) | kept == before
    assert (await served("GET", "/projects/gone")).status == 404


async def test_runs_of_other_dialects_are_no_runs_of_pipelines(registry: Registry) -> None:
    await add(registry, new_run(registry, dialect="prefect"))

    assert await Served(registry).get("/projects/default/statistics") == {"pipelines": 0, "runs": 0}
