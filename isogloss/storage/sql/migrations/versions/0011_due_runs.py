"""The run of a workflow that is to start next is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DUE = sa.text("state_type = 'SCHEDULED' AND next_start IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_runs_due", "runs", ["workflow_id", "next_start", "id"], sqlite_where=DUE, postgresql_where=DUE)


def downgrade() -> None:
    op.drop_index("ix_runs_due", "runs")
