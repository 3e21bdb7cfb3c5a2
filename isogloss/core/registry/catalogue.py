"""What is in the registry, for whoever looks around in it: artifacts and versions of every dialect, newest first.

A page begins behind a place, the time and id of the last row of the one before, so that each costs the same.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Instant, Json, Project, Run
from isogloss.core.ports import Reader
from isogloss.core.query import (
    AnyOf,
    Compare,
    Has,
    Like,
    Operator,
    Query,
    Sort,
    Where,
    all_of,
    any_of,
)
from isogloss.core.references import spelled
from isogloss.core.registry.projects import find_project

Place: TypeAlias = tuple[Instant, str]
"""When the row before a page was made, and its id."""


class ListedArtifact(Struct, frozen=True, kw_only=True):
    """An artifact in a list, with its newest version's label where it has one. ``dialect`` is null where several wrote.

    ``updated`` is when anything of it last changed.
    """

    id: str
    project_id: str
    kind: str
    name: str | None
    versions: int
    dialect: str | None
    newest: str | None
    created: Instant
    updated: Instant


class ListedVersion(Struct, frozen=True, kw_only=True):
    """A version in a list, without its content."""

    id: str
    project_id: str
    artifact_id: str
    kind: str
    name: str | None
    label: str
    ordinal: int
    alias: str | None
    dialect: str
    role: str
    form: str | None
    uri: str | None
    description: str | None
    metadata: Json | None
    producer_run: str | None
    producer_step: str | None
    author_id: str | None
    created: Instant
    updated: Instant


class Wanted(Struct, frozen=True, kw_only=True):
    """Which artifacts or versions are wanted: all that satisfy everything that is given here.

    ``name`` is exact; ``text`` is a part of a name, a label or a description, in letters of either case. What follows
    concerns versions only. ``metadata`` are pairs of a key and a value that it has, or once had: text as it is, any
    other value as JSON.
    """

    project_id: str | None = None
    kind: str | None = None
    name: str | None = None
    dialect: str | None = None
    tag: str | None = None
    text: str | None = None
    artifact_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    producer_run: str | None = None


async def list_projects(unit: Reader, caller: Principal) -> list[Project]:
    """All projects, by name. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    return sorted(await unit.find(Project), key=lambda project: project.name)


async def list_artifacts(
    unit: Reader, caller: Principal, wanted: Wanted, *, limit: int, after: Place | None = None
) -> list[ListedArtifact]:
    """The page of artifacts behind a place. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    text = None if wanted.text is None else Like("name", f"%{wanted.text}%")
    where = all_of(
        _equal("kind", wanted.kind),
        _equal("name", wanted.name),
        None if wanted.dialect is None else any_of(_equal("dialect", wanted.dialect), _written_by(wanted.dialect)),
        None if wanted.tag is None else Has("tag", Compare("tag.name", Operator.EQ, wanted.tag)),
        text,
        _behind(after),
    )
    rows = await _page(unit, "artifact", _ARTIFACT_FIELDS, wanted.project_id, where, limit)
    return [_listed_artifact(row) for row in rows]


async def list_versions(
    unit: Reader, caller: Principal, wanted: Wanted, *, limit: int, after: Place | None = None
) -> list[ListedVersion]:
    """The page of versions that every dialect sees behind a place. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    text = None
    if wanted.text is not None:
        pattern = f"%{wanted.text}%"
        text = any_of(Like("artifact.name", pattern), Like("label", pattern), Like("description", pattern))
    made = None
    if wanted.producer_run is not None:
        made = any_of(_equal("producer_run", wanted.producer_run), _equal("producer_step", wanted.producer_run))
    where = all_of(
        _equal("artifact_id", wanted.artifact_id),
        _equal("kind", wanted.kind),
        _equal("artifact.name", wanted.name),
        _equal("dialect", wanted.dialect),
        None if wanted.tag is None else Has("tag", Compare("tag.name", Operator.EQ, wanted.tag)),
        *(Has("metadata", _entry(key, value)) for key, value in wanted.metadata),
        made,
        text,
        _behind(after),
    )
    rows = await _page(unit, "shown_version", _VERSION_FIELDS, wanted.project_id, where, limit)
    return [ListedVersion(**dict(zip(ListedVersion.__struct_fields__, row, strict=True))) for row in rows]


