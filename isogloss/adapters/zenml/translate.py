"""Between the registry's artifacts, versions and tags, and ZenML's. Pure functions.

From a row to the wire they are total: a row that another dialect wrote prints as something that the vendor's client
parses.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.zenml import kinds, wire
from isogloss.adapters.zenml.account_translate import user_body
from isogloss.adapters.zenml.renditions import kind_in, picture_id, shown_files
from isogloss.adapters.zenml.times import moment
from isogloss.core.model import Artifact, Instant, Json, Project, Tag, TagLink, User
from isogloss.core.places import FILES

Row = tuple[Any, ...]

_encode = msgspec.json.Encoder().encode

VERSION_FIELDS = (
    "id",
    "created",
    "updated",
    "author_id",
    "project_id",
    "label",
    "uri",
    "role",
    "loader",
    "data_type",
    "store_id",
    "facet",
    "dialect",
    "producer_run",
    "producer_step",
    "form",
    "owned",
    "artifact.id",
    "artifact.kind",
    "artifact.name",
    "artifact.author_id",
    "artifact.created",
    "artifact.updated",
)
"""What ``version`` needs of a row, in its order."""

HYDRATED_FIELDS = (*VERSION_FIELDS, "metadata", "description")
"""As ``VERSION_FIELDS``, for a version that is hydrated."""

DESCRIPTION = "isogloss.description"
"""The metadata in which a description stands that others wrote: the vendor's versions have none."""

ARTIFACT_FIELDS = (
    "id",
    "created",
    "updated",
    "author_id",
    "project_id",
    "kind",
    "name",
    "custom_name",
    "version.id",
    "version.label",
    "version.internal",
)
"""What ``artifact`` needs of a row, in its order."""


class Visualization(Struct, frozen=True, omit_defaults=True):
    """A file that shows a version. It has times of its own where it came from another server."""

    id: str
    type: str
    uri: str
    created: Instant | None = None
    updated: Instant | None = None


class VersionFacet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only ZenML keeps of a version."""

    save_type: str = kinds.FOREIGN_SAVE_TYPE
    content_hash: str | None = None
    item_count: int | None = None
    visualizations: tuple[Visualization, ...] = ()


_FOREIGN = VersionFacet()
_facet = msgspec.json.Decoder(VersionFacet)


def version_facet(kept: Json | None) -> VersionFacet:
    """What only ZenML keeps of a version that it wrote."""
    return _FOREIGN if kept is None else _facet.decode(kept)


def foreign_facet(version_id: str, form: str | None, data_type: Json | None, uri: str | None) -> VersionFacet:
    """What stands for that of a version that another dialect wrote: the files that show it, where it was laid out."""
    kind = kind_in(data_type)
    if kind is None or uri is None:
        return _FOREIGN
    return VersionFacet(
        visualizations=tuple(
            Visualization(picture_id(version_id, name), shown, f"{uri}/{name}")
            for shown, name in shown_files(form, kind)
        )
    )


def foreign_uri(uri: str, *, owned: bool) -> str:
    """Where the files of a version lie that another dialect wrote: those of the registry's own below their prefix."""
    return f"{uri}/{FILES}" if owned else uri


class Around(Struct, frozen=True, kw_only=True):
    """What the rows of a page refer to, already encoded: users by id, tags by the id of what bears them.

    ``runs`` are the ids of runs and steps that exist.
    """

    users: Mapping[str, Raw] = {}
    tags: Mapping[str, Sequence[Raw]] = {}
    runs: frozenset[str] = frozenset()


def version(row: Row, around: Around, *, hydrate: bool) -> wire.Entity:
    """A version, of a row of ``VERSION_FIELDS``; hydrated, of ``HYDRATED_FIELDS``."""
    (
        version_id,
        created,
        updated,
        author_id,
        project_id,
        label,
        uri,
        role,
        loader,
        data_type,
        store_id,
        kept,
        dialect,
        run,
        step,
        form,
        owned,
        artifact_id,
        kind,
        name,
        artifact_author_id,
        artifact_created,
        artifact_updated,
        *rest,
    ) = row
    address: str | wire.Unopened
    if dialect == kinds.DIALECT:
        address, facet = kinds.version_uri(version_id, uri), version_facet(kept)
    else:
        # Clients take no store for the one that is active with them, and find nothing there.
        address = wire.Unopened(version_id) if store_id is None or uri is None else foreign_uri(uri, owned=owned)
        facet = foreign_facet(version_id, form, data_type, uri)
    artifact = wire.Named(
        wire.ArtifactBody(moment(artifact_created), moment(artifact_updated), artifact_author_id, project_id),
        None,
        None,
        artifact_id,
        kinds.artifact_name(artifact_id, kind, name),
    )
    body = wire.VersionBody(
        moment(created),
        moment(updated),
        author_id,
        project_id,
        artifact,
        label,
        address,
        kinds.TYPES.get(role, "BaseArtifact"),
        Raw((loader or kinds.FOREIGN_LOADER).encode()),
        Raw((data_type or kinds.FOREIGN_DATA_TYPE).encode()),
        facet.save_type,
        store_id,
        facet.content_hash,
        facet.item_count,
    )
    resources = wire.VersionResources(
        around.users.get(author_id),
        list(around.tags.get(version_id, ())),
        _producing_step(run, step, around.runs),
        run if run in around.runs else None,
    )
    metadata = None
    if hydrate:
        shown = [visualization(each, created) for each in facet.visualizations]
        document = run_metadata(rest[0])
        metadata = wire.VersionMetadata(shown, document if rest[1] is None else _described(document, rest[1]))
    return wire.Entity(body, metadata, resources, version_id)


