"""A flow with tasks: every artifact knows its run and its task; states, names, tags, logs and events are read back."""

from uuid import UUID

from checks import eventually, expect, holds, unique
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    ArtifactFilterTaskRunId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterTags,
    LogFilter,
    LogFilterFlowRunId,
    LogFilterTaskRunId,
    TaskRunFilter,
    TaskRunFilterFlowRunId,
    TaskRunFilterName,
)
from prefect.client.schemas.sorting import ArtifactSort, LogSort
from prefect.events import emit_event
from prefect.events.filters import EventAnyResourceFilter, EventFilter, EventNameFilter, EventOrder
from prefect.runtime import flow_run, task_run

name = unique("linked")
steps: dict[int, str] = {}
runs: list[str] = []


@task(task_run_name="part {number}", tags=["measured", name])
def part(number: int) -> int:
    steps[number] = task_run.id
    bar = create_progress_artifact(0.0, key=f"{name}-part-{number}")
    update_progress_artifact(bar, 25.0 * number)
    get_run_logger().warning("part %s of %s", number, name)
    return number * number


@task
def total(values: list[int]) -> int:
    return sum(values)


@flow(name=name, flow_run_name=f"{name}-run-{{count}}", log_prints=True)
def whole(count: int = 3) -> int:
    runs.append(flow_run.id)
    print(f"{name} begins")
    values = [part(number) for number in range(1, count + 1)]
    create_markdown_artifact(f"# {values}", key=f"{name}-report")
    emit_event(f"{name}.measured", {"prefect.resource.id": f"{name}.scale"}, payload={"values": values})
    return total(values)


expect(whole(), 14, "what the flow returns")
(run_id,) = runs
client = get_client(sync_client=True)

# The run.
run = client.read_flow_run(UUID(run_id))
expect((run.state_type.value, run.state_name, run.name), ("COMPLETED", "Completed", f"{name}-run-3"), "the run")
expect((run.run_count, run.parameters), (1, {"count": 3}), "how it ran")
holds(run.start_time <= run.end_time, "it ended after its start")
holds(run.total_run_time.total_seconds() >= 0, "it took time")
expect(client.read_flow(run.flow_id).name, name, "its flow")

# The links: what a task made belongs to its run as well.
mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
made = {row.key: row for row in client.read_artifacts(artifact_filter=mine, sort=ArtifactSort.KEY_ASC)}
expect(list(made), [f"{name}-part-1", f"{name}-part-2", f"{name}-part-3", f"{name}-report"], "four artifacts")
expect(made[f"{name}-report"].task_run_id, None, "one made by the flow itself")
for number, step in steps.items():
    expect(str(made[f"{name}-part-{number}"].task_run_id), step, "one made by a task")
    (found,) = client.read_artifacts(artifact_filter=ArtifactFilter(task_run_id=ArtifactFilterTaskRunId(any_=[step])))
    expect((found.key, float(found.data)), (f"{name}-part-{number}", 25.0 * number), "found by its task")


# The tasks come by events, after the fact.
def recorded():
    rows = client.read_task_runs(task_run_filter=TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run_id])))
    return rows if len(rows) == 4 and all(row.state_type.value == "COMPLETED" for row in rows) else None


tasks = {row.name: row for row in eventually(recorded, "the four task runs")}
expect({f"part {number}" for number in steps} <= set(tasks), True, "named as the template says")
for number, step in steps.items():
    row = client.read_task_run(UUID(step))
    expect((row.name, str(row.flow_run_id)), (f"part {number}", run_id), "a task by its id")
    expect(sorted(row.tags), sorted(["measured", name]), "its tags")
    expect((row.run_count, row.state.name), (1, "Completed"), "how it ran")
    holds(row.start_time <= row.end_time, "its times")

# Joined filters.
by_run = {"flow_run_filter": FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))}
keyed = ArtifactFilter(key=ArtifactFilterKey(like_=name))
expect(len(client.read_artifacts(artifact_filter=keyed, **by_run)), 4, "through the run")
by_flow = FlowFilter(name=FlowFilterName(any_=[name]))
by_task = TaskRunFilter(name=TaskRunFilterName(any_=["part 2"]))
expect(
    [row.key for row in client.read_artifacts(artifact_filter=keyed, task_run_filter=by_task)],
    [f"{name}-part-2"],
    "through a task",
)
by_state = FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Crashed"])))
expect(client.read_artifacts(artifact_filter=keyed, flow_run_filter=by_state), [], "through a state it never had")
named = FlowRunFilter(name=FlowRunFilterName(like_=f"{name}-RUN"))
expect([str(row.id) for row in client.read_flow_runs(flow_run_filter=named)], [run_id], "runs by name")
untagged = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]), tags=FlowRunFilterTags(is_null_=True))
expect(len(client.read_flow_runs(flow_run_filter=untagged, flow_filter=by_flow)), 1, "runs without tags, of the flow")


# The logs, in their order.
def printed():
    lines = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[UUID(run_id)])), sort=LogSort.TIMESTAMP_ASC)
    return lines if any("Finished in state Completed" in line.message for line in lines[-3:]) else None


lines = eventually(printed, "the logs of the run")
texts = [line.message for line in lines]
holds(f"{name} begins" in texts, "what the flow printed")
holds([line.timestamp for line in lines] == sorted(line.timestamp for line in lines), "by time")
spoken = [line for line in lines if line.message == f"part 2 of {name}"]
expect([(line.level, str(line.task_run_id)) for line in spoken], [(30, steps[2])], "a task's own line")
alone = client.read_logs(LogFilter(task_run_id=LogFilterTaskRunId(any_=[UUID(steps[2])])))
holds(alone and {str(line.task_run_id) for line in alone} == {steps[2]}, "the lines of a task")

# The events, those that its tasks sent as well; their client adds the run and the flow that they came from.
of_run = EventAnyResourceFilter(id=[f"prefect.flow-run.{run_id}"])


def told(names, total, limit):
    asked = EventFilter(any_resource=of_run, event=names, order=EventOrder.ASC)
    page = client.read_events(asked, limit=limit)
    return page if page.total == total else None


own, ended = EventNameFilter(prefix=[f"{name}."]), EventNameFilter(name=["prefect.task-run.Completed"])
[measured] = eventually(lambda: told(own, 1, 50), "the event that the flow sent").events
expect(measured.resource.root, {"prefect.resource.id": f"{name}.scale"}, "what it happened to")
expect(measured.payload, {"values": [1, 4, 9]}, "what it tells")
beside = {one.role: one.id for one in measured.related}
expect(beside["flow-run"], f"prefect.flow-run.{run_id}", "the run beside it")
expect(beside["flow"], f"prefect.flow.{run.flow_id}", "the flow beside it")
holds(measured.occurred <= measured.received, "its times")
page = eventually(lambda: told(ended, 4, 3), "the events of the tasks' ends")
expect(len(page.events), 3, "a page of events")
rest = client.read_events_page(page.next_page)
expect((len(rest.events), rest.total, rest.next_page), (1, 4, None), "and the next one")
holds(page.events[-1].occurred <= rest.events[0].occurred, "in their order")

# A run that goes leaves its artifacts.
client.delete_flow_run(UUID(run_id))
expect(client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))), [], "the run is gone")
expect(len(client.read_artifacts(artifact_filter=mine)), 4, "its artifacts stay, with its id")
expect(client.read_artifacts(artifact_filter=keyed, **by_run), [], "but nothing is joined any more")
print("done")
