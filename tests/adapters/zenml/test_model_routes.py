"""Models and their versions as ZenML's clients ask for them; on both engines."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, metadata, tags
from tests.adapters.zenml.serving import Asked, Served
from tests.support.registries import Clock, registry_over

Item = dict[str, Any]

NO_SERVICES = {"index": 1, "max_size": 5, "total_pages": 1, "total": 0, "items": []}


class Models:
    """The operations by what they do; each asserts that it succeeds."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.served = Served(registry)
        self.project = registry.default_project.id

    async def make(self, name: str = "churn", **given: object) -> Item:
        made: Item = await self.served.post("/models", {"project": self.project, "name": name, **given})
        return made

    async def make_version(self, model: Item, **given: object) -> Item:
        body = {"project": self.project, "model": model["id"], **given}
        made: Item = await self.served.post("/model_versions", body)
        return made

    async def names(self, path: str, query: Asked = ()) -> list[str]:
        page = await self.served.get(path, query)
        assert page["total"] == len(page["items"])
        return [item["name"] for item in page["items"]]


class Ticking(Clock):
    """Moves on whenever it is asked."""

    def __call__(self) -> int:
        self.advance()
        return self.now


@pytest.fixture
async def models(registry: Registry) -> Models:
    """The operations over a new registry whose clock moves on with every request."""
    return Models(await registry_over(registry.store, Ticking(), registry.files))


async def test_a_model_is_read_as_it_was_made_and_lean_without_its_metadata(models: Models) -> None:
    made = await models.make(license="MIT", ethics="none", save_models_to_registry=False, tags=["b", "a"])
    read = await models.served.get(f"/models/{made['id']}")
    lean = await models.served.get(f"/models/{made['id']}", {"hydrate": False})

    assert read == made
    assert made["name"] == "churn"
    assert made["body"]["project_id"] == models.project
    assert made["metadata"] == {
        "license": "MIT",
        "description": None,
        "audience": None,
        "use_cases": None,
        "limitations": None,
        "trade_offs": None,
        "ethics": "none",
        "save_models_to_registry": False,
    }
    assert [tag["name"] for tag in made["resources"]["tags"]] == ["a", "b"]
    assert made["resources"]["latest_version_id"] is None
    assert made["resources"]["visualizations"] == []
    assert lean == made | {"metadata": None}


@pytest.mark.parametrize(
    ("given", "status", "kind"),
    [
        ({"name": "churn"}, 409, "EntityExistsError"),
        ({"name": ""}, 400, "ValueError"),
        ({"name": "a\nb"}, 400, "ValueError"),
        ({"name": "x" * 256}, 422, None),
        ({"name": "new", "project": str(uuid4())}, 404, "KeyError"),
    ],
)
async def test_a_model_that_cannot_be_is_refused(
    models: Models, given: dict[str, object], status: int, kind: str | None
) -> None:
    await models.make()
    answer = await models.served("POST", "/models", {"project": models.project} | given)

    assert answer.status == status, answer
    assert (answer.json["detail"][0] if kind else answer.json[0]) == (kind or "ValueError")
    assert await models.names("/models") == ["churn"]


async def test_a_change_of_a_model_leaves_what_is_not_given_and_moves_tags(models: Models) -> None:
    made = await models.make(license="MIT", tags=["a", "b"])
    body = {"name": "drift", "description": "new", "license": None, "add_tags": ["c"], "remove_tags": ["a", "absent"]}
    changed = await models.served.put(f"/models/{made['id']}", body)

    assert (changed["name"], changed["metadata"]["license"], changed["metadata"]["description"]) == (
        "drift",
        "MIT",
        "new",
    )
    assert [tag["name"] for tag in changed["resources"]["tags"]] == ["b", "c"]
    assert changed["body"]["updated"] > made["body"]["updated"]
    assert changed == await models.served.get(f"/models/{made['id']}")


async def test_a_model_is_not_renamed_to_another_ones_name(models: Models) -> None:
    await models.make("drift")
    made = await models.make()
    answer = await models.served("PUT", f"/models/{made['id']}", {"name": "drift"})

    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")
    assert (await models.served.get(f"/models/{made['id']}"))["name"] == "churn"


