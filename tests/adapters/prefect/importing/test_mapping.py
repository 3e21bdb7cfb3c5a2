"""What a Prefect server says, as rows of the registry, and as our own routes show these: nothing is lost on the way."""

from datetime import datetime
from typing import Any

import pytest
from msgspec import json

from isogloss.adapters.prefect import deployment_translate, run_translate, translate
from isogloss.adapters.prefect.times import instant_of
from isogloss.core.model import Artifact, LogLine, Run, RunState, Workflow
from isogloss.core.registry.incoming import Batch
from isogloss.core.registry.runs import Standing
from tests.adapters.prefect.importing.rows import (
    CHANGED,
    FLOW,
    FLOW_RUN,
    OTHER,
    PROJECT,
    STATE,
    TASK_RUN,
    Row,
    Source,
    artifact,
    collection,
    deployment,
    flow,
    flow_run,
    log,
    schedule,
    state,
    task_run,
    told,
)

NOW = instant_of(datetime.fromisoformat(CHANGED))


def shown(given: Any) -> Any:
    """What a client is sent."""
    return json.decode(json.encode(given))


def standing(batch: Batch, run: Run) -> Standing:
    """A run in its newest state, as the registry would find it."""
    by_id = {each.id: each for each in batch.states}
    newest = by_id.get(run.state_id or "")
    return Standing(run=run, state=newest, data=None if newest is None else newest.data)


async def only(path: str, *rows: Row, **states: list[Row]) -> Batch:
    """The one batch of a source that has these rows alone."""
    [batch] = (await told(Source({path: rows}, states))).values()
    assert batch.left_out == []
    return batch


@pytest.mark.parametrize("said", [{}, {"labels": None, "tags": []}])
async def test_a_flow_is_shown_as_it_was(said: Row) -> None:
    batch = await only("/flows", flow(**said))
    [row] = batch.workflows
    assert shown(run_translate.flow(row)) == flow(**said)
    assert [(each.name, each.value) for each in batch.properties] == [("tag", tag) for tag in flow(**said)["tags"]]


FULL = deployment()
BARE = deployment(
    version=None,
    description=None,
    paused=False,
    schedules=[],
    global_concurrency_limit=None,
    concurrency_options=None,
    job_variables={},
    parameters={},
    tags=[],
    work_queue_name=None,
    parameter_openapi_schema=None,
    path=None,
    pull_steps=None,
    entrypoint=None,
    storage_document_id=None,
    infrastructure_document_id=None,
    created_by=None,
    enforce_parameter_schema=True,
)


@pytest.mark.parametrize("said", [FULL, BARE], ids=["full", "bare"])
async def test_a_deployment_is_shown_as_it_was(said: Row) -> None:
    batch = await only("/deployments", said)
    [row] = batch.workflows
    assert (row.role, row.parent_id) == ("deployment", FLOW)
    assert shown(deployment_translate.deployment(row)) == said


async def test_a_deployment_is_found_by_its_tags_its_queue_and_that_it_is_paused() -> None:
    batch = await only("/deployments", FULL)
    found = {(each.name, each.value) for each in batch.properties}
    assert found == {("tag", "warm"), ("work_queue_name", "kitchen"), ("paused", "true")}


async def test_what_waits_for_a_pool_says_its_queue_only() -> None:
    batch = await only("/deployments", deployment(work_pool_name="machines", work_queue_id=OTHER, status="READY"))
    assert shown(deployment_translate.deployment(batch.workflows[0])) == FULL


async def test_several_schedules_stay_in_their_order() -> None:
    said = deployment(schedules=[schedule(slug=word) for word in ("late", "early", None)])
    batch = await only("/deployments", said)
    assert shown(deployment_translate.deployment(batch.workflows[0])) == said


FINISHED = flow_run(
    state_type="COMPLETED",
    state_name="Completed",
    end_time=CHANGED,
    next_scheduled_start_time=None,
    state=state(type="COMPLETED", name="Completed", data={"type": "unpersisted"}),
)
UNBEGUN = flow_run(
    deployment_id=None,
    deployment_version=None,
    work_queue_name=None,
    flow_version=None,
    parameters={},
    idempotency_key=None,
    context={},
    tags=[],
    parent_task_run_id=None,
    run_count=0,
    expected_start_time=None,
    next_scheduled_start_time=None,
    start_time=None,
    total_run_time=0.0,
    estimated_run_time=0.0,
    auto_scheduled=False,
    infrastructure_document_id=None,
    infrastructure_pid=None,
    created_by=None,
    state_id=None,
    state_type=None,
    state_name=None,
    state=None,
    job_variables=None,
)


