"""Tasks and flows that succeed at a later attempt, and results that are kept and read back by their state."""

from uuid import UUID

from checks import eventually, expect, holds, unique
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run, task_run
from prefect.states import Cancelled, Completed

name = unique("again")
attempts: dict[str, int] = {"task": 0, "flow": 0}
ids: dict[str, str] = {}


@task(retries=2, retry_delay_seconds=0)
def stubborn() -> str:
    attempts["task"] += 1
    ids["task"] = task_run.id
    create_markdown_artifact(f"attempt {attempts['task']}", key=f"{name}-attempts")
    if attempts["task"] < 3:
        raise ConnectionError("not yet")
    return "at last"


@flow(name=f"{name}-task")
def with_task() -> str:
    return stubborn()


@flow(name=f"{name}-flow", retries=1, retry_delay_seconds=0)
def with_flow() -> str:
    ids["flow"] = flow_run.id
    attempts["flow"] += 1
    if attempts["flow"] == 1:
        raise ConnectionError("not yet")
    return "at last"


client = get_client(sync_client=True)
expect(with_task(), "at last", "the third attempt of the task")


def third():
    """The task run, once its last event has arrived."""
    try:
        row = client.read_task_run(UUID(ids["task"]))
    except ObjectNotFound:
        return None
    return row if row.state_type.value == "COMPLETED" else None


row = eventually(third, "the task run")
expect(row.run_count, 3, "it ran three times")
kept = client.read_artifacts(
    artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[row.flow_run_id]))
)
expect(sorted(each.data for each in kept if each.key), ["attempt 1", "attempt 2", "attempt 3"], "one version each")
expect({str(each.task_run_id) for each in kept if each.key}, {ids["task"]}, "all of the same task run")

expect(with_flow(), "at last", "the second attempt of the flow")
run = client.read_flow_run(UUID(ids["flow"]))
expect((run.run_count, run.state_type.value), (2, "COMPLETED"), "it ran twice")


# Results that are kept: the state names where, and the server keeps the name as an artifact of its own.
@flow(name=f"{name}-kept", persist_result=True)
def keeps() -> dict[str, list[int]]:
    ids["keeps"] = flow_run.id
    return {"numbers": [1, 2, 3]}


expect(keeps(), {"numbers": [1, 2, 3]}, "what it returns")
state = client.read_flow_run(UUID(ids["keeps"])).state
holds(state.is_completed(), "it completed")
holds(state.data is not None and state.data.storage_key, "its state says where the result lies")
internal = client.read_artifacts(
    artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[ids["keeps"]]))
)
expect(len(internal), 1, "one result artifact")
expect((internal[0].key, internal[0].type), (None, None), "without a key and a type")
expect(internal[0].data["storage_key"], state.data.storage_key, "which holds the same")


# States made by hand.
@flow(name=f"{name}-states")
def returns(how: str):
    ids[how] = flow_run.id
    return Completed(message="by hand", name="Nearly") if how == "named" else Cancelled(message="enough")


holds(returns("named", return_state=True).is_completed(), "a state with a name of its own")
named = client.read_flow_run(UUID(ids["named"]))
expect((named.state_type.value, named.state_name, named.state.message), ("COMPLETED", "Nearly", "by hand"), "is kept")
holds(returns("cancelled", return_state=True).is_cancelled(), "a cancelled one")
expect(client.read_flow_run(UUID(ids["cancelled"])).state_type.value, "CANCELLED", "is kept as well")
print("done")
