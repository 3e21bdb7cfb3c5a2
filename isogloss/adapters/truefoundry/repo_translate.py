"""Projects as TrueFoundry has them: ML repos, whose manifest is given back as it came."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.subjects import Subject
from isogloss.adapters.truefoundry.times import moment
from isogloss.core.facets import part_of
from isogloss.core.model import Project

STORAGE = "default"
"""What a repo's storage is called that another dialect made: the registry has one place for bytes."""


class Counts(Struct, frozen=True, kw_only=True):
    """How much a repo holds. ``artifacts`` is by FQN type; what was not counted is null."""

    artifacts: Mapping[str, int]
    runs: int | None
    directories: int | None


def repo(project: Project, author: Subject, counts: Counts, tenant: str) -> dict[str, Any]:
    """A repo."""
    return {
        "id": str(project.serial),
        "tenant_name": tenant,
        "account_id": tenant,
        "manifest": manifest(project, tenant),
        "created_by_subject": author,
        "created_at": moment(project.created),
        "num_runs": counts.runs,
        "artifact_type_counts": counts.artifacts,
        "datasets_count": counts.directories,
    }


def manifest(project: Project, tenant: str) -> dict[str, Any]:
    """A repo's manifest. The client compares the storage that it names with its own before it makes one again."""
    part = part_of(project.facet, DIALECT)
    own: dict[str, Any] = {} if part is None else msgspec.json.decode(part, type=dict[str, Raw])
    # The older SDK takes no repo without a list of collaborators.
    shown = {"storage_integration_fqn": f"{tenant}:isogloss:{STORAGE}:blob-storage:{STORAGE}", "collaborators": []}
    shown |= own
    shown |= {"type": "ml-repo", "name": project.word}
    if project.description is not None:
        shown["description"] = project.description
    return shown


def collaborators_of(project: Project) -> list[dict[str, Any]]:
    """Those whom a repo's manifest names, as they were given."""
    part = part_of(project.facet, DIALECT)
    kept = {} if part is None else msgspec.json.decode(part)
    found: list[dict[str, Any]] = kept.get("collaborators") or []
    return found
