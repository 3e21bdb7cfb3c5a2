"""What is read of a ZenML server's answers. Members that are given back as they came stay text."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Raw, Struct

from isogloss.adapters.source import Count, Id
from isogloss.adapters.zenml.run_wire import LogsBody

B = TypeVar("B")
M = TypeVar("M")
R = TypeVar("R")

NULL, EMPTY = Raw(b"null"), Raw(b"{}")


class Thing(Struct, Generic[B, M, R]):
    """The vendor's envelope around everything that stands by itself."""

    id: Id
    body: B
    metadata: M
    resources: R
    name: str | None = None


class Page(Struct, Generic[B]):
    """A page of a list."""

    total: int
    total_pages: int
    items: list[B]


class Reference(Struct):
    """A thing within another one, of which only the id is read."""

    id: Id


class Nothing(Struct):
    """A part that nothing is read of."""


class Owned(Struct, kw_only=True):
    """The body of a thing of which no more is read."""

    created: datetime
    updated: datetime
    user_id: Id | None = None


class Scoped(Struct, kw_only=True):
    """The body of a thing in a project, of which no more is read."""

    created: datetime
    updated: datetime
    user_id: Id | None = None
    project_id: Id


class UserBody(Struct, kw_only=True):
    """A user or a service account."""

    created: datetime
    updated: datetime
    active: bool = True
    full_name: str = ""
    email_opted_in: bool | None = None
    is_service_account: bool = False
    is_admin: bool = False
    default_project_id: Id | None = None
    avatar_url: str | None = None


class UserMetadata(Struct, kw_only=True):
    """What is hydrated of a user or a service account."""

    email: str | None = None
    description: str | None = None
    user_metadata: Raw = EMPTY


class ProjectBody(Struct, kw_only=True):
    """A project."""

    created: datetime
    updated: datetime
    display_name: str


class ProjectMetadata(Struct, kw_only=True):
    """What is hydrated of a project."""

    description: str = ""
    project_metadata: Raw = EMPTY


class TagBody(Struct, kw_only=True):
    """A tag."""

    created: datetime
    updated: datetime
    user_id: Id | None
    color: str
    exclusive: bool


class FlavorBody(Struct, kw_only=True):
    """A flavor."""

    created: datetime
    updated: datetime
    user_id: Id | None = None
    type: str
    display_name: str | None = None
    integration: str | None = None
    source: str
    logo_url: str | None = None
    is_custom: bool


class FlavorMetadata(Struct, kw_only=True):
    """What is hydrated of a flavor."""

    config_schema: Raw
    connector_type: str | None = None
    connector_resource_type: str | None = None
    connector_resource_id_attr: str | None = None
    docs_url: str | None = None
    sdk_docs_url: str | None = None


class ComponentBody(Struct, kw_only=True):
    """A component of a stack."""

    created: datetime
    updated: datetime
    user_id: Id | None
    type: str
    flavor_name: str


class ComponentMetadata(Struct, kw_only=True):
    """What is hydrated of a component."""

    configuration: Raw = EMPTY
    environment: Raw = NULL
    labels: Raw = NULL


class StackMetadata(Struct, kw_only=True):
    """What is hydrated of a stack."""

    components: dict[str, list[Reference]]
    description: str | None = None
    stack_spec_path: str | None = None
    environment: Raw = NULL
    labels: Raw = EMPTY


class RepositoryBody(Struct, kw_only=True):
    """A code repository."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    source: Raw
    logo_url: str | None = None


class RepositoryMetadata(Struct, kw_only=True):
    """What is hydrated of a code repository."""

    config: Raw
    description: str | None = None


class Tags(Struct):
    """What bears tags."""

    tags: list[Reference]


class ArtifactMetadata(Struct):
    """What is hydrated of an artifact."""

    has_custom_name: bool


class VersionBody(Struct, kw_only=True):
    """An artifact version."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    artifact: Reference
    version: str
    uri: str
    type: str
    materializer: Raw
    data_type: Raw
    save_type: str
    artifact_store_id: Id | None
    content_hash: str | None
    item_count: int | None


class VisualizationBody(Struct):
    """A file that shows a version."""

    created: datetime
    updated: datetime
    type: str
    uri: str


class VersionMetadata(Struct):
    """What is hydrated of an artifact version."""

    visualizations: list[Thing[VisualizationBody, Raw, Raw]]
    run_metadata: Raw


class VersionResources(Struct):
    """What belongs to an artifact version."""

    tags: list[Reference]
    producer_step_run_id: Id | None
    producer_pipeline_run_id: Id | None


class PipelineMetadata(Struct):
    """What is hydrated of a pipeline."""

    description: str | None


