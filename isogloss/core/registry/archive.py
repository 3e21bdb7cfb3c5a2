"""A whole registry as one archive: written from a snapshot of its rows and its files, and read into an empty one.

An archive is a gzipped tar that is written and read from one end to the other, so that no size of it takes memory:
``manifest.json``, then rows as JSON lines in ``rows/KIND/NUMBER.jsonl``, what others refer to first, then files under
``objects/``, each by its key, and last ``end.json``, with the digest over all that is before it. What it lacks, or what
was changed in it, is found by reading it, which is done before anything is written.

A registry that an archive is read into is the same one afterwards, with its id, its secret and all ids. It must hold
nothing but what it made by itself. Each member of rows is a transaction, which also notes how far the import is: so one
that was interrupted goes on where it was, and until it is finished nobody serves what is there.
"""

import hashlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import IO, Any, TypeAlias
from uuid import uuid4

import msgspec
from msgspec import Struct, field
from msgspec.structs import asdict, replace

from isogloss.core.archives import END, Member, compressed, head_of, members_of, padding_of, whole
from isogloss.core.errors import Conflict, Corrupted, Invalid, NotFound
from isogloss.core.model import (
    Artifact,
    AuditEntry,
    Derivation,
    Device,
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
from isogloss.core.places import OWNED, SHARED, SharedPlace, checked_key, is_upload, moved, moved_json
from isogloss.core.ports import Clock, Files, Objects, Reader, Rows, Store, StoredObject, Writer
from isogloss.core.query import Query
from isogloss.core.registry.users import ADMIN, OPEN_USER

FORMAT = 1

TRAVELLING: tuple[type[Entity], ...] = (
    *(Setting, Project, User, Device, Token, Grant, Tag),
    *(Workflow, Run, RunState, Parameter, RunTag, MetricPoint, Metric, LogLine),
    *(Event, EventResource),
    *(Artifact, Version, RunLink, Derivation, Stage, Discard),
    *(Record, RecordLink, TagLink, MetadataEntry, Property, Tally, AuditEntry),
)
"""What an archive has rows of, what others refer to before these. Tallies are kept as they are: their sums are exact,
and to count anew takes as long as all the rest. Stages and discards say whose files are among those that travel."""

STAYING: tuple[type[Entity], ...] = (Upload, Reply)
"""What means nothing elsewhere: uploads are the storage's own, and replies tell of the place as it was for a while."""

ROWS_AT_MOST = 1_000
BYTES_ENOUGH = 4 * 1024 * 1024
"""A member of rows, which is one transaction, ends with so many rows or bytes."""

OBJECTS_BETWEEN = 100
OBJECT_BYTES_BETWEEN = 64 * 1024 * 1024
"""After so many files, or bytes of them, it is noted how far an import is."""

UNFINISHED = "unfinished-import"
"""The setting that is there while an import is: which archive it is, and how many of its members are here."""

_MANIFEST, _END_MARK, _ROWS, _OBJECTS = "manifest.json", "end.json", "rows/", "objects/"
_KINDS = {kind.__name__: kind for kind in TRAVELLING}
_MEASURED = (Metric, MetricPoint)
"""What has numbers that may be infinite, which JSON cannot say."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What an archive says of itself. ``schema`` is the name of the last migration, ``place`` where the files were."""

    id: str
    format: int
    schema: str
    made: Instant
    place: SharedPlace


class Contents(Struct, kw_only=True):
    """How much there is: rows by kind, files and their bytes."""

    rows: dict[str, int] = field(default_factory=dict)
    objects: int = 0
    bytes: int = 0

    def count(self, kind: type[Entity], rows: int) -> None:
        """Add rows of a kind."""
        self.rows[kind.__name__] = self.rows.get(kind.__name__, 0) + rows


class _End(Struct, frozen=True, kw_only=True):
    contents: Contents
    sha256: str


Progress: TypeAlias = Callable[[Contents], None]


async def export_archive(
    rows: Rows, files: Files, clock: Clock, schema: str, progress: Progress
) -> AsyncGenerator[bytes, None]:
    """The archive of a registry, in chunks. Rows are those of one moment; files are read after them.

    Raises ``Conflict`` where a file changes while it is read. One that is removed meanwhile is left out.
    """
    async for chunk in compressed(_members(rows, files, clock(), schema, progress)):
        yield chunk


async def _members(rows: Rows, files: Files, now: Instant, schema: str, progress: Progress) -> AsyncIterator[bytes]:
    contents, digest = Contents(), _Digest()
    manifest = Manifest(id=str(uuid4()), format=FORMAT, schema=schema, made=now, place=files.shared)
    yield digest.file(_MANIFEST, msgspec.json.encode(manifest), now)
    async for kind, number, lines in _batches(rows):
        contents.count(kind, len(lines))
        yield digest.file(f"{_ROWS}{kind.__name__}/{number:06d}.jsonl", b"".join(lines), now)
        progress(contents)
    async for found in _objects(files.objects):
        try:
            content = await files.objects.stream(found.key, 0, found.size)
        except NotFound:
            continue
        name = f"{_OBJECTS}{found.key}"
        digest.begin(name, found.size)
        yield head_of(name, found.size, found.modified)
        async for chunk in whole(found, content):
            digest.update(chunk)
            yield chunk
            contents.bytes += len(chunk)
            progress(contents)
        yield padding_of(found.size)
        contents.objects += 1
    end = msgspec.json.encode(_End(contents=contents, sha256=digest.hexdigest()))
    yield head_of(_END_MARK, len(end), now) + end + padding_of(len(end)) + END


async def _batches(rows: Rows) -> AsyncIterator[tuple[type[Entity], int, list[bytes]]]:
    """Rows as lines, as many together as make a member: its kind, its number among those of the kind, its lines."""
    kind: type[Entity] | None = None
    number, size, lines = 0, 0, list[bytes]()
    async for page in rows.scan(TRAVELLING):
        for row in page:
            if kind is not None and (type(row) is not kind or len(lines) >= ROWS_AT_MOST or size >= BYTES_ENOUGH):
                yield kind, number, lines
                number, size, lines = number + 1, 0, []
            if type(row) is not kind:
                kind, number = type(row), 0
            lines.append(_line(row))
            size += len(lines[-1])
    if kind is not None:
        yield kind, number, lines


async def _objects(objects: Objects) -> AsyncIterator[StoredObject]:
    for place in (OWNED, SHARED):
        async for page in objects.list(place):
            for each in page:
                if not is_upload(each.key):
                    yield each


def _line(row: Entity) -> bytes:
    if isinstance(row, _MEASURED) and math.isinf(row.value):
        return msgspec.json.encode(asdict(row) | {"value": str(row.value)}) + b"\n"
    return msgspec.json.encode(row) + b"\n"


class _Digest:
    """Over names, sizes and contents of members, so that none can be cut short, left out or put elsewhere."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self.update, self.hexdigest = self._sum.update, self._sum.hexdigest

    def begin(self, name: str, size: int) -> None:
        self._sum.update(f"{size} {name}\0".encode())

    def file(self, name: str, content: bytes, now: Instant) -> bytes:
        """A small member as it stands in the archive."""
        self.begin(name, len(content))
        self._sum.update(content)
        return head_of(name, len(content), now) + content + padding_of(len(content))


Take: TypeAlias = Callable[[Manifest, Member], Awaitable[None]]


async def check_archive(file: IO[bytes], schema: str, progress: Progress) -> tuple[Manifest, Contents]:
    """Read an archive to its end and see that it is whole, and one that this registry can take; tells what it holds.

    Raises ``Corrupted`` where it is damaged or cut off, ``Invalid`` where its format or schema is another one.
    """
    contents = Contents()

    async def examine(manifest: Manifest, member: Member) -> None:
        if member.name.startswith(_ROWS):
            kind, rows = _rows_in(member.name, await _all_of(member))
            contents.count(kind, len(rows))
        else:
            _key_of(member.name)
            async for chunk in member.chunks:
                contents.bytes += len(chunk)
            contents.objects += 1
        progress(contents)

    manifest, said = await _read(file, schema, examine)
    if said != contents:
        raise Corrupted("The archive does not hold as much as it says at its end.")
    return manifest, contents


async def _read(file: IO[bytes], schema: str, take: Take) -> tuple[Manifest, Contents]:
    """Hand every member over, in order; gives what the archive says of itself at its two ends."""
    digest = _Digest()
    manifest: Manifest | None = None
    end: _End | None = None

    async def summed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            digest.update(chunk)
            yield chunk

    async for member in members_of(file):
        if manifest is None:
            manifest = _manifest_in(member.name, content := await _all_of(member), schema)
            digest.begin(member.name, member.size)
            digest.update(content)
        elif member.name == _END_MARK:
            end = _decoded(await _all_of(member), _End, member.name)
            if end.sha256 != digest.hexdigest():
                raise Corrupted("The archive is damaged: its content is not what was written into it.")
        else:
            digest.begin(member.name, member.size)
            given = Member(member.name, member.size, summed(member.chunks))
            await take(manifest, given)
            async for _ in given.chunks:
                pass
    if manifest is None or end is None:
        raise Corrupted("The archive is cut off.")
    return manifest, end.contents


def _manifest_in(name: str, content: bytes, schema: str) -> Manifest:
    if name != _MANIFEST:
        raise Corrupted(f"This is no archive of a registry: it begins with {name!r} instead of {_MANIFEST!r}.")
    said = _decoded(content, dict[str, Any], name)
    if said.get("format") != FORMAT:
        raise Invalid("archive", f"must have the format {FORMAT}; this one has {said.get('format')!r}")
    if said.get("schema") != schema:
        raise Invalid(
            "archive",
            f"must have the schema {schema}, as this release has; this one has {said.get('schema')!r}. Import it with "
            "the release that made it, then upgrade there; or upgrade the registry it comes from, and export anew",
        )
    manifest: Manifest = _decoded(content, Manifest, name)
    return manifest


def _rows_in(name: str, content: bytes) -> tuple[type[Entity], list[Entity]]:
    kind = _KINDS.get(name.removeprefix(_ROWS).partition("/")[0])
    if kind is None:
        raise Corrupted(f"The archive has a member {name!r}, which is of no kind that is known.")
    return kind, [_decoded(line, kind, name, strict=kind not in _MEASURED) for line in content.splitlines()]


def _key_of(name: str) -> str:
    """The key of a file. Raises ``Corrupted`` for a member that is none."""
    key = name.removeprefix(_OBJECTS)
    if not name.startswith(_OBJECTS) or not key.startswith((f"{OWNED}/", f"{SHARED}/")):
        raise Corrupted(f"The archive has a member {name!r}, which is neither rows nor a file.")
    try:
        return checked_key(key)
    except Invalid as error:
        raise Corrupted(f"The archive has a file that no registry can have: {error}") from None


async def _all_of(member: Member) -> bytes:
    return b"".join([chunk async for chunk in member.chunks])


def _decoded(content: bytes, kind: Any, name: str, *, strict: bool = True) -> Any:
    try:
        return msgspec.json.decode(content, type=kind, strict=strict)
    except msgspec.DecodeError as error:
        raise Corrupted(f"The archive's {name!r} cannot be read: {error}") from None


async def import_archive(
    store: Store, files: Files, file: IO[bytes], manifest: Manifest, schema: str, progress: Progress
) -> Contents:
    """Write all that a checked archive holds, or what an import of it that was interrupted left; tells how much it is.

    Raises ``Conflict`` where the registry holds something else, and then changes nothing.
    """
    arrival = _Arrival(store, files, manifest, progress)
    await arrival.begin()
    again, contents = await _read(file, schema, arrival.take)
    if again.id != manifest.id:
        raise Conflict("The archive changed while it was read.")
    await arrival.end()
    return contents


async def unfinished_import(unit: Reader) -> bool:
    """Whether an import was begun and not finished."""
    return await unit.get(Setting, name=UNFINISHED) is not None


class _Arrival:
    """An archive on its way in. ``done`` is how many of its members were here before, or are by now, for certain."""

    def __init__(self, store: Store, files: Files, manifest: Manifest, progress: Progress) -> None:
        self._store, self._files, self._manifest, self._progress = store, files, manifest, progress
        self._done = 0
        self._seen = 0
        self._noted = (0, 0)
        self._contents = Contents()

    async def begin(self) -> None:
        """Make room, or find out where to go on."""
        manifest = self._manifest

        async def is_new(unit: Reader) -> bool:
            if await unfinished_import(unit):
                return False
            await _require_vacant(unit)
            return True

        if await self._store.read(is_new) and manifest.place.root != self._files.shared.root:
            # Where the place is the same one, the files in it are those of the archive.
            await _require_no_files(self._files.objects)

        async def work(unit: Writer) -> int:
            kept = await unit.get(Setting, name=UNFINISHED)
            if kept is not None:
                archive_id, _, done = kept.value.partition(" ")
                if archive_id != manifest.id:
                    raise Conflict("The import of another archive was not finished here; give that one again.")
                return int(done)
            await _require_vacant(unit)
            for kind in (*STAYING, *reversed(TRAVELLING)):
                await unit.remove(kind)
            await unit.add(self._note(0))
            return 0

        self._done = await self._store.write(work)

    async def take(self, manifest: Manifest, member: Member) -> None:
        """Write a member, unless it is here."""
        self._seen += 1
        if member.name.startswith(_ROWS):
            await self._take_rows(member)
        else:
            await self._take_object(member)
        self._progress(self._contents)

    async def _take_rows(self, member: Member) -> None:
        kind, rows = _rows_in(member.name, await _all_of(member))
        self._contents.count(kind, len(rows))
        if self._seen > self._done:
            here = _relocated(rows, self._manifest.place, self._files.shared)

            async def work(unit: Writer) -> None:
                await unit.add(*here)
                await unit.put(self._note(self._seen))

            await self._store.write(work)

    async def _take_object(self, member: Member) -> None:
        if self._seen > self._done:
            await self._files.objects.write_stream(_key_of(member.name), member.chunks)
        self._contents.objects += 1
        self._contents.bytes += member.size
        objects, size = self._noted
        if self._contents.objects - objects >= OBJECTS_BETWEEN or self._contents.bytes - size >= OBJECT_BYTES_BETWEEN:
            self._noted = (self._contents.objects, self._contents.bytes)
            if self._seen > self._done:
                await self._store.write(self._say)

    async def _say(self, unit: Writer) -> None:
        await unit.put(self._note(self._seen))

    async def end(self) -> None:
        """Take away the note that there is more to come."""

        async def work(unit: Writer) -> None:
            await unit.remove(Setting, name=UNFINISHED)

        await self._store.write(work)

    def _note(self, done: int) -> Setting:
        return Setting(name=UNFINISHED, value=f"{self._manifest.id} {done}")


async def _require_vacant(unit: Reader) -> None:
    """Raise unless there is nothing but what a registry makes by itself at its first start."""
    for source in ("every_artifact", "workflow", "run", "audit_entry"):
        if await unit.count(Query(source=source, fields=(), project_id=None)):
            raise _Occupied()
    for kind in (Token, Device, Tag, Grant):
        if await unit.find(kind):
            raise _Occupied()
    users = {user.name for user in await unit.find(User)}
    if users - {ADMIN, OPEN_USER} or len(await unit.find(Project)) > 1:
        raise _Occupied()


class _Occupied(Conflict):
    def __init__(self) -> None:
        super().__init__(
            "This registry holds something already, and an archive is not mixed with it: import it into an empty one, "
            "with another ISOGLOSS_HOME, or another ISOGLOSS_DATABASE_URL and ISOGLOSS_STORAGE_URL."
        )


async def _require_no_files(objects: Objects) -> None:
    for place in (OWNED, SHARED):
        level = await objects.browse(place)
        if level.directories or level.objects:
            raise Conflict(
                "The place for files holds some already, which the archive's must not replace: give an empty one, with "
                "ISOGLOSS_STORAGE_URL."
            )


_URIS: dict[type[Any], tuple[str, ...]] = {Version: ("uri",), Property: ("value",)}
_FACETS: dict[type[Any], tuple[str, ...]] = {
    Version: ("facet",),
    Workflow: ("facet",),
    Run: ("facet",),
    Record: ("body",),
}
"""JSON in which a dialect keeps uris, among other things. What clients gave as content or metadata is never touched."""


def _relocated(rows: Iterable[Entity], old: SharedPlace, new: SharedPlace) -> Sequence[Entity]:
    """Rows whose uris lead to where the files are now."""
    if old.root == new.root:
        return list(rows)
    return [_relocated_row(row, old, new) for row in rows]


def _relocated_row(row: Any, old: SharedPlace, new: SharedPlace) -> Entity:
    values = {}
    for change, names in ((moved, _URIS.get(type(row), ())), (moved_json, _FACETS.get(type(row), ()))):
        for name in names:
            if (text := getattr(row, name)) is not None:
                values[name] = change(text, old, new)
    moved_row: Entity = replace(row, **values) if values else row
    return moved_row
