"""Then, with ZenML: load what the flow wrote, and build features from it in a pipeline."""

from typing import Annotated

from zenml import load_artifact, pipeline, step
from zenml.client import Client


@step(enable_cache=False)
def build_features(scores: list) -> Annotated[dict, "features"]:  # type: ignore[type-arg]
    """Scores by customer, as the model wants them."""
    return {row["customer"]: [row["visits"], row["score"]] for row in scores}


@pipeline(enable_cache=False)
def feature_pipeline() -> None:
    """Build features from the newest scores."""
    build_features(scores=Client().get_artifact_version("daily-scores"))


if __name__ == "__main__":
    rows = load_artifact("daily-scores")
    report = load_artifact("daily-report")
    print(f"ZenML loaded {len(rows)} rows, and a report that begins with {report.splitlines()[0]!r}")
    feature_pipeline()
    print(f"ZenML wrote features of {', '.join(load_artifact('features'))}")
