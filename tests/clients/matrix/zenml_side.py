"""ZenML's client in the matrix: it writes by hand and in a pipeline, and reads, loads and tags versions."""

from pathlib import Path
from typing import Annotated, Any

from steps import found, serve
from things import METADATA, TAGS, VALUES, doomed_of, name_of
from zenml import ArtifactConfig, add_tags, load_artifact, log_metadata, pipeline, save_artifact, step
from zenml.client import Client

ME = "zenml"
client = Client()
REPORT = name_of(ME, "report")


@step(enable_cache=False)
def make() -> Annotated[str, ArtifactConfig(name=REPORT, tags=TAGS)]:
    log_metadata(METADATA, artifact_name=REPORT, infer_artifact=True)
    return "second"


@pipeline(name="matrix-pipeline", enable_cache=False)
def whole() -> None:
    make()


def versions(name: str) -> list[Any]:
    """The versions of an artifact, the newest first."""
    return list(client.list_artifact_versions(artifact=name, sort_by="desc:created").items)


def write() -> dict[str, Any]:
    """Everything that this client writes."""
    save_artifact("first", REPORT)
    run = whole()
    latest = client.get_artifact_version(REPORT)
    return {
        "ids": [str(row.id) for row in versions(REPORT)],
        "created": latest.created.isoformat(),
        "run": {"id": str(run.id), "name": run.name},
        "contents": {what: str(save_artifact(value, name_of(ME, what)).id) for what, value in VALUES.items()},
        "doomed": {
            other: [str(save_artifact("doomed", name).id) for name in names] for other, names in doomed_of(ME).items()
        },
    }


def tag(version_id: str) -> None:
    """Put tags on a version, whoever wrote it."""
    add_tags(TAGS, artifact_version_id=version_id)


def read(written: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what each client wrote, aspect by aspect."""
    return {writer: seen(writer, given) for writer, given in written.items()}


def seen(writer: str, given: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what one client wrote."""
    report = name_of(writer, "report")
    latest = client.get_artifact_version(report)

    def content(what: str) -> Any:
        return as_text(load_artifact(f"model:{name_of(writer, what)}" if what == "model" else name_of(writer, what)))

    return {
        "identity": found(
            lambda: {
                "name": latest.name,
                "latest": str(latest.id),
                "ids": [str(row.id) for row in versions(report)],
                "versions": [row.version for row in versions(report)],
                "model": client.get_artifact_version(given["model"]).name if "model" in given else None,
            }
        ),
        "metadata": found(
            lambda: {
                "description": latest.run_metadata.get("isogloss.description"),
                "metadata": latest.run_metadata,
            }
        ),
        "tags": found(lambda: sorted(tag.name for tag in latest.tags)),
        "run": found(lambda: {"id": str(latest.run.id), "name": latest.run.name}),
        "times": found(
            lambda: {"created": latest.created.isoformat(), "order": [r.created.isoformat() for r in versions(report)]}
        ),
        "content": {what: found(lambda what=what: content(what)) for what in given["contents"]},
    }


def as_text(value: Any) -> Any:
    """A value as it is; of a folder, its files' texts by path."""
    if isinstance(value, Path):
        return {str(path.relative_to(value)): path.read_text() for path in value.rglob("*") if path.is_file()}
    return value


def delete(ids: list[str]) -> None:
    """Delete these versions, which must be there."""
    for one in ids:
        client.delete_artifact_version(one)


def left(ids: list[str], names: list[str]) -> list[str]:
    """Which of these versions are still there, by id or by name."""
    there = [one for one in ids if client.list_artifact_versions(id=one).total]
    return there + [name for name in names if client.list_artifact_versions(artifact=name).total]


serve(write, tag, read, delete, left)
