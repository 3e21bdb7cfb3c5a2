"""The files behind artifact versions: shown, handed out as an archive, and deleted."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

from litestar.types import ASGIApp
from msgspec import Struct

from isogloss.adapters.call import Call, flag, number
from isogloss.adapters.operations import Plain, PlainOperation, Route, WriteOperation, encode
from isogloss.adapters.reply import Reply, Stream, attachment
from isogloss.adapters.zenml import kinds
from isogloss.adapters.zenml.failures import Absent, BadValue, Forbidden, Refusal, Unprocessable, Unsupported
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.opening import lay_out
from isogloss.adapters.zenml.stack_translate import COMPONENT
from isogloss.adapters.zenml.stores import key_in, store_key
from isogloss.adapters.zenml.translate import (
    VersionFacet,
    Visualization,
    foreign_facet,
    foreign_uri,
    version_facet,
)
from isogloss.core.access import Principal, Role, require, require_in
from isogloss.core.archives import is_there, open_archive
from isogloss.core.errors import NotFound, TooLarge
from isogloss.core.model import Version
from isogloss.core.places import SHARED, is_laid_out, laid_out_at, laid_out_prefix, owned_key
from isogloss.core.ports import Files, Reader, Writer
from isogloss.core.query import Compare, Operator, Query
from isogloss.core.registry import records
from isogloss.core.registry.content import check_foreign, remove_files
from isogloss.core.registry.downloads import check_permit, issue_permit

MOST_SHOWN_BYTES = 32 * 1024 * 1024
"""The largest file that is shown: it is held in memory, as is the answer with it."""

_MOST = 2**63 - 1
_FIELDS = (
    "id",
    "uri",
    "store_id",
    "facet",
    "dialect",
    "label",
    "artifact.id",
    "artifact.kind",
    "artifact.name",
    "project_id",
    "form",
    "data_type",
    "owned",
)


class Shown(Struct, frozen=True):
    """A file that shows a version: one of text, or a picture in base64."""

    type: str
    value: str


class Stored(Struct, frozen=True, kw_only=True):
    """A version and where its files lie: ``store`` is the key of its store, whose name is ``store_name``.

    ``kept`` is the key of the files where they are the registry's own, which lie in no store that is shared;
    ``laid_out`` is the prefix of what is laid out for just this version.
    """

    id: str
    uri: str
    store: str
    store_name: str
    facet: VersionFacet
    filename: str
    laid_out: str
    kept: str | None

    def key(self, files: Files, uri: str) -> str | None:
        """The key of a uri in the version's store; null for any other."""
        if self.kept is not None and uri == self.uri:
            return self.kept
        key = key_in(files.shared, self.store, uri)
        # A client may say of a version of its own that it lies where somebody else's data is.
        elsewhere = key is not None and is_laid_out(key) and not key.startswith(f"{self.laid_out}/")
        return None if elsewhere else key


async def show_version(call: Call) -> Reply:
    """A file that shows a version, by its place among those that the client told of."""
    index = number(call.query(), "index", 0, -_MOST, _MOST)
    version_id = call.path_id("id")
    files = _files(call)

    async def work(unit: Reader) -> Stored:
        return await _stored(call, unit, call.caller, version_id)

    stored = await opened(call, work)
    shown = _visualization(stored, index)
    key = stored.key(files, shown.uri)
    if key is None:
        raise _does_not_exist(f"File '{shown.uri}' lies outside of the artifact store '{stored.store_name}'.")
    await check_foreign(call.registry, call.caller, key)
    try:
        content = await files.objects.read(key, MOST_SHOWN_BYTES)
    except NotFound:
        raise _does_not_exist(f"File '{shown.uri}' does not exist in artifact store '{stored.store_name}'.") from None
    except TooLarge:
        most = MOST_SHOWN_BYTES // 1024**2
        raise Forbidden(
            f"File '{shown.uri}' is too large to be shown: it has more than {most} MiB. Download it instead."
        ) from None
    # What is large would hold up everybody else.
    return Reply(await asyncio.to_thread(_shown, shown, content))


def _visualization(stored: Stored, index: int) -> Visualization:
    found = stored.facet.visualizations
    if not 0 <= index < len(found):
        raise _does_not_exist(
            f"Artifact version '{stored.id}' has {len(found)} visualizations; there is none with index {index}."
        )
    return found[index]


def _shown(shown: Visualization, content: bytes) -> bytes:
    if shown.type == "image":
        return encode(Shown(shown.type, base64.b64encode(content).decode()))
    try:
        return encode(Shown(shown.type, content.decode()))
    except UnicodeDecodeError as error:
        raise Unsupported(
            f"File '{shown.uri}' cannot be shown as {shown.type}: it is not UTF-8 ({error.reason})."
        ) from None


async def permit_download(call: Call) -> Reply:
    """A token by which a browser may download a version's files within the next moments."""
    version_id = call.path_id("id")

    async def work(unit: Reader) -> Stored:
        return await _stored(call, unit, call.caller, version_id)

    stored = await opened(call, work)
    files = _files(call)
    key = _key(stored, files)
    await check_foreign(call.registry, call.caller, key)
    if not await is_there(files.objects, key):
        raise _no_files(stored)
    return Reply(encode(issue_permit(call.registry, call.caller, version_id)))


