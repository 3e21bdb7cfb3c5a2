"""Pages of versions with exact totals, in a time that does not grow with the registry.

What lists are mostly asked for, all of a project, of one artifact or of one tag, is read off an index that is in the
order wanted, and its total is one that is kept. Whatever else is asked is searched for and counted.
"""

from typing import Any

from msgspec import Struct

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Artifact, Tag
from isogloss.core.names import ORDINARY
from isogloss.core.ports import Reader
from isogloss.core.query import EVERYTHING, AnyOf, Compare, Has, Operator, Query, Sort, Where, all_of
from isogloss.core.registry import tallies

ENTITY = "version"


class VersionPage(Struct, frozen=True, kw_only=True):
    """What is asked of versions that every dialect sees.

    ``kinds`` (none means all), ``artifact`` or ``artifact_name`` (of an ordinary one) and ``tag_name`` ask for exactly
    those, on top of ``where``; a null project for all of them.
    """

    project_id: str | None
    fields: tuple[str, ...]
    where: Where = EVERYTHING
    kinds: tuple[str, ...] = ()
    artifact: Artifact | None = None
    artifact_name: str | None = None
    tag_name: str | None = None
    sort: Sort
    limit: int
    offset: int = 0


async def page_of_versions(unit: Reader, caller: Principal, asked: VersionPage) -> tuple[int, list[tuple[Any, ...]]]:
    """The total and the page: four statements at most. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    artifact = asked.artifact
    tag: Tag | None = None
    if asked.artifact_name is not None:
        key = {"project_id": asked.project_id, "kind": ORDINARY, "name": asked.artifact_name}
        artifact = await unit.get(Artifact, **key)
        if artifact is None:
            return 0, []
    if asked.tag_name is not None:
        tag = await unit.get(Tag, name=asked.tag_name)
        if tag is None:
            return 0, []
    query = _query(asked, artifact, tag)
    total = await _total(unit, asked, query, artifact, tag)
    return total, await unit.rows(query) if total > asked.offset else []


def _query(asked: VersionPage, artifact: Artifact | None, tag: Tag | None) -> Query:
    source, sort = "shown_version", asked.sort
    conditions = [asked.where]
    if asked.kinds and artifact is None:
        conditions.append(_of_kinds(asked.kinds))
    if artifact is not None:
        conditions.append(Compare("artifact_id", Operator.EQ, artifact.id))
        if sort.field == "created":
            # Within one artifact this is the same order, and the one that its index has.
            sort = Sort("created", sort.descending, then="ordinal")
    if tag is not None:
        bears = Compare("tag_id", Operator.EQ, tag.id)
        if artifact is None and sort.field == "created":
            source = "tagged_version"
            conditions.append(bears)
        else:
            conditions.append(Has("tag", bears))
    return Query(
        source=source,
        fields=asked.fields,
        project_id=asked.project_id,
        where=all_of(*conditions),
        sort=sort,
        limit=asked.limit,
        offset=asked.offset,
    )


def _of_kinds(kinds: tuple[str, ...]) -> Where:
    # One kind has an index in its order; of several, a page is read off the index of all.
    return Compare("kind", Operator.EQ, kinds[0]) if len(kinds) == 1 else AnyOf("kind", kinds)


async def _total(unit: Reader, asked: VersionPage, query: Query, artifact: Artifact | None, tag: Tag | None) -> int:
    if asked.where == EVERYTHING:
        if artifact is None and tag is None:
            return await tallies.shown(unit, ENTITY, project_id=asked.project_id, kinds=asked.kinds)
        if artifact is not None and tag is None:
            return artifact.versions
        if tag is not None and artifact is None:
            return await tallies.tagged(unit, ENTITY, tag.id, project_id=asked.project_id, kinds=asked.kinds)
    return await unit.count(query)
