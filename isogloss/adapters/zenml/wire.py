"""What ZenML's operations answer.

Everything is an envelope of three parts beside its id: ``body`` is always there, ``metadata`` where the client asked
to have it hydrated, ``resources`` wherever the thing stands by itself; a thing within another has its body alone.
Members that are always null here belong to the vendor's paid server.
"""

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct


class Entity(Struct, frozen=True):
    """A thing without a name."""

    body: Any
    metadata: Any
    resources: Any
    id: str
    permission_denied: bool = False


class Named(Struct, frozen=True):
    """A thing with a name."""

    body: Any
    metadata: Any
    resources: Any
    id: str
    name: str
    permission_denied: bool = False


class Page(Struct, frozen=True):
    """A page of a list."""

    index: int
    max_size: int
    total_pages: int
    total: int
    items: list[Any]


class ProjectBody(Struct, frozen=True):
    """A project."""

    created: datetime
    updated: datetime
    display_name: str


class ArtifactBody(Struct, frozen=True):
    """An artifact."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str


class ArtifactMetadata(Struct, frozen=True):
    """What is hydrated of an artifact."""

    has_custom_name: bool


class ArtifactResources(Struct, frozen=True):
    """What belongs to an artifact."""

    user: Raw | None
    tags: list[Raw]
    latest_version_name: str | None
    latest_version_id: str | None


class Unopened:
    """The address of a version whose content no client can open yet: it has to be laid out before it is answered."""

    __slots__ = ("version_id",)

    def __init__(self, version_id: str) -> None:
        self.version_id = version_id


class VersionBody(Struct, frozen=True):
    """An artifact version."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str
    artifact: Named
    version: str
    uri: str | Unopened
    type: str
    materializer: Raw
    data_type: Raw
    save_type: str
    artifact_store_id: str | None
    content_hash: str | None
    item_count: int | None


class VersionMetadata(Struct, frozen=True):
    """What is hydrated of an artifact version."""

    visualizations: list[Entity]
    run_metadata: Raw


class VersionResources(Struct, frozen=True):
    """What belongs to an artifact version."""

    user: Raw | None
    tags: list[Raw]
    producer_step_run_id: str | None
    producer_pipeline_run_id: str | None


class VisualizationBody(Struct, frozen=True):
    """A file that shows an artifact version."""

    created: datetime
    updated: datetime
    type: str
    uri: str


class TagBody(Struct, frozen=True):
    """A tag."""

    created: datetime
    updated: datetime
    user_id: str | None
    color: str
    exclusive: bool


class TagMetadata(Struct, frozen=True):
    """What is hydrated of a tag."""

    tagged_count: int


class TagResources(Struct, frozen=True):
    """What belongs to a tag."""

    user: Raw | None


class TagResourceBody(Struct, frozen=True):
    """A tag on a thing."""

    created: datetime
    updated: datetime
    tag_id: str
    resource_id: str
    resource_type: str


class ProjectMetadata(Struct, frozen=True):
    """What is hydrated of a project."""

    description: str
    project_metadata: Raw


class ProjectStatistics(Struct, frozen=True):
    """How much there is in a project."""

    pipelines: int
    runs: int
