"""Reads a ZenML server page by page, in the order in which things refer to each other."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec

from isogloss.adapters.source import Fetch, SourceError, renamed
from isogloss.adapters.zenml.importing import mapping, run_mapping
from isogloss.adapters.zenml.importing.wire import Page, Reference
from isogloss.core.registry.imports import Aliases, Batch, ReadBatch

PREFIX = "/api/v1"
SIZE = 200
"""How much is asked for at once; the vendor's server would give more, but takes its time for it."""

NOT_BROUGHT = {
    "secrets": "/secrets",
    "service connectors": "/service_connectors",
    "schedules": "/schedules",
    "triggers": "/triggers",
    "pipeline builds": "/pipeline_builds",
    "run templates": "/run_templates",
    "deployments": "/deployments",
    "services": "/services",
}
"""What this registry keeps no rows for, and where the source lists it."""

Tell: TypeAlias = Callable[..., Batch]

_OWNERS: tuple[tuple[str, Any, Tell], ...] = (
    ("/users", mapping.User_, mapping.users),
    ("/service_accounts", mapping.Account_, mapping.service_accounts),
    ("/projects", mapping.Project_, mapping.projects),
    ("/flavors", mapping.Flavor_, mapping.flavors),
    ("/components", mapping.Component_, mapping.components),
    ("/stacks", mapping.Stack_, mapping.stacks),
    ("/tags", mapping.Tag_, mapping.tags),
)
_LINKS: tuple[tuple[str, Any, Tell], ...] = (
    ("/model_version_artifacts", mapping.ArtifactLink_, mapping.artifact_links),
    ("/model_version_pipeline_runs", mapping.RunLink_, mapping.run_links),
)
_OF_PROJECT: tuple[tuple[str, Any, Tell], ...] = (
    ("/code_repositories", mapping.Repository_, mapping.code_repositories),
    ("/artifacts", mapping.Artifact_, mapping.artifacts),
    ("/artifact_versions", mapping.Version_, mapping.versions),
)


def login_form(api_key: str | None, username: str | None, password: str) -> dict[str, str] | None:
    """What is posted to ``/login``; None where the source is open."""
    if api_key is not None:
        return {"grant_type": "zenml-api-key", "password": api_key}
    return None if username is None else {"grant_type": "password", "username": username, "password": password}


async def pages(fetch: Fetch) -> AsyncIterator[Sequence[ReadBatch]]:
    """All pages of a source. Raises ``SourceError``.

    Those whom and what everything else refers to come together: in an empty registry they keep their ids, and it is
    not empty any more when the next page comes.
    """
    owners: list[ReadBatch] = []
    for path, shape, tell in _OWNERS:
        owners += [partial(_told, text, shape, tell, None) async for text in _listed(fetch, path)]
    yield owners
    for project_id in await _ids(fetch, "/projects"):
        async for page in _pages_of_project(fetch, project_id):
            yield page
    for path, shape, tell in _LINKS:
        async for text in _listed(fetch, path):
            yield [partial(_told, text, shape, tell, None)]


async def not_brought(fetch: Fetch) -> dict[str, int]:
    """How much the source has of what is not brought, by noun."""
    found: dict[str, int] = {}
    projects = await _ids(fetch, "/projects")
    for noun, path in NOT_BROUGHT.items():
        count = 0
        try:
            for project_id in projects if path not in ("/secrets", "/service_connectors") else projects[:1]:
                text = await fetch("GET", f"{path}?{urlencode({'size': 1, 'project': project_id})}")
                count += msgspec.json.decode(text, type=Page[msgspec.Raw]).total
        except SourceError as error:
            if error.status is None or error.status >= 500:
                raise
            # A server without the route has none of them.
        if count:
            found[noun] = count
    return found


async def _pages_of_project(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    for path, shape, tell in _OF_PROJECT:
        async for text in _listed(fetch, path, project=project_id):
            yield [partial(_told, text, shape, tell, None)]
    async for text in _listed(fetch, "/pipelines", project=project_id):
        indexes = {each.id: await _newest_index(fetch, project_id, each.id) for each in _references(text)}
        yield [partial(_told, text, run_mapping.Pipeline_, run_mapping.pipelines, indexes)]
    keys: frozenset[str] = frozenset()
    steps: dict[str, int] = {}
    async for text in _listed(fetch, "/pipeline_snapshots", project=project_id):
        found = msgspec.json.decode(text, type=Page[run_mapping.Snapshot_]).items
        keys |= run_mapping.configuration_keys(found)
        steps |= {each.id: len(each.metadata.step_configurations) for each in found}
        yield [partial(_told, text, run_mapping.Snapshot_, run_mapping.snapshots, None)]
    async for text in _listed(fetch, "/models", project=project_id):
        yield [partial(_told, text, mapping.Model_, mapping.models, None)]
    async for text in _listed(fetch, "/model_versions", project=project_id):
        yield [partial(_told, text, mapping.ModelVersion_, mapping.model_versions, None)]
    async for text in _listed(fetch, "/runs", project=project_id):
        yield [partial(_told, text, run_mapping.Run_, run_mapping.runs, steps)]
    async for text in _listed(fetch, "/steps", project=project_id):
        yield [partial(_told, text, run_mapping.Step_, run_mapping.steps, keys)]


async def _listed(fetch: Fetch, path: str, **given: str) -> AsyncIterator[bytes]:
    """The pages of a list, the oldest first: what is made meanwhile comes behind them."""
    number = 1
    while True:
        asked = {"hydrate": "true", "sort_by": "asc:created", "page": number, "size": SIZE, **given}
        text = await fetch("GET", f"{path}?{urlencode(asked)}")
        page = msgspec.json.decode(text, type=Page[Reference])
        if page.items:
            yield text
        if number >= page.total_pages:
            return
        number += 1


async def _ids(fetch: Fetch, path: str) -> list[str]:
    return [each.id async for text in _listed(fetch, path) for each in _references(text)]


def _references(text: bytes) -> list[Reference]:
    return msgspec.json.decode(text, type=Page[Reference]).items


async def _newest_index(fetch: Fetch, project_id: str, pipeline_id: str) -> int:
    asked = {"project": project_id, "pipeline_id": pipeline_id, "sort_by": "desc:created", "size": 1}
    found = msgspec.json.decode(await fetch("GET", f"/runs?{urlencode(asked)}"), type=Page[run_mapping.LeanRun_]).items
    return found[0].body.index if found else 0


def _told(
    text: bytes, shape: Any, tell: Tell, around: Mapping[str, int] | frozenset[str] | None, aliases: Aliases
) -> Batch:
    items = msgspec.json.decode(renamed(text, aliases), type=Page[shape]).items
    return tell(items) if around is None else tell(items, around)
