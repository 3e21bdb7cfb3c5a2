"""How many statements a page of models, of model versions or of their links takes: as many for any size of it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from isogloss.core.registry import Registry
from isogloss.storage.sql.unit import Unit
from tests.adapters.zenml.serving import Served, version_body

MOST = 6
LISTS = ("/models", "/model_versions", "/model_version_artifacts")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of every unit of work since, by what they do."""
    seen: list[str] = []
    for name in ("get", "find", "rows", "count", "sum"):
        original: Callable[..., Awaitable[Any]] = getattr(Unit, name)

        def counted(
            self: Unit, *arguments: Any, _name: str = name, _original: Any = original, **key: Any
        ) -> Awaitable[Any]:
            seen.append(_name)
            answer: Awaitable[Any] = _original(self, *arguments, **key)
            return answer

        monkeypatch.setattr(Unit, name, counted)
    return seen


async def add(served: Served, name: str) -> None:
    """A model with a tag and two versions, which gather an artifact version each."""
    project = served.registry.default_project.id
    model = await served.post("/models", {"project": project, "name": name, "tags": [f"tag-{name}"]})
    for _ in range(2):
        version = await served.post("/model_versions", {"project": project, "model": model["id"], "tags": [name]})
        saved = await served.post("/artifact_versions", version_body(served.registry, name))
        link = {"model_version": version["id"], "artifact_version": saved["id"]}
        await served.post("/model_version_artifacts", link)


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_takes_as_many_statements_for_any_size(
    registry: Registry, statements: list[str], path: str
) -> None:
    served = Served(registry)
    for number in range(8):
        await add(served, f"model-{number}")
    counts = []
    for size in (1, 16):
        statements.clear()
        page = await served.get(path, {"size": size, "hydrate": True})
        assert len(page["items"]) == min(size, page["total"])
        counts.append(len(statements))

    assert counts[0] == counts[1] <= MOST