class SnapshotBody(Struct, kw_only=True):
    """A snapshot."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    is_dynamic: bool
    pipeline_id: Id | None


class SnapshotMetadata(Struct, kw_only=True):
    """What is hydrated of a snapshot."""

    run_name_template: str
    pipeline_configuration: Raw
    step_configurations: dict[str, Raw]
    client_environment: Raw
    pipeline_spec: Raw = NULL
    client_version: str | None = None
    server_version: str | None = None
    pipeline_version_hash: str | None = None
    description: str | None = None
    source_code: str | None = None
    code_path: str | None = None
    template_id: Id | None = None
    source_snapshot_id: Id | None = None


class CodeReferenceBody(Struct):
    """Which state of a code repository a snapshot runs."""

    created: datetime
    updated: datetime
    commit: str
    subdirectory: str
    code_repository: Reference


CodeReference = Thing[CodeReferenceBody, Raw, Raw]


class SnapshotResources(Struct, kw_only=True):
    """What belongs to a snapshot."""

    stack: Reference | None = None
    build: Reference | None = None
    schedule: Reference | None = None
    code_reference: CodeReference | None = None
    tags: list[Reference] = []


class RunBody(Struct, kw_only=True):
    """A pipeline run."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    status: str
    in_progress: bool
    status_reason: str | None
    index: Count
    pipeline_id: Id | None
    child_key: str | None = None
    root_run_id: Id | None = None


class RunIndex(Struct):
    """What is read of a pipeline's newest run."""

    index: Count


class RunConfiguration(Struct):
    """What is read of a run's configuration."""

    execution_mode: str = ""


class RunMetadata(Struct, kw_only=True):
    """What is hydrated of a run."""

    run_metadata: Raw
    config: RunConfiguration
    start_time: datetime | None
    end_time: datetime | None
    orchestrator_environment: Raw
    orchestrator_run_id: str | None
    trigger_info: Raw = NULL
    enable_heartbeat: bool = False
    exception_info: Raw = NULL


Logs = Thing[LogsBody, Raw, Raw]


class RunSnapshot(Struct):
    """The snapshot within a run."""

    id: Id
    body: SnapshotBody


class RunResources(Struct, kw_only=True):
    """What belongs to a run."""

    snapshot: RunSnapshot | None
    source_snapshot: Reference | None = None
    stack: Reference | None = None
    build: Reference | None = None
    schedule: Reference | None = None
    code_reference: CodeReference | None = None
    model_version: Reference | None = None
    tags: list[Reference]
    log_collection: list[Logs] | None = None
    original_run: Reference | None = None
    parent_run: Reference | None = None
    outputs: dict[str, Reference] = {}


class StepBody(Struct, kw_only=True):
    """A step."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    type: str | None = None
    status: str
    version: Count
    is_retriable: bool
    start_time: datetime | None
    end_time: datetime | None
    latest_heartbeat: datetime | None = None
    model_version_id: Id | None = None
    substitutions: dict[str, str]
    heartbeat_threshold: int | None = None


class StepMetadata(Struct, kw_only=True):
    """What is hydrated of a step."""

    config: Raw
    spec: Raw
    cache_key: str | None
    cache_expires_at: datetime | None = None
    code_hash: str | None
    docstring: str | None
    source_code: str | None
    exception_info: Raw = NULL
    snapshot_id: Id
    pipeline_run_id: Id
    original_step_run_id: Id | None
    parent_step_ids: list[Id]
    run_metadata: Raw


class Input(Struct, kw_only=True):
    """A version that a step uses."""

    id: Id
    input_type: str
    index: int | None = None
    chunk_index: int | None = None
    chunk_size: int | None = None


class StepResources(Struct, kw_only=True):
    """What belongs to a step."""

    model_version: Reference | None = None
    log_collection: list[Logs] | None = None
    inputs: dict[str, list[Input]]
    outputs: dict[str, list[Reference]]


class ModelVersionBody(Struct, kw_only=True):
    """A model version."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    stage: str | None
    number: Count
    model: Reference


class ModelVersionMetadata(Struct):
    """What is hydrated of a model version."""

    description: str | None
    run_metadata: Raw


class ArtifactLinkBody(Struct, kw_only=True):
    """A link from a model version to an artifact version."""

    created: datetime
    model_version: Id
    artifact_version: Reference


class RunLinkBody(Struct, kw_only=True):
    """A link from a model version to a run."""

    created: datetime
    model_version: Id
    pipeline_run: Reference


class HookBody(Struct, kw_only=True):
    """An invocation of a hook."""

    created: datetime
    updated: datetime
    user_id: Id | None
    project_id: Id
    hook_type: str
    status: str
    start_time: datetime
    end_time: datetime | None = None
    pipeline_run_id: Id
    step_run_id: Id | None = None


class HookMetadata(Struct, kw_only=True):
    """What is hydrated of an invocation of a hook."""

    source: str | None = None
    exception_info: Raw = NULL


class HookResources(Struct, kw_only=True):
    """What belongs to an invocation of a hook."""

    outputs: dict[str, list[Reference]] = {}
    log_collection: list[Logs] | None = None
