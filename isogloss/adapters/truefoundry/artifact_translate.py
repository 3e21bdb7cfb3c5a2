"""Artifacts of every kind as TrueFoundry has them."""

from typing import Any

import msgspec
from msgspec import Struct

from isogloss.adapters.truefoundry.fqn import Fqn
from isogloss.adapters.truefoundry.kinds import SKILL
from isogloss.adapters.truefoundry.times import moment
from isogloss.adapters.truefoundry.version_translate import (
    Around,
    VersionRow,
    author,
    kind_of,
    rest_of,
    version,
    word_of,
)
from isogloss.core.model import Instant


class ArtifactRow(Struct, frozen=True):
    """What is read of an artifact. The fields are those of ``ARTIFACT_FIELDS``, in their order."""

    id: str
    project_id: str
    kind: str
    word: str | None
    author_id: str | None
    created: Instant
    updated: Instant
    head_version_id: str | None
    head_updated: Instant | None


ARTIFACT_FIELDS = ArtifactRow.__struct_fields__


def artifact(row: ArtifactRow, newest: VersionRow | None, around: Around) -> dict[str, Any]:
    """An artifact, with its latest version."""
    kind, project = kind_of(row.kind), around.projects[row.project_id]
    name = word_of(row.id, row.word)
    shown = {
        "id": row.id,
        "ml_repo_id": str(project.serial),
        "type": kind.fqn_type,
        "name": name,
        "fqn": str(Fqn(kind=kind, tenant=around.tenant, repo=project.word, name=name)),
        "created_by_subject": author(row.author_id, around),
        "created_at": moment(row.created),
        "updated_at": moment(max(row.updated, row.head_updated or 0)),
        "latest_version": None if newest is None else version(newest, around),
    }
    if kind == SKILL:
        shown["description"] = "" if newest is None else _told(newest)
    return shown


def _told(newest: VersionRow) -> str:
    """What the source of a skill tells of it. The older SDK takes no skill without, and drops the page it is on."""
    source = (rest_of(newest, SKILL) or {}).get("source")
    told = {} if source is None else msgspec.json.decode(source)
    description = told.get("description", "") if isinstance(told, dict) else ""
    return description if isinstance(description, str) else ""
