"""States of flow runs and task runs."""

from typing import Any

from pydantic import Field, model_validator

from isogloss.adapters.prefect.bodies.common import Identifier, Lenient, Moment, Name, Strict, Text, Word


class StateType(Word):
    """The kinds of states."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"


class StateDetails(Lenient):
    """What a state says beyond its type. Times are microseconds since the epoch."""

    flow_run_id: Identifier | None = None
    task_run_id: Identifier | None = None
    child_flow_run_id: Identifier | None = None
    scheduled_time: Moment | None = None
    cache_key: Text | None = None
    cache_expiration: Moment | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: Moment | None = None
    pause_reschedule: bool = False
    pause_key: Text | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: Identifier | None = None
    task_parameters_id: Identifier | None = None
    traceparent: Text | None = None
    deployment_concurrency_lease_id: Identifier | None = None


class StateCreate(Strict):
    """A state that a client asks for. Without a name it is named after its type.

    A scheduled state without a time means now, which the use case knows.
    """

    type: StateType
    name: Name | None = None
    message: Text | None = None
    data: Any = None
    state_details: StateDetails = Field(default_factory=StateDetails)

    @model_validator(mode="after")
    def _name_after_type(self) -> "StateCreate":
        if self.name is None:
            self.name = self.type.value.capitalize()
        return self
