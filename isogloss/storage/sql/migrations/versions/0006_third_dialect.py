"""What the third dialect brings: aliases, stages, bytes of our own, parameters, tags and metrics of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("facet", TEXT, nullable=True))
        projects.add_column(sa.Column("author_id", TEXT, nullable=True))

    with op.batch_alter_table("versions") as versions:
        versions.add_column(sa.Column("kind", TEXT, nullable=False, server_default=""))
        versions.add_column(sa.Column("alias", TEXT, nullable=True))
        versions.add_column(sa.Column("owned", sa.Boolean(), nullable=False, server_default=sa.false()))
        versions.add_column(sa.Column("step", sa.BigInteger(), nullable=True))
    op.execute("UPDATE versions SET kind = (SELECT a.kind FROM artifacts a WHERE a.id = versions.artifact_id)")
    # From here on every row is written whole.
    with op.batch_alter_table("versions") as versions:
        versions.alter_column("kind", server_default=None)
        versions.alter_column("owned", server_default=None)
    named, shown = sa.text("alias IS NOT NULL"), sa.text("NOT internal")
    op.create_index(
        "uq_versions_alias",
        "versions",
        ["artifact_id", "alias"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )
    for name, table, columns in (
        ("ix_versions_kind_created", "versions", ["project_id", "kind", "created", "id"]),
        ("ix_versions_every_created", "versions", ["kind", "created", "id"]),
        ("ix_artifacts_kind_created", "artifacts", ["project_id", "kind", "created", "id"]),
    ):
        op.create_index(name, table, columns, sqlite_where=shown, postgresql_where=shown)

    with op.batch_alter_table("tag_links") as links:
        links.add_column(sa.Column("scope_id", TEXT, nullable=True))
        links.add_column(sa.Column("kind", TEXT, nullable=False, server_default=""))
    for entity, table in (("version", "versions"), ("artifact", "artifacts")):
        op.execute(
            f"UPDATE tag_links SET kind = (SELECT t.kind FROM {table} t WHERE t.id = tag_links.entity_id) "  # noqa: S608
            f"WHERE entity = '{entity}' AND EXISTS (SELECT 1 FROM {table} t WHERE t.id = tag_links.entity_id)"
        )
    for entity, table, scope in (
        ("version", "versions", "artifact_id"),
        ("artifact", "artifacts", "project_id"),
        ("run", "runs", "workflow_id"),
        ("workflow", "workflows", "project_id"),
        ("record", "records", "coalesce(t.parent_id, t.project_id)"),
    ):
        op.execute(
            f"UPDATE tag_links SET scope_id = (SELECT {scope} FROM {table} t WHERE t.id = tag_links.entity_id) "  # noqa: S608
            f"WHERE entity = '{entity}'"
        )
    with op.batch_alter_table("tag_links") as links:
        links.alter_column("kind", server_default=None)
    op.create_index("ix_tag_links_scope", "tag_links", ["tag_id", "scope_id", "entity"])
    # How much bears a tag is counted by kind from here on.
    op.execute("DELETE FROM tallies WHERE noun IN ('tagged-version', 'tagged-artifact')")
    op.execute(
        "INSERT INTO tallies (id, project_id, noun, subject, kind, internal, delta) "
        "SELECT 'tagged-' || entity || ':' || project_id || ':' || tag_id || ':' || kind, project_id, "
        "'tagged-' || entity, tag_id, kind, false, count(*) FROM tag_links "
        "WHERE entity IN ('version', 'artifact') AND project_id IS NOT NULL GROUP BY entity, project_id, tag_id, kind"
    )

    op.create_index("ix_records_project", "records", ["project_id", "dialect", "kind", "created", "id"])

    with op.batch_alter_table("run_links") as links:
        links.drop_column("step")
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("deleted", sa.BigInteger(), nullable=True))

    for name in ("parameters", "run_tags"):
        op.create_table(
            name,
            sa.Column("run_id", TEXT, nullable=False),
            sa.Column("key", TEXT, nullable=False),
            sa.Column("value", TEXT, nullable=False),
            sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=f"fk_{name}_run_id", ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("run_id", "key", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    for name, key in (
        ("metric_points", ["run_id", "key", "step", "at", "value", "nan"]),
        ("metrics", ["run_id", "key"]),
    ):
        op.create_table(
            name,
            sa.Column("run_id", TEXT, nullable=False),
            sa.Column("key", TEXT, nullable=False),
            sa.Column("step", sa.BigInteger(), nullable=False),
            sa.Column("at", sa.BigInteger(), nullable=False),
            sa.Column("value", sa.Double(), nullable=False),
            sa.Column("nan", sa.Boolean(), nullable=False),
            sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=f"fk_{name}_run_id", ondelete="CASCADE"),
            sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )

    op.create_table(
        "stages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("artifact_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("root", TEXT, nullable=False),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artifact_id"], ["artifacts.id"], name="fk_stages_artifact_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_stages"),
        sa.UniqueConstraint("root", name="uq_stages_root"),
    )
    op.create_index("ix_stages_artifact", "stages", ["artifact_id"])
    op.create_index("ix_stages_expires", "stages", ["expires"])
    op.create_table(
        "uploads",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_expires", "uploads", ["expires"])
    op.create_table(
        "discards",
        sa.Column("prefix", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_discards"),
    )
    op.create_index("ix_discards_due", "discards", ["due", "prefix"])


def downgrade() -> None:
    for name in ("discards", "uploads", "stages", "metrics", "metric_points", "run_tags", "parameters"):
        op.drop_table(name)
    with op.batch_alter_table("runs") as runs:
        runs.drop_column("deleted")
    with op.batch_alter_table("run_links") as links:
        links.add_column(sa.Column("step", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("tag_links") as links:
        links.drop_index("ix_tag_links_scope")
        links.drop_column("kind")
        links.drop_column("scope_id")
    op.drop_index("ix_records_project", table_name="records")
    op.drop_index("ix_artifacts_kind_created", table_name="artifacts")
    for name in ("ix_versions_every_created", "ix_versions_kind_created", "uq_versions_alias"):
        op.drop_index(name, table_name="versions")
    with op.batch_alter_table("versions") as versions:
        for name in ("step", "owned", "alias", "kind"):
            versions.drop_column(name)
    with op.batch_alter_table("projects") as projects:
        projects.drop_column("author_id")
        projects.drop_column("facet")
