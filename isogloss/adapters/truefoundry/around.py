"""What the rows of a page refer to: projects, users, tags and metrics, in a few statements for the whole page."""

from collections.abc import Iterable
from typing import Protocol

from isogloss.adapters.call import Call
from isogloss.adapters.truefoundry.kinds import MODEL
from isogloss.adapters.truefoundry.subjects import Subject, subject
from isogloss.adapters.truefoundry.version_translate import Around, VersionRow
from isogloss.core.model import Project, User
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, all_of
from isogloss.core.registry.tracking import Points, points_at


class Authored(Protocol):
    """What somebody made in a project."""

    @property
    def project_id(self) -> str: ...

    @property
    def author_id(self) -> str | None: ...


async def around_versions(
    call: Call,
    unit: Reader,
    versions: Iterable[VersionRow],
    *,
    project: Project | None = None,
    beside: Iterable[Authored] = (),
) -> Around:
    """What versions, and the things they stand in, refer to: at most five statements, two of them for models alone.

    ``project`` spares one where all are of it.
    """
    versions = list(versions)
    made: list[Authored] = [*beside, *versions]
    return Around(
        tenant=call.host.tenant,
        place=None if call.registry.files is None else call.registry.files.shared,
        projects=await projects_of(unit, (each.project_id for each in made), known=project),
        users=await users_of(unit, (each.author_id for each in made), call.host.tenant),
        tags=await tags_of(unit, [each.id for each in versions]),
        metrics=await metrics_of(unit, versions),
    )


async def metrics_of(unit: Reader, versions: Iterable[VersionRow]) -> Points:
    """The metrics of the runs that made models, at the steps at which they did."""
    models = [each for each in versions if each.kind == MODEL.name]
    return await points_at(
        unit, {(each.producer_run, each.step or 0) for each in models if each.producer_run is not None}
    )


async def projects_of(unit: Reader, ids: Iterable[str], *, known: Project | None = None) -> dict[str, Project]:
    """The projects of these ids."""
    found = {} if known is None else {known.id: known}
    wanted = list(set(ids) - found.keys())
    return found | ({each.id: each for each in await unit.find(Project, id=wanted)} if wanted else {})


async def users_of(unit: Reader, ids: Iterable[str | None], tenant: str) -> dict[str, Subject]:
    """The users of these ids that exist, as they stand within other things."""
    wanted = list({each for each in ids if each is not None})
    return {user.id: subject(user, tenant) for user in await unit.find(User, id=wanted)} if wanted else {}


async def tags_of(unit: Reader, version_ids: list[str]) -> dict[str, list[str]]:
    """The names of versions' tags by the versions' ids, in order."""
    if not version_ids:
        return {}
    rows = await unit.rows(
        Query(
            source="tag_link",
            fields=("entity_id", "tag.name"),
            project_id=None,
            where=all_of(Compare("entity", Operator.EQ, "version"), AnyOf("entity_id", tuple(version_ids))),
            sort=Sort("tag.name", then="entity_id"),
        )
    )
    found: dict[str, list[str]] = {}
    for version_id, name in rows:
        found.setdefault(version_id, []).append(name)
    return found
