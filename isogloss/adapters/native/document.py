"""The published description of the registry's own API (OpenAPI 3.1), made of what its endpoints declare. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from isogloss.adapters.native.endpoints import Endpoint, Parameter
from isogloss.adapters.native.failures import Problem
from isogloss.adapters.transfers import PREFIX

Document = dict[str, Any]

_REFERENCES = "#/components/schemas/{name}"
_DESCRIPTION = (
    "One registry of machine-learning artifacts: what any of its dialects wrote, in one shape. Answers are JSON,"
    " refusals are problem documents (RFC 9457) whose `detail` says what is wrong and what would be right."
)


def make_document(endpoints: Sequence[Endpoint]) -> Document:
    """The document of endpoints, in their order."""
    shapes: list[type[Struct]] = [Problem]
    for endpoint in endpoints:
        shapes += [shape for shape in (endpoint.answer, endpoint.body) if isinstance(shape, type)]
    unique = list(dict.fromkeys(shapes))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REFERENCES)
    refers = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path.replace(":str}", "}"), {})[endpoint.route.method.lower()] = _operation(
            endpoint, refers
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Isogloss", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"password": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(endpoint: Endpoint, refers: dict[type[Struct], dict[str, Any]]) -> Document:
    refusal = {"schema": refers[Problem]}
    operation: Document = {
        "operationId": endpoint.route.operation.__name__,
        "summary": endpoint.summary,
        "tags": [endpoint.group],
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "responses": {str(status): _answer(endpoint, refers) for status in endpoint.statuses}
        | {
            "4XX": {
                "description": "Refused; `detail` says why.",
                "content": {"application/problem+json": refusal, "application/json": refusal},
            }
        },
    }
    if endpoint.body == "bytes":
        operation["requestBody"] = {"content": {"application/octet-stream": {"schema": {}}}}
    elif endpoint.body is not None:
        content = {"application/json": {"schema": refers[endpoint.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(parameter: Parameter) -> Document:
    schema = {"type": "array", "items": parameter.schema} if parameter.repeated else parameter.schema
    return {
        "name": parameter.name,
        "in": parameter.within,
        "description": parameter.description,
        "required": parameter.required,
        "schema": schema,
    }


def _answer(endpoint: Endpoint, refers: dict[type[Struct], dict[str, Any]]) -> Document:
    if endpoint.answer is None:
        return {"description": "The bytes.", "content": {"*/*": {"schema": {}}}}
    return {"description": "Done.", "content": {"application/json": {"schema": refers[endpoint.answer]}}}


def operations_of(document: Document) -> Iterable[tuple[str, str, Document]]:
    """Method, path and description of each operation of a document, in its order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation
