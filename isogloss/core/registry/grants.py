"""Grants: what users may do in single projects, beside what their own role lets them do in all."""

from msgspec import Struct

from isogloss.core.access import Principal, Role, role_of
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Grant, Project, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry.context import Registry
from isogloss.core.registry.projects import require_admin_of


class Granted(Struct, frozen=True, kw_only=True):
    """A grant with the names of its project and its user."""

    project: str
    user: str
    role: Role


async def grant_role(
    registry: Registry, unit: Writer, caller: Principal, project: Project, user: User, role: Role
) -> Grant:
    """Give a user this role in a project, in the place of the one that they have there. Raises ``Denied``."""
    await require_admin_of(unit, caller, project)
    return await keep_grant(registry, unit, caller.user_id, project, user, role)


async def keep_grant(
    registry: Registry, unit: Writer, author_id: str | None, project: Project, user: User, role: Role
) -> Grant:
    """As ``grant_role``, for who operates the registry."""
    if role < Role.VIEWER:
        raise Conflict("A grant is of the role viewer, editor or admin; one that should not be is removed.")
    grant = Grant(project_id=project.id, user_id=user.id, role=role.word, created=registry.clock(), author_id=author_id)
    await unit.put(grant)
    return grant


async def remove_grant(registry: Registry, unit: Writer, caller: Principal, project: Project, user: User) -> None:
    """Take away what a user was granted in a project; their own role stays. Raises ``Denied`` and ``NotFound``."""
    await require_admin_of(unit, caller, project)
    if not await unit.remove(Grant, project_id=project.id, user_id=user.id):
        raise NotFound("grant", f"{user.name} in {project.name}")


async def list_grants(unit: Reader, project: Project | None = None) -> list[Granted]:
    """The grants of a project, or all that the caller may see, in the order of the names of projects and users."""
    found = await (unit.find(Grant) if project is None else unit.find(Grant, project_id=project.id))
    projects = await unit.find(Project, id=list({grant.project_id for grant in found}))
    users = await unit.find(User, id=list({grant.user_id for grant in found}))
    project_names = {each.id: each.name for each in projects}
    user_names = {each.id: each.name for each in users}
    granted = [
        Granted(project=project_names[each.project_id], user=user_names[each.user_id], role=role_of(each.role))
        for each in found
    ]
    return sorted(granted, key=lambda each: (each.project, each.user))
