"""Artifacts and their collections."""

import re
from collections.abc import Callable

import msgspec

from isogloss.adapters.prefect import filters, translate
from isogloss.adapters.prefect.around import around_versions
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate, ArtifactUpdate
from isogloss.adapters.prefect.bodies.members import ArtifactCount, ArtifactPage, CollectionCount, CollectionPage
from isogloss.adapters.prefect.decode import AnyRequest, Members, Whole, path_uuid
from isogloss.adapters.prefect.routes import Route, caller, host_of, root_of
from isogloss.adapters.prefect.translate import Around, Row, Sought
from isogloss.adapters.reply import NO_CONTENT, Reply
from isogloss.core.errors import NotFound
from isogloss.core.ports import Reader
from isogloss.core.query import Compare, Operator, Query, Where, all_of
from isogloss.core.registry import Registry, pages, versions

_CREATE = Whole[ArtifactCreate](ArtifactCreate)
_UPDATE = Whole[ArtifactUpdate](ArtifactUpdate)
_ARTIFACT_PAGE, _ARTIFACT_COUNT = Members(ArtifactPage), Members(ArtifactCount)
_COLLECTION_PAGE, _COLLECTION_COUNT = Members(CollectionPage), Members(CollectionCount)

_KEY = re.compile(r"[a-z0-9-]*\n?")
_encode = msgspec.json.Encoder().encode


async def create_artifact(registry: Registry, request: AnyRequest) -> Reply:
    """A new artifact; with a key, the newest of that key."""
    body = await _CREATE.read(request)
    version = await versions.create_version(
        registry, caller(request), registry.default_project, translate.draft(body), slug=body.key
    )
    return Reply(_encode(translate.created(version, body.key)), 201)


async def read_artifact(registry: Registry, request: AnyRequest) -> Reply:
    """One artifact by its id."""
    version_id = path_uuid(request)
    query = Query(
        source="version",
        fields=translate.ARTIFACT_FIELDS,
        project_id=registry.default_project.id,
        where=Compare("id", Operator.EQ, version_id),
    )
    rows, around = await _read(registry, request, query, translate.sought_artifacts)
    if not rows:
        raise NotFound("artifact", version_id)
    return Reply(_encode(translate.artifacts(rows, around)[0]))


async def read_latest_artifact(registry: Registry, request: AnyRequest) -> Reply:
    """The newest artifact of a key."""
    # Not from the path's parameters: see below for keys that are no parameter to the router.
    key = request.scope["path"].rsplit("/", 2)[1]
    if not _KEY.fullmatch(key):
        raise NotFound("artifact", key)
    query = Query(
        source="head",
        fields=translate.COLLECTION_FIELDS,
        project_id=registry.default_project.id,
        where=Compare("slug", Operator.EQ, key),
    )
    rows, around = await _read(registry, request, query, translate.sought_collections)
    if not rows:
        raise NotFound("artifact", key)
    return Reply(_encode(translate.latest(rows[0], around)))


async def read_artifacts(registry: Registry, request: AnyRequest) -> Reply:
    """A page of artifacts."""
    asked = await _ARTIFACT_PAGE.read(request)
    query = Query(
        source="version",
        fields=translate.ARTIFACT_FIELDS,
        project_id=registry.default_project.id,
        where=_artifacts(asked),
        sort=filters.ARTIFACT_SORTS[asked.sort],
        limit=asked.limit,
        offset=asked.offset,
    )
    rows, around = await _read(registry, request, query, translate.sought_artifacts)
    return Reply(_encode(translate.artifacts(rows, around)))


async def read_latest_artifacts(registry: Registry, request: AnyRequest) -> Reply:
    """A page of collections."""
    asked = await _COLLECTION_PAGE.read(request)
    query = Query(
        source="head",
        fields=translate.COLLECTION_FIELDS,
        project_id=registry.default_project.id,
        where=_collections(asked),
        sort=filters.COLLECTION_SORTS[asked.sort],
        limit=asked.limit,
        offset=asked.offset,
    )
    rows, around = await _read(registry, request, query, translate.sought_collections)
    return Reply(_encode(translate.collections(rows, around)))


async def count_artifacts(registry: Registry, request: AnyRequest) -> Reply:
    """How many artifacts there are."""
    asked = await _ARTIFACT_COUNT.read(request)
    return await _count(registry, request, "version", _artifacts(asked))


async def count_latest_artifacts(registry: Registry, request: AnyRequest) -> Reply:
    """How many collections there are."""
    asked = await _COLLECTION_COUNT.read(request)
    return await _count(registry, request, "head", _collections(asked))


async def update_artifact(registry: Registry, request: AnyRequest) -> Reply:
    """Change what is given of an artifact."""
    version_id = path_uuid(request)
    body = await _UPDATE.read(request)
    await versions.change_version(
        registry, caller(request), registry.default_project, version_id, **translate.changes(body)
    )
    return NO_CONTENT


async def delete_artifact(registry: Registry, request: AnyRequest) -> Reply:
    """Delete an artifact; the collection falls back to the newest that is left."""
    await versions.delete_version(registry, caller(request), registry.default_project, path_uuid(request))
    return NO_CONTENT


async def _read(
    registry: Registry, request: AnyRequest, query: Query, sought_in: Callable[[list[Row]], list[Sought]]
) -> tuple[list[Row], Around | None]:
    """A page of rows, and what is shown beside them: null where they have it all."""

    async def beside(unit: Reader, rows: list[Row]) -> Around | None:
        sought = sought_in(rows)
        if not sought:
            return None
        project, tenant = registry.default_project, host_of(request).tenant
        return await around_versions(unit, sought, project, root=root_of(request), tenant=tenant)

    return await pages.list_rows_with(registry, caller(request), query, beside)


async def _count(registry: Registry, request: AnyRequest, source: str, where: Where) -> Reply:
    query = Query(source=source, fields=(), project_id=registry.default_project.id, where=where)
    return Reply(b"%d" % await pages.count(registry, caller(request), query))


def _artifacts(asked: ArtifactPage | ArtifactCount) -> Where:
    return all_of(
        filters.artifacts(asked.artifacts),
        filters.producers(asked.flow_runs, asked.task_runs, asked.flows, asked.deployments),
    )


def _collections(asked: CollectionPage | CollectionCount) -> Where:
    return all_of(
        filters.collections(asked.artifacts),
        filters.producers(asked.flow_runs, asked.task_runs, asked.flows, asked.deployments),
    )


ROUTES = (
    Route("POST", "/artifacts/", create_artifact),
    Route("GET", "/artifacts/{id:uuid}", read_artifact),
    Route(
        "GET",
        "/artifacts/{key:str}/latest",
        read_latest_artifact,
        also=("/artifacts/filter/latest", "/artifacts/count/latest", "/artifacts/latest/latest"),
    ),
    Route("POST", "/artifacts/filter", read_artifacts),
    Route("POST", "/artifacts/latest/filter", read_latest_artifacts),
    Route("POST", "/artifacts/count", count_artifacts),
    Route("POST", "/artifacts/latest/count", count_latest_artifacts),
    Route("PATCH", "/artifacts/{id:uuid}", update_artifact),
    Route("DELETE", "/artifacts/{id:uuid}", delete_artifact),
)
