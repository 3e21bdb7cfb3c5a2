"""Roles in single projects: who gives them, and what comes in through the gate; on both engines."""

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import Grant, Project, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, grants, projects, tokens, users
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.sessions import issue_session
from tests.support.accounts import add_user, as_user, basic, bearer, make_key

pytestmark = pytest.mark.usefixtures("cheap_passwords")


async def project_named(registry: Registry, name: str, caller: Principal = ANYBODY) -> Project:
    async def work(unit: Writer) -> Project:
        return await projects.create_project(registry, unit, caller, name)

    return await registry.store.write(work)


async def grant(registry: Registry, project: Project, user: User, role: Role, caller: Principal = ANYBODY) -> None:
    async def work(unit: Writer) -> None:
        await grants.grant_role(registry, unit, caller, project, user, role)

    await registry.store.write(work)


async def listed(registry: Registry, project: Project | None = None) -> list[tuple[str, str, Role]]:
    async def work(unit: Reader) -> list[tuple[str, str, Role]]:
        return [(each.project, each.user, each.role) for each in await grants.list_grants(unit, project)]

    return await registry.store.read(work)


async def test_a_user_has_one_role_in_a_project(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    mia = await add_user(registry, "mia", Role.MEMBER)
    await grant(registry, mine, mia, Role.VIEWER)
    await grant(registry, mine, mia, Role.EDITOR)
    assert await listed(registry) == [("mine", "mia", Role.EDITOR)]
    with pytest.raises(Conflict):
        await grant(registry, mine, mia, Role.MEMBER)


async def test_every_form_of_credential_brings_what_was_granted(registry: Registry) -> None:
    mine, other = await project_named(registry, "mine"), await project_named(registry, "other")
    for role in (Role.MEMBER, Role.VIEWER):
        user = await add_user(registry, role.word, role, password="sesame")
        await grant(registry, mine, user, Role.EDITOR)
        await grant(registry, other, user, Role.VIEWER)
        door = Doorkeeper(registry)
        by_password = await door(basic(role.word, "sesame"))
        issued = await tokens.issue_token(registry, role.word, make_key)
        found = {"mine": Role.EDITOR, "other": max(role, Role.VIEWER)}
        session = issue_session(registry, by_password)
        for caller in (by_password, await door(bearer(issued.key)), await door(bearer(session))):
            assert caller.role is role
            assert {"mine": caller.role_in(mine.id), "other": caller.role_in(other.id)} == found


async def test_a_key_counts_nowhere_for_more_than_its_own_role(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    mia = await add_user(registry, "mia", Role.MEMBER)
    await grant(registry, mine, mia, Role.ADMIN)
    door = Doorkeeper(registry)
    narrow = await door(bearer((await create_token(registry, as_member(mia, mine), mia, Role.VIEWER)).key))
    assert (narrow.role, narrow.role_in(mine.id), narrow.ceiling) == (Role.MEMBER, Role.VIEWER, Role.VIEWER)
    # Nor does what is made with it.
    again = await door(bearer((await create_token(registry, narrow, mia, None, "again")).key))
    assert again.role_in(mine.id) is Role.VIEWER
    assert (await door(bearer(issue_session(registry, narrow)))).role_in(mine.id) is Role.VIEWER
    with pytest.raises(Denied):
        await create_token(registry, narrow, mia, Role.EDITOR, "wide")
    whole = await door(bearer((await create_token(registry, as_member(mia, mine), mia, None, "whole")).key))
    assert whole.role_in(mine.id) is Role.ADMIN


def as_member(user: User, project: Project) -> Principal:
    return Principal(
        user_id=user.id, name=user.name, role=Role.MEMBER, grants={project.id: Role.ADMIN}, stamp=user.stamp
    )


async def create_token(
    registry: Registry, caller: Principal, user: User, role: Role | None, name: str = "key"
) -> tokens.Issued:
    async def work(unit: Writer) -> tokens.Issued:
        return await tokens.create_token(registry, unit, caller, user.id, make_key, name=name, role=role)

    return await registry.store.write(work)


async def test_a_key_for_one_project_makes_a_user_who_sees_no_other(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    issued = await tokens.issue_token(registry, "mia", make_key, role=Role.VIEWER, project="mine")
    caller = await Doorkeeper(registry)(bearer(issued.key))
    assert (caller.role, caller.role_in(mine.id), issued.raised) == (Role.MEMBER, Role.VIEWER, False)
    assert caller.role_in(registry.default_project.id) is Role.MEMBER
    with pytest.raises(NotFound):
        await tokens.issue_token(registry, "noa", make_key, project="absent")
    assert await listed(registry) == [("mine", "mia", Role.VIEWER)]


async def test_who_makes_a_project_administers_it(registry: Registry) -> None:
    eda = await add_user(registry, "eda", Role.EDITOR)
    mine = await project_named(registry, "mine", as_user(eda))
    assert await listed(registry, mine) == [("mine", "eda", Role.ADMIN)]
    mia = await add_user(registry, "mia", Role.MEMBER)
    await grant(registry, mine, mia, Role.EDITOR, as_user(eda))
    with pytest.raises(Denied):
        await grant(registry, registry.default_project, mia, Role.EDITOR, as_user(eda))


async def test_an_editor_administers_what_was_granted_so(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    eda = await add_user(registry, "eda", Role.EDITOR)
    mia = await add_user(registry, "mia", Role.MEMBER)
    with pytest.raises(Denied):
        await grant(registry, mine, mia, Role.VIEWER, as_user(eda))
    await grant(registry, mine, eda, Role.ADMIN)
    await grant(registry, mine, mia, Role.VIEWER, as_user(eda))
    with pytest.raises(Denied):
        await grant(registry, mine, mia, Role.VIEWER, as_user(eda, Role.VIEWER))


async def test_grants_go_with_their_project_and_with_their_user(registry: Registry) -> None:
    mine, other = await project_named(registry, "mine"), await project_named(registry, "other")
    mia, noa = await add_user(registry, "mia", Role.MEMBER), await add_user(registry, "noa", Role.MEMBER)
    for user in (mia, noa):
        for project in (mine, other):
            await grant(registry, project, user, Role.EDITOR)

    async def work(unit: Writer) -> None:
        await projects.delete_project(registry, unit, ANYBODY, mine)
        await users.delete_user(registry, unit, ANYBODY, noa.id)

    await registry.store.write(work)
    assert await listed(registry) == [("other", "mia", Role.EDITOR)]


async def test_what_is_taken_away_is_gone_at_once(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    issued = await tokens.issue_token(registry, "mia", make_key, project="mine")
    door = Doorkeeper(registry)
    assert (await door(bearer(issued.key))).grants == {mine.id: Role.EDITOR}

    async def work(unit: Writer) -> None:
        mia = await unit.get(User, name="mia")
        assert mia is not None
        await grants.remove_grant(registry, unit, ANYBODY, mine, mia)

    await registry.store.write(work)
    assert (await door(bearer(issued.key))).grants == {}
    with pytest.raises(NotFound):
        await registry.store.write(work)


async def test_editors_and_admins_cost_no_more_at_the_gate(registry: Registry) -> None:
    """What they are in single projects is read only where it matters."""
    mine = await project_named(registry, "mine")
    eda = await add_user(registry, "eda", Role.EDITOR)
    await grant(registry, mine, eda, Role.ADMIN)
    issued = await tokens.issue_token(registry, "eda", make_key)
    assert (await Doorkeeper(registry)(bearer(issued.key))).grants == {}

    async def work(unit: Reader) -> list[Grant]:
        return await unit.find(Grant)

    assert len(await registry.store.read(work)) == 1
