"""Metadata: a log of entries for each owner, and the document that they fold into.

The log and the document are always written together. The document is what most dialects show; the log keeps what was
said before, which some of them search.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from isogloss.core.errors import NotFound
from isogloss.core.model import Instant, Json, MetadataEntry, Record, Run, Version
from isogloss.core.names import check_name
from isogloss.core.ports import Writer
from isogloss.core.references import says_inputs
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import follow_metadata, of_run, of_version

Document: TypeAlias = dict[str, msgspec.Raw]

OWNERS: dict[str, type[Version] | type[Run] | type[Record]] = {"version": Version, "run": Run, "record": Record}
"""What has metadata, by the names that ``MetadataEntry.entity`` has for it."""


NO_TYPES: Mapping[str, str] = {}


def log_of(
    registry: Registry,
    entity: str,
    entity_id: str,
    document: Json | None,
    now: Instant,
    types: Mapping[str, str] = NO_TYPES,
) -> list[MetadataEntry]:
    """The entries of a document's members, each with the type that ``types`` has for its key or, without, its own.

    Raises ``Invalid`` for a key that is no name.
    """
    if document is None:
        return []
    return [
        _entry(registry, entity, entity_id, key, value, now, types.get(key))
        for key, value in _members(document).items()
    ]


def replaced(
    registry: Registry, entity: str, entity_id: str, old: Json | None, new: Json | None, now: Instant
) -> tuple[list[str], list[MetadataEntry]]:
    """What a replaced document means for the log: the keys whose entries go, and the entries that come.

    A key that keeps its value keeps its entries. Raises ``Invalid`` for a new key that is no name.
    """
    before = _members(old) if old is not None else {}
    after = _members(new) if new is not None else {}
    kept = {key for key in before.keys() & after.keys() if _value(before[key]) == _value(after[key])}
    gone = [key for key in before if key not in kept]
    came = [_entry(registry, entity, entity_id, key, after[key], now) for key in after if key not in kept]
    return gone, came


async def append(
    registry: Registry,
    unit: Writer,
    entity: str,
    entity_id: str,
    added: Json,
    types: Mapping[str, str] = NO_TYPES,
) -> Json:
    """Add the members of ``added`` to the log of a version, run or record, and fold them into its document.

    The newest value of a key wins; where all of its values are objects, they are merged one level deep. Answers the
    document. ``types`` names a dialect's own types of values, by key. The owner's ``updated`` stays. Raises
    ``NotFound``, and ``Invalid`` for a key that is no name.
    """
    owner = await unit.lock(OWNERS[entity], id=entity_id)
    if owner is None:
        raise NotFound(entity, entity_id)
    before = _members(owner.metadata) if owner.metadata is not None else {}
    after = dict(before)
    for key, value in _members(added).items():
        after[key] = value
        if key in before and _is_object(bytes(value)) and _is_object(bytes(before[key])):
            past = await unit.find(MetadataEntry, entity=entity, entity_id=entity_id, key=key)
            if all(_is_object(entry.value.encode()) for entry in past):
                merged = msgspec.json.decode(before[key], type=Document) | msgspec.json.decode(value, type=Document)
                after[key] = msgspec.Raw(msgspec.json.encode(merged))
    document = msgspec.json.encode(after).decode()
    await unit.add(*log_of(registry, entity, entity_id, added, registry.clock(), types))
    await unit.change(OWNERS[entity], {"id": entity_id}, metadata=document)
    if says_inputs(added) and not isinstance(owner, Record):
        end = of_run(owner) if isinstance(owner, Run) else of_version(owner)
        await follow_metadata(registry, unit, end, document, owner.author_id)
    return document


def fold(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The document of a log, given as (key, value) from the oldest entry to the newest.

    The newest value of a key wins; where all of its values are objects, they are merged one level deep.
    """
    by_key: dict[str, list[Any]] = {}
    for key, value in values:
        by_key.setdefault(key, []).append(value)
    return {key: _folded(history) for key, history in by_key.items()}


def _folded(history: list[Any]) -> Any:
    if not all(isinstance(value, dict) for value in history):
        return history[-1]
    merged: dict[str, Any] = {}
    for value in history:
        merged |= value
    return merged


_TYPES = {'"': "str", "{": "dict", "[": "list", "t": "bool", "f": "bool", "n": "null"}
"""The types of JSON values that their first character tells."""


def _type_of(text: str) -> str:
    """The name of a JSON value's type: null, bool, int, float, str, list or dict. It need not be read for it."""
    found = _TYPES.get(text.lstrip()[0])
    if found is not None:
        return found
    return "float" if any(mark in text for mark in ".eE") else "int"


def _is_object(text: bytes) -> bool:
    return text.lstrip().startswith(b"{")


def _members(document: Json) -> Document:
    return msgspec.json.decode(document, type=Document)


def _value(text: msgspec.Raw) -> Any:
    return msgspec.json.decode(text)


def _entry(
    registry: Registry,
    entity: str,
    entity_id: str,
    key: str,
    value: msgspec.Raw,
    now: Instant,
    given_type: str | None = None,
) -> MetadataEntry:
    check_name("metadata", key)
    text = bytes(value).decode()
    return MetadataEntry(
        id=registry.sequence(),
        entity=entity,
        entity_id=entity_id,
        key=key,
        value=text,
        type=given_type or _type_of(text),
        created=now,
    )
