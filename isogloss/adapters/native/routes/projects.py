"""Projects: the rooms that names live in."""

from isogloss.adapters.call import Call
from isogloss.adapters.native import translate, wire
from isogloss.adapters.native.endpoints import Asked, Endpoint, Parameter, asked, path_text, text_parameter
from isogloss.adapters.operations import Read
from isogloss.core.ports import Reader
from isogloss.core.registry import catalogue
from isogloss.core.registry.projects import find_project

PROJECT = text_parameter("project", "The project, by name or id: `default` without it, `*` for all of them.")
EVERY = "*"


async def project_id_of(call: Call, unit: Reader, query: Asked) -> str | None:
    """The id of the project that a list is about; null for all of them. Raises ``NotFound``."""
    given = query.one("project")
    default = call.registry.default_project
    if given == EVERY:
        return None
    return default.id if given is None or given == default.name else (await find_project(unit, given)).id


async def list_projects(call: Call, unit: Reader) -> wire.Projects:
    """All projects."""
    asked(call, ())
    return wire.Projects([translate.project(row) for row in await catalogue.list_projects(unit, call.caller)])


async def get_project(call: Call, unit: Reader) -> wire.Project:
    """A project."""
    asked(call, ())
    return translate.project(await catalogue.get_project(unit, call.caller, call.path_text("project")))


_IN_PATH: tuple[Parameter, ...] = (path_text("project", "The project, by name or id."),)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Read("GET", "/projects", list_projects),
        summary="List all projects",
        group="Projects",
        answer=wire.Projects,
    ),
    Endpoint(
        route=Read("GET", "/projects/{project:str}", get_project),
        summary="Get a project",
        group="Projects",
        parameters=_IN_PATH,
        answer=wire.Project,
    ),
)
