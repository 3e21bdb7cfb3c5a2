"""Fills a Prefect server by its own client: artifacts of every kind, runs with tasks, a deployment. Takes a round."""

import asyncio
import sys

import prefect_runs
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.states import Completed

COUNT = int(sys.argv[1])
ROUND = sys.argv[2]


@task
def weigh(number: int) -> int:
    """A task that leaves an artifact."""
    create_table_artifact([{"n": number, "round": ROUND}], key=f"table-{number}")
    return number


@flow(name="weighing", flow_run_name=f"weighing-{ROUND}")
def weighing(numbers: int = 3) -> int:
    """A flow with tasks and a log."""
    get_run_logger().info("weighing %s", ROUND)
    create_link_artifact("https://example.com/", key="link", description="where it is")
    return sum(weigh(number) for number in range(numbers))


async def fill() -> None:
    """Many artifacts, side by side."""
    turns = asyncio.Semaphore(8)
    async with get_client() as client:

        async def one(number: int) -> None:
            async with turns:
                made = await client.create_artifact(
                    ArtifactCreate(
                        key=None if number % 10 == 0 else f"key-{number % 25}",
                        type=("markdown", "table", "progress", None)[number % 4],
                        description=f"number {number} of {ROUND}" if number % 3 else None,
                        data=(f"# {number}", {"a": [number, None, "ü"]}, number / 7, None)[number % 4],
                        metadata_={"number": str(number)} if number % 2 else None,
                    )
                )
                if number % 20 == 0:
                    await client.update_artifact(made.id, ArtifactUpdate(description="changed", data=[number]))

        await asyncio.gather(*map(one, range(COUNT)))
        for number in range(5):
            run = await client.create_flow_run(weighing, name=f"by hand {number}", tags=["by-hand", ROUND])
            await client.set_flow_run_state(run.id, Completed(message="done"), force=True)
        await (prefect_runs.deploy if ROUND == "first" else prefect_runs.change)(client)


weighing()
prefect_runs.run_all()
asyncio.run(fill())
if ROUND == "first":
    create_markdown_artifact("# report", key="report")
else:
    create_markdown_artifact("# report, once more", key="report")
