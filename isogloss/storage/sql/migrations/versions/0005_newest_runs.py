"""The newest run of a workflow, and its runs in the order of their creation, off an index."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_runs_workflow_created", "runs", ["workflow_id", "created", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_runs_workflow_created", "runs")
