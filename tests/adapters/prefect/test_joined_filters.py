"""Artifacts by what made them: the same rows and questions gave these answers on the real server.

``joined.jsonl`` first makes flows, deployments, runs, task runs and artifacts, each with a name that later lines call
it by, and then asks; an answer is the names of the artifacts that were found.
"""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from isogloss.core.registry import Registry
from tests.adapters.prefect.asking import asked

LINES = [json.loads(line) for line in Path(__file__).with_name("joined.jsonl").read_text("utf-8").splitlines()]
STEPS = [line for line in LINES if "answer" not in line]
QUESTIONS = [line for line in LINES if "answer" in line]

NOBODY = "00000000-0000-4000-8000-000000000000"


class World:
    """The rows on one server, and the ids that they have there."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.ids: dict[str, str] = {}

    async def send(self, method: str, path: str, body: object) -> Any:
        content = b"" if body is None else self._filled(json.dumps(body)).encode()
        response = await self._client.request(method, self._filled(path), content=content)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def make(self) -> None:
        for step in STEPS:
            method, path = step["request"].split(" ")
            made = await self.send(method, path, step.get("body"))
            if step["name"] is not None:
                self.ids[step["name"]] = made["id"]

    async def found(self, path: str, body: object) -> list[str]:
        member = "latest_id" if "/latest/" in path else "id"
        names = {made: name for name, made in self.ids.items()}
        return sorted(names[row[member]] for row in await self.send("POST", path, body))

    def _filled(self, text: str) -> str:
        return re.sub(r"\$([A-Z]\d+)", lambda name: self.ids.get(name[1], NOBODY), text)


async def test_joined_filters_find_what_the_real_server_finds(registry: Registry) -> None:
    different = []
    async with asked(registry) as client:
        world = World(client)
        await world.make()
        for question in QUESTIONS:
            path, body = question["request"], question["body"]
            found = await world.found(path, body)
            count = await world.send("POST", path.replace("/filter", "/count"), body)
            if found != question["answer"] or count != len(found):
                different.append((body, question["answer"], found, count))
    assert different == []
    assert len(QUESTIONS) > 200


@pytest.mark.parametrize("member", ["flow_runs", "task_runs", "flows", "deployments"])
async def test_an_empty_object_still_asks_that_the_row_exists(registry: Registry, member: str) -> None:
    async with asked(registry) as client:
        made_by = {"flow_run_id": NOBODY, "task_run_id": NOBODY}
        assert (await client.post("/api/artifacts/", json={"key": "a"} | made_by)).status_code == 201
        for path in ("/api/artifacts/filter", "/api/artifacts/latest/filter"):
            assert len((await client.post(path, json={member: None})).json()) == 1
            assert (await client.post(path, json={member: {}})).json() == []


async def test_collections_go_by_the_runs_of_their_newest_version(registry: Registry) -> None:
    async with asked(registry) as client:
        flow = (await client.post("/api/flows/", json={"name": "f"})).json()["id"]
        run = (await client.post("/api/flow_runs/", json={"flow_id": flow})).json()["id"]
        await client.post("/api/artifacts/", json={"key": "a", "flow_run_id": run})
        question = {"flow_runs": {"id": {"any_": [run]}}}
        assert (await client.post("/api/artifacts/latest/count", json=question)).json() == 1
        await client.post("/api/artifacts/", json={"key": "a"})
        assert (await client.post("/api/artifacts/latest/count", json=question)).json() == 0
        assert (await client.post("/api/artifacts/count", json=question)).json() == 1
        await client.delete(f"/api/flow_runs/{run}")
        assert (await client.post("/api/artifacts/count", json=question)).json() == 0
        by_id = {"artifacts": {"flow_run_id": {"any_": [run]}}}
        assert (await client.post("/api/artifacts/count", json=by_id)).json() == 1
