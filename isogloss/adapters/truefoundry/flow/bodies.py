"""The bodies of requests of the MLflow-shaped family."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from isogloss.adapters.truefoundry.bodies import runs
from isogloss.adapters.truefoundry.bodies.common import Count, Name, Positive, RepoName, Text, Whole
from isogloss.adapters.truefoundry.bodies.directories import DirectoryManifest

ArtifactType = Literal["artifact", "model", "plot", "image", "chat_prompt", "agent-skill"]
Status = Literal["COMMITTED", "DELETED", "HARD_DELETED"]


class OfId(BaseModel):
    """A thing by its id."""

    id: Text


class Paged(BaseModel):
    """A page of a list: by a token of the page before, or by an offset."""

    max_results: Positive | None = None
    offset: Count | None = None
    page_token: Text | None = None


class Tag(BaseModel):
    """A tag of an experiment."""

    key: Text | None = None
    value: Text | None = None


class CreateExperiment(BaseModel):
    """An experiment to be made."""

    name: RepoName
    description: Text | None = None
    tags: Annotated[list[Tag], Field(max_length=1_000)] | None = None
    storage_integration_fqn: Text | None = None


class OfExperiment(BaseModel):
    """An experiment by its id."""

    experiment_id: Text


class UpdateExperiment(OfExperiment):
    """What is to change of an experiment."""

    new_name: RepoName | None = None
    description: Text | None = None


class SetExperimentTag(OfExperiment):
    """A tag to be put on an experiment."""

    key: Text
    value: Text


class CreateArtifact(BaseModel):
    """An artifact to be made, without a version."""

    experiment_id: Text
    name: Name
    artifact_type: ArtifactType


class ListArtifacts(Paged):
    """Which artifacts are wanted."""

    experiment_id: Text | None = None
    artifact_types: list[ArtifactType] | None = None
    name: Text | None = None
    run_id: Text | None = None
    include_models: bool = False


class ListModels(Paged):
    """Which models are wanted."""

    experiment_id: Text | None = None
    name: Text | None = None
    monitoring_enabled_only: bool = False


class CreateArtifactVersion(BaseModel):
    """A version to be staged."""

    experiment_id: Whole
    name: Name
    artifact_type: ArtifactType


class Described(BaseModel):
    """What is said of a version without a manifest."""

    description: Text | None = None
    artifact_metadata: dict[str, Any] | None = None
    internal_metadata: dict[str, Any] | None = None
    data_path: Text | None = None
    step: Count | None = None


class FinalizeArtifactVersion(Described):
    """A staged version to be made, as a manifest or the other members describe it."""

    id: Text
    run_uuid: Text | None = None
    artifact_size: Count | None = None
    manifest: dict[str, Any] | None = None


class CreateModelVersion(Described):
    """A model version to be made of what was staged, or finalized."""

    artifact_version_id: Text


class UpdateVersion(BaseModel):
    """What is to change of a version: a manifest replaces all of it."""

    id: Text
    description: Text | None = None
    artifact_metadata: dict[str, Any] | None = None
    manifest: dict[str, Any] | None = None


class ListArtifactVersions(Paged):
    """Which versions are wanted."""

    artifact_id: Text | None = None
    statuses: list[Status] | None = None
    run_ids: Annotated[list[Text], Field(max_length=1_000)] | None = None
    artifact_types: list[ArtifactType] | None = None
    run_steps: Annotated[list[Whole], Field(max_length=1_000)] | None = None
    include_model_versions: bool = False


class ListModelVersions(Paged):
    """Which versions of models are wanted."""

    model_id: Text | None = None
    statuses: list[Status] | None = None
    run_ids: Annotated[list[Text], Field(max_length=1_000)] | None = None
    monitoring_enabled: bool | None = None


class SignedUrls(BaseModel):
    """Files of a version, or of a stage, whose addresses are wanted."""

    id: Text
    paths: Annotated[list[Text], Field(max_length=10_000)] = []


class MultiPartUpload(BaseModel):
    """A file that is to be uploaded in so many parts."""

    artifact_version_id: Text
    path: Text
    num_parts: Annotated[Positive, Field(le=10_000)]


class ListFiles(BaseModel):
    """A level of a version's files. An absent or empty path is the root."""

    id: Text
    path: Text | None = None
    max_results: Annotated[Positive, Field(le=10_000)] | None = None
    page_token: Text | None = None


class StorageRoot(OfExperiment):
    """A place of bytes that lie elsewhere."""

    storage_root_uri: Text


class Authorize(BaseModel):
    """A role that somebody may have for a thing."""

    id: Text
    role: Text | None = None


class ExportDeploymentFiles(BaseModel):
    """A model that is to be served somewhere."""

    model_version_fqn: Text
    workspace_fqn: Text
    service_name: Text


class CreateDataset(BaseModel):
    """A data directory to be made, as a manifest or the other members describe it."""

    name: Text | None = None
    description: Text | None = None
    experiment_id: Text | None = None
    dataset_metadata: dict[str, Any] | None = None
    manifest: DirectoryManifest | None = None


class UpdateDataset(BaseModel):
    """What is to change of a data directory: a manifest replaces all of it."""

    fqn: Text
    description: Text | None = None
    dataset_metadata: dict[str, Any] | None = None
    manifest: DirectoryManifest | None = None


class DeleteDataset(OfId):
    """A data directory to delete, with its contents or without."""

    delete_contents: bool = False


class ListDatasets(Paged):
    """Which data directories are wanted."""

    experiment_id: Text | None = None
    name: Text | None = None


class DatasetPaths(BaseModel):
    """Files of a data directory."""

    dataset_fqn: Text
    paths: Annotated[list[Text], Field(max_length=10_000)]


class DatasetUpload(BaseModel):
    """A file of a data directory that is to be uploaded in so many parts."""

    dataset_fqn: Text
    path: Text
    num_parts: Annotated[Positive, Field(le=10_000)]


class ListDatasetFiles(BaseModel):
    """A level of a data directory's files. An absent or empty path is the root."""

    dataset_fqn: Text
    path: Text | None = None
    max_results: Annotated[Positive, Field(le=10_000)] | None = None
    page_token: Text | None = None


class OfRun(BaseModel):
    """A run by its id, which has two names."""

    run_id: Text | None = None
    run_uuid: Text | None = None


class UpdateRun(OfRun, runs.UpdateRun):
    """How a run goes on."""


class LogBatch(OfRun, runs.LogBatch):
    """What is logged at once."""


class LogMetric(OfRun, runs.MetricValue):
    """A point of a metric."""


class LogPair(OfRun, runs.Pair):
    """A parameter or a tag."""


class DeleteTag(OfRun, runs.DeleteTag):
    """A tag to take off."""


class ListMetrics(OfRun, runs.ListMetrics):
    """Metrics whose points are wanted."""
