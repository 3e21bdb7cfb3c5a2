"""Artifacts and projects as sources of queries."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import ColumnElement, FromClause, case, func, literal_column, select

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources import belongings, versions
from isogloss.storage.sql.sources.shapes import Joined, Source, columns_of, literal, shown


def artifact_source() -> Source:
    """Artifacts that every dialect sees, each with its newest version.

    ``newest`` is when that version was made or, where there is none, the artifact itself.
    """
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns = columns_of(artifact) | columns_of(version, "version.")
    return Source(
        rows=artifact.outerjoin(version, version.c.id == artifact.c.head_version_id),
        columns=columns
        | {
            "newest": func.coalesce(version.c.created, artifact.c.created),
            "title": partial(title, artifact),
            "tags": partial(belongings.tag_names, artifact, "artifact", "a"),
            "author": partial(belongings.author_name, artifact, "a"),
        },
        relations={
            "version": versions.versions_of(artifact, "artifact_id", artifact.c.id),
            "newest": versions.versions_of(artifact, "id", artifact.c.head_version_id),
            "tag": belongings.tags(artifact, "artifact", "a"),
            "property": belongings.properties(artifact, "artifact", "a"),
            "author": belongings.author(artifact, "a"),
        },
        always=(shown("a"),),
        nullable=frozenset({"name", "slug", "author_id", "tags", "author"}),
        selective=frozenset({"id", "name"}),
        joined=Joined(artifact, ("version.", "newest")),
    )


def every_artifact_source() -> Source:
    """Artifacts, also those that only one dialect sees."""
    artifact = tables.artifacts.alias("a")
    return Source(rows=artifact, columns=columns_of(artifact), selective=frozenset({"id"}))


def tagged_artifact_source() -> Source:
    """Artifacts that every dialect sees, by the tags they bear, as ``versions.tagged_version_source`` has versions."""
    link = tables.tag_links.alias("tl")
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns = columns_of(artifact) | columns_of(version, "version.")
    newest = func.coalesce(version.c.created, artifact.c.created)
    return Source(
        rows=link.join(artifact, artifact.c.id == link.c.entity_id).outerjoin(
            version, version.c.id == artifact.c.head_version_id
        ),
        columns=columns
        | {
            "newest": newest,
            "title": partial(title, artifact),
            "created": link.c.at,
            "project_id": link.c.project_id,
            "tag_id": link.c.tag_id,
        },
        relations={"tag": belongings.tags(artifact, "artifact", "a"), "author": belongings.author(artifact, "a")},
        always=(link.c.entity == literal("artifact"), shown("a")),
        nullable=frozenset({"name", "slug", "author_id"}),
    )


def newest_version_source() -> Source:
    """Artifacts that have versions, each with the newest of them and with the greatest number among their labels."""
    return _with_newest(lambda version: ())


def newest_shown_version_source() -> Source:
    """As ``newest_version_source``, of the versions that every dialect sees."""
    return _with_newest(lambda version: (shown(version),))


def _with_newest(always: Callable[[str], tuple[ColumnElement[bool], ...]]) -> Source:
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    other, numbered = tables.versions.alias("vo"), tables.versions.alias("vn")
    newest = (
        select(other.c.id)
        .where(other.c.artifact_id == artifact.c.id, *always("vo"))
        .order_by(other.c.created.desc(), other.c.ordinal.desc())
        .limit(literal_column("1"))
        .offset(literal_column("0"))
        .correlate(artifact)
        .scalar_subquery()
    )
    highest = select(func.max(numbered.c.number)).where(numbered.c.artifact_id == artifact.c.id).correlate(artifact)
    return Source(
        rows=artifact.join(version, version.c.id == newest),
        columns=columns_of(artifact) | columns_of(version, "version.") | {"greatest": highest.scalar_subquery()},
        selective=frozenset({"id"}),
    )


def project_source() -> Source:
    """Projects. ``title`` is what people see of one."""
    project = tables.projects.alias("p")
    return Source(
        rows=project,
        columns=columns_of(project) | {"title": func.coalesce(project.c.display_name, project.c.name)},
        selective=frozenset({"id", "name"}),
    )


def title(artifact: FromClause) -> ColumnElement[object]:
    """An artifact's name for who does not tell kinds apart: other kinds than the ordinary stand before theirs."""
    return case(
        (artifact.c.name.is_(None), literal("unnamed-") + artifact.c.id),
        (artifact.c.kind == literal("artifact"), artifact.c.name),
        else_=artifact.c.kind + literal(":") + artifact.c.name,
    )
