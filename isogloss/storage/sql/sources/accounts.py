"""Users, their keys and their devices as sources of queries."""

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources.shapes import Source, columns_of


def token_source() -> Source:
    """Tokens, each with its user."""
    token, user = tables.tokens.alias("t"), tables.users.alias("u")
    columns = columns_of(token) | columns_of(user, "user.")
    return Source(
        rows=token.join(user, user.c.id == token.c.user_id),
        columns=columns,
        nullable=frozenset({"description", "used", "rotated", "expires"}),
        selective=frozenset({"id", "digest", "user_id"}),
    )


def user_source(alias: str = "u") -> Source:
    """Users and service accounts."""
    user = tables.users.alias(alias)
    return Source(
        rows=user,
        columns=columns_of(user),
        nullable=frozenset({"full_name", "email", "description"}),
        selective=frozenset({"id", "name", "full_name"}),
    )


def device_source() -> Source:
    """Devices."""
    device = tables.devices.alias("d")
    return Source(
        rows=device,
        columns=columns_of(device),
        nullable=frozenset({"used"}),
        selective=frozenset({"id", "user_id"}),
    )
