"""Which project a request is about."""

from collections.abc import Mapping

from isogloss.adapters.call import Call, as_uuid
from isogloss.core.model import Project
from isogloss.core.ports import Reader
from isogloss.core.registry.projects import find_project


async def project_of(unit: Reader, call: Call, query: Mapping[str, list[str]]) -> Project:
    """The project that a list names by id or name; without a word, the one that is called default.

    The vendor does not look at the caller's own default either. Raises ``NotFound``.
    """
    given = query.get("project")
    default = call.registry.default_project
    # The default project can neither be renamed nor deleted, so that nobody has to look whether it is there.
    if not given or given[-1] in (default.id, default.name):
        return default
    return await project_named(unit, given[-1])


async def project_named(unit: Reader, reference: str) -> Project:
    """The project of this name, or of this id in any of the spellings of UUIDs. Raises ``NotFound``."""
    return await find_project(unit, as_uuid(reference) or reference)


async def project_id_of(unit: Reader, call: Call, query: Mapping[str, list[str]]) -> str:
    """The id of the project that a list is about, which need not exist where it is named by one.

    What finds something there need not look it up; what finds nothing should. Raises ``NotFound`` for a name.
    """
    given = query.get("project")
    named = as_uuid(given[-1]) if given else None
    return (await project_of(unit, call, query)).id if named is None else named
