"""Versions tell whether a tag was ever put on them, so that tags of those without are not asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("tagged", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE versions SET tagged = true WHERE id IN (SELECT entity_id FROM tag_links WHERE entity = 'version')"
    )
    with op.batch_alter_table("versions") as versions:
        versions.alter_column("tagged", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("versions") as versions:
        versions.drop_column("tagged")
