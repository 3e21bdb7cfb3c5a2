"""A flow that calls another and then fails: what was made before stays, each under its own run."""

from uuid import UUID

from checks import eventually, expect, holds, raises, unique
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.runtime import flow_run

name = unique("nested")
ids: dict[str, str] = {}


@task
def note(word: str) -> None:
    create_markdown_artifact(word, key=f"{name}-{word}")


@flow(name=f"{name}-inner")
def inner(fails: bool) -> str:
    ids["failing" if fails else "inner"] = flow_run.id
    note("failing" if fails else "inner")
    if fails:
        raise LookupError("inside")
    return "fine"


@task
def breaks() -> None:
    create_markdown_artifact("before it broke", key=f"{name}-before")
    raise ValueError("on purpose")


@flow(name=f"{name}-outer")
def outer() -> None:
    ids["outer"] = flow_run.id
    create_markdown_artifact("outer", key=f"{name}-outer")
    holds(inner(fails=False) == "fine", "the inner flow returns")
    holds(inner(fails=True, return_state=True).is_failed(), "the failing one does not")
    breaks()


state = outer(return_state=True)
holds(state.is_failed(), "the outer flow fails")
raises(ValueError, lambda: state.result(), "with the error of its task")

client = get_client(sync_client=True)
ours = ArtifactFilter(key=ArtifactFilterKey(like_=name))
owners = {row.key.removeprefix(f"{name}-"): str(row.flow_run_id) for row in client.read_artifacts(artifact_filter=ours)}
expect(
    owners,
    {"outer": ids["outer"], "before": ids["outer"], "inner": ids["inner"], "failing": ids["failing"]},
    "whose each artifact is",
)


def found(run_filter: FlowRunFilter) -> set[str]:
    rows = client.read_artifacts(artifact_filter=ours, flow_run_filter=run_filter)
    return {row.key.removeprefix(f"{name}-") for row in rows}


failed = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.FAILED])))
expect(found(failed), {"outer", "before", "failing"}, "by the state of the run")
done = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=[StateType.FAILED])))
expect(found(done), {"inner"}, "by another state")
children = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[UUID(ids["outer"])]))
expect(found(children), {"inner", "failing"}, "by the calling run")
expect(
    {str(row.id) for row in client.read_flow_runs(flow_run_filter=children)}, {ids["inner"], ids["failing"]}, "the runs"
)

# The caller sees each inner run as a task run, whose state follows it.
for word, wanted in (("inner", "COMPLETED"), ("failing", "FAILED")):
    run = client.read_flow_run(UUID(ids[word]))
    expect(run.state_type.value, wanted, f"state of {word}")
    holds(run.parent_task_run_id is not None, f"{word} hangs on a task run")
    stand_in = client.read_task_run(run.parent_task_run_id)
    expect((str(stand_in.flow_run_id), stand_in.state_type.value), (ids["outer"], wanted), f"stand-in of {word}")
    expect(str(stand_in.state.state_details.child_flow_run_id), ids[word], f"which knows {word}")
last = client.read_flow_run(UUID(ids["outer"]))
expect((last.state_type.value, last.run_count), ("FAILED", 1), "the outer run")
holds("on purpose" in last.state.message, "says what went wrong")
every = FlowRunFilter(id=FlowRunFilterId(any_=list(ids.values())))
eventually(lambda: len(client.read_flow_runs(flow_run_filter=every)) == 3, "all three runs")
print("done")
