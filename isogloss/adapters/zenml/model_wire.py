"""What ZenML's operations answer of models, of their versions, and of what these gather."""

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from isogloss.adapters.zenml.wire import Named, Page


class ModelBody(Struct, frozen=True):
    """A model."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str


class ModelMetadata(Struct, frozen=True, kw_only=True):
    """What is hydrated of a model; kept as it is printed."""

    license: str | None
    description: str | None
    audience: str | None
    use_cases: str | None
    limitations: str | None
    trade_offs: str | None
    ethics: str | None
    save_models_to_registry: bool


class ModelResources(Struct, frozen=True):
    """What belongs to a model. ``visualizations`` are the paid server's."""

    user: Raw | None
    tags: list[Raw]
    latest_version_name: str | None
    latest_version_id: str | None
    visualizations: tuple[()] = ()


class ModelVersionBody(Struct, frozen=True):
    """A model version."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str
    stage: str | None
    number: int
    model: Named


class ModelVersionMetadata(Struct, frozen=True):
    """What is hydrated of a model version."""

    description: str | None
    run_metadata: Raw


class ModelVersionResources(Struct, frozen=True):
    """What belongs to a model version. There are no services here, of which the vendor shows the first five."""

    user: Raw | None
    tags: list[Raw]
    services: Page = Page(1, 5, 1, 0, [])


class ArtifactLinkBody(Struct, frozen=True):
    """A link from a model version to an artifact version."""

    created: datetime
    updated: datetime
    model_version: str
    artifact_version: Any


class RunLinkBody(Struct, frozen=True):
    """A link from a model version to a pipeline run."""

    created: datetime
    updated: datetime
    model_version: str
    pipeline_run: Any
