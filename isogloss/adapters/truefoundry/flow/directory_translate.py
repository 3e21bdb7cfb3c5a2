"""Data directories as the MLflow-shaped family has them: datasets."""

from typing import Any

import msgspec

from isogloss.adapters.truefoundry import directory_translate
from isogloss.adapters.truefoundry.subjects import Subject
from isogloss.core.model import Project, Record
from isogloss.core.places import SharedPlace

_TAKEN_OVER = ("id", "name", "fqn", "created_by_subject", "created_at", "updated_at", "manifest")


def dataset(record: Record, project: Project, author: Subject, place: SharedPlace, tenant: str) -> dict[str, Any]:
    """A data directory, with members of its manifest beside the manifest."""
    kept = directory_translate.directory(record, project, author, place, tenant)
    manifest: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(kept["manifest"]))
    shown = {member: kept[member] for member in _TAKEN_OVER} | {
        "experiment_id": kept["ml_repo_id"],
        "created_by": author.subject_slug,
        "storage_root": manifest["source"]["uri"],
        "dataset_metadata": manifest["metadata"],
    }
    description = manifest.get("description")
    return shown if description is None else shown | {"description": description}