async def get_listed(unit: Reader, caller: Principal, version_id: str) -> ListedVersion:
    """A version that every dialect sees. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    rows = await _page(unit, "shown_version", _VERSION_FIELDS, None, _equal("id", version_id), 1)
    if not rows:
        raise NotFound("version", version_id)
    return ListedVersion(**dict(zip(ListedVersion.__struct_fields__, rows[0], strict=True)))


async def get_listed_artifact(unit: Reader, caller: Principal, artifact_id: str) -> ListedArtifact:
    """An artifact that every dialect sees. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    rows = await _page(unit, "artifact", _ARTIFACT_FIELDS, None, _equal("id", artifact_id), 1)
    if not rows:
        raise NotFound("artifact", artifact_id)
    return _listed_artifact(rows[0])


async def get_project(unit: Reader, caller: Principal, reference: str) -> Project:
    """The project of this id or name. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    return await find_project(unit, reference)


async def get_any_run(unit: Reader, caller: Principal, run_id: str) -> Run:
    """The run or step of this id, whatever dialect wrote it. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    run = await unit.get(Run, id=run_id)
    if run is None:
        raise NotFound("run", run_id)
    return run


async def tags_of(unit: Reader, version_ids: Sequence[str]) -> dict[str, list[str]]:
    """The names of the tags on versions, in their order, by the versions' ids: one statement."""
    if not version_ids:
        return {}
    where = all_of(Compare("entity", Operator.EQ, "version"), AnyOf("entity_id", tuple(version_ids)))
    found: dict[str, list[str]] = {}
    for version_id, name in await unit.rows(
        Query(source="tag_link", fields=("entity_id", "tag.name"), project_id=None, where=where)
    ):
        found.setdefault(version_id, []).append(name)
    return {version_id: sorted(names) for version_id, names in found.items()}


async def project_names(unit: Reader, project_ids: Sequence[str]) -> dict[str, str]:
    """The names of projects by their ids: one statement."""
    wanted = sorted(set(project_ids))
    return {project.id: project.name for project in await unit.find(Project, id=wanted)} if wanted else {}


def reference_to(version: ListedVersion, project: str) -> str:
    """What a version is called in the registry's own grammar."""
    return version.id if version.name is None else spelled(project, version.kind, version.name, version.label)


_ARTIFACT_FIELDS = tuple(
    {"newest": "version.label", "updated": "head_updated"}.get(name, name) for name in ListedArtifact.__struct_fields__
)
_VERSION_FIELDS = tuple({"name": "artifact.name"}.get(name, name) for name in ListedVersion.__struct_fields__)


def _listed_artifact(row: tuple[Any, ...]) -> ListedArtifact:
    values = dict(zip(ListedArtifact.__struct_fields__, row, strict=True))
    # One without versions has no head that could have changed.
    return ListedArtifact(**(values | {"updated": values["updated"] or values["created"]}))


async def _page(
    unit: Reader, source: str, fields: tuple[str, ...], project_id: str | None, where: Where | None, limit: int
) -> list[tuple[Any, ...]]:
    return await unit.rows(
        Query(
            source=source,
            fields=fields,
            project_id=project_id,
            where=all_of(where),
            sort=Sort("created", descending=True),
            limit=limit,
        )
    )


def _behind(after: Place | None) -> Where | None:
    if after is None:
        return None
    created, row_id = after
    same = all_of(Compare("created", Operator.EQ, created), Compare("id", Operator.LT, row_id))
    # The first part says nothing that the second does not, but it is what an index is entered by.
    return all_of(Compare("created", Operator.LE, created), any_of(Compare("created", Operator.LT, created), same))


def _equal(field: str, value: str | None) -> Where | None:
    return None if value is None else Compare(field, Operator.EQ, value)


def _written_by(dialect: str) -> Where:
    return Has("version", Compare("dialect", Operator.EQ, dialect))


def _entry(key: str, value: str) -> Where:
    """An entry of metadata under a key, whose value is this text, or this JSON."""
    quoted = msgspec.json.encode(value).decode()
    return all_of(Compare("key", Operator.EQ, key), AnyOf("value", tuple(dict.fromkeys((value, quoted)))))
