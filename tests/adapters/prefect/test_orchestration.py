"""The rules of state changes, against what the real server was seen to answer."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from isogloss.adapters.prefect.orchestration import Phase, Situation, decide, kept
from isogloss.adapters.prefect.run_changes import make_flow_run, mirror, propose
from isogloss.adapters.prefect.run_facets import FlowRunFacet, flow_run_facet
from isogloss.adapters.prefect.run_translate import FlowRunPlan
from isogloss.adapters.prefect.run_wire import FlowRunPolicy, StateDetails
from isogloss.adapters.prefect.times import instant_of, moment
from isogloss.core.ids import IdSource
from isogloss.core.model import Instant, Json, Run, RunState, Workflow
from isogloss.core.registry.runs import Change, Kin, Standing
from tests.adapters.prefect.transitions import Step, Walk, walks

SECOND = 1_000_000
START = 1_750_000_000 * SECOND
FLOW, DEPLOYMENT, PARENT_RUN = "0190f0a0-0000-7000-8000-000000000001", "0190f0a0-0000-7000-8000-000000000002", "p"


def blank(role: str = "run", **given: Any) -> Run:
    fields: dict[str, Any] = dict.fromkeys(Run.__struct_fields__)
    fields |= {"id": f"the-{role}", "project_id": "x", "dialect": "prefect", "role": role, "name": "n", "tags": "[]"}
    fields |= {"attempts": 0, "spent": 0, "created": START, "updated": START}
    return Run(**(fields | given))


DEPLOYED = Workflow(
    id=DEPLOYMENT,
    project_id="x",
    dialect="prefect",
    role="deployment",
    parent_id=FLOW,
    name="d",
    tags="[]",
    facet=None,
    author_id=None,
    created=START,
    updated=START,
)


class Walker:
    """Takes a run through a walk, with a clock that goes on a millisecond at each step."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.new_id = IdSource()
        self.now: Instant = START
        self.stamps: dict[Instant, int] = {}
        self.parent_stamps: dict[Instant, int] = {}
        self.parent = blank("step", parent_id=PARENT_RUN, expected_start=START) if "parent" in walk.special else None
        self.results = 0
        self.transitions: dict[str, str] = {}
        self.standing: Standing | None = None

    def outcomes(self) -> list[tuple[str, ...]]:
        return [self._take(number, step) for number, step in enumerate(self.walk.steps)]

    def _take(self, number: int, step: Step) -> tuple[str, ...]:
        self.now += 1000
        phase = self._phase(step)
        answer, reason, change = self._create(phase) if self.standing is None else self._propose(phase, step.force)
        shown, data = change.state, None
        if shown is None:
            assert self.standing is not None
            self.standing = replace(self.standing, run=change.run)
            shown, data = self.standing.state, self.standing.data
        else:
            if shown.type != "SCHEDULED":
                # The vendor's server takes a scheduled state's time a moment before the state's own.
                self.stamps[shown.at] = number
            data = change.result.version.data if change.result is not None else None
            self.standing = Standing(run=change.run, state=shown, data=data)
            self._mirror(change.run, shown, data, number)
            if data is None:
                data = phase.data
        assert shown is not None
        columns = [answer, reason or "-", self._shown(shown, data), self._run(change.run, self.stamps)]
        if self.parent is not None:
            line = self._run(replace(self.parent, expected_start=None), self.parent_stamps)
            columns.append(f"{line} artifacts={self.results}")
        return tuple(columns)

    def _phase(self, step: Step) -> Phase:
        details: dict[str, Any] = dict(step.details)
        for name in ("scheduled_time", "pause_timeout"):
            if name in details:
                details[name] = moment(self.now + details[name] * SECOND)
        return Phase(
            type=step.type,
            name=step.name or step.type.capitalize(),
            data=step.data,
            details=StateDetails(**details),
        )

    def _create(self, phase: Phase) -> tuple[str, str | None, Change]:
        special = self.walk.special
        policy = FlowRunPolicy(**special.get("policy", {}))
        if policy.max_retries:
            policy = replace(policy, retries=policy.max_retries, retry_delay=int(policy.retry_delay_seconds))
        facet = FlowRunFacet(policy=policy, infrastructure_pid=special.get("pid"))
        run = blank(
            workflow_id=FLOW,
            deployment_id=DEPLOYMENT if "deployment" in special else None,
            parent_id=None if self.parent is None else self.parent.id,
            created=self.now,
        )
        plan = FlowRunPlan(facet=facet, labels=None, phase=phase)
        return "201 CREATED", None, make_flow_run(plan, self.new_id)(run, Kin())

    def _propose(self, phase: Phase, force: bool) -> tuple[str, str | None, Change]:
        assert self.standing is not None
        deployment = DEPLOYED if self.walk.special.get("deployment") is True else None
        verdict, change = propose(self.standing, deployment, phase, self.now, self.new_id, force=force)
        answer = f"{200 if change.state is None else 201} {verdict.status}"
        if verdict.delay_seconds is not None:
            answer += f" {verdict.delay_seconds}"
        return answer, verdict.reason, change

    def _mirror(self, run: Run, state: RunState, data: Json | None, number: int) -> None:
        if self.parent is None:
            return
        change = mirror(self.new_id)(self.parent, run, state, data)
        self.parent = change.run
        self.results += change.result is not None
        assert change.state is not None
        assert change.state.details is not None
        if state.type != "SCHEDULED":
            self.parent_stamps[change.state.at] = number
        details = msgspec.json.decode(change.state.details, type=StateDetails)
        assert (details.child_flow_run_id, details.task_run_id, details.flow_run_id) == (
            run.id,
            self.parent.id,
            PARENT_RUN,
        )

    def _shown(self, state: RunState, data: Json | None) -> str:
        assert state.details is not None
        details = msgspec.json.decode(state.details, type=StateDetails)
        words = [f"{state.type}/{state.name}"]
        words += [f"data={data}"] if data is not None else []
        words += [f"message={state.message}"] if state.message else []
        for name in ("scheduled_time", "pause_timeout"):
            value = getattr(details, name)
            words += [f"{name}={self._time(instant_of(value), self.stamps)}"] if value is not None else []
        words += [f"pause_key={details.pause_key}"] if details.pause_key else []
        words += ["pause_reschedule=True"] if details.pause_reschedule else []
        words += ["lease"] if details.deployment_concurrency_lease_id else []
        return " ".join(words)

    def _run(self, run: Run, stamps: dict[Instant, int]) -> str:
        words = [f"{run.state_type}/{run.state_name}", f"attempts={run.attempts}"]
        times = {"start": run.started, "end": run.ended, "expected": run.expected_start, "next": run.next_start}
        words += [f"{name}={self._time(value, stamps)}" for name, value in times.items()]
        words.append("spent" if run.spent > 0 else "idle")
        if run.role == "run":
            policy = flow_run_facet(run).policy
            words += ["resuming"] if policy.resuming else []
            words += [policy.retry_type] if policy.retry_type else []
            words += [f"keys={len(policy.pause_keys)}"] if policy.pause_keys else []
        return " ".join(words)

    def _time(self, value: Instant | None, stamps: dict[Instant, int]) -> str:
        if value is None:
            return "-"
        if value in stamps:
            return str(stamps[value])
        return f"{round((value - self.now) / (10 * SECOND)) * 10:+d}"


