"""TrueFoundry's clients in the matrix: they write files and models in a run, and read versions by FQN."""

import os
from pathlib import Path
from typing import Any

from steps import found, serve
from things import DESCRIPTION, FILES, METADATA, TAGS, doomed_of, name_of
from truefoundry.ml import ArtifactPath, get_client
from truefoundry_sdk import NotFoundError, TrueFoundry

ME, REPO = "truefoundry", "default"
client = get_client()
sdk = TrueFoundry(base_url=os.environ["TFY_HOST"], api_key=os.environ["TFY_API_KEY"])
REPORT = name_of(ME, "report")


def fqn(name: str, kind: str = "artifact") -> str:
    """What an artifact is called here."""
    return f"{kind}:default/{REPO}/{name}"


def versions(name: str) -> list[Any]:
    """The versions of an artifact, the newest first."""
    return list(sdk.artifact_versions.list(fqn=fqn(name)))


def write() -> dict[str, Any]:
    """Everything that this client writes."""
    source = Path.cwd() / "source"
    for path, text in FILES.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text)
    paths = [ArtifactPath(str(source))]
    client.log_artifact(ml_repo=REPO, name=REPORT, artifact_paths=paths)
    run = client.create_run(ml_repo=REPO, run_name="matrix-run")
    run.log_artifact(name=REPORT, artifact_paths=paths, description=DESCRIPTION, metadata=METADATA, step=3)
    run.log_artifact(name=name_of(ME, "files"), artifact_paths=paths)
    run.log_model(name=name_of(ME, "model"), model_file_or_folder=str(source), framework=None)
    run.end()
    made = versions(REPORT)
    sdk.artifact_versions.apply_tags(artifact_version_id=made[0].id, tags=TAGS)
    model = next(iter(sdk.model_versions.list(fqn=fqn(name_of(ME, "model"), "model")))).id
    doomed: dict[str, list[str]] = {}
    for other, names in doomed_of(ME).items():
        for name in names:
            client.log_artifact(ml_repo=REPO, name=name, artifact_paths=[ArtifactPath(str(source / "weights.bin"))])
            doomed.setdefault(other, []).append(versions(name)[0].id)
    return {
        "ids": [row.id for row in made],
        "created": as_iso(made[0].created_at),
        "run": {"id": run.run_id, "name": run.run_name},
        "model": model,
        "contents": {"files": versions(name_of(ME, "files"))[0].id, "model": model},
        "doomed": doomed,
    }


def read(written: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what each client wrote, aspect by aspect."""
    return {writer: seen(writer, given) for writer, given in written.items()}


def seen(writer: str, given: dict[str, Any]) -> dict[str, Any]:
    """What is seen of what one client wrote."""
    report = name_of(writer, "report")
    rows = versions(report)
    latest = client.get_artifact_version(ml_repo=REPO, name=report)

    def producer() -> dict[str, str]:
        run = client.get_run_by_id(rows[0].manifest.run_id)
        return {"id": run.run_id, "name": run.run_name}

    return {
        "identity": found(
            lambda: {
                "name": latest.fqn,
                "latest": rows[0].id,
                "ids": [row.id for row in rows],
                "versions": [str(row.manifest.version) for row in rows],
                "model": sdk.model_versions.get(id=given["model"]).data.fqn if "model" in given else None,
            }
        ),
        "metadata": found(lambda: {"description": latest.description, "metadata": latest.metadata}),
        "tags": found(lambda: sorted(rows[0].tags)),
        "run": found(producer),
        "times": found(
            lambda: {"created": as_iso(rows[0].created_at), "order": [as_iso(row.created_at) for row in rows]}
        ),
        "content": {what: found(lambda what=what: content(writer, what)) for what in given["contents"]},
    }


def content(writer: str, what: str) -> dict[str, str]:
    """The texts of a version's files, by path."""
    name = name_of(writer, what)
    folder = Path.cwd() / f"download-{name}"
    folder.mkdir()
    if what == "model":
        client.get_model_version_by_fqn(f"{fqn(name, 'model')}:1").download(path=str(folder))
    else:
        client.get_artifact_version_by_fqn(f"{fqn(name)}:1").download(path=str(folder))
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def as_iso(moment: Any) -> str:
    """A time as text."""
    return moment if isinstance(moment, str) else moment.isoformat()


def delete(ids: list[str]) -> None:
    """Delete these versions, which must be there."""
    for one in ids:
        client.get_artifact_version_by_fqn(sdk.artifact_versions.get(id=one).data.fqn).delete()


def left(ids: list[str], names: list[str]) -> list[str]:
    """Which of these versions are still there, by id or by name."""
    return [one for one in ids if is_there(one)] + [name for name in names if versions(name)]


def is_there(version_id: str) -> bool:
    """Whether a version is found by its id."""
    try:
        sdk.artifact_versions.get(id=version_id)
    except NotFoundError:
        return False
    return True


serve(write, read, delete, left)
