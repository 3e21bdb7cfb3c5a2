"""Deleting versions and artifacts, pruning, and projects: a client keeps one of them active."""

import re
from pathlib import Path

from checks import another_client, expect, holds, http, own_project, raises, unique
from zenml import Model, link_artifact_to_model, pipeline, save_artifact, step
from zenml.client import Client
from zenml.exceptions import EntityExistsError, IllegalOperationError

client = Client()
first_project = client.active_project
name = unique("deleted")


def versions(**filters):
    """The versions that are left in the active project."""
    return [row.version for row in client.list_artifact_versions(size=50, **filters).items]


@step
def left() -> int:
    return 1


@step
def right(number: int) -> int:
    return number + 1


@pipeline(name="pair")
def pair() -> None:
    right(left())


with own_project("deletion"):
    # Versions.
    rows = [save_artifact(number, name, tags=["keep"]) for number in range(3)]
    client.delete_artifact_version(rows[1].id)
    raises(KeyError, lambda: client.get_artifact_version(rows[1].id), "a version that is gone")
    raises(KeyError, lambda: client.delete_artifact_version(rows[1].id), "and gone again")
    expect(versions(artifact=name), ["1", "3"], "the others stay")
    holds(Path(rows[1].uri).is_dir(), "its data stay unless asked for")
    client.delete_artifact_version(name, "1", delete_from_artifact_store=True)
    holds(not Path(rows[0].uri).exists(), "asked for, they go")
    client.delete_artifact_version(name, "3", delete_metadata=False, delete_from_artifact_store=True)
    expect((versions(artifact=name), Path(rows[2].uri).exists()), (["3"], False), "only the data")
    fourth = save_artifact(9, name)
    client.delete_artifact_version(fourth.id, delete_from_artifact_store=True, server_side=True)
    expect((versions(artifact=name), Path(fourth.uri).exists()), (["3"], False), "by the server itself")
    expect(client.get_tag("keep").tagged_count >= 1, True, "a tag outlives what it sat on")

    # Artifacts.
    whole = [save_artifact(number, f"{name}-whole") for number in range(2)]
    artifact = client.get_artifact(f"{name}-whole")
    client.delete_artifact(f"{name}-whole")
    raises(KeyError, lambda: client.get_artifact(artifact.id), "an artifact that is gone")
    raises(KeyError, lambda: client.get_artifact_version(whole[0].id), "with its versions")
    expect(versions(artifact=f"{name}-whole"), [], "all of them")
    expect(save_artifact(1, f"{name}-whole").version, "1", "and begins anew")

    # Pruning takes what no run and no model uses, here and nowhere else.
    run = client.get_pipeline_run(pair().id)
    linked = save_artifact("linked", f"{name}-linked")
    client.create_model(name)
    link_artifact_to_model(linked, Model(name=name, version=client.create_model_version(name).number))
    own = client.active_project.id
    client.set_active_project(first_project.id)
    elsewhere = save_artifact("elsewhere", name)
    bare = save_artifact("bare", f"{name}-bare").artifact
    client.delete_artifact_version(f"{name}-bare")
    client.set_active_project(own)
    used = {"pair::left::output": "1", "pair::right::output": "1", f"{name}-linked": "1"}
    client.prune_artifacts()
    expect({row.name: row.version for row in client.list_artifact_versions(size=50)}, used, "what is used stays")
    expect({row.name for row in client.list_artifacts()}, {*used, name, f"{name}-whole"}, "and artifacts without any")
    save_artifact("once more", name)
    client.prune_artifacts(only_versions=False)
    expect({row.name for row in client.list_artifacts()}, set(used), "unless they are to go as well")
    expect(client.get_pipeline_run(run.id).steps["right"].output.load(), 2, "the run has what it had")
    client.set_active_project(first_project.id)
    expect(client.get_artifact_version(name).id, elsewhere.id, "another project's versions stay")
    expect(client.get_artifact(bare.id).latest_version_name, None, "and its artifacts without any")
    client.set_active_project(own)

# Projects.
with own_project("one") as first, own_project("two") as second:
    client.set_active_project(first.id)
    one = save_artifact("left", name)
    client.set_active_project(second.id)
    two = save_artifact("right", name)
    expect((one.version, two.version), ("1", "1"), "each counts for itself")
    holds(one.artifact.id != two.artifact.id, "their artifacts are two")
    expect(client.list_artifact_versions(artifact=name).items[0].id, two.id, "the active one's")
    expect(client.list_artifact_versions(artifact=name, project=first.name).items[0].id, one.id, "another's, by name")
    expect(client.get_artifact_version(name, project=first.id).id, one.id, "and by id")
    raises(EntityExistsError, lambda: client.create_project(first.name, ""), "a name that is taken")
    changed = client.update_project(first.id, new_name=f"{first.name}-renamed", new_description="other")
    expect((changed.name, changed.description), (f"{first.name}-renamed", "other"), "renamed")
    expect(client.get_project(f"{first.name}-renamed").id, first.id, "found by its new name")
    listed = client.list_projects(name=f'oneof:["{first.name}-renamed", "{second.name}"]', sort_by="asc:created")
    expect([row.id for row in listed.items], [first.id, second.id], "listed")
raises(KeyError, lambda: client.get_project(second.id), "a project that is gone")
raises(KeyError, lambda: client.get_artifact_version(two.id), "with what was in it")
raises(IllegalOperationError, lambda: client.delete_project(first_project.id), "the default one stays")

# A client that has never been here has an active project among a hundred.
crowd = unique("crowd")
for number in range(100):
    answer = http("POST", "/projects", json={"name": f"{crowd}-{number}"})
    expect(answer.status_code, 200, "a project more")
expect(client.list_projects(name=f"startswith:{crowd}", size=1).total, 100, "a hundred of them")
text = (
    "from zenml import save_artifact\nfrom zenml.client import Client\n"
    f"print('active', Client().active_project.name, save_artifact(1, '{crowd}').version)\n"
)
found = re.search(r"^active (\S+) (\S+)$", another_client("newcomer", text), re.MULTILINE)
expect(found and found.groups(), (first_project.name, "1"), "a newcomer's project")
for project in client.list_projects(name=f"startswith:{crowd}", size=100).items:
    client.delete_project(project.id)
expect(client.list_projects(name=f"startswith:{crowd}").total, 0, "none of them")
print("done")
