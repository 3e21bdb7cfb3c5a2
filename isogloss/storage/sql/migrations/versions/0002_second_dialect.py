"""Second dialect: what versions are loaded with, tags by time, records that gather, replies that are repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SHOWN = "NOT internal"


def upgrade() -> None:
    _artifacts()
    _versions()
    _tags()
    _runs()
    _records()
    _tallies()
    op.create_index("ix_metadata_entries_key", "metadata_entries", ["entity", "key", "entity_id"])
    op.create_index("ix_workflows_role_created", "workflows", ["project_id", "role", "created", "id"])
    op.create_table(
        "replies",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("caller_id", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "caller_id", name="pk_replies"),
    )
    op.create_index("ix_replies_created", "replies", ["created"])


def _artifacts() -> None:
    with op.batch_alter_table("artifacts") as table:
        table.add_column(sa.Column("versions", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("internal", sa.Boolean(create_constraint=False), nullable=True))
        table.add_column(sa.Column("author_id", TEXT, nullable=True))
    op.execute(
        "UPDATE artifacts SET versions = (SELECT count(*) FROM versions"
        " WHERE versions.artifact_id = artifacts.id AND NOT versions.internal)"
    )
    # What a run's result made is seen by nobody else, unless somebody also wrote to it by its name.
    op.execute(
        "UPDATE artifacts SET internal = (versions = 0 AND EXISTS (SELECT 1 FROM versions"
        " WHERE versions.artifact_id = artifacts.id AND versions.internal))"
    )
    with op.batch_alter_table("artifacts") as table:
        table.alter_column("versions", existing_type=sa.BigInteger(), nullable=False)
        table.alter_column("internal", existing_type=sa.Boolean(create_constraint=False), nullable=False)
    op.create_index("ix_artifacts_name", "artifacts", ["name", "project_id"])
    op.create_index(
        "ix_artifacts_shown_created",
        "artifacts",
        ["project_id", "created", "id"],
        sqlite_where=sa.text(SHOWN),
        postgresql_where=sa.text(SHOWN),
    )


def _versions() -> None:
    with op.batch_alter_table("versions") as table:
        for name in ("store_id", "loader", "data_type"):
            table.add_column(sa.Column(name, TEXT, nullable=True))
    op.create_index(
        "ix_versions_shown_created",
        "versions",
        ["project_id", "created", "id"],
        sqlite_where=sa.text(SHOWN),
        postgresql_where=sa.text(SHOWN),
    )
    op.create_index(
        "ix_versions_store",
        "versions",
        ["store_id"],
        sqlite_where=sa.text("store_id IS NOT NULL"),
        postgresql_where=sa.text("store_id IS NOT NULL"),
    )


def _tags() -> None:
    with op.batch_alter_table("tag_links") as table:
        table.add_column(sa.Column("project_id", TEXT, nullable=True))
        table.add_column(sa.Column("at", sa.BigInteger(), nullable=True))
    for entity, table_name in (
        ("artifact", "artifacts"),
        ("version", "versions"),
        ("workflow", "workflows"),
        ("run", "runs"),
    ):
        for column, source in (("project_id", "project_id"), ("at", "created")):
            op.execute(
                f"UPDATE tag_links SET {column} = (SELECT {source} FROM {table_name}"  # noqa: S608 - constants above
                f" WHERE {table_name}.id = tag_links.entity_id) WHERE entity = '{entity}'"
            )
    op.execute("DELETE FROM tag_links WHERE at IS NULL")
    with op.batch_alter_table("tag_links") as table:
        table.alter_column("at", existing_type=sa.BigInteger(), nullable=False)
    op.create_index("ix_tag_links_at", "tag_links", ["tag_id", "entity", "project_id", "at", "entity_id"])


def _runs() -> None:
    op.add_column("runs", sa.Column("metadata", TEXT, nullable=True))
    op.create_index("ix_runs_role_created", "runs", ["project_id", "role", "created", "id"])


def _records() -> None:
    op.drop_index("ix_records_name", "records")
    op.drop_index("ix_records_created", "records")
    with op.batch_alter_table("records") as table:
        table.add_column(sa.Column("key", TEXT, nullable=True))
        table.add_column(sa.Column("parent_id", TEXT, nullable=True))
        table.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("state", TEXT, nullable=True))
        table.add_column(sa.Column("metadata", TEXT, nullable=True))
    op.create_index(
        "uq_records_key",
        "records",
        ["dialect", "kind", "key"],
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_index("ix_records_name", "records", ["dialect", "kind", "name"])
    op.create_index("ix_records_created", "records", ["dialect", "kind", "created", "id"])
    op.create_index(
        "ix_records_parent",
        "records",
        ["parent_id", "kind", "created", "id"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_table(
        "record_links",
        sa.Column("record_id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_record_links_record_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", "entity", "entity_id", name="pk_record_links"),
        sa.UniqueConstraint("id", name="uq_record_links_id"),
    )
    op.create_index("ix_record_links_entity", "record_links", ["entity", "entity_id", "record_id"])


def _tallies() -> None:
    op.drop_index("ix_tallies_noun", "tallies")
    with op.batch_alter_table("tallies") as table:
        table.add_column(sa.Column("subject", TEXT, nullable=True))
    op.execute("UPDATE tallies SET subject = ''")
    with op.batch_alter_table("tallies") as table:
        table.alter_column("subject", existing_type=TEXT, nullable=False)
    op.create_index("ix_tallies_noun", "tallies", ["project_id", "noun", "subject", "internal", "kind", "delta"])
    # Totals of artifacts, and of what bears a tag, are kept from here on. An id of a sum need only be unique.
    op.execute(
        "INSERT INTO tallies (id, project_id, noun, subject, kind, internal, delta)"
        " SELECT 'artifact-' || min(id), project_id, 'artifact', '', kind, internal, count(*)"
        " FROM artifacts GROUP BY project_id, kind, internal"
    )
    op.execute(
        "INSERT INTO tallies (id, project_id, noun, subject, kind, internal, delta)"
        " SELECT 'tagged-' || entity || '-' || tag_id || '-' || project_id, project_id, 'tagged-' || entity, tag_id,"
        " '', FALSE, count(*) FROM tag_links WHERE project_id IS NOT NULL GROUP BY entity, tag_id, project_id"
    )


def downgrade() -> None:
    op.drop_table("replies")
    op.drop_index("ix_workflows_role_created", "workflows")
    op.drop_index("ix_metadata_entries_key", "metadata_entries")
    op.execute("DELETE FROM tallies WHERE noun NOT IN ('version', 'head')")
    op.drop_index("ix_tallies_noun", "tallies")
    with op.batch_alter_table("tallies") as table:
        table.drop_column("subject")
    op.create_index("ix_tallies_noun", "tallies", ["project_id", "noun", "kind", "internal", "delta"])
    op.drop_table("record_links")
    for name in ("ix_records_parent", "ix_records_created", "ix_records_name", "uq_records_key"):
        op.drop_index(name, "records")
    with op.batch_alter_table("records") as table:
        for name in ("key", "parent_id", "number", "state", "metadata"):
            table.drop_column(name)
    op.create_index("ix_records_name", "records", ["dialect", "kind", "project_id", "name"])
    op.create_index("ix_records_created", "records", ["dialect", "kind", "project_id", "created", "id"])
    op.drop_index("ix_runs_role_created", "runs")
    op.drop_column("runs", "metadata")
    op.drop_index("ix_tag_links_at", "tag_links")
    with op.batch_alter_table("tag_links") as table:
        table.drop_column("project_id")
        table.drop_column("at")
    op.drop_index("ix_versions_store", "versions")
    op.drop_index("ix_versions_shown_created", "versions")
    with op.batch_alter_table("versions") as table:
        for name in ("store_id", "loader", "data_type"):
            table.drop_column(name)
    op.drop_index("ix_artifacts_shown_created", "artifacts")
    op.drop_index("ix_artifacts_name", "artifacts")
    with op.batch_alter_table("artifacts") as table:
        for name in ("versions", "internal", "author_id"):
            table.drop_column(name)
