"""Runs of Prefect's flows and tasks: called by others, tried again, cached, failed, and made from deployments."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect import flow, tags, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.states import Cancelled, Completed, Crashed, Paused, Pending, Running, Scheduled

AHEAD = timedelta(days=30)
"""What is scheduled waits, so that no server thinks it late."""

attempts: dict[str, int] = {"task": 0, "flow": 0}


@task(retries=2, retry_delay_seconds=0, tags=["stubborn"])
def stubborn() -> int:
    """Succeeds when it is tried again."""
    attempts["task"] += 1
    create_markdown_artifact(f"attempt {attempts['task']}", key="attempts")
    if attempts["task"] % 2:
        raise ConnectionError("not yet")
    return attempts["task"]


@task(cache_key_fn=lambda context, given: "the only one", cache_expiration=timedelta(days=1), persist_result=True)
def remembered() -> int:
    """Cached from the second call on."""
    return 5


@task
def breaks() -> None:
    """Fails."""
    raise LookupError("on purpose")


@flow(name="inner", retries=1, retry_delay_seconds=0)
def inner(fails: bool = False) -> str:
    """Is called by another flow; the first time it succeeds when it is tried again."""
    attempts["flow"] += 1
    create_markdown_artifact(f"call {attempts['flow']}", key="calls")
    if fails or attempts["flow"] == 1:
        raise ConnectionError("not yet")
    return "fine"


@flow(name="outer", persist_result=True, version="1.2")
def outer(words: list[str]) -> int:
    """Calls another flow and tasks, some of which fail."""
    inner()
    inner(fails=True, return_state=True)
    with tags("tagged", "twice"):
        numbers = [remembered(), remembered()]
    waited = stubborn.submit()
    breaks(return_state=True)
    return sum(numbers) + waited.result()


@flow(name="failing")
def failing() -> None:
    """Fails with its task."""
    breaks()


def run_all() -> None:
    """Run them."""
    outer(["a", "ü"])
    failing(return_state=True)


async def deploy(client: PrefectClient) -> None:
    """Deployments with all that they may say."""
    flow_id = await client.create_flow(outer)
    anchor = datetime(2026, 1, 1, tzinfo=UTC)
    nightly = await client.create_deployment(
        flow_id=flow_id,
        name="nightly",
        version="7",
        description="runs at night",
        tags=["night", "heavy"],
        parameters={"words": ["from", "afar"]},
        parameter_openapi_schema={"type": "object", "properties": {"words": {"type": "array"}}},
        enforce_parameter_schema=False,
        schedules=[
            DeploymentScheduleCreate(
                schedule=IntervalSchedule(interval=timedelta(days=20), anchor_date=anchor, timezone="Europe/Berlin"),
                slug="seldom",
                parameters={"words": []},
                max_scheduled_runs=2,
            ),
            DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *", day_or=False), active=False),
            DeploymentScheduleCreate(schedule=RRuleSchedule(rrule="FREQ=DAILY;COUNT=3"), active=False),
        ],
        concurrency_limit=3,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW, grace_period_seconds=90
        ),
        job_variables={"env": {"A": "b"}},
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": "/srv"}}],
        path="/srv",
        entrypoint="flows.py:outer",
    )
    plain = await client.create_deployment(flow_id=flow_id, name="plain", paused=True)
    queued = await client.create_deployment(flow_id=flow_id, name="queued", work_queue_name="slow")
    for each in (plain, queued):
        await client.create_flow_run_from_deployment(each, state=Scheduled(scheduled_time=ahead()))
    await run_deployed(client, nightly, "first")


def ahead() -> datetime:
    """A time that no server waits for."""
    return datetime.now(UTC) + AHEAD


async def run_deployed(client: PrefectClient, deployment_id: UUID, round_: str) -> None:
    """Runs of a deployment, in states of all kinds."""
    at = ahead()
    last = (
        Scheduled(scheduled_time=at),
        Completed(message="done"),
        Cancelled(message="enough"),
        Crashed(message="gone"),
    )
    for number, state in enumerate(last):
        run = await client.create_flow_run_from_deployment(
            deployment_id,
            state=Scheduled(scheduled_time=at),
            name=f"{round_}-{number}",
            tags=[round_],
            parameters={"words": [round_]},
            idempotency_key=f"{round_}-{number}",
            job_variables={"image": round_},
        )
        if number:
            for step in (Pending(), Running(), state):
                await client.set_flow_run_state(run.id, step, force=True)
    paused = await client.create_flow_run(outer, parameters={"words": []}, name=f"{round_}-paused")
    for step in (Running(), Paused(reschedule=True, timeout_seconds=AHEAD.total_seconds(), pause_key="tea")):
        await client.set_flow_run_state(paused.id, step, force=True)


async def change(client: PrefectClient) -> None:
    """What is said of deployments and runs later on."""
    nightly = await client.read_deployment_by_name("outer/nightly")
    await client.update_deployment(nightly.id, DeploymentUpdate(description="runs by day", tags=["day"]))
    await client.update_deployment_schedule(nightly.id, nightly.schedules[0].id, active=False)
    plain = await client.read_deployment_by_name("outer/plain")
    await client.resume_deployment(plain.id)
    waiting = await client.read_flow_runs(limit=200)
    [first] = [run for run in waiting if run.name == "first-0"]
    await client.update_flow_run(first.id, name="renamed", tags=["first", "renamed"])
    await client.set_flow_run_state(first.id, Cancelled(message="after all"), force=True)
    await run_deployed(client, nightly.id, "second")
