"""The events that clients send over the websocket, and the task runs that some of them report.

Prefect's clients run tasks on their own and tell afterwards, in one event for each state. Nobody is answered, so an
event that makes no sense is an ``EventError`` for the log, and text that cannot be stored is mended, not refused.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from isogloss.adapters.prefect.bodies.common import Integer, Labels, Lenient, Moment
from isogloss.adapters.prefect.bodies.events import RESOURCE_ID, RESOURCE_ROLE, EventCreate
from isogloss.adapters.prefect.bodies.states import StateCreate
from isogloss.adapters.prefect.bodies.task_runs import (
    Constant,
    FlowRunResult,
    Parameter,
    TaskRunPolicy,
    TaskRunResult,
)
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.run_facets import TaskRunFacet, json_text
from isogloss.adapters.prefect.run_names import run_name
from isogloss.adapters.prefect.run_translate import (
    merged,
    phase,
    position,
    run_properties,
    tags_text,
    task_inputs,
    task_policy,
)
from isogloss.core.model import Instant, Json, RunState
from isogloss.core.names import NAME_BYTES
from isogloss.core.registry.steps import StepReport

TASK_RUN, FLOW_RUN = "prefect.task-run.", "prefect.flow-run."
_ORCHESTRATION = "prefect.orchestration"
_MICROSECOND = timedelta(microseconds=1)

M = TypeVar("M", bound=BaseModel)


class EventError(ValueError):
    """What was sent is no event, or reports no task run as it should."""


def _cut(name: Any) -> Any:
    """Names longer than an index takes are cut."""
    if not isinstance(name, str) or len(name) * 4 <= NAME_BYTES:
        return name
    return name.encode()[:NAME_BYTES].decode(errors="ignore")


_Cut = Annotated[str, BeforeValidator(_cut)]


class _State(StateCreate):
    """A state in the past tense."""

    model_config = ConfigDict(extra="ignore")

    name: _Cut | None = None


class _TaskRun(Lenient):
    """How a task run stands."""

    name: _Cut = Field(default_factory=run_name)
    task_key: Annotated[str, Field(max_length=NAME_BYTES)]
    dynamic_key: Annotated[str, Field(max_length=NAME_BYTES)]
    cache_key: str | None = None
    cache_expiration: Moment | None = None
    task_version: str | None = None
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    tags: list[_Cut] = Field(default_factory=list)
    labels: Labels | None = Field(default_factory=dict)
    task_inputs: dict[str, list[TaskRunResult | FlowRunResult | Parameter | Constant]] = Field(default_factory=dict)
    run_count: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    flow_run_run_count: Integer = 0
    expected_start_time: Moment | None = None
    next_scheduled_start_time: Moment | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    total_run_time: timedelta = timedelta(0)

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: Any) -> Any:
        return name or run_name()


class _Payload(Lenient):
    """What a task-run event says."""

    task_run: _TaskRun
    validated_state: _State


def read_event(frame: str) -> EventCreate:
    """The event that a frame holds. Raises ``EventError``."""
    told = _parsed(frame)
    if not isinstance(told, dict):
        raise EventError("not an object")
    return _validated(EventCreate, told)


def task_run_report(event: EventCreate, now: Instant) -> StepReport | None:
    """The task run that an event reports; None for an event of anything else. Raises ``EventError``."""
    if not event.event.startswith(TASK_RUN) or event.resource.get(_ORCHESTRATION) != "client":
        return None
    return _report(event, _validated(_Payload, event.payload), now)


def _validated(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise EventError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _report(event: EventCreate, payload: _Payload, now: Instant) -> StepReport:
    step_id = _id_in(event.resource, TASK_RUN)
    run_id = next((_id_in(one, FLOW_RUN) for one in event.related if one[RESOURCE_ROLE] == "flow-run"), None)
    task, proposed = payload.task_run, phase(payload.validated_state)
    tags = tags_text(task.tags)
    return StepReport(
        dialect=DIALECT,
        run_id=run_id,
        position=position(task.task_key, task.dynamic_key),
        name=task.name,
        state=RunState(
            id=event.id,
            run_id=step_id,
            type=proposed.type,
            name=proposed.name,
            message=proposed.message,
            at=event.occurred,
            details=None,
            data=proposed.data,
            version_id=None,
            created=now,
        ),
        details=lambda known_as: json_text(replace(proposed.details, flow_run_id=run_id, task_run_id=known_as)),
        facet=_facet(task),
        expected_start=task.expected_start_time,
        next_start=task.next_scheduled_start_time,
        started=task.start_time,
        ended=task.end_time,
        attempts=task.run_count,
        spent=task.total_run_time // _MICROSECOND,
        tags=tags,
        properties=run_properties(tags),
    )


_MEMBERS = {"policy": "empirical_policy"}
"""What the event calls members of the facet that have other names there."""


def _facet(task: _TaskRun) -> Callable[[Json | None], Json]:
    """The task run's facet, with what the event leaves out as it was."""
    given = task.model_fields_set
    known: dict[str, Any] = {
        "cache_key": task.cache_key,
        "cache_expiration": task.cache_expiration,
        "task_version": task.task_version,
        "policy": task_policy(task.empirical_policy),
        "labels": merged(task.labels),
        "task_inputs": task_inputs(task.task_inputs),
        "flow_run_run_count": task.flow_run_run_count,
    }
    named = {name: value for name, value in known.items() if _MEMBERS.get(name, name) in given}

    def facet(before: Json | None) -> Json:
        blank = TaskRunFacet(task_key=task.task_key, dynamic_key=task.dynamic_key)
        old = blank if before is None else msgspec.json.decode(before, type=TaskRunFacet)
        return json_text(replace(old, task_key=task.task_key, dynamic_key=task.dynamic_key, **named))

    return facet


def _id_in(resource: dict[str, str], prefix: str) -> str:
    named = resource[RESOURCE_ID]
    if not named.startswith(prefix):
        raise EventError(f"{named!r} does not name what {prefix!r} stands for")
    try:
        return str(UUID(named.removeprefix(prefix)))
    except ValueError:
        raise EventError(f"{named!r} ends in no id") from None


def _parsed(frame: str) -> Any:
    """The event, its text mended: without NUL, and with U+FFFD for half a character."""
    try:
        event = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _mended(_parsed_slowly(frame))
    return _mended(event) if "\\u0000" in frame else event


def _parsed_slowly(frame: str) -> Any:
    try:
        return json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise EventError(f"not readable: {type(error).__name__}") from None


def _mended(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case dict():
            return {_mended(name): _mended(member) for name, member in value.items()}
        case list():
            return [_mended(member) for member in value]
    return value
