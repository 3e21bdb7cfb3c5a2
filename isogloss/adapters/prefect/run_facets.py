"""What Prefect keeps of flows, runs and task runs beyond what every dialect understands: their facets.

A facet is JSON of one of these Structs; members that nobody here looks into stay text.
"""

import logging
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.run_wire import CreatedBy, FlowRunPolicy
from isogloss.core.model import Instant, Json, Run, Workflow

logger = logging.getLogger("isogloss.prefect")

# A facet's member that may be null is Raw too: msgspec does not decode a union of Raw and None.
EMPTY_OBJECT, EMPTY_LIST, NULL = Raw(b"{}"), Raw(b"[]"), Raw(b"null")
NO_TASK_POLICY = Raw(
    b'{"max_retries":0,"retry_delay_seconds":0.0,"retries":null,"retry_delay":null,"retry_jitter_factor":null}'
)

F = TypeVar("F", bound=Struct)


class FlowFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a flow gives back verbatim."""

    labels: Raw = EMPTY_OBJECT


class FlowRunFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a flow run gives back verbatim, and its policy."""

    deployment_version: str | None = None
    work_queue_name: str | None = None
    flow_version: str | None = None
    parameters: Raw = EMPTY_OBJECT
    context: Raw = EMPTY_OBJECT
    policy: FlowRunPolicy = FlowRunPolicy()
    labels: Raw = EMPTY_OBJECT
    auto_scheduled: bool = False
    infrastructure_document_id: str | None = None
    infrastructure_pid: str | None = None
    created_by: CreatedBy | None = None
    job_variables: Raw = EMPTY_OBJECT


class TaskRunFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task run gives back verbatim. ``cache_expiration`` is in microseconds since the epoch."""

    task_key: str
    dynamic_key: str
    cache_key: str | None = None
    cache_expiration: Instant | None = None
    task_version: str | None = None
    policy: Raw = NO_TASK_POLICY
    labels: Raw = EMPTY_OBJECT
    task_inputs: Raw = EMPTY_OBJECT
    flow_run_run_count: int = 0


class LogFacet(Struct, frozen=True, kw_only=True):
    """Of a log line that another server received: when it did, in microseconds since the epoch."""

    created: Instant
    updated: Instant


def json_text(value: Any) -> Json:
    """The JSON text of a value whose Raw members are kept as they are."""
    return msgspec.json.encode(value).decode()


def raw(value: Any) -> Raw:
    """A parsed JSON value as text to be passed through. Raises ``Unprocessable`` for one too deep."""
    return Raw(dump(value).encode())


def read_facet(shape: type[F], facet: Json | None, dialect: str, default: F) -> F:
    """A row's facet, where Prefect wrote it; else the default. One that cannot be read is logged and spoils no page."""
    if dialect != DIALECT or facet is None:
        return default
    try:
        return msgspec.json.decode(facet, type=shape)
    except msgspec.DecodeError as error:
        logger.error("a facet is no %s: %s", shape.__name__, error)
        return default


def flow_facet(workflow: Workflow | None) -> FlowFacet:
    """What Prefect keeps of a flow."""
    if workflow is None:
        return FlowFacet()
    return read_facet(FlowFacet, workflow.facet, workflow.dialect, FlowFacet())


def flow_run_facet(run: Run) -> FlowRunFacet:
    """What Prefect keeps of a flow run."""
    return read_facet(FlowRunFacet, run.facet, run.dialect, FlowRunFacet())


def task_run_facet(run: Run) -> TaskRunFacet:
    """What Prefect keeps of a task run. A step of another dialect is a task of its own name."""
    default = TaskRunFacet(task_key=run.name, dynamic_key=run.position or run.id)
    return read_facet(TaskRunFacet, run.facet, run.dialect, default)
