"""Models: versions, stages, links to artifacts and runs, a model in a pipeline, and the command line."""

import re
from typing import Annotated

from checks import command_within, expect, holds, raises, unique
from zenml import (
    ArtifactConfig,
    Model,
    get_step_context,
    link_artifact_to_model,
    load_artifact,
    log_metadata,
    pipeline,
    save_artifact,
    step,
)
from zenml.client import Client
from zenml.enums import ArtifactType, ModelStages
from zenml.exceptions import EntityExistsError

client = Client()
name = unique("models")

# Models.
told = {word: f"{word} of it" for word in ("license", "description", "audience", "use_cases", "limitations", "ethics")}
model = client.create_model(name, trade_offs="some", tags=[f"{name}-tag"], **told)
expect({word: getattr(model, word) for word in told}, told, "what is told of a model")
expect((model.trade_offs, model.save_models_to_registry, model.user.id), ("some", True, client.active_user.id), "more")
expect(([tag.name for tag in model.tags], model.latest_version_name), ([f"{name}-tag"], None), "tagged, no version")
expect(client.get_model(name), model, "by its name")
expect(client.get_model(str(model.id)[:18]).id, model.id, "by the start of its id")
raises(EntityExistsError, lambda: client.create_model(name), "a name that is taken")
raises(KeyError, lambda: client.get_model(unique("nobody")), "a model that is not there")
changed = client.update_model(
    name, name=f"{name}-new", ethics="none", add_tags=[f"{name}-b"], remove_tags=[f"{name}-tag"]
)
expect((changed.name, changed.ethics, changed.license), (f"{name}-new", "none", told["license"]), "some of it changed")
expect([tag.name for tag in changed.tags], [f"{name}-b"], "and its tags")
client.update_model(model.id, name=name)
found = client.list_models(name=f"startswith:{name}", tags=f"{name}-b", sort_by="desc:created")
expect([row.id for row in found], [model.id], "by its tag")

# Versions: each has a number, and a name that is the number unless another is given.
rows = [client.create_model_version(name, name=word, description="d") for word in (None, "gold", None)]
expect([(row.name, row.number) for row in rows], [("1", 1), ("gold", 2), ("3", 3)], "names and numbers")
expect(client.get_model(name).latest_version_name, "3", "the latest")
for asked, wanted in ((None, 3), ("latest", 3), (2, 2), ("gold", 2), (rows[0].id, 1)):
    expect(client.get_model_version(name, asked).number, wanted, f"asked for {asked}")
raises(EntityExistsError, lambda: client.create_model_version(name, name="gold"), "a version that is there")
raises(KeyError, lambda: client.get_model_version(name, "silver"), "a version that is not")
renamed = client.update_model_version(name, "gold", name="silver", description="s", add_tags=[f"{name}-c"])
expect((renamed.name, renamed.number, renamed.description), ("silver", 2, "s"), "renamed")
expect([row.number for row in client.list_model_versions(model=name, tags=f"{name}-c")], [2], "by tag")
expect([row.number for row in client.list_model_versions(model=name, sort_by="desc:number")], [3, 2, 1], "by number")
expect([row.number for row in client.list_model_versions(model=name, number="gte:2")], [2, 3], "by a range")
expect([row.number for row in client.list_model_versions(model=name, name="startswith:sil")], [2], "by name")

# Stages: one version at a time, unless it is forced out.
one, two, three = (client.get_model_version(name, number) for number in (1, 2, 3))
one.set_stage(ModelStages.PRODUCTION)
expect(client.get_model_version(name, ModelStages.PRODUCTION).number, 1, "by its stage")
raises(RuntimeError, lambda: two.set_stage("production"), "the stage is taken")
two.set_stage("production", force=True)
stages = {row.number: row.stage for row in client.list_model_versions(model=name)}
expect(stages, {1: "archived", 2: "production", 3: None}, "the one before is archived")
expect([row.number for row in client.list_model_versions(model=name, stage="production")], [2], "by stage")
two.set_stage(ModelStages.STAGING)
raises(KeyError, lambda: client.get_model_version(name, ModelStages.PRODUCTION), "nobody's any more")

# Links to artifacts.
data = save_artifact("data", f"{name}-data")
weights = save_artifact(b"weights", f"{name}-weights", artifact_type=ArtifactType.MODEL)
service = save_artifact("here", f"{name}-service", artifact_type=ArtifactType.SERVICE)
for row in (data, weights, service, data):
    link_artifact_to_model(row, Model(name=name, version=2))