async def test_models_are_listed_by_name_tag_and_newest_version(models: Models) -> None:
    churn, drift = await models.make("churn", tags=["t"]), await models.make("drift")
    await models.make_version(churn)
    gold = await models.make_version(churn, name="gold")

    assert await models.names("/models", {"name": "drift"}) == ["drift"]
    assert await models.names("/models", {"name": "contains:r"}) == ["churn", "drift"]
    assert await models.names("/models", {"id": drift["id"]}) == ["drift"]
    assert await models.names("/models", {"tags": "t"}) == ["churn"]
    assert await models.names("/models", {"user": "nobody"}) == []
    assert await models.names("/models", {"sort_by": "tags"}) == ["drift", "churn"]
    assert await models.names("/models", {"sort_by": "desc:latest_version"}) == ["churn", "drift"]
    assert await models.names("/models", {"sort_by": "desc:created"}) == ["drift", "churn"]
    page = await models.served.get("/models", {"hydrate": True, "name": "churn"})
    assert page["items"] == [await models.served.get(f"/models/{churn['id']}")]
    resources = page["items"][0]["resources"]
    assert (resources["latest_version_name"], resources["latest_version_id"]) == ("gold", gold["id"])


async def test_a_version_is_read_as_it_was_made_with_its_model_within(models: Models) -> None:
    model = await models.make()
    made = await models.make_version(model, name="gold", stage="production", description="best", tags=["t"])
    read = await models.served.get(f"/model_versions/{made['id']}")
    lean = await models.served.get(f"/model_versions/{made['id']}", {"hydrate": False})

    assert read == made
    assert (made["name"], made["body"]["number"], made["body"]["stage"]) == ("gold", 1, "production")
    assert made["body"]["model"] == model | {"metadata": None, "resources": None}
    assert made["metadata"] == {"description": "best", "run_metadata": {}}
    assert made["resources"]["services"] == NO_SERVICES
    assert [tag["name"] for tag in made["resources"]["tags"]] == ["t"]
    assert lean == made | {"metadata": None}


async def test_versions_without_a_name_are_called_by_their_number(models: Models) -> None:
    model = await models.make()
    made = [
        await models.make_version(model),
        await models.make_version(model, name="gold"),
        await models.make_version(model, name=""),
    ]

    assert [(item["name"], item["body"]["number"]) for item in made] == [("1", 1), ("gold", 2), ("3", 3)]


@pytest.mark.parametrize(
    ("name", "status"), [("12", 400), ("²", 400), ("Production", 400), ("latest", 400), ("a\tb", 400), ("gold", 409)]
)
async def test_a_version_is_not_called_by_a_number_a_stage_or_a_name_that_is_taken(
    models: Models, name: str, status: int
) -> None:
    model = await models.make()
    await models.make_version(model, name="gold")
    body = {"project": models.project, "model": model["id"], "name": name}
    answer = await models.served("POST", "/model_versions", body)

    assert answer.status == status
    assert await models.names("/model_versions") == ["gold"]


async def test_a_stage_that_is_taken_is_refused_with_the_error_that_clients_look_for(models: Models) -> None:
    model = await models.make()
    first, second = await models.make_version(model, name="gold"), await models.make_version(model)
    await models.served.put(f"/model_versions/{first['id']}", {"stage": "production"})
    answer = await models.served("PUT", f"/model_versions/{second['id']}", {"stage": "production", "name": "new"})

    assert answer.status == 500
    assert answer.json == {
        "detail": ["RuntimeError", "Model version gold is in production, but `force` flag is False."]
    }
    assert await models.served.get(f"/model_versions/{second['id']}") == second


async def test_a_stage_that_is_taken_by_force_archives_its_holder(models: Models) -> None:
    model = await models.make()
    first, second = await models.make_version(model, stage="production"), await models.make_version(model)
    changed = await models.served.put(f"/model_versions/{second['id']}", {"stage": "production", "force": True})
    yielded = await models.served.get(f"/model_versions/{first['id']}")

    assert (changed["body"]["stage"], yielded["body"]["stage"]) == ("production", "archived")


async def test_a_stage_that_there_is_not_is_no_stage(models: Models) -> None:
    made = await models.make_version(await models.make())
    answer = await models.served("PUT", f"/model_versions/{made['id']}", {"stage": "retired"})

    assert (answer.status, answer.json[0]) == (422, "ValueError")


async def test_a_version_is_renamed_and_described(models: Models) -> None:
    model = await models.make()
    made, other = await models.make_version(model, description="old"), await models.make_version(model)
    changed = await models.served.put(f"/model_versions/{made['id']}", {"name": "gold", "add_tags": ["t"]})
    described = await models.served.put(f"/model_versions/{made['id']}", {"description": "new", "remove_tags": ["t"]})
    clash = await models.served("PUT", f"/model_versions/{other['id']}", {"name": "gold"})

    assert (changed["name"], changed["metadata"]["description"]) == ("gold", "old")
    assert [tag["name"] for tag in changed["resources"]["tags"]] == ["t"]
    assert (described["name"], described["metadata"]["description"]) == ("gold", "new")
    assert described["resources"]["tags"] == []
    assert clash.status == 409


