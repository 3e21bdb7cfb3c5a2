"""A training run that used what a flow wrote, and the model that came of it."""

from pathlib import Path

from truefoundry.ml import get_client

client = get_client()
run = client.create_run(ml_repo="default", run_name="train")
run.set_tags({"isogloss.inputs": "prefect:summary"})
Path("model.bin").write_bytes(b"weights")
run.log_model(
    name="churn",
    model_file_or_folder="model.bin",
    framework=None,
    metadata={"isogloss.inputs": ["zenml:features:1", "prefect:summary"]},
)
run.end()
print("done")
