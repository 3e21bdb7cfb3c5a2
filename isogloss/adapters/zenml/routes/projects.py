"""Projects: create, read, list, change, delete, count."""

from isogloss.adapters.call import Body, Call, dump, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.bodies.projects import ProjectRequest, ProjectUpdate
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.adapters.zenml.filters.projects import PROJECTS
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.projects import project_named
from isogloss.adapters.zenml.translate import project
from isogloss.core.access import Role, require
from isogloss.core.model import Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, all_of
from isogloss.core.registry import projects

_CREATE = Body.of(ProjectRequest)
_UPDATE = Body.of(ProjectUpdate)


async def create_project(call: Call, unit: Writer) -> wire.Named:
    """A new project."""
    body: ProjectRequest = _CREATE.read(call)
    made = await projects.create_project(
        call.registry,
        unit,
        call.caller,
        body.name,
        display_name=body.display_name or None,
        description=body.description,
        metadata=None if body.project_metadata is None else dump(body.project_metadata),
    )
    return project(made, hydrate=True)


async def read_project(call: Call, unit: Reader) -> wire.Named:
    """One project by id or name."""
    require(call.caller, Role.VIEWER)
    return project(await _named(call, unit), hydrate=flag(call.query(), "hydrate", True))


async def list_projects(call: Call, unit: Reader) -> wire.Page:
    """A page of projects."""
    require(call.caller, Role.VIEWER)
    asked = read_listing(call.query(), PROJECTS)
    query = asked.query("project", Project.__struct_fields__)
    total = await unit.count(query)
    rows = await unit.rows(query) if total > asked.offset else []
    found = [Project(**dict(zip(Project.__struct_fields__, row, strict=True))) for row in rows]
    return paged(asked, total, [project(each, hydrate=asked.hydrate) for each in found])


async def change_project(call: Call, unit: Writer) -> wire.Named:
    """Rename a project, or change what is shown and said of it."""
    body: ProjectUpdate = _UPDATE.read(call)
    given: dict[str, str] = {}
    if body.display_name is not None:
        given["display_name"] = body.display_name
    if body.description is not None:
        given["description"] = body.description
    if body.project_metadata is not None:
        given["metadata"] = dump(body.project_metadata)
    found = await _named(call, unit)
    changed = await projects.change_project(call.registry, unit, call.caller, found, name=body.name, **given)
    return project(changed, hydrate=True)


async def delete_project(call: Call, unit: Writer) -> None:
    """Delete a project with everything in it."""
    await projects.delete_project(call.registry, unit, call.caller, await _named(call, unit))


async def count_project(call: Call, unit: Reader) -> wire.ProjectStatistics:
    """How many pipelines and runs of them a project has."""
    require(call.caller, Role.VIEWER)
    found = await _named(call, unit)
    return wire.ProjectStatistics(
        pipelines=await _count(unit, found, "workflow", "workflow"), runs=await _count(unit, found, "run", "run")
    )


async def _named(call: Call, unit: Reader) -> Project:
    return await project_named(unit, call.path_text("project_name_or_id"))


async def _count(unit: Reader, found: Project, source: str, role: str) -> int:
    own = all_of(Compare("dialect", Operator.EQ, DIALECT), Compare("role", Operator.EQ, role))
    return await unit.count(Query(source=source, fields=(), project_id=found.id, where=own))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/projects", create_project),
    Read("GET", "/projects", list_projects),
    Read("GET", "/projects/{project_name_or_id:str}", read_project),
    Write("PUT", "/projects/{project_name_or_id:str}", change_project),
    Write("DELETE", "/projects/{project_name_or_id:str}", delete_project),
    Read("GET", "/projects/{project_name_or_id:str}/statistics", count_project),
)
