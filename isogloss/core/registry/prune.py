"""Prune: delete the versions of a project that nothing holds on to.

One rule says what is alive: a version that an existing run or step made or took, or that a record gathers. What a
dialect prunes it has written itself: never a version of another's, nor one of an artifact that ever held such.
"""

from msgspec import Struct

from isogloss.core.access import Principal, Role, require_in
from isogloss.core.model import Artifact, Project, Version
from isogloss.core.ports import Writer
from isogloss.core.query import (
    EVERYTHING,
    AnyOf,
    Compare,
    Has,
    IsNull,
    Not,
    Operator,
    Query,
    Sort,
    Where,
    all_of,
)
from isogloss.core.registry.artifacts import remove_artifacts
from isogloss.core.registry.context import Registry
from isogloss.core.registry.versions import remove_versions

CHUNK = 500
"""How many versions or artifacts go in one transaction: others may write between two."""


class Pruned(Struct, frozen=True, kw_only=True):
    """How much was deleted."""

    versions: int
    artifacts: int


def own(dialect: str) -> Where:
    """What holds of a version that a dialect wrote, in an artifact that never held one of another's."""
    return all_of(Compare("dialect", Operator.EQ, dialect), Compare("artifact.dialect", Operator.EQ, dialect))


def _dead(dialect: str) -> Where:
    return all_of(own(dialect), Not(Has("link", Has("run", EVERYTHING))), Not(Has("gathered", EVERYTHING)))


def _empty(dialect: str) -> Where:
    return all_of(Compare("dialect", Operator.EQ, dialect), IsNull("head_version_id"))


async def prune(
    registry: Registry, caller: Principal, project: Project, dialect: str, *, artifacts: bool, chunk: int = CHUNK
) -> Pruned:
    """Delete what is dead in a project, in transactions of ``chunk`` rows each; with ``artifacts``, also such without
    a version.

    Raises ``Denied``.
    """
    require_in(caller, project.id, Role.EDITOR)

    async def versions(unit: Writer) -> int:
        return await _prune_versions(registry, unit, caller, project, dialect, chunk)

    async def empty(unit: Writer) -> int:
        return await _prune_artifacts(registry, unit, project, dialect, chunk)

    gone = 0
    while found := await registry.store.write(versions):
        gone += found
    emptied = 0
    while artifacts and (found := await registry.store.write(empty)):
        emptied += found
    return Pruned(versions=gone, artifacts=emptied)


async def _prune_versions(
    registry: Registry, unit: Writer, caller: Principal, project: Project, dialect: str, chunk: int
) -> int:
    dead = _dead(dialect)
    # Those of one artifact go together, so that it is brought up to date once.
    order = Sort("artifact_id", then="id")
    fields = ("id", "artifact_id")
    found = await unit.rows(
        Query(
            source="shown_version",
            fields=fields,
            project_id=project.id,
            where=dead,
            sort=order,
            limit=chunk,
            ruling=True,
        )
    )
    if not found:
        return 0
    ids = sorted(row[0] for row in found)
    locked = {version.id: version for version in await unit.lock_all(Version, id=ids)}
    holders = {
        artifact.id: artifact for artifact in await unit.lock_all(Artifact, id=sorted({row[1] for row in found}))
    }
    # Somebody may have taken one into use before it was locked.
    still = all_of(AnyOf("id", tuple(locked)), dead)
    rows = await unit.rows(
        Query(source="shown_version", fields=("id",), project_id=project.id, where=still, ruling=True)
    )
    going = [locked[row[0]] for row in rows]
    await remove_versions(registry, unit, caller, [(version, holders[version.artifact_id]) for version in going])
    return len(going)


async def _prune_artifacts(registry: Registry, unit: Writer, project: Project, dialect: str, chunk: int) -> int:
    empty = _empty(dialect)
    found = await unit.rows(
        Query(source="artifact", fields=("id",), project_id=project.id, where=empty, sort=Sort("id"), limit=chunk)
    )
    locked = await unit.lock_all(Artifact, id=sorted(row[0] for row in found)) if found else []
    going = [artifact for artifact in locked if artifact.head_version_id is None and artifact.dialect == dialect]
    await remove_artifacts(registry, unit, going)
    return len(going)
