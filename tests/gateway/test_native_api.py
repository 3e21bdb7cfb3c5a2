"""The registry's own API behind the gateway: who may do what, and what is open to everybody."""

import base64
from collections.abc import Callable

from isogloss.adapters.native.dialect import ENDPOINTS
from isogloss.adapters.transfers import PREFIX, TRANSFERS
from tests.support.gateways import Gateway

OPEN = {"/openapi.json": 200, "/docs": 200, TRANSFERS: 403}
"""What answers without a credential, and how: the one that a transfer needs is in its address."""

NOBODY = "00000000-0000-4000-8000-000000000000"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def basic(name: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()


def test_every_address_but_its_description_needs_a_credential_and_an_editor_to_write(
    serve: Callable[..., Gateway], database_url: str
) -> None:
    gateway = serve(database_url, auth="required")
    viewer, editor = bearer(gateway.token("vera", "viewer")), gateway.token("ed", "editor")
    body = {"key": "report", "type": "markdown", "data": "# T"}
    made = gateway.request("POST", "/api/artifacts/", body, headers={"authorization": basic("ed", editor)})
    assert made.status == 201, made
    version = made.json()["id"]
    places = {"project": "default", "version": version, "tag": "gold", "path": "report.md"}
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace(":str}", "}")
        for name in ("project", "version", "tag", "path", "artifact", "run", "link"):
            path = path.replace(f"{{{name}}}", places.get(name, NOBODY))
        method, sent = endpoint.route.method, {"made": version, "source": NOBODY} if endpoint.body else None
        query = "?ref=report" if any(each.name == "ref" for each in endpoint.parameters) else ""
        if path in OPEN:
            assert gateway.request(method, PREFIX + path).status == OPEN[path]
            continue
        anonymous = gateway.request(method, PREFIX + path + query, sent)
        assert anonymous.status == 401, (method, path, anonymous)
        assert b"report" not in anonymous.content
        asked = gateway.request(method, PREFIX + path + query, sent, headers=viewer)
        if method == "GET":
            assert asked.status in ((404,) if NOBODY in path else (200,)), (method, path, asked)
        else:
            assert asked.status == 403, (method, path, asked)
            assert asked.json()["detail"] == "vera is viewer; this needs the role editor."
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
