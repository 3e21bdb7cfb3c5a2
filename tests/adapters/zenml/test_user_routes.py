"""Users and service accounts as ZenML's clients manage them, on both engines."""

import base64
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from isogloss.core import passwords
from isogloss.core.access import Role
from isogloss.core.registry import Registry
from tests.adapters.zenml.account_asking import Asker, asked
from tests.support.accounts import add_user
from tests.support.registries import Clock

FORBIDDEN = (403, "IllegalOperationError")
ABSENT = (404, "KeyError")
EXISTS = (409, "EntityExistsError")
INVALID = (422, "ValueError")


@pytest.fixture
async def nobody(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asker]:
    monkeypatch.setattr(passwords, "_SCRYPT_N", 2)
    await add_user(registry, "root", Role.ADMIN, password="root's")
    await add_user(registry, "ana", password="ana's", email="ana@example.org")
    async with asked(registry) as asker:
        yield asker


@pytest.fixture
async def root(nobody: Asker) -> Asker:
    return await nobody.signed_in(username="root", password="root's")


@pytest.fixture
async def ana(nobody: Asker) -> Asker:
    return await nobody.signed_in(username="ana", password="ana's")


async def test_who_asks_always_has_a_default_project(ana: Asker, registry: Registry) -> None:
    default = registry.default_project.id
    user = await ana.done("GET", "/current-user?hydrate=True")
    assert user == {
        "body": {
            "created": "2025-06-15T15:06:40",
            "updated": "2025-06-15T15:06:40",
            "active": True,
            "activation_token": None,
            "full_name": "",
            "email_opted_in": None,
            "is_service_account": False,
            "is_admin": False,
            "default_project_id": default,
            "avatar_url": None,
        },
        "metadata": {
            "password_changed_at": None,
            "email": "ana@example.org",
            "external_user_id": None,
            "user_metadata": {},
            "oidc_claims": {},
        },
        "resources": None,
        "id": user["id"],
        "name": "ana",
        "permission_denied": False,
    }
    chosen = await ana.done("PUT", "/current-user", {"default_project_id": default})
    assert chosen["body"]["default_project_id"] == default
    assert await ana.refused("PUT", "/current-user", {"default_project_id": str(uuid4())}) == ABSENT
    cleared = await ana.done("PUT", "/current-user", {"default_project_id": None})
    assert cleared["body"]["default_project_id"] == default


async def test_a_profile_is_kept(ana: Asker, root: Asker) -> None:
    metadata = {"finished_onboarding_survey": True, "awareness_channels": ["a", 1.5, None]}
    changes = {"full_name": "Ana L.", "email": "a@b.org", "user_metadata": metadata, "avatar_url": "http://x/y.png"}
    changed = await ana.done("PUT", "/current-user", changes)
    assert changed == await ana.done("GET", "/current-user")
    body = changed["body"]
    assert (body["full_name"], body["email_opted_in"], body["avatar_url"]) == ("Ana L.", True, "http://x/y.png")
    assert (changed["metadata"]["email"], changed["metadata"]["user_metadata"]) == ("a@b.org", metadata)
    assert (await root.done("GET", "/users/ana"))["metadata"]["email"] is None
    assert (await root.done("GET", "/users?full_name=startswith:Ana"))["total"] == 1
    assert await ana.refused("PUT", "/current-user", {"email_opted_in": True}) == INVALID
    renamed = await ana.done("PUT", "/current-user", {"name": "anna", "is_admin": True, "active": False})
    assert (renamed["name"], renamed["body"]["is_admin"], renamed["body"]["active"]) == ("anna", False, True)


async def test_the_own_password_takes_the_one_before_and_ends_sessions(nobody: Asker, ana: Asker) -> None:
    for body in ({"password": "new"}, {"password": "new", "old_password": "wrong"}):
        assert await ana.refused("PUT", "/current-user", body) == FORBIDDEN
    right = {"password": "new", "old_password": "ana's", "full_name": "A"}
    assert (await ana.done("PUT", "/current-user", right))["body"]["full_name"] == "A"
    assert await ana.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    assert (await nobody.login(username="ana", password="ana's")).status_code == 401
    again = await nobody.signed_in(username="ana", password="new")
    back = {"password": "ana's", "old_password": "new"}
    assert (await again.done("PUT", "/users/ana", back))["name"] == "ana"
    await nobody.signed_in(username="ana", password="ana's")