two = client.get_model_version(name, 2)
expect(two.get_artifact(f"{name}-data").id, data.id, "an artifact of a model version")
expect(two.get_artifact(f"{name}-data", "1").load(), "data", "by its version")
expect(two.get_data_artifact(f"{name}-data").id, data.id, "data")
expect(two.get_model_artifact(f"{name}-weights").load(), b"weights", "a model")
expect(two.get_deployment_artifact(f"{name}-service").id, service.id, "a service")
expect(two.get_artifact(f"{name}-nobody"), None, "none")
links = client.list_model_version_artifact_links(model_version_id=two.id)
expect((links.total, {row.artifact_version.id for row in links}), (3, {data.id, weights.id, service.id}), "three links")
for only, wanted in (("only_data_artifacts", data), ("only_model_artifacts", weights)):
    (link,) = client.list_model_version_artifact_links(model_version_id=two.id, **{only: True})
    expect(link.artifact_version.id, wanted.id, only)
by_model = {row.name for row in client.list_artifact_versions(model=name)}
expect(by_model, {f"{name}-data", f"{name}-weights", f"{name}-service"}, "versions by a model")
expect(client.list_artifact_versions(model_version_id=two.id).total, 3, "and by a version of it")
client.delete_model_version_artifact_link(two.id, service.id)
expect(client.list_model_version_artifact_links(model_version_id=two.id).total, 2, "a link less")
expect(client.get_artifact_version(service.id).id, service.id, "what it led to stays")


# A model in a pipeline.
@step(enable_cache=False)
def train() -> Annotated[int, ArtifactConfig(name=f"{name}-trained", artifact_type=ArtifactType.MODEL)]:
    version = get_step_context().model
    log_metadata({"acc": 0.5}, infer_model=True)
    return version.number


@pipeline(name=name, model=Model(name=name, version="trained", tags=[f"{name}-auto"]))
def training() -> None:
    train()


run = client.get_pipeline_run(training().id)
trained = client.get_model_version(name, "trained")
expect((trained.number, run.model_version.id), (4, trained.id), "the run made a version")
expect(trained.run_metadata, {"acc": 0.5}, "of which it told something")
expect([tag.name for tag in trained.tags], [f"{name}-auto"], "with a tag")
made = run.steps["train"].outputs[f"{name}-trained"][0]
expect((made.load(), trained.get_model_artifact(f"{name}-trained").id), (4, made.id), "linked to what was made")
expect({key: row.id for key, row in trained.pipeline_runs.items()}, {run.name: run.id}, "and to the run")
expect([row.id for row in client.list_pipeline_runs(model=name)], [run.id], "runs by a model")
expect([row.id for row in client.list_pipeline_runs(model_version_id=trained.id)], [run.id], "or a version of it")
again = client.get_pipeline_run(training().id)
expect(again.model_version.id, trained.id, "a second run takes the version that there is")
expect(client.list_model_version_pipeline_run_links(model_version_id=trained.id).total, 2, "two runs")
expect(Model(name=name, version="trained").load_artifact(f"{name}-trained"), 4, "loaded through the model")

# The command line.
holds(name in command_within("model", "list", "--name", name), "model list")
shown = command_within("model", "version", "list", "--model", name, "--sort_by", "desc:number")
numbers = re.findall(rf"{name} +(\d)", shown)
expect(numbers, ["4", "3", "2", "1"], f"model version list: {shown}")
command_within("model", "version", "update", name, "3", "--stage", "production", "--tag", f"{name}-cli")
expect(
    (client.get_model_version(name, 3).stage, len(client.get_model_version(name, 3).tags)), ("production", 1), "update"
)
holds(f"{name}-weights" in command_within("model", "model_artifacts", name, "-v", "silver"), "model model_artifacts")
holds(run.name in command_within("model", "runs", name, "-v", "trained"), "model runs")
command_within("model", "version", "delete", name, "3", "--yes")
raises(KeyError, lambda: client.get_model_version(name, 3), "model version delete")

# The end of links and models.
client.delete_all_model_version_artifact_links(trained.id, only_links=True)
expect(client.list_model_version_artifact_links(model_version_id=trained.id).total, 0, "no link is left")
expect(load_artifact(made.id), 4, "what they led to is")
client.delete_model_version(two.id)
client.delete_model(name)
raises(KeyError, lambda: client.get_model(name), "a model that is gone")
expect(client.list_model_versions(model=model.id).total, 0, "with its versions")
expect(client.get_pipeline_run(run.id).model_version, None, "the run has none any more")
expect(client.get_artifact_version(weights.id).id, weights.id, "artifacts stay")
print("done")
