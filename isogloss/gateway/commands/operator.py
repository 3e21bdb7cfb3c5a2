"""Who types a command: whoever operates the registry, and has its storage in their hands."""

from msgspec.structs import replace

from isogloss.core.access import ANYBODY
from isogloss.core.registry import Registry
from isogloss.core.registry.callers import registry_for

OPERATOR = replace(ANYBODY, name="operator")


def as_operator(registry: Registry, action: str) -> Registry:
    """The registry, with a record of what a command writes."""
    return registry_for(registry, OPERATOR, "command line", action)
