"""Properties: the values by which a dialect looks its own things up."""

from collections.abc import Iterable
from typing import TypeAlias

from isogloss.core.model import Property, Record, Run, Workflow

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values, a name as often as it has values."""


def properties_of(entity: str, thing: Run | Workflow | Record, pairs: Iterable[tuple[str, str]]) -> list[Property]:
    """The rows of a thing's properties, each once; ``entity`` is run, workflow or record."""
    return [
        Property(entity=entity, entity_id=thing.id, dialect=thing.dialect, name=name, value=value)
        for name, value in dict.fromkeys(pairs)
    ]
