"""The bodies of requests about ML repos."""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from isogloss.adapters.truefoundry.bodies.common import RepoName, Text


class RepoManifest(BaseModel):
    """A repo. ``model_extra`` holds what only this dialect knows: collaborators, an owner."""

    model_config = ConfigDict(extra="allow")

    type: Text = "ml-repo"
    name: RepoName
    storage_integration_fqn: Text
    description: Text | None = None
    collaborators: list[dict[str, Any]] | None = None


class ApplyRepo(BaseModel):
    """A repo to make, or to change. With ``dry_run`` it is only looked at."""

    manifest: RepoManifest
    dry_run: bool = Field(default=False, validation_alias=AliasChoices("dryRun", "dry_run"))
