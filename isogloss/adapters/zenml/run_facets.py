"""What only ZenML keeps of pipelines, snapshots, runs and steps."""

import logging
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.core.model import Instant, Json, Run, Workflow

logger = logging.getLogger("isogloss.zenml")

F = TypeVar("F")

NULL = Raw(b"null")
"""JSON that is not there."""


class PipelineFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a pipeline. ``runs`` counts all runs that it ever had: the newest one's index."""

    description: str | None = None
    runs: int = 0


class CodeReference(Struct, frozen=True, kw_only=True):
    """Which state of a code repository a snapshot runs."""

    id: str
    commit: str
    subdirectory: str
    code_repository: str
    created: Instant | None = None
    updated: Instant | None = None


class SnapshotFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a snapshot's record; the configurations of its steps are records of their own."""

    run_name_template: str
    pipeline_configuration: Raw
    client_environment: Raw
    pipeline_spec: Raw = NULL
    client_version: str | None = None
    server_version: str | None = None
    pipeline_version_hash: str | None = None
    description: str | None = None
    source_code: str | None = None
    code_path: str | None = None
    stack: str | None = None
    build: str | None = None
    schedule: str | None = None
    template: str | None = None
    source_snapshot: str | None = None
    code_reference: CodeReference | None = None


class RunFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a pipeline run. ``steps``, ``dynamic``, ``goes_on`` (after a failed step) and ``code_reference`` repeat its
    snapshot's.
    """

    index: int = 0
    steps: int = 0
    dynamic: bool = False
    goes_on: bool = True
    heartbeat: bool = False
    stack: str | None = None
    trigger_info: Raw = NULL
    exception_info: Raw = NULL
    original_run: str | None = None
    parent_run: str | None = None
    root_run: str | None = None
    source_snapshot: str | None = None
    child_key: str | None = None
    outputs: dict[str, str] = {}
    model_version: str | None = None
    code_reference: CodeReference | None = None


class StepInput(Struct, frozen=True, array_like=True):
    """A version that a step uses, and how it came to it."""

    slot: str
    version_id: str
    type: str
    index: int | None = None
    chunk_index: int | None = None
    chunk_size: int | None = None


class StepFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a step. ``configuration`` is the key of the record that has it.

    ``overridden`` names the parameters that an input replaces.
    """

    configuration: str | None = None
    type: str | None = None
    is_retriable: bool = False
    substitutions: dict[str, str] = {}
    overridden: tuple[str, ...] = ()
    inputs: tuple[StepInput, ...] = ()
    parents: tuple[str, ...] = ()
    cache_key: str | None = None
    cache_expires_at: Instant | None = None
    code_hash: str | None = None
    docstring: str | None = None
    source_code: str | None = None
    exception_info: Raw = NULL
    original_step: str | None = None
    heartbeat_threshold: int | None = None
    latest_heartbeat: Instant | None = None
    model_version: str | None = None


class HookFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a record of a hook's invocation. ``outputs`` are versions by their names."""

    hook_type: str
    started: Instant
    ended: Instant | None = None
    source: str | None = None
    step_run_id: str | None = None
    logs_id: str | None = None
    outputs: dict[str, list[str]] = {}
    exception_info: Raw = NULL


class LogsFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a record of logs."""

    source: str
    uri: str | None = None
    artifact_store_id: str | None = None
    log_store_id: str | None = None
    hook_invocation_id: str | None = None
    pipeline_run_id: str | None = None
    step_run_id: str | None = None


def facet_text(facet: Struct) -> Json:
    """A facet as it is kept."""
    return msgspec.json.encode(facet).decode()


def read_facet(shape: type[F], dialect: str, facet: Json | None) -> F:
    """A row's facet, where ZenML wrote it; else one that says nothing. One that cannot be read spoils no page."""
    if dialect == DIALECT and facet is not None:
        try:
            return msgspec.json.decode(facet, type=shape)
        except msgspec.DecodeError as error:
            logger.error("a facet is no %s: %s", shape.__name__, error)
    return shape()


def pipeline_facet(workflow: Workflow) -> PipelineFacet:
    """What ZenML keeps of a pipeline."""
    return read_facet(PipelineFacet, workflow.dialect, workflow.facet)


def run_facet(run: Run) -> RunFacet:
    """What ZenML keeps of a run."""
    return read_facet(RunFacet, run.dialect, run.facet)


def step_facet(run: Run) -> StepFacet:
    """What ZenML keeps of a step."""
    return read_facet(StepFacet, run.dialect, run.facet)


def hook_properties(facet: HookFacet) -> tuple[tuple[str, str], ...]:
    """What invocations of hooks are looked up by."""
    kind = ("hook_type", facet.hook_type)
    return (kind,) if facet.step_run_id is None else (kind, ("step_run", facet.step_run_id))


def snapshot_facet(body: Json) -> SnapshotFacet:
    """The body of a snapshot's record."""
    return msgspec.json.decode(body, type=SnapshotFacet)


def logs_facet(body: Json) -> LogsFacet:
    """The body of a record of logs."""
    return msgspec.json.decode(body, type=LogsFacet)
