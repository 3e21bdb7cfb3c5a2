"""How clients are pointed here: the lines that a user pastes."""

from collections.abc import Sequence

from isogloss.adapters.dialect import Dialect
from isogloss.gateway.settings import Auth

NAME_PLACEHOLDER, KEY_PLACEHOLDER = "NAME", "TOKEN"
"""What stands in the lines to paste where the user has to put something."""


def with_clients(dialects: Sequence[Dialect]) -> list[Dialect]:
    """The dialects that have a client to be pointed here."""
    return [dialect for dialect in dialects if dialect.connect is not None]


def connect_lines(dialect: Dialect, url: str, auth: Auth, name: str | None, key: str | None) -> list[str]:
    """The lines that point a dialect's client at ``url``, with placeholders for a credential that is needed."""
    if key is None and auth is Auth.REQUIRED:
        key = KEY_PLACEHOLDER
    return [] if dialect.connect is None else dialect.connect(url, name or NAME_PLACEHOLDER, key)
