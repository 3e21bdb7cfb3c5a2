"""Tokens as their owners and administrators manage them, on both engines."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound
from isogloss.core.model import Token, User
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Like, Query, Sort
from isogloss.core.registry import Registry, tokens
from isogloss.core.registry.devices import sweep_expired
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.tokens import Issued, issue_token, list_all_tokens
from tests.support.accounts import MINUTE, add_user, as_user, bearer, change_row, make_key, refused
from tests.support.registries import Clock

T = TypeVar("T")


class Keys:
    """The use cases of one user's tokens, a unit of work each."""

    def __init__(self, registry: Registry, caller: Principal, user: User) -> None:
        self.registry, self.caller, self.user = registry, caller, user

    async def write(self, use_case: Callable[..., Awaitable[T]], *arguments: object, **options: Any) -> T:
        async def work(unit: Writer) -> T:
            return await use_case(self.registry, unit, self.caller, self.user.id, *arguments, **options)

        return await self.registry.store.write(work)

    async def create(self, name: str = "key", **options: Any) -> Issued:
        return await self.write(tokens.create_token, make_key, name=name, **options)

    async def rotate(self, reference: str, retain: int = 0) -> Issued:
        return await self.write(tokens.rotate_token, reference, make_key, retain=retain)

    async def change(self, reference: str, **values: object) -> Token:
        return await self.write(tokens.change_token, reference, **values)

    async def delete(self, reference: str) -> None:
        await self.write(tokens.delete_token, reference)

    async def get(self, reference: str) -> Token:
        return await self.write(tokens.get_token, reference)

    async def list(self, **asked: Any) -> list[str]:
        query = Query(source="token", fields=("id",), project_id=None, **asked)

        async def work(unit: Reader) -> list[str]:
            found = await tokens.list_tokens(self.registry, unit, self.caller, self.user.id, query)
            assert await tokens.count_tokens(self.registry, unit, self.caller, self.user.id, query) == len(found)
            return [token.name for token in found]

        return await self.registry.store.read(work)


@pytest.fixture
async def robot(registry: Registry) -> Keys:
    """A service account's keys, in the hands of an admin."""
    admin = as_user(await add_user(registry, "root", Role.ADMIN))
    return Keys(registry, admin, await add_user(registry, "robot", service=True))


def clock_of(keys: Keys) -> Clock:
    assert isinstance(keys.registry.clock, Clock)
    return keys.registry.clock


async def comes_in(keys: Keys, key: str) -> bool:
    return not await refused(Doorkeeper(keys.registry), bearer(key))


async def test_a_new_token_is_found_listed_and_comes_in(robot: Keys) -> None:
    made = await robot.create(description="of the night")
    assert await robot.get("key") == await robot.get(made.token.id) == made.token
    assert (made.token.description, made.token.active, made.token.used) == ("of the night", True, None)
    assert made.key not in repr(made.token)
    caller = await Doorkeeper(robot.registry)(bearer(made.key))
    assert (caller.name, caller.role) == ("robot", Role.EDITOR)
    await robot.create("other")
    assert await robot.list(sort=Sort("name")) == ["key", "other"]
    assert await robot.list(where=Like("name", "o%")) == ["other"]


async def test_names_are_unique_for_a_user(robot: Keys) -> None:
    made = await robot.create()
    with pytest.raises(Conflict):
        await robot.create()
    other = await robot.create("other")
    with pytest.raises(Conflict):
        await robot.change("other", name="key")
    assert (await robot.change(other.token.id, name="third")).name == "third"
    elsewhere = Keys(robot.registry, robot.caller, await add_user(robot.registry, "second", service=True))
    assert (await elsewhere.create()).token.name == made.token.name
    for name in ("", "x" * 256, "a\nb"):
        with pytest.raises(Invalid):
            await robot.create(name)


async def test_a_token_that_is_not_active_is_refused_until_it_is_again(robot: Keys) -> None:
    made = await robot.create()
    await robot.change("key", active=False)
    assert not await comes_in(robot, made.key)
    await robot.change("key", active=True)
    assert await comes_in(robot, made.key)


async def test_a_deleted_token_is_refused(robot: Keys) -> None:
    made = await robot.create()
    await robot.delete("key")
    assert not await comes_in(robot, made.key)
    with pytest.raises(NotFound):
        await robot.get("key")
    with pytest.raises(NotFound):
        await robot.delete(made.token.id)


