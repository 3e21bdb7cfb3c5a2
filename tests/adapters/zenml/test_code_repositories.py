"""Code repositories: told apart by name in their project."""

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.core.registry import Registry
from tests.adapters.zenml.running import Running
from tests.adapters.zenml.serving import Served


def repository_body(registry: Registry, name: str = "code", **given: object) -> dict[str, object]:
    """What a client sends to make a code repository."""
    source = {"module": "my.repositories", "attribute": "Repository", "type": "user"}
    return {"project": registry.default_project.id, "name": name, "config": {"url": "u"}, "source": source} | given


async def test_a_code_repository_is_given_back_as_it_came(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/code_repositories", repository_body(registry, description="all of it"))
    assert made["body"]["source"] == {"module": "my.repositories", "attribute": "Repository", "type": "user"}
    assert made["body"]["project_id"] == registry.default_project.id
    assert made["metadata"] == {"config": {"url": "u"}, "description": "all of it"}
    assert await served.get(f"/code_repositories/{made['id']}") == made
    page = await served.get("/code_repositories", {"project": "default", "name": "startswith:co", "hydrate": True})
    assert page["items"] == [made]


async def test_code_repositories_are_changed_renamed_and_removed(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/code_repositories", repository_body(registry))
    await served.post("/code_repositories", repository_body(registry, "other"))
    path = f"/code_repositories/{made['id']}"
    changed = await served.put(path, {"description": "new", "config": {"url": "v"}})
    assert changed["metadata"] == {"config": {"url": "v"}, "description": "new"}
    assert changed["body"]["source"] == made["body"]["source"]
    assert (await served("PUT", path, {"name": "other"})).status == 409
    assert (await served.put(path, {"name": "mine"}))["name"] == "mine"
    await served.delete(path)
    assert (await served("GET", path)).status == 404


async def test_names_of_code_repositories_are_unique_and_hold_no_line_breaks(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/code_repositories", repository_body(registry))
    assert (await served("POST", "/code_repositories", repository_body(registry))).status == 409
    for name in ("", "a\nb"):
        answer = await served("POST", "/code_repositories", repository_body(registry, name))
        assert (answer.status, answer.json["detail"][0]) == (400, "ValueError")


async def test_a_snapshot_and_its_runs_say_which_state_of_a_repository_they_run(registry: Registry) -> None:
    await ensure_default_stack(registry)
    served = Served(registry)
    running = Running(served)
    repository = await served.post("/code_repositories", repository_body(registry))
    given = {"commit": "c0ffee", "subdirectory": "src", "code_repository": repository["id"]}
    snapshot = await running.snapshot(code_reference=given)
    run = await running.run(snapshot)
    for path in (f"/pipeline_snapshots/{snapshot['id']}", f"/runs/{run['id']}"):
        body = (await served.get(path))["resources"]["code_reference"]["body"]
        assert (body["commit"], body["subdirectory"]) == ("c0ffee", "src")
        assert body["code_repository"]["body"] == repository["body"]
    page = await served.get("/runs", {"project": "default"})
    assert [each["resources"]["code_reference"]["body"]["commit"] for each in page["items"]] == ["c0ffee"]
    await served.delete(f"/code_repositories/{repository['id']}")
    assert (await served.get(f"/runs/{run['id']}"))["resources"]["code_reference"] is None
