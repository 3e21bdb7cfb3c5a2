"""Fills a ZenML server by its own client: artifacts with all that hangs on them, runs, models."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import zenml_runs
from zenml import ArtifactConfig, Model, Tag, log_metadata, pipeline, save_artifact, step
from zenml.client import Client
from zenml.config.source import Source
from zenml.enums import (
    ArtifactSaveType,
    ArtifactType,
    MetadataResourceTypes,
    StackComponentType,
    VisualizationType,
)
from zenml.models import (
    ArtifactVersionRequest,
    ArtifactVisualizationRequest,
    ModelVersionArtifactRequest,
    RunMetadataResource,
)

COUNT = int(sys.argv[1])
ROUND = sys.argv[2]

client = Client()
project = client.active_project.id
store = client.active_stack.artifact_store.id


@step
def load() -> Annotated[dict, "numbers"]:
    """Makes something."""
    log_metadata({"rows": 3, "round": ROUND})
    return {"a": [1, 2, 3], "round": ROUND}


@step
def train(numbers: dict) -> Annotated[float, ArtifactConfig(name="weights", tags=["trained"])]:
    """Makes something of it."""
    log_metadata({"loss": 0.25}, infer_artifact=True)
    return float(sum(numbers["a"]))


@step
def report(weight: float, numbers: dict, title: str = "report") -> str:
    """Takes two things and a parameter."""
    return f"{title} {weight} {numbers}"


@pipeline(
    name="training",
    enable_cache=False,
    tags=["nightly", Tag(name="latest-run", exclusive=True)],
    model=Model(name="churn", description="who leaves", tags=["production-ready"]),
)
def training() -> None:
    """Three steps."""
    numbers = load()
    report(train(numbers), numbers)


def one(number: int) -> None:
    """One version, as a client that saves it would write it."""
    version = client.zen_store.create_artifact_version(
        ArtifactVersionRequest(
            artifact_name=f"data-{number % 40}",
            project=project,
            version=f"v-{ROUND}-{number}" if number % 7 == 0 else None,
            has_custom_name=True,
            type=list(ArtifactType)[number % len(ArtifactType)],
            artifact_store_id=store if number % 3 else None,
            uri=f"/data/{ROUND}/{number}",
            materializer="zenml.materializers.built_in_materializer.BuiltInMaterializer",
            data_type="builtins.dict",
            save_type=list(ArtifactSaveType)[number % len(ArtifactSaveType)],
            content_hash=f"{number:032x}" if number % 2 else None,
            item_count=number if number % 5 == 0 else None,
            tags=[f"tag-{number % 6}", ROUND] if number % 4 else None,
            metadata={"number": number, "nested": {"ü": [1, 2.5, None]}} if number % 3 == 0 else {},
            visualizations=[ArtifactVisualizationRequest(type=VisualizationType.HTML, uri=f"/data/{number}.html")]
            if number % 10 == 0
            else None,
        )
    )
    if number % 25 == 0:
        client.create_run_metadata(
            metadata={"number": -number, "later": True, "nested": {"more": ROUND}},
            resources=[RunMetadataResource(id=version.id, type=MetadataResourceTypes.ARTIFACT_VERSION)],
        )


with ThreadPoolExecutor(6) as pool:
    list(pool.map(one, range(COUNT)))

if ROUND == "first":
    client.create_tag(name="lonely", color="blue")
    client.create_model(name="kept", license="MIT", description="a model", audience="all", tags=["production-ready"])
    made = client.create_model_version("kept", name="gold", description="the best", tags=["trained"])
    client.create_model_version("kept")
    client.update_model_version("kept", "gold", stage="production", force=True)
    client.create_run_metadata(
        metadata={"accuracy": 0.93},
        resources=[RunMetadataResource(id=made.id, type=MetadataResourceTypes.MODEL_VERSION)],
    )
    linked = client.list_artifact_versions(size=5).items
    for each in linked:
        client.zen_store.create_model_version_artifact_link(
            ModelVersionArtifactRequest(model_version=made.id, artifact_version=each.id)
        )
    client.create_stack_component("second", "local", component_type="orchestrator", configuration={})
    client.create_stack("other", components={"orchestrator": "second", "artifact_store": "default"})
    client.create_flavor("own_kinds.NightOrchestratorFlavor", StackComponentType.ORCHESTRATOR)
    client.create_stack_component(
        "at-night", "night", component_type="orchestrator", configuration={}, labels={"team": "owls"}
    )
    client.create_stack("own", components={"orchestrator": "at-night", "artifact_store": "default"}, labels={"a": "b"})
    client.create_user("ann", password="only for this", is_admin=False)
    client.create_user("gone", password="only for this", is_admin=True)
    client.deactivate_user("gone")
    client.create_service_account("robot", full_name="R. Obot", description="runs at night")
    client.create_api_key("robot", "key")
    client.create_secret("hush", {"password": "only for this"})
    client.create_code_repository(
        "shelf",
        config={},
        source=Source.from_import_path("own_kinds.ShelfRepository"),
        description="where it lies",
        logo_url="https://example.com/shelf.png",
    )
    client.create_project("elsewhere", description="another project")
    client.set_active_project("elsewhere")
    save_artifact({"saved": "there"}, name="by-hand", tags=["saved"])
    client.set_active_project(project)
else:
    client.update_artifact("data-3", new_name="data-three", add_tags=["renamed"])
    client.update_model_version("kept", "2", stage="staging", force=True)
    changed = client.get_artifact_version("data-4")
    client.update_artifact_version(changed.id, add_tags=["late"], remove_tags=[ROUND])
    client.update_code_repository("shelf", description="where it lay")
    client.update_service_account("robot", description="runs by day")
    client.update_stack("own", description="changed")
    client.update_stack_component("at-night", component_type="orchestrator", labels={"team": "larks"})

training.with_options(run_name=f"training-{ROUND}")()
(zenml_runs.run_first if ROUND == "first" else zenml_runs.run_second)(client, "own")
save_artifact({"saved": ROUND}, name="by-hand", tags=["saved"])
