"""Artifact versions: create, read, list, tag, delete, prune."""

import logging

import msgspec
from litestar.types import ASGIApp

from isogloss.adapters.call import Body, Call, dump, flag
from isogloss.adapters.operations import Plain, Read, Route, Write
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import kinds, wire
from isogloss.adapters.zenml.around import around_versions
from isogloss.adapters.zenml.bodies.artifacts import VersionRequest, VersionUpdate
from isogloss.adapters.zenml.bodies.common import Source
from isogloss.adapters.zenml.bodies.metadata import kept
from isogloss.adapters.zenml.failures import Unprocessable
from isogloss.adapters.zenml.filters.artifacts import VERSIONS, narrow
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.projects import project_id_of, project_named
from isogloss.adapters.zenml.routes.files import with_files
from isogloss.adapters.zenml.tagging import attach_named, detach_named
from isogloss.adapters.zenml.translate import HYDRATED_FIELDS, VERSION_FIELDS, VersionFacet, Visualization, version
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Json, Project, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry import versions
from isogloss.core.registry.artifacts import ById, ByName
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.prune import prune
from isogloss.core.registry.version_pages import VersionPage, page_of_versions
from isogloss.core.registry.versions import VersionDraft

logger = logging.getLogger("isogloss.zenml")

_CREATE = Body.of(VersionRequest)
_CREATE_SEVERAL = Body.of(list[VersionRequest])

_UPDATE = Body.of(VersionUpdate)

_encode = msgspec.json.Encoder().encode


async def create_version(call: Call, unit: Writer) -> wire.Entity:
    """A new version."""
    return await _create(call, unit, _CREATE.read(call))


async def create_versions(call: Call, unit: Writer) -> list[wire.Entity]:
    """Several new versions, all of them or none."""
    return [await _create(call, unit, body) for body in _CREATE_SEVERAL.read(call)]


async def read_version(call: Call, unit: Reader) -> wire.Entity:
    """One version by its id."""
    return await _read(unit, call.path_id("id"), hydrate=flag(call.query(), "hydrate", True))


async def list_versions(call: Call, unit: Reader) -> wire.Page:
    """A page of versions."""
    given = call.query()
    narrowed, artifact_name, tag_name = narrow(given)
    asked = read_listing(narrowed, VERSIONS)
    project_id = await project_id_of(unit, call, given)
    page = VersionPage(
        project_id=project_id,
        fields=HYDRATED_FIELDS if asked.hydrate else VERSION_FIELDS,
        where=asked.where,
        artifact_name=artifact_name,
        tag_name=tag_name,
        sort=asked.sort,
        limit=asked.size,
        offset=asked.offset,
    )
    total, rows = await page_of_versions(unit, call.caller, page)
    if not total:
        await project_named(unit, project_id)
    around = await around_versions(unit, rows)
    items = [version(row, around, hydrate=asked.hydrate) for row in rows]
    return paged(asked, total, items)


async def change_version(call: Call, unit: Writer) -> wire.Entity:
    """Put tags on a version and take tags off."""
    body: VersionUpdate = _UPDATE.read(call)
    changed = await versions.touch_version(call.registry, unit, call.caller, call.path_id("id"))
    await attach_named(call, unit, body.add_tags, changed)
    await detach_named(call, unit, body.remove_tags, changed)
    return await _read(unit, changed.id, hydrate=True)


async def delete_version(call: Call, unit: Writer) -> None:
    """Delete a version that no step uses, unless told to leave it."""
    require(call.caller, Role.EDITOR)
    version_id = call.path_id("id")
    if flag(call.query(), "delete_metadata", True):
        await versions.delete_unused_version(call.registry, unit, call.caller, version_id, DIALECT)
    else:
        await versions.lock_version(unit, version_id)


async def prune_versions(call: Call) -> ASGIApp:
    """Delete the versions of a project that nothing holds on to and, where asked, artifacts without a version."""
    given = call.query()
    named = given.get("project_name_or_id")
    if not named:
        raise Unprocessable("query.project_name_or_id: must be given.")

    async def find(unit: Reader) -> Project:
        return await project_named(unit, named[-1])

    project = await call.registry.store.read(find)
    artifacts = not flag(given, "only_versions", True)
    pruned = await prune(call.registry, call.caller, project, DIALECT, artifacts=artifacts)
    logger.info(
        "pruned the project %r for %s: %d artifact versions and %d artifacts are deleted",
        project.name,
        call.caller.name,
        pruned.versions,
        pruned.artifacts,
    )
    return Reply(b"null")


async def _create(call: Call, unit: Writer, body: VersionRequest) -> wire.Entity:
    made = await write_requested(call, unit, body)
    return await _read(unit, made.id, hydrate=True)


async def write_requested(call: Call, unit: Writer, body: VersionRequest) -> Version:
    """Make the version that a client asks for, with its tags."""
    registry = call.registry
    project = await find_project(unit, body.project)
    shown = tuple(Visualization(registry.new_id(), each.type, each.uri) for each in body.visualizations or ())
    facet = VersionFacet(
        save_type=body.save_type,
        content_hash=body.content_hash,
        item_count=body.item_count,
        visualizations=shown,
    )
    draft = VersionDraft(
        dialect=DIALECT,
        # Clients find versions by the first few digits of their ids, which ids by time share with their neighbours.
        role=kinds.ROLES[body.type],
        tagged=bool(body.tags),
        uri=body.uri,
        store_id=body.artifact_store_id,
        loader=source_text(body.materializer),
        data_type=source_text(body.data_type),
        metadata=dump(kept(body.metadata)) if body.metadata else None,
        facet=_encode(facet).decode(),
        label=None if body.version is None else str(body.version),
    )
    target = (
        ById(body.artifact_id, body.has_custom_name)
        if body.artifact_id is not None
        else ByName(body.artifact_name or "", custom_name=body.has_custom_name)
    )
    made = await versions.write_version(registry, unit, call.caller, project, draft, target)
    await attach_named(call, unit, body.tags, made)
    return made


async def _read(unit: Reader, version_id: str, *, hydrate: bool) -> wire.Entity:
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=HYDRATED_FIELDS,
            project_id=None,
            where=Compare("id", Operator.EQ, version_id),
        )
    )
    if not rows:
        raise NotFound("version", version_id)
    return version(rows[0], await around_versions(unit, rows), hydrate=hydrate)


def source_text(source: Source) -> Json:
    """A source as the text that is kept, and that filters look at: compact, without what it leaves out."""
    return _encode(source.model_dump(exclude_none=True)).decode()


ROUTES: tuple[Route, ...] = (
    Write("POST", "/artifact_versions", create_version),
    Read("GET", "/artifact_versions", list_versions),
    Write("POST", "/artifact_versions/batch", create_versions),
    Plain("DELETE", "/artifact_versions", prune_versions),
    Read("GET", "/artifact_versions/{id:str}", read_version),
    Write("PUT", "/artifact_versions/{id:str}", change_version),
    Plain("DELETE", "/artifact_versions/{id:str}", with_files(delete_version)),
)
