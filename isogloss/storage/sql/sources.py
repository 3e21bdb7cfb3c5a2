"""What each query source is in SQL: its rows, its fields, and the rows related to them.

A source is built anew for each compiled statement, with aliases of its own, so that a relation may lead back to the
table that it started from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, FromClause, and_, literal_column

from isogloss.storage.sql import tables

RelationBuilder = Callable[[], "Relation"]


@dataclass(frozen=True)
class Source:
    """Rows of a query: where they come from, their columns by field name, and what always holds of them.

    ``nullable`` names the fields that may be null in a row of this source, among those that rows are sorted by.
    """

    rows: FromClause
    columns: Mapping[str, ColumnElement[object]]
    relations: Mapping[str, RelationBuilder] = field(default_factory=dict)
    always: tuple[ColumnElement[bool], ...] = ()
    nullable: frozenset[str] = frozenset()

    def column(self, name: str) -> ColumnElement[object]:
        """The column of a field; ``KeyError`` names a field that the source does not have."""
        return self.columns[name]


@dataclass(frozen=True)
class Relation:
    """The rows related to one row, as a source and the condition that ties them to it."""

    source: Source
    condition: ColumnElement[bool]


def _columns(rows: FromClause, prefix: str = "") -> dict[str, ColumnElement[object]]:
    return {f"{prefix}{column.name}": column for column in rows.columns}


def version_source() -> Source:
    """Versions, each with its artifact's names."""
    version, artifact = tables.versions.alias("v"), tables.artifacts.alias("a")
    names = {f"artifact.{name}": artifact.c[name] for name in ("slug", "word", "name", "kind", "custom_name")}
    return Source(
        rows=version.join(artifact, artifact.c.id == version.c.artifact_id),
        columns=_columns(version) | names,
        relations=_producers(version),
        nullable=frozenset({"artifact.slug"}),
    )


def head_source() -> Source:
    """Heads of named artifacts, each with its newest version."""
    artifact, version = tables.artifacts.alias("a"), tables.versions.alias("v")
    columns: dict[str, ColumnElement[object]] = {
        "id": artifact.c.head_id,
        "created": artifact.c.head_created,
        "updated": artifact.c.head_updated,
        "artifact_id": artifact.c.id,
        **{name: artifact.c[name] for name in ("project_id", "slug", "word", "name", "kind", "custom_name")},
        **_columns(version, "version."),
    }
    return Source(
        rows=artifact.join(version, version.c.id == artifact.c.head_version_id),
        columns=columns,
        relations=_producers(version),
        always=(artifact.c.slug.is_not(None), artifact.c.head_id.is_not(None)),
    )


def _producers(version: FromClause) -> dict[str, RelationBuilder]:
    def run() -> Relation:
        source = run_source("r")
        return Relation(source, _same(source, "id", version.c.producer_run, role="run"))

    def step() -> Relation:
        source = run_source("s")
        return Relation(source, _same(source, "id", version.c.producer_step, role="step"))

    return {"run": run, "step": step}


def run_source(alias: str = "r") -> Source:
    """Runs and steps."""
    run = tables.runs.alias(alias)

    def workflow() -> Relation:
        source = workflow_source(f"{alias}w")
        return Relation(source, _same(source, "id", run.c.workflow_id))

    def deployment() -> Relation:
        source = workflow_source(f"{alias}d")
        return Relation(source, _same(source, "id", run.c.deployment_id))

    def parent() -> Relation:
        source = run_source(f"{alias}p")
        return Relation(source, _same(source, "id", run.c.parent_id))

    def child() -> Relation:
        source = run_source(f"{alias}c")
        return Relation(source, _same(source, "parent_id", run.c.id))

    return Source(
        rows=run,
        columns=_columns(run),
        relations={
            "workflow": workflow,
            "deployment": deployment,
            "parent": parent,
            "child": child,
            "property": _properties(run, "run", alias),
        },
        nullable=frozenset({"expected_start", "next_start", "started", "ended"}),
    )


def workflow_source(alias: str = "w") -> Source:
    """Workflows and deployments."""
    workflow = tables.workflows.alias(alias)

    def parent() -> Relation:
        source = workflow_source(f"{alias}p")
        return Relation(source, _same(source, "id", workflow.c.parent_id))

    def child() -> Relation:
        source = workflow_source(f"{alias}c")
        return Relation(source, _same(source, "parent_id", workflow.c.id))

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return Relation(source, _same(source, "workflow_id", workflow.c.id))

    return Source(
        rows=workflow,
        columns=_columns(workflow),
        relations={
            "parent": parent,
            "child": child,
            "run": run,
            "property": _properties(workflow, "workflow", alias),
        },
    )


def log_source() -> Source:
    """Log lines."""
    line = tables.log_lines.alias("l")
    return Source(rows=line, columns=_columns(line))


def _properties(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    def properties() -> Relation:
        row = tables.properties.alias(f"{alias}x")
        source = Source(rows=row, columns=_columns(row))
        return Relation(source, and_(row.c.entity == _literal(entity), row.c.entity_id == owner.c.id))

    return properties


def _same(source: Source, name: str, other: ColumnElement[object], role: str | None = None) -> ColumnElement[bool]:
    condition = source.column(name) == other
    return condition if role is None else and_(condition, source.column("role") == _literal(role))


def _literal(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", tables.ByCodePoint)


SOURCES: dict[str, Callable[[], Source]] = {
    "version": version_source,
    "head": head_source,
    "run": run_source,
    "workflow": workflow_source,
    "log": log_source,
}
"""The sources by the names that ``core.query.Query`` uses."""
