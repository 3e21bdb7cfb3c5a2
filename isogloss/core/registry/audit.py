"""The record of every write: who, what, when, and through which dialect.

It is kept in the transaction of the write itself, so that there is neither a write without an entry nor an entry
without a write. Entries are never changed.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role, require_everywhere
from isogloss.core.model import (
    AuditEntry,
    Discard,
    Entity,
    Grant,
    Instant,
    LogLine,
    MetadataEntry,
    Metric,
    MetricPoint,
    Parameter,
    Project,
    Property,
    RecordLink,
    Reply,
    RunLink,
    RunState,
    RunTag,
    Setting,
    TagLink,
    Tally,
    Upload,
)
from isogloss.core.ports import Clock, Reader, Store, Writer
from isogloss.core.query import And, Compare, Operator, Or, Query, Sort, Where
from isogloss.core.registry.context import Registry
from isogloss.core.registry.projects import find_project

E = TypeVar("E", bound=Entity)
T = TypeVar("T")

ADDED, CHANGED, REMOVED = "added", "changed", "removed"

MOST_SUBJECTS = 20
"""How many things an entry names; of more it tells how many they were."""

_RUN = ("run", "run_id")
_ENTITY = ("", "entity_id")

_OWNED: dict[type[Any], tuple[str, str]] = {
    RunState: _RUN,
    Parameter: _RUN,
    RunTag: _RUN,
    Metric: _RUN,
    MetricPoint: _RUN,
    LogLine: _RUN,
    RunLink: ("version", "version_id"),
    RecordLink: ("record", "record_id"),
    TagLink: _ENTITY,
    MetadataEntry: _ENTITY,
    Property: _ENTITY,
}
"""What is a change of its owner: the owner's noun, which the row itself tells where it is empty, and its id's field."""

_BESIDE = frozenset({Tally, Discard, Upload, Reply})
"""What the registry notes for itself, which changes nothing that anybody sees."""

_NOUNS: dict[type[Any], str] = {
    kind: re.sub("(?<!^)(?=[A-Z])", "_", kind.__name__).lower() for kind in get_args(Entity)
}

_encode = msgspec.json.Encoder().encode


class Deed(Struct, frozen=True):
    """Who does something, through which dialect, by which of its operations."""

    caller: Principal
    dialect: str
    action: str


class Subject(Struct, frozen=True):
    """A thing that was ``added``, ``changed`` or ``removed``."""

    deed: str
    entity: str
    id: str


class AuditedStore(Struct, frozen=True):
    """A store that records a deed with each transaction that writes something."""

    store: Store
    deed: Deed
    clock: Clock
    new_id: Callable[[], str]

    async def read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        return await self.store.read(work)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        async def audited(unit: Writer) -> T:
            recorder = Recorder(unit)
            done = await work(recorder)
            if recorder.touched:
                await unit.add(recorder.entry(self.deed, self.new_id(), self.clock()))
            return done

        return await self.store.write(audited)


class Recorder:
    """Fulfils ``Writer`` over another one, and notes what is written."""

    def __init__(self, unit: Writer) -> None:
        self._unit = unit
        self.touched: dict[tuple[str, str], str] = {}
        self._projects: set[str | None] = set()
        self._known: dict[str, str | None] = {}
        # What only reads is the other one's own, so that it costs nothing more.
        self.find = unit.find
        self.rows = unit.rows
        self.count = unit.count
        self.sum = unit.sum

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        return self._noticed(await self._unit.get(entity, **key))

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        return self._noticed(await self._unit.lock(entity, **key))

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        found = await self._unit.lock_all(entity, **key)
        for row in found:
            self._noticed(row)
        return found

    async def add(self, *entities: Entity) -> None:
        await self._unit.add(*entities)
        self._note_rows(entities)

    async def add_if_absent(self, entity: Entity) -> bool:
        added = await self._unit.add_if_absent(entity)
        if added:
            self._note_rows((entity,))
        return added

    async def add_absent(self, *entities: Entity) -> None:
        await self._unit.add_absent(*entities)
        self._note_rows(entities)

    async def put(self, *entities: Entity) -> None:
        await self._unit.put(*entities)
        self._note_rows(entities)

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        await self._unit.change(entity, key, **values)
        self._note_key(CHANGED, entity, key)

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        removed = await self._unit.remove(entity, **key)
        if removed:
            self._note_key(REMOVED, entity, key)
        return removed

    def entry(self, deed: Deed, entry_id: str, at: Instant) -> AuditEntry:
        """The entry of what was noted."""
        caller = deed.caller
        named = [
            Subject(done, entity, subject_id)
            for (entity, subject_id), done in list(self.touched.items())[:MOST_SUBJECTS]
        ]
        only = len(self._projects) == 1
        return AuditEntry(
            id=entry_id,
            at=at,
            user_id=caller.user_id,
            user_name=caller.name,
            dialect=deed.dialect,
            action=deed.action,
            project_id=next(iter(self._projects)) if only else None,
            subjects=_encode(named).decode(),
            touched=len(self.touched),
        )

    def _noticed(self, found: E | None) -> E | None:
        """Remember to which project a row belongs, should it be written."""
        project_id = getattr(found, "project_id", None)
        if project_id is not None:
            self._known[getattr(found, "id", "")] = project_id
        return found

    def _note_rows(self, rows: Iterable[Any]) -> None:
        before: str | None = None
        for row in rows:
            kind = type(row)
            if kind in _BESIDE:
                continue
            owned = _OWNED.get(kind)
            if owned is None:
                subject = (noun_of(kind), id_of(row))
                self.touched[subject] = ADDED
                project_id = row.id if kind is Project else getattr(row, "project_id", None)
                self._known[subject[1]] = project_id
            else:
                owner_id = getattr(row, owned[1]) or ""
                if owner_id == before:
                    # There may be many lines and points of one run.
                    continue
                before = owner_id
                subject = (owned[0] or row.entity, owner_id)
                self.touched.setdefault(subject, CHANGED)
                project_id = getattr(row, "project_id", None) or self._known.get(owner_id)
            self._place(project_id)

    def _note_key(self, deed: str, kind: type[Any], key: dict[str, Any]) -> None:
        if kind in _BESIDE:
            return
        owned = _OWNED.get(kind)
        if owned is None:
            noun, field = noun_of(kind), "id"
        else:
            noun, field, deed = owned[0] or key.get("entity", ""), owned[1], CHANGED
        ids = key.get(field)
        for subject_id in ids if isinstance(ids, list) else (ids or key.get("project_id") or "",):
            if deed is CHANGED:
                self.touched.setdefault((noun, subject_id), deed)
            else:
                self.touched[noun, subject_id] = deed
            self._place(key.get("project_id") or (subject_id if kind is Project else self._known.get(subject_id)))

    def _place(self, project_id: str | None) -> None:
        if isinstance(project_id, str):
            self._projects.add(project_id)


def noun_of(kind: type[Any]) -> str:
    """What an entry calls a kind of thing, such as ``version`` or ``tag``."""
    return _NOUNS[kind]


def id_of(row: Any) -> str:
    """By what an entry names a thing."""
    match row:
        case Grant():
            return str(row.user_id)
        case Setting():
            return row.name
    return str(row.id)


async def list_entries(
    registry: Registry,
    unit: Reader,
    caller: Principal,
    *,
    user: str | None = None,
    project: str | None = None,
    since: Instant | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """The newest entries, of one user or project (by name or id) where one is named, none older than ``since``.

    Raises ``Denied`` unless the caller administers the server, and ``NotFound`` for a project that there is not. Users
    are found by the names that they had, also those who are gone.
    """
    require_everywhere(caller, Role.ADMIN)
    parts: list[Where] = []
    if user is not None:
        parts.append(Or((Compare("user_name", Operator.EQ, user), Compare("user_id", Operator.EQ, user))))
    if project is not None:
        parts.append(Compare("project_id", Operator.EQ, (await find_project(unit, project)).id))
    if since is not None:
        parts.append(Compare("at", Operator.GE, since))
    names = AuditEntry.__struct_fields__
    query = Query(
        source="audit_entry",
        fields=names,
        project_id=None,
        where=And(tuple(parts)),
        sort=Sort("id", descending=True),
        limit=limit,
    )
    return [AuditEntry(**dict(zip(names, row, strict=True))) for row in await unit.rows(query)]


def subjects_of(entry: AuditEntry) -> list[Subject]:
    """The things that an entry names."""
    return _read_subjects(entry.subjects)


_read_subjects = msgspec.json.Decoder(list[Subject]).decode
