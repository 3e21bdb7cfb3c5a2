"""What clients say has happened, and the resources by which it is found."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("occurred", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_events_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_occurred", "events", ["occurred", "id", "project_id", "dialect", "name"])
    op.create_index("ix_events_name", "events", ["name", "occurred", "id"])
    op.create_table(
        "event_resources",
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("occurred", sa.BigInteger(), nullable=False),
        sa.Column("labels", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_event_resources_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "place", name="pk_event_resources"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_resources_resource", "event_resources", ["resource_id", "occurred", "event_id"])


def downgrade() -> None:
    op.drop_table("event_resources")
    op.drop_table("events")
