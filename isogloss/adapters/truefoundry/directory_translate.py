"""Data directories as TrueFoundry has them."""

from typing import Any

import msgspec
from msgspec import Raw

from isogloss.adapters.truefoundry.fqn import DirectoryFqn
from isogloss.adapters.truefoundry.places import storage_root
from isogloss.adapters.truefoundry.subjects import Subject
from isogloss.adapters.truefoundry.times import moment
from isogloss.core.model import Project, Record
from isogloss.core.places import SharedPlace, owned_prefix

MANAGED = "truefoundry"
"""The type of a source whose place the registry gives."""


def source_type(record: Record) -> str:
    """Of which type the source of a data directory is."""
    source: dict[str, Any] = msgspec.json.decode(record.body)["source"]
    return str(source["type"])


def root_of(record: Record, place: SharedPlace) -> str:
    """What clients are told of the place of a data directory's files."""
    assert record.project_id is not None, "a data directory is in a project"
    return storage_root(place, owned_prefix(record.project_id, record.id))


def directory(record: Record, project: Project, author: Subject, place: SharedPlace, tenant: str) -> dict[str, Any]:
    """A data directory: its manifest is as it came, with the place that the registry gave it."""
    name = record.name or ""
    kept = msgspec.json.decode(record.body, type=dict[str, Raw])
    shown: dict[str, Any] = {**kept, "type": "data-dir", "name": name, "ml_repo": project.word}
    if source_type(record) == MANAGED:
        shown["source"] = {"type": MANAGED, "uri": root_of(record, place)}
    return {
        "id": record.id,
        "ml_repo_id": str(project.serial),
        "name": name,
        "fqn": str(DirectoryFqn(tenant=tenant, repo=project.word, name=name)),
        "created_by_subject": author,
        "created_at": moment(record.created),
        "updated_at": moment(record.updated),
        "manifest": shown,
    }