async def test_an_admin_makes_users_who_can_sign_in_or_be_invited(nobody: Asker, root: Asker) -> None:
    made = await root.done("POST", "/users", {"name": "bob", "is_admin": True, "password": "bob's", "full_name": "B"})
    assert (made["body"]["active"], made["body"]["is_admin"], made["body"]["activation_token"]) == (True, True, None)
    await nobody.signed_in(username="bob", password="bob's")
    assert await root.refused("POST", "/users", {"name": "bob", "is_admin": False}) == EXISTS
    assert await root.refused("POST", "/users", {"name": "x"}) == INVALID
    assert await root.refused("POST", "/users", {"name": "x:y", "is_admin": False}) == (400, "ValueError")

    invited = await root.done("POST", "/users", {"name": "eve", "is_admin": False})
    token = invited["body"]["activation_token"]
    assert not invited["body"]["active"]
    assert (await root.done("GET", "/users/eve"))["body"]["activation_token"] is None
    for body in ({}, {"activation_token": "x"}, {"activation_token": token + "x"}):
        refusal = await nobody.refused("PUT", "/users/eve/activate", {"password": "eve's", **body})
        assert refusal == (401, "CredentialsNotValid")
    assert (await nobody.refused("PUT", "/users/bob/activate", {"activation_token": token}))[0] == 401
    chosen = {"activation_token": token, "password": "eve's", "full_name": "Eve", "is_admin": True}
    activated = await nobody.done("PUT", "/users/eve/activate", chosen)
    assert (activated["body"]["active"], activated["body"]["is_admin"]) == (True, False)
    eve = await nobody.signed_in(username="eve", password="eve's")

    off = await root.done("PUT", "/users/eve/deactivate")
    assert (off["body"]["active"], bool(off["body"]["activation_token"])) == (False, True)
    assert await eve.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    assert (await nobody.login(username="eve", password="eve's")).status_code == 401


async def test_users_are_listed_found_changed_and_deleted_by_an_admin(root: Asker, registry: Registry) -> None:
    page = await root.done("GET", "/users?sort_by=desc:name&hydrate=true&active=true")
    assert [item["name"] for item in page["items"]] == ["root", "ana"]
    assert (page["total"], page["items"][0]["metadata"]["user_metadata"]) == (2, {})
    assert [u["name"] for u in (await root.done("GET", "/users?name=contains:OO"))["items"]] == ["root"]
    assert (await root.done("GET", "/users?size=1&page=2"))["items"][0]["metadata"] is None
    ana = await root.done("GET", "/users/ana")
    assert await root.done("GET", f"/users/{ana['id']}") == ana
    assert await root.refused("GET", "/users/bob") == ABSENT

    raised = await root.done("PUT", "/users/ana", {"is_admin": True})
    assert raised["body"]["is_admin"]
    assert not (await root.done("PUT", f"/users/{ana['id']}", {"is_admin": False}))["body"]["is_admin"]
    for body in ({"password": "x"}, {"email": "x@y.org"}):
        assert await root.refused("PUT", "/users/ana", body) == FORBIDDEN
    for standing in ({"is_admin": False}, {"active": False}):
        assert await root.refused("PUT", "/users/root", standing) == FORBIDDEN
    assert await root.refused("PUT", "/users/ana", {"name": "root"}) == EXISTS
    assert await root.done("DELETE", "/users/ana") is None
    assert await root.refused("DELETE", "/users/ana") == ABSENT
    assert await root.refused("DELETE", "/users/root") == FORBIDDEN
    assert await root.refused("PUT", "/users/root/deactivate") == FORBIDDEN


async def test_who_is_no_admin_sees_themselves(ana: Asker) -> None:
    own = await ana.done("GET", "/users/ana")
    page = await ana.done("GET", "/users")
    assert ([item["id"] for item in page["items"]], page["total"]) == ([own["id"]], 1)
    for method, path, body in (
        ("GET", "/users/root", None),
        ("POST", "/users", {"name": "x", "is_admin": False, "password": "x"}),
        ("PUT", "/users/root", {"full_name": "x"}),
        ("PUT", "/users/ana", {"is_admin": True}),
        ("PUT", "/users/root/deactivate", None),
        ("DELETE", "/users/root", None),
        ("POST", "/service_accounts", {"name": "x", "active": True}),
        ("GET", "/users/nobody", None),
    ):
        assert await ana.refused(method, path, body) == FORBIDDEN, (method, path)


async def test_the_answer_to_the_email_prompt_is_ones_own(ana: Asker, root: Asker) -> None:
    user_id = (await ana.done("GET", "/current-user"))["id"]
    answered = await ana.done("PUT", f"/users/{user_id}/email-opt-in", {"email_opted_in": True, "email": "x@y.org"})
    assert (answered["body"]["email_opted_in"], answered["metadata"]["email"]) == (True, "x@y.org")
    assert await root.refused("PUT", f"/users/{user_id}/email-opt-in", {"email_opted_in": False}) == (
        401,
        "AuthorizationException",
    )


