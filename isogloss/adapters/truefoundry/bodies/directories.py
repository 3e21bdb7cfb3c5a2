"""The bodies of requests about data directories."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from isogloss.adapters.truefoundry.bodies.common import KEPT, Name, RepoName, Text
from isogloss.adapters.truefoundry.bodies.sources import ExternalSource, ManagedSource


class DirectoryManifest(BaseModel):
    """A data directory. What it does not name is kept as it came. Its name goes into an FQN, as that of an artifact."""

    model_config = KEPT

    type: Literal["data-dir"] = "data-dir"
    name: Name
    ml_repo: RepoName
    description: Text | None = None
    metadata: dict[str, Any]
    source: Annotated[ManagedSource | ExternalSource, Field(discriminator="type")]


class ApplyDirectory(BaseModel):
    """A data directory to make, or to change."""

    manifest: DirectoryManifest


class DeleteFiles(BaseModel):
    """Files, and directories with all that is in them, to remove."""

    id: Text
    paths: Annotated[list[Text], Field(max_length=10_000)]
