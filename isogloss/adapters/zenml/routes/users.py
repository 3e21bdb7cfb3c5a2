"""Users, and the one who asks.

The vendor's admins are ours; of the other two roles, a new user is an editor, and a viewer stays one.
"""

from typing import Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, dump, flag
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.account_translate import UserFacet, user, user_facet, with_user_facet
from isogloss.adapters.zenml.bodies.accounts import UserRequest, UserUpdate
from isogloss.adapters.zenml.failures import Forbidden, Refusal
from isogloss.adapters.zenml.filters.accounts import USERS
from isogloss.adapters.zenml.filters.listing import paged, read_listing
from isogloss.core.access import Role, require, role_of
from isogloss.core.errors import NotFound, Unauthenticated
from isogloss.core.model import Json, Project, User
from isogloss.core.passwords import kept_password
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator
from isogloss.core.registry import users
from isogloss.core.registry.projects import find_project
from isogloss.core.registry.users import UserDraft

_CREATE = Body.of(UserRequest)
_UPDATE = Body.of(UserUpdate)


async def read_current_user(call: Call, unit: Reader) -> wire.Named:
    """Who asks. They always have a default project, since a client that sees two and no default has none."""
    return await _own(call, unit, await users.get_user(call.registry, unit, call.caller, _self(call)))


async def update_current_user(call: Call) -> Reply:
    """Changes of who asks. What only an admin may change of others is left alone."""
    body = _UPDATE.read(call)
    password = await _proven(call, body)

    async def work(unit: Writer) -> bytes:
        found = await users.get_user(call.registry, unit, call.caller, _self(call))
        return encode(await _own(call, unit, await _change(call, unit, found, body, password)))

    return Reply(await call.registry.store.write(work))


async def list_users(call: Call, unit: Reader) -> wire.Page:
    """A page of users; who is no admin sees themselves."""
    asked = read_listing(call.query(), USERS)
    query = asked.query("user", ("id",), None, Compare("service", Operator.EQ, False))
    total = await users.count_users(call.registry, unit, call.caller, query)
    found = await users.list_users(call.registry, unit, call.caller, query) if total else []
    return paged(asked, total, [_shown(call, each, asked.hydrate) for each in found])


async def create_user(call: Call) -> Reply:
    """A new user. Without a password they are not active, and the answer has a token with which to choose one.

    The answer is never kept to be repeated, since it may hold that token.
    """
    body = _CREATE.read(call)
    require(call.caller, Role.ADMIN)
    password = None if body.password is None else await kept_password(body.password)
    facet = UserFacet(
        avatar_url=body.avatar_url,
        email_opted_in=body.email_opted_in,
        user_metadata=Raw(dump(body.user_metadata or {}).encode()),
    )
    draft = UserDraft(
        name=body.name,
        role=Role.ADMIN if body.is_admin else Role.EDITOR,
        password=password,
        active=password is not None,
        full_name=body.full_name or None,
        email=body.email,
        facet=with_user_facet(None, facet),
    )

    async def work(unit: Writer) -> bytes:
        made = await users.create_user(call.registry, unit, call.caller, draft)
        invitation = None if made.active else users.invite(call.registry, made)
        return encode(user(made, None, hydrate=True, invitation=invitation))

    return Reply(await call.registry.store.write(work))


async def read_user(call: Call, unit: Reader) -> wire.Named:
    """One user by name or id; by its id a service account, too."""
    reference = call.path_text("user_name_or_id")
    found = await users.get_user(call.registry, unit, call.caller, reference)
    if found.service and found.id != reference:
        raise NotFound("user", reference)
    return _shown(call, found, flag(call.query(), "hydrate", True))


async def update_user(call: Call) -> Reply:
    """Changes of a user."""
    body, reference = _UPDATE.read(call), call.path_text("user_name_or_id")
    own = reference in (call.caller.user_id, call.caller.name)
    if body.password is not None and not own:
        raise Forbidden(
            "The password of another user cannot be changed; deactivate them, and have them activated anew."
        )
    if not own and (body.email is not None or body.email_opted_in is not None):
        raise Forbidden("The email of another user is theirs to change.")
    password = await _proven(call, body)

    async def work(unit: Writer) -> bytes:
        found = await _person(call, unit, reference)
        standing: dict[str, Any] = {}
        if body.is_admin is not None and body.is_admin != (role_of(found.role) is Role.ADMIN):
            standing["role"] = Role.ADMIN if body.is_admin else Role.EDITOR
        if body.active is not None:
            standing["active"] = body.active
        return encode(_shown(call, await _change(call, unit, found, body, password, **standing), hydrate=True))

    return Reply(await call.registry.store.write(work))


