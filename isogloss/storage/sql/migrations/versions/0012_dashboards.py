"""What dashboards ask of runs is read off indexes: counts, histories, and which run of a workflow starts next."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DUE = sa.text("state_type = 'SCHEDULED' AND next_start IS NOT NULL")
CALLED = sa.text("role = 'run' AND parent_id IS NOT NULL")

EXPECTED = ["project_id", "role", "expected_start", "id"]
STARTED = ["project_id", "role", "started", "id"]
BESIDE_EXPECTED = ["started", "state_type", "state_name", "spent", "parent_id", "deleted"]
BESIDE_STARTED = ["state_type", "deleted"]


# Runs of clients that expect no time were in no span of time. They took from their start to their end.
EXPECT = """
    UPDATE runs SET expected_start = coalesce(started, created)
    WHERE expected_start IS NULL AND dialect <> 'prefect'
"""
SPEND = """
    UPDATE runs SET spent = ended - started
    WHERE spent = 0 AND ended > started AND dialect <> 'prefect'
"""


def upgrade() -> None:
    op.execute(EXPECT)
    op.execute(SPEND)
    op.create_index("ix_runs_due", "runs", ["workflow_id", "next_start", "id"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index("ix_runs_called", "runs", ["parent_id"], sqlite_where=CALLED, postgresql_where=CALLED)
    _replace("ix_runs_role_expected", "expected_start", [*EXPECTED, *BESIDE_EXPECTED])
    _replace("ix_runs_role_started", "started", [*STARTED, *BESIDE_STARTED])


def downgrade() -> None:
    _replace("ix_runs_role_started", "started", STARTED)
    _replace("ix_runs_role_expected", "expected_start", EXPECTED)
    op.drop_index("ix_runs_called", "runs")
    op.drop_index("ix_runs_due", "runs")


def _replace(name: str, nullable: str, columns: Sequence[str]) -> None:
    """Make an index anew, over these columns; nulls come first, which PostgreSQL must be told."""
    told = f"{nullable} NULLS FIRST" if op.get_bind().dialect.name == "postgresql" else nullable
    op.drop_index(name, "runs")
    op.create_index(name, "runs", [sa.text(told if column == nullable else column) for column in columns])
