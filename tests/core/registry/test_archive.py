"""A whole registry as one archive: written, read into another engine and another place, and written again."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import msgspec
import pytest
from msgspec.structs import replace

from isogloss.adapters.zenml.routes import PREFIX
from isogloss.core.access import Role
from isogloss.core.errors import Conflict, Corrupted, Invalid, RegistryError
from isogloss.core.model import (
    Device,
    Discard,
    Entity,
    Metric,
    MetricPoint,
    Reply,
    Setting,
    Token,
    Upload,
    User,
    Version,
)
from isogloss.core.ports import Files, Objects, Reader, Store, StoredObject, Writer
from isogloss.core.registry import Registry, archive
from isogloss.core.registry.archive import (
    STAYING,
    TRAVELLING,
    Contents,
    check_archive,
    export_archive,
    import_archive,
    unfinished_import,
)
from isogloss.core.registry.tokens import issue_token
from isogloss.gateway.keys import make_personal
from isogloss.storage.objects import open_objects
from isogloss.storage.sql.postgresql import PostgresqlStore
from isogloss.storage.sql.sqlite import SqliteStore
from isogloss.storage.sql.store import open_store
from tests.support.databases import Databases
from tests.support.registries import START
from tests.support.s3 import S3Server, s3_server
from tests.support.secret_project import WORD, SecretProject
from tests.support.whole_app import WholeApp, whole_app

T = TypeVar("T")

PASSWORD = "correct horse"
SCHEMA = "0042"
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def other_url(databases: Databases, engine: str) -> Iterator[str]:
    """A new database on the other engine."""
    with databases.fresh(OTHER[engine], migrated=True) as url:
        yield url


@pytest.fixture
def third_url(databases: Databases, engine: str) -> Iterator[str]:
    """One more on the engine of the test."""
    with databases.fresh(engine, migrated=True) as url:
        yield url


@asynccontextmanager
async def files_at(url: str, environment: dict[str, str] | None = None) -> AsyncIterator[Files]:
    objects = await open_objects(url, environment or {})
    try:
        yield Files(objects=objects, shared=objects.shared, parts=objects.parts)
    finally:
        await objects.close()


@asynccontextmanager
async def store_at(url: str) -> AsyncIterator[SqliteStore | PostgresqlStore]:
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


def quiet(contents: Contents) -> None:
    """Nobody watches."""


async def exported(store: SqliteStore | PostgresqlStore, files: Files) -> bytes:
    return b"".join([chunk async for chunk in export_archive(store, files, lambda: START, SCHEMA, quiet)])


async def imported(content: bytes, store: Store, files: Files) -> Contents:
    manifest, _ = await check_archive(io.BytesIO(content), SCHEMA, quiet)
    return await import_archive(store, files, io.BytesIO(content), manifest, SCHEMA, quiet)


def members(content: bytes) -> dict[str, bytes]:
    """What any program for tars reads of an archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        return {each.name: opened.extractfile(each).read() for each in opened}  # type: ignore[union-attr]


def held(content: bytes) -> dict[str, Any]:
    """The rows and files of an archive, by what they are; without what every archive has of its own."""
    found = members(content)
    files = {name: found[name] for name in sorted(found) if name.startswith("objects/")}
    rows: dict[str, list[bytes]] = {}
    for name, lines in found.items():
        if name.startswith("rows/"):
            rows.setdefault(name.split("/")[1], []).extend(lines.splitlines())
    return {"files": files, **rows}


async def find(store: Store, kind: type[Any], /, **key: Any) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(kind, **key)

    return await store.read(work)


async def add(store: Store, *rows: Entity) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(*rows)

    await store.write(work)


