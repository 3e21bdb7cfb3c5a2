"""Metadata and tallies, of which every write adds some, are kept in the order of their keys: one index less each."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ENTRY = ["entity", "entity_id", "key", "id"]
TALLY = ["project_id", "noun", "subject", "internal", "kind", "id"]


def upgrade() -> None:
    op.drop_index("ix_metadata_entries_entity", "metadata_entries")
    _rekey("metadata_entries", ENTRY, with_rowid=False)
    op.drop_index("ix_tallies_noun", "tallies")
    _rekey("tallies", TALLY, with_rowid=False)


def downgrade() -> None:
    _rekey("tallies", ["id"], with_rowid=True)
    op.create_index(
        "ix_tallies_noun", "tallies", ["project_id", "noun", "subject", "internal", "kind", "delta"], unique=False
    )
    _rekey("metadata_entries", ["id"], with_rowid=True)
    op.create_index("ix_metadata_entries_entity", "metadata_entries", ["entity", "entity_id", "key"], unique=False)


def _rekey(table: str, columns: list[str], *, with_rowid: bool) -> None:
    """Give a table another primary key; SQLite makes the table anew for it."""
    with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": with_rowid}) as batch:
        batch.drop_constraint(f"pk_{table}", type_="primary")
        batch.create_primary_key(f"pk_{table}", columns)
