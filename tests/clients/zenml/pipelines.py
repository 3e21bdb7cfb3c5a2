"""A pipeline on the local orchestrator: runs, steps, lineage, caching, and saves and loads by hand inside a step."""

from typing import Annotated

import pandas
from checks import another_client, expect, holds, raises, unique
from zenml import ArtifactConfig, Tag, add_tags, get_step_context, load_artifact, log_metadata, pipeline, save_artifact
from zenml import step as zenml_step
from zenml.client import Client
from zenml.enums import ArtifactSaveType, ExecutionStatus, StepRunInputArtifactType, VisualizationType

client = Client()
name = unique("pipelines")
numbers_name, total_name, top_name, table_name = (f"{name}-{word}" for word in ("numbers", "total", "top", "table"))
given, noted = f"{name}-given", f"{name}-noted"
given_version = save_artifact({"factor": 3}, given)


@zenml_step
def make(count: int) -> Annotated[list[int], ArtifactConfig(name=numbers_name, tags=[f"{name}-made"])]:
    return list(range(count))


@zenml_step
def reduce(numbers: list[int]) -> tuple[Annotated[int, total_name], Annotated[int, top_name]]:
    log_metadata({"seen": len(numbers)}, artifact_name=total_name, infer_artifact=True)
    log_metadata({"in": "step"})
    log_metadata({"whole": {"seen": len(numbers)}}, run_id_name_or_prefix=get_step_context().pipeline_run.id)
    return sum(numbers), max(numbers)


@zenml_step
def tabulate(total: int, top: int) -> Annotated[pandas.DataFrame, table_name]:
    return pandas.DataFrame({"total": [total], "top": [top]})


@zenml_step(enable_cache=False)
def by_hand(table: pandas.DataFrame) -> str:
    factor = load_artifact(given)["factor"]
    save_artifact(int(table["total"][0]) * factor, noted, tags=[f"{name}-noted"])
    return f"times {factor}"


@pipeline(name=name, tags=[f"{name}-run"], extra={"why": "tests"})
def whole(count: int = 4) -> None:
    total, top = reduce(make(count))
    by_hand(tabulate(total, top))


started = whole()
run = client.get_pipeline_run(started.id)
words = ["make", "reduce", "tabulate", "by_hand"]

# The run and its steps.
expect((run.status, run.pipeline.name, set(run.steps)), (ExecutionStatus.COMPLETED, name, set(words)), "the run")
expect({step.status for step in run.steps.values()}, {ExecutionStatus.COMPLETED}, "its steps")
expect((run.user.id, run.stack.id), (client.active_user.id, client.active_stack_model.id), "whose, and where")
holds(run.start_time <= run.end_time, "it ended after its start")
holds({tag.name for tag in run.tags} >= {f"{name}-run"}, "its tags")
expect((run.config.extra, run.config.parameters), ({"why": "tests"}, {"count": 4}), "how it was configured")
expect(run.client_environment["python_version"].count("."), 2, "where the client ran")
expect(client.get_pipeline_run(run.name).id, run.id, "by its name")
listed = client.list_run_steps(pipeline_run_id=run.id, sort_by="asc:created")
expect([step.name for step in listed], words, "the steps in their order")
holds("return list(range(count))" in run.steps["make"].source_code, "with their code")
expect(run.steps["make"].config.parameters, {"count": 4}, "and parameters")
expect(client.get_run_step(run.steps["make"].id).cache_key, run.steps["make"].cache_key, "one by its id")

# The lineage.
numbers = run.steps["make"].outputs[numbers_name][0]
expect((numbers.version, numbers.save_type), ("1", ArtifactSaveType.STEP_OUTPUT), "an output")
expect(({tag.name for tag in numbers.tags}, numbers.load()), ({f"{name}-made"}, [0, 1, 2, 3]), "tagged and loaded")
expect((numbers.producer_step_run_id, numbers.producer_pipeline_run_id), (run.steps["make"].id, run.id), "who made it")
expect((numbers.step.name, numbers.run.id), ("make", run.id), "in other words")
expect(set(run.steps["reduce"].outputs), {total_name, top_name}, "two outputs")
taken = run.steps["reduce"].inputs["numbers"][0]
expect((taken.id, taken.input_type), (numbers.id, StepRunInputArtifactType.STEP_OUTPUT), "an input is the output")
expect(set(run.steps["tabulate"].inputs), {"total", "top"}, "two inputs")
parents = {word: [str(parent) for parent in run.steps[word].parent_step_ids] for word in words}
ids = {word: str(run.steps[word].id) for word in words}
expect(
    parents,
    {"make": [], "reduce": [ids["make"]], "tabulate": [ids["reduce"]], "by_hand": [ids["tabulate"]]},
    "which step came before",
)
table = client.get_artifact_version(table_name)
expect(table.materializer.attribute, "PandasMaterializer", "a table")
holds(VisualizationType.CSV in {shown.type for shown in table.visualizations}, "which can be shown")
expect((table.run_metadata["shape"], int(table.load()["total"][0])), ([1, 2], 6), "and was kept whole")
last = f"{name}::by_hand::output"
expect(run.steps["by_hand"].outputs["output"][0].load(), "times 3", "an output without a name")
custom = [client.get_artifact(word).has_custom_name for word in (last, numbers_name)]
expect(custom, [False, True], "a name that was given is custom")

