"""Data directories: files under a name, without versions, that may change at any time."""

from collections.abc import Callable
from typing import Any, TypeAlias

from isogloss.adapters.call import Body, Call, Malformed, flag
from isogloss.adapters.operations import Plain, Read, Route, Write, encode
from isogloss.adapters.reply import Reply
from isogloss.adapters.truefoundry.around import projects_of, users_of
from isogloss.adapters.truefoundry.bodies.directories import ApplyDirectory, DeleteFiles
from isogloss.adapters.truefoundry.bodies.requests import ListFiles, MultipartUpload, SignedUrls
from isogloss.adapters.truefoundry.directories import (
    VISIBLE_DIRECTORIES,
    apply_directory,
    delete_directory,
    find_directory,
    get_directory,
)
from isogloss.adapters.truefoundry.directory_translate import MANAGED, directory, source_type
from isogloss.adapters.truefoundry.fqn import parse_directory_fqn
from isogloss.adapters.truefoundry.holders import Holder, addresses, level_of, part_addresses
from isogloss.adapters.truefoundry.lookup import project_of_id, project_of_word
from isogloss.adapters.truefoundry.pages import Asked, Page, last, page, read_page
from isogloss.adapters.truefoundry.subjects import NOBODY, Subject
from isogloss.core.access import Role, require
from isogloss.core.model import Project, Record
from isogloss.core.places import SharedPlace
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort, all_of
from isogloss.core.registry.transfers import RECORD, Owner, files_of, remove_objects

_APPLY = Body.of(ApplyDirectory)
_SIGNED_URLS = Body.of(SignedUrls)
_MULTIPART = Body.of(MultipartUpload)
_LIST_FILES = Body.of(ListFiles)
_DELETE_FILES = Body.of(DeleteFiles)

_FIELDS = Record.__struct_fields__


async def list_directories(call: Call, unit: Reader) -> Page:
    """The data directories, newest first, that satisfy all parameters that are given."""
    require(call.caller, Role.VIEWER)
    query = call.query()
    asked = read_page(query)
    given, repo_id, name = last(query, "fqn"), last(query, "ml_repo_id"), last(query, "name")
    fqn = None if given is None else parse_directory_fqn(given)
    project = None if repo_id is None else await project_of_id(unit, repo_id)
    if repo_id is not None and project is None:
        return page(asked, 0, [])
    if fqn is not None:
        named = await project_of_word(unit, fqn.repo) if fqn.tenant == call.host.tenant else None
        if named is None or (project is not None and project.id != named.id) or name not in (None, fqn.name):
            return page(asked, 0, [])
        project, name = named, fqn.name
    total, rows = await directories_of(unit, asked, project, name)
    return page(asked, total, await shown(call, unit, rows, project))


async def directories_of(
    unit: Reader, asked: Asked, project: Project | None, name: str | None
) -> tuple[int, list[Record]]:
    """How many data directories there are of a project, or of all, and of a name; and a page of them."""
    if project is not None and name is not None:
        one = await find_directory(unit, project, name)
        rows = [] if one is None else [one]
        return len(rows), rows[asked.offset : asked.offset + asked.limit]
    wanted = Query(
        source="record",
        fields=_FIELDS,
        project_id=None if project is None else project.id,
        where=all_of(VISIBLE_DIRECTORIES, None if name is None else Compare("name", Operator.EQ, name)),
        sort=Sort("created", descending=True),
        limit=asked.limit,
        offset=asked.offset,
    )
    total = await unit.count(wanted)
    found = await unit.rows(wanted) if total > asked.offset else []
    return total, [Record(**dict(zip(_FIELDS, row, strict=True))) for row in found]


Show: TypeAlias = Callable[[Record, Project, Subject, SharedPlace, str], dict[str, Any]]
"""Makes a family's answer of a data directory, its project, its author, the place for bytes and the tenant."""


