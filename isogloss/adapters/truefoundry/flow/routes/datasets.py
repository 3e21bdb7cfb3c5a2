"""Datasets: data directories under an older name, and by their FQNs."""

from typing import Any

import msgspec

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.bodies.directories import DirectoryManifest
from isogloss.adapters.truefoundry.directories import apply_directory, delete_directory, find_directory, get_directory
from isogloss.adapters.truefoundry.directory_translate import MANAGED
from isogloss.adapters.truefoundry.flow.bodies import (
    CreateDataset,
    DatasetPaths,
    DatasetUpload,
    DeleteDataset,
    ListDatasetFiles,
    ListDatasets,
    UpdateDataset,
)
from isogloss.adapters.truefoundry.flow.directory_translate import dataset
from isogloss.adapters.truefoundry.flow.pages import asked_page, following
from isogloss.adapters.truefoundry.flow.routes.experiments import project_with_id
from isogloss.adapters.truefoundry.flow.routes.files import listed, uploaded
from isogloss.adapters.truefoundry.fqn import parse_directory_fqn
from isogloss.adapters.truefoundry.holders import Holder, signed
from isogloss.adapters.truefoundry.lookup import project_of_id, project_of_word
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.routes.directories import directories_of, holder_of, remove_files, shown
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Project, Record
from isogloss.core.ports import Reader, Writer

_CREATE = Body.of(CreateDataset)
_UPDATE = Body.of(UpdateDataset)
_DELETE = Body.of(DeleteDataset)
_LIST = Body.of(ListDatasets)
_PATHS = Body.of(DatasetPaths)
_UPLOAD = Body.of(DatasetUpload)
_LIST_FILES = Body.of(ListDatasetFiles)
_MANIFEST = msgspec.json.Decoder(dict[str, Any])


