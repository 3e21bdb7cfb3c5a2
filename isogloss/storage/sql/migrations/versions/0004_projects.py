"""Projects that are made and shown, and which dialect alone has written an artifact."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("projects") as table:
        table.add_column(sa.Column("display_name", TEXT, nullable=True))
        table.add_column(sa.Column("metadata", TEXT, nullable=True))
    with op.batch_alter_table("artifacts") as table:
        table.add_column(sa.Column("dialect", TEXT, nullable=True))
    # Versions that are gone cannot be asked; until now only one dialect wrote any.
    op.execute(
        "UPDATE artifacts SET dialect = (SELECT CASE WHEN count(DISTINCT v.dialect) = 1 THEN min(v.dialect) END"
        " FROM versions v WHERE v.artifact_id = artifacts.id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("artifacts") as table:
        table.drop_column("dialect")
    with op.batch_alter_table("projects") as table:
        table.drop_column("metadata")
        table.drop_column("display_name")
