"""Prefect's client in the matrix: it writes in a flow, and reads artifacts by key, id and run."""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from prefect import flow
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterId,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.sorting import ArtifactSort
from prefect.runtime import flow_run
from steps import found, serve
from things import ADDRESS, DESCRIPTION, FLAT, PICTURE, PROGRESS, ROWS, TEXT, doomed_of, name_of

ME = "prefect"
client = get_client(sync_client=True)
REPORT = name_of(ME, "report")


@flow(name="matrix-flow", flow_run_name="matrix-flow-run")
def whole() -> tuple[str, str]:
    for text in ("# First", "# Second"):
        # The helpers give no metadata on.
        client.create_artifact(
            ArtifactCreate(
                type="markdown",
                key=REPORT,
                description=DESCRIPTION,
                data=text,
                metadata_=FLAT,
                flow_run_id=UUID(flow_run.id),
            )
        )
    create_markdown_artifact(TEXT, key=name_of(ME, "markdown"))
    create_table_artifact(ROWS, key=name_of(ME, "table"))
    create_link_artifact(ADDRESS, key=name_of(ME, "link"), link_text="results")
    create_image_artifact(PICTURE, key=name_of(ME, "image"))
    create_progress_artifact(PROGRESS, key=name_of(ME, "progress"))
    for names in doomed_of(ME).values():
        for name in names:
            create_markdown_artifact("doomed", key=name)
    return flow_run.id, flow_run.name


def versions(key: str) -> list[Any]:
    """The artifacts of a key, the newest first."""
    keyed = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    return client.read_artifacts(artifact_filter=keyed, sort=ArtifactSort.CREATED_DESC)


def write() -> dict[str, Any]:
    """Everything that this client writes."""
    run_id, run_name = whole()
    made = versions(REPORT)
    return {
        "ids": [str(row.id) for row in made],
        "created": made[0].created.isoformat(),
        "run": {"id": run_id, "name": run_name},
        "contents": {
            what: str(Artifact.get(name_of(ME, what)).id) for what in ("markdown", "table", "link", "image", "progress")
        },
        "doomed": {other: [str(Artifact.get(name).id) for name in names] for other, names in doomed_of(ME).items()},
    }


def read(written: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what each client wrote, aspect by aspect."""
    return {writer: seen(writer, given) for writer, given in written.items()}


def seen(writer: str, given: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what one client wrote."""
    report = name_of(writer, "report")
    latest = versions(report)[0]

    def producer() -> dict[str, str]:
        run = client.read_flow_run(latest.flow_run_id)
        assert client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))) == [run]
        if latest.task_run_id is not None:
            assert client.read_task_run(latest.task_run_id).flow_run_id == run.id
        by_run = ArtifactFilter(flow_run_id={"any_": [str(run.id)]}, key=ArtifactFilterKey(any_=[report]))
        assert str(latest.id) in [str(row.id) for row in client.read_artifacts(artifact_filter=by_run)]
        return {"id": str(run.id), "name": run.name}

    def content(what: str, version_id: str) -> dict[str, Any]:
        row = by_ids([version_id])[0]
        linked = re.search(r"\]\((\S+/files)\)", str(row.data))
        if linked is None:
            return {"type": row.type, "data": row.data}
        listed = httpx.get(linked[1]).raise_for_status().json()["items"]
        return {
            "type": row.type,
            "heading": row.data.partition("\n")[0],
            "files": {file["path"]: httpx.get(f"{linked[1]}/{quote(file['path'])}").text for file in listed},
        }

    return {
        "identity": found(
            lambda: {
                "name": latest.key,
                "latest": str(Artifact.get(report).id),
                "ids": [str(row.id) for row in versions(report)],
                "versions": [(row.metadata_ or {}).get("isogloss.version") for row in versions(report)],
                "model": by_ids([given["model"]])[0].key if "model" in given else None,
            }
        ),
        "metadata": found(lambda: {"description": latest.description, "metadata": latest.metadata_}),
        "tags": found(lambda: (latest.metadata_ or {}).get("isogloss.tags")),
        "run": found(producer),
        "times": found(
            lambda: {"created": latest.created.isoformat(), "order": [r.created.isoformat() for r in versions(report)]}
        ),
        "content": {
            what: found(lambda what=what, one=one: content(what, one)) for what, one in given["contents"].items()
        },
    }


def by_ids(ids: list[str]) -> list[Any]:
    """The artifacts of these ids."""
    return client.read_artifacts(artifact_filter=ArtifactFilter(id=ArtifactFilterId(any_=ids)))


def delete(ids: list[str]) -> None:
    """Delete these artifacts, which must be there."""
    assert len(by_ids(ids)) == len(ids)
    for one in ids:
        client.delete_artifact(UUID(one))


def left(ids: list[str], names: list[str]) -> list[str]:
    """Which of these artifacts are still there, by id or by key."""
    return [str(row.id) for row in by_ids(ids)] + [name for name in names if Artifact.get(name) is not None]


serve(write, read, delete, left)
