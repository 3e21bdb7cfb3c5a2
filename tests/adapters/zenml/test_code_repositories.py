"""Code repositories: told apart by name in their project."""

from isogloss.core.registry import Registry
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
