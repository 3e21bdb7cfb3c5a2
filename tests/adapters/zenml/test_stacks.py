"""Flavors, components and stacks: what the client registers, finds, changes and removes."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.adapters.zenml.flavors import BUILT_IN
from isogloss.core.access import Principal, Role
from isogloss.core.registry import Registry
from isogloss.storage.sql.unit import Unit
from tests.adapters.zenml.serving import Served, version_body
from tests.support.accounts import add_user, as_user


@pytest.fixture
async def served(registry: Registry) -> Served:
    """The dialect over a registry with its default stack."""
    await ensure_default_stack(registry)
    return Served(registry)


def component_body(name: str, component_type: str = "artifact_store", **given: object) -> dict[str, object]:
    """What a client sends to make a component."""
    return {"name": name, "type": component_type, "flavor": "local", "configuration": {}} | given


async def make_stack(served: Served, name: str, **components: Sequence[str]) -> Any:
    """A stack of the components of these ids, with the default orchestrator and artifact store."""
    default = (await served.get("/stacks", {"name": "default", "hydrate": True}))["items"][0]["metadata"]["components"]
    chosen = {kind: [default[kind][0]["id"]] for kind in ("orchestrator", "artifact_store")}
    return await served.post("/stacks", {"name": name, "components": chosen | components})


async def test_a_component_keeps_its_configuration_word_for_word(served: Served) -> None:
    configuration = {"path": "/data", "nested": {"b": [1, 2.5, None], "a": "ü"}}
    made = await served.post(
        "/components",
        component_body("data", configuration=configuration, labels={"team": "x"}, environment={"A": "1"}),
    )
    read = await served.get(f"/components/{made['id']}")
    assert read == made
    assert list(read["metadata"]["configuration"]["nested"]) == ["b", "a"]
    assert read["metadata"] == {
        "configuration": configuration,
        "environment": {"A": "1"},
        "labels": {"team": "x"},
        "secrets": [],
        "connector_resource_id": None,
        "connector": None,
    }
    assert read["resources"]["flavor"]["body"]["source"].endswith(".LocalArtifactStoreFlavor")


async def test_names_are_unique_among_the_components_of_a_type(served: Served) -> None:
    await served.post("/components", component_body("one"))
    await served.post("/components", component_body("one", "orchestrator"))
    answer = await served("POST", "/components", component_body("one"))
    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")


async def test_a_component_of_an_unknown_flavor_is_refused(served: Served) -> None:
    answer = await served("POST", "/components", component_body("one", flavor="nothing"))
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")
    assert (await served.get("/components", {"name": "one"}))["total"] == 0


async def test_a_component_in_a_stack_cannot_be_deleted_until_the_stack_lets_it_go(served: Served) -> None:
    store = await served.post("/components", component_body("data"))
    stack = await make_stack(served, "work", artifact_store=[store["id"]])
    answer = await served("DELETE", f"/components/{store['id']}")
    assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError")
    await served.delete(f"/stacks/{stack['id']}")
    await served.delete(f"/components/{store['id']}")
    assert (await served("GET", f"/components/{store['id']}")).status == 404


async def test_versions_outlive_their_artifact_store(served: Served, registry: Registry) -> None:
    store = await served.post("/components", component_body("data"))
    version = await served.post(
        "/artifact_versions", version_body(registry, artifact_store_id=store["id"], uri="/data/1")
    )
    assert version["body"]["artifact_store_id"] == store["id"]
    await served.delete(f"/components/{store['id']}")
    left = await served.get(f"/artifact_versions/{version['id']}")
    assert left["body"]["artifact_store_id"] is None
    assert left["body"]["updated"] == version["body"]["updated"]


async def test_components_are_found_by_stack_type_flavor_and_name(served: Served) -> None:
    store = await served.post("/components", component_body("data"))
    await served.post("/components", component_body("cluster", "orchestrator", flavor="kubernetes"))
    stack = await make_stack(served, "work", artifact_store=[store["id"]])

    async def names(**asked: object) -> set[tuple[str, str]]:
        page = await served.get("/components", asked)
        return {(each["body"]["type"], each["name"]) for each in page["items"]}

    assert await names(stack_id=stack["id"]) == {("artifact_store", "data"), ("orchestrator", "default")}
    assert await names(type="orchestrator") == {("orchestrator", "default"), ("orchestrator", "cluster")}
    assert await names(type="contains:store") == {("artifact_store", "default"), ("artifact_store", "data")}
    assert await names(flavor="notequals:local") == {("orchestrator", "cluster")}
    assert await names(name="default", scope_type="artifact_store") == {("artifact_store", "default")}
    assert await names(name="data", type="orchestrator", logical_operator="or", scope_type="artifact_store") == {
        ("artifact_store", "data")
    }


async def test_components_are_sorted_by_type_and_then_by_name(served: Served) -> None:
    await served.post("/components", component_body("a", "orchestrator"))
    page = await served.get("/components", {"sort_by": "desc:type"})
    assert [(each["body"]["type"], each["name"]) for each in page["items"]] == [
        ("orchestrator", "default"),
        ("orchestrator", "a"),
        ("deployer", "default"),
        ("artifact_store", "default"),
    ]


async def test_an_update_changes_only_what_it_names(served: Served) -> None:
    made = await served.post("/components", component_body("data", labels={"a": 1}, configuration={"path": "/a"}))
    changed = await served.put(f"/components/{made['id']}", {"configuration": {"path": "/b"}, "connector": None})
    assert changed["metadata"]["configuration"] == {"path": "/b"}
    assert changed["metadata"]["labels"] == {"a": 1}
    assert changed["name"] == "data"
    assert changed["body"]["updated"] > made["body"]["updated"]
    renamed = await served.put(f"/components/{made['id']}", {"name": "other"})
    assert renamed["name"] == "other"
    await served.post("/components", component_body("data"))
    answer = await served("PUT", f"/components/{made['id']}", {"name": "data"})
    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")


async def test_the_default_stack_and_its_components_stay_as_they_are(served: Served) -> None:
    stack = (await served.get("/stacks", {"name": "default"}))["items"][0]
    components = (await served.get("/components"))["items"]
    assert len(components) == 3
    for path in (f"/stacks/{stack['id']}", *(f"/components/{each['id']}" for each in components)):
        for method, body in (("PUT", {"name": "mine"}), ("DELETE", None)):
            answer = await served(method, path, body)
            assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError"), path


async def test_a_stack_shows_its_components_by_type_with_the_default_one_first(served: Served) -> None:
    alerters = [
        (await served.post("/components", component_body(name, "alerter", flavor="slack")))["id"] for name in "ab"
    ]
    stack = await make_stack(served, "work", alerter=[alerters[1], alerters[0]])
    shown = stack["metadata"]["components"]
    assert set(shown) == {"orchestrator", "artifact_store", "alerter"}
    assert [each["id"] for each in shown["alerter"]] == [alerters[1], alerters[0]]
    assert shown["alerter"][0]["body"]["flavor_name"] == "slack"
    assert shown["alerter"][0]["metadata"] is None
    assert stack["metadata"]["labels"] == {}
    assert stack["metadata"]["environment"] == {}
    lean = (await served.get("/stacks", {"name": "work"}))["items"][0]
    assert lean["metadata"] is None
    assert lean["resources"] == {"user": None}


async def test_stacks_are_found_by_their_components_and_their_description(served: Served) -> None:
    store = await served.post("/components", component_body("data"))
    stack = await make_stack(served, "work", artifact_store=[store["id"]])
    await served.put(f"/stacks/{stack['id']}", {"description": "for work"})

    async def names(**asked: object) -> set[str]:
        return {each["name"] for each in (await served.get("/stacks", asked))["items"]}

    assert await names(component_id=store["id"]) == {"work"}
    assert await names(component="data") == {"work"}
    assert await names(component="default") == {"work", "default"}
    assert await names(component=f"startswith:{store['id'][:20]}") == {"work"}
    assert await names(description="contains:WORK") == {"work"}
    assert await names(name="startswith:d") == {"default"}


async def test_a_changed_stack_has_the_new_components_and_no_others(served: Served) -> None:
    stack = await make_stack(served, "work")
    orchestrator = stack["metadata"]["components"]["orchestrator"][0]["id"]
    store = await served.post("/components", component_body("data"))
    changed = await served.put(
        f"/stacks/{stack['id']}",
        {"components": {"orchestrator": [orchestrator], "artifact_store": [store["id"]]}, "labels": {"a": "b"}},
    )
    assert [each["name"] for each in changed["metadata"]["components"]["artifact_store"]] == ["data"]
    assert changed["metadata"]["labels"] == {"a": "b"}
    found = await served.get("/components", {"stack_id": stack["id"]})
    assert {each["name"] for each in found["items"]} == {"default", "data"}


async def test_a_stack_without_orchestrator_or_with_two_stores_is_refused(served: Served) -> None:
    default = (await served.get("/components", {"type": "artifact_store"}))["items"][0]["id"]
    for components in ({"artifact_store": [default]}, {"artifact_store": [default, default]}):
        answer = await served("POST", "/stacks", {"name": "odd", "components": components})
        assert answer.status == 422
        assert answer.json[0] == "ValueError"


async def test_a_component_of_another_type_cannot_stand_in(served: Served) -> None:
    store = await served.post("/components", component_body("data"))
    orchestrator = (await served.get("/components", {"type": "orchestrator"}))["items"][0]["id"]
    components = {"orchestrator": [orchestrator], "artifact_store": [orchestrator]}
    answer = await served("POST", "/stacks", {"name": "odd", "components": components})
    assert (answer.status, answer.json["detail"][0]) == (400, "ValueError")
    gone = {"orchestrator": [orchestrator], "artifact_store": [store["id"].replace(store["id"][:4], "0000")]}
    assert (await served("POST", "/stacks", {"name": "odd", "components": gone})).status == 404
    assert (await served.get("/stacks"))["total"] == 1


async def test_a_stack_is_made_together_with_its_new_components_or_not_at_all(served: Served) -> None:
    new = {"flavor": "local", "configuration": {"path": "/data"}}
    orchestrator = (await served.get("/components", {"type": "orchestrator"}))["items"][0]["id"]
    stack = await served.post(
        "/stacks", {"name": "work", "components": {"orchestrator": [orchestrator], "artifact_store": [new]}}
    )
    assert [each["name"] for each in stack["metadata"]["components"]["artifact_store"]] == ["work"]
    answer = await served(
        "POST", "/stacks", {"name": "work", "components": {"orchestrator": [orchestrator], "artifact_store": [new]}}
    )
    assert answer.status == 409
    assert (await served.get("/components", {"type": "artifact_store"}))["total"] == 2


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/components", {"secrets": ["mine"]}),
        ("/stacks", {"secrets": ["mine"]}),
        ("/stacks", {"service_connectors": ["0190c0de-0000-7000-8000-000000000000"]}),
    ],
)
async def test_secrets_and_connectors_are_refused_in_words(served: Served, path: str, named: dict[str, Any]) -> None:
    default = (await served.get("/stacks", {"hydrate": True}))["items"][0]["metadata"]["components"]
    components = {kind: [each["id"] for each in members] for kind, members in default.items()}
    body = component_body("data") | {"components": components}
    answer = await served("POST", path, body | named)
    assert (answer.status, answer.json["detail"][0]) == (501, "NotImplementedError")
    assert "keeps no" in answer.json["detail"][1]


async def test_the_flavors_that_the_client_brings_along_are_listed_beside_registered_ones(served: Served) -> None:
    body = {
        "name": "mine",
        "type": "artifact_store",
        "config_schema": {"title": "Mine", "properties": {"path": {"type": "string"}}},
        "source": "my.module.MineFlavor",
        "integration": "custom",
    }
    made = await served.post("/flavors", body)
    assert made["body"]["display_name"] == "Mine"
    assert made["body"]["is_custom"] is True
    page = await served.get("/flavors", {"size": 1000, "hydrate": True})
    assert page["total"] == len(BUILT_IN) + 1
    assert made in page["items"]
    stores = await served.get("/flavors", {"type": "artifact_store", "sort_by": "desc:name", "size": 3})
    assert [each["name"] for each in stores["items"]] == ["s3", "mine", "local"]
    assert (stores["total"], stores["total_pages"]) == (7, 3)
    local = await served.get("/flavors", {"type": "orchestrator", "name": "local", "hydrate": True})
    assert await served.get(f"/flavors/{local['items'][0]['id']}") == local["items"][0]
    assert await served.get(f"/flavors/{made['id']}") == made
    for taken in (body, body | {"name": "local"}):
        assert (await served("POST", "/flavors", taken)).status == 409


async def test_a_flavor_that_a_component_is_of_stays(served: Served) -> None:
    body: dict[str, Any] = {
        "name": "mine",
        "type": "alerter",
        "config_schema": {},
        "source": "a.B",
        "integration": None,
    }
    made = await served.post("/flavors", body)
    component = await served.post("/components", component_body("bell", "alerter", flavor="mine"))
    assert component["resources"]["flavor"]["id"] == made["id"]
    for method, change in (("DELETE", None), ("PUT", {"name": "other"})):
        assert (await served(method, f"/flavors/{made['id']}", change)).status == 403
    changed = await served.put(f"/flavors/{made['id']}", {"source": "a.C"})
    assert changed["body"]["source"] == "a.C"
    await served.delete(f"/components/{component['id']}")
    await served.delete(f"/flavors/{made['id']}")
    assert (await served("GET", f"/flavors/{made['id']}")).status == 404


async def test_flavors_that_the_client_brings_along_cannot_be_changed(served: Served) -> None:
    path = f"/flavors/{BUILT_IN[0].id}"
    for method, body in (("PUT", {"name": "other"}), ("DELETE", None)):
        answer = await served(method, path, body)
        assert (answer.status, answer.json["detail"][0]) == (403, "IllegalOperationError")
    assert (await served("PATCH", "/flavors/sync")).json is None


async def test_who_may_only_read_changes_nothing(served: Served, registry: Registry) -> None:
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER))
    stack = await make_stack(served, "work")
    store = await served.post("/components", component_body("data"))
    assert (await viewer.get("/stacks"))["total"] == 2
    assert (await viewer.get("/components", {"type": "artifact_store"}))["total"] == 2
    for method, path, body in (
        ("POST", "/components", component_body("other")),
        ("PUT", f"/components/{store['id']}", {"name": "other"}),
        ("DELETE", f"/components/{store['id']}", None),
        ("PUT", f"/stacks/{stack['id']}", {"name": "other"}),
        ("DELETE", f"/stacks/{stack['id']}", None),
    ):
        assert (await viewer(method, path, body)).status == 403, (method, path)
    assert (await viewer.get(f"/components/{store['id']}"))["name"] == "data"


async def test_a_page_costs_as_many_statements_whatever_its_size(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    flavor: dict[str, Any] = {"name": "mine", "type": "artifact_store", "config_schema": {}, "source": "a.B"}
    flavor["integration"] = None
    await served.post("/flavors", flavor)
    for number in range(8):
        store = await served.post("/components", component_body(f"data-{number}", flavor="mine"))
        await make_stack(served, f"stack-{number}", artifact_store=[store["id"]])
    statements = 0

    def counting(name: str) -> None:
        original: Callable[..., Any] = getattr(Unit, name)

        async def counted(self: Unit, *arguments: Any, **key: Any) -> Any:
            nonlocal statements
            statements += 1
            return await original(self, *arguments, **key)

        monkeypatch.setattr(Unit, name, counted)

    for name in ("get", "find", "rows", "count", "sum"):
        counting(name)

    async def cost(path: str, size: int) -> int:
        nonlocal statements
        statements = 0
        page = await served.get(path, {"hydrate": True, "size": size, "name": "contains:-"})
        assert len(page["items"]) == size
        return statements

    for path, most in (("/stacks", 4), ("/components", 3)):
        assert await cost(path, 1) == await cost(path, 8) <= most


async def test_stacks_components_and_flavors_are_found_by_who_made_them(served: Served, registry: Registry) -> None:
    user = await add_user(registry, "ana")
    ana = Served(registry, caller=as_user(user))
    await ana.post("/components", component_body("data"))
    await ana.post(
        "/flavors", {"name": "f", "type": "alerter", "config_schema": {}, "source": "a.B", "integration": ""}
    )
    stack = await make_stack(ana, "work")
    assert stack["resources"]["user"]["name"] == "ana"
    for path, name in (("/components", "data"), ("/flavors", "f"), ("/stacks", "work")):
        for reference in ("ana", user.id, "startswith:an"):
            page = await served.get(path, {"user": reference, "sort_by": "user"})
            assert [each["name"] for each in page["items"]] == [name], (path, reference)
        assert (await served.get(path, {"user": "bea"}))["total"] == 0