async def test_versions_are_listed_by_model_number_stage_name_tag_and_metadata(models: Models) -> None:
    churn, drift = await models.make("churn"), await models.make("drift")
    first = await models.make_version(churn, tags=["t"])
    await models.make_version(churn, name="gold", stage="staging")
    await models.make_version(drift, name="other")

    async def log(unit: Writer) -> None:
        await metadata.append(models.registry, unit, "record", first["id"], '{"accuracy":0.5}')

    await models.registry.store.write(log)

    async def listed(**query: object) -> list[str]:
        return await models.names("/model_versions", query)

    assert await listed(model="churn") == ["1", "gold"]
    assert await listed(model=drift["id"]) == ["other"]
    assert await listed(model="startswith:dr") == ["other"]
    assert await listed(model="churn", number=2) == ["gold"]
    assert await listed(number="gt:1") == ["gold"]
    assert await listed(stage="staging") == ["gold"]
    assert await listed(stage="isnull:") == ["1", "other"]
    assert await listed(name="gold") == ["gold"]
    assert await listed(tags="t") == ["1"]
    assert await listed(run_metadata="accuracy:0.5") == ["1"]
    assert await listed(run_metadata="accuracy:gt:0.6") == []
    assert await listed(model="nothing", name="gold", logical_operator="or") == ["gold"]
    # What a client asks for the latest version.
    page = await models.served.get("/model_versions", {"model": "churn", "sort_by": "desc:number", "size": 1})
    assert [item["name"] for item in page["items"]] == ["gold"]
    page = await models.served.get("/model_versions", {"name": "1", "hydrate": True})
    assert page["items"][0]["metadata"]["run_metadata"] == {"accuracy": 0.5}


async def test_a_version_that_goes_leaves_the_one_before_it_as_the_latest(models: Models) -> None:
    model = await models.make()
    await models.make_version(model)
    gone = await models.make_version(model)
    assert await models.served.delete(f"/model_versions/{gone['id']}") is None
    resources = (await models.served.get(f"/models/{model['id']}"))["resources"]

    assert resources["latest_version_name"] == "1"
    assert (await models.served("GET", f"/model_versions/{gone['id']}")).status == 404


async def test_a_model_goes_with_its_versions(models: Models) -> None:
    model, other = await models.make(), await models.make("drift")
    await models.make_version(model)
    await models.make_version(other, name="stays")
    assert await models.served.delete(f"/models/{model['id']}") is None
    again = await models.make()

    assert await models.names("/model_versions") == ["stays"]
    assert again["resources"]["latest_version_id"] is None


@pytest.mark.parametrize("path", ["/models", "/model_versions"])
async def test_what_does_not_exist_is_neither_read_nor_changed_nor_deleted(models: Models, path: str) -> None:
    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        answer = await models.served(method, f"{path}/{uuid4()}", body)
        assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_a_model_is_no_model_version(models: Models) -> None:
    model = await models.make()
    answer = await models.served("GET", f"/model_versions/{model['id']}")

    assert answer.status == 404


async def test_an_exclusive_tag_is_put_on_no_model_and_nothing_is_made(models: Models) -> None:
    async def work(unit: Writer) -> None:
        await tags.create_tag(models.registry, unit, ANYBODY, "only", "red", exclusive=True)

    await models.registry.store.write(work)
    body = {"project": models.project, "name": "churn", "tags": ["only"]}
    answer = await models.served("POST", "/models", body)

    assert (answer.status, answer.json["detail"][0]) == (400, "ValueError")
    assert await models.names("/models") == []


async def test_versions_made_at_once_get_all_numbers_and_the_same_request_twice_gets_one(models: Models) -> None:
    model = await models.make()
    body = {"project": models.project, "model": model["id"]}
    key = {"Idempotency-Key": str(uuid4())}
    made = await asyncio.gather(*(models.make_version(model) for _ in range(12)))
    once = await models.served("POST", "/model_versions", body, headers=key)
    twice = await models.served("POST", "/model_versions", body, headers=key)

    assert sorted(item["body"]["number"] for item in made) == list(range(1, 13))
    assert once.body == twice.body
    assert once.json["body"]["number"] == 13
