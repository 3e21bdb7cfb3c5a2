"""What goes wrong in a pipeline: a step that fails, one that is tried again, a process that is killed."""

from typing import Annotated

from checks import another_client, command, expect, holds, raises, unique
from zenml import load_artifact, pipeline, save_artifact, step
from zenml.client import Client
from zenml.config.retry_config import StepRetryConfig
from zenml.enums import ExecutionStatus

client = Client()
name = unique("failures")
tries: list[int] = []


@step(enable_cache=False)
def works() -> Annotated[int, f"{name}-before"]:
    return 1


@step(enable_cache=False)
def breaks(number: int) -> Annotated[int, f"{name}-never"]:
    save_artifact(number, f"{name}-by-hand")
    raise LookupError("on purpose")


@step(enable_cache=False)
def follows(number: int) -> Annotated[int, f"{name}-after"]:
    return number


@step(enable_cache=False, retry=StepRetryConfig(max_retries=2, delay=0))
def stumbles() -> Annotated[int, f"{name}-tried"]:
    tries.append(len(tries))
    if len(tries) < 2:
        raise ValueError("not yet")
    return len(tries)


@pipeline(name=f"{name}-failing")
def failing() -> None:
    follows(breaks(works()))


@pipeline(name=f"{name}-stumbling")
def stumbling() -> None:
    follows(stumbles())


# A step fails: so does the run, and what was made before stays.
trouble = raises(RuntimeError, failing, "the caller hears of it")
holds("breaks" in str(trouble), "and of the step")
(run,) = client.list_pipeline_runs(pipeline=f"{name}-failing", hydrate=True)
expect(run.status, ExecutionStatus.FAILED, "the run failed")
holds(run.end_time is not None, "and is over")
states = {word: row.status.value for word, row in run.steps.items()}
expect(states, {"works": "completed", "breaks": "failed"}, "the step that failed, and none after it")
expect(run.steps["works"].outputs[f"{name}-before"][0].load(), 1, "what was made before")
expect(load_artifact(f"{name}-by-hand"), 1, "what the failing step saved by hand")
expect(set(run.steps["breaks"].outputs), {f"{name}-by-hand"}, "is all of its outputs")
raises(KeyError, lambda: client.get_artifact_version(f"{name}-never"), "its own was never made")
expect(
    [row.id for row in client.list_pipeline_runs(status="failed", pipeline=f"{name}-failing")], [run.id], "by status"
)
told = run.steps["breaks"].exception_info
holds(told is not None and "on purpose" in told.traceback, "the step keeps what went wrong")
text = (
    "from zenml.client import Client\n"
    f"run = Client().get_pipeline_run('{run.id}')\n"
    "print('found', run.status.value, sorted((word, step.status.value) for word, step in run.steps.items()))\n"
)
printed = another_client("second", text)
holds("found failed [('breaks', 'failed'), ('works', 'completed')]" in printed, f"another client reads it: {printed}")

# A step that is tried again.
done = client.get_pipeline_run(stumbling().id)
expect((done.status, len(tries)), (ExecutionStatus.COMPLETED, 2), "the second try")
expect(done.steps["stumbles"].outputs[f"{name}-tried"][0].load(), 2, "made the output")
attempts = client.list_run_steps(pipeline_run_id=done.id, name="stumbles", sort_by="asc:created", exclude_retried=False)
expect(
    [(row.version, row.status.value) for row in attempts],
    [(1, "retried"), (2, "completed")],
    "both tries are kept",
)
counted = client.list_run_steps(pipeline_run_id=done.id, sort_by="asc:created", exclude_retried=True)
expect([row.name for row in counted], ["stumbles", "follows"], "one of them counts")

# A process is killed in a step.
text = f"""
import os, signal
from zenml import pipeline, step

@step(enable_cache=False)
def first() -> int:
    return 1

@step(enable_cache=False)
def second(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number

@pipeline(name={f"{name}-killed"!r})
def killed():
    second(first())

killed()
"""
another_client("killed", text, fails=True)
(left,) = client.list_pipeline_runs(pipeline=f"{name}-killed", hydrate=True)
expect(left.status, ExecutionStatus.RUNNING, "a run that was left")
states = {word: row.status.value for word, row in client.get_pipeline_run(left.id).steps.items()}
expect(states, {"first": "completed", "second": "running"}, "each step as it was")
expect(client.get_artifact_version(f"{name}-killed::first::output").load(), 1, "what it made is there")
listed = command("pipeline", "runs", "list", "--pipeline", f"{name}-killed", "--output", "json")
holds(str(left.id) in listed and "running" in listed, f"the command line shows it: {listed}")
client.delete_pipeline_run(left.id)
raises(KeyError, lambda: client.get_pipeline_run(left.id), "and it can be deleted")
print("done")
