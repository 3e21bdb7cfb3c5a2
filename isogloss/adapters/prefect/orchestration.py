"""What the vendor's server answers to a state that a client proposes for a flow run.

``decide`` is pure. It walks the table of rules in the vendor's order; a rule may refuse, delay or replace the proposal,
or adjust its details. Once one of them has settled the matter the later ones are not asked. ``force`` leaves only the
rules that keep results from being lost and runs without a process from waiting for its end.

Recordings of the real server settle every doubt (``transitions.txt`` beside the tests). Two things are left out: limits
of concurrent runs of a deployment, and the answers to API versions before 0.8.4.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from isogloss.adapters.prefect.run_wire import FlowRunPolicy, StateDetails
from isogloss.adapters.prefect.times import instant_of, moment
from isogloss.core.model import Instant, Json
from isogloss.core.registry.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    CRASHED,
    FAILED,
    FINAL,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
    STATE_TYPES,
)

ACCEPT, REJECT, ABORT, WAIT = "ACCEPT", "REJECT", "ABORT", "WAIT"
SECOND: Final = 1_000_000

AWAITING_RETRY, AWAITING_SLOT = "AwaitingRetry", "AwaitingConcurrencySlot"
LATE, RESUMING, SUSPENDED = "Late", "Resuming", "Suspended"


class Phase(Struct, frozen=True, kw_only=True):
    """A state without its time and id: one that a run is in, or one that somebody proposes."""

    type: str
    name: str
    message: str | None = None
    data: Json | None = None
    details: StateDetails = msgspec.field(default_factory=StateDetails)


class Situation(Struct, frozen=True, kw_only=True):
    """What the rules may look at, besides the proposal. ``attempts`` is how often the run began to run."""

    current: Phase | None
    policy: FlowRunPolicy
    attempts: int = 0
    process: str | None = None
    deployment_id: str | None = None
    deployment_exists: bool = True
    parent_id: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """The answer. ``state`` is what the run enters: the proposal, another one, or None for none.

    ``counts`` is false where beginning to run is no new attempt. ``policy`` is the run's policy from now on.
    """

    status: str
    reason: str | None = None
    delay_seconds: int | None = None
    state: Phase | None = None
    policy: FlowRunPolicy
    counts: bool = True


class _Course:
    """A proposal on its way through the rules."""

    def __init__(self, situation: Situation, current: Phase, proposed: Phase, now: Instant, new_id: str) -> None:
        self.situation = situation
        self.current = current
        self.proposed = proposed
        self.now = now
        self.new_id = new_id
        self.policy = situation.policy
        self.settled: Verdict | None = None
        self.reopened = False
        self.resumed = False
        self.pause_key: str | None = None

    def _settle(self, status: str, reason: str, state: Phase | None = None, delay: int | None = None) -> None:
        self.settled = Verdict(
            status=status, reason=reason, delay_seconds=delay, state=state, policy=self.situation.policy
        )

    def reject(self, reason: str, state: Phase | None = None) -> None:
        self._settle(REJECT, reason, state)

    def abort(self, reason: str) -> None:
        self._settle(ABORT, reason)

    def wait(self, seconds: int, reason: str) -> None:
        self._settle(WAIT, reason, delay=seconds)

    def adjust(self, **details: object) -> None:
        self.proposed = replace(self.proposed, details=replace(self.proposed.details, **details))


Rule: TypeAlias = Callable[[_Course], None]


def decide(situation: Situation, proposed: Phase, now: Instant, *, force: bool = False, new_id: str = "") -> Verdict:
    """The vendor's answer to a proposal. ``new_id`` names a pause that the client gave no key."""
    current = situation.current
    if current is None:
        return _first(situation, proposed, force)
    course = _Course(situation, current, proposed, now, new_id)
    for sources, targets, rule, forced in RULES:
        if (not force or forced) and current.type in sources and proposed.type in targets:
            rule(course)
            if course.settled is not None:
                break
    return _concluded(course)


def _first(situation: Situation, proposed: Phase, force: bool) -> Verdict:
    """A run without a state takes any, except that it cannot pause."""
    if proposed.type == PAUSED and not force:
        reason = f"Cannot {_verb(proposed)} flows with no state."
        return Verdict(status=ABORT, reason=reason, policy=situation.policy)
    return _entering(Verdict(status=ACCEPT, state=proposed, policy=situation.policy))


