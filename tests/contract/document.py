"""A published contract together with its deviations: the two files of ``openapi/`` as one OpenAPI document."""

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")
SAME = "same as "
"""A shape written so is the body that the document has for another status."""


class Deviation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of ``deviations.toml``, whose head explains the members."""

    dialect: str
    id: str
    operations: tuple[str, ...]
    document: str
    answered: str
    reason: str
    origin: str
    status: int | None = None
    format: str | None = None
    schemas: tuple[str, ...] = ()
    shape: str | None = None

    def concerns(self, operation: str) -> bool:
        """Whether it is about the operation, given as ``METHOD /path``."""
        return any(covers(pattern, operation) for pattern in self.operations)


def covers(pattern: str, operation: str) -> bool:
    """Whether an operation is the one of a pattern, or one of those of a pattern that ends with a star."""
    if not pattern.endswith("*"):
        return pattern == operation
    begin = pattern.removesuffix("*")
    # Behind a star instead of a method all methods are meant.
    return operation.partition(" ")[2].startswith(begin[2:]) if begin.startswith("* ") else operation.startswith(begin)


class Deviations(Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``deviations.toml``."""

    deviation: tuple[Deviation, ...]
    shapes: dict[str, dict[str, Any]]

    def of(self, dialect: str) -> list[Deviation]:
        """The entries of one dialect, in their order."""
        return [entry for entry in self.deviation if entry.dialect == dialect]


def load_deviations() -> Deviations:
    """Read ``deviations.toml``. Raises ``msgspec.ValidationError`` for an entry that is not as its head says."""
    return msgspec.convert(tomllib.loads((OPENAPI / "deviations.toml").read_text(encoding="utf-8")), Deviations)


def published(dialect: str) -> dict[str, Any]:
    """The contract of a dialect as it was published, reduced to what is served."""
    document: dict[str, Any] = json.loads((OPENAPI / f"{dialect}.json").read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> list[str]:
    """The operations of a document, as ``METHOD /path``, in its order."""
    return [f"{m.upper()} {path}" for path, item in document["paths"].items() for m in item if m in METHODS]


def answered(dialect: str) -> dict[str, Any]:
    """The contract with the deviations worked in: which statuses come, and with which bodies.

    Where deviations give a status that the document has too, their bodies replace its body (``created`` is the one that
    adds a status and takes the body over from another).
    """
    document = copy.deepcopy(published(dialect))
    deviations = load_deviations()
    for path, item in document["paths"].items():
        for method in (m for m in METHODS if m in item):
            responses = item[method]["responses"]
            bodies: dict[str, list[dict[str, Any]]] = {}
            for entry in deviations.of(dialect):
                if entry.status is None or not entry.concerns(f"{method.upper()} {path}"):
                    continue
                shapes = bodies.setdefault(str(entry.status), [])
                for name in (entry.shape or "").split(" | "):
                    shape = _shape(name, deviations, responses)
                    if shape is not None and shape not in shapes:
                        shapes.append(shape)
            for status, shapes in bodies.items():
                responses[status] = {"description": ""}
                if shapes:
                    responses[status]["content"] = {"application/json": {"schema": {"anyOf": shapes}}}
    formats = {entry.format: deviations.shapes[str(entry.shape)] for entry in deviations.of(dialect) if entry.format}
    reformat(document, formats)
    components = document["components"]["schemas"]
    for entry in deviations.of(dialect):
        components.update({name: deviations.shapes[str(entry.shape)] for name in entry.schemas})
    loosen_pairs(document)
    return document


def loosen_pairs(node: Any) -> None:
    """Say of each list with members by their places only what its members are.

    The tool that checks answers takes such a list for one of an older draft, and then refuses the document. Tests of
    the routes hold the places.
    """
    if isinstance(node, list):
        for item in node:
            loosen_pairs(item)
    elif isinstance(node, dict):
        if isinstance(node.get("prefixItems"), list):
            node["items"] = {"anyOf": node.pop("prefixItems")}
        for value in node.values():
            loosen_pairs(value)


def reformat(node: Any, formats: dict[str, dict[str, Any]]) -> None:
    """Put other schemas in the place of those with these formats, within a document."""
    if isinstance(node, list):
        for item in node:
            reformat(item, formats)
    elif isinstance(node, dict):
        other = formats.get(node["format"]) if isinstance(node.get("format"), str) else None
        if other is not None:
            node.update(other)
        for value in node.values():
            reformat(value, formats)


def _shape(name: str, deviations: Deviations, responses: dict[str, Any]) -> dict[str, Any] | None:
    if not name:
        return None
    if name.startswith(SAME):
        schema: dict[str, Any] = responses[name.removeprefix(SAME)]["content"]["application/json"]["schema"]
        return schema
    return deviations.shapes[name]
