"""What ZenML's operations on stacks, components and flavors answer."""

from datetime import datetime

from msgspec import Raw, Struct

from isogloss.adapters.zenml.wire import Named


class FlavorBody(Struct, frozen=True):
    """A flavor: where the class is that makes components of it."""

    created: datetime
    updated: datetime
    user_id: str | None
    type: str
    display_name: str
    integration: str | None
    source: str
    logo_url: str | None
    is_custom: bool


class FlavorMetadata(Struct, frozen=True):
    """What is hydrated of a flavor."""

    config_schema: Raw
    connector_type: str | None
    connector_resource_type: str | None
    connector_resource_id_attr: str | None
    docs_url: str | None
    sdk_docs_url: str | None


class UserResources(Struct, frozen=True):
    """What belongs to a flavor, a stack or a code repository."""

    user: Raw | None


class ComponentBody(Struct, frozen=True):
    """A component."""

    created: datetime
    updated: datetime
    user_id: str | None
    type: str
    flavor_name: str
    integration: str | None
    logo_url: str | None


class ComponentMetadata(Struct, frozen=True):
    """What is hydrated of a component. Nothing keeps secrets or connectors here."""

    configuration: Raw
    environment: Raw
    labels: Raw
    secrets: tuple[str, ...] = ()
    connector_resource_id: None = None
    connector: None = None


class ComponentResources(Struct, frozen=True):
    """What belongs to a component."""

    user: Raw | None
    flavor: Named


class StackBody(Struct, frozen=True):
    """A stack."""

    created: datetime
    updated: datetime
    user_id: str | None


class StackMetadata(Struct, frozen=True):
    """What is hydrated of a stack: ``components`` are by type, the one that is meant by default first."""

    components: dict[str, list[Named]]
    description: str
    stack_spec_path: str | None
    environment: Raw
    labels: Raw
    secrets: tuple[str, ...] = ()
