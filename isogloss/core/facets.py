"""A facet: a JSON object whose members are what each dialect alone gives back, by the dialect's name.

It is kept where rows are written by several dialects; none of them reads or touches another's member.
"""

import msgspec
from msgspec import Raw

from isogloss.core.model import Json


def part_of(facet: Json | None, dialect: str) -> Json | None:
    """The dialect's member of a facet, as JSON text; null where it has none."""
    if facet is None:
        return None
    part = msgspec.json.decode(facet, type=dict[str, Raw]).get(dialect)
    return None if part is None else bytes(part).decode()


def with_part(facet: Json | None, dialect: str, part: Json) -> Json:
    """The facet with this member for the dialect, all others as they were."""
    parts = {} if facet is None else msgspec.json.decode(facet, type=dict[str, Raw])
    return msgspec.json.encode({**parts, dialect: Raw(part.encode())}).decode()
