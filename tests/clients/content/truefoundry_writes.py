"""Files that a run uploads, as an artifact and as a model."""

from pathlib import Path

from pieces import TREE, write_files
from truefoundry.ml import ArtifactPath, get_client

source = write_files(Path.cwd() / "source", TREE)
client = get_client()
run = client.create_run(ml_repo="default", run_name="train")
run.log_artifact(name="tree", artifact_paths=[ArtifactPath(str(source))], description="a tree", metadata={"n": 1})
run.log_model(name="net", model_file_or_folder=str(source / "model"), framework=None)
run.end()
print("done")
