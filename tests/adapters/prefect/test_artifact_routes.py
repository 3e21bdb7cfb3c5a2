"""The nine operations on artifacts, on both engines: statuses, members, and how collections follow their versions."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from isogloss.core.registry import Registry
from isogloss.storage.sql.postgresql import PostgresqlStore
from isogloss.storage.sql.sqlite import SqliteStore
from tests.adapters.prefect.asking import asked
from tests.support.registries import Clock, registry_over

MEMBERS = [
    "id",
    "created",
    "updated",
    "key",
    "type",
    "description",
    "data",
    "metadata_",
    "flow_run_id",
    "task_run_id",
]
COLLECTION_MEMBERS = [*MEMBERS[:4], "latest_id", *MEMBERS[4:]]
CONTENT = MEMBERS[4:]

Row = dict[str, Any]


class Api:
    """The operations, by what they do; each asserts the status that it must answer with."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def create(self, **body: Any) -> Row:
        response = await self.client.post("/api/artifacts/", json=body)
        assert response.status_code == 201, response.text
        made: Row = response.json()
        assert list(made) == MEMBERS
        return made

    async def change(self, artifact: Row, **body: Any) -> None:
        response = await self.client.patch(f"/api/artifacts/{artifact['id']}", json=body)
        assert (response.status_code, response.content) == (204, b"")

    async def delete(self, artifact: Row) -> None:
        response = await self.client.delete(f"/api/artifacts/{artifact['id']}")
        assert (response.status_code, response.content) == (204, b"")

    async def read(self, artifact: Row) -> Row | None:
        return self._found(await self.client.get(f"/api/artifacts/{artifact['id']}"))

    async def latest(self, key: str) -> Row | None:
        return self._found(await self.client.get(f"/api/artifacts/{key}/latest"))

    async def artifacts(self, **body: Any) -> list[Row]:
        return await self._listed("/api/artifacts/filter", body)

    async def collections(self, **body: Any) -> list[Row]:
        rows = await self._listed("/api/artifacts/latest/filter", body)
        assert all(list(row) == COLLECTION_MEMBERS for row in rows)
        return rows

    async def counts(self) -> tuple[int, int]:
        versions = await self.client.post("/api/artifacts/count")
        collections = await self.client.post("/api/artifacts/latest/count")
        return versions.json(), collections.json()

    async def _listed(self, path: str, body: Row) -> list[Row]:
        response = await self.client.post(path, json=body)
        assert response.status_code == 200, response.text
        rows: list[Row] = response.json()
        return rows

    def _found(self, response: httpx.Response) -> Row | None:
        if response.status_code == 404:
            assert response.json() == {"detail": "Artifact not found."}
            return None
        assert response.status_code == 200
        row: Row = response.json()
        assert list(row) == MEMBERS
        return row


class Ticking(Clock):
    """A clock that goes on by a millisecond whenever it is looked at."""

    def __call__(self) -> int:
        self.advance(1_000)
        return super().__call__()


@pytest.fixture
async def registry(store: SqliteStore | PostgresqlStore) -> Registry:
    return await registry_over(store, Ticking())


@pytest.fixture
async def api(registry: Registry) -> AsyncIterator[Api]:
    async with asked(registry) as client:
        yield Api(client)


def content(row: Row | None) -> Row:
    assert row is not None
    return {name: row[name] for name in CONTENT}


async def test_tags_are_not_set_by_what_stands_for_them_in_metadata(api: Api) -> None:
    made = await api.create(key="a", metadata_={"isogloss.tags": '["x"]', "mine": "y"})
    assert made["metadata_"] == {"mine": "y"}
    await api.change(made, metadata_={"isogloss.tags": '["x"]'})
    assert content(await api.read(made))["metadata_"] == {}


