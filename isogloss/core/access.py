"""Who is asking, and what they may do.

A user has a role on the server, which holds in every project, and may have roles in single projects beside it, by
grants. Here it is told what a caller may do; ``registry.scopes`` keeps them to it, whatever they ask of the store.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import TypeAlias

from msgspec import Struct, field

from isogloss.core.errors import Denied


class Role(IntEnum):
    """Each role may do what the ones below it may.

    A member has signed in: they see tags and users, make keys of their own, and of the projects know those only that
    were granted to them.
    """

    MEMBER = 0
    VIEWER = 1
    EDITOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The role as it is stored and shown."""
        return self.name.lower()


class Principal(Struct, frozen=True, kw_only=True):
    """The caller of a use case. ``user_id`` is null where no user asked, but the registry itself.

    ``role`` is what they are on the server, in every project. ``grants`` holds what they are beside it, by project id,
    where that is more. ``ceiling`` is the most that they may be anywhere, as the key or session that they came with
    says. ``key`` is the digest of the key, ``stamp`` the user's own where it was not a key: a session made for the
    caller ends with it.
    """

    user_id: str | None
    name: str
    role: Role
    grants: Mapping[str, Role] = field(default_factory=dict)
    ceiling: Role = Role.ADMIN
    stamp: str | None = None
    key: str | None = None

    def role_in(self, project_id: str) -> Role:
        """What the caller is in a project."""
        return max(self.role, self.grants.get(project_id, Role.MEMBER))

    def sees(self, project_id: str) -> bool:
        """Whether the caller may know of a project."""
        return self.role_in(project_id) >= Role.VIEWER

    @property
    def reach(self) -> Role:
        """The role of a key that may do what the caller may: the highest that they have anywhere.

        For a member at least editor, so that a key is good for what will be granted.
        """
        highest = max((self.role, *self.grants.values()))
        return min(self.ceiling, highest or Role.EDITOR)


ANYBODY = Principal(user_id=None, name="anonymous", role=Role.ADMIN)
"""Nobody in particular, who may do everything: for work that no user asked for."""


def require(caller: Principal, role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role or a higher one, in some project at least.

    In which, the caller's store sees to (``registry.scopes``), as to what of it is shown: everybody may look.
    """
    if caller.role < role and role > Role.VIEWER and max(caller.grants.values(), default=Role.MEMBER) < role:
        raise _denied(caller, caller.role, role)


def require_everywhere(caller: Principal, role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role or a higher one on the server: for what belongs to no project."""
    if caller.role < role:
        raise _denied(caller, caller.role, role)


def require_in(caller: Principal, project_id: str, role: Role) -> None:
    """Raise ``Denied`` unless the caller has the role or a higher one in this project.

    That the caller may know of the project is for who found it to say.
    """
    held = caller.role_in(project_id)
    if held < role:
        raise Denied(f"{caller.name} is {held.word} in this project; this needs the role {role.word} there.")


def _denied(caller: Principal, held: Role, role: Role) -> Denied:
    return Denied(f"{caller.name} is {held.word}; this needs the role {role.word}.")


def role_of(word: str) -> Role:
    """The role that is stored so."""
    return Role[word.upper()]


class Credential(Struct, frozen=True, kw_only=True):
    """What a client presents: a token alone, or a user name with a password (a token is also good as one)."""

    name: str | None
    secret: str


Gate: TypeAlias = Callable[[Credential | None], Awaitable[Principal]]
"""Tells who presents a credential; raises ``Unauthenticated`` where it is not good, or is missing and needed."""
