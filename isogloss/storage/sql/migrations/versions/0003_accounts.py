"""Accounts: service accounts and profiles, keys that rotate, devices that sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false()))
        users.add_column(sa.Column("full_name", TEXT, nullable=True))
        users.add_column(sa.Column("email", TEXT, nullable=True))
        users.add_column(sa.Column("description", TEXT, nullable=True))
        users.add_column(sa.Column("facet", TEXT, nullable=True))
    # From here on every row is written whole.
    with op.batch_alter_table("users") as users:
        users.alter_column("service", server_default=None)
    not_null = sa.text("full_name IS NOT NULL")
    op.create_index("ix_users_full_name", "users", ["full_name"], sqlite_where=not_null, postgresql_where=not_null)
    op.create_index("ix_users_created", "users", ["created", "id"])

    op.create_table(
        "devices",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("user_digest", TEXT, nullable=False),
        sa.Column("device_digest", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=True),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("facet", TEXT, nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("user_digest", name="uq_devices_user_digest"),
        sa.UniqueConstraint("device_digest", name="uq_devices_device_digest"),
    )
    not_null = sa.text("user_id IS NOT NULL")
    op.create_index(
        "ix_devices_user",
        "devices",
        ["user_id", "created", "id"],
        sqlite_where=not_null,
        postgresql_where=not_null,
    )
    op.create_index("ix_devices_expires", "devices", ["expires"])

    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("description", TEXT, nullable=True))
        tokens.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        tokens.add_column(sa.Column("device_id", TEXT, nullable=True))
        tokens.add_column(sa.Column("successor_id", TEXT, nullable=True))
        tokens.add_column(sa.Column("updated", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        tokens.add_column(sa.Column("used", sa.BigInteger(), nullable=True))
        tokens.add_column(sa.Column("rotated", sa.BigInteger(), nullable=True))
        tokens.add_column(sa.Column("retained", sa.BigInteger(), nullable=True))
        tokens.create_foreign_key("fk_tokens_device_id", "devices", ["device_id"], ["id"], ondelete="CASCADE")
        tokens.create_foreign_key("fk_tokens_successor_id", "tokens", ["successor_id"], ["id"], ondelete="CASCADE")
    op.execute("UPDATE tokens SET updated = created")
    with op.batch_alter_table("tokens") as tokens:
        tokens.alter_column("active", server_default=None)
        tokens.alter_column("updated", server_default=None)
    op.create_index("ix_tokens_user", "tokens", ["user_id", "created", "id"])
    for name, column in (("ix_tokens_device", "device_id"), ("ix_tokens_successor", "successor_id")):
        not_null = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "tokens", [column], sqlite_where=not_null, postgresql_where=not_null)


def downgrade() -> None:
    for name in ("ix_tokens_successor", "ix_tokens_device", "ix_tokens_user"):
        op.drop_index(name, table_name="tokens")
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_constraint("fk_tokens_successor_id", type_="foreignkey")
        tokens.drop_constraint("fk_tokens_device_id", type_="foreignkey")
        for name in ("description", "active", "device_id", "successor_id", "updated", "used", "rotated", "retained"):
            tokens.drop_column(name)
    op.drop_table("devices")
    op.drop_index("ix_users_created", table_name="users")
    op.drop_index("ix_users_full_name", table_name="users")
    with op.batch_alter_table("users") as users:
        for name in ("service", "full_name", "email", "description", "facet"):
            users.drop_column(name)