async def test_a_service_account_comes_in_by_its_keys_alone(nobody: Asker, root: Asker) -> None:
    account = await root.done("POST", "/service_accounts", {"name": "robot", "active": True, "description": "nightly"})
    assert account["metadata"] == {"description": "nightly", "external_user_id": None}
    assert account["body"].keys() == {"created", "updated", "full_name", "active", "avatar_url"}
    keys = f"/service_accounts/{account['id']}/api_keys"
    made = await root.done("POST", keys, {"name": "k1", "description": "first"})
    key = made["body"]["key"]
    assert json.loads(base64.b64decode(key.removeprefix("ZENKEY_")))["id"] == made["id"]
    assert made["body"]["service_account"]["name"] == "robot"
    assert made["metadata"] == {
        "description": "first",
        "retain_period_minutes": 0,
        "last_login": None,
        "last_rotated": None,
    }

    robot = await nobody.signed_in(grant_type="zenml-api-key", password=key)
    user = await robot.done("GET", "/current-user")
    assert (user["name"], user["body"]["is_service_account"], user["body"]["is_admin"]) == ("robot", True, False)
    assert (await Asker(nobody.http, key).done("GET", "/current-user"))["name"] == "robot"
    assert (await nobody.login(username="robot", password="")).status_code == 401

    assert (await root.done("GET", f"/users/{account['id']}"))["body"]["is_service_account"]
    assert await root.refused("GET", "/users/robot") == ABSENT
    assert await root.refused("PUT", "/users/robot", {"full_name": "x"}) == ABSENT
    assert await root.refused("GET", "/service_accounts/ana") == ABSENT
    assert [u["name"] for u in (await root.done("GET", "/users"))["items"]] == ["root", "ana"]


async def test_service_accounts_are_listed_changed_and_deleted(nobody: Asker, root: Asker) -> None:
    account = await root.done("POST", "/service_accounts", {"name": "robot", "active": True})
    key = (await root.done("POST", f"/service_accounts/{account['id']}/api_keys", {"name": "k"}))["body"]["key"]
    robot = await nobody.signed_in(password=key)
    changed = await root.done(
        "PUT", "/service_accounts/robot", {"full_name": "R", "description": "d", "avatar_url": "u", "name": "robo"}
    )
    assert (changed["name"], changed["body"]["full_name"], changed["body"]["avatar_url"]) == ("robo", "R", "u")
    page = await root.done("GET", "/service_accounts?name=robo&description=d&active=True&hydrate=True")
    assert page["items"] == [changed]
    assert await root.done("GET", "/service_accounts/robo") == changed
    await root.done("PUT", f"/service_accounts/{account['id']}", {"active": False})
    assert await robot.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    assert (await nobody.login(password=key)).status_code == 401
    assert await root.done("DELETE", "/service_accounts/robo") is None
    assert await root.refused("GET", "/service_accounts/robo") == ABSENT
    assert await root.refused("POST", f"/service_accounts/{account['id']}/api_keys", {"name": "k"}) == ABSENT


async def test_api_keys_are_listed_changed_rotated_and_deleted(nobody: Asker, root: Asker, registry: Registry) -> None:
    account = await root.done("POST", "/service_accounts", {"name": "robot", "active": True})
    keys = f"/service_accounts/{account['id']}/api_keys"
    first = (await root.done("POST", keys, {"name": "k1"}))["body"]["key"]
    await root.done("POST", keys, {"name": "k2"})
    assert await root.refused("POST", keys, {"name": "k1"}) == EXISTS
    page = await root.done("GET", f"{keys}?sort_by=desc:name&hydrate=true")
    assert [item["name"] for item in page["items"]] == ["k2", "k1"]
    assert [item["body"]["key"] for item in page["items"]] == [None, None]
    one = await root.done("GET", f"{keys}/k1")
    assert one == page["items"][1] == await root.done("GET", f"{keys}/{one['id']}")

    rotated = await root.done("PUT", f"{keys}/k1/rotate", {"retain_period_minutes": 5})
    second = rotated["body"]["key"]
    assert (rotated["id"], rotated["metadata"]["retain_period_minutes"]) == (one["id"], 5)
    assert rotated["metadata"]["last_rotated"] is not None
    assert (await root.done("GET", keys))["total"] == 2
    for key in (first, second):
        await nobody.signed_in(password=key)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(5 * 60_000_000)
    assert [(await nobody.login(password=key)).status_code for key in (first, second)] == [401, 200]
    assert await root.refused("PUT", f"{keys}/k1/rotate", {"retain_period_minutes": -1}) == INVALID

    root = await nobody.signed_in(username="root", password="root's")
    off = await root.done("PUT", f"{keys}/k1", {"active": False, "name": "k3", "description": "off"})
    assert (off["name"], off["body"]["active"], off["metadata"]["description"]) == ("k3", False, "off")
    assert (await nobody.login(password=second)).status_code == 401
    assert [k["name"] for k in (await root.done("GET", f"{keys}?active=false"))["items"]] == ["k3"]
    assert await root.done("DELETE", f"{keys}/k3") is None
    assert await root.refused("GET", f"{keys}/k3") == ABSENT


async def test_a_new_key_is_not_kept_to_be_repeated(root: Asker) -> None:
    account = await root.done("POST", "/service_accounts", {"name": "robot", "active": True})
    path = f"/service_accounts/{account['id']}/api_keys"
    again = str(uuid4())
    first = await root.ask("POST", path, {"name": "k1"}, idempotency_key=again)
    second = await root.ask("POST", path, {"name": "k1"}, idempotency_key=again)
    assert (first.status_code, second.status_code) == (200, 409)
