"""Runs, flows, deployments and logs on the wire: every row prints, also those that no Prefect client wrote."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.prefect import run_wire as wire
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunCreate
from isogloss.adapters.prefect.bodies.flows import FlowCreate
from isogloss.adapters.prefect.bodies.states import StateCreate
from isogloss.adapters.prefect.bodies.task_runs import TaskRunCreate
from isogloss.adapters.prefect.deployment_translate import deployment
from isogloss.adapters.prefect.run_names import ADJECTIVES, ANIMALS, run_name
from isogloss.adapters.prefect.run_translate import (
    estimated_run_time,
    flow,
    flow_draft,
    flow_run,
    flow_run_draft,
    flow_run_plan,
    lateness,
    log,
    phase,
    phase_of,
    position,
    task_run,
    task_run_draft,
    task_run_plan,
)
from isogloss.adapters.prefect.times import instant_of, moment
from isogloss.core.model import LogLine, Run, RunState, Workflow
from isogloss.core.registry.runs import STATE_TYPES, Standing

SECOND = 1_000_000
NOW = 1_750_000_000 * SECOND

ids = st.uuids().map(str)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
instants = st.integers(-(2**63), 2**63 - 1)
written = st.one_of(
    st.sampled_from(["{}", "[]", "null", "1", "not json", '{"policy":[]}', '{"schedules":{}}']),
    st.dictionaries(texts, st.one_of(st.none(), st.booleans(), st.integers(), texts), max_size=3).map(json.dumps),
)
documents = st.one_of(st.none(), written)
dialects = st.sampled_from(["prefect", "zenml", "truefoundry"])
foreign_tags = st.one_of(st.just("[]"), st.lists(texts, max_size=3).map(json.dumps), written)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    dialect = draw(dialects)
    own_tags = st.lists(texts, max_size=3).map(lambda tags: msgspec.json.encode(tags).decode())
    return Workflow(
        id=draw(ids),
        project_id=draw(ids),
        dialect=dialect,
        role=draw(st.sampled_from(["workflow", "deployment"])),
        parent_id=draw(maybe(ids)),
        name=draw(texts),
        tags=draw(own_tags if dialect == "prefect" else foreign_tags),
        facet=draw(documents),
        author_id=None,
        created=draw(instants),
        updated=draw(instants),
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    dialect = draw(dialects)
    own_tags = st.lists(texts, max_size=3).map(lambda tags: msgspec.json.encode(tags).decode())
    types = st.one_of(st.sampled_from(STATE_TYPES), st.sampled_from(["running", "cached", "FINISHED"]))
    details = None if dialect == "prefect" else draw(documents)
    if dialect == "prefect" and draw(st.booleans()):
        details = msgspec.json.encode(wire.StateDetails(scheduled_time=moment(draw(instants)))).decode()
    run = Run(
        id=draw(ids),
        project_id=draw(ids),
        dialect=dialect,
        role=draw(st.sampled_from(["run", "step"])),
        workflow_id=draw(maybe(ids)),
        deployment_id=draw(maybe(ids)),
        parent_id=draw(maybe(ids)),
        position=draw(maybe(texts)),
        key=draw(maybe(texts)),
        name=draw(texts),
        metadata=draw(maybe(documents)),
        state_id=draw(maybe(ids)),
        state_type=draw(maybe(types)),
        state_name=draw(maybe(texts)),
        state_at=draw(maybe(instants)),
        expected_start=draw(maybe(instants)),
        next_start=draw(maybe(instants)),
        started=draw(maybe(instants)),
        ended=draw(maybe(instants)),
        attempts=draw(st.integers(0, 2**31 - 1)),
        spent=draw(st.integers(0, 2**62)),
        tags=draw(own_tags if dialect == "prefect" else foreign_tags),
        facet=draw(documents),
        author_id=None,
        created=draw(instants),
        updated=draw(instants),
        deleted=None,
    )
    state = RunState(
        id=draw(ids),
        run_id=run.id,
        type=draw(types),
        name=draw(texts),
        message=draw(maybe(texts)),
        at=draw(instants),
        details=details,
        data=None,
        version_id=None,
        created=draw(instants),
    )
    data = draw(st.one_of(st.none(), st.just('{"a":1}'), st.just("null")))
    return Standing(run=run, state=draw(st.one_of(st.none(), st.just(state))), data=data)


def printed(value: msgspec.Struct) -> dict[str, Any]:
    """What is sent, parsed again; its members are those of the Struct, in their order."""
    parsed: dict[str, Any] = json.loads(msgspec.json.encode(value))
    assert tuple(parsed) == value.__struct_fields__
    return parsed


@given(workflows())
def test_every_workflow_prints_as_a_flow_and_as_a_deployment(workflow: Workflow) -> None:
    for shown in (printed(flow(workflow)), printed(deployment(workflow))):
        assert all(isinstance(tag, str) for tag in shown["tags"])
        assert isinstance(shown["labels"], dict)
        if workflow.dialect != "prefect":
            assert shown["name"]
            assert not set("/%&><") & set(shown["name"])


@given(standings())
def test_every_run_prints_as_a_flow_run_and_as_a_task_run(standing: Standing) -> None:
    for shown in (printed(flow_run(standing, NOW)), printed(task_run(standing, NOW))):
        assert shown["state_type"] in (None, *STATE_TYPES)
        assert all(isinstance(tag, str) for tag in shown["tags"])
        assert shown["estimated_start_time_delta"] >= 0
        # Pages call a run unknown whose state is null, whatever its type says.
        assert (shown["state"] is None) == (standing.state is None and shown["state_type"] is None)
        if shown["state"] is not None:
            assert shown["state"]["name"] or standing.state is not None
            assert shown["state"]["type"] in STATE_TYPES
            assert tuple(shown["state"]["state_details"]) == wire.StateDetails.__struct_fields__
    assert printed(flow_run(standing, NOW))["flow_id"]


@given(ids, instants, instants)
def test_every_log_line_prints(id_: str, at: int, level: int) -> None:
    line = LogLine(
        id=id_, project_id="p", run_id=None, step_id=None, name="", level=level, message="", at=at, facet=None
    )
    assert printed(log(line))["level"] == level


def test_a_log_lines_time_of_arrival_is_that_of_its_id() -> None:
    line = LogLine(
        id="01a202b7-93a5-7bd8-97f2-1b510947d63c",
        project_id="p",
        run_id=None,
        step_id=None,
        name="n",
        level=20,
        message="m",
        at=0,
        facet=None,
    )
    assert printed(log(line))["created"] == "2026-11-22T10:05:15.045000Z"


state_bodies = st.builds(
    StateCreate.model_validate,
    st.fixed_dictionaries(
        {"type": st.sampled_from(STATE_TYPES)},
        optional={
            "name": texts,
            "message": texts,
            "data": st.one_of(st.none(), st.integers(-(2**53), 2**53), texts, st.lists(st.booleans(), max_size=2)),
            "state_details": st.fixed_dictionaries(
                {},
                optional={
                    "scheduled_time": st.datetimes().map(lambda time: time.isoformat() + "Z"),
                    "pause_timeout": maybe(st.datetimes().map(lambda time: time.isoformat() + "Z")),
                    "transition_id": maybe(ids),
                    "pause_key": maybe(texts),
                    "deferred": maybe(st.booleans()),
                    "run_input_keyset": maybe(st.dictionaries(texts, texts, max_size=2)),
                },
            ),
        },
    ),
)


@given(state_bodies)
def test_a_proposed_state_comes_back_as_it_was(body: StateCreate) -> None:
    proposed = phase(body)
    kept = RunState(
        id="s",
        run_id="r",
        type=proposed.type,
        name=proposed.name,
        message=proposed.message,
        at=NOW,
        details=msgspec.json.encode(proposed.details).decode(),
        data=None,
        version_id=None,
        created=NOW,
    )
    run = Run(
        **dict.fromkeys(Run.__struct_fields__) | {"dialect": "prefect"}  # type: ignore[arg-type]
    )
    assert phase_of(Standing(run=run, state=kept, data=proposed.data)) == proposed


@given(instants)
def test_moments_are_instants_as_far_as_the_calendar_goes(instant: int) -> None:
    shown = moment(instant)
    assert shown.tzinfo is not None
    if 1 < shown.year < 9999:
        assert instant_of(shown) == instant


def test_what_a_client_says_of_a_run_is_kept() -> None:
    body = FlowRunCreate.model_validate(
        {
            "flow_id": "0190F0A0-0000-7000-8000-000000000001",
            "parameters": {"a": [1.5, None]},
            "tags": ["b", "a", "b"],
            "empirical_policy": {"retries": 2, "pause_keys": ["y", "x"]},
            "idempotency_key": "",
        }
    )
    draft, plan = flow_run_draft(body), flow_run_plan(body)
    assert (draft.workflow_id, draft.tags, draft.key) == (
        "0190f0a0-0000-7000-8000-000000000001",
        '["b","a","b"]',
        None,
    )
    assert bytes(plan.facet.parameters) == b'{"a":[1.5,null]}'
    assert (plan.facet.policy.retries, plan.facet.policy.pause_keys) == (2, ["x", "y"])
    assert (plan.phase.type, plan.phase.name) == ("PENDING", "Pending")


def test_what_a_client_says_of_a_task_run_is_kept() -> None:
    inputs = {"p": [{"input_type": "constant", "type": "int"}, {"input_type": "parameter", "name": "q"}]}
    body = TaskRunCreate.model_validate({"task_key": "k", "dynamic_key": "0", "task_inputs": inputs})
    plan = task_run_plan(body)
    assert json.loads(bytes(plan.facet.task_inputs)) == inputs
    assert task_run_draft(body).position == position("k", "0")


@given(texts, texts, texts, texts)
def test_positions_of_different_keys_differ(task: str, dynamic: str, other: str, another: str) -> None:
    assert (position(task, dynamic) == position(other, another)) is ((task, dynamic) == (other, another))


def test_a_flows_tags_are_searched_for_and_kept_in_order() -> None:
    draft = flow_draft(FlowCreate.model_validate({"name": "f", "tags": ["b", "a", "b"]}))
    assert (draft.tags, draft.properties) == ('["b","a","b"]', (("tag", "b"), ("tag", "a"), ("tag", "b")))


def times(**fields: Any) -> Run:
    given: dict[str, Any] = dict.fromkeys(Run.__struct_fields__) | {"spent": 0} | fields
    return Run(**given)


def test_estimates_go_on_while_a_run_goes_on() -> None:
    running = times(state_type="RUNNING", state_at=NOW - 5, spent=10)
    assert estimated_run_time(running, NOW) == 15
    assert estimated_run_time(times(state_type="PAUSED", state_at=NOW - 5, spent=10), NOW) == 10
    assert lateness(times(expected_start=NOW - 7, started=NOW - 3), NOW) == 4
    assert lateness(times(expected_start=NOW - 7, state_type="PENDING"), NOW) == 7
    assert lateness(times(expected_start=NOW - 7, state_type="CRASHED"), NOW) == 0
    assert lateness(times(expected_start=NOW + 7, state_type="PENDING"), NOW) == 0
    assert lateness(times(), NOW) == 0


def test_names_are_an_adjective_and_an_animal() -> None:
    adjective, animal = run_name().split("-")
    assert adjective in ADJECTIVES
    assert animal in ANIMALS
    assert len(set(ADJECTIVES)) == len(ADJECTIVES)
    assert len(set(ANIMALS)) == len(ANIMALS)
