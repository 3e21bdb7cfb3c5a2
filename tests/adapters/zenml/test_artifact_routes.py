"""Artifacts as ZenML's clients ask for them; on both engines."""

from typing import Any

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, versions
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.versions import VersionDraft
from tests.adapters.zenml.serving import Served, version_body


async def foreign_version(registry: Registry, target: ByName | None, *, internal: bool = False) -> Version:
    """A version that another dialect wrote."""

    async def work(unit: Writer) -> Version:
        draft = VersionDraft(dialect="prefect", internal=internal, data="1")
        return await versions.write_version(registry, unit, ANYBODY, registry.default_project, draft, target)

    return await registry.store.write(work)


def artifact_body(registry: Registry, name: str = "numbers", **given: object) -> dict[str, object]:
    return {"project": registry.default_project.id, "name": name} | given


def names_of(things: list[Any]) -> list[str]:
    return [thing["name"] for thing in things]


async def test_an_artifact_is_made_without_a_version(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/artifacts", artifact_body(registry, tags=["gold"], has_custom_name=True))

    assert made["name"] == "numbers"
    assert made["body"]["project_id"] == registry.default_project.id
    assert made["metadata"] == {"has_custom_name": True}
    assert made["resources"]["latest_version_id"] is None
    assert names_of(made["resources"]["tags"]) == ["gold"]
    assert await served.get(f"/artifacts/{made['id']}") == made


async def test_a_name_is_taken_once(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/artifacts", artifact_body(registry))
    again = await served("POST", "/artifacts", artifact_body(registry))

    assert (again.status, again.json["detail"][0]) == (409, "EntityExistsError")


@pytest.mark.parametrize("name", ["", "a\tb", "a\nb"])
async def test_names_that_no_new_artifact_may_have(registry: Registry, name: str) -> None:
    answer = await Served(registry)("POST", "/artifacts", artifact_body(registry, name))

    assert (answer.status, answer.json["detail"][0]) == (400, "ValueError")


async def test_a_renamed_artifact_keeps_its_versions_and_has_a_chosen_name(registry: Registry) -> None:
    served = Served(registry)
    version = await served.post("/artifact_versions", version_body(registry, has_custom_name=False))
    path = f"/artifacts/{version['body']['artifact']['id']}"
    before = await served.get(path)
    after = await served.put(path, {"name": "digits"})
    found = await served.get("/artifact_versions", {"artifact": "digits"})

    assert (before["metadata"], after["metadata"]) == ({"has_custom_name": False}, {"has_custom_name": True})
    assert after["name"] == "digits"
    assert after["body"]["updated"] > before["body"]["updated"]
    assert [item["id"] for item in found["items"]] == [version["id"]]


async def test_a_rename_says_so_where_nobody_chose_the_name(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/artifacts", artifact_body(registry))
    renamed = await served.put(f"/artifacts/{made['id']}", {"name": "x", "has_custom_name": False})

    assert renamed["metadata"] == {"has_custom_name": False}


async def test_a_rename_to_a_taken_name_changes_nothing(registry: Registry) -> None:
    served = Served(registry)
    await served.post("/artifacts", artifact_body(registry, "a"))
    made = await served.post("/artifacts", artifact_body(registry, "b"))
    answer = await served("PUT", f"/artifacts/{made['id']}", {"name": "a", "add_tags": ["gold"]})

    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")
    assert await served.get(f"/artifacts/{made['id']}") == made


async def test_tags_are_put_on_before_others_are_taken_off(registry: Registry) -> None:
    served = Served(registry)
    made = await served.post("/artifacts", artifact_body(registry, tags=["a", "b"]))
    a = made["resources"]["tags"][0]
    changed = await served.put(
        f"/artifacts/{made['id']}", {"add_tags": ["c", "d"], "remove_tags": [a["id"], "c", "unknown"]}
    )

    assert names_of(changed["resources"]["tags"]) == ["b", "d"]


async def test_a_tag_is_put_on_by_its_id(registry: Registry) -> None:
    served = Served(registry)
    tag = await served.post("/tags", {"name": "gold"})
    made = await served.post("/artifacts", artifact_body(registry, tags=[tag["id"].replace("-", "")]))
    missing = await served("PUT", f"/artifacts/{made['id']}", {"add_tags": [made["id"]]})

    assert names_of(made["resources"]["tags"]) == ["gold"]
    assert (missing.status, missing.json["detail"][0]) == (404, "KeyError")


async def test_a_deleted_artifact_takes_its_versions_along(registry: Registry) -> None:
    served = Served(registry)
    version = await served.post("/artifact_versions", version_body(registry, tags=["gold"], metadata={"a": 1}))
    path = f"/artifacts/{version['body']['artifact']['id']}"

    assert await served.delete(path) is None
    assert (await served("GET", path)).status == 404
    assert (await served("DELETE", path)).status == 404
    assert (await served("GET", f"/artifact_versions/{version['id']}")).status == 404
    assert (await served.get("/artifacts"))["total"] == 0
    assert (await served.get("/artifact_versions"))["total"] == 0


async def test_the_latest_version_is_the_newest_not_the_one_with_the_highest_number(registry: Registry) -> None:
    served = Served(registry)
    for label in ("10", "gold", "2"):
        newest = await served.post("/artifact_versions", version_body(registry, version=label))
    [shown] = (await served.get("/artifacts"))["items"]

    assert (shown["resources"]["latest_version_id"], shown["resources"]["latest_version_name"]) == (newest["id"], "2")
    assert shown["metadata"] is None


async def test_the_latest_version_is_never_one_that_only_another_dialect_sees(registry: Registry) -> None:
    served = Served(registry)
    shown = {}
    for name in ("a", "b"):
        shown[name] = await served.post("/artifact_versions", version_body(registry, name))
        await foreign_version(registry, ByName(name), internal=True)
        await foreign_version(registry, ByName(name), internal=True)
    await foreign_version(registry, ByName("hidden"), internal=True)
    page = await served.get("/artifacts", {"sort_by": "name"})

    assert page["total"] == 2
    assert [item["resources"]["latest_version_id"] for item in page["items"]] == [shown["a"]["id"], shown["b"]["id"]]


async def test_artifacts_of_other_kinds_are_found_by_what_they_show(registry: Registry) -> None:
    served = Served(registry)
    await foreign_version(registry, ByName("resnet", kind="model"))
    keyless = await foreign_version(registry, None)
    unnamed = f"unnamed-{keyless.artifact_id}"

    for name in ("model:resnet", unnamed):
        for asked in (name, f"startswith:{name}", f'oneof:["{name}"]'):
            page = await served.get("/artifacts", {"name": asked})
            assert (names_of(page["items"]), page["total"]) == ([name], 1), asked
            found = await served.get("/artifact_versions", {"artifact": asked})
            assert [item["body"]["artifact"]["name"] for item in found["items"]] == [name], asked
    assert (await served.get("/artifacts", {"name": "resnet"}))["total"] == 0


async def test_a_list_by_one_tag_has_its_total(registry: Registry) -> None:
    served = Served(registry)
    for number in range(5):
        await served.post("/artifacts", artifact_body(registry, f"a{number}", tags=["gold"] if number % 2 else ["x"]))
    page = await served.get("/artifacts", {"tags": "gold", "size": 1, "page": 2})

    assert (page["total"], page["total_pages"], names_of(page["items"])) == (2, 2, ["a3"])
    assert (await served.get("/artifacts", {"tags": "unknown"}))["total"] == 0


async def test_a_page_past_the_end_is_refused(registry: Registry) -> None:
    answer = await Served(registry)("GET", "/artifacts", query={"page": 2})

    assert (answer.status, answer.json["detail"][0]) == (400, "ValueError")


async def test_artifacts_are_sorted_by_their_tags_and_latest_versions(registry: Registry) -> None:
    served = Served(registry)
    for name, tags in (("a", ["y"]), ("b", []), ("c", ["x", "z"]), ("d", ["x"])):
        await served.post("/artifact_versions", version_body(registry, name))
        artifact = (await served.get("/artifacts", {"name": name}))["items"][0]
        await served.put(f"/artifacts/{artifact['id']}", {"add_tags": tags})
    await served.post("/artifact_versions", version_body(registry, "b"))

    for sort, expected in (("tags", "bdca"), ("desc:tags", "acdb"), ("desc:latest_version", "bdca")):
        page = await served.get("/artifacts", {"sort_by": sort})
        assert "".join(names_of(page["items"])) == expected, sort
