"""The registry's own API behind the gateway: who may do what, and what is open to everybody."""

import base64
from collections.abc import Callable

from isogloss.adapters.transfers import PREFIX
from tests.support.gateways import Gateway


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def basic(name: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()


def test_a_viewer_reads_and_an_editor_writes(serve: Callable[..., Gateway], database_url: str) -> None:
    gateway = serve(database_url, auth="required")
    viewer, editor = bearer(gateway.token("vera", "viewer")), gateway.token("ed", "editor")
    body = {"key": "report", "type": "markdown", "data": "# T"}
    made = gateway.request("POST", "/api/artifacts/", body, headers={"authorization": basic("ed", editor)})
    assert made.status == 201, made
    version = made.json()["id"]
    reads = ("/versions", f"/versions/{version}", f"/versions/{version}/files/report.md", "/lineage?ref=report")
    for path in reads:
        anonymous = gateway.request("GET", PREFIX + path)
        assert (anonymous.status, b"report" in anonymous.content) == (401, False), path
        assert gateway.request("GET", PREFIX + path, headers=viewer).status == 200, path
    for method, path, sent in (
        ("PUT", f"/versions/{version}/tags/gold", None),
        ("POST", "/links", {"made": version, "source": "report"}),
        ("DELETE", f"/versions/{version}", None),
    ):
        assert gateway.request(method, PREFIX + path, sent).status == 401
        asked = gateway.request(method, PREFIX + path, sent, headers=viewer)
        assert asked.status == 403, (method, path, asked)
        assert "needs the role editor" in asked.json()["detail"]
    tagged = gateway.request("PUT", f"{PREFIX}/versions/{version}/tags/gold", headers=bearer(editor))
    assert tagged.json() == {"tags": ["gold"]}
    assert gateway.request("DELETE", f"{PREFIX}/versions/{version}", headers=bearer(editor)).status == 200


def test_a_page_describes_it_to_a_browser(gateway: Gateway) -> None:
    page = gateway.request("GET", f"{PREFIX}/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert gateway.request("GET", f"{PREFIX}/openapi.json").json()["openapi"] == "3.1.0"


def test_commands_see_what_clients_wrote(gateway: Gateway) -> None:
    gateway.request("POST", "/api/artifacts/", {"key": "table", "data": [1]})
    metadata = {"isogloss.inputs": "table"}
    gateway.request("POST", "/api/artifacts/", {"key": "report", "data": "# T", "metadata_": metadata})
    assert gateway.command("lineage", "report", "--up").splitlines() == [
        "default/report@1 (prefect)",
        "└── made from",
        "    └── default/table@1 (prefect)  [as its metadata says]",
    ]
