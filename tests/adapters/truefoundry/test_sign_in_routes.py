"""Signing in as TrueFoundry's clients do, over the whole gateway, on both engines."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from isogloss.adapters.truefoundry.dialect import TRUEFOUNDRY
from isogloss.core.access import Role
from isogloss.core.model import User
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.devices import RENEWED, SIGNED_IN, approve_device, deny_device, find_waiting_device
from isogloss.core.registry.doorkeeper import Doorkeeper, open_gate
from isogloss.core.registry.tokens import issue_token, make_token, revoke_token
from isogloss.core.registry.users import ensure_open_user
from isogloss.gateway.app import create_app
from isogloss.gateway.keys import jwt_maker, make_personal
from isogloss.gateway.middleware.asgi import App
from isogloss.gateway.settings import Auth, read_settings
from tests.support.accounts import MINUTE, add_user, as_user
from tests.support.registries import Clock

SVC, ML = "/api/svc/v1", "/api/ml/v1"
MANIFEST = {
    "type": "artifact-version",
    "name": "numbers",
    "ml_repo": "default",
    "metadata": {},
    "source": {"type": "external", "uri": "s3://elsewhere/numbers"},
}


async def _ready() -> None:
    return None


def gateway(registry: Registry, gate: Any, auth: Auth, **variables: str) -> App:
    settings = read_settings({"ISOGLOSS_TENANT": "acme", **variables})
    return create_app(settings, registry, auth=auth, gate=gate, readiness=_ready, dialects=[TRUEFOUNDRY])


class Client:
    """Requests to the gateway, with a key if there is one."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def ask(self, method: str, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return await self.http.request(method, path, json=body, headers=headers)

    async def begin(self) -> dict[str, Any]:
        answer = await self.ask("POST", f"{SVC}/oauth2/device-authorize", {"tenantName": "acme"})
        assert answer.status_code == 200, answer.text
        codes: dict[str, Any] = answer.json()
        return codes

    async def poll(self, codes: dict[str, Any]) -> httpx.Response:
        body = {"tenantName": "acme", "deviceCode": codes["deviceCode"], "grantType": "device_code", "returnJWT": True}
        return await self.ask("POST", f"{SVC}/oauth2/token", body)

    async def refresh(self, secret: str) -> httpx.Response:
        body = {"tenantName": "acme", "refreshToken": secret, "grantType": "refresh_token", "returnJWT": True}
        return await self.ask("POST", f"{SVC}/oauth2/token", body)


@pytest.fixture
async def required(registry: Registry) -> AsyncIterator[Client]:
    """Where credentials are required."""
    app = gateway(registry, Doorkeeper(registry), Auth.REQUIRED)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here:8000") as http:
        yield Client(http)