@pytest.mark.parametrize("said", [flow_run(), FINISHED, UNBEGUN], ids=["tried again", "finished", "not begun"])
async def test_a_flow_run_is_shown_as_it_was(said: Row) -> None:
    batch = await only("/flow_runs", said)
    [row] = batch.runs
    assert shown(run_translate.flow_run(standing(batch, row), NOW)) == said


async def test_a_flow_run_knows_its_flow_its_deployment_and_who_called_it() -> None:
    [row] = (await only("/flow_runs", flow_run())).runs
    assert (row.role, row.workflow_id, row.deployment_id, row.parent_id, row.key) == (
        "run",
        FLOW,
        flow_run()["deployment_id"],
        TASK_RUN,
        "once",
    )


@pytest.mark.parametrize(
    "said", [task_run(), task_run(flow_run_id=None, cache_key=None, cache_expiration=None, task_version=None)]
)
async def test_a_task_run_is_shown_as_it_was(said: Row) -> None:
    batch = await only("/task_runs", said)
    [row] = batch.runs
    assert shown(run_translate.task_run(standing(batch, row), NOW)) == said


async def test_a_run_comes_with_all_of_its_states() -> None:
    history = [state(id=OTHER, type="RUNNING", name="Running", timestamp=CHANGED), state()]
    batch = await only("/flow_runs", flow_run(), **{FLOW_RUN: history})
    assert [run_of(each) for each in batch.states] == [(OTHER, FLOW_RUN), (STATE, FLOW_RUN)]
    assert [shown(run_translate.state(each, each.data, "prefect")) for each in batch.states] == history


def run_of(kept: RunState) -> tuple[str, str]:
    return kept.id, kept.run_id


async def test_a_log_line_is_shown_as_it_was() -> None:
    [line] = (await only("/logs", log())).logs
    assert shown(run_translate.log(line)) == log()


ODD = [{"key": None, "type": None}, {"data": None, "metadata_": None, "description": None}, {"data": "text"}]


@pytest.mark.parametrize("odd", [{}, *ODD])
async def test_an_artifact_is_shown_as_it_was(odd: Row) -> None:
    batch = await only("/artifacts", artifact(**odd))
    version, line = batch.versions[0].version, batch.artifacts[0]
    values = {"artifact.slug": line.slug} | {name: getattr(version, name) for name in version.__struct_fields__}
    row = tuple(values[name] for name in translate.ARTIFACT_FIELDS)
    assert shown(translate.artifact(row)) == artifact(**odd)


async def test_artifacts_of_a_key_are_one_line_whose_id_is_the_same_at_each_import() -> None:
    found = [artifact(), artifact(id=STATE), artifact(id=FLOW, key="other")]
    first, again = [await only("/artifacts", *found) for _ in range(2)]
    assert first == again
    assert [(row.name, row.kind, row.slug) for row in first.artifacts] == [
        ("menu", "artifact", "menu"),
        ("other", "artifact", "other"),
    ]
    lines = [row.version.artifact_id for row in first.versions]
    assert lines == [first.artifacts[0].id, first.artifacts[0].id, first.artifacts[1].id]


async def test_artifacts_without_a_key_have_nothing_to_do_with_each_other() -> None:
    batch = await only("/artifacts", artifact(key=None), artifact(key=None, id=STATE))
    assert len({row.version.artifact_id for row in batch.versions}) == 2
    assert [row.name for row in batch.artifacts] == [None, None]


@pytest.mark.parametrize(("said", "internal"), [({"key": None, "type": None}, True), ({"key": None}, False)])
async def test_the_result_of_a_run_is_the_servers_own_matter(said: Row, internal: bool) -> None:
    batch = await only("/artifacts", artifact(**said))
    assert batch.versions[0].version.internal is internal


async def test_a_collection_is_the_head_of_its_line() -> None:
    batches = await told(Source({"/artifacts": [artifact()], "/artifacts/latest": [collection()]}))
    [head] = batches["artifact keys"].heads
    assert head.artifact_id == batches["artifact versions"].artifacts[0].id
    assert (head.id, head.version_id) == (STATE, OTHER)


async def test_everything_goes_to_the_project_that_it_is_meant_for() -> None:
    held = {"/flows": flow(), "/deployments": deployment(), "/flow_runs": flow_run(), "/logs": log()}
    batches = await told(Source({path: [row] for path, row in held.items()} | {"/artifacts": [artifact()]}))
    found: list[Workflow | Run | LogLine | Artifact] = []
    for batch in batches.values():
        found += [*batch.workflows, *batch.runs, *batch.logs, *batch.artifacts]
    assert [row.project_id for row in found] == [PROJECT] * 5
