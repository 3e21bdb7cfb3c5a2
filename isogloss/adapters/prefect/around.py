"""What a page needs beside its rows: three statements, whatever its size, where other dialects wrote some of them.

Where tags were put on some of this dialect's own, theirs come with those of the others, or take one.
"""

from collections.abc import Iterable, Mapping, Sequence

from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.foreign import Foreign, Maker
from isogloss.adapters.prefect.translate import Around, Sought
from isogloss.core.model import Project, Version
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, all_of

_VERSION_FIELDS = Version.__struct_fields__


async def around_versions(
    unit: Reader, sought: Sequence[Sought], project: Project, *, root: str, tenant: str
) -> Around:
    """What is shown of these versions of the project beside their rows, of which there is one at least.

    ``root`` is the address by which the client reaches the registry.
    """
    tags = await _tags(unit, [version_id for version_id, _ in sought])
    foreign = [version_id for version_id, dialect in sought if dialect != DIALECT]
    if not foreign:
        return Around(foreign={}, tags=tags)
    return Around(foreign=await _foreign(unit, foreign, project, tags, root=root, tenant=tenant), tags=tags)


async def _foreign(
    unit: Reader,
    ids: Sequence[str],
    project: Project,
    tags: Mapping[str, Sequence[str]],
    *,
    root: str,
    tenant: str,
) -> dict[str, Foreign]:
    """The versions of these ids, which other dialects wrote, with what they refer to."""
    found = await unit.rows(
        Query(
            source="version",
            fields=(*_VERSION_FIELDS, "artifact.name", "artifact.word"),
            project_id=project.id,
            where=AnyOf("id", tuple(ids)),
        )
    )
    versions = [(Version(**dict(zip(_VERSION_FIELDS, row, strict=False))), *row[-2:]) for row in found]
    makers = await _makers(
        unit, project, (each for version, *_ in versions for each in (version.producer_run, version.producer_step))
    )
    return {
        version.id: Foreign(
            version=version,
            name=name,
            word=word,
            tags=tags.get(version.id, ()),
            makers=makers,
            root=root,
            repo=f"{tenant}/{project.word}",
        )
        for version, name, word in versions
    }


async def _tags(unit: Reader, ids: Sequence[str]) -> dict[str, list[str]]:
    """The names of versions' tags by the versions' ids, in order."""
    rows = await unit.rows(
        Query(
            source="tag_link",
            fields=("entity_id", "tag.name"),
            project_id=None,
            where=all_of(Compare("entity", Operator.EQ, "version"), AnyOf("entity_id", tuple(ids))),
            sort=Sort("tag.name", then="entity_id"),
        )
    )
    found: dict[str, list[str]] = {}
    for version_id, name in rows:
        found.setdefault(version_id, []).append(name)
    return found


async def _makers(unit: Reader, project: Project, ids: Iterable[str | None]) -> dict[str, Maker]:
    """Those runs and steps of these ids that exist."""
    wanted = tuple(sorted({each for each in ids if each is not None}))
    if not wanted:
        return {}
    rows = await unit.rows(
        Query(
            source="run",
            fields=("id", "name", "dialect", "state_type"),
            project_id=project.id,
            where=AnyOf("id", wanted),
        )
    )
    return {row[0]: Maker(*row) for row in rows}