@pytest.fixture
async def opened(registry: Registry) -> AsyncIterator[Client]:
    """Where everybody is let in."""
    app = gateway(registry, open_gate(await ensure_open_user(registry)), Auth.OPEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here:8000") as http:
        yield Client(http)


@pytest.fixture
async def ana(registry: Registry) -> User:
    return await add_user(registry, "ana", email="ana@acme.org")


def claims(key: str) -> dict[str, Any]:
    """What the client reads in a key, which it does without looking at the signature."""
    read: dict[str, Any] = jwt.decode(key, options={"verify_signature": False})
    return read


async def answer_device(registry: Registry, user: User, use_case: Callable[..., Awaitable[Any]], code: str) -> None:
    """What a user does on the page for devices."""
    caller = as_user(user)

    async def work(unit: Writer) -> None:
        device = await find_waiting_device(registry, unit, caller, code)
        await use_case(registry, unit, caller, device.id, code)

    await registry.store.write(work)


async def test_a_device_is_told_where_its_user_lets_it_in(required: Client) -> None:
    codes = await required.begin()
    page = urlsplit(codes["verificationURIComplete"])
    assert codes["verificationURI"] == "http://here:8000/devices/verify"
    assert (page.netloc, page.path) == ("here:8000", "/devices/verify")
    assert parse_qs(page.query) == {"user_code": [codes["userCode"]]}
    assert (codes["expiresInSeconds"], codes["intervalInSeconds"]) == (300, 2)
    shown = await required.ask("GET", codes["verificationURIComplete"])
    assert shown.status_code == 200
    assert codes["userCode"] in shown.text


async def test_a_device_waits_and_then_gets_a_jwt_that_says_whose_it_is(
    required: Client, registry: Registry, ana: User
) -> None:
    codes = await required.begin()
    assert (await required.poll(codes)).status_code == 202
    await answer_device(registry, ana, approve_device, codes["userCode"])
    granted = await required.poll(codes)
    assert granted.status_code == 201
    key = granted.json()["accessToken"]
    said = claims(key)
    assert (said["tenantName"], said["username"], said["email"]) == ("acme", "ana", "ana@acme.org")
    session = (await required.ask("GET", f"{SVC}/session", key=key)).json()
    assert session["user"]["email"] == said["email"]
    made = await required.ask("PUT", f"{SVC}/artifact-versions", {"manifest": MANIFEST}, key)
    assert made.json()["data"]["created_by_subject"]["subjectSlug"] == said["email"]


async def test_a_key_that_ends_is_refreshed_as_often_as_needed(required: Client, registry: Registry, ana: User) -> None:
    codes = await required.begin()
    await answer_device(registry, ana, approve_device, codes["userCode"])
    granted = (await required.poll(codes)).json()
    assert isinstance(registry.clock, Clock)
    for _ in range(2):
        registry.clock.advance(RENEWED)
        assert (await required.ask("GET", f"{SVC}/session", key=granted["accessToken"])).status_code == 401
        answer = await required.refresh(granted["refreshToken"])
        assert answer.status_code == 201
        granted = answer.json()
        assert (await required.ask("GET", f"{SVC}/session", key=granted["accessToken"])).status_code == 200
    registry.clock.advance(SIGNED_IN)
    ended = await required.refresh(granted["refreshToken"])
    assert (ended.status_code, ended.json()["statusCode"]) == (400, 400)


async def test_whoever_was_not_let_in_is_told_so(required: Client, registry: Registry, ana: User) -> None:
    codes = await required.begin()
    await answer_device(registry, ana, deny_device, codes["userCode"])
    for answer in (await required.poll(codes), await required.poll({"deviceCode": "x"}), await required.refresh("x")):
        assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "grantType"),
        ({"grantType": "password"}, "grantType"),
        ({"grantType": "device_code"}, "deviceCode"),
        ({"grantType": "refresh_token", "refreshToken": ""}, "refreshToken"),
        ({"grantType": "refresh_token", "refreshToken": "a\0b"}, "refreshToken"),
    ],
)
async def test_a_grant_that_makes_no_sense_is_told_what_would(
    required: Client, body: dict[str, Any], where: str
) -> None:
    answer = await required.ask("POST", f"{SVC}/oauth2/token", body)
    assert answer.status_code == 422
    assert where in answer.json()["message"]


async def test_who_is_let_in_anyway_gets_a_key_that_is_worth_nothing_elsewhere(
    opened: Client, required: Client
) -> None:
    granted = await opened.poll(await opened.begin())
    assert granted.status_code == 201
    assert "refreshToken" not in granted.json()
    key = granted.json()["accessToken"]
    session = await opened.ask("GET", f"{SVC}/session", key=key)
    assert session.json()["user"]["email"] == claims(key)["email"]
    assert (await required.ask("GET", f"{SVC}/session", key=key)).status_code == 401


async def test_what_is_asked_before_signing_in_needs_no_key(required: Client) -> None:
    tenant = await required.ask("GET", f"{SVC}/tenant-id?hostName=here:8000")
    assert tenant.json() == {"tenantName": "acme", "auth_server_url": "http://here:8000"}
    oldest = (await required.ask("GET", f"{SVC}/min-cli-version")).json()
    assert oldest["useSFYServerAuthAPIs"] is True


