"""The record of every write: who, what, when, and through which dialect.

It is kept in the transaction of the write itself, so that there is neither a write without an entry nor an entry
without a write. Entries are never changed.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from isogloss.core.access import Principal, Role, require_everywhere
from isogloss.core.errors import Invalid
from isogloss.core.model import (
    AuditEntry,
    Discard,
    Entity,
    Event,
    EventResource,
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
from isogloss.core.registry.projects import find_project

E = TypeVar("E", bound=Entity)
T = TypeVar("T")

ADDED, CHANGED, REMOVED = "added", "changed", "removed"

MOST_SUBJECTS = 20
"""How many things an entry names; of more it tells how many they were."""

MOST_ENTRIES = 10_000
"""How many entries are told at once at most."""

_RUN = ("run", "run_id")
_ENTITY = ("", "entity_id")

_OWNED: dict[type[Any], tuple[str, str]] = {
    RunState: _RUN,
    Parameter: _RUN,
    RunTag: _RUN,
    Metric: _RUN,
    MetricPoint: _RUN,
    LogLine: _RUN,
    Event: ("resource", "resource_id"),
    RunLink: ("version", "version_id"),
    RecordLink: ("record", "record_id"),
    TagLink: _ENTITY,
    MetadataEntry: _ENTITY,
    Property: _ENTITY,
}
"""What is a change of its owner: the owner's noun, which the row itself tells where it is empty, and its id's field."""

_BESIDE = frozenset({Tally, Discard, Upload, Reply, EventResource})
"""What the registry notes for itself, which changes nothing that anybody sees."""

_FIELDS: dict[type[Any], str] = {Grant: "user_id", Setting: "name"}
"""By what an entry names what has no id of its own."""

_encode = msgspec.json.Encoder().encode


class Deed(Struct, frozen=True):
    """Who does something, through which dialect, by which of its operations."""

    caller: Principal
    dialect: str
    action: str


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


class _Kind(Struct, frozen=True):
    """What an entry makes of rows of a kind: its ``noun``, the ``field`` that names them, and the one, if there is
    one, that tells to which project they belong. An ``owned`` row is a change of its owner, which the row itself tells
    where the noun is empty; by its ``own`` noun it goes where the owner is not said. An ``aside`` is nothing.
    """

    own: str
    noun: str
    field: str
    place: str | None
    owned: bool
    aside: bool


def _kind(kind: type[Any]) -> _Kind:
    named = re.sub("(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    noun, field = _OWNED.get(kind) or (named, _FIELDS.get(kind, "id"))
    place = "id" if kind is Project else "project_id" if "project_id" in kind.__struct_fields__ else None
    return _Kind(named, noun, field, place, kind in _OWNED, kind in _BESIDE)


_KINDS = {kind: _kind(kind) for kind in get_args(Entity)}


class Recorder:
    """Fulfils ``Writer`` over another one, and notes what is written: on the way of every write, so it is brief."""

    def __init__(self, unit: Writer) -> None:
        self._unit = unit
        self.touched: dict[tuple[str, str], str] = {}
        self._projects: set[str] = set()
        self._known: dict[str, str] = {}
        # What only reads is the other one's own, so that it costs nothing more.
        self.get = unit.get
        self.find = unit.find
        self.rows = unit.rows
        self.count = unit.count
        self.count_by = unit.count_by
        self.sum = unit.sum

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        found = await self._unit.lock(entity, **key)
        if found is not None:
            self._learn(entity, found)
        return found

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        found = await self._unit.lock_all(entity, **key)
        for row in found:
            self._learn(entity, row)
        return found

    def add(self, *entities: Entity) -> Coroutine[Any, Any, None]:
        self._note_rows(entities)
        return self._unit.add(*entities)

    async def add_if_absent(self, entity: Entity) -> bool:
        added = await self._unit.add_if_absent(entity)
        if added:
            self._note_rows((entity,))
        return added

    def add_absent(self, *entities: Entity) -> Coroutine[Any, Any, None]:
        self._note_rows(entities)
        return self._unit.add_absent(*entities)

    def put(self, *entities: Entity) -> Coroutine[Any, Any, None]:
        self._note_rows(entities)
        return self._unit.put(*entities)

    def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> Coroutine[Any, Any, None]:
        self._note_key(CHANGED, entity, key)
        return self._unit.change(entity, key, **values)

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        removed = await self._unit.remove(entity, **key)
        if removed:
            self._note_key(REMOVED, entity, key)
        return removed

    def entry(self, deed: Deed, entry_id: str, at: Instant) -> AuditEntry:
        """The entry of what was noted."""
        caller, named = deed.caller, islice(self.touched.items(), MOST_SUBJECTS)
        return AuditEntry(
            id=entry_id,
            at=at,
            user_id=caller.user_id,
            user_name=caller.name,
            dialect=deed.dialect,
            action=deed.action,
            project_id=next(iter(self._projects)) if len(self._projects) == 1 else None,
            subjects=_encode([(done, noun, subject_id) for (noun, subject_id), done in named]).decode(),
            touched=len(self.touched),
        )

    def _learn(self, entity: type[Any], row: Any) -> None:
        """Remember to which project a row belongs, should it be written."""
        kind = _KINDS[entity]
        if kind.place is not None and (project_id := getattr(row, kind.place)) is not None:
            self._known[getattr(row, kind.field)] = project_id

    def _note_rows(self, rows: Iterable[Any]) -> None:
        before: str | None = None
        for row in rows:
            kind = _KINDS[type(row)]
            project_id = None if kind.place is None else getattr(row, kind.place)
            if not kind.aside:
                subject_id = getattr(row, kind.field) or ""
                if not kind.owned:
                    self.touched[kind.noun, subject_id] = ADDED
                    if project_id is not None:
                        self._known[subject_id] = project_id
                elif subject_id == before:
                    # There may be many lines and points of one run.
                    continue
                else:
                    before = subject_id
                    self.touched.setdefault((kind.noun or row.entity, subject_id), CHANGED)
                    project_id = project_id or self._known.get(subject_id)
            if project_id is not None:
                self._projects.add(project_id)

    def _note_key(self, deed: str, entity: type[Any], key: dict[str, Any]) -> None:
        kind = _KINDS[entity]
        if kind.aside:
            return
        ids, noun, project_id = key.get(kind.field), kind.noun or key.get("entity"), key.get(kind.place or "")
        if ids is None or noun is None:
            ids, noun = key.get("id") or key.get("project_id") or "", kind.own
        elif kind.owned:
            deed = CHANGED
        if isinstance(project_id, list):
            project_id = None
        for subject_id in ids if isinstance(ids, list) else (ids,):
            if deed is CHANGED:
                self.touched.setdefault((noun, subject_id), deed)
            else:
                self.touched[noun, subject_id] = deed
            place = project_id or self._known.get(subject_id)
            if place is not None:
                self._projects.add(place)


async def list_entries(
    unit: Reader,
    caller: Principal,
    *,
    user: str | None = None,
    project: str | None = None,
    since: Instant | None = None,
    limit: int,
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


class ShownSubject(Struct, frozen=True):
    """A subject as it is told."""

    deed: str
    entity: str
    id: str


class ShownEntry(Struct, frozen=True, kw_only=True):
    """An entry as it is told: ``at`` in UTC, ``user`` by name, ``project`` by id, ``subjects`` by their nouns."""

    id: str
    at: datetime
    user: str
    user_id: str | None
    dialect: str
    action: str
    project: str | None
    subjects: list[ShownSubject]
    touched: int


def shown_entry(entry: AuditEntry) -> ShownEntry:
    """The entry as it is told."""
    return ShownEntry(
        id=entry.id,
        at=_EPOCH + timedelta(microseconds=entry.at),
        user=entry.user_name,
        user_id=entry.user_id,
        dialect=entry.dialect,
        action=entry.action,
        project=entry.project_id,
        subjects=[ShownSubject(*each) for each in _read_subjects(entry.subjects)],
        touched=entry.touched,
    )


def read_moment(field: str, text: str) -> Instant:
    """The instant that is written so (ISO 8601), in UTC where no zone is said. Raises ``Invalid`` about the field."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(field, f"{text!r} is not a time; write it as 2026-11-25 or 2026-11-25T10:30:00Z") from None
    return ((given if given.tzinfo is not None else given.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_read_subjects = msgspec.json.Decoder(list[tuple[str, str, str]]).decode
