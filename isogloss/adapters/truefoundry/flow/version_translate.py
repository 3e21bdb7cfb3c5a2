"""Versions and artifacts as the MLflow-shaped family has them, whoever wrote them.

Its clients take whole numbers without a fraction only, and no null where a member may be absent.
"""

from typing import Any

import msgspec
from msgspec import Raw

from isogloss.adapters.truefoundry import version_translate
from isogloss.adapters.truefoundry.artifact_translate import ArtifactRow
from isogloss.adapters.truefoundry.fqn import Fqn
from isogloss.adapters.truefoundry.guesses import DEPLOYABLE
from isogloss.adapters.truefoundry.run_translate import value
from isogloss.adapters.truefoundry.times import moment
from isogloss.adapters.truefoundry.version_translate import (
    Around,
    VersionRow,
    author,
    kind_of,
    rest_of,
    size_of,
    uri_of,
    word_of,
)

COMMITTED = "COMMITTED"
"""The status of every version: a stage is none yet, and what is deleted is gone."""

FORMAT = "V2"
"""How versions are kept that have a manifest."""


def artifact_version(row: VersionRow, around: Around) -> dict[str, Any]:
    """A version of any kind."""
    shown = _version(row, around, "artifact")
    own = rest_of(row, kind_of(row.kind)) or {}
    for member in ("data_path", "internal_metadata"):
        if member in own:
            shown[member] = own[member]
    return shown


def model_version(row: VersionRow, around: Around) -> dict[str, Any]:
    """A version of a model."""
    own = rest_of(row, kind_of(row.kind)) or {}
    shown = _version(row, around, "model")
    if "data_path" in own:
        shown["data_path"] = own["data_path"]
    framework = _framework(own)
    if framework is not None:
        shown["model_framework"] = framework
    points = around.metrics.get((row.producer_run or "", row.step or 0), ())
    return shown | {"metrics": [value(each) for each in points], "monitoring_enabled": False, "deployable": DEPLOYABLE}


def _version(row: VersionRow, around: Around, noun: str) -> dict[str, Any]:
    kind, project = kind_of(row.kind), around.projects[row.project_id]
    name, subject = word_of(row.artifact_id, row.word), author(row.author_id, around)
    fqn = Fqn(kind=kind, tenant=around.tenant, repo=project.word, name=name)
    shown: dict[str, Any] = {
        "id": row.id,
        f"{noun}_id": row.artifact_id,
        "version": row.ordinal,
        "fqn": f"{fqn}:{row.ordinal}",
        "experiment_id": str(project.serial),
        "artifact_metadata": Raw(b"{}" if row.metadata is None else row.metadata.encode()),
        "status": COMMITTED,
        "step": row.step or 0,
        "created_by": subject.subject_slug,
        "created_by_subject": subject,
        "created_at": moment(row.created),
        "updated_at": moment(row.updated),
        f"{noun}_fqn": str(fqn),
        f"{noun}_name": name,
        "manifest": version_translate.manifest(row, kind, project.word, name, around.place),
        "serialization_format": FORMAT,
        "tags": around.tags.get(row.id, []),
    }
    optional = {
        "artifact_storage_root": uri_of(row, around.place),
        "description": row.description,
        "run_id": row.producer_run,
        "artifact_size": size_of(row, kind),
    }
    return shown | {member: each for member, each in optional.items() if each is not None}


def artifact(row: ArtifactRow, newest: VersionRow | None, around: Around) -> dict[str, Any]:
    """An artifact of any kind, with its latest version."""
    shown = _artifact(row, around)
    return shown if newest is None else shown | {"latest_version": artifact_version(newest, around)}


def model(row: ArtifactRow, newest: VersionRow | None, around: Around) -> dict[str, Any]:
    """A model, with its latest version."""
    shown = _artifact(row, around) | {"monitoring_enabled": False}
    return shown if newest is None else shown | {"latest_version": model_version(newest, around)}


def _artifact(row: ArtifactRow, around: Around) -> dict[str, Any]:
    kind, project = kind_of(row.kind), around.projects[row.project_id]
    name, subject = word_of(row.id, row.word), author(row.author_id, around)
    return {
        "id": row.id,
        "experiment_id": str(project.serial),
        "type": kind.fqn_type,
        "name": name,
        "fqn": str(Fqn(kind=kind, tenant=around.tenant, repo=project.word, name=name)),
        "created_by": subject.subject_slug,
        "created_by_subject": subject,
        "created_at": moment(row.created),
        "updated_at": moment(max(row.updated, row.head_updated or 0)),
    }


def _framework(own: dict[str, Raw]) -> str | None:
    """What a model was made with, by its name."""
    given = msgspec.json.decode(own["framework"]) if "framework" in own else None
    name = given.get("type") if isinstance(given, dict) else None
    return name if isinstance(name, str) else None
