"""What others wrote is loaded as what it stands for, shown, downloaded, and leads to the run that made it."""

import io
import os
import tarfile
from pathlib import Path

import requests
from expecting import expect, holds
from pieces import COLUMNS, LINK, PICTURE, PROGRESS, ROWS, TEXT, TREE, files_in
from zenml import load_artifact
from zenml.client import Client
from zenml.enums import VisualizationType

client = Client()
SERVER = os.environ["ZENML_STORE_URL"]

values = {
    "daily-markdown": TEXT,
    "daily-table": ROWS,
    "daily-columns": [{"left": 1, "right": "a"}, {"left": 2, "right": None}],
    "daily-progress": PROGRESS,
    "daily-link": LINK,
    "daily-image": PICTURE,
}
holds(len(COLUMNS["left"]) == 2, "a table by columns has as many rows")
listed = {version.name: version for version in client.list_artifact_versions(size=100)}
for name, value in values.items():
    expect(load_artifact(name), value, name)
    expect(listed[name].load(), value, f"{name} from a list")
    expect(client.get_artifact_version(name).load(), value, f"{name} by its name")
    holds(listed[name].artifact_store_id == client.active_stack.artifact_store.id, f"the store of {name}")

# Shown, by the client's own reader of pictures and by the server.
version = client.get_artifact_version("daily-table")
expect(
    [each.type for each in version.visualizations],
    [VisualizationType.CSV, VisualizationType.JSON],
    "pictures of a table",
)
expect(
    [each.type for each in client.get_artifact_version("daily-markdown").visualizations],
    [VisualizationType.MARKDOWN],
    "a picture of markdown",
)
shown = requests.get(f"{SERVER}/api/v1/artifact_versions/{version.id}/visualize", params={"index": 0}, timeout=30)
expect(shown.json()["value"], 'city,score,first\nŁódź,2.5,true\n"a, b",,false\n', "a table as the server shows it")
version.download_files("table.zip")
holds(Path("table.zip").stat().st_size, "downloaded by the client")

# The run that made it: by a task, and by the flow itself, which a step stands for.
expect(version.run.config.name, "report", "the flow of a table's run")
holds(version.step.name.startswith("measure-"), f"a table's step: {version.step.name}")
by_flow = client.get_artifact_version("daily-markdown")
expect(by_flow.run.id, version.run.id, "the same run of what the flow made")
expect(
    {each.id for each in by_flow.run.artifact_versions} >= {by_flow.id, version.id}, True, "the run leads to both again"
)
outputs = {name: made for name, (made,) in by_flow.step.outputs.items()}
expect(outputs["daily-markdown"].load(), TEXT, "loaded from the step's outputs")

# Files of a run elsewhere: as they are.
tree = client.get_artifact_version("tree")
expect(files_in(tree.load()), TREE, "a directory of files")
expect(files_in(listed["tree"].load()), TREE, "from a list")
expect(tree.run.name, "train", "the run that uploaded them")
expect({key: tree.run_metadata[key] for key in ("n",)}, {"n": 1}, "its metadata")
model = client.get_artifact_version("model:net")
expect(model.type.value, "ModelArtifact", "a model stays one")
expect(set(files_in(model.load())) >= {"weights.bin", "deep/er/größe.txt"}, True, "a model's files")
token = requests.get(f"{SERVER}/api/v1/artifact_versions/{tree.id}/download-token", timeout=30).json()
archive = requests.get(f"{SERVER}/api/v1/artifact_versions/{tree.id}/data", params={"token": token}, timeout=30).content
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    expect({each.name for each in files.getmembers() if each.isfile()}, set(TREE), "downloaded from the server")
print("done")
