"""Users, their keys and their devices as sources of queries."""

from functools import partial

from sqlalchemy import ColumnElement, FromClause, case, func, literal_column, select

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources.shapes import Source, columns_of, literal


def token_source() -> Source:
    """Tokens, each with its user, of whom ``user.grants`` is told as in ``user_source``."""
    token, user = tables.tokens.alias("t"), tables.users.alias("u")
    columns = columns_of(token) | columns_of(user, "user.") | {"user.grants": partial(_grants, user, "u")}
    return Source(
        rows=token.join(user, user.c.id == token.c.user_id),
        columns=columns,
        nullable=frozenset({"description", "used", "rotated", "expires"}),
        selective=frozenset({"id", "digest", "user_id"}),
    )


def user_source(alias: str = "u") -> Source:
    """Users and service accounts.

    ``grants`` are the roles of those who cannot write everywhere, as text: ``project-id:role``, with spaces between.
    """
    user = tables.users.alias(alias)
    return Source(
        rows=user,
        columns=columns_of(user) | {"grants": partial(_grants, user, alias)},
        nullable=frozenset({"full_name", "email", "description"}),
        selective=frozenset({"id", "name", "full_name"}),
    )


def _grants(user: FromClause, alias: str) -> ColumnElement[object]:
    grant = tables.grants.alias(f"{alias}g")
    # A text here would become a parameter, and those belong to the values that are looked for.
    space = literal_column("' '", tables.ByCodePoint)
    each = grant.c.project_id.concat(literal(":")).concat(grant.c.role)
    together = select(func.aggregate_strings(each, space)).where(grant.c.user_id == user.c.id)  # type: ignore[arg-type]
    # Editors and admins are the many, and their roles in projects are asked for where they count.
    below = user.c.role.in_([literal("member"), literal("viewer")])
    return case((below, together.correlate(user).scalar_subquery()), else_=literal_column("NULL", tables.ByCodePoint))


def device_source() -> Source:
    """Devices."""
    device = tables.devices.alias("d")
    return Source(
        rows=device,
        columns=columns_of(device),
        nullable=frozenset({"used"}),
        selective=frozenset({"id", "user_id"}),
    )


def audit_entry_source() -> Source:
    """The record of who wrote what."""
    entry = tables.audit_entries.alias("e")
    return Source(
        rows=entry,
        columns=columns_of(entry),
        nullable=frozenset({"user_id", "project_id"}),
        selective=frozenset({"id"}),
    )