@pytest.mark.parametrize("walk", list(walks()), ids=lambda walk: walk.name)
def test_a_run_is_answered_as_the_real_server_answers(walk: Walk) -> None:
    assert Walker(walk).outcomes() == [step.outcome for step in walk.steps]


def test_a_run_without_a_state_cannot_pause() -> None:
    situation = Situation(current=None, policy=FlowRunPolicy())
    verdict = decide(situation, Phase(type="PAUSED", name="Suspended"), START)
    assert (verdict.status, verdict.state, verdict.reason) == ("ABORT", None, "Cannot suspend flows with no state.")


def test_a_wait_is_rounded_to_whole_seconds() -> None:
    def wait(microseconds: int) -> int | None:
        details = StateDetails(scheduled_time=moment(START + microseconds))
        current = Phase(type="SCHEDULED", name="Scheduled", details=details)
        situation = Situation(current=current, policy=FlowRunPolicy())
        return decide(situation, Phase(type="RUNNING", name="Running"), START).delay_seconds

    assert [wait(n) for n in (-1, 0, 499_999, 500_001, 1_400_000, 1_600_000)] == [None, None, None, 1, 1, 2]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, False),
        ("null", False),
        ('{"type":"unpersisted"}', False),
        ('{"type":"literal"}', True),
        ("{}", True),
        ("[1]", True),
        ("0", True),
        ('"x"', True),
    ],
)
def test_what_of_a_states_data_is_kept(data: str | None, expected: bool) -> None:
    assert kept(data) is expected
