"""At last, with TrueFoundry's SDK: download what the others wrote, and log a model that says what it was made from."""

import json
import tempfile
from pathlib import Path

from truefoundry.ml import get_client

REPO = "default"

if __name__ == "__main__":
    client = get_client()
    with tempfile.TemporaryDirectory() as folder:
        features = client.get_artifact_version_by_fqn(f"artifact:default/{REPO}/features:latest")
        features.download(path=folder)
        known = json.loads((Path(folder) / "data.json").read_text())
        print(f"TrueFoundry's SDK downloaded features of {', '.join(known)}")

        model = Path(folder) / "model.json"
        model.write_text(json.dumps({"threshold": max(score for _, score in known.values()) / 2}))
        logged = client.log_model(
            ml_repo=REPO,
            name="leaving",
            model_file_or_folder=str(model),
            framework=None,
            description="Tells who is about to leave",
            metadata={"isogloss.inputs": [features.fqn]},
        )
        print(f"TrueFoundry's SDK logged {logged.fqn}")