async def test_what_is_created_is_read_back(api: Api) -> None:
    run, step = "ABCDEF00-0000-4000-8000-000000000001", "{00000000-0000-4000-8000-000000000002}"
    made = await api.create(
        key="a-key",
        type="table",
        description="# about",
        data={"rows": [1, 2.5, None]},
        metadata_={"a": "b"},
        flow_run_id=run,
        task_run_id=step,
    )
    UUID(made["id"])
    assert made["created"] == made["updated"]
    assert made["created"].endswith("Z")
    assert content(made) == {
        "type": "table",
        "description": "# about",
        "data": {"rows": [1, 2.5, None]},
        "metadata_": {"a": "b"},
        "flow_run_id": run.lower(),
        "task_run_id": step.strip("{}"),
    }
    assert await api.read(made) == made
    assert await api.artifacts() == [made]
    by_other_spelling = await api.client.get(f"/api/artifacts/{made['id'].replace('-', '').upper()}")
    assert by_other_spelling.json() == made


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("null", "null"),
        ("[]", "[]"),
        ("0", "0"),
        ("4.0", "4.0"),
        ("-0.0", "-0.0"),
        ('"text"', '"text"'),
        ("false", "false"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('[NaN,Infinity,-Infinity,1e400,{"a":NaN}]', '[null,null,null,null,{"a":null}]'),
        ("NaN", "null"),
        ('{"a":1,"a":2}', '{"a":2}'),
        ('"\\u0000\\u00e9"', '"\\u0000é"'),
        ("[" * 200 + "]" * 200, "[" * 200 + "]" * 200),
    ],
)
async def test_data_is_any_json(api: Api, sent: str, kept: str) -> None:
    response = await api.client.post("/api/artifacts/", content=f'{{"data":{sent}}}')
    assert response.status_code == 201
    assert f'"data":{kept},' in response.text
    read = await api.client.get(f"/api/artifacts/{response.json()['id']}")
    assert read.text == response.text


async def test_long_metadata_is_cut(api: Api) -> None:
    made = await api.create(key="k", metadata_={"exact": "x" * 500, "long": "x" * 501})
    cut = {"exact": "x" * 500, "long": "x" * 500 + "..."}
    assert made["metadata_"] == cut
    await api.change(made, metadata_={"long": "y" * 900})
    read = await api.read(made)
    assert read is not None
    assert read["metadata_"] == {"long": "y" * 500 + "..."}


async def test_a_collection_is_its_newest_version_under_its_own_id(api: Api) -> None:
    first = await api.create(key="k", type="markdown", description="one", data="1", metadata_={"a": "b"})
    (collection,) = await api.collections()
    assert collection["id"] != first["id"]
    assert (collection["latest_id"], collection["created"]) == (first["id"], first["created"])
    second = await api.create(key="k")
    (after,) = await api.collections()
    assert (after["id"], after["latest_id"]) == (collection["id"], second["id"])
    assert (after["created"], after["updated"]) == (first["created"], second["updated"])
    # Nothing of the first version is carried over, not even where the second says nothing.
    assert content(after) == content(second)
    latest = await api.latest("k")
    assert latest == {name: after[name] for name in MEMBERS}
    assert await api.counts() == (2, 1)


async def test_a_change_of_the_newest_version_shows_in_its_collection(api: Api) -> None:
    older, newer = await api.create(key="k", data=1), await api.create(key="k", data=2)
    (before,) = await api.collections()
    await api.change(older, data="changed", description="changed")
    assert await api.collections() == [before]
    await api.change(newer, data=[3])
    (after,) = await api.collections()
    read = await api.read(newer)
    assert content(after) == content(read) == content(newer) | {"data": [3]}
    assert before["updated"] < after["updated"]
    assert (after["id"], after["created"]) == (before["id"], before["created"])


