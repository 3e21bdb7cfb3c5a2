"""What other dialects wrote, read and changed through Prefect's routes, on both engines."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Tag, Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, tags
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.runs import COMPLETED, RUN, RunDraft
from isogloss.core.registry.versions import VersionDraft, write_version
from isogloss.gateway.app import create_app
from isogloss.gateway.settings import Auth, read_settings
from tests.adapters.prefect.asking import ROOT, asked
from tests.support.registries import anybody

FORMS = (None, "markdown", "table", "link", "image", "progress", "result", "dict", "")
DATA = (None, '"text"', '[{"a":1}]', "5")

Row = dict[str, Any]


@pytest.fixture
async def client(registry: Registry) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway over the registry."""
    async with asked(registry) as client:
        yield client


async def written(registry: Registry, name: str, *, tagged: tuple[str, ...] = (), **given: Any) -> Version:
    """A version that ZenML wrote, unless it is said who else."""
    draft = VersionDraft(**{"dialect": "zenml"} | given)

    async def work(unit: Writer) -> Version:
        version = await write_version(registry, unit, ANYBODY, registry.default_project, draft, ByName(name))
        for tag in await tags.ensure_tags(registry, unit, ANYBODY, tagged, lambda: "blue"):
            await tags.attach(registry, unit, ANYBODY, tag, version)
        return version

    return await registry.store.write(work)


async def read(registry: Registry, version: Version) -> Version:
    """A version as it stands."""
    found = await registry.store.read(lambda unit: unit.get(Version, id=version.id))
    assert found is not None
    return found


async def listed(client: httpx.AsyncClient, path: str, **body: Any) -> list[Row]:
    answer = await client.post(f"/api/artifacts{path}", json=body)
    assert answer.status_code == 200, answer.text
    rows: list[Row] = answer.json()
    return rows


async def test_one_artifact_is_shown_alike_wherever_it_is_read(registry: Registry, client: httpx.AsyncClient) -> None:
    version = await written(registry, "Daily Report", tagged=("gold", "new"), metadata='{"rows":7}', uri="s3://b/k")
    one = (await client.get(f"/api/artifacts/{version.id}")).json()
    assert (one["type"], one["key"]) == ("markdown", "x---44-aily-20--52-eport")
    assert one["data"].startswith("# Daily Report:1\n")
    assert f"({ROOT}/api/isogloss/v1/versions/{version.id}/files)" in one["data"]
    assert one["description"].startswith("Data, version 1, written through zenml on ")
    assert one["metadata_"] == {
        "rows": "7",
        "isogloss.origin": "zenml",
        "isogloss.name": "Daily Report",
        "isogloss.version": "1",
        "isogloss.tags": '["gold","new"]',
    }
    assert await listed(client, "/filter") == [one]
    newest = (await client.get(f"/api/artifacts/{one['key']}/latest")).json()
    collection = (await listed(client, "/latest/filter"))[0]
    assert collection["latest_id"] == one["id"]
    differing = {"id", "created", "updated", "latest_id"}
    for shown in (newest, collection):
        assert {k: v for k, v in shown.items() if k not in differing} == {
            k: v for k, v in one.items() if k not in differing
        }


async def test_what_is_shown_as_a_type_is_found_by_it(registry: Registry, client: httpx.AsyncClient) -> None:
    for number, form in enumerate(FORMS):
        for dialect in ("prefect", "zenml", "truefoundry"):
            data = DATA[number % len(DATA)]
            await written(registry, f"{dialect}-{number}", dialect=dialect, form=form, data=data)
    everything = await listed(client, "/filter")
    types = {row["type"] for row in everything}
    assert len(everything) == 3 * len(FORMS)
    assert types == {*FORMS}
    asking: dict[str, Any]
    for asking in ({"any_": ["markdown"]}, {"any_": ["table", "result"]}, {"any_": []}, {"not_any_": ["markdown"]}):
        wanted = {
            row["id"]
            for row in everything
            if ("any_" not in asking or row["type"] in asking["any_"])
            and ("not_any_" not in asking or (row["type"] is not None and row["type"] not in asking["not_any_"]))
        }
        for path, member in (("", "id"), ("/latest", "latest_id")):
            found = await listed(client, f"{path}/filter", artifacts={"type": asking})
            assert {row[member] for row in found} == wanted, asking
            counted = await client.post(f"/api/artifacts{path}/count", json={"artifacts": {"type": asking}})
            assert counted.json() == len(wanted), asking


async def test_a_page_of_many_dialects_has_each_row_in_its_place(registry: Registry, client: httpx.AsyncClient) -> None:
    made = [
        await written(registry, f"a{number}", dialect="zenml" if number % 2 else "prefect", data=str(number))
        for number in range(6)
    ]
    rows = await listed(client, "/filter", sort="KEY_ASC")
    assert [row["id"] for row in rows] == [version.id for version in made]
    assert [row["data"] for row in rows[::2]] == [0, 2, 4]
    assert [row["data"].partition("\n")[0] for row in rows[1::2]] == ["# a1:1", "# a3:1", "# a5:1"]


