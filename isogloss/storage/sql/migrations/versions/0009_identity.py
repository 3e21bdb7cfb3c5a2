"""What users may do in one project, and the record of who wrote what."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "grants",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("author_id", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_grants_project_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_grants")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_grants_user", "grants", ["user_id", "project_id", "role"])
    op.create_table(
        "audit_entries",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("user_name", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=True),
        sa.Column("subjects", TEXT, nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_with_rowid=False,
    )
    # Who made a project administers it; where they are no user any more, nobody does but the server's admins.
    op.execute(
        "INSERT INTO grants (project_id, user_id, role, created, author_id) "
        "SELECT p.id, p.author_id, 'admin', p.created, p.author_id FROM projects p "
        "JOIN users u ON u.id = p.author_id"
    )


def downgrade() -> None:
    op.drop_table("audit_entries")
    op.drop_table("grants")