async def activate_user(call: Call) -> Reply:
    """A user chooses a password with the token that they were given. Nobody has to be signed in for it."""
    body, reference = _UPDATE.read(call), call.path_text("user_name_or_id")
    invitation = body.activation_token or ""
    # A password's digest is dear: it is not made for whoever asks.
    if users.read_invitation(call.registry, invitation) is None:
        raise Unauthenticated("The activation token is not good.")
    password = None if body.password is None else await kept_password(body.password)

    async def work(unit: Writer) -> bytes:
        full_name = UNSET if body.full_name is None else body.full_name
        found = await users.accept_invitation(
            call.registry, unit, reference, invitation, password=password, full_name=full_name
        )
        return encode(user(found, None, hydrate=True))

    return Reply(await call.registry.store.write(work))


async def deactivate_user(call: Call, unit: Writer) -> wire.Named:
    """A user can no longer come in, until they choose another password with the token in the answer."""
    found = await _person(call, unit, call.path_text("user_name_or_id"))
    changed = await users.change_user(call.registry, unit, call.caller, found.id, active=False)
    return user(changed, None, hydrate=True, invitation=users.invite(call.registry, changed))


async def answer_email_prompt(call: Call, unit: Writer) -> wire.Named:
    """Whether who asks wants to be written to."""
    body, reference = _UPDATE.read(call), call.path_text("user_name_or_id")
    if reference != call.caller.user_id:
        raise Refusal(401, "AuthorizationException", "Users can not opt in on behalf of another user.")
    found = await _person(call, unit, reference)
    answer = UserUpdate(email=body.email, email_opted_in=body.email_opted_in)
    return _shown(call, await _change(call, unit, found, answer, None), hydrate=True)


async def delete_user(call: Call, unit: Writer) -> None:
    """A user goes; what they made stays."""
    found = await _person(call, unit, call.path_text("user_name_or_id"))
    await users.delete_user(call.registry, unit, call.caller, found.id)


async def _change(
    call: Call, unit: Writer, found: User, body: UserUpdate, password: tuple[str, str] | None, **standing: Any
) -> User:
    """Change what a body gives of a user: what they say of themselves, and their standing where it is given apart.

    ``password`` is the stamp that the old one proved, and the new one as it is kept.
    """
    if body.default_project_id is not None:
        await find_project(unit, body.default_project_id)
    if password is not None:
        await users.change_own_password(call.registry, unit, call.caller, *password)
    return await users.change_user(
        call.registry,
        unit,
        call.caller,
        found.id,
        name=UNSET if body.name is None else body.name,
        full_name=UNSET if body.full_name is None else body.full_name,
        email=UNSET if body.email is None else body.email,
        facet=lambda kept: _facet(kept, body),
        **standing,
    )


def _facet(kept: Json | None, body: UserUpdate) -> Json:
    facet = user_facet(kept)
    if body.avatar_url is not None:
        facet = replace(facet, avatar_url=body.avatar_url)
    if body.email_opted_in is not None:
        facet = replace(facet, email_opted_in=body.email_opted_in)
    if body.user_metadata is not None:
        facet = replace(facet, user_metadata=Raw(dump(body.user_metadata).encode()))
    if "default_project_id" in body.model_fields_set:
        facet = replace(facet, default_project_id=body.default_project_id)
    return with_user_facet(kept, facet)


async def _proven(call: Call, body: UserUpdate) -> tuple[str, str] | None:
    """What it takes to change one's own password: the stamp that the old one proves, and the new one as it is kept."""
    if body.password is None:
        return None
    if body.old_password is None:
        raise Forbidden("The current password must be supplied when changing the password.")
    stamp = await users.prove_password(call.registry, call.caller, body.old_password)
    return stamp, await kept_password(body.password)


async def _own(call: Call, unit: Reader, found: User) -> wire.Named:
    chosen = user_facet(found.facet).default_project_id
    if chosen is not None and await unit.get(Project, id=chosen) is None:
        chosen = None
    default = call.registry.default_project.id
    if chosen is None and not call.caller.sees(default):
        # The client begins in the project that is answered here, so it has to be one that there is for it.
        chosen = min(call.caller.grants, default=None)
    return user(found, chosen or default, hydrate=True, private=True)


async def _person(call: Call, unit: Reader, reference: str) -> User:
    """A user who is no service account."""
    found = await users.get_user(call.registry, unit, call.caller, reference)
    if found.service:
        raise NotFound("user", reference)
    return found


def _shown(call: Call, found: User, hydrate: bool) -> wire.Named:
    return user(found, None, hydrate=hydrate, private=found.id == call.caller.user_id)


def _self(call: Call) -> str:
    return call.caller.user_id or call.caller.name


ROUTES: tuple[Route, ...] = (
    Read("GET", "/current-user", read_current_user),
    Plain("PUT", "/current-user", update_current_user),
    Read("GET", "/users", list_users),
    Plain("POST", "/users", create_user),
    Read("GET", "/users/{user_name_or_id:str}", read_user),
    Plain("PUT", "/users/{user_name_or_id:str}", update_user),
    Write("DELETE", "/users/{user_name_or_id:str}", delete_user),
    Plain("PUT", "/users/{user_name_or_id:str}/activate", activate_user),
    Write("PUT", "/users/{user_name_or_id:str}/deactivate", deactivate_user),
    Write("PUT", "/users/{user_name_or_id:str}/email-opt-in", answer_email_prompt),
)
