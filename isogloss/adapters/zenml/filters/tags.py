"""What lists of tags may be asked."""

from isogloss.adapters.zenml.failures import BadFilter
from isogloss.adapters.zenml.filters.artifacts import author
from isogloss.adapters.zenml.filters.language import Condition, Kind, of_boolean, of_id, of_moment, of_text
from isogloss.adapters.zenml.filters.listing import Shape
from isogloss.adapters.zenml.tagging import BEARERS, bears
from isogloss.core.query import Where


def resource_type() -> Kind:
    """Tags that are on something of a type, which takes no operator."""

    def where(asked: Condition) -> Where:
        if asked.text not in BEARERS:
            raise BadFilter(f"resource_type: {asked.text!r} is none of {', '.join(BEARERS)}.")
        return bears(asked.text)

    return where


TAGS = Shape(
    filters={
        "id": of_id("id"),
        "created": of_moment("created"),
        "updated": of_moment("updated"),
        "user": author(),
        "name": of_text("name"),
        "color": of_text("colour"),
        "exclusive": of_boolean("exclusive"),
        "resource_type": resource_type(),
    },
    sorts={
        "id": "id",
        "created": "created",
        "updated": "updated",
        "user": "author",
        "name": "name",
        "color": "colour",
        "exclusive": "exclusive",
    },
)
