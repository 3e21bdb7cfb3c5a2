"""Keeps callers to their projects, whatever they ask of the store: here roles in single projects are enforced.

Rows of a project that a caller does not know are not there for them: they are neither read nor counted, and what would
write them raises ``NotFound``. What a caller sees but may not write raises ``Denied``. Callers who may do the same in
every project never come by here: theirs is the plain store.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import Struct

from isogloss.core.access import Principal, Role, require_everywhere, require_in
from isogloss.core.errors import Denied, NotFound
from isogloss.core.model import (
    Artifact,
    Derivation,
    Device,
    Discard,
    Entity,
    Event,
    EventResource,
    Grant,
    LogLine,
    MetadataEntry,
    Metric,
    MetricPoint,
    Parameter,
    Project,
    Property,
    Record,
    RecordLink,
    Reply,
    Run,
    RunLink,
    RunState,
    RunTag,
    Setting,
    Stage,
    Tag,
    TagLink,
    Tally,
    Token,
    Upload,
    User,
    Version,
    Workflow,
)
from isogloss.core.ports import Reader, Store, Writer
from isogloss.core.query import And, AnyOf, Compare, IsNull, Not, Operator, Query, Span, Total, Where
from isogloss.core.registry.sights import within

E = TypeVar("E", bound=Entity)
T = TypeVar("T")

Place: TypeAlias = str | None
"""A project's id, null for what belongs to the server, ``GONE`` for what belongs to nothing that is there."""

GONE = ""

_SOURCES: dict[type[Any], str] = {
    Project: "project",
    Artifact: "every_artifact",
    Version: "version",
    Workflow: "workflow",
    Run: "run",
    Record: "record",
    Stage: "stage",
    LogLine: "log",
    Event: "event",
    TagLink: "tag_link",
    Derivation: "derivation",
}
"""What says itself to which project it belongs, and the source that has all of it."""

_NAMED: dict[str, type[Any]] = {
    "artifact": Artifact,
    "version": Version,
    "workflow": Workflow,
    "run": Run,
    "record": Record,
}
"""Owners by the names that rows have for them."""

_OWNERS: dict[type[Any], tuple[type[Any], str]] = {
    RunState: (Run, "run_id"),
    Parameter: (Run, "run_id"),
    RunTag: (Run, "run_id"),
    Metric: (Run, "run_id"),
    MetricPoint: (Run, "run_id"),
    RunLink: (Version, "version_id"),
    RecordLink: (Record, "record_id"),
    EventResource: (Event, "event_id"),
}
"""What belongs to the project of its owner, and the field that has the owner's id."""

_SERVER = frozenset({Tag, User, Token, Device, Setting, Reply, Discard, Upload})
"""What belongs to no project. Whose users, keys and devices are shown to whom, their own use cases say."""

_BESIDE = frozenset({Tally, Discard, Upload})
"""What the registry notes beside what it does for a caller, who cannot ask for it."""


def is_scoped(caller: Principal) -> bool:
    """Whether what the caller may do differs from project to project."""
    return caller.role is Role.MEMBER or (caller.role < Role.EDITOR and bool(caller.grants))


class ScopedStore(Struct, frozen=True):
    """A store as a caller sees it. ``known_id`` is the default project, of which everybody knows that it is there."""

    store: Store
    caller: Principal
    known_id: str

    async def read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        async def scoped(unit: Reader) -> T:
            # A unit that only reads is asked to read only.
            return await work(ScopedUnit(cast("Writer", unit), self.caller, self.known_id))

        return await self.store.read(scoped)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        async def scoped(unit: Writer) -> T:
            return await work(ScopedUnit(unit, self.caller, self.known_id))

        return await self.store.write(scoped)


def whole(store: Store) -> Store:
    """The store that a scoped one narrows, for rules that hold whoever asks: nothing of its rows may be told."""
    return store.store if isinstance(store, ScopedStore) else store


class Places:
    """Tells to which project rows belong, with one statement for each kind of owner, and remembers it."""

    def __init__(self, unit: Reader) -> None:
        self._unit = unit
        self._known: dict[str, Place] = {}

    async def of(self, rows: Sequence[Any]) -> list[Place]:
        """The place of each row."""
        if not rows:
            return []
        kind = type(rows[0])
        if kind is Project:
            return [row.id for row in rows]
        if "project_id" in kind.__struct_fields__:
            if "id" in kind.__struct_fields__:
                self._known |= {row.id: row.project_id for row in rows}
            return [row.project_id for row in rows]
        if kind in _OWNERS:
            owner, field = _OWNERS[kind]
            return await self.of_ids(owner, [getattr(row, field) for row in rows])
        if kind in (MetadataEntry, Property):
            by_owner: dict[str, list[str]] = {}
            for row in rows:
                by_owner.setdefault(row.entity, []).append(row.entity_id)
            for entity, ids in by_owner.items():
                await self.of_ids(_NAMED[entity], ids)
            return [self.known(row.entity_id) for row in rows]
        if kind not in _SERVER:
            raise KeyError(kind)
        return [None] * len(rows)

    async def of_ids(self, kind: type[Any], ids: Sequence[str]) -> list[Place]:
        """The places of what has these ids. No two rows of the registry have the same, whatever they are."""
        unknown = tuple({each for each in ids if each not in self._known})
        if unknown:
            query = Query(
                source=_SOURCES[kind], fields=("id", "project_id"), project_id=None, where=AnyOf("id", unknown)
            )
            self._known |= {row[0]: row[1] for row in await self._unit.rows(query)}
        return [self.known(each) for each in ids]

    def known(self, row_id: str) -> Place:
        """The place of what has this id, as far as it was asked for before."""
        return self._known.get(row_id, GONE)

    def learn(self, rows: Iterable[Any]) -> None:
        """Remember where rows belong that are about to be added."""
        for row in rows:
            if type(row) in _SOURCES and "project_id" in row.__struct_fields__ and "id" in row.__struct_fields__:
                self._known[row.id] = row.project_id


