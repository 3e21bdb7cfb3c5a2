"""The asynchronous helpers, many at once, and an asynchronous flow with mapped tasks."""

import asyncio
import json
from uuid import UUID

from checks import expect, holds, unique
from prefect import flow, task
from prefect.artifacts import (
    Artifact,
    acreate_image_artifact,
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.runtime import flow_run

name = unique("async")


@task
async def square(number: int) -> int:
    await acreate_markdown_artifact(str(number), key=f"{name}-square")
    return number * number


@flow(name=name)
async def squares() -> tuple[str, list[int]]:
    futures = square.map(range(5))
    return flow_run.id, sorted([future.result() for future in futures])


async def main() -> None:
    # Get, or make if there is none.
    expect(await Artifact.aget(name), None, "nothing yet")
    made, fresh = await Artifact.aget_or_create(key=name, type="note", data={"n": [1]}, description="first")
    expect((fresh, made.key, made.type, made.description), (True, name, "note", "first"), "made")
    again, fresh = await Artifact.aget_or_create(key=name, type="note", data={"n": [2]}, description="second")
    expect((fresh, again.id, again.data), (False, made.id, made.data), "found")
    expect(json.loads(made.data), {"n": [1]}, "plain artifacts keep their data as JSON text")

    # The helper finds what was touched last.
    newer = await acreate_markdown_artifact("newer", key=name)
    expect((await Artifact.aget(name)).id, newer, "the newest by its key")
    bar = await acreate_progress_artifact(1.5, key=f"{name}-bar")
    await aupdate_progress_artifact(bar, 66.6)
    expect((await Artifact.aget(f"{name}-bar")).data, 66.6, "progress")

    # Many at once, over one client and over many; each is there, whatever came between.
    async with get_client() as client:
        await asyncio.gather(
            *(acreate_markdown_artifact(str(n), key=f"{name}-{n % 4}") for n in range(16)),
            acreate_table_artifact([[1, 2], [3, None]], key=f"{name}-table"),
            acreate_image_artifact("https://example.org/i.png", key=f"{name}-image"),
            acreate_link_artifact("https://example.org", key=f"{name}-link", client=client),
        )
        for n in range(4):
            rows = await client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[f"{name}-{n}"]))
            )
            expect(sorted(int(row.data) for row in rows), [n, n + 4, n + 8, n + 12], "versions made at once")
            head = await Artifact.aget(f"{name}-{n}", client=client)
            expect(head.id, max(rows, key=lambda row: row.created).id, "the newest of them")
        stored = await Artifact(type="blob", key=f"{name}-blob", data=["a", 1, None]).acreate(client)
        expect(json.loads(stored.data), ["a", 1, None], "an artifact that makes itself")

        run, found = await squares()
        expect(found, [0, 1, 4, 9, 16], "mapped tasks")
        rows = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        )
        expect(sorted(row.data for row in rows), ["0", "1", "2", "3", "4"], "each made one")
        expect(len({row.task_run_id for row in rows}), 5, "in a task of its own")
        state = (await client.read_flow_run(UUID(run))).state
        holds(state.is_completed(), "the run completed")


asyncio.run(main())
print("done")
