"""How many statements lists and writes of the kinds issue: the same whatever the size of a page."""

from typing import Any

import pytest

from isogloss.core.registry import Registry
from tests.adapters.truefoundry.kinds import directory, model, prompt, skill
from tests.adapters.truefoundry.serving import Served, make_repo, manifest
from tests.support.counting import counting

MANY = 12
MOST = 9
"""A page of models asks for its rows, their total, their artifacts, and what they refer to, metrics included."""

LISTS = (
    "/models",
    "/model-versions",
    "/prompts",
    "/prompt-versions",
    "/agent-skills",
    "/agent-skill-versions",
    "/data-directories",
    "/x/artifact-versions?include_model_versions=true&artifact_types=artifact&artifact_types=chat_prompt",
)


async def fill(served: Served, count: int) -> None:
    """So many things of every kind, in two repos; the models of a run with metrics."""
    repo_id = (await served.get("/ml-repos", {"name": "default"}))["data"][0]["id"]
    run = (await served.post("/runs", {"experiment_id": repo_id, "name": f"run-{count}"}))["run"]["info"]["run_id"]
    points = [{"key": "loss", "value": 0.5, "timestamp": 1, "step": step} for step in range(count)]
    await served.post(f"/runs/{run}/batch", {"metrics": points, "params": [], "tags": []})
    for number in range(count):
        name, repo = f"thing-{count}-{number}", ("default", "lab")[number % 2]
        for given in (
            manifest(name, repo),
            model(name, repo, run_id=run, step=number),
            prompt(name, repo),
            skill(name, repo),
            directory(name, repo),
        ):
            await served.put("/apply", {"manifest": given})


async def asked(served: Served, path: str) -> list[Any]:
    route, _, query = path.partition("?")
    pairs = [tuple(pair.split("=")) for pair in query.split("&") if pair]
    found: list[Any] = (await served.get(route, [*pairs, ("limit", "100")]))["data"]  # type: ignore[list-item]
    return found


async def test_a_longer_page_takes_no_more_statements(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(registry)
    await make_repo(served)
    counted = counting(monkeypatch)
    taken: dict[str, list[int]] = {path: [] for path in LISTS}
    sizes: dict[str, list[int]] = {path: [] for path in LISTS}
    for count in (2, MANY):
        await fill(served, count)
        for path in LISTS:
            counted.take()
            sizes[path].append(len(await asked(served, path)))
            statements, writes = counted.take()
            taken[path].append(statements)
            assert writes == 0
    assert all(small < large for small, large in sizes.values()), sizes
    assert all(small == large <= MOST for small, large in taken.values()), taken


@pytest.mark.parametrize("given", [model(), prompt(), skill(), directory()], ids=lambda given: given["type"])
async def test_a_write_is_one_transaction(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    served = Served(registry)
    counted = counting(monkeypatch)
    for change in ({}, {"version": 1} if given["type"] != "data-dir" else {"description": "other"}):
        counted.take()
        await served.put("/apply", {"manifest": given | change})
        assert counted.take()[1] == 1
