"""The files of a version, whoever wrote it: what lies in a place of this registry, or what shows its inline data.

Bytes that the registry keeps lie under a prefix of the version's own. A uri that a client chose counts where it lies in
the shared place, and names a directory or one file there; a version whose uri lies elsewhere has no files here.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import TypeAlias

from msgspec import Struct

from isogloss.core.access import ANYBODY, Principal, Role, require
from isogloss.core.errors import Invalid, NotFound
from isogloss.core.model import Instant, Json
from isogloss.core.places import SharedPlace, checked_path, is_laid_out, key_at, laid_out_at, owned_key
from isogloss.core.ports import Level, Objects, Reader, StoredObject
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry.content import check_foreign
from isogloss.core.registry.context import Registry
from isogloss.core.registry.transfers import Permit, files_of, read_object
from isogloss.core.renderings import (
    CSV_TYPE,
    JSON_TYPE,
    MARKDOWN_TYPE,
    TEXT_TYPE,
    Rendering,
    render,
    stem,
)

BYTES_TYPE = "application/octet-stream"

_MEDIA_TYPES = {"json": JSON_TYPE, "md": MARKDOWN_TYPE, "csv": CSV_TYPE, "txt": TEXT_TYPE, "log": TEXT_TYPE}
_MEDIA_TYPES |= {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}

CONTENT_FIELDS = ("id", "project_id", "artifact_id", "artifact.word", "form", "uri", "owned", "data", "updated")
"""What ``content_at`` needs of a row of a source of versions, in its order."""


class Inline(Struct, frozen=True, kw_only=True):
    """Data that is kept in the row, and shown as files that are made of it each time."""

    version_id: str
    form: str | None
    data: Json
    stem: str
    updated: Instant


class Stored(Struct, frozen=True):
    """What lies below a key; or the object there, where the content is one file."""

    key: str


Content: TypeAlias = Inline | Stored | None
"""Where a version's files come from; null where it has none."""


class VersionFile(Struct, frozen=True, kw_only=True):
    """A file of a version. ``path`` has slashes between names; ``size`` is in bytes, as many as are served."""

    path: str
    size: int
    modified: Instant
    media_type: str


class OpenedFile(Struct, frozen=True):
    """A file and its bytes in chunks."""

    file: VersionFile
    chunks: AsyncIterator[bytes]


async def list_files(registry: Registry, caller: Principal, version_id: str) -> list[VersionFile]:
    """All files of a version, in the order of their paths; none where it has no content that lies here.

    Raises ``Denied`` and ``NotFound``.
    """
    content = await _content(registry, caller, version_id)
    match content:
        case None:
            return []
        case Inline():
            made = await asyncio.to_thread(rendered, content)
            return sorted((_of_rendering(each, content) for each in made), key=_path)
        case Stored(key):
            objects = files_of(registry).objects
            found = [
                _of_object(each.key.removeprefix(f"{key}/"), each) async for page in objects.list(key) for each in page
            ]
            if not found:
                lone = await lone_object(objects, content)
                found = [] if lone is None else [_of_object(_name(key), lone)]
            return sorted(filter(_may_be_named, found), key=_path)


async def open_file(
    registry: Registry, caller: Principal, version_id: str, path: str, start: int = 0, end: int | None = None
) -> OpenedFile:
    """A file of a version, and its bytes from ``start`` up to, and without, ``end``.

    Raises ``Denied``, and ``NotFound`` for a version or a file that is not there, before there is a stream.
    """
    content = await _content(registry, caller, version_id)
    if isinstance(content, Inline):
        made = await find_rendering(content, path)
        return OpenedFile(_of_rendering(made, content), _once(made.content[start:end]))
    objects = files_of(registry).objects
    found = await objects.head(await key_of(objects, content, path))
    return OpenedFile(
        _of_object(path, found), await objects.stream(found.key, start, found.size if end is None else end)
    )


class Permitted(Struct, frozen=True):
    """What a permit to read lets read; ``content`` are its bytes where they lie nowhere."""

    permit: Permit
    found: StoredObject
    content: bytes | None = None


async def find_permitted(registry: Registry, permit: Permit) -> Permitted:
    """The object, or the file made of inline data, of a permit to read. Raises ``NotFound``."""
    if permit.version_id is None:
        return Permitted(permit, await files_of(registry).objects.head(permit.key))
    # Who holds an address may read by it.
    content = await _content(registry, ANYBODY, permit.version_id)
    if not isinstance(content, Inline):
        raise NotFound("file", permit.key)
    made = await find_rendering(content, permit.key)
    return Permitted(permit, _stored(made, content), made.content)


