"""Projects as the MLflow-shaped family has them: experiments, with tags of their own."""

from typing import Any

import msgspec

from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.repo_translate import Counts, manifest
from isogloss.adapters.truefoundry.subjects import Subject
from isogloss.core.facets import part_of
from isogloss.core.model import Project

ACTIVE = "active"

PRIVACY = "PUBLIC"
"""Who has a role in the registry has it in all projects."""

TAGS = f"{DIALECT}.experiment"
"""The part of a project's facet that holds the tags, which are no members of its manifest."""


def experiment(project: Project, author: Subject, counts: Counts, tenant: str) -> dict[str, Any]:
    """An experiment."""
    shown: dict[str, Any] = {
        "experiment_id": str(project.serial),
        "name": project.word,
        "lifecycle_stage": ACTIVE,
        "tags": [{"key": key, "value": value} for key, value in tags_of(project).items()],
        "creator_user_id": author.subject_id,
        "created_by_subject": author,
        "privacy_type": PRIVACY,
        # Milliseconds since the epoch, as in MLflow.
        "created_at": project.created // 1_000,
        "tenant_name": tenant,
        "account_id": tenant,
        "manifest": manifest(project, tenant),
        "artifact_type_counts": counts.artifacts,
    }
    optional = {
        "description": project.description,
        "num_runs": counts.runs,
        "datasets_count": counts.directories,
    }
    return shown | {member: value for member, value in optional.items() if value is not None}


def tags_of(project: Project) -> dict[str, str]:
    """The tags of an experiment by their keys."""
    part = part_of(project.facet, TAGS)
    return {} if part is None else msgspec.json.decode(part, type=dict[str, str])