def _producing_step(run: str | None, step: str | None, existing: frozenset[str]) -> str | None:
    if step is None and run is not None and run in existing:
        return kinds.stand_in_id(run)
    return step if step in existing else None


def visualization(given: Visualization, created: Instant) -> wire.Entity:
    """A file that shows a version made at that time."""
    made = moment(created if given.created is None else given.created)
    changed = made if given.updated is None else moment(given.updated)
    return wire.Entity(wire.VisualizationBody(made, changed, given.type, given.uri), None, None, given.id)


def run_metadata(document: Json | None) -> Raw:
    """A folded document without what is null in it: the client's models have no null there."""
    if document is None or document == "{}":
        return Raw(b"{}")
    if "null" not in document:
        return Raw(document.encode())
    members = msgspec.json.decode(document, type=dict[str, Raw])
    return Raw(_encode({key: value for key, value in members.items() if bytes(value) != b"null"}))


def _described(document: Raw, description: str) -> Raw:
    members = msgspec.json.decode(document, type=dict[str, Raw])
    return Raw(_encode({DESCRIPTION: description, **members}))


def artifact(row: Row, around: Around, latest: Mapping[str, tuple[str, str]], *, hydrate: bool) -> wire.Named:
    """An artifact, of a row of ``ARTIFACT_FIELDS``.

    ``latest`` has id and label of the newest version that is shown, where the newest of all is not.
    """
    artifact_id, created, updated, author_id, project_id, kind, name, custom, head_id, label, internal = row
    if internal:
        head_id, label = latest.get(artifact_id, (None, None))
    return wire.Named(
        wire.ArtifactBody(moment(created), moment(updated), author_id, project_id),
        wire.ArtifactMetadata(custom) if hydrate else None,
        wire.ArtifactResources(around.users.get(author_id), list(around.tags.get(artifact_id, ())), label, head_id),
        artifact_id,
        kinds.artifact_name(artifact_id, kind, name),
    )


def lean_artifact(artifact: Artifact) -> wire.Named:
    """An artifact within another thing."""
    return wire.Named(
        wire.ArtifactBody(moment(artifact.created), moment(artifact.updated), artifact.author_id, artifact.project_id),
        None,
        None,
        artifact.id,
        kinds.artifact_name(artifact.id, artifact.kind, artifact.name),
    )


def lean_tag(tag: Tag) -> Raw:
    """A tag within another thing, encoded."""
    body = wire.TagBody(moment(tag.created), moment(tag.updated), tag.author_id, tag.colour, tag.exclusive)
    return Raw(_encode(wire.Named(body, None, None, tag.id, tag.name)))


def lean_user(user: User) -> Raw:
    """A user within another thing, encoded."""
    return Raw(_encode(wire.Named(user_body(user), None, None, user.id, user.name)))


def project(row: Project, *, hydrate: bool) -> wire.Named:
    """A project."""
    metadata = None
    if hydrate:
        metadata = wire.ProjectMetadata(row.description or "", Raw((row.metadata or "{}").encode()))
    body = wire.ProjectBody(moment(row.created), moment(row.updated), row.display_name or row.name)
    return wire.Named(body, metadata, None, row.id, row.name)


TAG_FIELDS = ("id", "name", "colour", "exclusive", "author_id", "created", "updated")
"""What ``tag`` needs of a row, in its order; hydrated, ``tagged`` follows."""


def tag(row: Row, users: Mapping[str, Raw], *, hydrate: bool) -> wire.Named:
    """A tag by itself."""
    tag_id, name, colour, exclusive, author_id, created, updated, *rest = row
    body = wire.TagBody(moment(created), moment(updated), author_id, colour, exclusive)
    metadata = wire.TagMetadata(rest[0]) if hydrate else None
    return wire.Named(body, metadata, wire.TagResources(users.get(author_id)), tag_id, name)


def tag_resource(link: TagLink, resource_type: str) -> wire.Entity:
    """A tag on a thing. The registry has no ids for these, so that one is made of what the link says."""
    at = moment(link.created)
    body = wire.TagResourceBody(at, at, link.tag_id, link.entity_id, resource_type)
    return wire.Entity(body, None, None, str(uuid5(UUID(link.tag_id), f"{resource_type}:{link.entity_id}")))
