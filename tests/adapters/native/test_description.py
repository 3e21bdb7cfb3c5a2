"""The published description of the registry's own API: whole, and shown on a page that needs nothing else."""

import re

import msgspec
import pytest

from isogloss.adapters.native.dialect import ENDPOINTS, ROUTES
from isogloss.adapters.native.document import make_document, operations_of
from isogloss.core.registry import Registry
from tests.adapters.native.serving import Served

DOCUMENT = make_document(ENDPOINTS)


def test_every_route_is_described_and_nothing_else() -> None:
    served = {f"{route.method} {re.sub(r':(str|path)}', '}', route.path)}" for route in ROUTES}
    assert {f"{method} {path}" for method, path, _ in operations_of(DOCUMENT)} == served
    assert len(served) == len(ROUTES)


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    operations = list(operations_of(DOCUMENT))
    assert len({operation["operationId"] for _, _, operation in operations}) == len(operations)
    assert all(operation["summary"] for _, _, operation in operations)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.route.method} {endpoint.path}")
def test_the_parameters_of_a_path_are_declared(endpoint: object) -> None:
    route, parameters = endpoint.route, endpoint.parameters  # type: ignore[attr-defined]
    declared = {parameter.name for parameter in parameters if parameter.within == "path"}
    assert declared == set(re.findall(r"{(\w+):", route.path))


def test_every_shape_that_is_referred_to_is_there() -> None:
    text = msgspec.json.encode(DOCUMENT).decode()
    referred = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert referred <= set(DOCUMENT["components"]["schemas"])
    assert "Version" in referred


async def test_it_is_served_to_programs_and_to_people(registry: Registry) -> None:
    served = Served(registry)
    answer = await served("GET", "/api/isogloss/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(answer.body) == msgspec.json.decode(msgspec.json.encode(DOCUMENT))
    page = await served("GET", "/api/isogloss/v1/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    text = page.body.decode()
    for method, path, operation in operations_of(DOCUMENT):
        assert f'<span class="method">{method}</span> <code>{path}</code>' in text
        assert f'id="{operation["operationId"]}"' in text
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= set(re.findall(r'id="([^"]*)"', text))
    assert "<script" not in text
