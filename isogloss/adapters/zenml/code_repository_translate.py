"""Between the registry's records and ZenML's code repositories and references to states of them. Pure functions."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.run_facets import CodeReference
from isogloss.adapters.zenml.stack_wire import UserResources
from isogloss.adapters.zenml.times import moment
from isogloss.core.model import Instant, Record

REPOSITORY = "code_repository"
"""The kind of the records."""


class RepositoryFacet(Struct, frozen=True, kw_only=True):
    """What is kept of a code repository. ``source`` names the class that reads it, and ``config`` is what it takes."""

    config: Raw
    source: Raw
    logo_url: str | None
    description: str | None


class RepositoryBody(Struct, frozen=True):
    """A code repository."""

    created: datetime
    updated: datetime
    user_id: str | None
    project_id: str
    source: Raw
    logo_url: str | None


class RepositoryMetadata(Struct, frozen=True):
    """What is hydrated of a code repository."""

    config: Raw
    description: str | None


class ReferenceBody(Struct, frozen=True):
    """Which state of a code repository a snapshot runs."""

    created: datetime
    updated: datetime
    commit: str
    subdirectory: str
    code_repository: wire.Named


repository_facet = msgspec.json.Decoder(RepositoryFacet).decode


def repository_key(project_id: str, name: str) -> str:
    """Names are unique in their project."""
    return f"{project_id}:{name}"


def repository(record: Record, user: Raw | None, *, hydrate: bool) -> wire.Named:
    """A code repository by itself."""
    facet = repository_facet(record.body)
    metadata = RepositoryMetadata(facet.config, facet.description) if hydrate else None
    return replace(lean_repository(record), metadata=metadata, resources=UserResources(user))


def lean_repository(record: Record) -> wire.Named:
    """A code repository within another thing."""
    facet = repository_facet(record.body)
    body = RepositoryBody(
        moment(record.created),
        moment(record.updated),
        record.author_id,
        record.project_id or "",
        facet.source,
        facet.logo_url,
    )
    return wire.Named(body, None, None, record.id, record.name or "")


def code_reference(
    kept: CodeReference | None, repositories: Mapping[str, wire.Named], otherwise: Instant
) -> wire.Entity | None:
    """A reference to a repository that exists, by its id; one without times of its own is as old as ``otherwise``."""
    repository = None if kept is None else repositories.get(kept.code_repository)
    if kept is None or repository is None:
        return None
    created = otherwise if kept.created is None else kept.created
    updated = created if kept.updated is None else kept.updated
    body = ReferenceBody(moment(created), moment(updated), kept.commit, kept.subdirectory, repository)
    return wire.Entity(body, None, None, kept.id)
