"""Who comes in with what, on both engines."""

from collections.abc import Callable

import pytest

from isogloss.core.access import Role
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.passwords import hash_password, verify_password
from isogloss.core.registry import Registry, doorkeeper
from isogloss.core.registry.doorkeeper import Doorkeeper, open_gate
from isogloss.core.registry.sessions import issue_session
from isogloss.core.registry.tokens import issue_token, list_all_tokens, looks_like_token, revoke_token, token_digest
from isogloss.core.registry.users import ensure_admin, ensure_open_user
from tests.support.accounts import MINUTE, add_user, basic, bearer, change_row, make_key, refused
from tests.support.registries import Clock

pytestmark = pytest.mark.usefixtures("cheap_passwords")


async def test_the_first_start_makes_the_admin(registry: Registry) -> None:
    assert await ensure_admin(registry, "sesame") is None
    assert await ensure_admin(registry, "another") is None
    door = Doorkeeper(registry)
    caller = await door(basic("admin", "sesame"))
    assert (caller.name, caller.role) == ("admin", Role.ADMIN)
    assert caller.user_id is not None
    assert await refused(door, basic("admin", "another"))


async def test_a_generated_password_is_told_once(registry: Registry) -> None:
    password = await ensure_admin(registry, None)
    assert password is not None
    assert len(password) >= 20
    assert await ensure_admin(registry, None) is None
    assert (await Doorkeeper(registry)(basic("admin", password))).name == "admin"


async def test_a_token_in_every_form(registry: Registry) -> None:
    issued = await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    caller = await door(bearer(issued.key))
    assert (caller.user_id, caller.name, caller.role) == (issued.token.user_id, "ana", Role.EDITOR)
    assert await door(basic("ana", issued.key)) == caller
    for other in (bearer(issued.key + "x"), bearer(""), basic("bob", issued.key), basic("", issued.key), None):
        assert await refused(door, other)


async def test_only_the_digest_is_kept(registry: Registry) -> None:
    issued = await issue_token(registry, "ana", make_key)
    [kept] = await list_all_tokens(registry)
    assert kept == issued.token
    assert issued.key not in repr(kept)
    assert kept.digest == token_digest(issued.key)


async def test_a_revoked_token(registry: Registry) -> None:
    issued, other = await issue_token(registry, "ana", make_key), await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    await door(bearer(issued.key))
    await revoke_token(registry, issued.token.id)
    assert await refused(door, bearer(issued.key))
    assert (await door(bearer(other.key))).name == "ana"
    with pytest.raises(Conflict):
        await revoke_token(registry, issued.token.id)
    with pytest.raises(NotFound):
        await revoke_token(registry, registry.new_id())