async def fill(app: WholeApp) -> None:
    """Rows of every kind, and files in every place."""
    issued = await issue_token(app.registry, "admin", make_personal, role=Role.ADMIN)
    secret = SecretProject(app, issued.key)
    await secret.fill()
    # What others keep in rows is laid out when ZenML's clients are first told of it.
    listed = await app.ask("GET", f"{PREFIX}/artifact_versions?project=default&size=1000", key=issued.key)
    assert listed.status == 200
    [user] = await find(app.registry.store, User, name="admin")
    known: dict[str, Any] = dict.fromkeys(Device.__struct_fields__)
    known |= {"id": app.registry.new_id(), "client_id": "c", "user_id": user.id, "user_digest": "a"}
    known |= {"device_digest": "b", "status": "active", "trusted": False, "attempts": 0}
    device = Device(**known | {"created": 1, "updated": 1, "expires": 2})
    # The key that was replaced comes before the one that replaced it.
    [token] = await find(app.registry.store, Token, id=issued.token.id)
    older = replace(token, id=f"00{token.id[2:]}", digest="other", device_id=device.id, successor_id=token.id)
    run = secret.at["tf_run"]
    endless = Metric(run_id=run, key="null", step=1, at=1, value=float("-inf"), nan=False)
    await add(app.registry.store, device)
    await add(
        app.registry.store,
        older,
        endless,
        MetricPoint(run_id=run, key="null", step=1, at=1, value=float("inf"), nan=False),
        MetricPoint(run_id=run, key="null", step=2, at=1, value=0.0, nan=True),
        Discard(prefix="owned/x/y", created=1, due=2, until=3),
        Upload(id="u", key="owned/x/y/files/z", reference="r", created=1, expires=2),
        Reply(key="k", caller_id=user.id, body="{}", created=1),
    )


@pytest.fixture
async def original(database_url: str, tmp_path: Path) -> bytes:
    """The archive of a registry that has everything. Its files lie at ``tmp_path / first``."""
    async with whole_app(database_url, tmp_path / "first", PASSWORD) as app:
        await fill(app)
        assert app.registry.files is not None
        await app.registry.files.objects.write("owned/p/v/uploads/u/1", b"a part")
    async with store_at(database_url) as store, files_at(f"file://{tmp_path}/first/objects") as files:
        return await exported(store, files)


def test_each_entity_either_travels_or_stays() -> None:
    assert {*TRAVELLING, *STAYING} == set(get_args(Entity))
    assert len(TRAVELLING) + len(STAYING) == len(get_args(Entity))


async def test_an_archive_has_rows_of_every_kind_that_travels(original: bytes) -> None:
    found = held(original)
    assert found.keys() - {"files"} == {kind.__name__ for kind in TRAVELLING}
    assert {name.split("/")[1] for name in found["files"]} == {"owned", "shared"}
    assert any(name.startswith("objects/shared/isogloss/") for name in found["files"])
    assert not any("/uploads/" in name for name in found["files"])


async def test_a_registry_comes_back_from_another_engine_and_another_place_as_it_was(
    original: bytes, other_url: str, third_url: str, tmp_path: Path, s3: S3Server
) -> None:
    """There and back: the first place is empty again by then."""
    place = f"file://{tmp_path}/first/objects"
    bucket = f"s3://{s3.make_bucket()}/pre"
    async with store_at(other_url) as store, files_at(bucket, dict(s3.environment)) as files:
        contents = await imported(original, store, files)
        there = await exported(store, files)
        assert not await store.read(unfinished_import)
        uris = [row.uri for row in await find(store, Version) if row.uri]
    end = msgspec.json.decode(members(original)["end.json"])
    assert msgspec.to_builtins(contents) == end["contents"]
    assert held(there)["files"] == held(original)["files"]
    assert len([uri for uri in uris if uri.startswith(f"{bucket}/shared/")]) >= 2
    assert any(uri.startswith(f"{bucket}/owned/") for uri in uris)
    root = str(tmp_path / "first" / "objects").encode()
    for kind in ("Version", "Record", "Run", "Workflow", "Property"):
        assert not [line for line in held(there)[kind] if b'"' + root in line.replace(b'\\"', b'"')]

    (tmp_path / "first" / "objects").rename(tmp_path / "gone")
    async with store_at(third_url) as store, files_at(place) as files:
        await imported(there, store, files)
        assert held(await exported(store, files)) == held(original)