async def test_a_change_touches_what_it_names_and_the_time(api: Api) -> None:
    made = await api.create(key="k", description="d", data=1, metadata_={"a": "b"})
    await api.change(made)
    read = await api.read(made)
    assert read is not None
    assert content(read) == content(made)
    assert (read["created"], read["updated"] > made["updated"]) == (made["created"], True)
    await api.change(made, description=None, metadata_=None, data=None)
    assert content(await api.read(made)) == content(made) | {"description": None, "metadata_": None, "data": None}
    await api.change(made, metadata_={})
    assert content(await api.read(made))["metadata_"] == {}


async def test_a_deleted_newest_version_gives_way_to_the_one_created_before_it(api: Api) -> None:
    first, second, third = [await api.create(key="k", data=number) for number in range(3)]
    (collection,) = await api.collections()
    await api.change(first, data="changed last")
    await api.delete(third)
    (after,) = await api.collections()
    assert (after["id"], after["latest_id"]) == (collection["id"], second["id"])
    # The row is set back in time as well.
    assert (after["created"], after["updated"]) == (second["created"], second["updated"])
    await api.delete(first)
    assert await api.collections() == [after]
    await api.delete(second)
    assert await api.collections() == []
    assert await api.latest("k") is None
    assert await api.counts() == (0, 0)
    again = await api.create(key="k")
    (new,) = await api.collections()
    assert new["id"] != collection["id"]
    assert new["latest_id"] == again["id"]


async def test_a_keyless_artifact_touches_no_collection(api: Api) -> None:
    made = await api.create(data=1)
    assert made["key"] is None
    assert await api.counts() == (1, 0)
    assert await api.artifacts(artifacts={"key": {"exists_": False}}) == [made]
    assert await api.artifacts(artifacts={"key": {"exists_": True}}) == []
    await api.change(made, data=2)
    await api.delete(made)
    assert await api.read(made) is None
    assert await api.counts() == (0, 0)


@pytest.mark.parametrize("key", ["", "a", "-", "filter", "count", "latest", "x--artifact", "0" * 300])
async def test_keys(api: Api, key: str) -> None:
    made = await api.create(key=key, data=1)
    assert made["key"] == key
    assert [row["key"] for row in await api.collections(artifacts={"key": {"any_": [key]}})] == [key]
    if key:
        assert content(await api.latest(key)) == content(made)


async def test_a_line_feed_may_end_a_key(api: Api) -> None:
    made = await api.create(key="a\n")
    await api.create(key="a")
    assert await api.artifacts(artifacts={"key": {"any_": ["a\n"]}}) == [made]


async def test_pages_and_orders(api: Api) -> None:
    made = [await api.create(key=key) for key in ("b", "a", "c", "a", "B".lower())]
    nameless = await api.create()
    newest_first = [nameless, *reversed(made)]
    for order in ("CREATED_DESC", "ID_DESC", "UPDATED_DESC"):
        assert await api.artifacts(sort=order) == newest_first
    assert [row["key"] for row in await api.artifacts(sort="KEY_ASC")] == [None, "a", "a", "b", "b", "c"]
    assert [row["key"] for row in await api.artifacts(sort="KEY_DESC")] == ["c", "b", "b", "a", "a", None]
    assert await api.artifacts(limit=2, offset=1) == newest_first[1:3]
    assert await api.artifacts(limit=0) == []
    assert await api.artifacts(offset=6) == []
    assert [row["key"] for row in await api.collections(sort="KEY_ASC")] == ["a", "b", "c"]
    assert [row["key"] for row in await api.collections(sort="UPDATED_DESC")] == ["b", "a", "c"]
    await api.change(made[2], data=1)
    assert [row["key"] for row in await api.collections(sort="UPDATED_DESC", limit=1)] == ["c"]
    assert [row["key"] for row in await api.collections(sort="CREATED_DESC")] == ["c", "a", "b"]


async def test_a_page_is_at_most_200_rows(api: Api) -> None:
    for number in range(202):
        await api.create(data=number)
    assert len(await api.artifacts()) == len(await api.artifacts(limit=200)) == 200
    assert len(await api.artifacts(offset=200)) == 2
