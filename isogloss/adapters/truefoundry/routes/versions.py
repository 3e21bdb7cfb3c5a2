"""Versions of every kind: list, get, delete.

What a list is mostly asked for, one artifact's versions or one version by its FQN, is read off an index.
"""

from typing import Any

from msgspec import Struct

from isogloss.adapters.call import Call, flag, number
from isogloss.adapters.operations import Read, ReadOperation, Route, Write, WriteOperation
from isogloss.adapters.truefoundry.around import around_versions
from isogloss.adapters.truefoundry.fqn import GREATEST, LATEST, parse_fqn
from isogloss.adapters.truefoundry.kinds import BY_NAME, KINDS, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of, artifact_of_fqn, project_of_id, version_is
from isogloss.adapters.truefoundry.pages import Page, last, page, read_page, texts, whole_numbers
from isogloss.adapters.truefoundry.version_translate import (
    VERSION_FIELDS,
    VersionRow,
    newest_fields,
    version,
)
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, AnyOf, Compare, Has, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.version_pages import VersionPage, page_of_versions
from isogloss.core.registry.versions import lock_version, remove_versions

NEWEST_FIRST = Sort("created", descending=True)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which versions a list is asked for. ``artifact`` null means those of any, ``project`` null those of all."""

    kinds: tuple[Kind, ...]
    project: Project | None = None
    artifact: Artifact | None = None
    where: Where = EVERYTHING
    latest: bool = False


def list_versions(kind: Kind) -> ReadOperation:
    """The versions of a kind, newest first, that satisfy all parameters that are given."""

    async def list_versions(call: Call, unit: Reader) -> Page:
        query = call.query()
        asked = read_page(query)
        # Said with every request, and of no meaning here: nothing of a version is kept from anybody.
        flag(query, "include_internal_metadata", False)
        wanted = await read_wanted(call, unit, query, (kind,), kind.id_field)
        if wanted is None:
            return page(asked, 0, [])
        total, rows = await find_versions(call, unit, wanted, last(query, "tag"), asked.limit, asked.offset)
        return page(asked, total, await shown(call, unit, rows, wanted.project))

    return list_versions


async def shown(call: Call, unit: Reader, rows: list[VersionRow], project: Project | None = None) -> list[Any]:
    """Versions as they are answered."""
    around = await around_versions(call, unit, rows, project=project)
    return [version(row, around) for row in rows]


async def read_wanted(
    call: Call, unit: Reader, query: dict[str, list[str]], kinds: tuple[Kind, ...], id_field: str
) -> Wanted | None:
    """Which versions of some kinds a query asks for; null where no version can satisfy it. Raises ``Malformed``.

    ``id_field`` is the parameter that names the artifact by its id.
    """
    require(call.caller, Role.VIEWER)
    given = last(query, "fqn")
    fqn = None if given is None else parse_fqn(given)
    where = [*_run_conditions(query)]
    label = _version_of(query)
    repo_id = last(query, "ml_repo_id")
    project = None if repo_id is None else await project_of_id(unit, repo_id)
    if repo_id is not None and project is None:
        return None
    artifact: Artifact | None = None
    if fqn is not None:
        found = None if fqn.kind not in kinds else await artifact_of_fqn(unit, fqn, call.host.tenant)
        if found is None or (project is not None and project.id != found[0].id):
            return None
        project, artifact = found
        if fqn.version is not None:
            where.append(version_is(artifact, fqn.version))
    artifact_id, name = last(query, id_field), last(query, "name")
    if artifact_id is not None:
        if artifact is None:
            artifact = await unit.get(Artifact, id=artifact_id)
        if artifact is None or artifact.id != artifact_id or not _fits(artifact, kinds, project):
            return None
    if name is not None and artifact is None and project is not None:
        if len(kinds) > 1:
            named = await unit.find(Artifact, project_id=project.id, kind=[kind.name for kind in kinds], word=name)
            where.append(AnyOf("artifact_id", tuple(each.id for each in named)))
        else:
            artifact = await artifact_of(unit, project, kinds[0], name)
            if artifact is None:
                return None
    elif name is not None and artifact is not None and artifact.word != name:
        return None
    elif name is not None and artifact is None:
        where.append(Compare("artifact.word", Operator.EQ, name))
    if label is not None and artifact is not None:
        where.append(version_is(artifact, label))
    elif isinstance(label, int):
        where.append(Compare("ordinal", Operator.EQ, label))
    return Wanted(
        kinds=kinds,
        project=project,
        artifact=artifact,
        where=all_of(*where),
        latest=label == LATEST and artifact is None,
    )


def _fits(artifact: Artifact, kinds: tuple[Kind, ...], project: Project | None) -> bool:
    here = project is None or artifact.project_id == project.id
    return artifact.kind in {kind.name for kind in kinds} and not artifact.internal and here


def _version_of(query: dict[str, list[str]]) -> int | str | None:
    text = last(query, "version")
    if text is None or text == LATEST:
        return text
    return number(query, "version", 1, 1, GREATEST)


def _run_conditions(query: dict[str, list[str]]) -> list[Where]:
    runs, steps = texts(query, "run_ids"), whole_numbers(query, "run_steps")
    conditions: list[Where] = []
    if runs:
        conditions.append(AnyOf("producer_run", runs))
    if steps:
        conditions.append(AnyOf("step", steps))
    return conditions


async def find_versions(
    call: Call, unit: Reader, wanted: Wanted, tag: str | None, limit: int, offset: int
) -> tuple[int, list[VersionRow]]:
    """How many versions are wanted, and a page of them."""
    if wanted.latest:
        return await _newest_of_each(unit, wanted, tag, limit, offset)
    total, rows = await page_of_versions(
        unit,
        call.caller,
        VersionPage(
            project_id=None if wanted.project is None else wanted.project.id,
            fields=VERSION_FIELDS,
            where=wanted.where,
            kinds=tuple(kind.name for kind in wanted.kinds),
            artifact=wanted.artifact,
            tag_name=tag,
            sort=NEWEST_FIRST,
            limit=limit,
            offset=offset,
        ),
    )
    return total, [VersionRow(*row) for row in rows]


async def _newest_of_each(
    unit: Reader, wanted: Wanted, tag: str | None, limit: int, offset: int
) -> tuple[int, list[VersionRow]]:
    """The latest version of each artifact: ``version=latest`` where no artifact is named."""
    conditions: list[Where] = [AnyOf("kind", tuple(kind.name for kind in wanted.kinds)), Has("newest", wanted.where)]
    if tag is not None:
        conditions.append(Has("newest", Has("tag", Compare("tag.name", Operator.EQ, tag))))
    query = Query(
        source="artifact",
        fields=newest_fields("id"),
        project_id=None if wanted.project is None else wanted.project.id,
        where=all_of(*conditions),
        sort=Sort("newest", descending=True),
        limit=limit,
        offset=offset,
    )
    return await unit.count(query), [VersionRow(*row) for row in await unit.rows(query)]


def get_version(kind: Kind) -> ReadOperation:
    """A version by its id."""

    async def get_version(call: Call, unit: Reader) -> dict[str, Any]:
        require(call.caller, Role.VIEWER)
        found = await row_of(unit, call.path_text("id"), kind)
        return {"data": (await shown(call, unit, [found]))[0]}

    return get_version


async def row_of(unit: Reader, version_id: str, kind: Kind | None = None) -> VersionRow:
    """The version of this id, of a kind that this dialect has. Raises ``NotFound``."""
    names = tuple(BY_NAME) if kind is None else (kind.name,)
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=VERSION_FIELDS,
            project_id=None,
            where=all_of(Compare("id", Operator.EQ, version_id), AnyOf("kind", names)),
        )
    )
    if not rows:
        raise NotFound("version", version_id)
    return VersionRow(*rows[0])


def delete_version(kind: Kind) -> WriteOperation:
    """Delete a version, its bytes with it."""

    async def delete_version(call: Call, unit: Writer) -> dict[str, Any]:
        await delete_version_of(call, unit, call.path_text("id"), kind)
        return {}

    return delete_version


async def delete_version_of(call: Call, unit: Writer, version_id: str, kind: Kind) -> None:
    """Delete a version of a kind. Raises ``Denied`` and ``NotFound``."""
    require(call.caller, Role.EDITOR)
    found, artifact = await lock_version(unit, version_id)
    if artifact.kind != kind.name:
        raise NotFound("version", version_id)
    await remove_versions(call.registry, unit, call.caller, [(found, artifact)])


def routes_of(kind: Kind) -> tuple[Route, ...]:
    """The routes of a kind's versions; the last part of a path is called ``id`` whatever the contract calls it."""
    base = f"/{kind.path}-versions"
    return (
        Read("GET", base, list_versions(kind)),
        Read("GET", f"{base}/{{id:str}}", get_version(kind)),
        Write("DELETE", f"{base}/{{id:str}}", delete_version(kind)),
    )


ROUTES: tuple[Route, ...] = tuple(route for kind in KINDS for route in routes_of(kind))
