"""Every kind of value that the client saves by itself: loaded as it was, shown and downloaded as files."""

import base64
import io
import tarfile
import uuid
from dataclasses import dataclass
from math import inf, isnan, nan
from pathlib import Path

import pandas
from checks import another_client, expect, holds, http, raises, unique
from pydantic import BaseModel
from zenml import load_artifact, register_artifact, save_artifact
from zenml.artifacts.external_artifact import ExternalArtifact
from zenml.client import Client
from zenml.enums import ArtifactSaveType, ArtifactType, VisualizationType
from zenml.types import CSVString, HTMLString, JSONString, MarkdownString


class Point(BaseModel):
    """A pydantic model."""

    x: int
    label: str = "ü"


@dataclass
class Pair:
    """A dataclass."""

    left: int
    right: list[str]


client = Client()
name = unique("values")
store = client.active_stack.artifact_store
known = {
    "text": ("Łódź 🎉\n", "BuiltInMaterializer", "builtins.str"),
    "empty": ("", "BuiltInMaterializer", "builtins.str"),
    "truth": (True, "BuiltInMaterializer", "builtins.bool"),
    "whole": (2**70, "BuiltInMaterializer", "builtins.int"),
    "part": (-0.125, "BuiltInMaterializer", "builtins.float"),
    "huge": (inf, "BuiltInMaterializer", "builtins.float"),
    "nothing": (None, "BuiltInMaterializer", "builtins.NoneType"),
    "bytes": (bytes(range(256)), "BytesMaterializer", "builtins.bytes"),
    "list": ([1, "two", None, [3.5]], "BuiltInContainerMaterializer", "builtins.list"),
    "dict": ({"a": {"b": [1, 2]}, "ü": None}, "BuiltInContainerMaterializer", "builtins.dict"),
    "tuple": ((1, ("x", b"y")), "BuiltInContainerMaterializer", "builtins.tuple"),
    "set": ({1, 2, 3}, "BuiltInContainerMaterializer", "builtins.set"),
    "mixed": ([Point(x=1), {"p": Point(x=2)}], "BuiltInContainerMaterializer", "builtins.list"),
    "model": (Point(x=7), "PydanticMaterializer", None),
    "dataclass": (Pair(1, ["r"]), "DataclassMaterializer", None),
    "identifier": (uuid.uuid4(), "UUIDMaterializer", "uuid.UUID"),
    "pickled": (complex(1, -2), "CloudpickleMaterializer", "builtins.complex"),
}
for word, (value, materializer, data_type) in known.items():
    version = save_artifact(value, f"{name}-{word}")
    found = load_artifact(f"{name}-{word}")
    expect((type(found), found), (type(value), value), f"{word} as it was")
    expect(version.materializer.attribute, materializer, f"what keeps {word}")
    if data_type:
        expect(version.data_type.import_path, data_type, f"what {word} is")
    expect((version.version, version.save_type), ("1", ArtifactSaveType.MANUAL), f"{word} was saved by hand")
    expect(version.artifact_store_id, store.id, f"where {word} lies")
    folder = f"{store.path.rstrip('/')}/custom_artifacts/{name}-{word}/"
    holds(version.uri.startswith(folder), f"and under which name {word} does")
save_artifact(nan, f"{name}-nan")
holds(isnan(load_artifact(f"{name}-nan")), "a number that is none")

# What the client tells of a value.
listed = client.get_artifact_version(f"{name}-list")
expect((listed.item_count, listed.run_metadata["length"]), (4, 4), "the length of a list")
holds(listed.run_metadata["storage_size"] > 0, "the size of what is kept")
first, second = (save_artifact("same", f"{name}-same") for _ in range(2))
holds(first.content_hash and first.content_hash == second.content_hash, "equal values have equal hashes")
holds(first.content_hash != client.get_artifact_version(f"{name}-text").content_hash, "others have others")
expect((first.user.id, first.project_id), (client.active_user.id, client.active_project.id), "whose it is")
expect((first.producer_step_run_id, first.producer_pipeline_run_id), (None, None), "made outside a run")
expect(client.get_artifact_version(first.id), first, "read back as it was answered")
expect(save_artifact(Point(x=1), f"{name}-kind", artifact_type=ArtifactType.MODEL).type, ArtifactType.MODEL, "a type")

# Tables.
frame = pandas.DataFrame({"city": ["Łódź", "x"], "score": [1.5, 2.0]})
save_artifact(frame, f"{name}-frame")
pandas.testing.assert_frame_equal(load_artifact(f"{name}-frame"), frame)

