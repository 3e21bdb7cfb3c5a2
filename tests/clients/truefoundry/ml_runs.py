"""``truefoundry.ml``: runs with parameters, metrics and tags, what they made, and how they are found again."""

from checks import STORAGE, absent, expect, holds, unique, write_files
from truefoundry.ml import ArtifactPath, get_client

client = get_client()
REPO = unique("runs")
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE)
weights = write_files("run", {"weights.bin": b"weights"})

run = client.create_run(ml_repo=REPO, run_name="train-1", tags={"team": "a", "größe": "groß"})
expect((run.run_name, run.ml_repo, run.status.value), ("train-1", REPO, "RUNNING"), "a run")
run.log_params({"lr": 0.1, "optimizer": "adam", "layers": 3})
run.log_params({"lr": 0.1})
expect(run.get_params(no_cache=True), {"lr": "0.1", "optimizer": "adam", "layers": "3"}, "parameters are texts")
for step in range(30):
    run.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 30}, step=step)
run.log_metrics({"huge": 1e300, "negative": -0.0})
metrics = run.get_metrics()
expect(
    [(each.step, each.value) for each in metrics["loss"]], [(n, 1 / (n + 1)) for n in range(30)], "all of its points"
)
expect(set(metrics), {"loss", "accuracy", "huge", "negative"}, "every metric")
expect(set(run.get_metrics(["accuracy"])), {"accuracy"}, "those that are asked for")
run.set_tags({"team": "b", "stage": "test"})
tags = run.get_tags(no_cache=True)
expect({key: tags[key] for key in ("team", "stage", "größe")}, {"team": "b", "stage": "test", "größe": "groß"}, "tags")

artifact = run.log_artifact(name=unique("weights"), artifact_paths=[ArtifactPath(str(weights))], step=7)
model = run.log_model(name=unique("net"), model_file_or_folder=str(weights / "weights.bin"), framework=None, step=29)
expect((artifact.step, model.step), (7, 29), "the steps at which they were made")
client.log_artifact(ml_repo=REPO, name=artifact.name, artifact_paths=[ArtifactPath(str(weights))])
expect([each.fqn for each in run.list_artifact_versions()], [artifact.fqn], "what the run made")
expect([each.fqn for each in run.list_model_versions()], [model.fqn], "and its models")
run.end()
expect(run.status.value, "FINISHED", "it has ended")

expect(client.get_run_by_id(run.run_id).run_name, "train-1", "by its id")
expect(client.get_run_by_fqn(run.fqn).run_id, run.run_id, "by its FQN")
expect(client.get_run_by_name(REPO, "train-1").run_id, run.run_id, "by its name")

others = {}
for number in range(2, 8):
    with client.create_run(ml_repo=REPO, run_name=f"train-{number}") as each:
        each.log_params({"lr": number / 10})
        each.log_metrics({"accuracy": number / 10})
        each.set_tags({"odd": str(number % 2)})
    others[number] = each


def names(filter_string: str = "", **rest) -> list[str]:
    """The names of the runs that a search finds."""
    return [found.run_name for found in client.search_runs(ml_repo=REPO, filter_string=filter_string, **rest)]


everything = {f"train-{number}" for number in range(1, 8)}
expect(set(names()), everything, "all runs")
expect(set(names("metrics.accuracy > 0.35 and tags.odd = '1'")), {"train-5", "train-7"}, "by metric and tag")
expect(names("params.lr = '0.4'"), ["train-4"], "by parameter")
expect(names("tags.odd = '0'", order_by=["metric.accuracy DESC"]), ["train-6", "train-4", "train-2"], "in an order")
failed = client.create_run(ml_repo=REPO, run_name="broken")
try:
    with failed:
        raise RuntimeError("something broke")
except RuntimeError:
    pass
expect(client.get_run_by_id(failed.run_id).status.value, "FAILED", "a run that failed")

# A name that is taken gets more letters, by the client or by us.
twin = client.create_run(ml_repo=REPO, run_name="train-1")
holds(twin.run_name != "train-1" and twin.run_name.startswith("train-1"), f"another name: {twin.run_name}")
twin.end()
twin.delete()
others[2].delete()
expect(set(names()), everything - {"train-2"} | {"broken"}, "what was deleted is not found")
absent(lambda: client.get_run_by_id("no-such-run"), "no such run")
absent(lambda: client.create_run(ml_repo=unique("no"), run_name="x"), "no such repo")
print("done")
