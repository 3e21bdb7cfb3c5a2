"""The tables, one per entity of ``core.model``: a column for every field, under the same name.

Instants are BIGINT microseconds. Text is compared by code point on both engines (COLLATE "C" on PostgreSQL, BINARY on
SQLite). JSON is TEXT: it is checked on the way in and handed back as it came; no statement looks inside.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from isogloss.core import model

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ByCodePoint = Text().with_variant(Text(collation="C"), "postgresql")
Instant = BigInteger


def _text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, ByCodePoint, nullable=null, primary_key=key)


def _instant(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, Instant, nullable=null)


def _where(condition: str) -> dict[str, Any]:
    """The options that make an index partial, on both engines."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _nulls_first(name: str, *columns: str, nullable: str) -> tuple[Index, Index]:
    """An index whose nulls come first, which SQLite does by itself and PostgreSQL when told.

    Without it PostgreSQL could not read the rows off in the registry's order (nulls first ascending). ``nullable`` is
    one of the columns, or an expression over them.
    """
    plain = [text(column) for column in columns]
    told = [text(f"{column} NULLS FIRST") if column == nullable else text(column) for column in columns]
    return (
        Index(name, *plain).ddl_if(dialect="sqlite"),
        Index(name, *told).ddl_if(dialect="postgresql"),
    )


BEGAN = "coalesce(started, expected_start)"
"""When a run began or, as long as it has not, when it is expected to."""