async def create_dataset(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a data directory; one of this name that is there is changed to what is said of it."""
    require(call.caller, Role.EDITOR)
    body: CreateDataset = _CREATE.read(call)
    manifest = body.manifest
    if manifest is None:
        if body.name is None:
            raise Malformed("body.name", "must be a name, where there is no manifest.")
        project = await project_with_id(unit, body.experiment_id)
        manifest = _manifest({"name": body.name, "ml_repo": project.word, "metadata": {}}, body)
    record, project = await apply_directory(call, unit, manifest)
    return await _answer(call, unit, record, project)


async def update_dataset(call: Call, unit: Writer) -> dict[str, Any]:
    """Say something else of a data directory."""
    require(call.caller, Role.EDITOR)
    body: UpdateDataset = _UPDATE.read(call)
    project, record = await _with_fqn(call, unit, body.fqn, "body.fqn")
    manifest = body.manifest
    if manifest is None:
        manifest = _manifest(_MANIFEST.decode(record.body) | {"name": record.name, "ml_repo": project.word}, body)
    elif (manifest.ml_repo, manifest.name) != (project.word, record.name):
        raise Malformed("body.manifest", "must name the data directory that is changed: its repo and name stay.")
    record, project = await apply_directory(call, unit, manifest)
    return await _answer(call, unit, record, project)


def _manifest(kept: dict[str, Any], body: CreateDataset | UpdateDataset) -> DirectoryManifest:
    """A manifest with what a body says beside, as far as it does."""
    said = {"description": body.description, "metadata": body.dataset_metadata}
    return DirectoryManifest.model_validate(
        {"source": {"type": MANAGED}} | kept | {member: value for member, value in said.items() if value is not None}
    )


async def get_dataset(call: Call, unit: Reader) -> dict[str, Any]:
    """A data directory by its id."""
    require(call.caller, Role.VIEWER)
    return await _answer(call, unit, await get_directory(unit, last(call.query(), "id") or ""))


async def get_dataset_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """A data directory by its FQN."""
    require(call.caller, Role.VIEWER)
    project, record = await _with_fqn(call, unit, last(call.query(), "fqn") or "", "query.fqn")
    return await _answer(call, unit, record, project)


async def list_datasets(call: Call, unit: Reader) -> dict[str, Any]:
    """The data directories, newest first, that satisfy all members that are given."""
    require(call.caller, Role.VIEWER)
    body: ListDatasets = _LIST.read(call)
    asked = asked_page(body.max_results, body.offset, body.page_token)
    project = None if body.experiment_id is None else await project_of_id(unit, body.experiment_id)
    if body.experiment_id is not None and project is None:
        return {"datasets": []} | following(asked, 0)
    total, rows = await directories_of(unit, asked, project, body.name)
    return {"datasets": await shown(call, unit, rows, project, show=dataset)} | following(asked, total)


async def delete_dataset(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a data directory, with its contents if that is asked for."""
    require(call.caller, Role.EDITOR)
    body: DeleteDataset = _DELETE.read(call)
    await delete_directory(call, unit, body.id, contents=body.delete_contents)
    return {}


async def sign_reads(call: Call) -> Reply:
    """An address to read each path by, in the order of the paths."""
    return await _signed(call, writing=False)


async def sign_writes(call: Call) -> Reply:
    """An address to write each path by, in the order of the paths."""
    return await _signed(call, writing=True)


async def _signed(call: Call, *, writing: bool) -> Reply:
    body: DatasetPaths = _PATHS.read(call)
    require(call.caller, Role.EDITOR if writing else Role.VIEWER)
    holder = await _holder(call, body.dataset_fqn)
    return Reply(encode({"signed_urls": await signed(call, holder, body.paths, writing=writing)}))


async def begin_multipart(call: Call) -> Reply:
    """Addresses for the parts of a large file."""
    body: DatasetUpload = _UPLOAD.read(call)
    require(call.caller, Role.EDITOR)
    return await uploaded(call, await _holder(call, body.dataset_fqn), body)


async def list_files(call: Call) -> Reply:
    """One level of a data directory's files."""
    body: ListDatasetFiles = _LIST_FILES.read(call)
    require(call.caller, Role.VIEWER)
    return await listed(call, await _holder(call, body.dataset_fqn), body)


async def delete_files(call: Call) -> Reply:
    """Remove files, and directories with all that is in them; what is not there is no error."""
    body: DatasetPaths = _PATHS.read(call)
    require(call.caller, Role.EDITOR)
    await remove_files(call, await _holder(call, body.dataset_fqn), body.paths)
    return Reply(encode({}))


async def _holder(call: Call, fqn: str) -> Holder:
    async def work(unit: Reader) -> Record:
        return (await _with_fqn(call, unit, fqn, "body.dataset_fqn"))[1]

    return holder_of(await call.registry.store.read(work), "body.dataset_fqn")


async def _with_fqn(call: Call, unit: Reader, text: str, where: str) -> tuple[Project, Record]:
    """The data directory of an FQN, and its project. Raises ``Malformed`` and ``NotFound``."""
    fqn = parse_directory_fqn(text, where)
    project = await project_of_word(unit, fqn.repo) if fqn.tenant == call.host.tenant else None
    found = None if project is None else await find_directory(unit, project, fqn.name)
    if project is None or found is None:
        raise NotFound("data_directory", text)
    return project, found


async def _answer(call: Call, unit: Reader, record: Record, project: Project | None = None) -> dict[str, Any]:
    return {"dataset": (await shown(call, unit, [record], project, show=dataset))[0]}


_DATASETS = "/mlfoundry-artifacts/datasets"

ROUTES: tuple[Route, ...] = (
    Write("POST", f"{_DATASETS}/create", create_dataset),
    Write("POST", f"{_DATASETS}/update", update_dataset),
    Write("POST", f"{_DATASETS}/delete", delete_dataset),
    Read("GET", f"{_DATASETS}/get", get_dataset),
    Read("GET", f"{_DATASETS}/get-by-fqn", get_dataset_by_fqn),
    Read("POST", f"{_DATASETS}/list", list_datasets),
    Plain("POST", f"{_DATASETS}/get-signed-urls-for-read", sign_reads),
    Plain("POST", f"{_DATASETS}/get-signed-urls-for-write", sign_writes),
    Plain("POST", f"{_DATASETS}/multi-part-upload/create", begin_multipart),
    Plain("POST", f"{_DATASETS}/files/list", list_files),
    Plain("DELETE", f"{_DATASETS}/files/", delete_files),
)
