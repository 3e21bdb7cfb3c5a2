"""ZenML's statuses and the registry's types of states.

A run or step that ZenML wrote has its status as the name of its state; what others wrote is mapped by its type, and by
its name where the vendor has a word of its own for that. The filters look by these, and the translation prints them.
"""

from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.core.registry.progress import Entering
from isogloss.core.registry.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
)

INITIALIZING, PROVISIONING, QUEUED, RUNS = "initializing", "provisioning", "queued", "running"
SUCCEEDED, CACHED, SKIPPED = "completed", "cached", "skipped"
FAILS, RETRYING, RETRIED = "failed", "retrying", "retried"
PAUSES, RESUMING = "paused", "resuming"
STOPPING, STOPPED, CANCELS, CANCELED = "stopping", "stopped", "cancelling", "cancelled"

TYPES = {
    INITIALIZING: PENDING,
    PROVISIONING: PENDING,
    QUEUED: SCHEDULED,
    RUNS: RUNNING,
    SUCCEEDED: COMPLETED,
    CACHED: COMPLETED,
    SKIPPED: COMPLETED,
    FAILS: FAILED,
    # A failed attempt that another one will follow: the step as such goes on.
    RETRYING: RUNNING,
    RETRIED: FAILED,
    PAUSES: PAUSED,
    RESUMING: PENDING,
    STOPPING: CANCELLING,
    STOPPED: CANCELLED,
    CANCELS: CANCELLING,
    CANCELED: CANCELLED,
}
"""The types of states by the vendor's words."""

PLACEHOLDERS = frozenset({INITIALIZING, PROVISIONING})
"""The statuses of a run that was announced and has not begun."""

COMPUTED = {
    RUNNING: RUNS,
    COMPLETED: SUCCEEDED,
    FAILED: FAILS,
    CANCELLING: STOPPING,
    CANCELLED: STOPPED,
    PENDING: INITIALIZING,
}
"""The words for what a run comes to by its steps."""

FOREIGN = {
    SCHEDULED: QUEUED,
    PENDING: PROVISIONING,
    RUNNING: RUNS,
    PAUSED: PAUSES,
    CANCELLING: CANCELS,
    COMPLETED: SUCCEEDED,
    FAILED: FAILS,
    CANCELLED: CANCELED,
    CRASHED: FAILS,
}
"""The words for states that others wrote, by type."""

FOREIGN_NAMES = {(COMPLETED, "Cached"): CACHED, (RUNNING, "Retrying"): RETRYING}
"""The words for states that others wrote, where type and name say more than the type alone."""


def status_of(dialect: str, state_type: str | None, state_name: str | None) -> str:
    """The vendor's word for where a run or step stands."""
    if state_type is None:
        return INITIALIZING
    if dialect == DIALECT and state_name in TYPES:
        return state_name
    named = FOREIGN_NAMES.get((state_type, state_name or ""))
    return FOREIGN.get(state_type, RUNS) if named is None else named


def entering(status: str, reason: str | None = None) -> Entering:
    """The state that a status is."""
    return Entering(type=TYPES[status], name=status, message=reason)
