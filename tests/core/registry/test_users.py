"""Users and service accounts: who may change what, and what ends with it, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound, RegistryError, Unauthenticated
from isogloss.core.facets import part_of, with_part
from isogloss.core.model import Token, User
from isogloss.core.passwords import kept_password
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, Compare, Like, Operator, Query, Sort, Where
from isogloss.core.registry import Registry, users
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.tokens import issue_token
from isogloss.core.registry.users import UserDraft
from isogloss.core.registry.versions import VersionDraft, create_version
from tests.support.accounts import add_user, as_user, basic, bearer, make_key, refused
from tests.support.registries import Clock

pytestmark = pytest.mark.usefixtures("cheap_passwords")

T = TypeVar("T")


class People:
    """The use cases, a unit of work each."""

    def __init__(self, registry: Registry, caller: Principal) -> None:
        self.registry, self.caller = registry, caller

    async def write(self, use_case: Callable[..., Awaitable[T]], *arguments: object, **options: Any) -> T:
        async def work(unit: Writer) -> T:
            return await use_case(self.registry, unit, self.caller, *arguments, **options)

        return await self.registry.store.write(work)

    async def create(self, name: str, **options: Any) -> User:
        return await self.write(users.create_user, UserDraft(name=name, **options))

    async def change(self, reference: str, **values: Any) -> User:
        return await self.write(users.change_user, reference, **values)

    async def delete(self, reference: str) -> User:
        return await self.write(users.delete_user, reference)

    async def get(self, reference: str) -> User:
        return await self.write(users.get_user, reference)

    async def names(self, where: Where = EVERYTHING, sort: Sort | None = None) -> list[str]:
        query = Query(source="user", fields=("id",), project_id=None, where=where, sort=sort)

        async def work(unit: Reader) -> list[str]:
            found = await users.list_users(self.registry, unit, self.caller, query)
            assert await users.count_users(self.registry, unit, self.caller, query) == len(found)
            return [user.name for user in found]

        return await self.registry.store.read(work)


@pytest.fixture
async def root(registry: Registry) -> People:
    """What the user ``root``, an admin with a password, can do."""
    return People(registry, as_user(await add_user(registry, "root", Role.ADMIN, password="sesame")))


@pytest.fixture
async def eda(registry: Registry) -> People:
    """What the user ``eda``, an editor, can do."""
    return People(registry, as_user(await add_user(registry, "eda", password="eda's")))


async def test_a_new_user_is_found_by_id_and_name_and_can_sign_in(root: People) -> None:
    made = await root.create("ana", password=await kept_password("secret"), full_name="Ana L.", facet='{"zenml":{}}')
    assert await root.get("ana") == await root.get(made.id) == made
    assert (made.role, made.active, made.service, made.full_name) == ("editor", True, False, "Ana L.")
    assert (await Doorkeeper(root.registry)(basic("ana", "secret"))).user_id == made.id
    with pytest.raises(Conflict):
        await root.create("ana")
    with pytest.raises(NotFound):
        await root.get("bob")


async def test_lists_by_name_role_standing_and_time(root: People) -> None:
    assert isinstance(root.registry.clock, Clock)
    root.registry.clock.advance()
    await root.create("zoe", role=Role.VIEWER)
    root.registry.clock.advance()
    await root.create("robot", service=True)
    await root.create("off", active=False)
    newest_first = Sort("created", descending=True)
    assert await root.names(sort=newest_first) == ["off", "robot", "zoe", "root"]
    assert await root.names(Compare("service", Operator.EQ, True)) == ["robot"]
    assert await root.names(Compare("active", Operator.EQ, False)) == ["off"]
    assert await root.names(Compare("role", Operator.EQ, "viewer")) == ["zoe"]
    assert await root.names(Like("name", "r%"), Sort("name")) == ["robot", "root"]


async def test_who_is_no_admin_sees_and_changes_themselves_alone(root: People, eda: People) -> None:
    own = await eda.get("eda")
    assert await eda.get(own.id) == own
    assert await eda.names() == ["eda"]
    changed = await eda.change(own.id, full_name="Eda", email="e@example.org", name="edith")
    assert (changed.full_name, changed.email, changed.name, changed.stamp) == (
        "Eda",
        "e@example.org",
        "edith",
        own.stamp,
    )
    for attempt in (
        eda.get("root"),
        eda.get("nobody"),
        eda.create("x"),
        eda.change("root", full_name="x"),
        eda.delete("root"),
        eda.delete("edith"),
        eda.change("edith", role=Role.ADMIN),
        eda.change("edith", active=False),
        eda.change("edith", password="x"),
    ):
        with pytest.raises(Denied):
            await attempt


async def test_a_facet_is_changed_from_what_is_kept(eda: People) -> None:
    await eda.change("eda", facet=lambda kept: with_part(kept, "one", "1"))
    changed = await eda.change("eda", facet=lambda kept: with_part(kept, "two", "2"))
    assert (part_of(changed.facet, "one"), part_of(changed.facet, "two")) == ("1", "2")


async def test_a_change_of_password_role_or_standing_changes_the_stamp(root: People, eda: People) -> None:
    new = await kept_password("n")
    changes: list[dict[str, Any]] = [{"role": Role.VIEWER}, {"active": False}, {"active": True}, {"password": new}]
    stamps = [eda.caller.stamp] + [(await root.change("eda", **values)).stamp for values in changes]
    assert len(set(stamps)) == 5
    assert (await root.change("eda", full_name="E", role=Role.VIEWER)).stamp == stamps[-1]
    assert (await Doorkeeper(root.registry)(basic("eda", "n"))).role is Role.VIEWER


async def test_nobody_changes_their_own_standing_or_deletes_themselves(root: People) -> None:
    await root.create("second", role=Role.ADMIN, password=await kept_password("x"))
    for attempt in (root.change("root", role=Role.EDITOR), root.change("root", active=False), root.delete("root")):
        with pytest.raises(Denied):
            await attempt


async def test_somebody_is_left_who_can_administer(root: People) -> None:
    keyed = as_user(await root.create("keyed", role=Role.ADMIN))
    by_key = People(root.registry, keyed)
    for attempt in (
        by_key.delete("root"),
        by_key.change("root", active=False),
        by_key.change("root", role=Role.EDITOR),
        by_key.change("root", password=None),
    ):
        with pytest.raises(Denied, match="last"):
            await attempt
    await root.change("keyed", password=await kept_password("x"))
    assert (await by_key.delete("root")).name == "root"


async def test_two_administrators_cannot_end_each_other(root: People) -> None:
    second = People(
        root.registry, as_user(await root.create("second", role=Role.ADMIN, password=await kept_password("x")))
    )
    done = await asyncio.gather(root.delete("second"), second.delete("root"), return_exceptions=True)
    assert sorted(type(result).__name__ for result in done) in (["Denied", "User"], ["NotFound", "User"])


async def test_a_deleted_users_tokens_go_and_their_rows_keep_the_id(root: People, eda: People) -> None:
    issued = await issue_token(root.registry, "eda", make_key)
    draft = VersionDraft(dialect="prefect", data="1")
    version = await create_version(root.registry, eda.caller, root.registry.default_project, draft, slug="report")
    gone = await root.delete("eda")
    assert version.author_id == gone.id == eda.caller.user_id
    assert await refused(Doorkeeper(root.registry), bearer(issued.key))
    assert await root.registry.store.read(lambda unit: unit.find(Token, user_id=gone.id)) == []
    with pytest.raises(NotFound):
        await root.delete("eda")


async def test_the_own_password_is_changed_with_the_one_before(eda: People) -> None:
    registry, new = eda.registry, await kept_password("new")
    with pytest.raises(Denied, match="not right"):
        await users.prove_password(registry, eda.caller, "wrong")
    stamp = await users.prove_password(registry, eda.caller, "eda's")
    changed = await eda.write(users.change_own_password, stamp, new)
    assert changed.stamp != stamp
    with pytest.raises(Conflict):
        await eda.write(users.change_own_password, stamp, new)
    door = Doorkeeper(registry)
    assert (await door(basic("eda", "new"))).name == "eda"
    assert await refused(door, basic("eda", "eda's"))


async def test_a_first_password_is_an_admins_to_set(root: People) -> None:
    keyed = as_user(await root.create("keyed"))
    with pytest.raises(Denied, match="administrator"):
        await users.prove_password(root.registry, keyed, "")


async def test_a_service_account_has_no_password(root: People) -> None:
    await root.create("robot", service=True)
    with pytest.raises(Invalid):
        await root.create("other", service=True, password="x")
    with pytest.raises(Invalid):
        await root.change("robot", password="x")


async def test_an_invitation_is_good_once_for_its_user(root: People) -> None:
    registry, new = root.registry, await kept_password("new")
    ana = await root.create("ana", active=False)
    bob = await root.create("bob", active=False)
    invitation = users.invite(registry, ana)
    assert len(invitation) <= 255

    async def accept(reference: str, text: str) -> User:
        async def work(unit: Writer) -> User:
            return await users.accept_invitation(registry, unit, reference, text, password=new, full_name="Ana")

        return await registry.store.write(work)

    for reference, text in (("bob", invitation), ("ana", users.invite(registry, bob)), ("ana", "x"), ("eve", "")):
        with pytest.raises(Unauthenticated):
            await accept(reference, text)
    assert (await accept("ana", invitation)).active
    assert (await Doorkeeper(registry)(basic("ana", "new"))).name == "ana"
    with pytest.raises(Unauthenticated):
        await accept("ana", invitation)
    late = users.invite(registry, bob)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(users.INVITATION)
    with pytest.raises(Unauthenticated):
        await accept(bob.id, late)


async def test_the_first_start_makes_an_admin_as_long_as_there_is_none_who_can_sign_in(registry: Registry) -> None:
    await add_user(registry, "keyed", Role.ADMIN)
    assert await users.ensure_admin(registry, None) is not None
    root = People(registry, as_user(await add_user(registry, "root", Role.ADMIN, password="sesame")))
    await root.delete("admin")
    assert await users.ensure_admin(registry, None) is None
    assert await root.names(sort=Sort("name")) == ["keyed", "root"]


async def test_the_open_user_keeps_its_name(root: People) -> None:
    user = await users.ensure_open_user(root.registry)
    assert (user.name, user.role, user.password) == ("default", "admin", None)
    with pytest.raises(Denied):
        await root.change("default", name="other")


async def test_a_name_is_changed_to_one_that_is_free_and_fit(root: People, eda: People) -> None:
    for name, error in (("root", Conflict), ("a:b", Invalid), ("", Invalid)):
        with pytest.raises(error):
            await root.change("eda", name=name)
    assert (await root.change("eda", name="edith")).name == "edith"
    with pytest.raises(RegistryError):
        await root.get("eda")


@pytest.mark.parametrize("name", ["", " ana", "ana ", "a:b", "a\nb", "a\0", "x" * 256])
async def test_names_that_cannot_be_a_users(name: str) -> None:
    with pytest.raises(Invalid):
        users.check_user_name(name)
