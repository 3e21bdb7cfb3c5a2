"""Projects."""

from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.call import Call, flag
from isogloss.adapters.zenml.routes import Read, Route
from isogloss.adapters.zenml.translate import project
from isogloss.core.ports import Reader
from isogloss.core.registry.projects import find_project


async def read_project(call: Call, unit: Reader) -> wire.Named:
    """One project by id or name."""
    found = await find_project(unit, call.path_text("project_name_or_id"))
    return project(found, hydrate=flag(call.query(), "hydrate", True))


ROUTES: tuple[Route, ...] = (Read("GET", "/projects/{project_name_or_id:str}", read_project),)
