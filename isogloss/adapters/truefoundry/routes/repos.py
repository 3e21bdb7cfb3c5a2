"""ML repos: projects under another name."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from isogloss.adapters.call import Body, Call, dump
from isogloss.adapters.operations import Plain, Read, Route, Write
from isogloss.adapters.truefoundry.around import users_of
from isogloss.adapters.truefoundry.bodies.repos import ApplyRepo, RepoManifest
from isogloss.adapters.truefoundry.collaborators import apply_collaborators, roles_of
from isogloss.adapters.truefoundry.directories import VISIBLE_DIRECTORIES
from isogloss.adapters.truefoundry.kinds import DIALECT, KINDS
from isogloss.adapters.truefoundry.lookup import project_of_id, project_of_word
from isogloss.adapters.truefoundry.pages import Page, last, page, read_page
from isogloss.adapters.truefoundry.rehearsal import Rehearsed, rehearsable
from isogloss.adapters.truefoundry.repo_translate import Counts, collaborators_of, repo
from isogloss.adapters.truefoundry.subjects import NOBODY, Subject
from isogloss.core import names
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.facets import with_part
from isogloss.core.model import Project, Tally
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, IsNull, Operator, Query, Sort, all_of
from isogloss.core.registry import projects, tallies

_APPLY = Body.of(ApplyRepo)

_FIELDS = Project.__struct_fields__


async def list_repos(call: Call, unit: Reader) -> Page:
    """The repos, or the one of a name, in the order of their making."""
    require(call.caller, Role.VIEWER)
    query = call.query()
    asked, name = read_page(query), last(query, "name")
    if name is not None:
        found = await project_of_word(unit, name)
        one = [] if found is None else [found]
        return page(asked, len(one), await shown(call, unit, one[asked.offset : asked.offset + asked.limit]))
    every = Query(
        source="project",
        fields=_FIELDS,
        project_id=None,
        sort=Sort("serial"),
        limit=asked.limit,
        offset=asked.offset,
    )
    rows = [Project(**dict(zip(_FIELDS, row, strict=True))) for row in await unit.rows(every)]
    return page(asked, await unit.count(every), await shown(call, unit, rows))


async def get_repo(call: Call, unit: Reader) -> dict[str, Any]:
    """A repo by its id."""
    require(call.caller, Role.VIEWER)
    return {"data": (await shown(call, unit, [await _named(call, unit)]))[0]}


async def apply_repo(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a repo, or change the one of this name. Raises ``Rehearsed`` for a dry run."""
    require(call.caller, Role.EDITOR)
    body: ApplyRepo = _APPLY.read(call)
    answer = {"data": (await shown(call, unit, [await apply_manifest(call, unit, body.manifest)]))[0]}
    if body.dry_run:
        raise Rehearsed(answer)
    return answer


async def apply_manifest(call: Call, unit: Writer, manifest: RepoManifest) -> Project:
    """The project of a repo's manifest, made or changed. Raises ``Denied`` and ``Conflict``."""
    found = await project_of_word(unit, manifest.name)
    kept = manifest.model_dump(exclude_unset=True, exclude={"type", "name", "description"})
    part, named = dump(kept), roles_of(manifest.collaborators)
    if found is None:
        made = await projects.create_project(
            call.registry,
            unit,
            call.caller,
            names.named(names.PROJECT_WORD, manifest.name)[1],
            description=manifest.description,
            facet=with_part(None, DIALECT, part),
        )
        await apply_collaborators(call, unit, made, {}, named)
        return made
    changed = await projects.change_project(
        call.registry,
        unit,
        call.caller,
        found,
        description=manifest.description,
        facet=with_part(found.facet, DIALECT, part),
    )
    await apply_collaborators(call, unit, changed, roles_of(collaborators_of(found)), named)
    return changed


async def delete_repo(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a repo with everything in it."""
    await projects.delete_project(call.registry, unit, call.caller, await _named(call, unit))
    return {}


async def _named(call: Call, unit: Reader) -> Project:
    text = call.path_text("id")
    found = await project_of_id(unit, text)
    if found is None:
        raise NotFound("ml_repo", text)
    return found


Show: TypeAlias = Callable[[Project, Subject, Counts, str], dict[str, Any]]
"""Makes a family's answer of a project, its author, what it holds and the tenant."""


async def shown(call: Call, unit: Reader, found: list[Project], *, show: Show = repo) -> list[dict[str, Any]]:
    """Repos as a family answers them."""
    tenant = call.host.tenant
    users = await users_of(unit, (each.author_id for each in found), tenant)
    counts = await counts_of(unit, [each.id for each in found])
    return [show(each, users.get(each.author_id or "", NOBODY), counts[each.id], tenant) for each in found]


async def counts_of(unit: Reader, ids: list[str]) -> dict[str, Counts]:
    """How much repos hold, by their ids; runs and data directories are only counted where one repo is asked for."""
    found = await unit.find(Tally, project_id=ids, noun=tallies.ARTIFACT, subject="", internal=False)
    sums: Counter[tuple[str, str]] = Counter()
    for each in found:
        sums[each.project_id, each.kind] += each.delta
    alone = len(ids) == 1
    return {
        project_id: Counts(
            artifacts={kind.fqn_type: sums[project_id, kind.name] for kind in KINDS},
            runs=await unit.count(_own("run", project_id)) if alone else None,
            directories=await unit.count(_own("record", project_id)) if alone else None,
        )
        for project_id in ids
    }


def _own(source: str, project_id: str) -> Query:
    where = {
        "run": all_of(Compare("dialect", Operator.EQ, DIALECT), IsNull("deleted")),
        "record": VISIBLE_DIRECTORIES,
    }
    return Query(source=source, fields=(), project_id=project_id, where=where[source])


READS: tuple[Route, ...] = (
    Read("GET", "/ml-repos", list_repos),
    Read("GET", "/ml-repos/{id:str}", get_repo),
    Write("DELETE", "/ml-repos/{id:str}", delete_repo),
)
"""What both families have."""

SVC_ROUTES: tuple[Route, ...] = (Plain("PUT", "/ml-repos", rehearsable(apply_repo)),)
"""What only the newer family has; clients of the older one write here too."""
