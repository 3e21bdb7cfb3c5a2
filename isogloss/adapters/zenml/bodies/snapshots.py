"""What clients send of snapshots: how a pipeline is configured, to be run."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictBool

from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name, Text
from isogloss.adapters.zenml.bodies.runs import Tags


def _named(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("name"), str):
        raise ValueError("a configuration must have a name")
    return value


def _no_true(value: str | bool | None) -> str | bool | None:
    if value is True:
        raise ValueError("a name can be a text or false")
    if value == "":
        raise ValueError("a name must not be empty")
    return value


Configuration = Annotated[dict[str, Any], AfterValidator(_named)]
"""A configuration as the client has it; it is given back as it came."""

SnapshotName = Annotated[StrictBool | Name | None, AfterValidator(_no_true)]


class CodeReferenceRequest(Lenient):
    """Which state of a code repository is run."""

    commit: Text
    subdirectory: Text
    code_repository: Identifier


class SnapshotRequest(Lenient):
    """A new snapshot."""

    project: Identifier
    run_name_template: Text
    pipeline_configuration: Configuration
    step_configurations: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    client_environment: dict[str, Any] = Field(default_factory=dict)
    client_version: Name | None = None
    server_version: Name | None = None
    pipeline_version_hash: Name | None = None
    pipeline_spec: dict[str, Any] | None = None
    is_dynamic: bool = False
    name: SnapshotName = None
    description: Text | None = None
    source_code: Text | None = None
    replace: bool | None = None
    tags: Tags | None = None
    stack: Identifier
    pipeline: Identifier
    build: Identifier | None = None
    schedule: Identifier | None = None
    code_reference: CodeReferenceRequest | None = None
    code_path: Text | None = None
    template: Identifier | None = None
    source_snapshot: Identifier | None = None


class SnapshotUpdate(Lenient):
    """Changes of a snapshot; ``name`` false takes the name away."""

    name: SnapshotName = None
    description: Text | None = None
    replace: bool | None = None
    add_tags: Tags | None = None
    remove_tags: list[Name] | None = None
