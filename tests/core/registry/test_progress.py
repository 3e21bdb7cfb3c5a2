"""Runs get on as their steps do, and an end holds."""

from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY
from isogloss.core.errors import Conflict, Ended, NotFound
from isogloss.core.model import Run, RunState
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, progress
from isogloss.core.registry.progress import Entering, Plan
from isogloss.core.registry.runs import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    CRASHED,
    FAILED,
    FINAL,
    PENDING,
    RUN,
    RUNNING,
    STATE_TYPES,
    STEP,
    RunDraft,
)

T = TypeVar("T")

WORDS = {kind: kind.lower() for kind in STATE_TYPES}
ENDED = sorted(FINAL - {CRASHED})


async def made(registry: Registry, unit: Writer, role: str, name: str, state: str, parent: Run | None = None) -> Run:
    draft = RunDraft(
        dialect="test",
        role=role,
        name=name,
        parent_id=None if parent is None else parent.id,
        position=None if parent is None else name,
    )
    entering = Entering(type=state, name=WORDS[state])
    project = registry.default_project
    return await progress.add_run(registry, unit, ANYBODY, project, draft, entering, facet="{}", attempts=1)


async def followed(registry: Registry, unit: Writer, run: Run, plan: Plan) -> Run:
    async def planned(failed: bool) -> Plan:
        return plan

    return await progress.follow_steps(registry, unit, run, WORDS, planned)


@pytest.mark.parametrize(
    ("current", "steps", "expected", "found"),
    [
        (RUNNING, [], 2, RUNNING),
        (RUNNING, [COMPLETED], 2, RUNNING),
        (RUNNING, [COMPLETED, RUNNING], 2, RUNNING),
        (RUNNING, [COMPLETED, COMPLETED], 2, COMPLETED),
        (RUNNING, [COMPLETED, FAILED], 3, FAILED),
        (RUNNING, [FAILED, RUNNING], 3, FAILED),
        (PENDING, [COMPLETED], 2, PENDING),
        (PENDING, [COMPLETED, COMPLETED], 2, COMPLETED),
        (PENDING, [RUNNING], 2, RUNNING),
        (CANCELLING, [COMPLETED, RUNNING], 2, CANCELLING),
        (CANCELLING, [COMPLETED, FAILED], 2, CANCELLED),
        (RUNNING, [CANCELLED, RUNNING], 2, CANCELLING),
        (RUNNING, [CANCELLED, COMPLETED], 3, CANCELLED),
    ],
)
def test_the_state_of_a_run_follows_from_its_steps(current: str, steps: list[str], expected: int, found: str) -> None:
    assert progress.state_of_steps(current, steps, expected) == found


@given(st.sampled_from(STATE_TYPES), st.lists(st.sampled_from(STATE_TYPES)), st.integers(0, 5))
def test_a_run_completes_only_when_all_of_its_steps_did(current: str, steps: list[str], expected: int) -> None:
    found = progress.state_of_steps(current, steps, expected)
    if found == COMPLETED:
        assert len(steps) >= expected
        assert all(state in FINAL for state in steps)
        assert FAILED not in steps


@given(st.lists(st.sampled_from(STATE_TYPES)))
def test_a_run_that_failed_stays_so_whatever_its_steps_do(steps: list[str]) -> None:
    assert progress.state_of_steps(FAILED, steps, 3) == FAILED


def test_a_failed_run_goes_on_as_long_as_a_step_can_run_that_does_not_wait_for_the_failed_one() -> None:
    upstream = {"a": [], "b": ["a"], "c": ["b"], "x": [], "y": ["x"]}
    plan = Plan(steps=5, upstream=upstream)
    assert progress.still_going({"a": FAILED}, plan)
    assert progress.still_going({"a": FAILED, "x": COMPLETED}, plan)
    assert progress.still_going({"a": FAILED, "x": COMPLETED, "y": RUNNING}, plan)
    assert not progress.still_going({"a": FAILED, "x": COMPLETED, "y": COMPLETED}, plan)
    assert not progress.still_going({"a": FAILED}, Plan(steps=5))


async def test_a_run_enters_the_state_that_its_steps_amount_to_and_keeps_each_in_its_history(
    registry: Registry,
) -> None:
    async def work(unit: Writer) -> tuple[Run, list[RunState]]:
        run = await made(registry, unit, RUN, "run", PENDING)
        step = await made(registry, unit, STEP, "a", RUNNING, run)
        run = await followed(registry, unit, run, Plan(steps=1))
        assert (run.state_type, run.ended) == (RUNNING, None)
        await progress.move_run(registry, unit, step, Entering(type=COMPLETED, name="done"))
        await followed(registry, unit, run, Plan(steps=1))
        kept = await unit.get(Run, id=run.id)
        assert kept is not None
        return kept, await unit.find(RunState, run_id=run.id)

    run, states = await registry.store.write(work)
    assert (run.state_type, run.state_name) == (COMPLETED, "completed")
    assert run.ended is not None
    history = [state.type for state in sorted(states, key=lambda state: state.at)]
    assert history == [PENDING, RUNNING, COMPLETED]


