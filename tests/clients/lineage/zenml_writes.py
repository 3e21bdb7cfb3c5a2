"""A pipeline makes features out of what it is told of in metadata."""

from zenml import log_metadata, pipeline, save_artifact, step
from zenml.client import Client

save_artifact([1, 2, 3], "features")


@step
def count() -> int:
    """Says that it used what lies elsewhere."""
    log_metadata({"isogloss.inputs": ["zenml:features:1"]})
    return 3


@pipeline(enable_cache=False)
def counting() -> None:
    """One step."""
    count()


counting()
version = Client().get_artifact_version("features")
log_metadata({"isogloss.inputs": ["prefect:raw-table"]}, artifact_version_id=version.id)
print("done")
