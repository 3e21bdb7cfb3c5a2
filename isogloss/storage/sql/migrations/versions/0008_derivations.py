"""What versions and runs were made from, as somebody says beside what clients tell of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

ENDS = {
    "version_id": "versions.id",
    "run_id": "runs.id",
    "source_version_id": "versions.id",
    "source_run_id": "runs.id",
}


def upgrade() -> None:
    op.create_table(
        "derivations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        *(sa.Column(name, TEXT, nullable=True) for name in ENDS),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("author_id", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [end], name=f"fk_derivations_{name}", ondelete="CASCADE")
            for name, end in ENDS.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_derivations"),
    )
    for name in (*ENDS, "key"):
        said = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_derivations_{name}", "derivations", [name, "id"], sqlite_where=said, postgresql_where=said)
    op.create_index("ix_derivations_created", "derivations", ["project_id", "created", "id"])


def downgrade() -> None:
    op.drop_table("derivations")
