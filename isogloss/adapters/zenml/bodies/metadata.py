"""What clients send of metadata."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from isogloss.adapters.zenml.bodies.common import TEXT_LENGTH, Identifier, Lenient, storable

Type = Literal["str", "int", "float", "bool", "list", "dict", "tuple", "set", "Uri", "Path", "DType", "StorageSize"]
OwnerType = Literal["pipeline_run", "step_run", "artifact_version", "model_version", "schedule", "wait_condition"]


def _searchable(values: dict[str, Any]) -> dict[str, Any]:
    """Values under keys that filters can name."""
    colons = [key for key in values if ":" in key]
    if colons:
        raise ValueError(f"keys must not have colons, since filters end them there; these have: {colons}")
    for key in values:
        storable(key)
    return values


Values = Annotated[dict[str, Any], AfterValidator(_searchable)]
"""JSON values by keys without a colon."""


class Owner(Lenient):
    """A thing that bears metadata."""

    id: Identifier
    type: OwnerType


class RunMetadataRequest(Lenient):
    """Metadata for one or several things, with the types of its values by key."""

    project: Identifier
    resources: list[Owner]
    values: Values
    types: dict[str, Type]
    stack_component_id: Identifier | None = None
    publisher_step_id: Identifier | None = None


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are kept: the vendor leaves out, without a word, null and what is longer than its column."""
    return {key: value for key, value in values.items() if value is not None and len(json.dumps(value)) <= TEXT_LENGTH}
