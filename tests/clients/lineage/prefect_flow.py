"""A flow that used what ZenML has, and says so in the metadata of its artifact."""

from prefect import flow, task
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.runtime import flow_run, task_run


@task
def summarize() -> None:
    """Makes an artifact with metadata, which the client alone can send."""
    artifact = ArtifactCreate(
        type="markdown",
        key="summary",
        data="# Summary",
        metadata_={"isogloss.inputs": "zenml:features:1", "author": "somebody"},
        flow_run_id=flow_run.id,
        task_run_id=task_run.id,
    )
    get_client(sync_client=True).create_artifact(artifact)


@flow(name="nightly")
def nightly() -> None:
    """One task."""
    summarize()


nightly()
Artifact(type="table", key="raw-table", data='[{"a": 1}]').create()
print("done")
