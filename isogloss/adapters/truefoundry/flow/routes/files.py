"""The files of versions and of stages: addresses to write and to read them by, and what is there."""

from typing import Any

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.file_translate import page_of
from isogloss.adapters.truefoundry.flow.bodies import (
    DatasetUpload,
    ListDatasetFiles,
    ListFiles,
    MultiPartUpload,
    OfId,
    SignedUrls,
    StorageRoot,
)
from isogloss.adapters.truefoundry.flow.routes.experiments import project_with_id
from isogloss.adapters.truefoundry.holders import Foreign, Holder, begun, below, browsed, signed, signed_reads
from isogloss.adapters.truefoundry.places import URI
from isogloss.adapters.truefoundry.routes.files import give_up, holder_of, written_holder
from isogloss.core.access import Role, require
from isogloss.core.ports import Reader, Writer

_SIGNED_URLS = Body.of(SignedUrls)
_MULTIPART = Body.of(MultiPartUpload)
_LIST_FILES = Body.of(ListFiles)
_OF_ID = Body.of(OfId)
_STORAGE_ROOT = Body.of(StorageRoot)

DEFAULT_FILES = 500
"""How long a page of files is where nobody says."""


async def sign_reads(call: Call) -> Reply:
    """An address to read each path by, in the order of the paths."""
    body: SignedUrls = _SIGNED_URLS.read(call)
    holder = await holder_of(call, body.id)
    return Reply(encode({"signed_urls": await signed_reads(call, holder, body.paths)}))


async def sign_writes(call: Call) -> Reply:
    """An address to write each path by, in the order of the paths."""
    body: SignedUrls = _SIGNED_URLS.read(call)
    holder = await written_holder(call, body.id)
    return Reply(encode({"signed_urls": await signed(call, holder, body.paths, writing=True)}))


async def begin_multipart(call: Call) -> Reply:
    """Addresses for the parts of a large file."""
    body: MultiPartUpload = _MULTIPART.read(call)
    return await uploaded(call, await written_holder(call, body.artifact_version_id), body)


async def uploaded(call: Call, holder: Holder, asked: MultiPartUpload | DatasetUpload) -> Reply:
    """Addresses for the parts of a large file, as this family has them."""
    upload = await begun(call, holder, asked.path, asked.num_parts)
    shown = {member: value for member, value in upload.items() if value is not None}
    return Reply(encode({"multipart_upload": shown}))


async def list_files(call: Call) -> Reply:
    """One level of a version's files."""
    body: ListFiles = _LIST_FILES.read(call)
    return await listed(call, await holder_of(call, body.id), body)


async def listed(call: Call, holder: Holder | Foreign, asked: ListFiles | ListDatasetFiles) -> Reply:
    """One level of files, as this family has it."""
    path = below(asked.path)
    level = await browsed(call, holder, path)
    files, token = page_of(level, path, limit=asked.max_results or DEFAULT_FILES, token=asked.page_token or None)
    return Reply(encode({"files": files} | ({} if token is None else {"next_page_token": token})))


async def notify_failure(call: Call, unit: Writer) -> dict[str, Any]:
    """Give a stage up, with what was uploaded. After it was finalized there is nothing to give up, and no error."""
    require(call.caller, Role.EDITOR)
    body: OfId = _OF_ID.read(call)
    await give_up(call, unit, body.id)
    return {}


async def validate_storage_root(call: Call, unit: Reader) -> dict[str, Any]:
    """Whether bytes that lie elsewhere can be referred to: judged by their address, since nobody looks there."""
    require(call.caller, Role.VIEWER)
    body: StorageRoot = _STORAGE_ROOT.read(call)
    await project_with_id(unit, body.experiment_id)
    if URI.fullmatch(body.storage_root_uri):
        return {"is_valid": True}
    return {"is_valid": False, "message": f"{body.storage_root_uri!r} must begin with s3://, gs:// or wasbs://."}


_VERSIONS = "/mlfoundry-artifacts/artifact-versions"

ROUTES: tuple[Route, ...] = (
    Plain("POST", f"{_VERSIONS}/get-signed-urls-for-read", sign_reads),
    Plain("POST", f"{_VERSIONS}/get-signed-urls-for-write", sign_writes),
    Plain("POST", f"{_VERSIONS}/multi-part-upload/create", begin_multipart),
    Plain("POST", f"{_VERSIONS}/files/list", list_files),
    Write("POST", f"{_VERSIONS}/notify-failure", notify_failure),
    Read("POST", f"{_VERSIONS}/validate-storage-root", validate_storage_root),
)
