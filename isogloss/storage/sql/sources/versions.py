"""Versions, and heads of artifacts, as sources of queries."""

from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, FromClause

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources import artifacts, belongings, runs
from isogloss.storage.sql.sources.shapes import (
    Beside,
    Computed,
    Joined,
    Relation,
    RelationBuilder,
    Source,
    columns_of,
    literal,
    related,
    shown,
)


def version_source() -> Source:
    """Versions, each with its artifact's names."""
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    return Source(
        rows=version.join(artifact, artifact.c.id == version.c.artifact_id),
        columns=columns_of(version)
        | columns_of(artifact, "artifact.")
        | {
            "artifact.title": partial(artifacts.title, artifact),
            "tags": partial(belongings.tag_names, version, "version", "v"),
            "author": partial(belongings.author_name, version, "v"),
        },
        relations=_producers(version) | _version_relations(version),
        nullable=frozenset({"artifact.slug", "artifact.name", "tags", "author", *_NULLABLE_OF_VERSION}),
        selective=_SELECTIVE_OF_VERSION,
        beside=Beside("artifact.", artifact.c.project_id),
        joined=Joined(version, ("artifact.",)),
    )


def versions_of(artifact: FromClause, key: str, owner: ColumnElement[object]) -> RelationBuilder:
    """Versions of an artifact, whose fields are theirs as well: those whose ``key`` is what it has in a column."""

    def versions() -> Relation:
        version = tables.versions.alias("av")
        source = Source(
            rows=version,
            columns=columns_of(version) | columns_of(artifact, "artifact."),
            relations={"tag": belongings.tags(version, "version", "av")},
            selective=frozenset({"id", "artifact_id", "producer_run"}),
        )
        return related(source, key, owner)

    return versions


_NULLABLE_OF_VERSION = frozenset({"number", "alias", "step", "uri", "store_id", "loader", "data_type", "author_id"})


_SELECTIVE_OF_VERSION = frozenset(
    {
        "id",
        "artifact_id",
        "artifact.slug",
        "artifact.name",
        "producer_run",
        "producer_step",
        "uri",
        "store_id",
    }
)


def shown_version_source() -> Source:
    """Versions that every dialect sees, each with its artifact."""
    return replace(version_source(), always=(shown("v"),))


def tagged_version_source() -> Source:
    """Versions that every dialect sees, by the tags they bear, once for each: read in the order of their creation.

    ``tag_id`` should be asked for; ``created`` and ``project_id`` are the link's, so that one index serves them.
    """
    link = tables.tag_links.alias("tl")
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    columns = columns_of(version) | columns_of(artifact, "artifact.")
    return Source(
        rows=link.join(version, version.c.id == link.c.entity_id).join(
            artifact, artifact.c.id == version.c.artifact_id
        ),
        columns=columns
        | {
            "artifact.title": partial(artifacts.title, artifact),
            "created": link.c.at,
            "project_id": link.c.project_id,
            "tag_id": link.c.tag_id,
        },
        relations=_producers(version) | _version_relations(version),
        always=(link.c.entity == literal("version"), shown("v")),
        nullable=frozenset({"artifact.slug", "artifact.name", *_NULLABLE_OF_VERSION}),
    )


def linked_version_source() -> Source:
    """Versions that every dialect sees, where runs have them: once for each link, whose fields are ``link.``."""
    link = tables.run_links.alias("vl")
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    return Source(
        rows=link.join(version, version.c.id == link.c.version_id).join(
            artifact, artifact.c.id == version.c.artifact_id
        ),
        columns=columns_of(version) | columns_of(artifact, "artifact.") | columns_of(link, "link."),
        always=(shown("v"),),
        nullable=_NULLABLE_OF_VERSION,
        selective=frozenset({"link.run_id"}),
    )


def _version_relations(version: FromClause) -> dict[str, RelationBuilder]:
    def link() -> Relation:
        source = runs.run_link_source("vl")
        return related(source, "version_id", version.c.id)

    return {
        "tag": belongings.tags(version, "version", "v"),
        "metadata": belongings.metadata(version, "version", "v"),
        "link": link,
        "gathered": belongings.gathered(version, "version", "v"),
        "property": belongings.properties(version, "version", "v"),
        "author": belongings.author(version, "v"),
    }


def head_source() -> Source:
    """Heads of named artifacts, each with its newest version."""
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns: dict[str, Computed] = {
        "id": artifact.c.head_id,
        "created": artifact.c.head_created,
        "updated": artifact.c.head_updated,
        "artifact_id": artifact.c.id,
        **{name: artifact.c[name] for name in ("project_id", "slug", "word", "name", "kind", "custom_name")},
        **columns_of(version, "version."),
    }
    return Source(
        rows=artifact.join(version, version.c.id == artifact.c.head_version_id),
        columns=columns,
        relations=_producers(version),
        always=(artifact.c.slug.is_not(None), artifact.c.head_id.is_not(None)),
        selective=frozenset({"artifact_id", "version.id", "version.producer_run", "version.producer_step"}),
        joined=Joined(artifact, ("version.", "run", "step")),
    )


def _producers(version: FromClause) -> dict[str, RelationBuilder]:
    def run() -> Relation:
        source = runs.run_source("r")
        return related(source, "id", version.c.producer_run, role="run")

    def step() -> Relation:
        source = runs.run_source("s")
        return related(source, "id", version.c.producer_step, role="step")

    return {"run": run, "step": step}
