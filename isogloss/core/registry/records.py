"""Records: what only one dialect can read, kept, found and given back for it.

A dialect says which records must be told apart, by ``key``, and by what they are looked up, as properties. All use
cases here work within a unit of work.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require, require_everywhere
from isogloss.core.errors import Conflict, NotFound
from isogloss.core.model import Json, MetadataEntry, Property, Record, RecordLink, Version
from isogloss.core.places import owned_prefix
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import tags
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME, discards
from isogloss.core.registry.metadata import log_of
from isogloss.core.registry.properties import Pairs, properties_of

ENTITY = "record"
"""What tags, metadata and properties call a record."""


class RecordDraft(Struct, frozen=True, kw_only=True):
    """What a client says of a record that it wants made. ``properties`` are (name, value) rows to look it up by."""

    dialect: str
    kind: str
    body: Json
    id: str | None = None
    project_id: str | None = None
    key: str | None = None
    parent_id: str | None = None
    name: str | None = None
    number: int | None = None
    state: str | None = None
    metadata: Json | None = None
    properties: Pairs = ()


async def create_record(registry: Registry, unit: Writer, caller: Principal, draft: RecordDraft) -> Record:
    """Make a record. Raises ``Denied``, and ``Conflict`` where its key or its id is taken."""
    _require_editor(caller, draft.project_id)
    record = new_record(registry, draft, caller.user_id)
    if not await unit.add_if_absent(record):
        noun = draft.kind.replace("_", " ")
        raise Conflict(f"A {noun} {draft.name or draft.key or record.id!r} exists already.")
    await unit.add(
        *properties_of(ENTITY, record, draft.properties),
        *log_of(registry, ENTITY, record.id, draft.metadata, record.created),
    )
    return record


async def ensure_record(registry: Registry, unit: Writer, caller: Principal, draft: RecordDraft) -> Record:
    """The record with the draft's key, locked; made where there is none. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    key = {"dialect": draft.dialect, "kind": draft.kind, "key": draft.key}
    found = await unit.lock(Record, **key)
    if found is not None:
        return found
    record = new_record(registry, draft, caller.user_id)
    if await unit.add_if_absent(record):
        await unit.add(
            *properties_of(ENTITY, record, draft.properties),
            *log_of(registry, ENTITY, record.id, draft.metadata, record.created),
        )
        return record
    # Somebody else made it since we looked.
    found = await unit.lock(Record, **key)
    if found is None:
        raise Conflict(f"The {draft.kind.replace('_', ' ')} was made and removed at the same time; try again.")
    return found


def new_record(registry: Registry, draft: RecordDraft, author_id: str | None) -> Record:
    """The record that a draft describes, made now."""
    now = registry.clock()
    return Record(
        id=draft.id or registry.new_id(),
        project_id=draft.project_id,
        dialect=draft.dialect,
        kind=draft.kind,
        key=draft.key,
        parent_id=draft.parent_id,
        name=draft.name,
        number=draft.number,
        state=draft.state,
        body=draft.body,
        metadata=draft.metadata,
        author_id=author_id,
        created=now,
        updated=now,
    )


async def get_record(unit: Reader, caller: Principal, dialect: str, kind: str, record_id: str) -> Record:
    """The record of this id. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    return _of_kind(await unit.get(Record, id=record_id), dialect, kind, record_id)


async def find_record(unit: Reader, caller: Principal, dialect: str, kind: str, key: str) -> Record:
    """The record of this key. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    return _of_kind(await unit.get(Record, dialect=dialect, kind=kind, key=key), dialect, kind, key)


