"""Metadata of artifact and model versions: types, the newest value, dictionaries that merge, filters."""

import uuid

from checks import expect, holds, raises, unique
from zenml import log_metadata, save_artifact
from zenml.client import Client
from zenml.metadata.metadata_types import DType, Path, StorageSize, Uri

client = Client()
name = unique("metadata")
version = save_artifact([1, 2], name, user_metadata={"source": "hand", "rows": 2})
told = {key: version.run_metadata[key] for key in ("source", "rows", "length")}
expect(told, {"source": "hand", "rows": 2, "length": 2}, "the user's and the client's own")

plain = {
    "acc": 0.5,
    "ok": True,
    "n": 7,
    "words": "ein Wort mit ü",
    "list": [1, "a", None],
    "deep": {"x": {"y": [1]}},
    "empty": "",
}
special = {"uri": Uri("s3://b/k"), "path": Path("/x/y"), "dtype": DType("float32"), "size": StorageSize(12)}
log_metadata(plain, artifact_version_id=version.id)
log_metadata(special, artifact_name=name, artifact_version="1")


def kept():
    """What the version knows now."""
    return client.get_artifact_version(version.id).run_metadata


found = kept()
expect({key: found[key] for key in plain}, plain, "plain values")
expect([type(found[key]) for key in plain], [type(value) for value in plain.values()], "in their types")
expect({key: found[key] for key in special}, special, "special values")
expect(client.get_artifact_version(version.id).updated, version.updated, "metadata are no update")

# The newest value of a key, unless all of them are dictionaries: then each adds to the one before.
log_metadata({"acc": 0.9}, artifact_name=name, artifact_version="1")
expect((kept()["acc"], kept()["n"]), (0.9, 7), "the newest, and the rest stays")
log_metadata({"deep": {"x": 1, "z": 2}}, artifact_version_id=version.id)
expect(kept()["deep"], {"x": 1, "z": 2}, "dictionaries merge, one level deep")
log_metadata({"deep": {"w": 3}}, artifact_version_id=version.id)
expect(kept()["deep"], {"x": 1, "z": 2, "w": 3}, "once more")
log_metadata({"deep": "flat"}, artifact_version_id=version.id)
expect(kept()["deep"], "flat", "until one is none")
log_metadata({"long": "x" * 60_000}, artifact_version_id=version.id)
expect(len(kept()["long"]), 60_000, "long values are kept")
log_metadata({"longer": "x" * 70_000}, artifact_version_id=version.id)
holds("longer" not in kept(), "too long ones are left out by the client")

# Filters see what was ever said.
other = save_artifact([3], name)
log_metadata({"acc": 0.1, "stage": "dev build", "flag": False}, artifact_version_id=other.id)
log_metadata({f"{name}-left": 1}, artifact_version_id=version.id)
log_metadata({f"{name}-right": "x"}, artifact_version_id=other.id)


def matches(condition, **filters):
    """The versions that match."""
    return [row.version for row in client.list_artifact_versions(artifact=name, run_metadata=condition, **filters)]


expect(matches("acc:gt:0.3"), ["1"], "greater")
expect(matches("acc:lte:0.1"), ["2"], "less or equal")
expect(matches("acc:0.9"), ["1"], "a number")
expect(matches("acc:0.5"), ["1"], "one that was overwritten")
expect(matches("stage:dev build"), ["2"], "a text")
expect(matches("stage:contains:build"), ["2"], "a part of it")
expect(matches("stage:startswith:dev"), ["2"], "its start")
expect(matches('stage:oneof:["dev build", "x"]'), ["2"], "one of some")
expect(matches("ok:true"), ["1"], "a truth value")
expect(matches("flag:false"), ["2"], "another")
expect(matches("nobody:1"), [], "a key that nothing has")
expect(matches([f"{name}-left:1", f"{name}-right:x"]), [], "two of them")
either = client.list_artifact_versions(run_metadata=[f"{name}-left:1", f"{name}-right:x"], logical_operator="or")
expect([row.version for row in either], ["1", "2"], "one or the other")
expect(client.list_artifact_versions(artifact=name, run_metadata="acc:gt:0", hydrate=True).total, 2, "each once")
raises(ValueError, lambda: client.list_artifact_versions(run_metadata="acc"), "a filter without a value")
raises(KeyError, lambda: log_metadata({"a": 1}, artifact_version_id=uuid.uuid4()), "metadata of nothing")

# Model versions have them as well.
client.create_model(name)
model = client.create_model_version(name)
log_metadata({"score": {"train": 1}}, model_name=name, model_version=model.number)
log_metadata({"score": {"test": 0.5}, "by": "hand"}, model_name=name, model_version=model.name)
expect(
    client.get_model_version(name, model.number).run_metadata,
    {"score": {"train": 1, "test": 0.5}, "by": "hand"},
    "a model version's",
)
expect([row.id for row in client.list_model_versions(model=name, run_metadata="by:hand")], [model.id], "by them")
print("done")
