"""Artifacts: create, read, list, change, delete."""

from typing import Any

from isogloss.adapters.call import Body, Call, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import around_artifacts
from isogloss.adapters.zenml.bodies.artifacts import ArtifactRequest, ArtifactUpdate
from isogloss.adapters.zenml.filters.artifacts import ARTIFACTS
from isogloss.adapters.zenml.filters.listing import Listing, paged, read_listing
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.naming import check_named
from isogloss.adapters.zenml.projects import project_of
from isogloss.adapters.zenml.tagging import attach_named, detach_named
from isogloss.adapters.zenml.translate import ARTIFACT_FIELDS, artifact
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, Compare, Has, Operator, Query
from isogloss.core.registry import artifacts, tallies
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.tags import get_tag_by_name

_CREATE = Body.of(ArtifactRequest)
_UPDATE = Body.of(ArtifactUpdate)


async def create_artifact(call: Call, unit: Writer) -> wire.Named:
    """A new artifact, without a version."""
    body: ArtifactRequest = _CREATE.read(call)
    check_named("artifact", body.name)
    project = await find_project(unit, body.project)
    target = ByName(body.name, custom_name=body.has_custom_name)
    made = await artifacts.create_artifact(call.registry, unit, call.caller, project, target, DIALECT)
    await attach_named(call, unit, body.tags, made)
    return await _read(unit, made.id, hydrate=True)


async def read_artifact(call: Call, unit: Reader) -> wire.Named:
    """One artifact by its id."""
    require(call.caller, Role.VIEWER)
    return await _read(unit, call.path_id("id"), hydrate=flag(call.query(), "hydrate", True))


async def list_artifacts(call: Call, unit: Reader) -> wire.Page:
    """A page of artifacts."""
    require(call.caller, Role.VIEWER)
    given = call.query()
    asked = read_listing(given, ARTIFACTS)
    project = await project_of(unit, call, given)
    total, rows = await _page(unit, project.id, asked)
    around, latest = await around_artifacts(unit, rows)
    items = [artifact(row, around, latest, hydrate=asked.hydrate) for row in rows]
    return paged(asked, total, items)


async def change_artifact(call: Call, unit: Writer) -> wire.Named:
    """Rename an artifact, say whether somebody chose its name, put tags on and take tags off."""
    body: ArtifactUpdate = _UPDATE.read(call)
    artifact_id = call.path_id("id")
    await artifacts.get_artifact(unit, call.caller, artifact_id)
    # Who renames has chosen the name, unless they say that they have not.
    custom = True if body.name and body.has_custom_name is None else body.has_custom_name
    changed = await artifacts.change_artifact(
        call.registry, unit, call.caller, artifact_id, name=body.name or None, custom_name=custom
    )
    await attach_named(call, unit, body.add_tags, changed)
    await detach_named(call, unit, body.remove_tags, changed)
    return await _read(unit, artifact_id, hydrate=True)


async def delete_artifact(call: Call, unit: Writer) -> None:
    """Delete an artifact with its versions, whoever uses them."""
    artifact_id = call.path_id("id")
    await artifacts.get_artifact(unit, call.caller, artifact_id)
    await artifacts.delete_artifact(call.registry, unit, call.caller, artifact_id)


async def _read(unit: Reader, artifact_id: str, *, hydrate: bool) -> wire.Named:
    wanted = Compare("id", Operator.EQ, artifact_id)
    rows = await unit.rows(Query(source="artifact", fields=ARTIFACT_FIELDS, project_id=None, where=wanted))
    if not rows:
        raise NotFound("artifact", artifact_id)
    around, latest = await around_artifacts(unit, rows)
    return artifact(rows[0], around, latest, hydrate=hydrate)


async def _page(unit: Reader, project_id: str, asked: Listing) -> tuple[int, list[tuple[Any, ...]]]:
    """The total and the rows: all artifacts of a project, and those that bear one tag, are counted as they come."""
    query = asked.query("artifact", ARTIFACT_FIELDS, project_id)
    match asked.where:
        case where if where == EVERYTHING:
            total = await tallies.shown(unit, "artifact", project_id=project_id)
        case Has("tag", Compare("tag.name", Operator.EQ, str(name))):
            tag = await get_tag_by_name(unit, name)
            total = 0 if tag is None else await tallies.tagged(unit, "artifact", tag.id, project_id=project_id)
        case _:
            total = await unit.count(query)
    return total, await unit.rows(query) if total > asked.offset else []


ROUTES: tuple[Route, ...] = (
    Write("POST", "/artifacts", create_artifact),
    Read("GET", "/artifacts", list_artifacts),
    Read("GET", "/artifacts/{id:str}", read_artifact),
    Write("PUT", "/artifacts/{id:str}", change_artifact),
    Write("DELETE", "/artifacts/{id:str}", delete_artifact),
)
