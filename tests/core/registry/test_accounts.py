"""Who comes in with what, on both engines."""

import pytest

from isogloss.core.access import ANYBODY, Credential, Principal, Role
from isogloss.core.errors import Conflict, Invalid, NotFound, Unauthenticated
from isogloss.core.model import Token, User
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, accounts
from isogloss.core.registry.accounts import Doorkeeper, issue_token
from tests.support.registries import Clock

MINUTE = 60_000_000


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The costs of a digest are kept with it, so that cheap ones are checked alike."""
    monkeypatch.setattr(accounts, "_SCRYPT_N", 2)
    monkeypatch.setattr(accounts, "_SCRYPT_P", 1)


def make_key(token: Token) -> str:
    return f"tfy_{token.id}"


def bearer(secret: str) -> Credential:
    return Credential(name=None, secret=secret)


def basic(name: str, secret: str) -> Credential:
    return Credential(name=name, secret=secret)


async def change_user(registry: Registry, name: str, **values: object) -> None:
    async def work(unit: Writer) -> None:
        await unit.change(User, {"name": name}, **values)

    await registry.store.write(work)


async def refused(door: Doorkeeper, credential: Credential | None) -> bool:
    try:
        await door(credential)
    except Unauthenticated:
        return True
    return False


def test_a_password_is_known_by_its_digest() -> None:
    kept = accounts.hash_password("correct horse")
    assert "correct" not in kept
    assert kept != accounts.hash_password("correct horse")
    assert accounts.verify_password("correct horse", kept)
    assert not accounts.verify_password("correct horsf", kept)
    assert not accounts.verify_password("", kept)
    with pytest.raises(ValueError, match="scrypt"):
        accounts.verify_password("x", kept.replace("scrypt", "md5"))


async def test_the_first_start_makes_the_admin(registry: Registry) -> None:
    assert await accounts.ensure_admin(registry, "sesame") is None
    assert await accounts.ensure_admin(registry, "another") is None
    door = Doorkeeper(registry)
    caller = await door(basic("admin", "sesame"))
    assert (caller.name, caller.role) == ("admin", Role.ADMIN)
    assert caller.user_id is not None
    assert await refused(door, basic("admin", "another"))


async def test_a_generated_password_is_told_once(registry: Registry) -> None:
    password = await accounts.ensure_admin(registry, None)
    assert password is not None
    assert len(password) >= 20
    assert await accounts.ensure_admin(registry, None) is None
    assert (await Doorkeeper(registry)(basic("admin", password))).name == "admin"


async def test_the_signing_secret_is_made_once(registry: Registry) -> None:
    first = await accounts.signing_secret(registry)
    assert len(first) >= 32
    assert await accounts.signing_secret(registry) == first


async def test_a_token_in_every_form(registry: Registry) -> None:
    issued = await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    expected = Principal(user_id=issued.token.user_id, name="ana", role=Role.EDITOR)
    assert await door(bearer(issued.key)) == expected
    assert await door(basic("ana", issued.key)) == expected
    for other in (bearer(issued.key + "x"), bearer(""), basic("bob", issued.key), basic("", issued.key), None):
        assert await refused(door, other)


async def test_only_the_digest_is_kept(registry: Registry) -> None:
    issued = await issue_token(registry, "ana", make_key)
    [kept] = await accounts.list_tokens(registry)
    assert kept == issued.token
    assert issued.key not in repr(kept)
    assert kept.digest == accounts.token_digest(issued.key)


async def test_a_revoked_token(registry: Registry) -> None:
    issued, other = await issue_token(registry, "ana", make_key), await issue_token(registry, "ana", make_key)
    door = Doorkeeper(registry)
    await door(bearer(issued.key))
    await accounts.revoke_token(registry, issued.token.id)
    assert await refused(door, bearer(issued.key))
    assert (await door(bearer(other.key))).name == "ana"
    with pytest.raises(Conflict):
        await accounts.revoke_token(registry, issued.token.id)
    with pytest.raises(NotFound):
        await accounts.revoke_token(registry, registry.new_id())


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
    await accounts.ensure_admin(registry, "sesame")
    issued = await issue_token(registry, "admin", make_key)
    door = Doorkeeper(registry)
    await door(basic("admin", "sesame"))
    await change_user(registry, "admin", active=False)
    assert await refused(door, basic("admin", "sesame"))
    assert await refused(door, bearer(issued.key))
    with pytest.raises(Conflict):
        await issue_token(registry, "admin", make_key)


async def test_a_change_of_password_is_noticed_at_once(registry: Registry) -> None:
    await accounts.ensure_admin(registry, "old")
    door = Doorkeeper(registry)
    await door(basic("admin", "old"))
    await change_user(registry, "admin", password=accounts.hash_password("new"), stamp=registry.new_id())
    assert await refused(door, basic("admin", "old"))
    assert (await door(basic("admin", "new"))).name == "admin"


async def test_a_checked_password_is_not_digested_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    verify = accounts.verify_password

    def counted(password: str, kept: str) -> bool:
        checked.append(password)
        return verify(password, kept)

    monkeypatch.setattr(accounts, "verify_password", counted)
    await accounts.ensure_admin(registry, "sesame")
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

    monkeypatch.setattr(accounts, "verify_password", counted)
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
    await accounts.ensure_admin(registry, "tfy_sesame")
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
    await change_user(registry, "ana", role="viewer", stamp=registry.new_id())
    assert (await door(bearer(writer.key))).role is Role.VIEWER


@pytest.mark.parametrize("name", ["", " ana", "ana ", "a:b", "a\nb", "a\0", "x" * 256])
async def test_names_that_cannot_be_a_users(name: str) -> None:
    with pytest.raises(Invalid):
        accounts.check_user_name(name)


@pytest.mark.parametrize("name", ["ana", "Ana Lovelace", "ana@example.org", "ünïcode", "x" * 255])
async def test_names_that_can(registry: Registry, name: str) -> None:
    issued = await issue_token(registry, name, make_key)
    assert (await Doorkeeper(registry)(basic(name, issued.key))).name == name


@pytest.mark.parametrize(
    ("secret", "is_token"),
    [("tfy_x", True), ("eyJh.eyJi.c2ln", True), ("eyJhbc", False), ("password", False), ("a.b.c", False), ("", False)],
)
def test_what_looks_like_a_token(secret: str, is_token: bool) -> None:
    assert accounts.looks_like_token(secret) == is_token


async def test_open_mode_takes_anybody() -> None:
    for credential in (None, bearer("x"), basic("a", "b")):
        assert await accounts.anybody(credential) is ANYBODY
