"""Where the bytes of a version lie: the sources that manifests have."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from isogloss.adapters.truefoundry.bodies.common import KEPT, Text

BucketUri = Annotated[Text, StringConstraints(pattern=r"^(s3|gs|wasbs)://")]


class ManagedSource(BaseModel):
    """Bytes that the registry gave a place to; ``uri`` is that place, as it was told when the version was staged."""

    model_config = KEPT

    type: Literal["truefoundry"] = "truefoundry"
    uri: BucketUri | None = None


class ExternalSource(BaseModel):
    """Bytes that lie elsewhere, and stay there."""

    model_config = KEPT

    type: Literal["external"]
    uri: BucketUri


class InlineSkill(BaseModel):
    """A skill that is nothing but the text that tells of it."""

    model_config = KEPT

    type: Literal["inline"]
    skill_md: Text


class StoredSkill(BaseModel):
    """A skill whose files were uploaded to a stage, whose place is ``uri``, or that lies elsewhere."""

    model_config = KEPT

    type: Literal["blob-storage"]
    description: Text
    uri: Annotated[Text, StringConstraints(min_length=1)]


Sources = Mapping[str, type[BaseModel]]

VERSION_SOURCES: Sources = {"truefoundry": ManagedSource, "external": ExternalSource}
SKILL_SOURCES: Sources = {"inline": InlineSkill, "blob-storage": StoredSkill}
"""The sources that there are, by their type; the first is meant where none is said."""
