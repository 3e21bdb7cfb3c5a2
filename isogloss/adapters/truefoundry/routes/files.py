"""Stages, and the files of versions and of stages."""

from typing import Any

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Plain, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.bodies.manifests import read_manifest
from isogloss.adapters.truefoundry.bodies.requests import (
    ListFiles,
    MultipartUpload,
    OfStage,
    SignedUrls,
    WithManifest,
)
from isogloss.adapters.truefoundry.holders import Foreign, Holder, addresses, level_of, part_addresses, signed_reads
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import named_project
from isogloss.adapters.truefoundry.places import storage_root
from isogloss.adapters.truefoundry.routes.versions import row_of
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Stage, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import transfers
from isogloss.core.registry.artifacts import ByWord
from isogloss.core.registry.files import check_content, content_of
from isogloss.core.registry.stages import fail_stage, stage_version
from isogloss.core.registry.transfers import STAGE, Owner

_WITH_MANIFEST = Body.of(WithManifest)
_OF_STAGE = Body.of(OfStage)
_SIGNED_URLS = Body.of(SignedUrls)
_MULTIPART = Body.of(MultipartUpload)
_LIST_FILES = Body.of(ListFiles)


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
    await give_up(call, unit, body.id)
    return {}


async def give_up(call: Call, unit: Writer, stage_id: str) -> None:
    """As ``mark_stage_failure``. Raises ``Denied``, and ``NotFound`` where there never was such a stage."""
    try:
        await fail_stage(call.registry, unit, call.caller, stage_id)
    except NotFound:
        if await unit.get(Version, id=stage_id) is None:
            raise


async def sign_urls(call: Call) -> Reply:
    """An address for each path, in the order of the paths."""
    body: SignedUrls = _SIGNED_URLS.read(call)
    if body.operation == "WRITE":
        return await addresses(call, await written_holder(call, body.id), body)
    return Reply(encode({"data": await signed_reads(call, await holder_of(call, body.id), body.paths)}))


async def begin_multipart(call: Call) -> Reply:
    """Addresses for the parts of a large file."""
    body: MultipartUpload = _MULTIPART.read(call)
    return await part_addresses(call, await written_holder(call, body.id), body)


async def list_files(call: Call) -> Reply:
    """One level of a version's files."""
    body: ListFiles = _LIST_FILES.read(call)
    return await level_of(call, await holder_of(call, body.id), body)


async def written_holder(call: Call, holder_id: str) -> Holder:
    """What takes files by this id: a stage. Raises ``Denied`` and ``NotFound``."""
    require(call.caller, Role.EDITOR)

    async def work(unit: Reader) -> Holder:
        found = await _staged(call, unit, holder_id)
        if found is None:
            raise NotFound("stage", holder_id)
        return found

    return await call.registry.store.read(work)


async def holder_of(call: Call, holder_id: str) -> Holder | Foreign:
    """What has files by this id: a stage, or a version, whoever wrote it. Raises ``Denied`` and ``NotFound``."""
    require(call.caller, Role.VIEWER)

    async def work(unit: Reader) -> Holder | Foreign:
        found = await _staged(call, unit, holder_id)
        if found is not None:
            return found
        row = await row_of(unit, holder_id)
        if row.dialect == DIALECT:
            return Holder(id=row.id, project_id=row.project_id, owner=None)
        content = await content_of(call.registry, unit, call.caller, row.id)
        return Foreign(id=row.id, project_id=row.project_id, content=content)

    holder = await call.registry.store.read(work)
    if isinstance(holder, Foreign):
        await check_content(call.registry, call.caller, holder.content)
    return holder


async def _staged(call: Call, unit: Reader, holder_id: str) -> Holder | None:
    staged = await unit.get(Stage, id=holder_id)
    if staged is None or staged.expires <= call.registry.clock():
        return None
    return Holder(id=staged.id, project_id=staged.project_id, owner=Owner(STAGE, staged.id))


ROUTES: tuple[Route, ...] = (
    Write("POST", "/artifact-versions/stage", stage),
    Write("POST", "/artifact-versions/mark-stage-failure", mark_stage_failure),
    Plain("POST", "/artifact-versions/signed-urls", sign_urls),
    Plain("POST", "/artifact-versions/signed-urls/multipart", begin_multipart),
    Plain("POST", "/artifact-versions/files", list_files),
)
