"""What clients send of models, of their versions, and of what these gather."""

from typing import Literal

from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name, Text

STAGES = ("none", "staging", "production", "archived", "latest")
"""Where a model version may be put. ``latest`` is no place, but the vendor takes it for one."""

ARCHIVED, LATEST = "archived", "latest"


class ModelRequest(Lenient):
    """A new model."""

    project: Identifier
    name: Name
    license: Text | None = None
    description: Text | None = None
    audience: Text | None = None
    use_cases: Text | None = None
    limitations: Text | None = None
    trade_offs: Text | None = None
    ethics: Text | None = None
    tags: list[Name] | None = None
    save_models_to_registry: bool = True


class ModelUpdate(Lenient):
    """Changes of a model; what is null stays."""

    name: Name | None = None
    license: Text | None = None
    description: Text | None = None
    audience: Text | None = None
    use_cases: Text | None = None
    limitations: Text | None = None
    trade_offs: Text | None = None
    ethics: Text | None = None
    add_tags: list[Name] | None = None
    remove_tags: list[Name] | None = None
    save_models_to_registry: bool | None = None


class ModelVersionRequest(Lenient):
    """A new model version."""

    project: Identifier
    name: Name | None = None
    description: Text | None = None
    stage: Name | None = None
    model: Identifier
    tags: list[Name] | None = None


class ModelVersionUpdate(Lenient):
    """Changes of a model version; what is null stays."""

    stage: Literal["none", "staging", "production", "archived", "latest"] | None = None
    force: bool = False
    name: Name | None = None
    description: Text | None = None
    add_tags: list[Name] | None = None
    remove_tags: list[Name] | None = None


class ArtifactLinkRequest(Lenient):
    """A link from a model version to an artifact version."""

    model_version: Identifier
    artifact_version: Identifier


class RunLinkRequest(Lenient):
    """A link from a model version to a pipeline run."""

    model_version: Identifier
    pipeline_run: Identifier


class ConfiguredModel(Lenient):
    """The model that a pipeline or a step is configured to work on."""

    name: Name
    license: Text | None = None
    description: Text | None = None
    audience: Text | None = None
    use_cases: Text | None = None
    limitations: Text | None = None
    trade_offs: Text | None = None
    ethics: Text | None = None
    tags: list[Name] | None = None
    version: Name | int | None = None
    save_models_to_registry: bool = True
