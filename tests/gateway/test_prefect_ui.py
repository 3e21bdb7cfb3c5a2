"""Prefect's own web pages from a gateway as it is run: where they come from, and how a person signs in on them."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from isogloss.gateway import cli
from isogloss.gateway.settings import INSTALLED
from tests.clients.environments import client_package
from tests.support.gateways import PASSWORD, ROOT, Answer, Gateway, GatewayError, run_isogloss

PAGE = {"accept": "text/html"}
ELSEWHERE = {"origin": "https://pages.example.org"}


@pytest.fixture(scope="module")
def package() -> Path:
    """The folder of the vendor's package."""
    return client_package("prefect", "prefect")


def basic(said: str, encoding: str = "utf-8") -> dict[str, str]:
    """What pages make of the one field that they ask for."""
    return {"authorization": "Basic " + base64.b64encode(said.encode(encoding)).decode()}


def test_a_person_signs_in_on_the_pages(serve: Callable[..., Gateway], database_url: str, package: Path) -> None:
    gateway = serve(database_url, auth="required", settings={"ISOGLOSS_PREFECT_UI": str(package)})

    def get(path: str, headers: dict[str, str] | None = None) -> Answer:
        return gateway.request("GET", path, headers=headers)

    # What comes before: the page, its settings, and whether there is an API at all.
    for path in ("/v2/", "/v2/login", "/prefect/login"):
        assert get(path, PAGE).status == 200
    told = get("/ui-settings")
    assert told.content == get("/prefect/ui-settings").content
    assert told.json() == {
        "api_url": f"{gateway.url}/api",
        "csrf_enabled": False,
        "auth": "BASIC",
        "flags": [],
        "default_ui": "v2",
        "available_uis": ["v1", "v2"],
        "v1_base_url": "/prefect",
        "v2_base_url": "/v2",
    }
    assert get("/api/health").json() is True
    # The pages try what was typed with the version, and then send it with everything.
    token = gateway.token("ana")
    for said in (f"admin:{PASSWORD}", f"ana:{token}", token):
        assert get("/api/admin/version", basic(said)).json() == "3.8.8"
        assert get("/api/admin/settings", basic(said)).status == 200
        found = gateway.request("POST", "/api/artifacts/latest/count", {}, headers=basic(said) | ELSEWHERE)
        assert (found.json(), found.headers["access-control-allow-origin"]) == (0, "*")
    for said in ("", "ana", "ana:wrong", f"bob:{token}", f"{token}x", "admin:", f":{PASSWORD}"):
        refused = get("/api/admin/version", basic(said) | ELSEWHERE)
        assert refused.status == 401, said
        # With that header the browser would ask by itself, over the page that does; without this one pages of
        # another host would take a refusal for a network failure.
        assert "www-authenticate" not in refused.headers
        assert refused.headers["access-control-allow-origin"] == "*"
    for path in ("/api/admin/settings", "/api/admin/version"):
        assert get(path).status == 401


def test_pages_of_the_package_installed_beside_us(serve: Callable[..., Gateway], package: Path, tmp_path: Path) -> None:
    beside = tmp_path / "site-packages"
    beside.mkdir()
    # Of the other packages of its environment there is none, so importing this one would fail.
    (beside / "prefect").symlink_to(package)
    settings = {"PYTHONPATH": f"{ROOT}:{beside}", "ISOGLOSS_PREFECT_UI": INSTALLED}
    gateway = serve(f"sqlite:///{tmp_path}/isogloss.db", settings=settings)
    assert f"pages     {gateway.url}/v2/ (prefect)" in gateway.printed()
    assert gateway.request("GET", "/v2/runs", headers=PAGE).status == 200
    assert gateway.request("GET", "/runs/flow-run/1", headers=PAGE).headers["location"] == "/v2/runs/flow-run/1"
    assert f"{gateway.url}/v2/" in gateway.request("GET", "/", headers=PAGE).content.decode()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--prefect-ui"], "isogloss: error: No package prefect is installed beside Isogloss"),
        (["--prefect-ui", "."], "is not the folder of a package prefect with web pages: it has no server/ui-v2/index"),
    ],
)
def test_without_the_pages_nothing_starts(tmp_path: Path, arguments: list[str], line: str) -> None:
    environment = {"ISOGLOSS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with pytest.raises(GatewayError, match="ended with 1") as refused:
        run_isogloss(["serve", "--port", "0", *arguments], environment)
    assert line in str(refused.value)
    assert "site-packages/prefect" in str(refused.value)
    assert not (tmp_path / "isogloss.db").exists()


def test_the_flag_stands_for_the_installed_package_unless_it_names_a_folder() -> None:
    parse = cli.make_parser().parse_args
    assert parse(["serve"]).prefect_ui is None
    assert parse(["serve", "--prefect-ui"]).prefect_ui == INSTALLED
    assert parse(["serve", "--prefect-ui", "lib"]).prefect_ui == "lib"
