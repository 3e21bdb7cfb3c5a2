"""A flow that used what ZenML has, and says so in a tag of its task, and in the metadata of an artifact."""

from prefect import flow, tags, task
from prefect.artifacts import Artifact, create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.runtime import flow_run


@task
def summarize() -> None:
    """Makes an artifact as most tasks do, without metadata."""
    create_markdown_artifact("# Summary", key="summary")


@flow(name="nightly")
def nightly() -> None:
    """One task that says what it used, and an artifact that says it itself."""
    with tags("isogloss.inputs=zenml:features:1"):
        summarize()
    artifact = ArtifactCreate(
        type="markdown",
        key="overview",
        data="# Overview",
        metadata_={"isogloss.inputs": "prefect:summary", "author": "somebody"},
        flow_run_id=flow_run.id,
    )
    get_client(sync_client=True).create_artifact(artifact)


nightly()
Artifact(type="table", key="raw-table", data='[{"a": 1}]').create()
print("done")
