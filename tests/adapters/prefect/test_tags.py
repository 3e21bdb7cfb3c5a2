"""Tags that other clients put on what Prefect wrote, as Prefect's routes show them; on both engines."""

from typing import Any

import httpx
import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.model import Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, tags
from tests.adapters.prefect.asking import asked

Row = dict[str, Any]


async def created(client: httpx.AsyncClient, **body: Any) -> str:
    answer = await client.post("/api/artifacts/", json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def put_on(registry: Registry, version_id: str, *names: str) -> None:
    async def work(unit: Writer) -> None:
        made = await tags.ensure_tags(registry, unit, ANYBODY, names, lambda: "blue")
        await tags.attach_all(registry, unit, ANYBODY, made, await tags.thing_of(unit, "version", version_id))

    await registry.store.write(work)


async def take_off(registry: Registry, version_id: str, *names: str) -> None:
    async def work(unit: Writer) -> None:
        for name in names:
            tag = await tags.find_tag(unit, name)
            await tags.detach(registry, unit, ANYBODY, tag, "version", version_id)

    await registry.store.write(work)


async def shown(client: httpx.AsyncClient, version_id: str, key: str) -> list[Row | None]:
    """The metadata of a key's newest artifact, in each way that it can be read."""
    by_id = {"artifacts": {"id": {"any_": [version_id]}}}
    latest = {"artifacts": {"latest_id": {"any_": [version_id]}}}
    answers = [
        await client.get(f"/api/artifacts/{version_id}"),
        await client.get(f"/api/artifacts/{key}/latest"),
        await client.post("/api/artifacts/filter", json=by_id),
        await client.post("/api/artifacts/latest/filter", json=latest),
    ]
    bodies = [answer.raise_for_status().json() for answer in answers]
    return [body["metadata_"] if isinstance(body, dict) else body[0]["metadata_"] for body in bodies]


@pytest.mark.parametrize("metadata", [None, {}, {"a": "b", "": "ü"}])
async def test_tags_of_an_artifact_stand_in_its_metadata_as_long_as_they_are_on_it(
    registry: Registry, metadata: Row | None
) -> None:
    async with asked(registry) as client:
        version_id = await created(client, key="k", data=1, metadata_=metadata)
        assert await shown(client, version_id, "k") == [metadata] * 4
        await put_on(registry, version_id, "new", "gold")
        told = {**(metadata or {}), "isogloss.tags": '["gold","new"]'}
        assert await shown(client, version_id, "k") == [told] * 4
        await take_off(registry, version_id, "new")
        assert await shown(client, version_id, "k") == [told | {"isogloss.tags": '["gold"]'}] * 4
        await take_off(registry, version_id, "gold")
        assert await shown(client, version_id, "k") == [metadata] * 4


async def test_a_tag_that_is_deleted_is_not_shown(registry: Registry) -> None:
    async with asked(registry) as client:
        version_id = await created(client, key="k", metadata_={"a": "b"})
        await put_on(registry, version_id, "gold")

        async def delete(unit: Writer) -> None:
            await tags.delete_tag(registry, unit, ANYBODY, (await tags.find_tag(unit, "gold")).id)

        await registry.store.write(delete)
        assert await shown(client, version_id, "k") == [{"a": "b"}] * 4


@pytest.mark.parametrize("metadata", [None, {}, {"a": "b"}])
async def test_tags_that_are_sent_back_are_not_kept(registry: Registry, metadata: Row | None) -> None:
    async with asked(registry) as client:
        version_id = await created(client, key="k", metadata_=metadata)
        await put_on(registry, version_id, "gold")
        path = f"/api/artifacts/{version_id}"
        told = (await client.get(path)).json()["metadata_"]
        for sent in (told, told | {"isogloss.tags": '["other"]'}):
            assert (await client.patch(path, json={"metadata_": sent})).status_code == 204
            kept = await registry.store.read(lambda unit: unit.get(Version, id=version_id))
            assert kept is not None
            assert kept.metadata == {None: None, 0: "{}", 1: '{"a":"b"}'}[None if metadata is None else len(metadata)]
            assert (await client.get(path)).json()["metadata_"] == told
        await client.patch(path, json={"metadata_": {"c": "d"}})
        assert await shown(client, version_id, "k") == [{"c": "d", "isogloss.tags": '["gold"]'}] * 4


async def test_each_row_of_a_page_has_its_own_tags(registry: Registry) -> None:
    async with asked(registry) as client:
        made = [await created(client, key=f"k{number}", metadata_={"n": str(number)}) for number in range(4)]
        await put_on(registry, made[1], "gold")
        await put_on(registry, made[2], "gold", "new")
        await put_on(registry, made[3], "old")
        await take_off(registry, made[3], "old")
        told = [{}, {"isogloss.tags": '["gold"]'}, {"isogloss.tags": '["gold","new"]'}, {}]
        for path in ("filter", "latest/filter"):
            rows = (await client.post(f"/api/artifacts/{path}", json={"sort": "KEY_ASC"})).json()
            assert [row["metadata_"] for row in rows] == [{"n": str(n)} | each for n, each in enumerate(told)]


async def test_an_older_artifact_keeps_its_tags_to_itself(registry: Registry) -> None:
    async with asked(registry) as client:
        old = await created(client, key="k")
        await put_on(registry, old, "gold")
        new = await created(client, key="k")
        assert await shown(client, new, "k") == [None] * 4
        assert (await client.get(f"/api/artifacts/{old}")).json()["metadata_"] == {"isogloss.tags": '["gold"]'}