async def read_permitted(registry: Registry, permitted: Permitted, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` up to, and without, ``end``. Raises as ``transfers.read_object``."""
    if permitted.content is not None:
        return _once(permitted.content[start:end])
    return await read_object(registry, permitted.permit, permitted.found, start, end)


async def browse_files(objects: Objects, content: Content, path: str) -> Level:
    """What lies right below a path, which is empty for the root. Raises ``Invalid`` for a path that leads elsewhere."""
    if path:
        checked_path(path)
    match content:
        case Stored(key):
            level = await objects.browse(f"{key}/{path}" if path else key)
            if not path and not level.directories and not level.objects:
                lone = await lone_object(objects, content)
                level = Level(directories=[], objects=[] if lone is None else [lone])
            above = f"{path}/" if path else ""
            return Level(
                directories=[name for name in level.directories if is_path(above + name)],
                objects=[each for each in level.objects if is_path(above + _name(each.key))],
            )
        case Inline() if not path:
            made = await asyncio.to_thread(rendered, content)
            return Level(directories=[], objects=sorted((_stored(each, content) for each in made), key=_key))
    return Level(directories=[], objects=[])


async def key_of(objects: Objects, content: Stored | None, path: str) -> str:
    """The key of a file, which need not be there. Raises ``NotFound`` where no file can be.

    One that is the content itself goes by its own name.
    """
    if content is None or not is_path(path):
        raise NotFound("file", path)
    if path == _name(content.key) and await lone_object(objects, content) is not None:
        return content.key
    return f"{content.key}/{path}"


async def lone_object(objects: Objects, content: Stored) -> StoredObject | None:
    """The object that is the content by itself; null where there is none."""
    try:
        return await objects.head(content.key)
    except NotFound:
        return None


async def find_rendering(content: Inline, path: str) -> Rendering:
    """The file of this path that is made of inline data. Raises ``NotFound``."""
    for each in await asyncio.to_thread(rendered, content):
        if each.path == path:
            return each
    raise NotFound("file", path)


def rendered(content: Inline) -> tuple[Rendering, ...]:
    """The files that show inline data."""
    return render(content.form, content.data, content.stem)


async def _content(registry: Registry, caller: Principal, version_id: str) -> Content:
    async def work(unit: Reader) -> Content:
        return await content_of(registry, unit, caller, version_id)

    content = await registry.store.read(work)
    await check_content(registry, caller, content)
    return content


async def check_content(registry: Registry, caller: Principal, content: Content) -> None:
    """Raise ``Denied`` for files that are also those of a version which the caller does not see."""
    if isinstance(content, Stored):
        await check_foreign(registry, caller, content.key)


async def content_of(registry: Registry, unit: Reader, caller: Principal, version_id: str) -> Content:
    """Where the files of the version of this id come from. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=CONTENT_FIELDS,
            project_id=None,
            where=Compare("id", Operator.EQ, version_id),
        )
    )
    if not rows:
        raise NotFound("version", version_id)
    return content_at(files_of(registry).shared, *rows[0])


def content_at(
    place: SharedPlace,
    version_id: str,
    project_id: str,
    artifact_id: str,
    word: str | None,
    form: str | None,
    uri: str | None,
    owned: bool,
    data: Json | None,
    updated: Instant,
) -> Content:
    """Where the files of a version come from, by a row of ``CONTENT_FIELDS``."""
    if owned:
        return Stored(owned_key(project_id, version_id))
    if uri is None or laid_out_at(project_id, version_id, uri) is not None:
        if data is None:
            return None
        return Inline(version_id=version_id, form=form, data=data, stem=stem(artifact_id, word), updated=updated)
    try:
        key = key_at(place, uri)
    except Invalid:
        return None
    # Whoever chose the uri has nothing there: it is made of other versions' data.
    return None if is_laid_out(key) else Stored(key)


def is_path(path: str) -> bool:
    """Whether a file can be asked for by this path: none leads elsewhere, wherever a client puts what it downloads."""
    try:
        checked_path(path)
    except Invalid:
        return False
    return True


def _may_be_named(file: VersionFile) -> bool:
    return is_path(file.path)


def _of_object(path: str, found: StoredObject) -> VersionFile:
    return VersionFile(path=path, size=found.size, modified=found.modified, media_type=media_type(path))


def _of_rendering(made: Rendering, content: Inline) -> VersionFile:
    return VersionFile(path=made.path, size=len(made.content), modified=content.updated, media_type=made.media_type)


def _stored(made: Rendering, content: Inline) -> StoredObject:
    """A file made of inline data, as if it were an object."""
    tag = hashlib.sha256(made.content).hexdigest()[:32]
    return StoredObject(key=made.path, size=len(made.content), modified=content.updated, etag=tag)


def media_type(path: str) -> str:
    """What the bytes of a file are, by the end of its name; never what a browser would run."""
    return _MEDIA_TYPES.get(path.rpartition(".")[2].lower(), BYTES_TYPE)


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _path(file: VersionFile) -> str:
    return file.path


def _key(found: StoredObject) -> str:
    return found.key


async def _once(content: bytes) -> AsyncIterator[bytes]:
    if content:
        yield content
