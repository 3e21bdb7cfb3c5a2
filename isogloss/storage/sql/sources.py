"""What each query source is in SQL: its rows, its fields, and the rows related to them.

A source is built anew for each compiled statement, with aliases of its own, so that a relation may lead back to the
table that it started from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, FromClause, func, literal_column

from isogloss.storage.sql import tables

RelationBuilder = Callable[[], "Relation"]


@dataclass(frozen=True)
class Source:
    """Rows of a query: where they come from, their columns by field name, and what always holds of them.

    ``nullable`` names the fields that may be null in a row of this source, among those that rows are sorted by.
    ``selective`` names the fields that an index leads with, so that asking for a few of their values is best
    answered from there and not by walking the rows in the order wanted.
    """

    rows: FromClause
    columns: Mapping[str, ColumnElement[object]]
    relations: Mapping[str, RelationBuilder] = field(default_factory=dict)
    always: tuple[ColumnElement[bool], ...] = ()
    nullable: frozenset[str] = frozenset()
    selective: frozenset[str] = frozenset()
    beside: "Beside | None" = None
    joined: "Joined | None" = None

    def column(self, name: str) -> ColumnElement[object]:
        """The column of a field; ``KeyError`` names a field that the source does not have."""
        return self.columns[name]


@dataclass(frozen=True)
class Beside:
    """A joined table from which a query is better driven when it asks for, or is sorted by, that table's fields.

    ``prefix`` begins the names of its fields; ``project`` is its own column of the project.
    """

    prefix: str
    project: ColumnElement[object]


@dataclass(frozen=True)
class Joined:
    """How a source looks ``without`` its join, and the beginnings of the fields and relations that need it."""

    without: FromClause
    mentioned_by: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """The rows related to one row: their ``key`` equals the row's ``owner`` column, and they satisfy ``always``."""

    source: Source
    key: ColumnElement[object]
    owner: ColumnElement[object]
    always: tuple[ColumnElement[bool], ...] = ()


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
        selective=frozenset(
            {"id", "artifact_id", "artifact.slug", "artifact.name", "producer_run", "producer_step", "uri"}
        ),
        beside=Beside("artifact.", artifact.c.project_id),
        joined=Joined(version, ("artifact.",)),
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
        selective=frozenset({"artifact_id", "version.id", "version.producer_run", "version.producer_step"}),
        joined=Joined(artifact, ("version.", "run", "step")),
    )


def _producers(version: FromClause) -> dict[str, RelationBuilder]:
    def run() -> Relation:
        source = run_source("r")
        return _same(source, "id", version.c.producer_run, role="run")

    def step() -> Relation:
        source = run_source("s")
        return _same(source, "id", version.c.producer_step, role="step")

    return {"run": run, "step": step}


def run_source(alias: str = "r") -> Source:
    """Runs and steps. ``began`` is when one started or, as long as it has not, when it is expected to."""
    run = tables.runs.alias(alias)

    def workflow() -> Relation:
        source = workflow_source(f"{alias}w")
        return _same(source, "id", run.c.workflow_id)

    def deployment() -> Relation:
        source = workflow_source(f"{alias}d")
        return _same(source, "id", run.c.deployment_id)

    def parent() -> Relation:
        source = run_source(f"{alias}p")
        return _same(source, "id", run.c.parent_id)

    def child() -> Relation:
        source = run_source(f"{alias}c")
        return _same(source, "parent_id", run.c.id)

    return Source(
        rows=run,
        columns=_columns(run) | {"began": func.coalesce(run.c.started, run.c.expected_start)},
        relations={
            "workflow": workflow,
            "deployment": deployment,
            "parent": parent,
            "child": child,
            "property": _properties(run, "run", alias),
        },
        nullable=frozenset({"began", "expected_start", "next_start", "started", "ended"}),
        selective=frozenset({"id", "name", "workflow_id", "deployment_id", "parent_id"}),
    )


def workflow_source(alias: str = "w") -> Source:
    """Workflows and deployments."""
    workflow = tables.workflows.alias(alias)

    def parent() -> Relation:
        source = workflow_source(f"{alias}p")
        return _same(source, "id", workflow.c.parent_id)

    def child() -> Relation:
        source = workflow_source(f"{alias}c")
        return _same(source, "parent_id", workflow.c.id)

    def run() -> Relation:
        source = run_source(f"{alias}r")
        return _same(source, "workflow_id", workflow.c.id)

    return Source(
        rows=workflow,
        columns=_columns(workflow),
        relations={
            "parent": parent,
            "child": child,
            "run": run,
            "property": _properties(workflow, "workflow", alias),
        },
        selective=frozenset({"id", "name", "parent_id"}),
    )


def log_source() -> Source:
    """Log lines."""
    line = tables.log_lines.alias("l")
    return Source(rows=line, columns=_columns(line), selective=frozenset({"id", "run_id", "step_id"}))


def token_source() -> Source:
    """Tokens, each with its user."""
    token, user = tables.tokens.alias("t"), tables.users.alias("u")
    columns = _columns(token) | _columns(user, "user.")
    return Source(rows=token.join(user, user.c.id == token.c.user_id), columns=columns)


def _properties(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    def properties() -> Relation:
        row = tables.properties.alias(f"{alias}x")
        source = Source(rows=row, columns=_columns(row), selective=frozenset({"value"}))
        return Relation(source, row.c.entity_id, owner.c.id, (row.c.entity == _literal(entity),))

    return properties


def _same(source: Source, name: str, owner: ColumnElement[object], role: str | None = None) -> Relation:
    always = () if role is None else (source.column("role") == _literal(role),)
    return Relation(source, source.column(name), owner, always)


def _literal(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", tables.ByCodePoint)


SOURCES: dict[str, Callable[[], Source]] = {
    "version": version_source,
    "head": head_source,
    "run": run_source,
    "workflow": workflow_source,
    "log": log_source,
    "token": token_source,
}
"""The sources by the names that ``core.query.Query`` uses."""
