"""A real server of a vendor's, as an import reads it: no HTTP library here, only what is asked of one."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Fetch(Protocol):
    """Asks the source. ``path`` goes behind the API's root; ``body`` is sent as JSON where it is given."""

    async def __call__(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a good answer. Raises ``SourceError``."""
        ...


class SourceError(Exception):
    """The source cannot be read: the message says what it answered, and to what."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def renamed(text: bytes, aliases: Mapping[str, str]) -> bytes:
    """An answer with our ids in the place of those that have aliases."""
    if not aliases:
        return text
    ours = {source.encode(): kept.encode() for source, kept in aliases.items()}
    return _ID.sub(lambda match: ours.get(match[0], match[0]), text)