# What a step says.
expect(client.get_artifact_version(total_name).run_metadata["seen"], 4, "of its output")
expect(run.steps["reduce"].run_metadata["in"], "step", "of itself")
expect(run.run_metadata["whole"], {"seen": 4}, "of its run")
found = client.list_pipeline_runs(pipeline=name, run_metadata='whole:contains:"seen"')
expect([row.id for row in found], [run.id], "runs by what they say")

# By hand.
note = client.get_artifact_version(noted)
expect((note.load(), note.save_type), (18, ArtifactSaveType.MANUAL), "saved by hand in a step")
expect((note.producer_step_run_id, note.producer_pipeline_run_id), (run.steps["by_hand"].id, run.id), "who saved it")
holds(noted in run.steps["by_hand"].outputs, "it is an output")
loaded = run.steps["by_hand"].inputs[given][0]
expect((loaded.id, loaded.input_type), (given_version.id, StepRunInputArtifactType.MANUAL), "loaded by hand in a step")
everything = client.list_artifact_versions(pipeline_run=run.id, size=50)
wanted = {numbers_name, total_name, top_name, table_name, last, given, noted}
expect({row.name for row in everything}, wanted, "all that it made or took")
for row in (numbers, given_version):
    expect(client.list_artifact_versions(id=row.id, only_unused=True).total, 0, "a version that a run uses")
refused = raises(ValueError, lambda: client.delete_artifact_version(numbers.id), "deleting one")
holds("used in runs" in str(refused), "says why not")
add_tags([Tag(name=f"{name}-best", exclusive=True)], run=run.id)

# The second run finds the first one's outputs.
second = client.get_pipeline_run(whole().id)
expect(
    {word: second.steps[word].status.value for word in words},
    {"make": "cached", "reduce": "cached", "tabulate": "cached", "by_hand": "completed"},
    "steps that need not run",
)
expect(second.status, ExecutionStatus.COMPLETED, "the run completes")
expect(second.steps["make"].outputs[numbers_name][0].id, numbers.id, "with the output that there was")
expect(second.steps["make"].original_step_run_id, run.steps["make"].id, "and the step that made it")
expect(client.get_artifact_version(numbers.id).producer_step_run_id, run.steps["make"].id, "who made it stays")
expect([row.version for row in client.list_artifact_versions(artifact=noted)], ["1", "2"], "the last step did run")
third = client.get_pipeline_run(whole.with_options(enable_cache=False)(count=2).id)
expect({step.status.value for step in third.steps.values()}, {"completed"}, "none is cached")
expect(third.steps["make"].outputs[numbers_name][0].version, "2", "a version more")
add_tags([Tag(name=f"{name}-best", exclusive=True)], run=third.id)
best = client.list_pipeline_runs(tags=f"{name}-best")
expect([row.id for row in best], [third.id], "an exclusive tag is on one run of a pipeline")

# The pipeline and its runs.
runs = [third.id, second.id, run.id]
expect([row.id for row in client.list_pipeline_runs(pipeline=name, sort_by="desc:created")], runs, "newest first")
expect([row.index for row in client.list_pipeline_runs(pipeline=name, sort_by="created")], [1, 2, 3], "counted")
expect(client.list_pipeline_runs(pipeline=name, status="completed").total, 3, "by status")
expect(client.get_pipeline(name).last_run.id, third.id, "the last of them")
expect(client.list_pipelines(name=name).items[0].id, run.pipeline.id, "the pipeline by its name")
holds(client.list_snapshots(pipeline=name, named_only=False).total >= 1, "what was run")
text = (
    "from zenml.client import Client\n"
    f"step = Client().get_pipeline_run('{run.id}').steps['reduce']\n"
    f"print(step.status.value, step.inputs['numbers'][0].load(), step.outputs['{total_name}'][0].load())\n"
)
holds("completed [0, 1, 2, 3] 6" in another_client("second", text), "another client reads the lineage")

# Runs go, versions stay.
for row in (second, run):
    client.delete_pipeline_run(row.id)
raises(KeyError, lambda: client.get_pipeline_run(run.id), "a run that is gone")
expect(client.get_artifact_version(numbers.id).producer_step_run_id, None, "its producer is gone with it")
client.delete_artifact_version(numbers.id)
expect([row.version for row in client.list_artifact_versions(artifact=numbers_name)], ["2"], "now it can go as well")
client.delete_pipeline(name)
raises(KeyError, lambda: client.get_pipeline(name), "a pipeline that is gone")
expect(client.list_pipeline_runs(pipeline=name).total, 0, "with its runs")
print("done")