projects = Table(
    "projects",
    metadata,
    _text("id", key=True),
    Column("serial", Integer, nullable=False, unique=True),
    Column("name", ByCodePoint, nullable=False, unique=True),
    Column("slug", ByCodePoint, nullable=False, unique=True),
    Column("word", ByCodePoint, nullable=False, unique=True),
    _text("display_name", null=True),
    _text("description", null=True),
    _text("metadata", null=True),
    _text("facet", null=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
)

SHOWN = "NOT internal"
"""What every dialect sees, of artifacts and of versions."""

NAMED_HEAD = "slug IS NOT NULL AND head_id IS NOT NULL"

artifacts = Table(
    "artifacts",
    metadata,
    _text("id", key=True),
    Column("project_id", ByCodePoint, ForeignKey("projects.id"), nullable=False),
    _text("kind"),
    _text("name", null=True),
    Column("custom_name", Boolean(create_constraint=False), nullable=False),
    _text("slug", null=True),
    _text("word", null=True),
    Column("ordinals", BigInteger, nullable=False),
    Column("highest", BigInteger, nullable=True),
    Column("versions", BigInteger, nullable=False),
    Column("internal", Boolean(create_constraint=False), nullable=False),
    _text("dialect", null=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
    _text("head_id", null=True),
    _text("head_version_id", null=True),
    _instant("head_created", null=True),
    _instant("head_updated", null=True),
    UniqueConstraint("project_id", "kind", "name"),
    UniqueConstraint("project_id", "slug"),
    UniqueConstraint("project_id", "kind", "word"),
    Index("ix_artifacts_name", "name", "project_id"),
    *_nulls_first("ix_artifacts_slug", "project_id", "slug", nullable="slug"),
    Index(
        "uq_artifacts_head_version_id",
        "head_version_id",
        unique=True,
        **_where("head_version_id IS NOT NULL"),
    ),
    Index("uq_artifacts_head_id", "project_id", "head_id", unique=True, **_where(NAMED_HEAD)),
    Index("ix_artifacts_shown_created", "project_id", "created", "id", **_where(SHOWN)),
    Index("ix_artifacts_kind_created", "project_id", "kind", "created", "id", **_where(SHOWN)),
    Index("ix_artifacts_head_created", "project_id", "head_created", "head_id", **_where(NAMED_HEAD)),
    Index("ix_artifacts_head_updated", "project_id", "head_updated", "head_id", **_where(NAMED_HEAD)),
)

versions = Table(
    "versions",
    metadata,
    _text("id", key=True),
    _text("project_id"),
    Column("artifact_id", ByCodePoint, ForeignKey("artifacts.id"), nullable=False),
    _text("kind"),
    Column("ordinal", BigInteger, nullable=False),
    _text("label"),
    Column("number", BigInteger, nullable=True),
    _text("alias", null=True),
    _text("dialect"),
    _text("role"),
    _text("form", null=True),
    Column("internal", Boolean(create_constraint=False), nullable=False),
    Column("tagged", Boolean(create_constraint=False), nullable=False),
    _text("uri", null=True),
    Column("owned", Boolean(create_constraint=False), nullable=False),
    _text("store_id", null=True),
    _text("loader", null=True),
    _text("data_type", null=True),
    _text("data", null=True),
    _text("description", null=True),
    _text("metadata", null=True),
    _text("producer_run", null=True),
    _text("producer_step", null=True),
    Column("step", BigInteger, nullable=True),
    _text("author_id", null=True),
    _text("facet", null=True),
    _instant("created"),
    _instant("updated"),
    UniqueConstraint("artifact_id", "ordinal"),
    UniqueConstraint("artifact_id", "label"),
    Index("uq_versions_alias", "artifact_id", "alias", unique=True, **_where("alias IS NOT NULL")),
    Index("ix_versions_number", "artifact_id", "number"),
    Index("ix_versions_artifact_created", "artifact_id", "created", "ordinal"),
    Index("ix_versions_shown_created", "project_id", "created", "id", **_where(SHOWN)),
    Index("ix_versions_kind_created", "project_id", "kind", "created", "id", **_where(SHOWN)),
    Index("ix_versions_every_created", "kind", "created", "id", **_where(SHOWN)),
    Index("ix_versions_store", "store_id", **_where("store_id IS NOT NULL")),
    Index("ix_versions_project_id", "project_id", "id"),
    Index("ix_versions_project_created", "project_id", "created", "id"),
    Index("ix_versions_project_updated", "project_id", "updated", "id"),
    Index("ix_versions_producer_run", "producer_run", **_where("producer_run IS NOT NULL")),
    Index("ix_versions_producer_step", "producer_step", **_where("producer_step IS NOT NULL")),
    Index("ix_versions_uri", "uri", **_where("uri IS NOT NULL")),
)

tags = Table(
    "tags",
    metadata,
    _text("id", key=True),
    Column("name", ByCodePoint, nullable=False, unique=True),
    _text("colour"),
    Column("exclusive", Boolean(create_constraint=False), nullable=False),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
)

tag_links = Table(
    "tag_links",
    metadata,
    Column("tag_id", ByCodePoint, ForeignKey("tags.id"), primary_key=True),
    _text("entity", key=True),
    _text("entity_id", key=True),
    _text("project_id", null=True),
    _text("scope_id", null=True),
    _text("kind"),
    _instant("at"),
    _instant("created"),
    Index("ix_tag_links_entity", "entity", "entity_id", "tag_id"),
    Index("ix_tag_links_scope", "tag_id", "scope_id", "entity"),
    Index("ix_tag_links_at", "tag_id", "entity", "project_id", "at", "entity_id"),
)

# Each write adds some of these, so that there is no index beside the two orders in which they are read.
metadata_entries = Table(
    "metadata_entries",
    metadata,
    _text("id"),
    _text("entity"),
    _text("entity_id"),
    _text("key"),
    _text("value"),
    _text("type"),
    _instant("created"),
    PrimaryKeyConstraint("entity", "entity_id", "key", "id"),
    Index("ix_metadata_entries_key", "entity", "key", "entity_id"),
    sqlite_with_rowid=False,
)

properties = Table(
    "properties",
    metadata,
    _text("entity", key=True),
    _text("entity_id", key=True),
    _text("dialect", key=True),
    _text("name", key=True),
    _text("value", key=True),
    Index("ix_properties_value", "entity", "name", "value", "entity_id"),
)

workflows = Table(
    "workflows",
    metadata,
    _text("id", key=True),
    Column("project_id", ByCodePoint, ForeignKey("projects.id"), nullable=False),
    _text("dialect"),
    _text("role"),
    _text("parent_id", null=True),
    _text("name"),
    _text("tags"),
    _text("facet", null=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
    Index(
        "uq_workflows_name",
        "project_id",
        "role",
        "name",
        "dialect",
        unique=True,
        **_where("parent_id IS NULL"),
    ),
    Index(
        "uq_workflows_parent_name",
        "parent_id",
        "role",
        "name",
        unique=True,
        **_where("parent_id IS NOT NULL"),
    ),
    Index("ix_workflows_name", "name"),
    Index("ix_workflows_role_name", "project_id", "role", "name", "id"),
    Index("ix_workflows_role_id", "project_id", "role", "id"),
    Index("ix_workflows_role_created", "project_id", "role", "created", "id"),
)

runs = Table(
    "runs",
    metadata,
    _text("id", key=True),
    Column("project_id", ByCodePoint, ForeignKey("projects.id"), nullable=False),
    _text("dialect"),
    _text("role"),
    _text("workflow_id", null=True),
    _text("deployment_id", null=True),
    _text("parent_id", null=True),
    _text("position", null=True),
    _text("key", null=True),
    _text("name"),
    _text("metadata", null=True),
    _text("state_id", null=True),
    _text("state_type", null=True),
    _text("state_name", null=True),
    _instant("state_at", null=True),
    _instant("expected_start", null=True),
    _instant("next_start", null=True),
    _instant("started", null=True),
    _instant("ended", null=True),
    Column("attempts", Integer, nullable=False),
    Column("spent", BigInteger, nullable=False),
    _text("tags"),
    _text("facet", null=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
    _instant("deleted", null=True),
    Index("uq_runs_workflow_key", "workflow_id", "key", unique=True, **_where("key IS NOT NULL")),
    Index("uq_runs_parent_position", "parent_id", "position", unique=True, **_where("position IS NOT NULL")),
    Index("ix_runs_name", "name"),
    Index("ix_runs_parent", "parent_id", "id"),
    Index("ix_runs_called", "parent_id", **_where("role = 'run' AND parent_id IS NOT NULL")),
    Index("ix_runs_workflow", "workflow_id", "id"),
    Index("ix_runs_workflow_created", "workflow_id", "created", "id"),
    Index("ix_runs_deployment", "deployment_id", **_where("deployment_id IS NOT NULL")),
    Index(
        "ix_runs_due",
        "workflow_id",
        "next_start",
        "id",
        **_where("state_type = 'SCHEDULED' AND next_start IS NOT NULL"),
    ),
    Index("ix_runs_role_id", "project_id", "role", "id"),
    Index("ix_runs_role_created", "project_id", "role", "created", "id"),
    Index("ix_runs_role_name", "project_id", "role", "name", "id"),
    Index("ix_runs_role_state", "project_id", "role", "state_type", "id"),
    # With all that counts and histories look at, so that they read nothing else.
    *_nulls_first(
        "ix_runs_role_expected",
        *("project_id", "role", "expected_start", "id"),
        *("started", "state_type", "state_name", "spent", "parent_id", "deleted"),
        nullable="expected_start",
    ),
    *_nulls_first("ix_runs_role_next", "project_id", "role", "next_start", "id", nullable="next_start"),
    *_nulls_first(
        "ix_runs_role_started",
        *("project_id", "role", "started", "id", "state_type", "deleted"),
        nullable="started",
    ),
    *_nulls_first("ix_runs_role_began", "project_id", "role", BEGAN, "id", nullable=BEGAN),
    *_nulls_first("ix_runs_role_ended", "project_id", "role", "ended", "id", nullable="ended"),
)

run_states = Table(
    "run_states",
    metadata,
    _text("id", key=True),
    Column("run_id", ByCodePoint, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    _text("type"),
    _text("name"),
    _text("message", null=True),
    _instant("at"),
    _text("details", null=True),
    _text("data", null=True),
    _text("version_id", null=True),
    _instant("created"),
    Index("ix_run_states_run", "run_id", "at"),
)

run_links = Table(
    "run_links",
    metadata,
    Column("version_id", ByCodePoint, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    _text("run_id", key=True),
    _text("direction", key=True),
    _text("slot", key=True),
    Index("ix_run_links_run", "run_id", "direction", "version_id"),
)

_OF = (("version_id", "versions.id"), ("run_id", "runs.id"))
_FROM = (("source_version_id", "versions.id"), ("source_run_id", "runs.id"))

derivations = Table(
    "derivations",
    metadata,
    _text("id", key=True),
    _text("project_id"),
    *(Column(name, ByCodePoint, ForeignKey(end, ondelete="CASCADE"), nullable=True) for name, end in (*_OF, *_FROM)),
    _text("origin"),
    _text("reference"),
    _text("key", null=True),
    _text("author_id", null=True),
    _instant("created"),
    *(
        Index(f"ix_derivations_{name}", name, "id", **_where(f"{name} IS NOT NULL"))
        for name in ("version_id", "run_id", "source_version_id", "source_run_id", "key")
    ),
    Index("ix_derivations_created", "project_id", "created", "id"),
)

parameters = Table(
    "parameters",
    metadata,
    Column("run_id", ByCodePoint, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    _text("key", key=True),
    _text("value"),
    sqlite_with_rowid=False,
)

run_tags = Table(
    "run_tags",
    metadata,
    Column("run_id", ByCodePoint, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    _text("key", key=True),
    _text("value"),
    sqlite_with_rowid=False,
)

# One row each of what may be many millions, so that there is no index beside the key, in whose order they are read.
metric_points = Table(
    "metric_points",
    metadata,
    Column("run_id", ByCodePoint, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    _text("key", key=True),
    Column("step", BigInteger, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("value", Double, primary_key=True),
    Column("nan", Boolean(create_constraint=False), primary_key=True),
    sqlite_with_rowid=False,
)

metrics = Table(
    "metrics",
    metadata,
    Column("run_id", ByCodePoint, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    _text("key", key=True),
    Column("step", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("nan", Boolean(create_constraint=False), nullable=False),
    sqlite_with_rowid=False,
)

log_lines = Table(
    "log_lines",
    metadata,
    _text("id", key=True),
    Column("project_id", ByCodePoint, ForeignKey("projects.id"), nullable=False),
    _text("run_id", null=True),
    _text("step_id", null=True),
    _text("name"),
    Column("level", BigInteger, nullable=False),
    _text("message"),
    _instant("at"),
    _text("facet", null=True),
    Index("ix_log_lines_at", "project_id", "at", "id"),
    Index("ix_log_lines_run", "run_id", "at", "id"),
    Index("ix_log_lines_step", "step_id", "at", "id"),
)

# Each task run sends some, so there is no index that nothing needs. The first one is for pages, for the upkeep, which
# removes old ones whosever they are, and for totals, which are told with every page: so it has what most ask for.
events = Table(
    "events",
    metadata,
    _text("id", key=True),
    Column("project_id", ByCodePoint, ForeignKey("projects.id"), nullable=False),
    _text("dialect"),
    _text("name"),
    _instant("occurred"),
    _instant("received"),
    _text("resource_id"),
    _text("body"),
    Index("ix_events_occurred", "occurred", "id", "project_id", "dialect", "name"),
    Index("ix_events_name", "name", "occurred", "id"),
)

event_resources = Table(
    "event_resources",
    metadata,
    Column("event_id", ByCodePoint, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("place", BigInteger, primary_key=True),
    _text("resource_id"),
    _text("role"),
    _instant("occurred"),
    _text("labels"),
    Index("ix_event_resources_resource", "resource_id", "occurred", "event_id"),
    sqlite_with_rowid=False,
)

records = Table(
    "records",
    metadata,
    _text("id", key=True),
    _text("project_id", null=True),
    _text("dialect"),
    _text("kind"),
    _text("key", null=True),
    _text("parent_id", null=True),
    _text("name", null=True),
    Column("number", BigInteger, nullable=True),
    _text("state", null=True),
    _text("body"),
    _text("metadata", null=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("updated"),
    Index("uq_records_key", "dialect", "kind", "key", unique=True, **_where("key IS NOT NULL")),
    Index("ix_records_name", "dialect", "kind", "name"),
    Index("ix_records_created", "dialect", "kind", "created", "id"),
    Index("ix_records_project", "project_id", "dialect", "kind", "created", "id"),
    Index("ix_records_parent", "parent_id", "kind", "created", "id", **_where("parent_id IS NOT NULL")),
)

record_links = Table(
    "record_links",
    metadata,
    Column("id", ByCodePoint, nullable=False, unique=True),
    Column("record_id", ByCodePoint, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    _text("entity", key=True),
    _text("entity_id", key=True),
    _text("author_id", null=True),
    _instant("created"),
    Index("ix_record_links_entity", "entity", "entity_id", "record_id"),
)

stages = Table(
    "stages",
    metadata,
    _text("id", key=True),
    _text("project_id"),
    Column("artifact_id", ByCodePoint, ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
    _text("dialect"),
    Column("root", ByCodePoint, nullable=False, unique=True),
    _text("author_id", null=True),
    _instant("created"),
    _instant("expires"),
    Index("ix_stages_artifact", "artifact_id"),
    Index("ix_stages_expires", "expires"),
)

uploads = Table(
    "uploads",
    metadata,
    _text("id", key=True),
    _text("key"),
    _text("reference"),
    _instant("created"),
    _instant("expires"),
    Index("ix_uploads_expires", "expires"),
)

discards = Table(
    "discards",
    metadata,
    _text("prefix", key=True),
    _instant("created"),
    _instant("due"),
    _instant("until"),
    Index("ix_discards_due", "due", "prefix"),
)

replies = Table(
    "replies",
    metadata,
    _text("key", key=True),
    _text("caller_id", key=True),
    _text("body"),
    _instant("created"),
    Index("ix_replies_created", "created"),
)

tallies = Table(
    "tallies",
    metadata,
    _text("id"),
    _text("project_id"),
    _text("noun"),
    _text("subject"),
    _text("kind"),
    Column("internal", Boolean(create_constraint=False), nullable=False),
    Column("delta", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "noun", "subject", "internal", "kind", "id"),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    metadata,
    _text("id", key=True),
    Column("name", ByCodePoint, nullable=False, unique=True),
    _text("role"),
    Column("service", Boolean(create_constraint=False), nullable=False),
    _text("password", null=True),
    Column("active", Boolean(create_constraint=False), nullable=False),
    _text("stamp"),
    _text("full_name", null=True),
    _text("email", null=True),
    _text("description", null=True),
    _text("facet", null=True),
    _instant("created"),
    _instant("updated"),
    Index("ix_users_full_name", "full_name", **_where("full_name IS NOT NULL")),
    Index("ix_users_created", "created", "id"),
)

devices = Table(
    "devices",
    metadata,
    _text("id", key=True),
    _text("client_id"),
    Column("user_id", ByCodePoint, ForeignKey("users.id", ondelete="CASCADE"), nullable=True),
    Column("user_digest", ByCodePoint, nullable=False, unique=True),
    Column("device_digest", ByCodePoint, nullable=False, unique=True),
    _text("status"),
    _text("role", null=True),
    Column("trusted", Boolean(create_constraint=False), nullable=False),
    Column("attempts", BigInteger, nullable=False),
    _text("facet", null=True),
    _instant("created"),
    _instant("updated"),
    _instant("used", null=True),
    _instant("expires"),
    Index("ix_devices_user", "user_id", "created", "id", **_where("user_id IS NOT NULL")),
    Index("ix_devices_expires", "expires"),
)

tokens = Table(
    "tokens",
    metadata,
    _text("id", key=True),
    Column("user_id", ByCodePoint, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    _text("name"),
    _text("description", null=True),
    _text("role"),
    Column("digest", ByCodePoint, nullable=False, unique=True),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("device_id", ByCodePoint, ForeignKey("devices.id", ondelete="CASCADE"), nullable=True),
    Column("successor_id", ByCodePoint, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=True),
    _instant("created"),
    _instant("updated"),
    _instant("used", null=True),
    _instant("rotated", null=True),
    _instant("retained", null=True),
    _instant("expires", null=True),
    _instant("revoked", null=True),
    Index("ix_tokens_user", "user_id", "created", "id"),
    Index("ix_tokens_device", "device_id", **_where("device_id IS NOT NULL")),
    Index("ix_tokens_successor", "successor_id", **_where("successor_id IS NOT NULL")),
)

grants = Table(
    "grants",
    metadata,
    Column("project_id", ByCodePoint, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ByCodePoint, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    _text("role"),
    _instant("created"),
    _text("author_id", null=True),
    Index("ix_grants_user", "user_id", "project_id", "role"),
    sqlite_with_rowid=False,
)

# Every write adds a row, so there is nothing beside the key, in whose order entries are made and read.
audit_entries = Table(
    "audit_entries",
    metadata,
    _text("id", key=True),
    _instant("at"),
    _text("user_id", null=True),
    _text("user_name"),
    _text("dialect"),
    _text("action"),
    _text("project_id", null=True),
    _text("subjects"),
    Column("touched", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

settings = Table("settings", metadata, _text("name", key=True), _text("value"))

TABLES: dict[type[Struct], Table] = {
    model.Project: projects,
    model.Artifact: artifacts,
    model.Version: versions,
    model.Tag: tags,
    model.TagLink: tag_links,
    model.MetadataEntry: metadata_entries,
    model.Property: properties,
    model.Workflow: workflows,
    model.Run: runs,
    model.RunState: run_states,
    model.RunLink: run_links,
    model.Derivation: derivations,
    model.Parameter: parameters,
    model.RunTag: run_tags,
    model.MetricPoint: metric_points,
    model.Metric: metrics,
    model.LogLine: log_lines,
    model.Event: events,
    model.EventResource: event_resources,
    model.Record: records,
    model.RecordLink: record_links,
    model.Stage: stages,
    model.Upload: uploads,
    model.Discard: discards,
    model.Reply: replies,
    model.Tally: tallies,
    model.User: users,
    model.Token: tokens,
    model.Device: devices,
    model.Grant: grants,
    model.AuditEntry: audit_entries,
    model.Setting: settings,
}
"""The table of each entity."""
