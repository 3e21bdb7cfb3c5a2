"""``truefoundry.ml``: models, a file or a folder, with what they are made with."""

from pathlib import Path

from checks import STORAGE, absent, expect, files_in, holds, new_folder, unique, write_files
from truefoundry.ml import ModelVersionEnvironment, SklearnFramework, get_client

client = get_client()
REPO, NAME = unique("models"), unique("net")
client.create_ml_repo(REPO, storage_integration_fqn=STORAGE, description="for models")
FILES = {"model.bin": b"weights", "config/settings.json": b"{}", "tokens/vocabulary é.txt": b"a b c"}
folder = write_files("model", FILES)

first = client.log_model(
    ml_repo=REPO,
    name=NAME,
    model_file_or_folder=str(folder),
    framework=None,
    description="a folder",
    metadata={"layers": [1, 2]},
)
expect((first.name, first.version, first.description), (NAME, 1, "a folder"), "the model")
holds(first.fqn.startswith("model:"), f"it is a model: {first.fqn}")
expect(first.metadata["layers"], [1, 2], "its metadata")
got = files_in(Path(first.download(path=new_folder("first")).model_dir))
expect(got, FILES, "the folder comes back")

second = client.log_model(
    ml_repo=REPO,
    name=NAME,
    model_file_or_folder=str(folder / "model.bin"),
    framework=SklearnFramework(model_filepath="model.bin", serialization_format="joblib"),
    environment=ModelVersionEnvironment(python_version="3.11", pip_packages=["joblib==1.4.2"]),
)
expect(second.version, 2, "the next number")
read = client.get_model_version(REPO, NAME)
expect((read.fqn, read.version), (second.fqn, 2), "the latest")
expect((read.framework.type, read.framework.model_filepath), ("sklearn", "model.bin"), "what it was made with")
expect((read.environment.python_version, read.environment.pip_packages), ("3.11", ["joblib==1.4.2"]), "and runs with")
expect(client.get_model_version(REPO, NAME, 1).fqn, first.fqn, "by its number")
expect(client.get_model_version_by_fqn(first.fqn).version, 1, "by its FQN")
for versions in (client.list_model_versions(REPO, NAME), client.list_model_versions_by_fqn(first.model_fqn)):
    expect([version.version for version in versions], [2, 1], "newest first")

first.description, first.version_alias = "changed", "v1"
first.update()
again = client.get_model_version_by_fqn(first.fqn)
expect((again.version, again.description, again.version_alias), (1, "changed", "v1"), "changed")
again.delete()
expect([version.version for version in client.list_model_versions(REPO, NAME)], [2], "one is gone")
absent(lambda: client.get_model_version_by_fqn(first.fqn), "gone by its name, too")
absent(lambda: client.get_model_version(REPO, unique("absent")), "no such model")
print("done")