def _concluded(course: _Course) -> Verdict:
    verdict = course.settled
    if verdict is None:
        policy = course.policy
        if course.reopened:
            again = "reschedule" if course.proposed.type == SCHEDULED else None
            policy = replace(policy, resuming=False, pause_keys=[], retry_type=again)
        verdict = Verdict(status=ACCEPT, state=course.proposed, policy=policy)
    elif course.policy is not course.situation.policy:
        verdict = replace(verdict, policy=course.policy)
    verdict = _entering(verdict)
    # These two follow the state, so that it is the next one that finds them.
    if course.pause_key is not None and course.settled is None:
        keys = [*(verdict.policy.pause_keys or []), course.pause_key]
        verdict = replace(verdict, policy=replace(verdict.policy, pause_keys=keys))
    if course.resumed:
        verdict = replace(verdict, policy=replace(verdict.policy, resuming=True))
    return verdict


def _entering(verdict: Verdict) -> Verdict:
    """A run that resumes begins no new attempt, and no longer resumes once it runs or ends."""
    state, policy = verdict.state, verdict.policy
    if state is None or not policy.resuming or not (state.type == RUNNING or state.type in FINAL):
        return verdict
    return replace(verdict, counts=False, policy=replace(policy, resuming=False))


def _keep_lease(course: _Course) -> None:
    lease = course.current.details.deployment_concurrency_lease_id
    if lease is not None and course.proposed.details.deployment_concurrency_lease_id is None:
        course.adjust(deployment_concurrency_lease_id=lease)


def _refuse_duplicate(course: _Course) -> None:
    before = course.current.details.transition_id
    if before is not None and before == course.proposed.details.transition_id:
        course.reject("This run has already made this state transition.")


def _guard_end(course: _Course) -> None:
    current, proposed = course.current, course.proposed
    if proposed.type in (CANCELLING, PAUSED, CRASHED):
        course.abort(f"Run is already in terminal state {current.type}.")
    elif proposed.type not in FINAL and current.type == COMPLETED and _holds_result(current.data):
        course.reject("Run is already COMPLETED.")
    elif _loses_result(current, proposed):
        course.reject(_LOSS)
    elif proposed.type == SCHEDULED and course.situation.deployment_id is None:
        course.abort("Cannot reschedule a run without an associated deployment.")
    else:
        course.reopened = proposed.type not in FINAL


_LOSS = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."


def _guard_result(course: _Course) -> None:
    if _loses_result(course.current, course.proposed):
        course.reject(_LOSS)


def _finish_cancelling(course: _Course) -> None:
    course.reject("Cannot transition flows that are cancelling to a state other than Cancelled.")


def _cancel_without_process(course: _Course) -> None:
    current = course.current
    if (current.type == SCHEDULED and not course.situation.process) or current.name == RESUMING:
        kind = "Scheduled"
    elif current.type == PAUSED and current.details.pause_reschedule:
        kind = "Suspended"
    else:
        return
    reason = f"{kind} flow run has no infrastructure to terminate."
    course.reject(reason, Phase(type=CANCELLED, name=default_name(CANCELLED)))


def _submit_once(course: _Course) -> None:
    current, proposed = course.current, course.proposed
    if current.type == PENDING and proposed.name not in (current.name, default_name(PENDING)):
        course.adjust(
            scheduled_time=current.details.scheduled_time,
            deployment_concurrency_lease_id=current.details.deployment_concurrency_lease_id,
        )
        return
    course.abort(f"This run is in a {current.type} state and cannot transition to a PENDING state.")


def _take_lease(course: _Course) -> None:
    course.adjust(deployment_concurrency_lease_id=course.current.details.deployment_concurrency_lease_id)


def _need_deployment(course: _Course) -> None:
    if course.situation.deployment_id is not None and not course.situation.deployment_exists:
        course.abort("Deployment not found.")


def _mark_late(course: _Course) -> None:
    if course.proposed.name != LATE:
        return
    if course.current.type != SCHEDULED:
        course.reject("Only scheduled flows can be marked late.")
    elif course.current.name == LATE:
        course.reject("This flow run is already marked late.")


def _pause(course: _Course) -> None:
    situation, proposed = course.situation, course.proposed
    verb = _verb(proposed)
    key = proposed.details.pause_key
    if course.current.type != RUNNING:
        course.reject(f"Cannot {verb} flows that are not currently running.")
    elif key is not None and key in (situation.policy.pause_keys or ()):
        course.reject(f"This {verb} has already fired.")
    elif proposed.details.pause_reschedule and situation.parent_id is not None:
        course.abort(f"Cannot {verb} subflows.")
    elif proposed.details.pause_reschedule and situation.deployment_id is None:
        course.abort(f"Cannot {verb} flows without a deployment.")
    else:
        course.pause_key = course.new_id if key is None else key