async def test_a_moved_registry_knows_its_users_and_shows_its_pictures(
    original: bytes, other_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "second"
    async with store_at(other_url) as store, files_at(f"file://{home}/objects") as files:
        await imported(original, store, files)
    async with whole_app(other_url, home, "another") as app:
        [user] = await find(app.registry.store, User, name="admin")
        key = (await issue_token(app.registry, "admin", make_personal)).key
        [row] = await find(app.registry.store, Version, dialect="zenml")
        version = (await app.ask("GET", f"{PREFIX}/artifact_versions/{row.id}", key=key)).json
        assert version["body"]["uri"] == f"{home}/objects/shared/{WORD}"
        [picture] = version["metadata"]["visualizations"]
        assert picture["body"]["uri"] == f"{home}/objects/shared/{WORD}/data.txt"
        shown = await app.ask("GET", f"{PREFIX}/artifact_versions/{row.id}/visualize", key=key)
        assert shown.status == 200, shown
    assert user.password is not None


def altered(content: bytes) -> bytes:
    """The archive with one letter of a file changed, and gzip's own sums right."""
    return gzip.compress(gzip.decompress(content).replace(WORD.encode() + b"\0", WORD.upper().encode() + b"\0", 1))


def with_manifest(content: bytes, **values: object) -> bytes:
    """The archive with another manifest, and all sums right."""
    found = members(content)
    found["manifest.json"] = msgspec.json.encode(msgspec.json.decode(found["manifest.json"]) | values)
    digest = hashlib.sha256()
    for name, each in found.items():
        if name != "end.json":
            digest.update(f"{len(each)} {name}\0".encode() + each)
    end = msgspec.json.decode(found["end.json"]) | {"sha256": digest.hexdigest()}
    return packed(found | {"end.json": msgspec.json.encode(end)})


def packed(found: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as opened:
        for name, content in found.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return made.getvalue()


SPOILED: dict[str, tuple[Callable[[bytes], bytes], type[RegistryError], str]] = {
    "cut off early": (lambda content: content[:500], Corrupted, "cut off"),
    "cut off late": (lambda content: content[:-100], Corrupted, "cut off"),
    "without its end": (
        lambda content: packed({k: v for k, v in members(content).items() if k != "end.json"}),
        Corrupted,
        "cut off",
    ),
    "without a file": (
        lambda content: packed({k: v for k, v in members(content).items() if not k.endswith("data.txt")}),
        Corrupted,
        "not what was written",
    ),
    "in another order": (
        lambda content: packed(
            dict(sorted(members(content).items(), key=lambda each: (each[0] == "end.json", each[0])))
        ),
        Corrupted,
        "not what was written",
    ),
    "altered": (altered, Corrupted, "not what was written"),
    "damaged": (lambda content: content[:600] + bytes(50) + content[650:], Corrupted, "damaged"),
    "no archive": (lambda content: b"something else", Corrupted, "no archive"),
    "another tar": (lambda content: packed({"a": b"b"}), Corrupted, "no archive of a registry"),
    "nothing": (lambda content: b"", Corrupted, ""),
    "of another format": (lambda content: with_manifest(content, format=2), Invalid, "must have the format 1"),
    "of a newer schema": (lambda content: with_manifest(content, schema="0043"), Invalid, "must have the schema 0042"),
    "with a file outside": (
        lambda content: with_members(content, {"objects/shared/../../etc/passwd": b"root"}),
        Corrupted,
        "no registry can have",
    ),
    "with what is neither": (lambda content: with_members(content, {"other": b""}), Corrupted, "neither rows nor"),
    "with rows of no kind": (
        lambda content: with_members(content, {"rows/Pipeline/0.jsonl": b"{}"}),
        Corrupted,
        "no kind that is known",
    ),
    "with a row that is none": (
        lambda content: with_members(content, {"rows/Version/9.jsonl": b"{}"}),
        Corrupted,
        "cannot be read",
    ),
}


def with_members(content: bytes, more: dict[str, bytes]) -> bytes:
    """The archive with further members before its end, and all sums right."""
    found = members(content)
    end = found.pop("end.json")
    return with_manifest(packed(found | more | {"end.json": end}))


async def test_a_rewritten_archive_is_good_as_long_as_nothing_is_changed(original: bytes) -> None:
    """What follows shows something only if this holds."""
    await check_archive(io.BytesIO(with_manifest(original)), SCHEMA, quiet)


async def test_a_spoiled_archive_is_refused_before_anything_is_written(original: bytes) -> None:
    for how, (spoil, error, sentence) in SPOILED.items():
        with pytest.raises(error) as raised:
            await check_archive(io.BytesIO(spoil(original)), SCHEMA, quiet)
        assert sentence in str(raised.value), (how, raised.value)


class FailingStore:
    """A store whose writes fail after so many of them."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store, self._left = store, writes
        self.read = store.read

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        if not self._left:
            raise OSError("away")
        self._left -= 1
        return await self._store.write(work)


async def test_an_import_that_was_interrupted_at_any_place_goes_on_from_there(
    original: bytes, third_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "OBJECTS_BETWEEN", 1)
    interrupted = 0
    async with store_at(third_url) as store, files_at(f"file://{tmp_path}/second") as files:
        while True:
            # Each time, one write more than nothing: the first one finds out how far it is.
            try:
                await imported(original, FailingStore(store, 2), files)
                break
            except OSError:
                interrupted += 1
                assert await store.read(unfinished_import)
        assert not await store.read(unfinished_import)
        assert held(await exported(store, files))["files"] == held(original)["files"]
        assert {kind: len(rows) for kind, rows in held(await exported(store, files)).items()} == {
            kind: len(rows) for kind, rows in held(original).items()
        }
    assert interrupted == len(members(original)) - 2


async def test_the_import_of_another_archive_does_not_go_on_where_one_was_interrupted(
    original: bytes, third_url: str, tmp_path: Path
) -> None:
    another = with_manifest(original, id="another")
    async with store_at(third_url) as store, files_at(f"file://{tmp_path}/second") as files:
        with pytest.raises(OSError, match="away"):
            await imported(original, FailingStore(store, 3), files)
        with pytest.raises(Conflict, match="another archive was not finished"):
            await imported(another, store, files)
        await imported(original, store, files)


@pytest.mark.parametrize("by", ["token", "audit"])
async def test_a_registry_that_holds_something_takes_no_archive_and_keeps_what_it_has(
    by: str, original: bytes, third_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "second"
    async with whole_app(third_url, home, PASSWORD) as app:
        if by == "token":
            await issue_token(app.registry, "admin", make_personal)
    async with store_at(third_url) as store, files_at(f"file://{home}/objects") as files:
        if by == "audit":
            row = members(original)["rows/AuditEntry/000000.jsonl"].splitlines()[0]
            [entry] = archive._rows_in("rows/AuditEntry/0", row)[1]
            await add(store, entry)
        before = held(await exported(store, files))
        with pytest.raises(Conflict, match="holds something already"):
            await imported(original, store, files)
        assert held(await exported(store, files)) == before


async def test_files_that_are_there_already_are_not_replaced(original: bytes, third_url: str, tmp_path: Path) -> None:
    async with store_at(third_url) as store, files_at(f"file://{tmp_path}/second") as files:
        await files.objects.write("shared/mine", b"mine")
        with pytest.raises(Conflict, match="holds some already"):
            await imported(original, store, files)
        assert not await find(store, Setting)


async def test_into_what_a_registry_made_by_itself_an_archive_goes(
    original: bytes, third_url: str, tmp_path: Path
) -> None:
    """The gateway was started there once: a project, a user, a stack and a secret, which give way."""
    home = tmp_path / "second"
    async with whole_app(third_url, home, PASSWORD):
        pass
    async with store_at(third_url) as store, files_at(f"file://{home}/objects") as files:
        await imported(original, store, files)
        for kind in ("Project", "User", "Setting", "Record"):
            assert len(held(await exported(store, files))[kind]) == len(held(original)[kind])


async def test_small_members_and_large_rows(
    original: bytes, third_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rows are put together, they are the same."""
    place = f"file://{tmp_path}/first/objects"
    async with store_at(third_url) as store, files_at(place) as files:
        await imported(original, store, files)
        for limit, at_most in (("ROWS_AT_MOST", 1), ("BYTES_ENOUGH", 1), ("ROWS_AT_MOST", 3)):
            with monkeypatch.context() as patch:
                patch.setattr(archive, limit, at_most)
                again = await exported(store, files)
            assert held(again) == held(original)
            assert len(members(again)) > len(members(original))
            await check_archive(io.BytesIO(again), SCHEMA, quiet)


class ChangingObjects:
    """A place in which one file is removed, or cut, right after it was listed."""

    def __init__(self, files: Files, path: Path, cut: bool) -> None:
        self._objects, self._path, self._cut = files.objects, path, cut
        self.stream = files.objects.stream

    async def list(self, prefix: str) -> AsyncIterator[list[StoredObject]]:
        async for page in self._objects.list(prefix):
            if self._path.exists():
                self._path.write_text("") if self._cut else self._path.unlink()
            yield page


@pytest.mark.parametrize("cut", [False, True])
async def test_files_that_go_while_an_archive_is_made_are_left_out_and_those_that_change_end_it(
    cut: bool, registry: Registry, store: SqliteStore | PostgresqlStore, files: Files
) -> None:
    await files.objects.write("shared/a", b"stays")
    await files.objects.write("shared/b", b"goes or changes")
    path = Path(files.shared.root) / "b"
    changing = replace(files, objects=cast("Objects", ChangingObjects(files, path, cut)))
    if cut:
        with pytest.raises(Conflict, match="changed while it was read"):
            await exported(store, changing)
    else:
        content = await exported(store, changing)
        assert list(held(content)["files"]) == ["objects/shared/a"]
        await check_archive(io.BytesIO(content), SCHEMA, quiet)
