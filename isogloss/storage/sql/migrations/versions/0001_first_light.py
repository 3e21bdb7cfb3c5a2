"""First light: artifacts, versions, runs and who may ask."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def nulls_first(nullable: str, columns: list[str]) -> list[sa.TextClause]:
    """The columns of an index whose nulls come first: SQLite's own way, PostgreSQL's when told."""
    if op.get_bind().dialect.name == "sqlite":
        return [sa.text(column) for column in columns]
    return [sa.text(f"{column} NULLS FIRST" if column == nullable else column) for column in columns]


def upgrade() -> None:
    op.create_table(
        "metadata_entries",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_metadata_entries"),
    )
    op.create_index("ix_metadata_entries_entity", "metadata_entries", ["entity", "entity_id", "key"], unique=False)
    op.create_table(
        "projects",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("word", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        sa.UniqueConstraint("name", name="uq_projects_name"),
        sa.UniqueConstraint("serial", name="uq_projects_serial"),
        sa.UniqueConstraint("slug", name="uq_projects_slug"),
        sa.UniqueConstraint("word", name="uq_projects_word"),
    )
    op.create_table(
        "properties",
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("entity", "entity_id", "dialect", "name", "value", name="pk_properties"),
    )
    op.create_index("ix_properties_value", "properties", ["entity", "name", "value", "entity_id"], unique=False)
    op.create_table(
        "records",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=True),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
    )
    op.create_index("ix_records_created", "records", ["dialect", "kind", "project_id", "created", "id"], unique=False)
    op.create_index("ix_records_name", "records", ["dialect", "kind", "project_id", "name"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "tags",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("colour", TEXT, nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("name", name="uq_tags_name"),
    )
    op.create_table(
        "tallies",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("noun", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tallies"),
    )
    op.create_index("ix_tallies_noun", "tallies", ["project_id", "noun", "kind", "internal", "delta"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("password", TEXT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stamp", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "artifacts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("custom_name", sa.Boolean(), nullable=False),
        sa.Column("slug", TEXT, nullable=True),
        sa.Column("word", TEXT, nullable=True),
        sa.Column("ordinals", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("head_id", TEXT, nullable=True),
        sa.Column("head_version_id", TEXT, nullable=True),
        sa.Column("head_created", sa.BigInteger(), nullable=True),
        sa.Column("head_updated", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_artifacts_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_artifacts"),
        sa.UniqueConstraint("project_id", "kind", "name", name="uq_artifacts_project_id_kind_name"),
        sa.UniqueConstraint("project_id", "kind", "word", name="uq_artifacts_project_id_kind_word"),
        sa.UniqueConstraint("project_id", "slug", name="uq_artifacts_project_id_slug"),
    )
    op.create_index(
        "ix_artifacts_head_created",
        "artifacts",
        ["project_id", "head_created", "head_id"],
        unique=False,
        sqlite_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
        postgresql_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
    )
    op.create_index(
        "ix_artifacts_head_updated",
        "artifacts",
        ["project_id", "head_updated", "head_id"],
        unique=False,
        sqlite_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
        postgresql_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
    )
    op.create_index(
        "uq_artifacts_head_id",
        "artifacts",
        ["project_id", "head_id"],
        unique=True,
        sqlite_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
        postgresql_where=sa.text("slug IS NOT NULL AND head_id IS NOT NULL"),
    )
    op.create_index(
        "uq_artifacts_head_version_id",
        "artifacts",
        ["head_version_id"],
        unique=True,
        sqlite_where=sa.text("head_version_id IS NOT NULL"),
        postgresql_where=sa.text("head_version_id IS NOT NULL"),
    )
    op.create_table(
        "log_lines",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=True),
        sa.Column("step_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("facet", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_log_lines_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_log_lines"),
    )
    op.create_index("ix_log_lines_at", "log_lines", ["project_id", "at", "id"], unique=False)
    op.create_index("ix_log_lines_run", "log_lines", ["run_id", "at", "id"], unique=False)
    op.create_index("ix_log_lines_step", "log_lines", ["step_id", "at", "id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("workflow_id", TEXT, nullable=True),
        sa.Column("deployment_id", TEXT, nullable=True),
        sa.Column("parent_id", TEXT, nullable=True),
        sa.Column("position", TEXT, nullable=True),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("state_id", TEXT, nullable=True),
        sa.Column("state_type", TEXT, nullable=True),
        sa.Column("state_name", TEXT, nullable=True),
        sa.Column("state_at", sa.BigInteger(), nullable=True),
        sa.Column("expected_start", sa.BigInteger(), nullable=True),
        sa.Column("next_start", sa.BigInteger(), nullable=True),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("facet", TEXT, nullable=True),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_runs_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index(
        "ix_runs_deployment",
        "runs",
        ["deployment_id"],
        unique=False,
        sqlite_where=sa.text("deployment_id IS NOT NULL"),
        postgresql_where=sa.text("deployment_id IS NOT NULL"),
    )
    op.create_index("ix_runs_name", "runs", ["name"], unique=False)
    op.create_index("ix_runs_parent", "runs", ["parent_id", "id"], unique=False)
    op.create_index("ix_runs_role_id", "runs", ["project_id", "role", "id"], unique=False)
    op.create_index("ix_runs_role_name", "runs", ["project_id", "role", "name", "id"], unique=False)
    op.create_index("ix_runs_role_state", "runs", ["project_id", "role", "state_type", "id"], unique=False)
    op.create_index("ix_runs_workflow", "runs", ["workflow_id", "id"], unique=False)
    op.create_index(
        "uq_runs_parent_position",
        "runs",
        ["parent_id", "position"],
        unique=True,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "uq_runs_workflow_key",
        "runs",
        ["workflow_id", "key"],
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_table(
        "tag_links",
        sa.Column("tag_id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_tag_links_tag_id"),
        sa.PrimaryKeyConstraint("tag_id", "entity", "entity_id", name="pk_tag_links"),
    )
    op.create_index("ix_tag_links_entity", "tag_links", ["entity", "entity_id", "tag_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_table(
        "workflows",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("parent_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("facet", TEXT, nullable=True),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_workflows_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_workflows"),
    )
    op.create_index("ix_workflows_name", "workflows", ["name"], unique=False)
    op.create_index("ix_workflows_role_id", "workflows", ["project_id", "role", "id"], unique=False)
    op.create_index("ix_workflows_role_name", "workflows", ["project_id", "role", "name", "id"], unique=False)
    op.create_index(
        "uq_workflows_name",
        "workflows",
        ["project_id", "role", "name", "dialect"],
        unique=True,
        sqlite_where=sa.text("parent_id IS NULL"),
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_index(
        "uq_workflows_parent_name",
        "workflows",
        ["parent_id", "role", "name"],
        unique=True,
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_table(
        "run_states",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("details", TEXT, nullable=True),
        sa.Column("data", TEXT, nullable=True),
        sa.Column("version_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_states_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_run_states"),
    )
    op.create_index("ix_run_states_run", "run_states", ["run_id", "at"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("artifact_id", TEXT, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("uri", TEXT, nullable=True),
        sa.Column("data", TEXT, nullable=True),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("metadata", TEXT, nullable=True),
        sa.Column("producer_run", TEXT, nullable=True),
        sa.Column("producer_step", TEXT, nullable=True),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("facet", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artifact_id"], ["artifacts.id"], name="fk_versions_artifact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint("artifact_id", "label", name="uq_versions_artifact_id_label"),
        sa.UniqueConstraint("artifact_id", "ordinal", name="uq_versions_artifact_id_ordinal"),
    )
    op.create_index("ix_versions_artifact_created", "versions", ["artifact_id", "created", "ordinal"], unique=False)
    op.create_index("ix_versions_number", "versions", ["artifact_id", "number"], unique=False)
    op.create_index(
        "ix_versions_producer_run",
        "versions",
        ["producer_run"],
        unique=False,
        sqlite_where=sa.text("producer_run IS NOT NULL"),
        postgresql_where=sa.text("producer_run IS NOT NULL"),
    )
    op.create_index(
        "ix_versions_producer_step",
        "versions",
        ["producer_step"],
        unique=False,
        sqlite_where=sa.text("producer_step IS NOT NULL"),
        postgresql_where=sa.text("producer_step IS NOT NULL"),
    )
    op.create_index("ix_versions_project_created", "versions", ["project_id", "created", "id"], unique=False)
    op.create_index("ix_versions_project_id", "versions", ["project_id", "id"], unique=False)
    op.create_index("ix_versions_project_updated", "versions", ["project_id", "updated", "id"], unique=False)
    op.create_index(
        "ix_versions_uri",
        "versions",
        ["uri"],
        unique=False,
        sqlite_where=sa.text("uri IS NOT NULL"),
        postgresql_where=sa.text("uri IS NOT NULL"),
    )
    op.create_table(
        "run_links",
        sa.Column("version_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("direction", TEXT, nullable=False),
        sa.Column("slot", TEXT, nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_run_links_version_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("version_id", "run_id", "direction", "slot", name="pk_run_links"),
    )
    op.create_index("ix_run_links_run", "run_links", ["run_id", "direction", "version_id"], unique=False)
    op.create_index("ix_artifacts_slug", "artifacts", nulls_first("slug", ["project_id", "slug"]))
    op.create_index(
        "ix_runs_role_began",
        "runs",
        nulls_first(
            "coalesce(started, expected_start)", ["project_id", "role", "coalesce(started, expected_start)", "id"]
        ),
    )
    op.create_index("ix_runs_role_ended", "runs", nulls_first("ended", ["project_id", "role", "ended", "id"]))
    op.create_index(
        "ix_runs_role_expected", "runs", nulls_first("expected_start", ["project_id", "role", "expected_start", "id"])
    )
    op.create_index("ix_runs_role_next", "runs", nulls_first("next_start", ["project_id", "role", "next_start", "id"]))
    op.create_index("ix_runs_role_started", "runs", nulls_first("started", ["project_id", "role", "started", "id"]))


def downgrade() -> None:
    op.drop_table("run_links")
    op.drop_table("versions")
    op.drop_table("run_states")
    op.drop_table("workflows")
    op.drop_table("tokens")
    op.drop_table("tag_links")
    op.drop_table("runs")
    op.drop_table("log_lines")
    op.drop_table("artifacts")
    op.drop_table("users")
    op.drop_table("tallies")
    op.drop_table("tags")
    op.drop_table("settings")
    op.drop_table("records")
    op.drop_table("properties")
    op.drop_table("projects")
    op.drop_table("metadata_entries")
