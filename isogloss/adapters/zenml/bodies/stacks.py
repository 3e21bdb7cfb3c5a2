"""What clients send of flavors, components and stacks."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name, Text

COMPONENT_TYPES = (
    "alerter",
    "annotator",
    "artifact_store",
    "container_registry",
    "data_validator",
    "experiment_tracker",
    "feature_store",
    "image_builder",
    "log_store",
    "model_deployer",
    "orchestrator",
    "step_operator",
    "model_registry",
    "deployer",
    "sandbox",
)

SEVERAL_IN_A_STACK = frozenset({"alerter", "experiment_tracker", "step_operator", "sandbox"})
"""The types of which a stack may have more than one component."""


def _known(value: str) -> str:
    if value not in COMPONENT_TYPES:
        raise ValueError(f"must be one of {', '.join(COMPONENT_TYPES)}")
    return value


ComponentType = Annotated[str, AfterValidator(_known)]


class FlavorRequest(Lenient):
    """A new flavor."""

    name: Name
    display_name: Name | None = None
    type: ComponentType
    config_schema: dict[str, Any]
    connector_type: Name | None = None
    connector_resource_type: Name | None = None
    connector_resource_id_attr: Name | None = None
    source: Name
    integration: Name | None
    logo_url: Text | None = None
    docs_url: Text | None = None
    sdk_docs_url: Text | None = None
    is_custom: bool = True


class FlavorUpdate(Lenient):
    """Changes of a flavor."""

    name: Name | None = None
    display_name: Name | None = None
    type: ComponentType | None = None
    config_schema: dict[str, Any] | None = None
    connector_type: Name | None = None
    connector_resource_type: Name | None = None
    connector_resource_id_attr: Name | None = None
    source: Name | None = None
    integration: Name | None = None
    logo_url: Text | None = None
    docs_url: Text | None = None
    sdk_docs_url: Text | None = None
    is_custom: bool | None = None


class ComponentRequest(Lenient):
    """A new component."""

    name: Name
    type: ComponentType
    flavor: Name
    environment: dict[str, str] | None = None
    secrets: list[Text] | None = None
    configuration: dict[str, Any]
    connector_resource_id: Text | None = None
    labels: dict[str, Any] | None = None
    connector: Identifier | None = None


class ComponentUpdate(Lenient):
    """Changes of a component."""

    name: Name | None = None
    configuration: dict[str, Any] | None = None
    environment: dict[str, str] | None = None
    connector_resource_id: Text | None = None
    labels: dict[str, Any] | None = None
    connector: Identifier | None = None
    add_secrets: list[Text] | None = None
    remove_secrets: list[Text] | None = None


class NewComponent(Lenient):
    """A component that is made together with its stack."""

    flavor: Name
    service_connector_index: int | None = None
    service_connector_resource_id: Text | None = None
    configuration: dict[str, Any] = Field(default_factory=dict)


class StackRequest(Lenient):
    """A new stack, of components that exist and of new ones."""

    name: Name
    description: Name = ""
    stack_spec_path: Text | None = None
    components: dict[ComponentType, list[Identifier | NewComponent]]
    environment: dict[str, str] | None = None
    secrets: list[Text] | None = None
    labels: dict[str, Any] | None = None
    service_connectors: list[Any] = Field(default_factory=list)

    @field_validator("components")
    @classmethod
    def _complete(cls, value: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return _checked(value)


class StackUpdate(Lenient):
    """Changes of a stack."""

    name: Name | None = None
    description: Name | None = None
    stack_spec_path: Text | None = None
    components: dict[ComponentType, list[Identifier]] | None = None
    environment: dict[str, str] | None = None
    labels: dict[str, Any] | None = None
    add_secrets: list[Text] | None = None
    remove_secrets: list[Text] | None = None

    @field_validator("components")
    @classmethod
    def _complete(cls, value: dict[str, list[Any]] | None) -> dict[str, list[Any]] | None:
        return None if value is None else _checked(value)


def _checked(components: dict[str, list[Any]]) -> dict[str, list[Any]]:
    for kind, members in components.items():
        if len(members) > 1 and kind not in SEVERAL_IN_A_STACK:
            raise ValueError(f"a stack has at most one component of the type {kind}")
    if not components.get("orchestrator") or not components.get("artifact_store"):
        raise ValueError("a stack must have an orchestrator and an artifact store")
    return components
