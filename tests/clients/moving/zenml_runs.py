"""Runs of ZenML's pipelines: cached and retried steps, dynamic pipelines with children, and a stack of one's own."""

import contextlib
from typing import Annotated, Any

from zenml import get_step_context, pipeline, step
from zenml.client import Client
from zenml.config.retry_config import StepRetryConfig

tries: list[int] = []


def afterwards() -> dict[str, int]:
    """A hook that leaves a version."""
    return {"tries": len(tries)}


@step
def read(path: str) -> Annotated[str, "text"]:
    """Cached from the second run on."""
    return path.upper()


@step(enable_cache=False, retry=StepRetryConfig(max_retries=2, delay=0), on_success=afterwards)
def stumble(text: str) -> Annotated[int, "length"]:
    """Succeeds when it is tried again."""
    tries.append(len(text))
    if len(tries) % 2:
        raise ValueError("not yet")
    return len(text)


@step(enable_cache=False)
def break_off(number: int) -> Annotated[int, "never"]:
    """Fails."""
    raise LookupError(f"on purpose, {number} in {get_step_context().pipeline_run.name}")


@pipeline(name="stumbling", tags=["stumbles"])
def stumbling(path: str = "a/b") -> None:
    """A step that is cached, and one that is tried again."""
    stumble(read(path))


@pipeline(name="failing", enable_cache=False)
def failing() -> None:
    """A run that fails."""
    break_off(1)


@step(enable_cache=False)
def count(number: int) -> Annotated[int, "counted"]:
    """Counts."""
    return number + 1


@pipeline(name="child", dynamic=True, enable_cache=False, tags=["inner"])
def child(number: int) -> int:
    """A run within a run."""
    return count(number)


@pipeline(name="growing", dynamic=True, enable_cache=False, tags=["nightly"])
def growing(times: int = 1) -> None:
    """A pipeline that has no steps before it runs."""
    for number in range(times):
        count(number)
    child(times)


def run_first(client: Client, stack: str) -> None:
    """A run of each, the last on this stack instead of the one that is active."""
    stumbling.with_options(run_name="stumbling-first")()
    with contextlib.suppress(RuntimeError):
        failing()
    run_second(client, stack, growing)


def run_second(client: Client, stack: str, made: Any = stumbling) -> None:
    """A run on this stack: of its steps, one was run before."""
    client.activate_stack(stack)
    made.with_options(run_name=f"{made.name}-elsewhere")()
    client.activate_stack("default")
