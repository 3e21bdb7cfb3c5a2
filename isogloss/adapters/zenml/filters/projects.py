"""What lists of projects may be asked."""

from isogloss.adapters.zenml.filters.language import of_id, of_moment, of_text
from isogloss.adapters.zenml.filters.listing import Shape

PROJECTS = Shape(
    filters={
        "id": of_id("id"),
        "created": of_moment("created"),
        "updated": of_moment("updated"),
        "name": of_text("name"),
        "display_name": of_text("title"),
    },
    sorts={
        "id": "id",
        "created": "created",
        "updated": "updated",
        "name": "name",
        "display_name": "title",
    },
)