@pytest.mark.parametrize("state", ENDED)
async def test_a_run_that_ended_is_not_taken_back_by_its_steps(registry: Registry, state: str) -> None:
    async def work(unit: Writer) -> Run:
        run = await made(registry, unit, RUN, "run", state)
        await made(registry, unit, STEP, "late", RUNNING, run)
        return await followed(registry, unit, run, Plan(steps=1))

    assert (await registry.store.write(work)).state_type == state


async def test_a_failed_run_is_over_only_when_the_rest_of_it_is(registry: Registry) -> None:
    plan = Plan(steps=2, upstream={"a": [], "x": []})

    async def work(unit: Writer) -> list[tuple[str | None, bool]]:
        run = await made(registry, unit, RUN, "run", RUNNING)
        await made(registry, unit, STEP, "a", FAILED, run)
        run = await followed(registry, unit, run, plan)
        found = [(run.state_type, run.ended is not None)]
        step = await made(registry, unit, STEP, "x", RUNNING, run)
        await progress.move_run(registry, unit, step, Entering(type=COMPLETED, name="done"))
        run = await followed(registry, unit, run, plan)
        return [*found, (run.state_type, run.ended is not None)]

    assert await registry.store.write(work) == [(FAILED, False), (FAILED, True)]


async def test_the_reason_for_stopping_a_run_stays_when_it_has_stopped(registry: Registry) -> None:
    async def work(unit: Writer) -> RunState | None:
        run = await made(registry, unit, RUN, "run", RUNNING)
        stopping = Entering(type=CANCELLING, name="stopping", message="by Ana")
        run = await progress.move_run(registry, unit, run, stopping)
        run = await followed(registry, unit, run, Plan(steps=1))
        return await unit.get(RunState, id=run.state_id)

    state = await registry.store.write(work)
    assert state is not None
    assert (state.type, state.message) == (CANCELLED, "by Ana")


async def test_a_superseded_attempt_counts_no_more_and_leaves_its_position(registry: Registry) -> None:
    async def work(unit: Writer) -> tuple[Run, dict[str, str | None]]:
        run = await made(registry, unit, RUN, "run", RUNNING)
        first = await made(registry, unit, STEP, "a", RUNNING, run)
        await progress.supersede(registry, unit, first, Entering(type=FAILED, name="retried"))
        await made(registry, unit, STEP, "a", COMPLETED, run)
        states = await progress.states_of_steps(unit, run)
        return await followed(registry, unit, run, Plan(steps=1)), states

    run, states = await registry.store.write(work)
    assert states == {"a": COMPLETED}
    assert run.state_type == COMPLETED


async def test_a_position_is_one_steps_alone(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run = await made(registry, unit, RUN, "run", RUNNING)
        await made(registry, unit, STEP, "a", RUNNING, run)
        with pytest.raises(Conflict):
            await made(registry, unit, STEP, "a", RUNNING, run)

    await registry.store.write(work)


@pytest.mark.parametrize(
    ("state", "goes_on", "takes"),
    [
        (RUNNING, False, True),
        (FAILED, True, True),
        (FAILED, False, False),
        (CANCELLING, True, False),
        (CANCELLED, True, False),
    ],
)
async def test_a_run_takes_no_steps_when_it_is_being_stopped_or_failed_for_good(
    registry: Registry, state: str, goes_on: bool, takes: bool
) -> None:
    run = await registry.store.write(lambda unit: made(registry, unit, RUN, "run", state))
    if takes:
        progress.check_takes_steps(run, goes_on=goes_on)
    else:
        with pytest.raises(Ended):
            progress.check_takes_steps(run, goes_on=goes_on)


@pytest.mark.parametrize("state", ENDED)
async def test_a_step_that_ended_changes_no_more(registry: Registry, state: str) -> None:
    run = await registry.store.write(lambda unit: made(registry, unit, RUN, "run", state))
    with pytest.raises(Ended):
        progress.check_open(run)


async def test_only_what_a_dialect_wrote_is_locked_for_it(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run = await made(registry, unit, RUN, "run", RUNNING)
        assert (await progress.lock_run(unit, ANYBODY, run.id, RUN)).id == run.id
        for role, dialect in ((RUN, "other"), (STEP, None)):
            with pytest.raises(NotFound):
                await progress.lock_run(unit, ANYBODY, run.id, role, dialect)

    await registry.store.write(work)