async def test_a_rotated_tokens_old_key_ends_at_once(robot: Keys) -> None:
    made = await robot.create()
    again = await robot.rotate("key")
    assert again.token.id == made.token.id
    assert (again.token.rotated, again.token.retained) == (robot.registry.clock(), None)
    assert not await comes_in(robot, made.key)
    assert await comes_in(robot, again.key)


async def test_or_it_stays_good_for_a_while(robot: Keys) -> None:
    first = await robot.create()
    second = await robot.rotate("key", retain=MINUTE)
    assert await robot.list() == ["key"]
    clock_of(robot).advance(MINUTE - 1)
    assert await comes_in(robot, first.key)
    assert await sweep_expired(robot.registry) == 0
    clock_of(robot).advance(1)
    assert not await comes_in(robot, first.key)
    assert await comes_in(robot, second.key)
    assert await sweep_expired(robot.registry) == 1
    assert await comes_in(robot, second.key)


async def test_only_the_newest_of_the_old_keys_stays(robot: Keys) -> None:
    first = await robot.create()
    second = await robot.rotate("key", retain=MINUTE)
    third = await robot.rotate("key", retain=MINUTE)
    assert [await comes_in(robot, key) for key in (first.key, second.key, third.key)] == [False, True, True]


@pytest.mark.parametrize("end", ["switched off", "deleted", "revoked", "user gone"])
async def test_an_old_key_ends_with_its_token(robot: Keys, end: str) -> None:
    first = await robot.create()
    await robot.rotate("key", retain=MINUTE)
    assert await comes_in(robot, first.key)
    if end == "switched off":
        await robot.change("key", active=False)
    elif end == "deleted":
        await robot.delete("key")
    elif end == "revoked":
        await tokens.revoke_token(robot.registry, first.token.id)
    else:
        await change_row(robot.registry, "robot", active=False)
    assert not await comes_in(robot, first.key)


async def test_a_revoked_token_is_not_rotated_and_no_time_is_negative(robot: Keys) -> None:
    made = await robot.create()
    with pytest.raises(Invalid):
        await robot.rotate("key", retain=-1)
    await tokens.revoke_token(robot.registry, made.token.id)
    with pytest.raises(Conflict):
        await robot.rotate("key")


async def test_an_expiry_outlasts_a_rotation(robot: Keys) -> None:
    first = await robot.create(expires=robot.registry.clock() + MINUTE)
    second = await robot.rotate("key", retain=2 * MINUTE)
    clock_of(robot).advance(MINUTE)
    assert [await comes_in(robot, key) for key in (first.key, second.key)] == [False, False]


async def test_others_tokens_are_an_admins_business(robot: Keys) -> None:
    await robot.create()
    stranger = Keys(robot.registry, as_user(await add_user(robot.registry, "eda")), robot.user)
    for attempt in (
        stranger.create("x"),
        stranger.get("key"),
        stranger.list(),
        stranger.rotate("key"),
        stranger.change("key", active=False),
        stranger.delete("key"),
    ):
        with pytest.raises(Denied):
            await attempt


async def test_nobody_makes_or_replaces_a_token_that_may_do_more_than_they(registry: Registry) -> None:
    eda = await add_user(registry, "eda")
    whole = Keys(registry, as_user(eda), eda)
    narrow = Keys(registry, as_user(eda, Role.VIEWER), eda)
    await whole.create("own")
    assert (await narrow.create("narrow")).token.role == "viewer"
    for attempt in (narrow.rotate("own"), narrow.create("x", role=Role.EDITOR), narrow.delete("own")):
        with pytest.raises(Denied):
            await attempt
    with pytest.raises(Invalid):
        await whole.create("x", role=Role.ADMIN)


async def test_tokens_of_the_command_line_may_share_a_name(registry: Registry) -> None:
    first, second = await issue_token(registry, "ana", make_key), await issue_token(registry, "ana", make_key)
    assert {token.id for token in await list_all_tokens(registry)} == {first.token.id, second.token.id}
    admin = as_user(await add_user(registry, "root", Role.ADMIN))

    async def get(unit: Reader) -> Token:
        return await tokens.get_token(registry, unit, admin, first.token.user_id, "ana")

    assert await registry.store.read(get) == second.token


async def test_a_token_for_nobody(robot: Keys) -> None:
    await robot.registry.store.write(lambda unit: unit.remove(User, name="robot"))
    with pytest.raises(NotFound):
        await robot.create()
