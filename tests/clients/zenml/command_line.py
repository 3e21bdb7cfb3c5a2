"""The vendor's command line: artifacts and their versions, tags, models, pipelines' runs, stacks and projects."""

import json

from checks import command, command_within, expect, holds, unique
from zenml import pipeline, save_artifact, step
from zenml.client import Client

client = Client()
name = unique("shell")


@step(enable_cache=False)
def one() -> int:
    return 1


@pipeline(name=name)
def alone() -> None:
    one()


for number in range(3):
    save_artifact(number, name, tags=[f"{name}-first"])
run = alone()

# Artifacts.
listed = command("artifact", "list", "--name", f"startswith:{name}", "--output", "json")
rows = json.loads(listed[listed.index("{") : listed.rindex("}") + 1])["items"]
expect({row["name"] for row in rows}, {name, f"{name}::one::output"}, "artifact list, as JSON")
holds(name not in command_within("artifact", "list", "--name", unique("nobody")), "artifact list, of none")
command_within("artifact", "update", name, "--name", f"{name}-new", "--tag", f"{name}-a", "--tag", f"{name}-b")
command_within("artifact", "update", f"{name}-new", "--remove-tag", f"{name}-a")
expect([tag.name for tag in client.get_artifact(f"{name}-new").tags], [f"{name}-b"], "artifact update")
command("artifact", "update", unique("nobody"), "--name", "x", fails=True)

# Versions.
shown = command_within("artifact", "version", "list", "--artifact", f"{name}-new", "--sort_by", "desc:version_number")
holds(shown.index(" 3 ") < shown.index(" 2 ") < shown.index(" 1 "), f"artifact version list: {shown}")
changes = ("--tag", f"{name}-c", "--remove-tag", f"{name}-first")
command_within("artifact", "version", "update", f"{name}-new", "--version", "2", *changes)
expect([tag.name for tag in client.get_artifact_version(f"{name}-new", "2").tags], [f"{name}-c"], "version update")
first = client.get_artifact_version(f"{name}-new", "1")
command_within("artifact", "version", "delete", str(first.id), "--yes")
expect(client.list_artifact_versions(artifact=f"{name}-new").total, 2, "artifact version delete")

# The rest.
holds(f"{name}-b" in command_within("tag", "list", "--name", f"startswith:{name}"), "tag list")
holds(name in command_within("pipeline", "list", "--name", name), "pipeline list")
holds(run.name in command("pipeline", "runs", "list", "--pipeline", name), "pipeline runs list")
described = command_within("stack", "describe")
holds("default" in described and "artifact_store" in described.lower(), f"stack describe: {described}")
holds("default" in command_within("stack", "list"), "stack list")
holds(client.active_project.name in command_within("project", "list"), "project list")
holds("local" in command_within("artifact-store", "flavor", "list"), "artifact-store flavor list")
command_within("pipeline", "runs", "delete", str(run.id), "--yes")
expect(client.list_pipeline_runs(pipeline=name).total, 0, "pipeline runs delete")

# Prune: version by version, from the client, in a project of its own.
command_within("project", "register", name)
project = client.get_project(name)
before = client.active_project.id
client.set_active_project(project.id)
save_artifact(1, f"{name}-unused")
command_within("artifact", "prune", "--yes")
expect((client.list_artifact_versions().total, client.list_artifacts().total), (0, 0), "artifact prune")
client.set_active_project(before)
client.delete_project(project.id)
print("done")
