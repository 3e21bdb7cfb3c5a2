"""What the rows of an import have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

import msgspec
from msgspec import Raw

from isogloss.adapters.source import Unreadable
from isogloss.adapters.zenml.importing.wire import Reference
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.times import instant
from isogloss.core.model import Instant, Json, Record
from isogloss.core.registry.incoming import Tagged


class Identified(Protocol):
    """What has an id, and a name perhaps."""

    id: str
    name: str | None


def record(
    given: Identified,
    kind: str,
    body: Json,
    created: datetime,
    updated: datetime,
    author_id: str | None,
    *,
    project_id: str | None = None,
    key: str | None = None,
    parent_id: str | None = None,
    number: int | None = None,
    state: str | None = None,
    metadata: Json | None = None,
) -> Record:
    """A thing as a record."""
    return Record(
        id=given.id,
        project_id=project_id,
        dialect=DIALECT,
        kind=kind,
        key=key,
        parent_id=parent_id,
        name=given.name,
        number=number,
        state=state,
        body=body,
        metadata=metadata,
        author_id=author_id,
        created=instant(created),
        updated=instant(updated),
    )


def name_of(given: Identified) -> str:
    """The name of what must have one. Raises ``Unreadable``."""
    if not given.name:
        raise Unreadable("it has no name")
    return given.name


def tagged(entity: str, entity_id: str, tags: Sequence[Reference]) -> Tagged:
    """The tags that a thing bears."""
    return Tagged(entity, entity_id, tuple(tag.id for tag in tags))


def derived_id(of: str, what: str) -> str:
    """An id for what the source has none for, the same whenever it is read."""
    return str(uuid5(UUID(of), what))


def checked_object(raw: Raw) -> Raw:
    """JSON that is taken apart later. Raises ``msgspec.ValidationError`` unless it is an object."""
    _members(raw)
    return raw


_members = msgspec.json.Decoder(dict[str, Raw]).decode


def text_of(raw: Raw) -> Json:
    """JSON as it is kept."""
    return bytes(raw).decode()


def document(raw: Raw) -> Json | None:
    """A metadata document; an empty one is kept as none. Raises ``msgspec.ValidationError``."""
    text = text_of(checked_object(raw))
    return None if text == "{}" else text


def optional_instant(given: datetime | None) -> Instant | None:
    """As ``instant``, where there is one."""
    return None if given is None else instant(given)


def present(**given: Any) -> tuple[tuple[str, str], ...]:
    """Properties of those values that are there."""
    return tuple((name, str(value)) for name, value in given.items() if value is not None)
