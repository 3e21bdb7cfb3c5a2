"""Sessions: shown instead of a password or a key, on both engines."""

import re

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.secret import ensure_signing_secret
from isogloss.core.registry.sessions import DAY, issue_session, read_session
from isogloss.core.registry.tokens import change_token, issue_token, revoke_token, rotate_token
from tests.support.accounts import MINUTE, add_user, as_user, basic, bearer, change_row, make_key, refused
from tests.support.registries import Clock, registry_over

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def advance(registry: Registry, microseconds: int) -> None:
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(microseconds)


async def test_the_signing_secret_is_made_once(registry: Registry) -> None:
    assert len(registry.signing_secret) >= 32
    assert await ensure_signing_secret(registry.store) == registry.signing_secret


async def test_a_session_stands_for_who_signed_in(registry: Registry) -> None:
    ana = await add_user(registry, "ana", password="sesame")
    door = Doorkeeper(registry)
    caller = await door(basic("ana", "sesame"))
    session = issue_session(registry, caller)
    assert re.fullmatch(r"isg_[A-Za-z0-9_.-]{20,250}", session)
    assert await door(bearer(session)) == caller
    assert caller == as_user(ana)
    assert await door(basic("ana", session)) == caller
    assert await refused(door, basic("bob", session))


async def test_every_process_of_the_registry_takes_it_without_a_stored_row(registry: Registry) -> None:
    ana = await add_user(registry, "ana")
    session = issue_session(registry, as_user(ana))
    other = await registry_over(registry.store)
    assert (await Doorkeeper(other)(bearer(session))).name == "ana"


async def test_it_ends_after_a_day_or_sooner(registry: Registry) -> None:
    ana = as_user(await add_user(registry, "ana"))
    door = Doorkeeper(registry)
    day, minute = issue_session(registry, ana), issue_session(registry, ana, lifetime=MINUTE)
    advance(registry, MINUTE)
    assert await refused(door, bearer(minute))
    advance(registry, DAY - MINUTE - 1)
    assert (await door(bearer(day))).name == "ana"
    advance(registry, 1)
    assert await refused(door, bearer(day))


async def test_it_may_have_a_lower_role_but_no_higher_one(registry: Registry) -> None:
    eda = as_user(await add_user(registry, "eda"))
    door = Doorkeeper(registry)
    narrow = await door(bearer(issue_session(registry, eda, role=Role.VIEWER)))
    assert narrow.role is Role.VIEWER
    assert (await door(bearer(issue_session(registry, eda, role=Role.ADMIN)))).role is Role.EDITOR
    assert (await door(bearer(issue_session(registry, narrow, role=Role.EDITOR)))).role is Role.VIEWER


@pytest.mark.parametrize("values", [{"stamp": "another"}, {"active": False}])
async def test_it_ends_with_what_it_stands_on(registry: Registry, values: dict[str, object]) -> None:
    session = issue_session(registry, as_user(await add_user(registry, "ana")))
    door = Doorkeeper(registry)
    await door(bearer(session))
    await change_row(registry, "ana", **values)
    assert await refused(door, bearer(session))


async def test_what_is_no_session(registry: Registry) -> None:
    session = issue_session(registry, as_user(await add_user(registry, "ana")))
    door = Doorkeeper(registry)
    stranger = issue_session(registry, Principal(user_id=registry.new_id(), name="x", role=Role.ADMIN, stamp="s"))
    for text in ("isg_", "isg_x", "isg_x.y", session[:-1], session + "x", session[4:], stranger, "isg_ü.ü"):
        assert await refused(door, bearer(text)), text


async def test_a_session_that_a_key_got_ends_with_the_key(registry: Registry) -> None:
    door = Doorkeeper(registry)
    issued, other = await issue_token(registry, "ana", make_key), await issue_token(registry, "ana", make_key)
    session = issue_session(registry, await door(bearer(issued.key)))
    assert (await door(bearer(session))).key == issued.token.digest
    await revoke_token(registry, issued.token.id)
    assert await refused(door, bearer(session))

    session = issue_session(registry, await door(bearer(other.key)))
    admin = as_user(await add_user(registry, "root", Role.ADMIN))

    async def switch(active: bool) -> None:
        async def work(unit: Writer) -> None:
            await change_token(registry, unit, admin, other.token.user_id, other.token.id, active=active)

        await registry.store.write(work)

    await switch(False)
    assert await refused(door, bearer(session))
    await switch(True)
    assert (await door(bearer(session))).name == "ana"


async def test_after_a_rotation_it_lives_as_long_as_the_old_key(registry: Registry) -> None:
    door = Doorkeeper(registry)
    issued = await issue_token(registry, "ana", make_key)
    session = issue_session(registry, await door(bearer(issued.key)))
    ana = await door(bearer(issued.key))

    async def rotate(unit: Writer) -> None:
        await rotate_token(registry, unit, ana, issued.token.user_id, issued.token.id, make_key, retain=MINUTE)

    await registry.store.write(rotate)
    advance(registry, MINUTE - 1)
    assert (await door(bearer(session))).name == "ana"
    advance(registry, 1)
    assert await refused(door, bearer(session))


async def test_issuing_one_touches_no_storage_and_needs_a_user(registry: Registry) -> None:
    ana = as_user(await add_user(registry, "ana"))
    said = read_session(registry, issue_session(registry, ana))
    assert said is not None
    assert (said.user_id, said.stamp, said.key) == (ana.user_id, ana.stamp, None)
    with pytest.raises(Denied):
        issue_session(registry, ANYBODY)
