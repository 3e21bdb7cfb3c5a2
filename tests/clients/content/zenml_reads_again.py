"""Data that changed since is loaded as it is now, and what is deleted goes with its files."""

from pathlib import Path

from expecting import expect, holds
from pieces import TEXT
from zenml import load_artifact
from zenml.client import Client

client = Client()
expect(load_artifact("daily-progress"), 100, "progress that went on")
expect(load_artifact("daily-markdown"), TEXT + "more", "a text that changed")
version = client.get_artifact_version("daily-image")
holds(Path(version.uri).is_dir(), "what was laid out is there")
client.delete_artifact_version(version.id, delete_from_artifact_store=True)
expect([each.name for each in client.list_artifact_versions(name="daily-image")], [], "deleted")
print("done")
