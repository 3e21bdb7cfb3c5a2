"""Signing in as ZenML's clients do it, on both engines."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from isogloss.adapters.zenml.routes.sign_in import DEVICE_CODE, WORKLOAD
from isogloss.core import passwords
from isogloss.core.access import Role
from isogloss.core.registry import Registry
from isogloss.core.registry.devices import APPROVAL, ATTEMPTS
from isogloss.core.registry.sessions import DAY, read_session
from isogloss.core.registry.tokens import issue_token, revoke_token
from isogloss.gateway.keys import jwt_maker, make_personal
from tests.adapters.zenml.account_asking import Asker, asked
from tests.support.accounts import add_user
from tests.support.registries import Clock

CLIENT = str(uuid4())
AGENT = "Host/box ZenML/0.98.0 Python/3.11.7 OS/Linux"


@pytest.fixture(autouse=True)
async def ana(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_SCRYPT_N", 2)
    await add_user(registry, "ana", password="sesame")


@pytest.fixture
async def nobody(registry: Registry) -> AsyncIterator[Asker]:
    async with asked(registry) as asker:
        yield asker


async def test_a_password_gets_a_session(nobody: Asker) -> None:
    for form in ({"grant_type": "password"}, {}):
        answer = await nobody.login(username="ana", password="sesame", **form)
        assert answer.status_code == 200
        access = answer.json()
        assert re.fullmatch(r"isg_\S+", access.pop("access_token"))
        assert access == {
            "token_type": "bearer",
            "expires_in": 86400,
            "refresh_token": None,
            "csrf_token": None,
            "scope": None,
            "device_id": None,
            "device_metadata": None,
        }
    ana = await nobody.signed_in(username="ana", password="sesame")
    assert (await ana.done("GET", "/current-user"))["name"] == "ana"
    assert await ana.done("GET", "/logout") is None


@pytest.mark.parametrize("kind", ["jwt", "personal"])
async def test_any_key_gets_one_too_which_ends_with_the_key(nobody: Asker, registry: Registry, kind: str) -> None:
    maker = make_personal if kind == "personal" else jwt_maker(registry.signing_secret, "acme")
    issued = await issue_token(registry, "robot", maker)
    for form in ({"grant_type": "zenml-api-key"}, {}):
        robot = await nobody.signed_in(password=issued.key, **form)
        assert (await robot.done("GET", "/current-user"))["name"] == "robot"
    await revoke_token(registry, issued.token.id)
    assert await robot.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    assert (await nobody.login(password=issued.key)).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "detail"),
    [
        ({"username": "ana", "password": "wrong"}, 401, ["CredentialsNotValid", "…invalid username or password"]),
        ({"username": "ana"}, 401, ["CredentialsNotValid", "…invalid username or password"]),
        ({"username": "bob", "password": "x"}, 401, ["CredentialsNotValid", "…invalid username or password"]),
        ({"password": "tfy_x"}, 401, ["CredentialsNotValid", "…the API key is not good"]),
        ({}, 400, "Invalid request: username is required."),
        ({"grant_type": "password"}, 400, "Invalid request: username is required."),
        ({"grant_type": "zenml-api-key"}, 400, "API key is required."),
        ({"grant_type": "magic"}, 400, "Unsupported grant type: magic"),
        ({"grant_type": DEVICE_CODE}, 400, "Invalid request: device code and client ID are required."),
        ({"device_code": "x", "client_id": "y"}, 400, "Invalid request: invalid client ID."),
    ],
)
async def test_forms_that_let_nobody_in(nobody: Asker, form: dict[str, str], status: int, detail: Any) -> None:
    answer = await nobody.login(**form)
    said = answer.json()["detail"]
    if isinstance(said, list):
        said[1] = said[1].replace("Authentication error: ", "…")
    assert (answer.status_code, said) == (status, detail)


async def test_a_client_without_a_credential_is_told_to_sign_in(nobody: Asker) -> None:
    answer = await nobody.ask("GET", "/current-user?hydrate=True")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["detail"][0] == "CredentialsNotValid"


async def test_in_open_mode_any_name_is_the_open_user_and_none_is_refused(registry: Registry) -> None:
    async with asked(registry, open_to_all=True) as nobody:
        somebody = await nobody.signed_in(username="default")
        assert (await somebody.done("GET", "/current-user"))["name"] == "default"
        assert (await nobody.done("GET", "/current-user"))["body"]["is_admin"] is True
        none = await nobody.login()
        assert (none.status_code, none.json()) == (400, {"detail": "Invalid request: username is required."})
        for answer in (
            await nobody.http.post("/api/v1/device_authorization", data={"client_id": CLIENT}),
            await nobody.login(grant_type=DEVICE_CODE, client_id=CLIENT, device_code="x"),
        ):
            assert (answer.status_code, answer.json()) == (403, {"detail": "Device authorization is not supported."})


async def begin(nobody: Asker) -> dict[str, Any]:
    answer = await nobody.http.post(
        "/api/v1/device_authorization", data={"client_id": CLIENT}, headers={"user-agent": AGENT}
    )
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    query = parse_qs(urlsplit(begun["verification_uri_complete"]).query)
    return begun | {"device_id": query["device_id"][0], "code_in_address": query["user_code"][0]}


async def poll(nobody: Asker, begun: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = await nobody.login(grant_type=DEVICE_CODE, client_id=CLIENT, device_code=begun["device_code"])
    return answer.status_code, answer.json()


async def test_a_device_is_let_in_by_its_user(nobody: Asker) -> None:
    begun = await begin(nobody)
    assert (begun["verification_uri"], begun["expires_in"], begun["interval"]) == ("/devices/verify", 300, 5)
    assert begun["code_in_address"] == begun["user_code"]
    status, waiting = await poll(nobody, begun)
    assert (status, waiting["error"]) == (400, "authorization_pending")
    assert "detail" not in waiting

    ana = await nobody.signed_in(username="ana", password="sesame")
    path = f"/devices/{begun['device_id']}"
    assert await ana.refused("GET", path) == (404, "KeyError")
    seen = await ana.done("GET", f"{path}?user_code={begun['user_code']}")
    assert seen["body"]["hostname"] == "box"
    verified = await ana.done("PUT", f"{path}/verify", {"user_code": begun["user_code"], "trusted_device": True})
    assert (verified["body"]["status"], verified["body"]["trusted_device"]) == ("verified", True)
    assert verified["resources"]["user"]["name"] == "ana"

    status, access = await poll(nobody, begun)
    assert (status, access["device_id"]) == (200, begun["device_id"])
    assert access["expires_in"] == 365 * 86400
    device = Asker(nobody.http, access["access_token"])
    assert (await device.done("GET", "/current-user"))["name"] == "ana"
    assert (await poll(nobody, begun))[1]["error"] == "expired_token"

    page = await ana.done("GET", "/devices?status=active&hydrate=true")
    assert page["total"] == 1
    [item] = page["items"]
    assert item["metadata"]["python_version"] == "3.11.7"
    assert item["metadata"]["last_login"] is not None
    await ana.done("PUT", path, {"locked": True})
    assert await device.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    await ana.done("PUT", path, {"locked": False})
    assert (await device.done("GET", "/current-user"))["name"] == "ana"
    assert await ana.done("DELETE", path) is None
    assert await device.refused("GET", "/current-user") == (401, "CredentialsNotValid")
    assert (await poll(nobody, begun))[1]["error"] == "invalid_client"


async def test_wrong_codes_of_a_device_are_counted(nobody: Asker) -> None:
    begun = await begin(nobody)
    ana = await nobody.signed_in(username="ana", password="sesame")
    path = f"/devices/{begun['device_id']}"
    for _ in range(ATTEMPTS):
        assert await ana.refused("PUT", f"{path}/verify", {"user_code": "x"}) == (400, "ValueError")
    right = {"user_code": begun["user_code"]}
    assert await ana.refused("PUT", f"{path}/verify", right) == (400, "ValueError")
    assert (await poll(nobody, begun))[1]["error"] == "access_denied"
    assert await ana.refused("PUT", f"/devices/{uuid4()}/verify", right) == (404, "KeyError")


async def test_a_device_that_waits_too_long(nobody: Asker, registry: Registry) -> None:
    assert isinstance(registry.clock, Clock)
    begun = await begin(nobody)
    registry.clock.advance(APPROVAL)
    assert (await poll(nobody, begun))[1]["error"] == "expired_token"


async def test_a_device_needs_a_client_id_and_is_sent_to_the_public_address(registry: Registry) -> None:
    async with asked(registry, PUBLIC_URL="https://registry.example.org") as nobody:
        assert (await begin(nobody))["verification_uri"] == "https://registry.example.org/devices/verify"
        for data in ({}, {"client_id": "x"}):
            answer = await nobody.http.post("/api/v1/device_authorization", data=data)
            assert answer.status_code == 422
            assert answer.json()[0] == "ValueError"


async def test_tokens_to_hand_on(nobody: Asker, registry: Registry) -> None:
    ana = await nobody.signed_in(username="ana", password="sesame")
    lasting = {"": 3600, "?token_type=generic&expires_in=60": 60, "?expires_in=604800": 604800}
    for query, seconds in lasting.items():
        token = await ana.done("GET", f"/api_token{query}")
        said = read_session(registry, token)
        assert said is not None
        assert said.expires - said.issued == seconds * 1_000_000
        assert (await Asker(nobody.http, token).done("GET", "/current-user"))["name"] == "ana"
    for query, refusal in {
        "?expires_in=604801": (400, "ValueError"),
        f"?pipeline_run_id={uuid4()}": (400, "ValueError"),
        "?token_type=workload": (400, "ValueError"),
        f"?token_type=workload&pipeline_run_id={uuid4()}": (400, "ValueError"),
        f"?token_type=workload&schedule_id={uuid4()}": (400, "ValueError"),
        "?token_type=workload&pipeline_run_id=x": (422, "ValueError"),
        "?token_type=other": (422, "ValueError"),
        "?expires_in=x": (422, "ValueError"),
    }.items():
        assert await ana.refused("GET", f"/api_token{query}") == refusal, query


async def test_a_run_works_with_a_token_that_is_no_admins(nobody: Asker, registry: Registry) -> None:
    await add_user(registry, "root", Role.ADMIN, password="root's")
    root = await nobody.signed_in(username="root", password="root's")
    flow = (await root.http.post("/api/flows/", json={"name": "flow"}, headers=root.headers)).json()["id"]
    run = await root.http.post("/api/flow_runs/", json={"flow_id": flow}, headers=root.headers)
    query = f"?token_type=workload&pipeline_run_id={run.json()['id']}"
    token = await root.done("GET", f"/api_token{query}")
    said = read_session(registry, token)
    assert said is not None
    assert (said.role, said.expires - said.issued) == (Role.EDITOR, WORKLOAD)
    assert WORKLOAD > DAY
    worker = Asker(nobody.http, token)
    assert await worker.refused("POST", "/users", {"name": "x", "is_admin": True, "password": "x"}) == (
        403,
        "IllegalOperationError",
    )
    ended = {"state": {"type": "COMPLETED"}, "force": True}
    await root.http.post(f"/api/flow_runs/{run.json()['id']}/set_state", json=ended, headers=root.headers)
    assert await root.refused("GET", f"/api_token{query}") == (400, "ValueError")


async def test_the_server_is_active_already(nobody: Asker) -> None:
    asked_for = {"admin_username": "eve", "admin_password": "x"}
    assert await nobody.refused("PUT", "/activate", asked_for) == (403, "IllegalOperationError")