class ScopedUnit:
    """Fulfils ``Reader`` and ``Writer`` for a caller."""

    def __init__(self, unit: Writer, caller: Principal, known_id: str) -> None:
        self._unit = unit
        self._caller = caller
        self._known_id = known_id
        self._places = Places(unit)
        self._visible: Collection[str] | None = None if caller.role >= Role.VIEWER else sorted(caller.grants)

    async def get(self, entity: type[E], /, **key: Any) -> E | None:
        return await self._seen(await self._unit.get(entity, **key))

    async def find(self, entity: type[E], /, **key: Any) -> list[E]:
        return await self._all_seen(await self._unit.find(entity, **key))

    async def rows(self, query: Query) -> list[tuple[Any, ...]]:
        narrowed = query if self._visible is None else within(query, self._visible)
        return [] if narrowed is None else await self._unit.rows(narrowed)

    async def count(self, query: Query) -> int:
        narrowed = query if self._visible is None else within(query, self._visible)
        return 0 if narrowed is None else await self._unit.count(narrowed)

    async def count_by(
        self, query: Query, by: tuple[str | Span, ...], sums: tuple[Total, ...] = ()
    ) -> list[tuple[Any, ...]]:
        narrowed = query if self._visible is None else within(query, self._visible)
        return [] if narrowed is None else await self._unit.count_by(narrowed, by, sums)

    async def sum(self, entity: type[Entity], field: str, /, **key: Any) -> int:
        if self._visible is not None:
            asked = _listed(key.get("project_id", list(self._visible)))
            key["project_id"] = [each for each in asked if each in self._caller.grants]
        return await self._unit.sum(entity, field, **key)

    async def lock(self, entity: type[E], /, **key: Any) -> E | None:
        found = await self._unit.lock(entity, **key)
        return None if found is None or not await self._to_be_written(entity, [found]) else found

    async def lock_all(self, entity: type[E], /, **key: Any) -> list[E]:
        return await self._to_be_written(entity, await self._unit.lock_all(entity, **key))

    async def add(self, *entities: Entity) -> None:
        owners = [row for row in entities if type(row) in _SOURCES]
        await self._check_new(owners)
        # What belongs to them may come in the same breath.
        self._places.learn(owners)
        await self._check_new([row for row in entities if type(row) not in _SOURCES])
        await self._unit.add(*entities)

    async def add_if_absent(self, entity: Entity) -> bool:
        await self._check_new((entity,))
        added = await self._unit.add_if_absent(entity)
        if added:
            self._places.learn((entity,))
        return added

    async def add_absent(self, *entities: Entity) -> None:
        await self._check_new(entities)
        await self._unit.add_absent(*entities)

    async def put(self, *entities: Entity) -> None:
        await self._check_new(entities)
        await self._unit.put(*entities)

    async def change(self, entity: type[Entity], key: dict[str, Any], /, **values: Any) -> None:
        await self._check_key(entity, key)
        await self._unit.change(entity, key, **values)

    async def remove(self, entity: type[Entity], /, **key: Any) -> int:
        await self._check_key(entity, key)
        return await self._unit.remove(entity, **key)

    async def _seen(self, found: E | None) -> E | None:
        return None if found is None or not await self._all_seen([found]) else found

    async def _all_seen(self, found: list[E]) -> list[E]:
        if self._visible is None:
            return found
        return [row for row, place in zip(found, await self._places.of(found), strict=True) if self._sees(place)]

    async def _to_be_written(self, kind: type[E], found: list[E]) -> list[E]:
        """Of rows that are locked, those that are seen; who holds them back must be one who may write them."""
        seen = await self._all_seen(found)
        if kind in _SOURCES and kind is not Project:
            self._demand(kind, await self._places.of(seen))
        return seen

    def _sees(self, place: Place) -> bool:
        return self._visible is None or place is None or place in self._caller.grants

    def _edits(self, place: Place) -> bool:
        return bool(place) and self._caller.grants.get(place or GONE, Role.MEMBER) >= Role.EDITOR

    async def _check_new(self, rows: Sequence[Entity]) -> None:
        """Raise unless the caller may add these rows."""
        by_kind: dict[type[Any], list[Any]] = {}
        for row in rows:
            by_kind.setdefault(type(row), []).append(row)
        for kind, members in by_kind.items():
            if kind in _BESIDE or kind is Tag:
                # Who may edit somewhere may make tags; that they do, the use case has asked.
                continue
            if kind in (RunLink, RecordLink):
                await self._check_links(kind, members, new=True)
            elif kind in (Token, Reply):
                self._check_own(members)
            elif kind is Project:
                require_everywhere(self._caller, Role.EDITOR)
            else:
                self._demand(kind, await self._places.of(members))

    async def _check_key(self, kind: type[Any], key: dict[str, Any]) -> None:
        """Raise unless the caller may change, or remove, the rows that a key names."""
        if kind in _BESIDE:
            return
        if kind is Tag or (kind is TagLink and key.keys() == {"tag_id"}):
            await self._check_tags(_listed(key["id" if kind is Tag else "tag_id"]))
        elif kind in (RunLink, RecordLink):
            await self._check_links(kind, await self._unit.find(kind, **key), new=False)
        elif kind in (User, Token, Device, Reply):
            self._check_own(await self._unit.find(kind, **key))
        else:
            self._demand(kind, [place for place in await self._named(kind, key) if place != GONE])

    async def _named(self, kind: type[Any], key: dict[str, Any]) -> Sequence[Place]:
        """The places of the rows that a key names."""
        if kind is Project:
            return _listed(key["id"])
        if "project_id" in key:
            return _listed(key["project_id"])
        if kind in _SOURCES:
            query = Query(source=_SOURCES[kind], fields=("project_id",), project_id=None, where=_equal(key))
            return list({row[0] for row in await self._unit.rows(query)})
        if kind in _OWNERS and _OWNERS[kind][1] in key:
            owner, field = _OWNERS[kind]
            return await self._places.of_ids(owner, _listed(key[field]))
        if "entity" in key and "entity_id" in key:
            return await self._places.of_ids(_NAMED[key["entity"]], _listed(key["entity_id"]))
        return await self._places.of(await self._unit.find(kind, **key))

    def _demand(self, kind: type[Any], places: Iterable[Place]) -> None:
        """Raise unless the caller may write what belongs there."""
        role = Role.ADMIN if kind in (Project, Grant) else Role.EDITOR
        for place in set(places):
            if place is None:
                require_everywhere(self._caller, max(role, _SERVER_ROLES.get(kind, Role.ADMIN)))
            elif self._sees(place) or place == self._known_id:
                require_in(self._caller, place, role)
            else:
                # The project's own id would be one that the caller did not know.
                raise NotFound(kind.__name__.lower(), "asked for")

    def _check_own(self, rows: Iterable[Any]) -> None:
        """Raise unless the rows are the caller's own, or an administrator asks."""
        for row in rows:
            match row:
                case User():
                    user_id: str | None = row.id
                case Reply():
                    user_id = row.caller_id
                case _:
                    user_id = row.user_id
            # A device that waits for a user is nobody's yet.
            if user_id != self._caller.user_id and not (isinstance(row, Device) and user_id is None):
                require_everywhere(self._caller, Role.ADMIN)

    async def _check_tags(self, tag_ids: Sequence[str]) -> None:
        """Raise unless the caller edits every project in which something bears one of the tags."""
        edited = tuple(place for place in self._caller.grants if self._edits(place))
        elsewhere = And((AnyOf("tag_id", tuple(tag_ids)), Not(AnyOf("project_id", edited))))
        if await self._unit.count(Query(source="tag_link", fields=(), project_id=None, where=elsewhere)):
            raise Denied(
                f"The tag is used where {self._caller.name} is no editor; "
                "changing or deleting it needs the role editor in every project that uses it."
            )

    async def _check_links(self, kind: type[Any], links: Sequence[Any], *, new: bool) -> None:
        """Raise unless the caller edits one end of each link; and sees the other, of a new one."""
        if not links:
            return
        owners = await self._places.of(links)
        if kind is RunLink:
            others = await self._places.of_ids(Run, [link.run_id for link in links])
        else:
            for entity in {link.entity for link in links}:
                await self._places.of_ids(_NAMED[entity], [each.entity_id for each in links if each.entity == entity])
            others = [self._places.known(link.entity_id) for link in links]
        for owner, other in zip(owners, others, strict=True):
            if not (self._edits(owner) or (self._edits(other) and (self._sees(owner) or not new))):
                self._demand(kind, [owner])


_SERVER_ROLES: dict[type[Any], Role] = {Record: Role.EDITOR, TagLink: Role.EDITOR}
"""What it takes to write what belongs to the server; anything else is for administrators."""


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _equal(key: dict[str, Any]) -> Where:
    """That fields have these values; a list stands for any of its members."""
    return And(
        tuple(
            IsNull(name)
            if value is None
            else AnyOf(name, tuple(value))
            if isinstance(value, list)
            else Compare(name, Operator.EQ, value)
            for name, value in key.items()
        )
    )