async def download_version(call: Call) -> ASGIApp:
    """All files of a version as an archive, for whoever has a token for it."""
    given = call.query().get("token")
    if not given:
        raise Unprocessable("query.token: a token is needed.")
    version_id = call.path_id("id")

    async def work(unit: Reader) -> Stored:
        await check_permit(call.registry, unit, given[-1], version_id)
        return await _stored(call, unit, call.caller, version_id)

    stored = await opened(call, work)
    files = _files(call)
    try:
        archive = await open_archive(files.objects, _key(stored, files))
    except NotFound:
        raise _no_files(stored) from None
    return Stream(
        archive,
        (("content-type", "application/gzip"), ("content-disposition", attachment(stored.filename))),
    )


def _key(stored: Stored, files: Files) -> str:
    key = stored.key(files, stored.uri)
    if key is None:
        raise Absent(f"The artifact URI '{stored.uri}' lies outside of the artifact store '{stored.store_name}'.")
    return key


def _no_files(stored: Stored) -> Absent:
    return Absent(f"The artifact URI '{stored.uri}' does not exist.")


async def _stored(call: Call, unit: Reader, caller: Principal, version_id: str) -> Stored:
    """The version and its store. Raises ``Denied``, ``NotFound``, and the refusal of a store that is not read."""
    require(caller, Role.VIEWER)
    found = await unit.rows(
        Query(source="shown_version", fields=_FIELDS, project_id=None, where=Compare("id", Operator.EQ, version_id))
    )
    if not found:
        raise NotFound("version", version_id)
    _, uri, store_id, facet, dialect, label, artifact_id, kind, name, project_id, form, data_type, owned = found[0]
    own = dialect == DIALECT
    if store_id is None:
        raise (Absent if own else NotLaidOut)(f"Artifact version {version_id} has no artifact store")
    store = await records.get_record(unit, caller, DIALECT, COMPONENT, store_id)
    address = kinds.version_uri(version_id, uri)
    return Stored(
        id=version_id,
        uri=address if own else foreign_uri(address, owned=owned),
        # Bytes of the registry's own lie in no place that is shared.
        store=SHARED if owned else store_key(_files(call).shared, store),
        store_name=store.name or store.id,
        facet=version_facet(facet) if own else foreign_facet(version_id, form, data_type, uri),
        filename=f"{kinds.artifact_name(artifact_id, kind, name)}-{label}.tar.gz",
        laid_out=laid_out_prefix(project_id, version_id),
        kept=owned_key(project_id, version_id) if owned else None,
    )


class NotLaidOut(Absent):
    """A version that another dialect wrote is in no store yet, since nobody has asked for it here before."""


async def opened(call: Call, work: Callable[[Reader], Awaitable[Stored]]) -> Stored:
    """A version and where its files lie, laid out if need be. Raises as ``_stored``."""
    try:
        return await call.registry.store.read(work)
    except NotLaidOut:
        if not await lay_out(call, [call.path_id("id")]):
            raise
    return await call.registry.store.read(work)


def _files(call: Call) -> Files:
    files = call.registry.files
    assert files is not None, "a registry that serves has a place for files"
    return files


def _does_not_exist(sentence: str) -> Refusal:
    return Refusal(404, "DoesNotExistException", sentence)


def with_files(delete: WriteOperation) -> PlainOperation:
    """The deletion of a version that takes its files along where the client asks for that.

    They go after the rows are gone for good: what fails then leaves files that nothing refers to, and a line in the
    log. A version whose files the server may not remove is refused before anything is.
    """

    async def delete_version(call: Call) -> Reply:
        query = call.query()
        from_store = flag(query, "delete_from_artifact_store", False)
        rows = flag(query, "delete_metadata", True)
        version_id = call.path_id("id")

        async def work(unit: Writer) -> tuple[bytes, str | None]:
            uri = await _removable(call, unit, version_id, rows=rows) if from_store else None
            return encode(await delete(call, unit)), uri

        answer, uri = await call.registry.store.write(work)
        if uri is not None:
            left = await remove_files(call.registry, call.caller, [uri], besides=[version_id])
            if left and not rows:
                raise Refusal(
                    500, "RuntimeError", f"Artifact data at '{uri}' could not be deleted: {left[uri]}. Nothing changed."
                )
        return Reply(answer)

    return delete_version


async def _removable(call: Call, unit: Reader, version_id: str, *, rows: bool) -> str | None:
    """Where the version's files lie, if the server may remove them; null where they go with the version by themselves.

    ``rows`` tells that it goes.
    """
    version = await unit.get(Version, id=version_id)
    if version is None:
        require(call.caller, Role.EDITOR)
    else:
        require_in(call.caller, version.project_id, Role.EDITOR)
    if version is not None and version.dialect != DIALECT and _goes_along(version):
        if not rows:
            raise Forbidden(
                f"The data of the artifact version '{version_id}' cannot be deleted by itself: it is kept with the "
                "version. Nothing was deleted."
            )
        return None
    if version is not None and version.store_id is None:
        raise BadValue("Artifact version has no artifact store, cannot delete data.")
    stored = await _stored(call, unit, call.caller, version_id)
    if stored.key(_files(call), stored.uri) is None:
        raise Forbidden(
            f"Artifact data at '{stored.uri}' cannot be deleted by the server: it lies outside of the artifact store "
            f"'{stored.store_name}'. Nothing was deleted."
        )
    return stored.uri


def _goes_along(version: Version) -> bool:
    """Whether all of a version's bytes are the registry's to remove, with the version."""
    laid_out = laid_out_at(version.project_id, version.id, version.uri)
    return version.owned or version.uri is None or laid_out is not None


ROUTES: tuple[Route, ...] = (
    Plain("GET", "/artifact_versions/{id:str}/visualize", show_version),
    Plain("GET", "/artifact_versions/{id:str}/download-token", permit_download),
    Plain("GET", "/artifact_versions/{id:str}/data", download_version),
)
