"""``truefoundry.ml``: artifacts with files of every name, logged, read, changed, downloaded and deleted."""

import os
from pathlib import Path

from checks import ODD_NAMES, STORAGE, absent, expect, files_in, holds, new_folder, raises, unique, write_files
from truefoundry.ml import ArtifactPath, get_client

client = get_client()
REPO, NAME = unique("ml"), unique("files")
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE)
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE)
holds(REPO in client.list_ml_repos(), "the repo is listed")

source = write_files("source", ODD_NAMES)
metadata = {"n": 1, "nested": {"a": [1, None, {"b": "c"}]}, "text": "größe"}
first = client.log_artifact(
    ml_repo=REPO, name=NAME, artifact_paths=[ArtifactPath(str(source))], description="all of them", metadata=metadata
)
expect((first.name, first.version, first.description, first.step), (NAME, 1, "all of them", 0), "the version")
expect({name: first.metadata[name] for name in metadata}, metadata, "its metadata")
expect(first.fqn, f"{first.artifact_fqn}:1", "its names")
holds(first.created_at and first.updated_at, "its times")
expect(files_in(Path(first.download(path=new_folder("first")))), ODD_NAMES, "files come back as they went")

# Files put elsewhere in the version, and a download over what is there.
one = source / "two words.txt"
second = client.log_artifact(
    ml_repo=REPO,
    name=NAME,
    artifact_paths=[ArtifactPath(str(one), "moved/"), ArtifactPath(str(source / "a"), "moved/deeper")],
)
expect(second.version, 2, "the next number")
wanted = {
    "moved/two words.txt": ODD_NAMES["two words.txt"],
    "moved/deeper/b/c/d/e/f/g/deep.txt": b"deep",
    "moved/deeper/b/other.txt": b"on the way",
}
target = new_folder("second")
expect(files_in(Path(second.download(path=target))), wanted, "files where they were put")
expect(files_in(Path(second.download(path=target, overwrite=True))), wanted, "and once more")

# More files than the client has signed at once.
crowd = {f"{number:03}.txt": str(number).encode() for number in range(120)}
many = client.log_artifact(
    ml_repo=REPO, name=unique("crowd"), artifact_paths=[ArtifactPath(str(write_files("crowd", crowd)))]
)
expect(files_in(Path(many.download(path=new_folder("many")))), crowd, "many files")

# Versions by every name that they have.
expect(client.get_artifact_version(ml_repo=REPO, name=NAME).version, 2, "the latest")
expect(client.get_artifact_version(ml_repo=REPO, name=NAME, version=1).fqn, first.fqn, "by its number")
expect(client.get_artifact_version_by_fqn(second.fqn).version, 2, "by its FQN")
for versions in (
    client.list_artifact_versions(REPO, NAME),
    client.list_artifact_versions_by_fqn(first.artifact_fqn),
):
    expect([version.version for version in versions], [2, 1], "newest first")
paged = unique("paged")
for number in range(12):
    client.log_artifact(ml_repo=REPO, name=paged, artifact_paths=[ArtifactPath(str(one))], metadata={"n": number})
expect([each.version for each in client.list_artifact_versions(REPO, paged)], list(range(12, 0, -1)), "over pages")

# What may change.
first.description, first.metadata, first.version_alias = "changed", {"n": 2}, "v1.first"
first.update()
again = client.get_artifact_version_by_fqn(first.fqn)
expect((again.version, again.description, again.version_alias), (1, "changed", "v1.first"), "changed")
expect(again.metadata["n"], 2, "its metadata, too")
expect(len(list(client.list_artifact_versions(REPO, NAME))), 2, "and no version was made by it")
expect(files_in(Path(again.download(path=new_folder("again")))), ODD_NAMES, "its files are the same")
second.version_alias = "v1.first"
raises(Exception, second.update, "an alias that a sibling has")
expect(client.get_artifact_version_by_fqn(second.fqn).version_alias, None, "and nothing changed")

# Errors.
absent(lambda: client.list_artifact_versions(REPO, unique("absent")), "no such artifact")
absent(lambda: client.get_artifact_version(ml_repo=REPO, name=NAME, version=99), "no such version")
absent(lambda: client.get_artifact_version(ml_repo=unique("no"), name=NAME), "no such repo")
absent(
    lambda: client.log_artifact(ml_repo=unique("no"), name=NAME, artifact_paths=[ArtifactPath(str(one))]),
    "nowhere to log to",
)

# Deletions.
again.delete()
expect([version.version for version in client.list_artifact_versions(REPO, NAME)], [2], "one is gone")
absent(lambda: client.get_artifact_version_by_fqn(first.fqn), "it is gone by its name, too")
third = client.log_artifact(ml_repo=REPO, name=NAME, artifact_paths=[ArtifactPath(str(one))])
expect(third.version, 3, "its number does not come again")
holds(os.environ["TFY_HOST"], "the address")
print("done")
