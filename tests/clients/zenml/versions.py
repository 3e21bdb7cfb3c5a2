"""Versions of one artifact: numbers beside names, the latest, many at once, and requests sent twice."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from checks import another_client, expect, holds, http, raises, unique
from zenml import load_artifact, save_artifact
from zenml.client import Client
from zenml.exceptions import EntityExistsError

client = Client()
name = unique("versions")

# Numbers count on from the highest; names stand beside them.
asked = [None, None, "gold", None, 10, None, "007", None, "a name / with spaces", "latest", None]
given = [save_artifact(position, name, version=version).version for position, version in enumerate(asked)]
expect(
    given, ["1", "2", "gold", "3", "10", "11", "007", "12", "a name / with spaces", "latest", "13"], "numbers and names"
)
rows = client.list_artifact_versions(artifact=name, size=50, hydrate=True).items
expect([row.version for row in rows], given, "listed as they were made")
numbered = client.list_artifact_versions(artifact=name, version_number=7).items
expect([row.version for row in numbered], ["007"], "a name of digits counts as its number")
unnumbered = client.list_artifact_versions(artifact=name, version_number="isnull:").items
expect([row.version for row in unnumbered], ["gold", "a name / with spaces", "latest"], "other names count as none")
expect(save_artifact("seven", name, version=7).version, "7", "the same number under another name")
by_number = client.list_artifact_versions(artifact=name, version_number="gte:10", sort_by="desc:version_number").items
expect([row.version for row in by_number], ["13", "12", "11", "10"], "by number")
taken = raises(EntityExistsError, lambda: save_artifact("again", name, version="gold"), "a name that is taken")
holds("gold" in str(taken), "the refusal names it")

# The latest is what was made last, whatever its number.
expect(load_artifact(name), "seven", "the latest")
artifact = client.get_artifact(name)
expect(
    (artifact.latest_version_name, load_artifact(artifact.latest_version_id)), ("7", "seven"), "so says the artifact"
)
expect(set(artifact.versions), {*given, "7"}, "its versions")
holds(artifact.has_custom_name, "a name that was given")
for position, version in enumerate(given):
    expect(load_artifact(name, version), position, f"version {version}")

# What finds a version, and an artifact.
gold = client.get_artifact_version(name, "gold")
expect(client.get_artifact_version(gold.id), gold, "by its id")
expect(client.get_artifact_version(str(gold.id)[:18]).id, gold.id, "by the start of its id")
expect(client.get_artifact(artifact.id).id, artifact.id, "an artifact by its id")
expect(client.get_artifact(str(artifact.id)[:18]).id, artifact.id, "by the start of its id")
expect(client.get_artifact(name[:-1]).id, artifact.id, "by the start of its name")
raises(KeyError, lambda: client.get_artifact_version(name, "silver"), "a version that is not there")
raises(KeyError, lambda: client.get_artifact_version(unique("nobody")), "an artifact that is not there")
raises(KeyError, lambda: client.get_artifact_version(uuid.uuid4()), "an id that is not there")

# The latest goes, and the one before it is the latest; the highest goes, and its number is given again.
client.delete_artifact_version(name, "7")
expect(client.get_artifact(name).latest_version_name, "13", "the one before")
client.delete_artifact_version(name, "13")
expect(save_artifact("again", name).version, "13", "the number is free")
client.delete_artifact_version(name, "2")
expect(save_artifact("next", name).version, "14", "one below the highest is not")

# Many at once.
crowd = unique("crowd")
body = {
    "project": str(client.active_project.id),
    "artifact_name": crowd,
    "type": "DataArtifact",
    "uri": "elsewhere",
    "materializer": "zenml.materializers.built_in_materializer.BuiltInMaterializer",
    "data_type": "builtins.int",
    "save_type": "manual",
}
with ThreadPoolExecutor(24) as pool:
    saved = [version.version for version in pool.map(lambda number: save_artifact(number, crowd), range(24))]
expect(sorted(map(int, saved)), list(range(1, 25)), "24 threads make 24 versions")
page = client.list_artifact_versions(artifact=crowd, size=50, sort_by="asc:created")
expect([row.version for row in page.items], [str(number) for number in range(1, 25)], "in the order of their numbers")
expect((page.total, client.get_artifact(crowd).latest_version_name), (24, "24"), "and all are there")

# A request that is sent twice under one key is answered twice and done once.
key = {"Idempotency-Key": str(uuid.uuid4())}
one, two = (http("POST", "/artifact_versions", json=body, headers=key) for _ in range(2))
expect((one.status_code, one.json()["body"]["version"]), (200, "25"), "done")
expect((two.status_code, two.json()), (200, one.json()), "answered again")
expect(client.list_artifact_versions(artifact=crowd).total, 25, "but not done again")
third = http("POST", "/artifact_versions", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
expect(third.json()["body"]["version"], "26", "another key is another request")

# Another client counts on.
text = f"from zenml import save_artifact\nprint('version', save_artifact(1, {crowd!r}).version)"
holds("version 27" in another_client("second", text), "another client counts on")
print("done")
