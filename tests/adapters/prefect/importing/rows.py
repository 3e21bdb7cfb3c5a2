"""What a Prefect server might say of what it holds, and a source that says it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import json

from isogloss.adapters.prefect.importing.reader import pages
from isogloss.core.registry.incoming import Batch

PROJECT = "0f000000-0000-4000-8000-000000000001"
FLOW = "0f000000-0000-4000-8000-0000000000f1"
DEPLOYMENT = "0f000000-0000-4000-8000-0000000000d1"
FLOW_RUN = "0f000000-0000-4000-8000-0000000000a1"
TASK_RUN = "0f000000-0000-4000-8000-0000000000b1"
STATE = "0f000000-0000-4000-8000-0000000000c1"
OTHER = "0f000000-0000-4000-8000-0000000000e1"

MADE = "2026-03-01T10:00:00.000001Z"
CHANGED = "2026-03-02T10:00:00Z"
LATER = "2026-04-01T00:00:00Z"

Row = dict[str, Any]


def flow(**said: Any) -> Row:
    """A flow."""
    return {
        "id": FLOW,
        "created": MADE,
        "updated": CHANGED,
        "name": "brewing",
        "tags": ["hot", "wet"],
        "labels": {"kettle": 2},
    } | said


def schedule(**said: Any) -> Row:
    """A schedule of a deployment."""
    return {
        "id": OTHER,
        "created": MADE,
        "updated": CHANGED,
        "deployment_id": DEPLOYMENT,
        "schedule": {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "day_or": True},
        "active": True,
        "max_scheduled_runs": 4,
        "parameters": {"cups": 2},
        "slug": "early",
    } | said


def limit(**said: Any) -> Row:
    """How many runs of a deployment may be active."""
    return {
        "id": OTHER,
        "created": MADE,
        "updated": CHANGED,
        "active": False,
        "name": "kettles",
        "limit": 3,
        "active_slots": 0,
        "slot_decay_per_second": 0.5,
    } | said


def deployment(**said: Any) -> Row:
    """A deployment that says all it may."""
    return {
        "id": DEPLOYMENT,
        "created": MADE,
        "updated": CHANGED,
        "name": "early",
        "version": "3",
        "description": "before work",
        "flow_id": FLOW,
        "paused": True,
        "schedules": [schedule()],
        "concurrency_limit": None,
        "global_concurrency_limit": limit(),
        "concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 60},
        "job_variables": {"image": "tea"},
        "parameters": {"cups": 1},
        "tags": ["warm"],
        "labels": {"prefect.flow.id": FLOW},
        "work_queue_name": "kitchen",
        "work_queue_id": None,
        "last_polled": None,
        "parameter_openapi_schema": {"type": "object"},
        "path": "/srv",
        "pull_steps": [{"pull": {"from": "there"}}],
        "entrypoint": "tea.py:brewing",
        "storage_document_id": OTHER,
        "infrastructure_document_id": OTHER,
        "created_by": {"id": OTHER, "type": "AUTOMATION", "display_value": "the cook"},
        "updated_by": None,
        "work_pool_name": None,
        "status": "NOT_READY",
        "enforce_parameter_schema": False,
    } | said


def state(**said: Any) -> Row:
    """A state of a run."""
    details = {
        "flow_run_id": FLOW_RUN,
        "task_run_id": None,
        "child_flow_run_id": OTHER,
        "scheduled_time": LATER,
        "deferred": False,
        "untrackable_result": False,
    }
    return {
        "id": STATE,
        "type": "SCHEDULED",
        "name": "AwaitingRetry",
        "timestamp": CHANGED,
        "message": "once more",
        "data": None,
        "state_details": details,
    } | said


def flow_run(**said: Any) -> Row:
    """A flow run that waits for its second attempt, made from a deployment and called by another run."""
    return {
        "id": FLOW_RUN,
        "created": MADE,
        "updated": CHANGED,
        "name": "calm-owl",
        "flow_id": FLOW,
        "state_id": STATE,
        "deployment_id": DEPLOYMENT,
        "deployment_version": "3",
        "work_queue_id": None,
        "work_queue_name": "kitchen",
        "flow_version": "1.0",
        "parameters": {"cups": 4},
        "idempotency_key": "once",
        "context": {"a": 1},
        "empirical_policy": {
            "max_retries": 0,
            "retry_delay_seconds": 0.0,
            "retries": 2,
            "retry_delay": 5,
            "pause_keys": ["tea"],
            "resuming": True,
            "retry_type": "in_process",
        },
        "tags": ["warm"],
        "labels": {"prefect.flow.id": FLOW},
        "parent_task_run_id": TASK_RUN,
        "state_type": "SCHEDULED",
        "state_name": "AwaitingRetry",
        "run_count": 1,
        "expected_start_time": MADE,
        "next_scheduled_start_time": LATER,
        "start_time": MADE,
        "end_time": None,
        "total_run_time": 1.25,
        "estimated_run_time": 1.25,
        "estimated_start_time_delta": 0.0,
        "auto_scheduled": True,
        "infrastructure_document_id": OTHER,
        "infrastructure_pid": "host:1",
        "created_by": {"id": OTHER, "type": "SCHEDULE", "display_value": None},
        "work_pool_id": None,
        "work_pool_name": None,
        "state": state(),
        "job_variables": {"image": "tea"},
    } | said


def task_run(**said: Any) -> Row:
    """A task run whose result was remembered."""
    return {
        "id": TASK_RUN,
        "created": MADE,
        "updated": CHANGED,
        "name": "pour-0",
        "flow_run_id": FLOW_RUN,
        "task_key": "pour-1234",
        "dynamic_key": "0",
        "cache_key": "leaves",
        "cache_expiration": LATER,
        "task_version": "2",
        "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 3, "retry_delay": [1, 2]},
        "tags": ["warm"],
        "labels": {"prefect.flow.id": FLOW},
        "state_id": STATE,
        "task_inputs": {"water": [{"input_type": "task_run", "id": OTHER}]},
        "state_type": "COMPLETED",
        "state_name": "Cached",
        "run_count": 2,
        "flow_run_run_count": 1,
        "expected_start_time": MADE,
        "next_scheduled_start_time": None,
        "start_time": MADE,
        "end_time": CHANGED,
        "total_run_time": 0.000001,
        "estimated_run_time": 0.000001,
        "estimated_start_time_delta": 0.0,
        "state": state(type="COMPLETED", name="Cached", message=None, data={"storage_key": "k"}),
    } | said


def log(**said: Any) -> Row:
    """A line of a log."""
    return {
        "id": OTHER,
        "created": CHANGED,
        "updated": CHANGED,
        "name": "prefect.flow_runs",
        "level": 20,
        "message": "it boils",
        "timestamp": MADE,
        "flow_run_id": FLOW_RUN,
        "task_run_id": TASK_RUN,
    } | said


def artifact(**said: Any) -> Row:
    """An artifact."""
    return {
        "id": OTHER,
        "created": MADE,
        "updated": CHANGED,
        "key": "menu",
        "type": "table",
        "description": "what there is",
        "data": [{"tea": 1}],
        "metadata_": {"origin": "ü"},
        "flow_run_id": FLOW_RUN,
        "task_run_id": TASK_RUN,
    } | said


def collection(**said: Any) -> Row:
    """The newest artifact of a key."""
    return {"id": STATE, "created": MADE, "updated": CHANGED, "key": "menu", "latest_id": OTHER} | said


class Source:
    """A server that holds these rows, by the paths of their lists; the states of runs by the id of the run."""

    def __init__(self, rows: Mapping[str, Sequence[Any]], states: Mapping[str, Sequence[Any]] | None = None) -> None:
        self._rows = rows
        self._states = states or {}

    async def __call__(self, method: str, path: str, body: Any = None) -> bytes:
        if method == "GET":
            return json.encode(self._states.get(path.rpartition("=")[2], []))
        rows = list(self._rows.get(path.rsplit("/", 1)[0], []))
        if path.endswith("/count"):
            return json.encode(len(rows))
        return json.encode(rows[body["offset"] : body["offset"] + body["limit"]])


async def told(source: Source) -> dict[str, Batch]:
    """All that an import makes of a source which has one page of each list at most, by noun."""
    batches = [read({}) async for page in pages(source, PROJECT) for read in page]
    return {batch.noun: batch for batch in batches}