async def test_addresses_begin_with_what_clients_are_told_or_else_asked_for(registry: Registry) -> None:
    for variables, base, wanted in [
        ({}, "https://here", "https://here"),
        ({"ISOGLOSS_PUBLIC_URL": "https://registry.acme.org"}, "http://10.0.0.7:8000", "https://registry.acme.org"),
    ]:
        app = gateway(registry, Doorkeeper(registry), Auth.REQUIRED, **variables)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as http:
            assert (await Client(http).begin())["verificationURI"] == f"{wanted}/devices/verify"
            assert (await http.get(f"{SVC}/tenant-id")).json()["auth_server_url"] == wanted


@pytest.mark.parametrize("prefix", [SVC, ML])
async def test_a_key_that_is_not_good_is_refused(required: Client, registry: Registry, ana: User, prefix: str) -> None:
    maker = jwt_maker(registry.signing_secret, "acme")
    revoked = await issue_token(registry, "ana", maker)
    await revoke_token(registry, revoked.token.id)
    assert isinstance(registry.clock, Clock)
    expired = await issue_token(registry, "ana", make_personal, expires=registry.clock() + MINUTE)
    registry.clock.advance(MINUTE)
    never = make_token(registry.new_id(), ana.id, "ana", Role.ADMIN, registry.clock())
    foreign = jwt_maker("another registry's own secret, as long", "acme")(revoked.token, ana)
    for key in (None, "abc", "tfy_abc", "a.b.c", revoked.key, expired.key, maker(never, ana), foreign):
        answer = await required.ask("GET", f"{prefix}/artifact-versions", key=key)
        assert answer.status_code == 401, key
        assert answer.json()["statusCode"] == 401


async def test_every_key_of_the_registry_is_good(required: Client, registry: Registry, ana: User) -> None:
    assert isinstance(registry.clock, Clock)
    keys = [(await issue_token(registry, "ana", maker)).key for maker in (jwt_maker("s" * 32, "acme"), make_personal)]
    keys.append((await issue_token(registry, "ana", lambda token, user: f"ZENKEY_{token.id}")).key)
    for key in keys:
        assert (await required.ask("GET", f"{SVC}/artifact-versions", key=key)).status_code == 200


async def test_where_everybody_is_let_in_a_key_must_still_look_like_one(opened: Client) -> None:
    for key, status in ((None, 401), ("abc", 401), ("tfy_abc", 200), ("a.b.c", 200), ("ZENKEY_abc", 200)):
        assert (await opened.ask("GET", f"{SVC}/artifact-versions", key=key)).status_code == status, key


@pytest.mark.parametrize(
    ("prefix", "sentence"), [(SVC, lambda body: body["message"]), (ML, lambda body: body["detail"])]
)
async def test_a_viewer_reads_and_changes_nothing(
    required: Client, registry: Registry, prefix: str, sentence: Callable[[Any], str]
) -> None:
    maker = jwt_maker(registry.signing_secret, "acme")
    writer = (await issue_token(registry, "ana", maker)).key
    reader = (await issue_token(registry, "eda", maker, role=Role.VIEWER)).key
    made = (await required.ask("PUT", f"{prefix}/artifact-versions", {"manifest": MANIFEST}, writer)).json()["data"]
    version_id, artifact_id = made["id"], made["artifact_id"]
    read = await required.ask("GET", f"{prefix}/artifact-versions/{version_id}", key=reader)
    assert read.json()["data"]["id"] == version_id
    for method, path, body in [
        ("PUT", "artifact-versions", {"manifest": MANIFEST}),
        ("POST", "artifact-versions/stage", {"manifest": MANIFEST | {"source": {"type": "truefoundry"}}}),
        ("PUT", "artifact-versions/tags", {"artifact_version_id": version_id, "tags": ["a"]}),
        ("DELETE", f"artifact-versions/{version_id}", None),
        ("DELETE", f"artifacts/{artifact_id}", None),
    ]:
        refused = await required.ask(method, f"{prefix}/{path}", body, reader)
        assert refused.status_code == 403, refused.text
        assert "eda is viewer" in sentence(refused.json())
