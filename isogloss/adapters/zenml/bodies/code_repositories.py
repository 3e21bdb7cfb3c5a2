"""What clients send of code repositories."""

from typing import Any

from isogloss.adapters.zenml.bodies.common import AnySource, Identifier, Lenient, Name, Text


class CodeRepositoryRequest(Lenient):
    """A new code repository."""

    project: Identifier
    name: Name
    config: dict[str, Any]
    source: AnySource
    logo_url: Text | None = None
    description: Text | None = None


class CodeRepositoryUpdate(Lenient):
    """Changes of a code repository."""

    name: Name | None = None
    config: dict[str, Any] | None = None
    source: AnySource | None = None
    logo_url: Text | None = None
    description: Text | None = None
