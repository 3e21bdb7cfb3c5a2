"""The files of ``openapi/`` agree with one another, and the script that makes them keeps what matters."""

import json

import pytest

from openapi import refresh
from tests.contract.document import OPENAPI, answered, covers, load_deviations, operations, published
from tests.contract.subjects import SUBJECTS, Subject, anonymous

DIALECTS = sorted(path.stem for path in OPENAPI.glob("*.operations"))
TEXT = {"type": "string"}
THINGS = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_contract_holds_the_listed_operations_and_what_they_reach(dialect: str) -> None:
    listed = refresh.read_operations((OPENAPI / f"{dialect}.operations").read_text(encoding="utf-8"))
    document = published(dialect)
    assert sorted(operations(document)) == sorted(f"{method.upper()} {path}" for method, path in listed)
    # Reducing the file once more leaves it as it is: nothing superfluous is in it, nothing is missing, no prose.
    again = refresh.reduce(document, listed)
    assert json.dumps(again, indent=1, ensure_ascii=False) + "\n" == (OPENAPI / f"{dialect}.json").read_text("utf-8")


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.dialect)
def test_every_served_operation_is_in_the_contract_and_no_other(subject: Subject) -> None:
    listed = {anonymous(operation) for operation in operations(published(subject.dialect))}
    assert subject.served - subject.unlisted == listed


def test_reduction_keeps_names_that_look_like_prose_and_drops_the_prose() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Vendor", "version": 7},
        "paths": {
            "/things/": {
                "get": {
                    "summary": "List",
                    "operationId": "list_things",
                    "tags": ["Things"],
                    "parameters": [{"name": "title", "in": "query", "description": "d", "schema": TEXT}],
                    "responses": {"200": {"description": "All of them", "content": THINGS}},
                },
                "delete": {"responses": {"204": {"description": "Gone"}}},
            }
        },
        "components": {
            "schemas": {
                "Thing": {
                    "title": "Thing",
                    "type": "object",
                    "required": ["title"],
                    "properties": {
                        "title": {"title": "Title", "type": "string", "default": {"description": "kept"}},
                        "description": {"$ref": "#/components/schemas/Text"},
                    },
                },
                "Text": {"type": "string", "enum": ["title"], "examples": ["x"]},
                "Other": {"type": "null"},
            }
        },
    }
    assert refresh.reduce(document, [("get", "/things/")]) == {
        "openapi": "3.1.0",
        "info": {"title": "api", "version": "7"},
        "paths": {
            "/things/": {
                "get": {
                    "parameters": [{"name": "title", "in": "query", "schema": TEXT}],
                    "responses": {"200": {"description": "", "content": THINGS}},
                }
            }
        },
        "components": {
            "schemas": {
                "Text": {"type": "string", "enum": ["title"]},
                "Thing": {
                    "type": "object",
                    "required": ["title"],
                    "properties": {
                        "title": {"type": "string", "default": {"description": "kept"}},
                        "description": {"$ref": "#/components/schemas/Text"},
                    },
                },
            }
        },
    }


def test_reduction_refuses_what_the_document_lacks() -> None:
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {}}}}}
    with pytest.raises(refresh.RefreshError, match="POST /a"):
        refresh.reduce(document, [("post", "/a")])
    with pytest.raises(refresh.RefreshError, match="GET /b"):
        refresh.reduce(document, [("get", "/b")])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_deviations_name_operations_shapes_and_statuses_that_exist(dialect: str) -> None:
    deviations = load_deviations()
    known = operations(published(dialect))
    for entry in deviations.of(dialect):
        for pattern in entry.operations:
            assert any(covers(pattern, operation) for operation in known), (entry.id, pattern)
        assert entry.origin in ("vendor", "ours", "guess"), entry.id
        assert all((entry.document, entry.answered, entry.reason)), entry.id
        about = [entry.status is not None, entry.format is not None, bool(entry.schemas)]
        assert sum(about) == (entry.shape is not None) or about == [True, False, False], entry.id
        assert set(entry.schemas) <= set(published(dialect)["components"]["schemas"]), entry.id
    identifiers = [entry.id for entry in deviations.of(dialect)]
    assert len(identifiers) == len(set(identifiers))
    # Working them in looks every shape up.
    assert operations(answered(dialect)) == known
