"""Versions: listed and searched, shown, tagged and deleted, whoever wrote them."""

from litestar.types import ASGIApp

from isogloss.adapters.call import Call, Malformed
from isogloss.adapters.native import translate, wire
from isogloss.adapters.native.endpoints import PAGING, Endpoint, asked, next_after, path_id, path_text, text_parameter
from isogloss.adapters.native.routes.projects import PROJECT, project_id_of
from isogloss.adapters.operations import Plain, Read, Write, encode
from isogloss.adapters.reply import Reply, Stream, attachment
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import catalogue, files, references, tags
from isogloss.core.registry.catalogue import ListedVersion, Wanted
from isogloss.core.registry.references import VersionTarget
from isogloss.core.registry.versions import lock_version, remove_versions

TAG_COLOUR = "grey"

_SEARCH = (
    PROJECT,
    text_parameter("artifact", "The artifact's id."),
    text_parameter("name", "The artifact's whole name."),
    text_parameter("kind", "The artifact's kind: `artifact`, `model` ..."),
    text_parameter("dialect", "The dialect that wrote it: `prefect`, `zenml`, `truefoundry`."),
    text_parameter("tag", "A tag on the version."),
    text_parameter(
        "metadata",
        "`KEY=VALUE`: metadata that it has, or once had. Several ask for all of them.",
        repeated=True,
    ),
    text_parameter("producer_run", "The id of the run or step that made it."),
    text_parameter(
        "text",
        "A part of the artifact's name, the label or the description, in letters of either case;"
        " `%` is any text, `_` any character.",
    ),
    *PAGING,
)
_ONE = (path_id("version", "The version's id."),)
_TAGGED = (*_ONE, path_text("tag", "The tag's name."))
_FILE = (*_ONE, path_text("path", "The file's path."))


async def list_versions(call: Call, unit: Reader) -> wire.VersionPage:
    """A page of the versions that are searched for."""
    query = asked(call, _SEARCH)
    limit, after = query.limit(), query.after()
    wanted = Wanted(
        project_id=await project_id_of(call, unit, query),
        artifact_id=query.one("artifact"),
        name=query.one("name"),
        kind=query.one("kind"),
        dialect=query.one("dialect"),
        tag=query.one("tag"),
        metadata=tuple(_pair(text) for text in query.each("metadata")),
        producer_run=query.one("producer_run"),
        text=query.one("text"),
    )
    rows = await catalogue.list_versions(unit, call.caller, wanted, limit=limit + 1, after=after)
    return wire.VersionPage(await _shown(unit, rows[:limit]), next_after(rows, limit))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise Malformed("query.metadata", f"{text!r} must be KEY=VALUE.")
    return key, value


async def _shown(unit: Reader, rows: list[ListedVersion]) -> list[wire.Version]:
    projects = await catalogue.project_names(unit, [row.project_id for row in rows])
    borne = await catalogue.tags_of(unit, [row.id for row in rows])
    return [translate.version(row, projects, borne.get(row.id, ())) for row in rows]


async def get_version(call: Call, unit: Reader) -> wire.WholeVersion:
    """A version, with what each dialect calls it."""
    asked(call, ())
    row = await catalogue.get_listed(unit, call.caller, call.path_id("version"))
    [shown] = await _shown(unit, [row])
    found = await _found(unit, row.id)
    names = await references.spellings(call.registry, unit, found)
    return wire.WholeVersion(version=shown, names=names, data=translate.raw(found.version.data))


async def _found(unit: Reader, version_id: str) -> VersionTarget:
    found = (await references.whole(unit, [version_id])).get(version_id)
    if found is None:
        raise NotFound("version", version_id)
    return found


async def delete_version(call: Call, unit: Writer) -> wire.Deleted:
    """Delete a version, whoever uses it."""
    asked(call, ())
    require(call.caller, Role.EDITOR)
    version_id = call.path_id("version")
    await remove_versions(call.registry, unit, call.caller, [await lock_version(unit, version_id)])
    return wire.Deleted(version_id)


async def put_tag(call: Call, unit: Writer) -> wire.Tags:
    """Put a tag on a version; it is made where there is none."""
    asked(call, ())
    require(call.caller, Role.EDITOR)
    found = await _found(unit, call.path_id("version"))
    made = await tags.ensure_tags(call.registry, unit, call.caller, [call.path_text("tag")], lambda: TAG_COLOUR)
    await tags.attach_all(call.registry, unit, call.caller, made, found.version)
    return await _tags(unit, found.version.id)


async def delete_tag(call: Call, unit: Writer) -> wire.Tags:
    """Take a tag off a version."""
    asked(call, ())
    require(call.caller, Role.EDITOR)
    found, name = await _found(unit, call.path_id("version")), call.path_text("tag")
    tag = await tags.find_tag(unit, name)
    if not await tags.detach(call.registry, unit, call.caller, tag, "version", found.version.id):
        raise NotFound("tag on this version", name)
    return await _tags(unit, found.version.id)


async def _tags(unit: Reader, version_id: str) -> wire.Tags:
    return wire.Tags((await catalogue.tags_of(unit, [version_id])).get(version_id, []))


async def list_files(call: Call) -> ASGIApp:
    """The files of a version: those that lie here, or those that show its inline data."""
    asked(call, ())
    found = await files.list_files(call.registry, call.caller, call.path_id("version"))
    return Reply(encode(wire.Files([translate.file(each) for each in found])))


async def get_file(call: Call) -> ASGIApp:
    """The bytes of a file of a version."""
    asked(call, ())
    path = call.path_text("path").removeprefix("/")
    opened = await files.open_file(call.registry, call.caller, call.path_id("version"), path)
    headers = (
        ("content-type", opened.file.media_type),
        ("content-length", str(opened.file.size)),
        # A browser keeps it, and never shows it as a page of this server's.
        ("content-disposition", attachment(opened.file.path.rpartition("/")[2])),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private"),
    )
    return Stream(opened.chunks, headers)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Read("GET", "/versions", list_versions),
        summary="List or search versions, the newest first",
        group="Versions",
        parameters=_SEARCH,
        answer=wire.VersionPage,
    ),
    Endpoint(
        route=Read("GET", "/versions/{version:str}", get_version),
        summary="Get a version, with its inline content and what each dialect calls it",
        group="Versions",
        parameters=_ONE,
        answer=wire.WholeVersion,
    ),
    Endpoint(
        route=Write("DELETE", "/versions/{version:str}", delete_version),
        summary="Delete a version",
        group="Versions",
        parameters=_ONE,
        answer=wire.Deleted,
    ),
    Endpoint(
        route=Write("PUT", "/versions/{version:str}/tags/{tag:str}", put_tag),
        summary="Put a tag on a version",
        group="Versions",
        parameters=_TAGGED,
        answer=wire.Tags,
    ),
    Endpoint(
        route=Write("DELETE", "/versions/{version:str}/tags/{tag:str}", delete_tag),
        summary="Take a tag off a version",
        group="Versions",
        parameters=_TAGGED,
        answer=wire.Tags,
    ),
    Endpoint(
        route=Plain("GET", "/versions/{version:str}/files", list_files),
        summary="List the files of a version",
        group="Versions",
        parameters=_ONE,
        answer=wire.Files,
    ),
    Endpoint(
        route=Plain("GET", "/versions/{version:str}/files/{path:path}", get_file),
        summary="Download a file of a version",
        group="Versions",
        parameters=_FILE,
    ),
)
