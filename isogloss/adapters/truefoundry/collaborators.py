"""The collaborators of a repo's manifest: grants of roles in the project, as far as they name users who are here.

The manifest is given back as it came, with whoever it names; that they are no users (yet) is no error to the vendor.
"""

from typing import Any

from isogloss.adapters.call import Call
from isogloss.core.access import Role
from isogloss.core.model import Grant, Project, User
from isogloss.core.ports import Writer
from isogloss.core.registry import grants
from isogloss.core.registry.users import address_of

ROLES = {"admin": Role.ADMIN, "owner": Role.ADMIN, "editor": Role.EDITOR, "member": Role.EDITOR, "viewer": Role.VIEWER}
"""What the last part of the vendor's role ids means here, such as that of ``mlf-project-admin``."""


def role_named(name: str) -> Role:
    """The role that a name of the vendor's stands for; one that nobody knows is for no more than to look."""
    return ROLES.get(name.lower().rpartition("-")[2], Role.VIEWER)


_USER, _MACHINE = "user:", "serviceaccount:"


def roles_of(collaborators: list[dict[str, Any]] | None) -> dict[str, Role]:
    """The roles of those who are named, by address or name."""
    named: dict[str, Role] = {}
    for each in collaborators or []:
        subject, role = str(each.get("subject", "")), str(each.get("role_id", ""))
        if subject.startswith((_USER, _MACHINE)):
            named[subject.partition(":")[2]] = role_named(role)
    return named


async def apply_collaborators(
    call: Call, unit: Writer, project: Project, before: dict[str, Role], now: dict[str, Role]
) -> None:
    """Grant what a manifest says, and take away what it said ``before`` and does not any more.

    The caller administers the project, as who makes or changes one does.
    """
    if before == now:
        return
    users = await _users(call, unit, [*before, *now])
    for address in before.keys() - now.keys():
        if address in users and users[address].id != project.author_id:
            await unit.remove(Grant, project_id=project.id, user_id=users[address].id)
    for address, role in now.items():
        if address in users:
            await grants.keep_grant(call.registry, unit, call.caller.user_id, project, users[address], role)


async def _users(call: Call, unit: Writer, addresses: list[str]) -> dict[str, User]:
    """The users who are here, by the addresses or names that they are given."""
    made_up = [each.partition("@")[0] for each in addresses]
    found = {user.id: user for user in await unit.find(User, email=addresses)}
    found |= {user.id: user for user in await unit.find(User, name=[*addresses, *made_up])}
    by_address: dict[str, User] = {}
    for user in found.values():
        for address in (user.name, address_of(user, call.host.tenant)):
            by_address.setdefault(address, user)
    return by_address
