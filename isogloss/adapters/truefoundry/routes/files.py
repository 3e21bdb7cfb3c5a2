"""The files of versions and of stages: addresses to write and to read them by, and what is there.

Bytes never come here: clients send them to, and fetch them from, the addresses that they are given.
"""

from typing import Any

from msgspec import Struct

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Plain, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.transfers import links
from isogloss.adapters.truefoundry.bodies.manifests import read_manifest
from isogloss.adapters.truefoundry.bodies.requests import (
    ListFiles,
    MultipartUpload,
    OfStage,
    SignedUrls,
    WithManifest,
)
from isogloss.adapters.truefoundry.file_translate import Signed, listing, multipart
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import named_project
from isogloss.adapters.truefoundry.places import storage_root
from isogloss.adapters.truefoundry.routes.versions import row_of
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Stage, Version
from isogloss.core.places import checked_path, owned_key
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import transfers
from isogloss.core.registry.artifacts import ByWord
from isogloss.core.registry.stages import fail_stage, stage_version

_WITH_MANIFEST = Body.of(WithManifest)
_OF_STAGE = Body.of(OfStage)
_SIGNED_URLS = Body.of(SignedUrls)
_MULTIPART = Body.of(MultipartUpload)
_LIST_FILES = Body.of(ListFiles)


class Owner(Struct, frozen=True, kw_only=True):
    """What has files: a version, or a stage. ``stage_id`` is null where nothing may be written any more."""

    id: str
    project_id: str
    stage_id: str | None

    def key(self, path: str) -> str:
        """The key of a file. Raises ``Invalid`` for a path that leads elsewhere, or that no storage keeps."""
        return owned_key(self.project_id, self.id, checked_path(path))


async def stage(call: Call, unit: Writer) -> dict[str, Any]:
    """Give a version that is to be a place for its bytes."""
    require(call.caller, Role.EDITOR)
    body: WithManifest = _WITH_MANIFEST.read(call)
    manifest = read_manifest(body.manifest)
    project = await named_project(unit, manifest.common.ml_repo)
    place = transfers.files_of(call.registry).shared
    staged = await stage_version(
        call.registry,
        unit,
        call.caller,
        project,
        ByWord(manifest.common.name, manifest.kind.name),
        dialect=DIALECT,
        root=lambda prefix: storage_root(place, prefix),
    )
    return {"id": staged.id, "storage_root": staged.root, "artifact_id": staged.artifact_id}


async def mark_stage_failure(call: Call, unit: Writer) -> dict[str, Any]:
    """Give a stage up, with what was uploaded. After it was applied there is nothing to give up, and no error."""
    require(call.caller, Role.EDITOR)
    body: OfStage = _OF_STAGE.read(call)
    try:
        await fail_stage(call.registry, unit, call.caller, body.id)
    except NotFound:
        if await unit.get(Version, id=body.id) is None:
            raise
    return {}


async def sign_urls(call: Call) -> Reply:
    """An address for each path, in the order of the paths."""
    body: SignedUrls = _SIGNED_URLS.read(call)
    writing = body.operation == "WRITE"
    require(call.caller, Role.EDITOR if writing else Role.VIEWER)
    owner = await _owner(call, body.id, writing=writing)
    keys = [owner.key(path) for path in body.paths]
    registry, link = call.registry, _link(call)
    urls = (
        await transfers.issue_writes(registry, call.caller, keys, owner.stage_id, link)
        if writing
        else await transfers.issue_reads(registry, call.caller, keys, link)
    )
    signed = [Signed(path=path, signed_url=url) for path, url in zip(body.paths, urls, strict=True)]
    return Reply(encode({"data": signed}))


async def begin_multipart(call: Call) -> Reply:
    """Addresses for the parts of a large file."""
    body: MultipartUpload = _MULTIPART.read(call)
    require(call.caller, Role.EDITOR)
    owner = await _owner(call, body.id, writing=True)
    begun = await transfers.begin_upload(
        call.registry, call.caller, owner.key(body.path), body.num_parts, owner.stage_id, _link(call)
    )
    return Reply(encode({"data": multipart(body.path, begun)}))


async def list_files(call: Call) -> Reply:
    """One level of a version's files."""
    body: ListFiles = _LIST_FILES.read(call)
    require(call.caller, Role.VIEWER)
    owner = await _owner(call, body.id, writing=False)
    path = (body.path or "").strip("/")
    prefix = owner.key(path) if path else owned_key(owner.project_id, owner.id)
    level = await transfers.files_of(call.registry).objects.browse(prefix)
    return Reply(encode(listing(level, path, limit=body.limit, token=body.page_token or None)))


async def _owner(call: Call, owner_id: str, *, writing: bool) -> Owner:
    """What has files by this id: a stage, or where nothing is to be written a version. Raises ``NotFound``."""

    async def work(unit: Reader) -> Owner:
        staged = await unit.get(Stage, id=owner_id)
        if staged is not None and staged.expires > call.registry.clock():
            return Owner(id=staged.id, project_id=staged.project_id, stage_id=staged.id)
        if writing:
            raise NotFound("stage", owner_id)
        row = await row_of(unit, owner_id)
        return Owner(id=row.id, project_id=row.project_id, stage_id=None)

    return await call.registry.store.read(work)


def _link(call: Call) -> transfers.Link:
    return links(call.root)


ROUTES: tuple[Route, ...] = (
    Write("POST", "/artifact-versions/stage", stage),
    Write("POST", "/artifact-versions/mark-stage-failure", mark_stage_failure),
    Plain("POST", "/artifact-versions/signed-urls", sign_urls),
    Plain("POST", "/artifact-versions/signed-urls/multipart", begin_multipart),
    Plain("POST", "/artifact-versions/files", list_files),
)
