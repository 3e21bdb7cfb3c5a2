"""Artifacts of every kind: list, get, delete."""

from typing import Any

from isogloss.adapters.call import Call, flag
from isogloss.adapters.operations import Read, ReadOperation, Route, Write, WriteOperation
from isogloss.adapters.truefoundry.around import around_versions
from isogloss.adapters.truefoundry.artifact_translate import ARTIFACT_FIELDS, ArtifactRow, artifact
from isogloss.adapters.truefoundry.fqn import parse_fqn
from isogloss.adapters.truefoundry.kinds import KINDS, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of, artifact_of_fqn, project_of_id
from isogloss.adapters.truefoundry.pages import Page, last, page, read_page
from isogloss.adapters.truefoundry.version_translate import VERSION_FIELDS, Around, VersionRow
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Has, IsNull, Not, Operator, Query, Sort, Where, all_of
from isogloss.core.registry import tallies
from isogloss.core.registry.artifacts import lock_artifact, remove_artifacts

NEWEST_FIRST = Sort("created", descending=True)


def list_artifacts(kind: Kind) -> ReadOperation:
    """The artifacts of a kind, newest first, that satisfy all parameters that are given."""

    async def list_artifacts(call: Call, unit: Reader) -> Page:
        require(call.caller, Role.VIEWER)
        query = call.query()
        asked = read_page(query)
        empty = flag(query, kind.empty_parameter, True)
        named = await _named(call, unit, query, kind)
        if named is None:
            return page(asked, 0, [])
        project, conditions = named
        run_id = last(query, "run_id")
        if run_id is not None:
            conditions.append(Has("version", Compare("producer_run", Operator.EQ, run_id)))
        if not empty:
            conditions.append(Not(IsNull("head_version_id")))
        wanted = Query(
            source="artifact",
            fields=ARTIFACT_FIELDS,
            project_id=None if project is None else project.id,
            where=all_of(Compare("kind", Operator.EQ, kind.name), *conditions),
            sort=NEWEST_FIRST,
            limit=asked.limit,
            offset=asked.offset,
        )
        if conditions:
            total = await unit.count(wanted)
        else:
            total = await tallies.shown(unit, "artifact", project_id=wanted.project_id, kind=kind.name)
        rows = [ArtifactRow(*row) for row in await unit.rows(wanted)] if total > asked.offset else []
        return page(asked, total, await shown(call, unit, rows, project))

    return list_artifacts


async def _named(
    call: Call, unit: Reader, query: dict[str, list[str]], kind: Kind
) -> tuple[Project | None, list[Where]] | None:
    """The project that a query names, and the conditions on an artifact's name; null where nothing can satisfy them."""
    given, repo_id, name = last(query, "fqn"), last(query, "ml_repo_id"), last(query, "name")
    fqn = None if given is None else parse_fqn(given)
    project = None if repo_id is None else await project_of_id(unit, repo_id)
    if repo_id is not None and project is None:
        return None
    if fqn is not None:
        found = None if fqn.kind != kind else await artifact_of_fqn(unit, fqn, call.host.tenant)
        if found is None or (project is not None and project.id != found[0].id):
            return None
        if name is not None and name != found[1].word:
            return None
        return found[0], [Compare("id", Operator.EQ, found[1].id)]
    if name is None:
        return project, []
    if project is None:
        return None, [Compare("word", Operator.EQ, name)]
    artifact = await artifact_of(unit, project, kind, name)
    return None if artifact is None else (project, [Compare("id", Operator.EQ, artifact.id)])


async def shown(
    call: Call, unit: Reader, rows: list[ArtifactRow], project: Project | None = None
) -> list[dict[str, Any]]:
    """Artifacts as they are answered, each with its latest version."""
    newest, around = await around_artifacts(call, unit, rows, project)
    return [artifact(row, newest.get(row.id), around) for row in rows]


async def around_artifacts(
    call: Call, unit: Reader, rows: list[ArtifactRow], project: Project | None = None
) -> tuple[dict[str, VersionRow], Around]:
    """The latest versions of artifacts, by the artifacts' ids, and what all of them refer to."""
    newest = await _newest(unit, rows)
    return newest, await around_versions(call, unit, newest.values(), project=project, beside=rows)


async def _newest(unit: Reader, rows: list[ArtifactRow]) -> dict[str, VersionRow]:
    """The latest versions of artifacts that every dialect sees, by the artifacts' ids."""
    heads = tuple(row.head_version_id for row in rows if row.head_version_id is not None)
    if not heads:
        return {}
    found = await unit.rows(
        Query(source="shown_version", fields=VERSION_FIELDS, project_id=None, where=AnyOf("id", heads))
    )
    versions = [VersionRow(*row) for row in found]
    return {version.artifact_id: version for version in versions}


def get_artifact(kind: Kind) -> ReadOperation:
    """An artifact by its id."""

    async def get_artifact(call: Call, unit: Reader) -> dict[str, Any]:
        require(call.caller, Role.VIEWER)
        artifact_id = call.path_text("id")
        found = await unit.get(Artifact, id=artifact_id)
        if found is None or found.internal or found.kind != kind.name:
            raise NotFound(kind.noun, artifact_id)
        return {"data": (await shown(call, unit, [row_of(found)]))[0]}

    return get_artifact


def row_of(found: Artifact) -> ArtifactRow:
    """The row of an artifact."""
    return ArtifactRow(*(getattr(found, name) for name in ARTIFACT_FIELDS))


def delete_artifact(kind: Kind) -> WriteOperation:
    """Delete an artifact with all of its versions, and their bytes."""

    async def delete_artifact(call: Call, unit: Writer) -> dict[str, Any]:
        require(call.caller, Role.EDITOR)
        artifact_id = call.path_text("id")
        found = await lock_artifact(unit, artifact_id)
        if found.kind != kind.name or found.internal:
            raise NotFound(kind.noun, artifact_id)
        await remove_artifacts(call.registry, unit, [found])
        return {}

    return delete_artifact


def routes_of(kind: Kind) -> tuple[Route, ...]:
    """The routes of a kind."""
    base = f"/{kind.path}s"
    return (
        Read("GET", base, list_artifacts(kind)),
        Read("GET", f"{base}/{{id:str}}", get_artifact(kind)),
        Write("DELETE", f"{base}/{{id:str}}", delete_artifact(kind)),
    )


ROUTES: tuple[Route, ...] = tuple(route for kind in KINDS for route in routes_of(kind))
