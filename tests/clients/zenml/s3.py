"""The client's own s3 artifact store: values, folders, pictures and a pipeline's outputs lie in the bucket."""

import io
import os
import tarfile
from pathlib import Path
from typing import Annotated

import boto3
from checks import another_client, expect, holds, http, unique
from zenml import load_artifact, pipeline, save_artifact, step
from zenml.client import Client
from zenml.types import MarkdownString

client = Client()
name = unique("bucket")
store = client.active_stack.artifact_store
expect((store.flavor, store.path.startswith("s3://")), ("s3", True), "the default stack's store")
objects = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])


def kept(uri: str) -> set[str]:
    """The names of the objects under a place in the store."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    listed = objects.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", [])
    return {row["Key"].removeprefix(f"{prefix}/") for row in listed}


# Values and folders.
version = save_artifact({"a": [1, "ü"]}, name)
holds(version.uri.startswith(f"{store.path}/custom_artifacts/{name}/"), f"in the bucket: {version.uri}")
holds(kept(version.uri), "as objects of it")
expect(load_artifact(name), {"a": [1, "ü"]}, "loaded from there")
folder = Path("folder")
folder.mkdir()
(folder / "large.bin").write_bytes(os.urandom(6 << 20))
saved = save_artifact(folder, f"{name}-folder")
expect((load_artifact(saved.id) / "large.bin").read_bytes(), (folder / "large.bin").read_bytes(), "a large file")
printed = another_client("second", f"from zenml import load_artifact\nprint(load_artifact('{name}'))")
holds(str({"a": [1, "ü"]}) in printed, f"another client loads it: {printed}")

# The server reads the bucket.
shown = save_artifact(MarkdownString("# ü"), f"{name}-shown")
answer = http("GET", f"/artifact_versions/{shown.id}/visualize")
expect((answer.status_code, answer.json()), (200, {"type": "markdown", "value": "# ü"}), "shown by the server")
token = http("GET", f"/artifact_versions/{saved.id}/download-token").json()
archive = http("GET", f"/artifact_versions/{saved.id}/data", params={"token": token})
expect(archive.status_code, 200, "downloaded from the server")
with tarfile.open(fileobj=io.BytesIO(archive.content)) as files:
    names = {Path(member.name).name for member in files.getmembers() if member.isfile()}
expect(names, kept(saved.uri), "whole")


# A pipeline.
@step
def make() -> Annotated[list[int], f"{name}-made"]:
    return [1, 2, 3]


@step
def add(numbers: list[int]) -> Annotated[int, f"{name}-sum"]:
    return sum(numbers)


@pipeline(name=name)
def whole() -> None:
    add(make())


run = client.get_pipeline_run(whole().id)
total = run.steps["add"].outputs[f"{name}-sum"][0]
expect(
    (run.status.value, total.load(), total.uri.startswith(store.path)), ("completed", 6, True), "a pipeline's outputs"
)
again = client.get_pipeline_run(whole().id)
expect({row.status.value for row in again.steps.values()}, {"cached"}, "which are found again")

# Data go with the version when that is asked for, by the client or by the server.
client.delete_artifact_version(version.id, delete_from_artifact_store=True)
expect(kept(version.uri), set(), "the client deleted them")
client.delete_artifact_version(saved.id, delete_from_artifact_store=True, server_side=True)
expect(kept(saved.uri), set(), "the server did")
print("done")