async def test_an_expired_token(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    issued = await issue_token(registry, "ana", make_key, expires=clock() + MINUTE)
    door = Doorkeeper(registry)
    clock.advance(MINUTE - 1)
    assert (await door(bearer(issued.key))).name == "ana"
    clock.advance(1)
    assert await refused(door, bearer(issued.key))


async def test_a_user_who_is_not_active(registry: Registry) -> None:
    await ensure_admin(registry, "sesame")
    issued = await issue_token(registry, "admin", make_key)
    door = Doorkeeper(registry)
    await door(basic("admin", "sesame"))
    await change_row(registry, "admin", active=False)
    assert await refused(door, basic("admin", "sesame"))
    assert await refused(door, bearer(issued.key))
    with pytest.raises(Conflict):
        await issue_token(registry, "admin", make_key)


async def test_a_change_of_password_is_noticed_at_once(registry: Registry) -> None:
    await ensure_admin(registry, "old")
    door = Doorkeeper(registry)
    await door(basic("admin", "old"))
    await change_row(registry, "admin", password=hash_password("new"), stamp=registry.new_id())
    assert await refused(door, basic("admin", "old"))
    assert (await door(basic("admin", "new"))).name == "admin"


async def test_a_checked_password_is_not_digested_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    verify = verify_password

    def counted(password: str, kept: str) -> bool:
        checked.append(password)
        return verify(password, kept)

    monkeypatch.setattr(doorkeeper, "verify_password", counted)
    await ensure_admin(registry, "sesame")
    door = Doorkeeper(registry)
    for _ in range(3):
        await door(basic("admin", "sesame"))
    assert checked == ["sesame"]
    assert await refused(door, basic("admin", "wrong"))
    assert await refused(door, basic("admin", "wrong"))
    assert checked == ["sesame", "wrong", "wrong"]
    await door(basic("admin", "sesame"))
    assert checked == ["sesame", "wrong", "wrong"]


async def test_a_name_that_nobody_has_takes_as_long(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def counted(password: str, kept: str) -> bool:
        checked.append(password)
        return True

    monkeypatch.setattr(doorkeeper, "verify_password", counted)
    door = Doorkeeper(registry)
    for credential in (basic("nobody", "x"), basic("", "x"), basic("a\0b", "x"), basic("tok", "tfy_none")):
        assert await refused(door, credential)
    assert len(checked) == 4


async def test_a_user_without_a_password_has_none_that_works(registry: Registry) -> None:
    await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    for password in ("", "None", "ana"):
        assert await refused(door, basic("ana", password))


async def test_a_password_may_look_like_a_token(registry: Registry) -> None:
    await ensure_admin(registry, "tfy_sesame")
    assert (await Doorkeeper(registry)(basic("admin", "tfy_sesame"))).name == "admin"
    assert await refused(Doorkeeper(registry), bearer("tfy_sesame"))


async def test_roles(registry: Registry) -> None:
    door = Doorkeeper(registry)
    reader = await issue_token(registry, "ana", make_key, role=Role.VIEWER)
    assert (await door(bearer(reader.key))).role is Role.VIEWER
    assert not reader.raised
    writer = await issue_token(registry, "ana", make_key, role=Role.EDITOR)
    assert writer.raised
    assert (await door(bearer(writer.key))).role is Role.EDITOR
    assert (await door(bearer(reader.key))).role is Role.VIEWER
    same = await issue_token(registry, "ana", make_key)
    assert (await door(bearer(same.key))).role is Role.EDITOR
    await change_row(registry, "ana", role="viewer", stamp=registry.new_id())
    assert (await door(bearer(writer.key))).role is Role.VIEWER


@pytest.mark.parametrize("name", ["ana", "Ana Lovelace", "ana@example.org", "ünïcode", "x" * 255])
async def test_names_that_can(registry: Registry, name: str) -> None:
    issued = await issue_token(registry, name, make_key)
    assert (await Doorkeeper(registry)(basic(name, issued.key))).name == name


@pytest.mark.parametrize(
    ("secret", "is_token"),
    [
        ("tfy_x", True),
        ("ZENKEY_x", True),
        ("isg_x", True),
        ("isd_x", True),
        ("eyJh.eyJi.c2ln", True),
        ("eyJhbc", False),
        ("password", False),
        ("a.b.c", False),
        ("", False),
    ],
)
def test_what_looks_like_a_token(secret: str, is_token: bool) -> None:
    assert looks_like_token(secret) == is_token


async def test_open_mode_takes_anybody_for_the_user_that_its_first_start_made(registry: Registry) -> None:
    user = await ensure_open_user(registry)
    assert await ensure_open_user(registry) == user
    gate = open_gate(user)
    for credential in (None, bearer("x"), basic("a", "b")):
        caller = await gate(credential)
        assert (caller.user_id, caller.name, caller.role) == (user.id, "default", Role.ADMIN)
    assert await refused(Doorkeeper(registry), basic("default", ""))


async def test_a_service_account_never_signs_in_with_a_password(registry: Registry) -> None:
    await add_user(registry, "robot")
    await change_row(registry, "robot", service=True, password=hash_password("sesame"))
    door = Doorkeeper(registry)
    assert await refused(door, basic("robot", "sesame"))
    issued = await issue_token(registry, "robot", make_key)
    assert (await door(bearer(issued.key))).name == "robot"


async def test_a_tokens_last_use_is_written_down_beside_the_requests(registry: Registry) -> None:
    clock = registry.clock
    assert isinstance(clock, Clock)
    issued = await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)

    async def used() -> int | None:
        [token] = await list_all_tokens(registry)
        return token.used

    assert await door.record_uses() == 0
    first = clock.now
    await door(bearer(issued.key))
    await door(bearer(issued.key))
    assert await used() is None
    assert await door.record_uses() == 1
    assert await used() == first
    clock.advance(MINUTE - 1)
    await door(bearer(issued.key))
    assert await door.record_uses() == 0
    clock.advance(1)
    await door(bearer(issued.key))
    assert await door.record_uses() == 1
    assert await used() == first + MINUTE


async def test_each_call_is_one_statement(registry: Registry, statements: Callable[[], int]) -> None:
    await ensure_admin(registry, "sesame")
    issued = await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    by_password = issue_session(registry, await door(basic("admin", "sesame")))
    by_key = issue_session(registry, await door(bearer(issued.key)))
    for credential in (basic("admin", "sesame"), bearer(issued.key), bearer(by_password), bearer(by_key)):
        statements()
        await door(credential)
        assert statements() == 1