# Files and folders.
folder = Path("folder")
(folder / "inner").mkdir(parents=True)
(folder / "inner" / "one.txt").write_text("one")
(folder / "two.bin").write_bytes(b"\x00\xff")
save_artifact(folder, f"{name}-folder")
kept = load_artifact(f"{name}-folder")
expect(
    ((kept / "inner" / "one.txt").read_text(), (kept / "two.bin").read_bytes()),
    ("one", b"\x00\xff"),
    "a folder's files",
)
save_artifact(folder / "inner" / "one.txt", f"{name}-file")
expect(load_artifact(f"{name}-file").read_text(), "one", "one file")

# Data that lie in the store already.
place = Path(store.path) / name
place.mkdir()
(place / "weights").write_bytes(b"w" * 20_000)
there = register_artifact(str(place), f"{name}-there", artifact_metadata={"rows": 3}, tags=[name])
expect((there.save_type, there.uri), (ArtifactSaveType.PREEXISTING, str(place)), "registered where it lies")
expect((there.run_metadata["rows"], [tag.name for tag in there.tags]), (3, [name]), "with what is told of it")
expect((Path(load_artifact(there.id)) / "weights").read_bytes(), b"w" * 20_000, "and loaded from there")
raises(RuntimeError, lambda: register_artifact(str(place), f"{name}-again"), "registered a second time")
raises(FileNotFoundError, lambda: register_artifact("/somewhere", f"{name}-outside"), "outside the store")
external = ExternalArtifact(value=5).upload_by_value()
expect(load_artifact(external), 5, "an external artifact")
expect(client.get_artifact_version(external).save_type, ArtifactSaveType.EXTERNAL, "is one")

# Another client finds them all.
printed = another_client("second", f"from zenml import load_artifact\nprint(load_artifact({f'{name}-dict'!r}))")
holds(str(known["dict"][0]) in printed, f"another client loads it: {printed}")

# What the server shows of them.
texts = {
    VisualizationType.HTML: HTMLString("<b>ü</b>"),
    VisualizationType.MARKDOWN: MarkdownString("# ü"),
    VisualizationType.CSV: CSVString("a,b\n1,ü\n"),
    VisualizationType.JSON: JSONString('{"a": "ü"}'),
}
for kind, text in texts.items():
    shown = save_artifact(text, f"{name}-{kind.value}")
    expect((shown.type, [v.type for v in shown.visualizations]), (ArtifactType.DATA_ANALYSIS, [kind]), f"{kind} is one")
    expect(load_artifact(shown.id), text, f"{kind} as it was")
    answer = http("GET", f"/artifact_versions/{shown.id}/visualize")
    expect((answer.status_code, answer.json()), (200, {"type": kind.value, "value": str(text)}), f"{kind} shown")
answer = http("GET", f"/artifact_versions/{shown.id}/visualize", params={"index": 1})
expect((answer.status_code, answer.json()["detail"][0]), (404, "DoesNotExistException"), "there is but one")
plain = client.get_artifact_version(f"{name}-identifier")
answer = http("GET", f"/artifact_versions/{plain.id}/visualize")
expect((answer.status_code, answer.json()["detail"][0]), (404, "DoesNotExistException"), "an identifier shows nothing")

# A picture comes as base64.
picture = bytes.fromhex("89504e470d0a1a0a") + bytes(range(64))
(place / "plot.png").write_bytes(picture)
body = {
    "project": str(client.active_project.id),
    "artifact_name": f"{name}-picture",
    "type": "DataArtifact",
    "uri": str(place),
    "materializer": "zenml.materializers.path_materializer.PathMaterializer",
    "data_type": "pathlib.Path",
    "save_type": "manual",
    "artifact_store_id": str(store.id),
    "visualizations": [{"type": "image", "uri": str(place / "plot.png")}],
}
made = http("POST", "/artifact_versions", json=body).json()
answer = http("GET", f"/artifact_versions/{made['id']}/visualize").json()
expect((answer["type"], base64.b64decode(answer["value"])), ("image", picture), "a picture")

# All of a version's files as an archive, for whoever has the token.
token = http("GET", f"/artifact_versions/{there.id}/download-token")
expect(token.status_code, 200, "a token to download with")
archive = http(
    "GET", f"/artifact_versions/{there.id}/data", params={"token": token.json()}, headers={"Authorization": ""}
)
expect((archive.status_code, archive.headers["content-type"]), (200, "application/gzip"), "an archive")
holds(f"{name}-there-1.tar.gz" in archive.headers["content-disposition"], "named after the version")
with tarfile.open(fileobj=io.BytesIO(archive.content)) as files:
    sizes = {Path(member.name).name: member.size for member in files.getmembers() if member.isfile()}
expect(sizes, {"weights": 20_000, "plot.png": len(picture)}, "all files, whole")
other = http("GET", f"/artifact_versions/{first.id}/data", params={"token": token.json()})
expect(other.status_code, 401, "the token is good for one version")
expect(http("GET", f"/artifact_versions/{there.id}/data", params={"token": "x"}).status_code, 401, "nonsense for none")
print("done")
