"""What clients send of artifacts and of their versions."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, field_validator, model_validator

from isogloss.adapters.zenml.bodies.common import AnySource, Identifier, Lenient, Name, Text
from isogloss.adapters.zenml.bodies.metadata import Values
from isogloss.adapters.zenml.kinds import ROLES, SAVE_TYPES

VisualizationType = Literal["csv", "html", "image", "json", "markdown"]


class ArtifactRequest(Lenient):
    """A new artifact without a version."""

    project: Identifier
    name: Name
    has_custom_name: bool = False
    tags: list[Name] | None = None


class ArtifactUpdate(Lenient):
    """Changes of an artifact."""

    name: Name | None = None
    add_tags: list[Name] | None = None
    remove_tags: list[Name] | None = None
    has_custom_name: bool | None = None


class VisualizationRequest(Lenient):
    """A file that shows a version."""

    type: VisualizationType
    uri: Text


class VersionRequest(Lenient):
    """A new version of an artifact, which is named by its id, or by its name and then made if need be."""

    project: Identifier
    artifact_id: Identifier | None = None
    artifact_name: Name | None = None
    version: Annotated[StrictInt | str | None, Field(union_mode="left_to_right")] = None
    has_custom_name: bool = False
    type: str
    artifact_store_id: Identifier | None = None
    uri: Text
    materializer: AnySource
    data_type: AnySource
    content_hash: Name | None = None
    tags: list[Name] | None = None
    visualizations: list[VisualizationRequest] | None = None
    save_type: str
    metadata: Values | None = None
    item_count: int | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in ROLES:
            raise ValueError(f"must be one of {', '.join(ROLES)}")
        return value

    @field_validator("save_type")
    @classmethod
    def _known_save_type(cls, value: str) -> str:
        if value not in SAVE_TYPES:
            raise ValueError(f"must be one of {', '.join(SAVE_TYPES)}")
        return value

    @field_validator("version")
    @classmethod
    def _short_version(cls, value: int | str | None) -> str | None:
        if value is None:
            return None
        text = str(value)
        if len(text) >= 255:
            raise ValueError("must be shorter than 255 characters")
        return text

    @model_validator(mode="after")
    def _one_artifact(self) -> "VersionRequest":
        if bool(self.artifact_id) == bool(self.artifact_name):
            raise ValueError("exactly one of artifact_id and artifact_name must be given")
        return self


class VersionUpdate(Lenient):
    """Changes of a version: its tags. A name is taken and ignored, as the vendor does."""

    name: str | None = None
    add_tags: list[Name] | None = None
    remove_tags: list[Name] | None = None
