"""The whole way of a credential, from its header to what its role may do, on both engines."""

import base64
from typing import Any

import jwt
import pytest

from isogloss.core.access import Role
from isogloss.core.model import User
from isogloss.core.registry import Registry
from isogloss.core.registry.doorkeeper import Doorkeeper
from isogloss.core.registry.tokens import Issued, issue_token, make_token, revoke_token
from isogloss.core.registry.users import UserDraft, ensure_admin, make_user
from isogloss.gateway.keys import jwt_maker, make_personal
from isogloss.gateway.middleware.asgi import App
from tests.gateway.toy import client, toy_app
from tests.support.registries import Clock

UNAUTHORIZED = (401, {"toy": "who are you?"})


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


async def ask(app: App, authorization: str | None, method: str = "GET", path: str = "/toy/me") -> tuple[int, Any]:
    headers = {} if authorization is None else {"authorization": authorization}
    async with client(app) as http:
        answer = await http.request(method, path, headers=headers)
    return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
def app(registry: Registry) -> App:
    """The app where credentials are required."""
    return toy_app(registry, gate=Doorkeeper(registry))


async def issue(registry: Registry, name: str, role: Role | None = None, **options: Any) -> Issued:
    maker = jwt_maker(registry.signing_secret, "acme")
    return await issue_token(registry, name, maker, role=role, **options)


async def test_what_is_not_good(app: App, registry: Registry) -> None:
    await ensure_admin(registry, "sesame")
    clock = registry.clock
    assert isinstance(clock, Clock)
    expired = await issue(registry, "ana", expires=clock())
    revoked = await issue(registry, "ana")
    await revoke_token(registry, revoked.token.id)
    # Signed by us, but never handed out: there is no row of it.
    forged = jwt_maker(registry.signing_secret, "acme")(revoked.token, ana(registry))
    for authorization in (
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Bearer sesame",
        "Basic sesame",
        f"Token {revoked.key}",
        f"Bearer {expired.key}",
        f"Bearer {revoked.key}",
        f"Bearer {forged}x",
        basic("ana", expired.key),
        basic("ana", revoked.key),
        basic("admin", "wrong"),
        basic("nobody", "sesame"),
        basic("Admin", "sesame"),
    ):
        assert await ask(app, authorization) == UNAUTHORIZED, authorization


async def test_what_is_good(app: App, registry: Registry) -> None:
    await ensure_admin(registry, "sesame:with a colon")
    issued = await issue(registry, "ana")
    personal = await issue_token(registry, "ana", make_personal)
    assert personal.key.startswith("tfy_")
    ana = (200, {"name": "ana", "role": "editor"})
    assert await ask(app, f"Bearer {issued.key}") == ana
    assert await ask(app, f"bearer {personal.key}") == ana
    assert await ask(app, basic("ana", issued.key)) == ana
    assert await ask(app, basic("ana", personal.key)) == ana
    assert await ask(app, basic("admin", "sesame:with a colon")) == (200, {"name": "admin", "role": "admin"})
    assert await ask(app, basic("bob", issued.key)) == UNAUTHORIZED


async def test_roles_bind(app: App, registry: Registry) -> None:
    viewer, editor = await issue(registry, "vic", Role.VIEWER), await issue(registry, "eda", Role.EDITOR)
    assert await ask(app, f"Bearer {viewer.key}") == (200, {"name": "vic", "role": "viewer"})
    status, body = await ask(app, f"Bearer {viewer.key}", "POST", "/toy/write")
    assert status == 403
    assert "viewer" in body["toy"]
    assert await ask(app, f"Bearer {editor.key}", "POST", "/toy/write") == (200, "written")


async def test_open_paths_and_open_mode(app: App, registry: Registry) -> None:
    assert await ask(app, None, path="/toy/open") == (200, "open")
    assert await ask(app, "Bearer wrong", path="/toy/open") == (200, "open")
    anybody = (200, {"name": "anonymous", "role": "admin"})
    for authorization in (None, "", "Bearer wrong", "Basic ???", basic("a", "b")):
        assert await ask(toy_app(registry), authorization) == anybody


def ana(registry: Registry, **given: Any) -> User:
    return make_user(registry, UserDraft(**({"name": "ana"} | given)))


def test_a_jwt_has_the_claims_that_clients_read(registry: Registry) -> None:
    token = make_token("0198", "u", "a device", Role.EDITOR, 10**15)
    claims = jwt.decode(jwt_maker("s" * 32, "acme")(token, ana(registry)), "s" * 32, algorithms=["HS256"])
    assert claims.pop("exp") > 10**9 + 50 * 365 * 86400
    assert claims == {
        "jti": "0198",
        "iat": 10**9,
        "tenantName": "acme",
        "username": "ana",
        "email": "ana@acme.isogloss",
        "subjectType": "user",
        "role": "editor",
    }


def test_a_jwt_that_ends_says_when(registry: Registry) -> None:
    token = make_token("0198", "u", "ana", Role.VIEWER, 0, expires=4 * 10**15)
    claims = jwt.decode(jwt_maker("s" * 32, "acme")(token, ana(registry)), "s" * 32, algorithms=["HS256"])
    assert claims["exp"] == 4 * 10**9


@pytest.mark.parametrize(
    ("given", "email", "kind"),
    [
        ({"name": "a@b.org"}, "a@b.org", "user"),
        ({"email": "ana@b.org"}, "ana@b.org", "user"),
        ({"service": True}, "ana@acme.isogloss", "serviceaccount"),
    ],
)
def test_a_jwt_says_the_address_by_which_its_user_is_known(
    registry: Registry, given: dict[str, Any], email: str, kind: str
) -> None:
    token = make_token("0198", "u", "ana", Role.VIEWER, 0)
    claims = jwt.decode(jwt_maker("s" * 32, "acme")(token, ana(registry, **given)), "s" * 32, algorithms=["HS256"])
    assert (claims["email"], claims["subjectType"]) == (email, kind)