async def test_an_artifact_leads_to_the_run_of_another_dialect(registry: Registry, client: httpx.AsyncClient) -> None:
    draft = RunDraft(dialect="zenml", role=RUN, name="training-2026")
    state = Entering(type=COMPLETED, name="completed")
    run = await registry.store.write(
        lambda unit: add_run(registry, unit, ANYBODY, registry.default_project, draft, state, facet="{}")
    )
    version = await written(registry, "report", producer_run=run.id)
    await written(registry, "other")
    body: dict[str, Any]
    for body in (
        {"artifacts": {"flow_run_id": {"any_": [run.id]}}},
        {"flow_runs": {"name": {"any_": ["training-2026"]}}},
        {"flow_runs": {}},
    ):
        rows = await listed(client, "/filter", **body)
        assert [row["id"] for row in rows] == [version.id], body
        assert [row["latest_id"] for row in await listed(client, "/latest/filter", **body)] == [version.id]
    assert rows[0]["flow_run_id"] == run.id
    assert "training-2026 (zenml, completed, " in rows[0]["data"]
    flow_run = (await client.get(f"/api/flow_runs/{run.id}")).json()
    assert (flow_run["name"], flow_run["state_type"]) == ("training-2026", "COMPLETED")


async def test_tags_follow_the_tags_and_are_not_set_by_metadata(registry: Registry, client: httpx.AsyncClient) -> None:
    version = await written(registry, "report", tagged=("gold",), metadata='{"n":1,"s":"x"}')
    shown = (await client.get(f"/api/artifacts/{version.id}")).json()["metadata_"]
    for sent in (shown, shown | {"isogloss.tags": "[]", "s": "y"}):
        answer = await client.patch(f"/api/artifacts/{version.id}", json={"metadata_": sent})
        assert answer.status_code == 204
        assert (await read(registry, version)).metadata == f'{{"n":1,"s":"{sent["s"]}"}}'
        again = (await client.get(f"/api/artifacts/{version.id}")).json()["metadata_"]
        assert again["isogloss.tags"] == '["gold"]'

    async def clear(unit: Writer) -> None:
        tag = await unit.get(Tag, name="gold")
        assert tag is not None
        await tags.detach(registry, unit, ANYBODY, tag, "version", version.id)

    await registry.store.write(clear)
    again = (await client.get(f"/api/artifacts/{version.id}")).json()["metadata_"]
    assert again["isogloss.tags"] == "[]"


async def test_content_of_another_dialect_is_not_overwritten(registry: Registry, client: httpx.AsyncClient) -> None:
    version = await written(registry, "prompt", dialect="truefoundry", data='{"messages":[]}', description="Theirs.")
    path = f"/api/artifacts/{version.id}"
    answer = await client.patch(path, json={"data": "mine", "description": "Mine.", "metadata_": {"a": "b"}})
    assert answer.status_code == 409
    assert "written through truefoundry" in answer.json()["detail"]
    assert await read(registry, version) == version
    assert (await client.patch(path, json={"description": "Mine."})).status_code == 204
    changed = await read(registry, version)
    assert (changed.data, changed.description) == (version.data, "Mine.")


async def test_the_line_that_stands_for_a_description_is_not_kept(
    registry: Registry, client: httpx.AsyncClient
) -> None:
    version = await written(registry, "report")
    path = f"/api/artifacts/{version.id}"
    line = (await client.get(path)).json()["description"]
    assert (await client.patch(path, json={"description": line})).status_code == 204
    assert (await read(registry, version)).description is None


async def test_what_another_dialect_wrote_is_deleted_as_any_other(
    registry: Registry, client: httpx.AsyncClient
) -> None:
    old, new = await written(registry, "report"), await written(registry, "report", dialect="prefect", data="1")
    assert (await client.delete(f"/api/artifacts/{new.id}")).status_code == 204
    newest = await listed(client, "/latest/filter")
    assert [(row["latest_id"], row["type"]) for row in newest] == [(old.id, "markdown")]
    assert (await client.delete(f"/api/artifacts/{old.id}")).status_code == 204
    assert await listed(client, "/latest/filter") == []


async def test_files_are_linked_by_the_address_that_clients_are_told(registry: Registry) -> None:
    version = await written(registry, "report")
    settings = read_settings({"ISOGLOSS_PUBLIC_URL": "https://registry.example/"})

    async def ready() -> str | None:
        return None

    app = create_app(settings, registry, auth=Auth.OPEN, gate=anybody, readiness=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ROOT) as client:
        shown = (await client.get(f"/api/artifacts/{version.id}")).json()
    assert f"(https://registry.example/api/isogloss/v1/versions/{version.id}/files)" in shown["data"]
