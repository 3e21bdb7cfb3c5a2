"""What the registry's own API is sent and answers. Instants are RFC 3339 texts in UTC; ids are UUIDs."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Raw, Struct

Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Project(Struct, frozen=True, kw_only=True):
    """A room of names."""

    id: str
    name: str
    display_name: str | None
    description: str | None
    created: Moment
    updated: Moment


class Projects(Struct, frozen=True):
    """All projects, by name."""

    items: list[Project]


class Artifact(Struct, frozen=True, kw_only=True):
    """A named line of versions. ``dialect`` is null where several wrote it, ``newest`` the newest version's label."""

    id: str
    project_id: str
    project: str
    kind: str
    name: str | None
    versions: int
    newest: str | None
    dialect: str | None
    created: Moment
    updated: Moment


class ArtifactPage(Struct, frozen=True):
    """A page of artifacts, the newest first. ``next`` is the cursor of the page behind it; null on the last one."""

    items: list[Artifact]
    next: str | None


class Version(Struct, frozen=True, kw_only=True):
    """A version of an artifact. ``reference`` names it in the registry's own grammar."""

    id: str
    reference: str
    project_id: str
    project: str
    artifact_id: str
    kind: str
    name: str | None
    label: str
    ordinal: int
    alias: str | None
    dialect: str
    role: str
    form: str | None
    uri: str | None
    description: str | None
    metadata: Raw
    tags: list[str]
    producer_run: str | None
    producer_step: str | None
    author_id: str | None
    created: Moment
    updated: Moment


class VersionPage(Struct, frozen=True):
    """A page of versions, the newest first. ``next`` is the cursor of the page behind it; null on the last one."""

    items: list[Version]
    next: str | None


class WholeVersion(Struct, frozen=True, kw_only=True):
    """A version with what each dialect calls it, and the content where that is kept inline."""

    version: Version
    names: dict[str, str]
    data: Raw


class Run(Struct, frozen=True, kw_only=True):
    """A run or, by its ``role``, a step of one. ``state`` is in the registry's own words."""

    id: str
    project_id: str
    dialect: str
    role: Literal["run", "step"]
    name: str
    parent_id: str | None
    state: str | None
    metadata: Raw
    created: Moment
    started: Moment | None
    ended: Moment | None


class Resolved(Struct, frozen=True, kw_only=True):
    """What a reference names: a version or a run, and its id."""

    entity: Literal["version", "run"]
    id: str
    project_id: str


class File(Struct, frozen=True, kw_only=True):
    """A file of a version. ``size`` is in bytes."""

    path: str
    size: int
    media_type: str
    modified: Moment


class Files(Struct, frozen=True):
    """All files of a version, by path."""

    items: list[File]


class Tags(Struct, frozen=True):
    """The tags on a version, in order."""

    tags: list[str]


class Deleted(Struct, frozen=True):
    """The id of what was deleted."""

    id: str


class NewLink(Struct, frozen=True, forbid_unknown_fields=True):
    """Says that a version or run was made from another. Both are references."""

    made: str
    source: str


class End(Struct, frozen=True):
    """One end of a link."""

    entity: Literal["version", "run"]
    id: str


class Link(Struct, frozen=True, kw_only=True):
    """An explicit link: what was made, and from what. ``reference`` is the text by which the source was named."""

    id: str
    project_id: str
    made: End
    source: End
    reference: str
    author_id: str | None
    created: Moment


class LinkPage(Struct, frozen=True):
    """A page of links, the oldest first. ``next`` is the cursor of the page behind it; null on the last one."""

    items: list[Link]
    next: str | None


class Node(Struct, frozen=True, kw_only=True):
    """A version or run of a graph. ``label`` and ``kind`` are a version's, ``state`` a run's."""

    entity: Literal["version", "run"]
    id: str
    reference: str
    project_id: str
    project: str
    dialect: str
    name: str | None
    kind: str | None
    label: str | None
    state: str | None
    created: Moment


class Edge(Struct, frozen=True, kw_only=True):
    """Data went from the node ``source`` to ``target``. ``step`` names the step of the run that did it."""

    source: str
    target: str
    relation: Literal["produced", "consumed", "derived"]
    step: str | None
    origin: Literal["client", "metadata", "link"]


class Missing(Struct, frozen=True, kw_only=True):
    """A reference in the metadata of ``target`` that names nothing, or several things."""

    target: str
    reference: str


class Lineage(Struct, frozen=True, kw_only=True):
    """The graph around ``root``. ``truncated`` tells that there is more than was asked for."""

    root: str
    nodes: list[Node]
    edges: list[Edge]
    missing: list[Missing]
    truncated: bool
