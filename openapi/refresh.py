"""Reduce a vendor's published OpenAPI document to the operations that Isogloss serves.

    python openapi/refresh.py prefect PUBLISHED.json

reads the list of operations from ``openapi/prefect.operations`` (one ``METHOD /path`` a line, ``#`` starts a comment)
and writes ``openapi/prefect.json``: those operations and the schemas they reach, without a word of the vendor's prose.
The same input always gives the same file, so a diff of it is a diff of the contract. The published document may be the
vendor's own or one already without prose. An operation that it does not have is an error: the vendor moved it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCHEMA_PREFIX = "#/components/schemas/"

# Members that only inform a human reader; so does every extension (x-...). A schema's property may bear one of these
# names: it is then a name and stays.
PROSE = frozenset(
    {
        "description",
        "summary",
        "title",
        "example",
        "examples",
        "externalDocs",
        "operationId",
        "tags",
    }
)
# Members whose value maps names to definitions: the keys below them are names, whatever they are called.
NAME_MAPS = frozenset(
    {
        "properties",
        "patternProperties",
        "$defs",
        "definitions",
        "dependentSchemas",
        "schemas",
        "responses",
        "headers",
        "content",
        "encoding",
        "callbacks",
        "mapping",
        "paths",
    }
)
# Members whose value is data, to be kept as it stands.
LITERALS = frozenset({"default", "enum", "const", "required"})


class RefreshError(Exception):
    """The published document does not hold what the list of operations asks for."""


def without_prose(node: Any, *, names: bool = False) -> Any:
    """A copy of `node` without its prose.

    `names` says that the keys of this mapping are names (of properties, of responses ...), none of which is dropped.
    """
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if names:
            kept[key] = without_prose(value)
        elif key in PROSE or key.startswith("x-"):
            continue
        elif key in LITERALS:
            kept[key] = value
        else:
            kept[key] = without_prose(value, names=key in NAME_MAPS and isinstance(value, dict))
    return kept


def references(node: Any) -> Iterator[str]:
    """The names of the component schemas that `node` refers to, in document order, with repetitions."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                if not value.startswith(SCHEMA_PREFIX):
                    raise RefreshError(f"a reference to something other than a schema: {value}")
                yield value.removeprefix(SCHEMA_PREFIX)
            elif key == "mapping" and isinstance(value, dict):
                yield from (target.removeprefix(SCHEMA_PREFIX) for target in value.values())
            else:
                yield from references(value)


def reachable(roots: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The component schemas reached from `roots`, directly or through one another, sorted by name."""
    found: dict[str, Any] = {}
    waiting = list(references(roots))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in schemas:
            raise RefreshError(f"the document refers to a schema that it does not have: {name}")
        found[name] = schemas[name]
        waiting.extend(references(schemas[name]))
    return dict(sorted(found.items()))


def securities(paths: Mapping[str, Any], schemes: Mapping[str, Any]) -> dict[str, Any]:
    """The security schemes that operations of ``paths`` name, sorted by name."""
    asked = [asked for item in paths.values() for operation in item.values() for asked in operation.get("security", ())]
    return {name: schemes[name] for name in sorted({name for names in asked for name in names})}


def read_operations(text: str) -> list[tuple[str, str]]:
    """The ``(method, path)`` pairs listed in `text`; methods in lower case, in the order of the list."""
    operations: list[tuple[str, str]] = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise RefreshError(f"not of the form METHOD /path: {line!r}")
        operation = (words[0].lower(), words[1])
        if operation in operations:
            raise RefreshError(f"listed twice: {line!r}")
        operations.append(operation)
    return operations


def reduce(document: Mapping[str, Any], operations: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The OpenAPI document that holds only `operations` of `document`, and what they reach.

    A response object must have a description by the format's rules; each gets an empty one.
    Raises RefreshError for an operation that `document` lacks.
    """
    paths: dict[str, Any] = {}
    for method, path in operations:
        item = document["paths"].get(path)
        if item is None or method not in item:
            raise RefreshError(f"not in the published document: {method.upper()} {path}")
        operation = without_prose(item[method])
        for response in operation.get("responses", {}).values():
            response["description"] = ""
        if "parameters" in item:
            operation["parameters"] = without_prose(item["parameters"]) + operation.get("parameters", [])
        paths.setdefault(path, {})[method] = operation
    published = document.get("components", {})
    components = {"schemas": reachable(paths, without_prose(published.get("schemas", {}), names=True))}
    schemes = securities(paths, without_prose(published.get("securitySchemes", {}), names=True))
    if schemes:
        components["securitySchemes"] = schemes
    return {
        "openapi": document["openapi"],
        "info": {"title": "api", "version": str(document.get("info", {}).get("version", ""))},
        "paths": paths,
        "components": components,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Reduce a published OpenAPI document to the operations served here.")
    parser.add_argument("dialect", help="the name of the files to read and write, such as prefect")
    parser.add_argument("document", type=Path, help="the vendor's published OpenAPI document, as JSON")
    options = parser.parse_args(arguments)
    target = HERE / f"{options.dialect}.json"
    try:
        operations = read_operations((HERE / f"{options.dialect}.operations").read_text(encoding="utf-8"))
        reduced = reduce(json.loads(options.document.read_text(encoding="utf-8")), operations)
    except (OSError, ValueError, RefreshError) as error:
        print(f"refresh: {error}", file=sys.stderr)
        return 1
    target.write_text(json.dumps(reduced, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(operations)} operations, {len(reduced['components']['schemas'])} schemas")
    return 0


if __name__ == "__main__":
    sys.exit(main())
