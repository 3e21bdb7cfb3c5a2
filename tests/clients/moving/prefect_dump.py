"""Prints all that Prefect's client sees of a server, as JSON: by kind and id."""

import asyncio
import json
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import (
    ArtifactCollectionSort,
    ArtifactSort,
    DeploymentSort,
    FlowRunSort,
    FlowSort,
    LogSort,
)


async def every(read: Any, sort: Any) -> dict[str, Any]:
    """All pages of a list."""
    found: dict[str, Any] = {}
    offset = 0
    while page := await read(offset=offset, limit=200, sort=sort):
        found |= {str(item.id): item.model_dump(mode="json") for item in page}
        offset += len(page)
    return found


async def dump() -> dict[str, Any]:
    """Everything."""
    async with get_client() as client:
        kinds = {
            "artifacts": await every(client.read_artifacts, ArtifactSort.CREATED_DESC),
            "collections": await every(client.read_latest_artifacts, ArtifactCollectionSort.CREATED_DESC),
            "flow runs": await every(client.read_flow_runs, FlowRunSort.ID_DESC),
            "task runs": await every(client.read_task_runs, None),
            "logs": await every(client.read_logs, LogSort.TIMESTAMP_ASC),
            "flows": await every(client.read_flows, FlowSort.NAME_ASC),
            "deployments": await every(client.read_deployments, DeploymentSort.NAME_ASC),
        }
        newest = {each["key"] for each in kinds["collections"].values()}
        kinds["order"] = {}
        for key in sorted(newest):
            page = await client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])), sort=ArtifactSort.CREATED_DESC
            )
            kinds["order"][key] = [str(each.id) for each in page]
        return kinds


print(json.dumps(asyncio.run(dump()), sort_keys=True))