def _resume(course: _Course) -> None:
    current, proposed = course.current, course.proposed
    # Even a run that is refused counts as resuming from here on; so it does on the real server.
    course.resumed = True
    if proposed.type == PENDING:
        course.reject(
            f"This run cannot transition to the StateType.{proposed.type} state"
            f" from the StateType.{current.type} state."
        )
        return
    shown = proposed.name.lower()
    if current.details.pause_reschedule and course.situation.deployment_id is None:
        course.reject(f"Cannot reschedule a {shown} flow run without a deployment.")
        return
    limit = current.details.pause_timeout
    if proposed.type != CANCELLING and limit is not None and instant_of(limit) < course.now:
        failure = Phase(type=FAILED, name=default_name(FAILED), message=f"The flow was {shown} and never resumed.")
        course.reject(f"The flow run {_verb(proposed)} has timed out and can no longer resume.", failure)


def _copy_schedule(course: _Course) -> None:
    if course.proposed.details.scheduled_time is None:
        course.adjust(scheduled_time=course.current.details.scheduled_time)


def _wait_for_schedule(course: _Course) -> None:
    scheduled = course.current.details.scheduled_time
    if scheduled is None:
        return
    whole, rest = divmod(instant_of(scheduled) - course.now, SECOND)
    seconds = whole + round(rest / SECOND)
    if seconds > 0:
        course.wait(seconds, "Scheduled time is in the future")


def _retry(course: _Course) -> None:
    policy = course.policy
    if policy.retries is None or course.situation.attempts > policy.retries:
        course.policy = replace(policy, retry_type=None)
        return
    course.policy = replace(policy, resuming=False, pause_keys=[], retry_type="in_process")
    proposed = course.proposed
    details = StateDetails(
        scheduled_time=moment(course.now + (policy.retry_delay or 0) * SECOND),
        deployment_concurrency_lease_id=course.current.details.deployment_concurrency_lease_id,
    )
    again = Phase(type=SCHEDULED, name=AWAITING_RETRY, message=proposed.message, data=proposed.data, details=details)
    course.reject("Retrying", again)


_ANY = frozenset(STATE_TYPES)
_SUBMITTED = frozenset({PENDING, RUNNING, CANCELLING})

RULES: tuple[tuple[frozenset[str], frozenset[str], Rule, bool], ...] = (
    # from, to, rule, asked even when the change is forced
    (_ANY, _ANY, _keep_lease, False),
    (_ANY, _ANY, _refuse_duplicate, False),
    (FINAL, _ANY, _guard_end, False),
    (FINAL, FINAL, _guard_result, True),
    (frozenset({CANCELLING}), _ANY - {CANCELLED}, _finish_cancelling, False),
    (frozenset({SCHEDULED, PAUSED}), frozenset({CANCELLING}), _cancel_without_process, True),
    (_SUBMITTED | {CANCELLED}, frozenset({PENDING}), _submit_once, False),
    (frozenset({PENDING}), frozenset({RUNNING}), _take_lease, False),
    (_ANY - _SUBMITTED, frozenset({PENDING}), _need_deployment, False),
    (_ANY, frozenset({SCHEDULED}), _mark_late, False),
    (_ANY, frozenset({PAUSED}), _pause, False),
    (frozenset({PAUSED}), _ANY, _resume, False),
    (frozenset({SCHEDULED}), frozenset({PENDING}), _copy_schedule, False),
    (frozenset({SCHEDULED, PENDING}), frozenset({RUNNING}), _wait_for_schedule, False),
    (frozenset({RUNNING}), frozenset({FAILED}), _retry, False),
)
"""The vendor's rules for flow runs, in its order."""


def default_name(state_type: str) -> str:
    """The name of a state that was given none."""
    return state_type.capitalize()


def filled(phase: Phase, now: Instant) -> Phase:
    """The proposal with what the vendor fills in: a scheduled state without a time is scheduled for now."""
    if phase.type == SCHEDULED and phase.details.scheduled_time is None:
        return replace(phase, details=replace(phase.details, scheduled_time=moment(now)))
    return phase


def kept(data: Json | None) -> bool:
    """Whether a state's data is kept: not when there is none, nor when it says of itself that it is not persisted."""
    if data is None or data == "null":
        return False
    if not data.startswith("{"):
        return True
    decoded = msgspec.json.decode(data)
    return bool(decoded.get("type") != "unpersisted")


def _holds_result(data: Json | None) -> bool:
    return data is not None and data.startswith("{") and data != "{}" and kept(data)


def _loses_result(current: Phase, proposed: Phase) -> bool:
    return (
        current.type == COMPLETED
        and proposed.type == COMPLETED
        and _holds_result(current.data)
        and not (proposed.data is not None and proposed.data.startswith("{") and kept(proposed.data))
    )


def _verb(phase: Phase) -> str:
    return "suspend" if phase.name == SUSPENDED else "pause"
