"""An artifact whose data changes after others have read it."""

from pieces import TEXT
from prefect.artifacts import Artifact, update_progress_artifact
from prefect.client.orchestration import get_client

progress = Artifact.get("daily-progress")
update_progress_artifact(progress.id, 100.0)
text = Artifact.get("daily-markdown")
with get_client(sync_client=True) as client:
    client.request("PATCH", "/artifacts/{id}", path_params={"id": text.id}, json={"data": TEXT + "more"})
print("done")
