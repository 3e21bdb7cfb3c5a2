"""What clients send of tags, and of what bears them."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from isogloss.adapters.call import as_uuid
from isogloss.adapters.zenml.bodies.common import Identifier, Lenient, Name

Colour = Literal["grey", "purple", "red", "green", "yellow", "orange", "lime", "teal", "turquoise", "magenta", "blue"]
ResourceType = Literal[
    "artifact",
    "artifact_version",
    "model",
    "model_version",
    "pipeline",
    "pipeline_run",
    "run_template",
    "pipeline_snapshot",
    "deployment",
]


def _no_uuid(value: str) -> str:
    if as_uuid(value) is not None:
        raise ValueError("must not look like a UUID, since tags are also looked up by id")
    return value


TagName = Annotated[Name, AfterValidator(_no_uuid)]


class TagRequest(Lenient):
    """A new tag, of a colour by chance where none is given."""

    name: TagName
    exclusive: bool = False
    color: Colour | None = None


class TagUpdate(Lenient):
    """Changes of a tag."""

    name: TagName | None = None
    exclusive: bool | None = None
    color: Colour | None = None


class TagResourceRequest(Lenient):
    """A tag and a thing that bears it."""

    tag_id: Identifier
    resource_id: Identifier
    resource_type: ResourceType
