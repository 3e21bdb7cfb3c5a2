"""Artifact versions: create, read, list."""

import random

import msgspec

from isogloss.adapters.zenml import kinds, wire
from isogloss.adapters.zenml.around import around_versions
from isogloss.adapters.zenml.bodies.artifacts import VersionRequest
from isogloss.adapters.zenml.bodies.common import Source
from isogloss.adapters.zenml.call import DIALECT, Body, Call, dump, flag
from isogloss.adapters.zenml.filters.artifacts import VERSIONS, narrow
from isogloss.adapters.zenml.filters.listing import read_listing, total_pages
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.routes import Read, Route, Write
from isogloss.adapters.zenml.translate import VERSION_FIELDS, VersionFacet, Visualization, version
from isogloss.core.access import Principal
from isogloss.core.errors import NotFound
from isogloss.core.model import Json, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry import Registry, tags, versions
from isogloss.core.registry.artifacts import ById, ByName
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.version_pages import VersionPage, page_of_versions
from isogloss.core.registry.versions import VersionDraft

_CREATE = Body.of(VersionRequest)
_CREATE_SEVERAL = Body.of(list[VersionRequest])

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
    project = await project_of(unit, call, given)
    page = VersionPage(
        project_id=project.id,
        fields=(*VERSION_FIELDS, "metadata") if asked.hydrate else VERSION_FIELDS,
        where=asked.where,
        artifact_name=artifact_name,
        tag_name=tag_name,
        sort=asked.sort,
        limit=asked.size,
        offset=asked.offset,
    )
    total, rows = await page_of_versions(unit, call.caller, page)
    pages = total_pages(total, asked)
    around = await around_versions(unit, rows)
    items = [version(row, around, hydrate=asked.hydrate) for row in rows]
    return wire.Page(asked.page, asked.size, pages, total, items)


async def _create(call: Call, unit: Writer, body: VersionRequest) -> wire.Entity:
    made = await write_requested(call.registry, unit, call.caller, body)
    return await _read(unit, made.id, hydrate=True)


async def write_requested(registry: Registry, unit: Writer, caller: Principal, body: VersionRequest) -> Version:
    """Make the version that a client asks for, with its tags."""
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
        role=kinds.ROLES[body.type],
        uri=body.uri,
        store_id=body.artifact_store_id,
        loader=source_text(body.materializer),
        data_type=source_text(body.data_type),
        metadata=dump(body.metadata) if body.metadata else None,
        facet=_encode(facet).decode(),
        label=None if body.version is None else str(body.version),
    )
    target = (
        ById(body.artifact_id, body.has_custom_name)
        if body.artifact_id is not None
        else ByName(body.artifact_name or "", custom_name=body.has_custom_name)
    )
    made = await versions.write_version(registry, unit, caller, project, draft, target)
    for tag in await tags.ensure_tags(registry, unit, caller, body.tags or (), random_colour):
        await tags.attach(registry, unit, caller, tag, made)
    return made


async def _read(unit: Reader, version_id: str, *, hydrate: bool) -> wire.Entity:
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=(*VERSION_FIELDS, "metadata"),
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


def random_colour() -> str:
    """The colour of a tag that nobody chose one for."""
    return random.choice(kinds.COLOURS)  # noqa: S311 - no secret depends on it


ROUTES: tuple[Route, ...] = (
    Write("POST", "/artifact_versions", create_version),
    Read("GET", "/artifact_versions", list_versions),
    Write("POST", "/artifact_versions/batch", create_versions),
    Read("GET", "/artifact_versions/{id:str}", read_version),
)
