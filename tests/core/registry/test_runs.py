"""Runs, their states and steps, workflows and logs: what is written together or at once; on both engines."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import LogLine, Property, Run, RunLink, RunState, Version, Workflow
from isogloss.core.ports import Reader
from isogloss.core.query import Query, Sort
from isogloss.core.registry import Registry
from isogloss.core.registry.logs import add_lines, list_lines
from isogloss.core.registry.runs import (
    Change,
    Kin,
    Make,
    Result,
    RunDraft,
    Standing,
    change_run,
    create_run,
    delete_run,
    entered,
    get_run,
    list_runs,
)
from isogloss.core.registry.steps import StepReport, record_steps
from isogloss.core.registry.versions import VersionDraft
from isogloss.core.registry.workflows import (
    DEPLOYMENT,
    WORKFLOW,
    WorkflowDraft,
    delete_deployment,
    ensure_workflow,
    get_workflow,
    put_deployment,
)

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)


async def workflow(registry: Registry, name: str = "w", dialect: str = "d", **fields: Any) -> tuple[Workflow, bool]:
    draft = WorkflowDraft(dialect=dialect, role=WORKFLOW, name=name, **fields)
    return await ensure_workflow(registry, ANYBODY, registry.default_project, draft)


def state(registry: Registry, run_id: str, type_: str, at: int | None = None, **fields: Any) -> RunState:
    given: dict[str, Any] = dict.fromkeys(RunState.__struct_fields__)
    at = registry.clock() if at is None else at
    given |= {"id": registry.new_id(), "run_id": run_id, "type": type_, "name": type_, "at": at, "created": at}
    return RunState(**(given | fields))


def begin(registry: Registry, type_: str = "PENDING") -> Make:
    def make(run: Run, kin: Kin) -> Change:
        first = state(registry, run.id, type_)
        return Change(run=entered(run, first), state=first, properties=(("tag", "t"),))

    return make


async def run(registry: Registry, workflow_id: str, **fields: Any) -> tuple[Standing, bool]:
    draft = RunDraft(dialect="d", role="run", name="r", workflow_id=workflow_id, **fields)
    return await create_run(registry, ANYBODY, registry.default_project, draft, begin(registry))


async def step(registry: Registry, run_id: str, position: str = "0", **fields: Any) -> tuple[Standing, bool]:
    draft = RunDraft(dialect="d", role="step", name="s", parent_id=run_id, position=position, **fields)
    return await create_run(registry, ANYBODY, registry.default_project, draft, begin(registry))


async def find(registry: Registry, entity: type[Any], /, **key: Any) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(entity, **key)

    return await registry.store.read(work)


def report(registry: Registry, step_id: str, at: int, run_id: str | None = None, **fields: Any) -> StepReport:
    given: dict[str, Any] = {"dialect": "d", "position": "0", "name": "s"} | fields
    return StepReport(
        run_id=run_id,
        state=state(registry, step_id, "RUNNING", at),
        details=lambda known_as: "{}",
        facet=lambda before: "{}",
        **given,
    )


async def record(registry: Registry, *reports: StepReport) -> None:
    await record_steps(registry, ANYBODY, registry.default_project, reports)


async def test_a_workflow_is_one_in_its_dialect_and_role(registry: Registry) -> None:
    made = await asyncio.gather(*(workflow(registry, properties=(("tag", "t"),)) for _ in range(8)))
    other, is_new = await workflow(registry, dialect="e")

    assert len({one.id for one, _ in made}) == 1
    assert [is_made for _, is_made in made].count(True) == 1
    assert is_new
    assert other.id != made[0][0].id
    assert len(await find(registry, Property, entity="workflow", entity_id=made[0][0].id)) == 1
    with pytest.raises(NotFound):
        await get_workflow(registry, ANYBODY, registry.default_project, other.id, DEPLOYMENT)
    draft = WorkflowDraft(dialect="d", role=WORKFLOW, name="x")
    with pytest.raises(Denied):
        await ensure_workflow(registry, VIEWER, registry.default_project, draft)


async def test_a_deployment_belongs_to_a_workflow_and_replaces_its_properties(registry: Registry) -> None:
    flow, _ = await workflow(registry)

    async def put(parent_id: str, tag: str) -> tuple[Workflow, bool]:
        draft = WorkflowDraft(dialect="d", role=DEPLOYMENT, name="x", parent_id=parent_id, properties=(("tag", tag),))
        return await put_deployment(
            registry, ANYBODY, registry.default_project, draft, lambda given, parent, existing: given
        )

    made = await asyncio.gather(*(put(flow.id, "a") for _ in range(4)))
    again, is_new = await put(flow.id, "b")

    assert [is_made for _, is_made in made].count(True) == 1
    assert (again.id, is_new) == (made[0][0].id, False)
    assert [one.value for one in await find(registry, Property, entity_id=again.id)] == ["b"]
    with pytest.raises(Conflict):
        await put(again.id, "c")
    await delete_deployment(registry, ANYBODY, registry.default_project, again.id)
    assert await find(registry, Property, entity_id=again.id) == []


async def test_a_runs_key_is_its_own_in_its_workflow(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    made = await asyncio.gather(*(run(registry, flow.id, key="k") for _ in range(8)))

    assert len({standing.run.id for standing, _ in made}) == 1
    assert [is_made for _, is_made in made].count(True) == 1
    assert len(await find(registry, RunState, run_id=made[0][0].run.id)) == 1


async def test_a_steps_position_is_its_own_in_its_run_and_an_id_in_the_registry(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    parent = (await run(registry, flow.id))[0].run
    made = await asyncio.gather(*(step(registry, parent.id) for _ in range(8)))

    assert len({standing.run.id for standing, _ in made}) == 1
    with pytest.raises(Conflict):
        await step(registry, parent.id, "1", id=made[0][0].run.id)
    with pytest.raises(Conflict):
        await step(registry, made[0][0].run.id, "1")


async def test_state_changes_of_one_run_follow_each_other(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    made = (await run(registry, flow.id))[0].run

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        assert standing.run.state_at is not None
        new = state(registry, made.id, "RUNNING", standing.run.state_at + 1)
        return Change(run=entered(standing.run, new), state=new)

    await asyncio.gather(*(change_run(registry, ANYBODY, registry.default_project, made.id, decide) for _ in range(20)))
    standing = await get_run(registry, ANYBODY, registry.default_project, made.id)

    assert standing.run.attempts == 20
    assert standing.run.spent == 19
    assert len(await find(registry, RunState, run_id=made.id)) == 21
    assert standing.state is not None
    assert standing.state.id == standing.run.state_id


async def test_a_result_is_a_linked_version_that_the_state_points_to(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    made = (await run(registry, flow.id))[0].run

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        new = state(registry, made.id, "COMPLETED")
        draft = VersionDraft(dialect="d", internal=True, data='{"a":1}', producer_run=made.id)
        return Change(run=entered(standing.run, new), state=new, result=Result(version=draft))

    changed = await change_run(registry, ANYBODY, registry.default_project, made.id, decide)
    versions = await find(registry, Version, producer_run=made.id)
    links = await find(registry, RunLink, run_id=made.id)
    read = await get_run(registry, ANYBODY, registry.default_project, made.id)

    assert changed.data == read.data == '{"a":1}'
    assert read.state is not None
    assert [version.id for version in versions] == [link.version_id for link in links] == [read.state.version_id]
    assert read.state.data is None
    query = Query(source="run", fields=(), project_id=registry.default_project.id, sort=Sort("id"))
    assert await list_runs(registry, ANYBODY, query) == [read]


async def test_a_decision_that_fails_leaves_everything_as_it_was(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    before = (await run(registry, flow.id))[0]

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        raise Conflict("no")

    with pytest.raises(Conflict):
        await change_run(registry, ANYBODY, registry.default_project, before.run.id, decide)
    with pytest.raises(NotFound):
        await change_run(registry, ANYBODY, registry.default_project, registry.new_id(), decide)
    assert await get_run(registry, ANYBODY, registry.default_project, before.run.id) == before


async def test_a_step_follows_the_run_that_it_called(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    caller = (await step(registry, (await run(registry, flow.id))[0].run.id))[0].run
    child = (await run(registry, flow.id, parent_id=caller.id))[0].run

    def decide(standing: Standing, deployment: Workflow | None) -> Change:
        new = state(registry, child.id, "FAILED")
        return Change(run=entered(standing.run, new), state=new)

    def mirror(one: Run, called: Run, new: RunState, data: str | None) -> Change:
        own = replace(new, id=registry.new_id(), run_id=one.id)
        return Change(run=entered(one, own), state=own)

    await change_run(registry, ANYBODY, registry.default_project, child.id, decide, mirror)
    mirrored = await get_run(registry, ANYBODY, registry.default_project, caller.id, "step")
    assert (mirrored.run.state_type, len(await find(registry, RunState, run_id=caller.id))) == ("FAILED", 2)


async def test_deleting_a_run_leaves_nothing_of_it_but_versions(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    made = (await run(registry, flow.id))[0].run
    part = (await step(registry, made.id))[0].run
    child = (await run(registry, flow.id, parent_id=part.id))[0].run
    line = LogLine(
        id=registry.new_id(),
        project_id=registry.default_project.id,
        run_id=made.id,
        step_id=part.id,
        name="n",
        level=20,
        message="m",
        at=0,
        facet=None,
    )
    await add_lines(registry, ANYBODY, [line, replace(line, id=registry.new_id(), run_id=child.id)])
    await delete_run(registry, ANYBODY, registry.default_project, made.id)

    assert [one.id for one in await find(registry, Run)] == [child.id]
    assert (await find(registry, Run, id=child.id))[0].parent_id is None
    assert {one.run_id for one in await find(registry, RunState)} == {child.id}
    assert {one.entity_id for one in await find(registry, Property, entity="run")} == {child.id}
    query = Query(source="log", fields=(), project_id=registry.default_project.id)
    assert [one.run_id for one in await list_lines(registry, ANYBODY, query)] == [child.id]


async def test_the_newest_report_wins_and_every_state_is_kept_once(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    parent, step_id = (await run(registry, flow.id))[0].run, registry.new_id()
    reports = [report(registry, step_id, at, parent.id, name=f"at {at}", attempts=at) for at in (3, 1, 2)]
    await record(registry, reports[0])
    await record(registry, *reports, *reports)
    standing = await get_run(registry, ANYBODY, registry.default_project, step_id, "step")

    assert (standing.run.name, standing.run.attempts, standing.run.state_at) == ("at 3", 3, 3)
    assert sorted(one.at for one in await find(registry, RunState, run_id=step_id)) == [1, 2, 3]


async def test_reports_of_one_step_may_come_over_many_ways_at_once(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    parent, step_id = (await run(registry, flow.id))[0].run, registry.new_id()
    reports = [report(registry, step_id, at, parent.id, attempts=at) for at in range(1, 25)]
    await asyncio.gather(*(record(registry, one, reports[-1 - place]) for place, one in enumerate(reports)))
    standing = await get_run(registry, ANYBODY, registry.default_project, step_id, "step")

    assert (standing.run.attempts, standing.run.state_at) == (24, 24)
    assert len(await find(registry, RunState, run_id=step_id)) == 24


async def test_a_time_that_a_newer_report_leaves_out_stays_known(registry: Registry) -> None:
    step_id = registry.new_id()
    await record(registry, report(registry, step_id, 1, started=5, expected_start=4))
    await record(registry, report(registry, step_id, 2, ended=6))
    standing = await get_run(registry, ANYBODY, registry.default_project, step_id, "step")
    assert (standing.run.expected_start, standing.run.started, standing.run.ended) == (4, 5, 6)


async def test_reports_touch_only_steps_of_their_dialect_and_project(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    parent = (await run(registry, flow.id))[0].run
    theirs = (await step(registry, parent.id))[0].run
    await record(
        registry,
        report(registry, parent.id, 10**17, parent.id, name="taken"),
        report(registry, theirs.id, 10**17, parent.id, dialect="e", name="taken"),
        report(registry, registry.new_id(), 10**17, parent.id, dialect="e", name="taken"),
        report(registry, registry.new_id(), 10**17, registry.new_id(), name="taken"),
    )
    assert {one.name for one in await find(registry, Run)} == {"r", "s"}


async def test_viewers_write_nothing(registry: Registry) -> None:
    flow, _ = await workflow(registry)
    made = (await run(registry, flow.id))[0].run
    project = registry.default_project
    draft = RunDraft(dialect="d", role="run", name="r", workflow_id=flow.id)
    for attempt in (
        create_run(registry, VIEWER, project, draft, begin(registry)),
        change_run(registry, VIEWER, project, made.id, lambda standing, deployment: Change(run=standing.run)),
        delete_run(registry, VIEWER, project, made.id),
        record_steps(registry, VIEWER, project, []),
        add_lines(registry, VIEWER, []),
        delete_deployment(registry, VIEWER, project, flow.id),
    ):
        with pytest.raises(Denied):
            await attempt
    assert (await get_run(registry, VIEWER, project, made.id)).run == made