async def shown(
    call: Call, unit: Reader, records: list[Record], project: Project | None = None, *, show: Show = directory
) -> list[dict[str, Any]]:
    """Data directories as a family answers them."""
    projects = await projects_of(unit, (each.project_id or "" for each in records), known=project)
    users = await users_of(unit, (each.author_id for each in records), call.host.tenant)
    place = files_of(call.registry).shared
    return [
        show(each, projects[each.project_id or ""], users.get(each.author_id or "", NOBODY), place, call.host.tenant)
        for each in records
    ]


async def read_directory(call: Call, unit: Reader) -> dict[str, Any]:
    """A data directory by its id."""
    require(call.caller, Role.VIEWER)
    return {"data": (await shown(call, unit, [await get_directory(unit, call.path_text("id"))]))[0]}


async def put_directory(call: Call, unit: Writer) -> dict[str, Any]:
    """Make a data directory, or change the one of this name."""
    require(call.caller, Role.EDITOR)
    body: ApplyDirectory = _APPLY.read(call)
    record, project = await apply_directory(call, unit, body.manifest)
    return {"data": (await shown(call, unit, [record], project))[0]}


async def remove_directory(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a data directory, with its contents if that is asked for."""
    require(call.caller, Role.EDITOR)
    contents = flag(call.query(), "delete_contents", False)
    await delete_directory(call, unit, call.path_text("id"), contents=contents)
    return {}


async def sign_urls(call: Call) -> Reply:
    """An address for each path, in the order of the paths."""
    body: SignedUrls = _SIGNED_URLS.read(call)
    require(call.caller, Role.EDITOR if body.operation == "WRITE" else Role.VIEWER)
    return await addresses(call, await _holder(call, body.id), body)


async def begin_multipart(call: Call) -> Reply:
    """Addresses for the parts of a large file."""
    body: MultipartUpload = _MULTIPART.read(call)
    require(call.caller, Role.EDITOR)
    return await part_addresses(call, await _holder(call, body.id), body)


async def list_files(call: Call) -> Reply:
    """One level of a data directory's files."""
    body: ListFiles = _LIST_FILES.read(call)
    require(call.caller, Role.VIEWER)
    return await level_of(call, await _holder(call, body.id), body)


async def delete_files(call: Call) -> Reply:
    """Remove files, and directories with all that is in them; what is not there is no error."""
    body: DeleteFiles = _DELETE_FILES.read(call)
    require(call.caller, Role.EDITOR)
    await remove_files(call, await _holder(call, body.id), body.paths)
    return Reply(encode({}))


async def remove_files(call: Call, holder: Holder, paths: list[str]) -> None:
    """As ``delete_files``. Raises ``Denied``, and ``Invalid`` for a path that leads elsewhere."""
    keys = [holder.key(path.strip("/")) for path in paths]
    await remove_objects(call.registry, call.caller, keys)


async def _holder(call: Call, directory_id: str) -> Holder:
    """The data directory of this id. Raises ``NotFound``, and ``Malformed`` where its files lie elsewhere."""

    async def work(unit: Reader) -> Record:
        return await get_directory(unit, directory_id)

    return holder_of(await call.registry.store.read(work), "body.id")


def holder_of(record: Record, where: str) -> Holder:
    """What holds a data directory's files. Raises ``Malformed``, of the member ``where``, if they lie elsewhere."""
    if source_type(record) != MANAGED:
        raise Malformed(where, "is that of a data directory whose files lie elsewhere; they are reached there.")
    assert record.project_id is not None, "a data directory is in a project"
    return Holder(id=record.id, project_id=record.project_id, owner=Owner(RECORD, record.id))


BASE = "/data-directories"

ROUTES: tuple[Route, ...] = (
    Read("GET", BASE, list_directories),
    Write("PUT", BASE, put_directory),
    Plain("POST", f"{BASE}/files", list_files),
    Plain("DELETE", f"{BASE}/files", delete_files),
    Plain("POST", f"{BASE}/signed-urls", sign_urls),
    Plain("POST", f"{BASE}/signed-urls/multipart", begin_multipart),
    Read("GET", f"{BASE}/{{id:str}}", read_directory),
    Write("DELETE", f"{BASE}/{{id:str}}", remove_directory),
)