async def lock_record(unit: Writer, caller: Principal, dialect: str, kind: str, record_id: str) -> Record:
    """The record of this id, which nobody else changes until the unit ends. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.EDITOR)
    found = _of_kind(await unit.lock(Record, id=record_id), dialect, kind, record_id)
    _require_editor(caller, found.project_id)
    return found


async def change_record(
    registry: Registry,
    unit: Writer,
    record: Record,
    *,
    key: str | UnsetType | None = UNSET,
    name: str | UnsetType | None = UNSET,
    state: str | UnsetType | None = UNSET,
    body: Json | UnsetType = UNSET,
    properties: Pairs | UnsetType = UNSET,
) -> Record:
    """Change what is given of a locked record; answers it as it then is. ``updated`` moves in any case.

    Raises ``Conflict`` for a key that is taken.
    """
    given = {"key": key, "name": name, "state": state, "body": body}
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not UNSET}
    changes["updated"] = max(registry.clock(), record.updated + 1)
    new_key = changes.get("key")
    if new_key is not None and new_key != record.key:
        taken = await unit.get(Record, dialect=record.dialect, kind=record.kind, key=new_key)
        if taken is not None:
            raise Conflict(f"A {record.kind.replace('_', ' ')} {changes.get('name') or new_key!r} exists already.")
    await unit.change(Record, {"id": record.id}, **changes)
    if properties is not UNSET:
        await unit.remove(Property, entity=ENTITY, entity_id=record.id, dialect=record.dialect)
        await unit.add(*properties_of(ENTITY, record, properties))
    return replace(record, **changes)


async def remove_records(registry: Registry, unit: Writer, caller: Principal, records: Iterable[Record]) -> None:
    """Remove locked records with their tags, metadata, properties and links. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    ids = [record.id for record in records]
    if not ids:
        return
    await tags.remove_links(registry, unit, ENTITY, ids)
    await unit.remove(MetadataEntry, entity=ENTITY, entity_id=ids)
    await unit.remove(Property, entity=ENTITY, entity_id=ids)
    await unit.remove(RecordLink, record_id=ids)
    await unit.remove(Record, id=ids)


async def remove_with_files(registry: Registry, unit: Writer, caller: Principal, record: Record) -> None:
    """Remove a locked record that keeps files in its project, and the files with it. Raises ``Denied``."""
    assert record.project_id is not None, "only what is in a project keeps files"
    await remove_records(registry, unit, caller, [record])
    # An address that was handed out a moment ago is good for as long as any.
    until = registry.clock() + ADDRESS_LIFETIME
    await unit.add(*discards(registry, [(owned_prefix(record.project_id, record.id), until)]))


async def link_record(
    registry: Registry, unit: Writer, caller: Principal, record: Record, entity: str, entity_id: str
) -> RecordLink:
    """Let a record gather a thing, ``version``, ``run`` or another ``record``; the link that is there is the answer.

    Raises ``Denied``.
    """
    require(caller, Role.EDITOR)
    link = RecordLink(
        id=registry.new_id(),
        record_id=record.id,
        entity=entity,
        entity_id=entity_id,
        author_id=caller.user_id,
        created=registry.clock(),
    )
    if await unit.add_if_absent(link):
        return link
    kept = await unit.get(RecordLink, record_id=record.id, entity=entity, entity_id=entity_id)
    if kept is None:
        raise Conflict("The link was made and removed at the same time; try again.")
    return kept


async def unlink_records(unit: Writer, caller: Principal, record: Record, entity: str) -> None:
    """Let a record gather nothing of this sort any more. Raises ``Denied``."""
    require(caller, Role.EDITOR)
    await unit.remove(RecordLink, record_id=record.id, entity=entity)


async def forget_store(unit: Writer, caller: Principal, store_id: str) -> None:
    """Versions in a store that goes stay, and are in none that is known. Raises ``Denied``."""
    require_everywhere(caller, Role.EDITOR)
    await unit.change(Version, {"store_id": store_id}, store_id=None)


def _require_editor(caller: Principal, project_id: str | None) -> None:
    """Raise ``Denied`` unless the caller may write where a record belongs, which may be the server."""
    if project_id is None:
        require_everywhere(caller, Role.EDITOR)
    else:
        require(caller, Role.EDITOR)


def _of_kind(found: Record | None, dialect: str, kind: str, reference: str) -> Record:
    if found is None or found.dialect != dialect or found.kind != kind:
        raise NotFound(kind, reference)
    return found
