"""The registry's own API: what any dialect wrote, in one shape."""

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.projects import create_project
from isogloss.core.registry.versions import VersionDraft, write_version
from tests.adapters.native.serving import Answer, Served
from tests.support.counting import counting
from tests.support.making import Maker

ROOT = "/api/isogloss/v1"
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Api:
    """The API over a registry, asked and answered in JSON."""

    def __init__(self, registry: Registry) -> None:
        self.make = Maker(registry)
        self.served = Served(registry)

    async def answer(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        address = ROOT + path + (f"?{urlencode(query, doseq=True)}" if query else "")
        return await self.served(method, address, [] if body is None else [msgspec.json.encode(body)])

    async def ask(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """The body of an answer that is no refusal."""
        answer = await self.answer(method, path, body, **query)
        assert answer.status == 200, answer
        return msgspec.json.decode(answer.body)

    async def get(self, path: str, **query: object) -> Any:
        return await self.ask("GET", path, **query)

    async def refused(self, status: int, method: str, path: str, body: object = None, **query: object) -> str:
        answer = await self.answer(method, path, body, **query)
        assert answer.status == status, answer
        return answer.detail

    async def all(self, path: str, **query: object) -> list[Any]:
        """The items of all pages of two."""
        found: list[Any] = []
        cursor: dict[str, object] = {}
        while True:
            page = await self.get(path, limit=2, **query, **cursor)
            assert len(page["items"]) <= 2
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}


@pytest.fixture
def api(registry: Registry) -> Api:
    return Api(registry)


async def in_other_project(api: Api, name: str) -> Version:
    async def work(unit: Writer) -> Version:
        project = await create_project(api.make.registry, unit, ANYBODY, "team")
        draft = VersionDraft(dialect="test")
        return await write_version(api.make.registry, unit, ANYBODY, project, draft, ByName(name))

    return await api.make.write(work)


async def test_projects(api: Api) -> None:
    await in_other_project(api, "data")
    projects = (await api.get("/projects"))["items"]
    assert [project["name"] for project in projects] == ["default", "team"]
    for reference in ("team", projects[1]["id"]):
        assert await api.get(f"/projects/{reference}") == projects[1]
    assert "'nowhere'" in await api.refused(404, "GET", "/projects/nowhere")


async def test_artifacts_are_listed_page_by_page(api: Api) -> None:
    for place in range(5):
        await api.make.version(f"data-{place}", dialect="zenml")
    await api.make.version("data-0", dialect="prefect")
    await in_other_project(api, "elsewhere")
    found = await api.all("/artifacts")
    assert sorted(each["name"] for each in found) == [f"data-{place}" for place in range(5)]
    assert len(await api.all("/artifacts", project="*")) == 6
    [both] = await api.all("/artifacts", dialect="prefect")
    assert (both["name"], both["versions"], both["newest"], both["dialect"]) == ("data-0", 2, "2", None)
    assert len(await api.all("/artifacts", dialect="zenml")) == 5
    assert len(await api.all("/artifacts", text="TA-1")) == 1
    assert await api.get(f"/artifacts/{both['id']}") == both
    assert NOWHERE in await api.refused(404, "GET", f"/artifacts/{NOWHERE}")


async def test_versions_are_listed_page_by_page_and_searched(api: Api) -> None:
    run = await api.make.run("training")
    for place in range(5):
        draft = {"dialect": "zenml" if place % 2 else "prefect", "description": f"The {place}. try"}
        await api.make.version("data", **draft)
    model = await api.make.version("model", ["data:1"], producer_run=run.id)
    data = await api.all("/versions", name="data")
    assert [each["label"] for each in data] == ["5", "4", "3", "2", "1"]
    assert len(await api.all("/versions", dialect="prefect")) == 3
    assert [each["label"] for each in await api.all("/versions", text="3. TRY")] == ["4"]
    assert [each["id"] for each in await api.all("/versions", producer_run=run.id)] == [model.id]
    assert len(await api.all("/versions", artifact=model.artifact_id, kind="artifact")) == 1
    assert await api.all("/versions", metadata="isogloss.inputs=nothing") == []
    [found] = await api.all("/versions", metadata='isogloss.inputs=["data:1"]', project="*")
    assert found["reference"] == "default/model@1"
    assert found["metadata"] == {"isogloss.inputs": ["data:1"]}
    assert (found["project"], found["producer_run"], found["tags"]) == ("default", run.id, [])
    assert found["created"].endswith("Z")


async def test_a_version_is_shown_with_its_names_and_its_inline_content(api: Api) -> None:
    version = await api.make.version("Report", data='{"rows":[1]}', form="table")
    whole = await api.get(f"/versions/{version.id}")
    assert whole["data"] == {"rows": [1]}
    assert whole["names"] == {
        "isogloss": "default/Report@1",
        "prefect": "x---52-eport",
        "zenml": "Report:1",
        "truefoundry": "artifact:default/default/Report:1",
    }
    assert whole["version"]["id"] == version.id
    for name in whole["names"].values():
        assert (await api.get("/resolve", ref=name))["id"] == version.id
    assert NOWHERE in await api.refused(404, "GET", f"/versions/{NOWHERE}")
    assert "not a valid UUID" in await api.refused(400, "GET", "/versions/latest")


async def test_files_of_a_version_are_listed_and_downloaded(api: Api) -> None:
    version = await api.make.version("notes", data='"# Title"', form="markdown")
    [file] = (await api.get(f"/versions/{version.id}/files"))["items"]
    answer = await api.answer("GET", f"/versions/{version.id}/files/{file['path']}")
    assert (answer.status, answer.body) == (200, b"# Title")
    assert answer.headers["content-length"] == str(file["size"])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "nothing.txt" in await api.refused(404, "GET", f"/versions/{version.id}/files/nothing.txt")
    assert NOWHERE in await api.refused(404, "GET", f"/versions/{NOWHERE}/files")


async def test_tags_are_put_on_and_taken_off(api: Api) -> None:
    version = await api.make.version("data")
    path = f"/versions/{version.id}/tags"
    assert await api.ask("PUT", f"{path}/gold") == {"tags": ["gold"]}
    assert await api.ask("PUT", f"{path}/by hand") == {"tags": ["by hand", "gold"]}
    assert [each["tags"] for each in await api.all("/versions", tag="gold")] == [["by hand", "gold"]]
    assert await api.ask("DELETE", f"{path}/gold") == {"tags": ["by hand"]}
    assert "'gold'" in await api.refused(404, "DELETE", f"{path}/gold")
    assert NOWHERE in await api.refused(404, "PUT", f"/versions/{NOWHERE}/tags/gold")


async def test_a_version_is_deleted(api: Api) -> None:
    version = await api.make.version("data")
    assert await api.ask("DELETE", f"/versions/{version.id}") == {"id": version.id}
    assert version.id in await api.refused(404, "DELETE", f"/versions/{version.id}")
    assert await api.all("/versions") == []


async def test_links_are_made_listed_and_taken_back(api: Api) -> None:
    data, run = await api.make.version("data"), await api.make.run("notebook")
    models = [await api.make.version(f"model-{place}") for place in range(3)]
    made = [await api.ask("POST", "/links", {"made": each.id, "source": "zenml:data:1"}) for each in models]
    assert made[0]["made"] == {"entity": "version", "id": models[0].id}
    assert made[0]["source"] == {"entity": "version", "id": data.id}
    assert await api.ask("POST", "/links", {"made": "model-0", "source": data.id}) == made[0]
    by_run = await api.ask("POST", "/links", {"made": "model-0", "source": run.id})
    assert by_run["source"] == {"entity": "run", "id": run.id}
    assert await api.all("/links") == [*made, by_run]
    assert await api.ask("DELETE", f"/links/{by_run['id']}") == by_run
    assert await api.all("/links", project="*") == made
    assert "made from itself" in await api.refused(422, "POST", "/links", {"made": "data", "source": "data"})
    assert "'nothing'" in await api.refused(404, "POST", "/links", {"made": "data", "source": "nothing"})
    assert by_run["id"] in await api.refused(404, "DELETE", f"/links/{by_run['id']}")


async def test_lineage(api: Api) -> None:
    data, run = await api.make.version("data", dialect="zenml"), await api.make.run("night")
    await api.make.uses(run, data)
    model = await api.make.version("model", ["data:1", "gone"], producer_run=run.id)
    whole = await api.get("/lineage", ref="prefect:model")
    assert whole["root"] == model.id
    assert {node["reference"] for node in whole["nodes"]} == {"default/model@1", "default/data@1", run.id}
    assert whole["missing"] == [{"target": model.id, "reference": "gone"}]
    assert not whole["truncated"]
    assert {"source": data.id, "target": model.id, "relation": "derived", "step": None, "origin": "metadata"} in (
        whole["edges"]
    )
    below = await api.get("/lineage", ref=model.id, direction="down")
    assert (len(below["nodes"]), below["edges"]) == (1, [])
    assert (await api.get("/lineage", ref=model.id, depth=1))["truncated"]
    assert (await api.get("/lineage", ref=model.id, nodes=1))["truncated"]
    assert (await api.get(f"/runs/{run.id}"))["name"] == "night"
    assert NOWHERE in await api.refused(404, "GET", f"/runs/{NOWHERE}")


async def test_what_is_asked_wrongly_is_told_where_and_what_would_be_right(api: Api) -> None:
    await api.make.version("model", label="x")
    await api.make.version("x")
    for path, query, told in (
        ("/versions", {"nmae": "x"}, "query.nmae: is no parameter of this address; it takes project, artifact, name"),
        ("/versions", {"limit": 0}, "query.limit: must be from 1 to 1000, this is 0."),
        ("/versions", {"limit": "many"}, "'many' is not a valid integer"),
        ("/versions", {"cursor": "x"}, "'x' is no cursor; take the `next` of the page before"),
        ("/versions", {"metadata": "key"}, "'key' must be KEY=VALUE"),
        ("/versions", {"name": ""}, "query.name: must not be empty"),
        ("/versions", {"name": "a\0"}, "NUL"),
        ("/lineage", {}, "query.ref: is missing: A version or run"),
        ("/lineage", {"ref": "x", "direction": "left"}, "query.direction: 'left' must be one of up, down, both"),
        ("/projects", {"limit": 1}, "it takes none"),
    ):
        assert told in await api.refused(400, "GET", path, **query)
    assert "`made`" in await api.refused(400, "POST", "/links", {"source": "x"})
    assert "$.source" in await api.refused(400, "POST", "/links", {"made": "x", "source": 1})
    assert "unknown field `sauce`" in await api.refused(400, "POST", "/links", {"made": "x", "sauce": "y"})
    assert "is missing; it must be JSON" in await api.refused(400, "POST", "/links")


async def test_a_list_takes_as_many_statements_whatever_its_size(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    count = counting(monkeypatch)

    async def cost(limit: int) -> int:
        count.take()
        assert len((await api.get("/versions", limit=limit))["items"]) == limit
        return count.take()[0]

    for place in range(12):
        version = await api.make.version(f"data-{place}")
        await api.ask("PUT", f"/versions/{version.id}/tags/gold")
    assert await cost(2) == await cost(12) == 3
