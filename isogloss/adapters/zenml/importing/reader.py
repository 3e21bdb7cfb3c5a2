"""Reads a ZenML server page by page, in the order in which things refer to each other."""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec
from msgspec import Raw

from isogloss.adapters.source import Fetch, SourceError, answered, ids_of, renamed, told
from isogloss.adapters.zenml.importing import hook_mapping, mapping, run_mapping
from isogloss.adapters.zenml.importing.wire import Page
from isogloss.core.registry.incoming import Aliases, Batch, ReadBatch

PREFIX = "/api/v1"
SIZE = 200
"""How much is asked for at once; the vendor's server would give more, but takes its time for it."""

NOT_IMPLEMENTED = 501
"""What a server answers about what belongs to the vendor's paid one."""

NOT_BROUGHT = {
    "secrets": "/secrets",
    "service connectors": "/service_connectors",
    "schedules": "/schedules",
    "triggers": "/triggers",
    "webhooks": "/webhooks",
    "pipeline builds": "/pipeline_builds",
    "run templates": "/run_templates",
    "deployments": "/deployments",
    "services": "/services",
    "curated visualizations": "/curated_visualizations",
    "wait conditions": "/run_wait_conditions",
    "resource requests": "/resource_requests",
}
"""What this registry keeps no rows for, and where the source lists it."""
_OF_NO_PROJECT = frozenset({"/secrets", "/service_connectors"})

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
    projects: list[str] = []
    for path, shape, tell in _OWNERS:
        async for text in _listed(fetch, path):
            owners.append(partial(_told, text, shape, tell))
            # Those that cannot be read are left out with all that is in them.
            projects += [project.id for project in _told(text, shape, tell, {}).projects]
    yield owners
    for project_id in projects:
        async for page in _pages_of_project(fetch, project_id):
            yield page
    for path, shape, tell in _LINKS:
        async for text in _listed(fetch, path):
            yield [partial(_told, text, shape, tell)]


async def not_brought(fetch: Fetch) -> dict[str, int]:
    """How much the source has of what is not brought, by noun."""
    found: dict[str, int] = {}
    projects = [each async for text in _listed(fetch, "/projects") for each in ids_of(_rows(text))]
    for noun, path in NOT_BROUGHT.items():
        asked = [{}] if path in _OF_NO_PROJECT else [{"project": project_id} for project_id in projects]
        try:
            count = sum([(await _page(fetch, path, size=1, **given))[1].total for given in asked])
        except SourceError as error:
            if error.status is None or (error.status >= 500 and error.status != NOT_IMPLEMENTED):
                raise
            # A server without the route has none of them.
            continue
        if count:
            found[noun] = count
    return found


async def _pages_of_project(fetch: Fetch, project_id: str) -> AsyncIterator[Sequence[ReadBatch]]:
    for path, shape, tell in _OF_PROJECT:
        async for text in _listed(fetch, path, project=project_id):
            yield [partial(_told, text, shape, tell)]
    async for text in _listed(fetch, "/pipelines", project=project_id):
        indexes = {each: await _newest_index(fetch, project_id, each) for each in ids_of(_rows(text))}
        yield [partial(_told, text, run_mapping.Pipeline_, partial(run_mapping.pipelines, indexes=indexes))]
    keys: set[str | None] = set()
    numbers: dict[str, int] = {}
    async for text in _listed(fetch, "/pipeline_snapshots", project=project_id):
        batch = _told(text, run_mapping.Snapshot_, run_mapping.snapshots, {})
        keys |= {part.key for part in batch.parts}
        numbers |= {snapshot.id: snapshot.number or 0 for snapshot in batch.records}
        yield [partial(_told, text, run_mapping.Snapshot_, run_mapping.snapshots)]
    models: set[str] = set()
    async for text in _listed(fetch, "/models", project=project_id):
        models |= {model.id for model in _told(text, mapping.Model_, mapping.models, {}).records}
        yield [partial(_told, text, mapping.Model_, mapping.models)]
    async for text in _listed(fetch, "/model_versions", project=project_id):
        yield [partial(_told_model_versions, text, models)]
    async for text in _listed(fetch, "/runs", project=project_id):
        yield [partial(_told, text, run_mapping.Run_, partial(run_mapping.runs, steps=numbers))]
    async for text in _listed(fetch, "/steps", project=project_id):
        yield [partial(_told, text, run_mapping.Step_, partial(run_mapping.steps, known=keys))]
    async for text in _listed(fetch, "/hook_invocations", project=project_id):
        yield [partial(_told, text, hook_mapping.Hook_, hook_mapping.hook_invocations)]


async def _listed(fetch: Fetch, path: str, **given: str) -> AsyncIterator[bytes]:
    """The pages of a list, the oldest first: what is made meanwhile comes behind them."""
    number = 1
    while True:
        text, page = await _page(fetch, path, hydrate="true", sort_by="asc:created", page=number, size=SIZE, **given)
        if page.items:
            yield text
        if number >= page.total_pages:
            return
        number += 1


async def _page(fetch: Fetch, path: str, **asked: str | int) -> tuple[bytes, Page[Raw]]:
    """A page as it came, and its rows."""
    text = await fetch("GET", f"{path}?{urlencode(asked)}")
    return text, answered(f"GET {path}", text, Page[Raw])


async def _newest_index(fetch: Fetch, project_id: str, pipeline_id: str) -> int:
    """How many runs a pipeline has had; none where its newest run does not tell."""
    _, page = await _page(fetch, "/runs", project=project_id, pipeline_id=pipeline_id, sort_by="desc:created", size=1)
    try:
        return max((msgspec.json.decode(row, type=run_mapping.RunIndex_).body.index for row in page.items), default=0)
    except msgspec.DecodeError:
        return 0


def _rows(text: bytes) -> list[Raw]:
    return msgspec.json.decode(text, type=Page[Raw]).items


def _told(text: bytes, shape: Any, tell: Tell, aliases: Aliases) -> Batch:
    return told(_rows(renamed(text, aliases)), shape, tell)


def _told_model_versions(text: bytes, models: set[str], aliases: Aliases) -> Batch:
    ours = {aliases.get(each, each) for each in models}
    return _told(text, mapping.ModelVersion_, partial(mapping.model_versions, models=ours), aliases)
