"""A value that is saved, and a file that is registered."""

from pathlib import Path

from pieces import VALUE
from zenml import register_artifact, save_artifact
from zenml.client import Client

save_artifact(VALUE, "numbers")
folder = Path(Client().active_stack.artifact_store.path) / "registered"
folder.mkdir(parents=True)
(folder / "model.bin").write_bytes(b"weights")
register_artifact(str(folder / "model.bin"), "one-file")
register_artifact(str(folder), "one-folder")
print("done")
