"""Between the registry's entities and its own API. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw

from isogloss.adapters.native import wire
from isogloss.core.model import Derivation, Instant, Json, Project, Run
from isogloss.core.registry.catalogue import ListedArtifact, ListedVersion, reference_to
from isogloss.core.registry.files import VersionFile
from isogloss.core.registry.lineage_graph import Lineage, Node, node_reference
from isogloss.core.registry.references import RUN, VERSION, Target

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NULL = Raw(b"null")


def moment(instant: Instant) -> datetime:
    """An instant as a moment in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def project(row: Project) -> wire.Project:
    """A project."""
    return wire.Project(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        description=row.description,
        created=moment(row.created),
        updated=moment(row.updated),
    )


def artifact(row: ListedArtifact, projects: Mapping[str, str]) -> wire.Artifact:
    """An artifact; ``projects`` are the names of projects by id."""
    values = _with_moments(row)
    return wire.Artifact(**values, project=projects[row.project_id])


def version(row: ListedVersion, projects: Mapping[str, str], tags: Sequence[str]) -> wire.Version:
    """A version; ``projects`` are the names of projects by id."""
    values = _with_moments(row)
    name = projects[row.project_id]
    values["metadata"] = raw(row.metadata)
    return wire.Version(**values, project=name, reference=reference_to(row, name), tags=list(tags))


def run(row: Run) -> wire.Run:
    """A run or step."""
    return wire.Run(
        id=row.id,
        project_id=row.project_id,
        dialect=row.dialect,
        role="run" if row.role == RUN else "step",
        name=row.name,
        parent_id=row.parent_id,
        state=row.state_type,
        metadata=raw(row.metadata),
        created=moment(row.created),
        started=None if row.started is None else moment(row.started),
        ended=None if row.ended is None else moment(row.ended),
    )


def resolved(target: Target) -> wire.Resolved:
    """What a reference names."""
    return wire.Resolved(entity=_end(target.entity, target.id).entity, id=target.id, project_id=target.project_id)


def file(row: VersionFile) -> wire.File:
    """A file of a version."""
    return wire.File(path=row.path, size=row.size, media_type=row.media_type, modified=moment(row.modified))


def link(row: Derivation) -> wire.Link:
    """An explicit link."""
    return wire.Link(
        id=row.id,
        project_id=row.project_id,
        made=_one_of(row.version_id, row.run_id),
        source=_one_of(row.source_version_id, row.source_run_id),
        reference=row.reference,
        author_id=row.author_id,
        created=moment(row.created),
    )


def lineage(found: Lineage) -> wire.Lineage:
    """A graph."""
    return wire.Lineage(
        root=found.root,
        nodes=[_node(node) for node in found.nodes],
        edges=[wire.Edge(**msgspec.structs.asdict(edge)) for edge in found.edges],
        missing=[wire.Missing(target=each.target, reference=each.reference) for each in found.missing],
        truncated=found.truncated,
    )


def raw(text: Json | None) -> Raw:
    """JSON text as it is."""
    return _NULL if text is None else Raw(text.encode())


def _node(node: Node) -> wire.Node:
    return wire.Node(**_with_moments(node), reference=node_reference(node))


def _with_moments(row: ListedArtifact | ListedVersion | Node) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    return values | {name: moment(values[name]) for name in ("created", "updated") if name in values}


def _one_of(version_id: str | None, run_id: str | None) -> wire.End:
    return _end(VERSION, version_id) if version_id is not None else _end(RUN, run_id or "")


def _end(entity: str, thing_id: str) -> wire.End:
    return wire.End("version" if entity == VERSION else "run", thing_id)
