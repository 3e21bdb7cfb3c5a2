"""Whatever has a manifest: applied and deleted by it, as the command line does with files."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from pydantic import AliasChoices, BaseModel, Field

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Plain, Route, Write
from isogloss.adapters.truefoundry.bodies.directories import ApplyDirectory
from isogloss.adapters.truefoundry.bodies.manifests import WHERE, common_of, manifest_of
from isogloss.adapters.truefoundry.bodies.repos import ApplyRepo
from isogloss.adapters.truefoundry.directories import apply_directory, delete_directory, find_directory
from isogloss.adapters.truefoundry.kinds import BY_MANIFEST_TYPE, Kind
from isogloss.adapters.truefoundry.lookup import named_project
from isogloss.adapters.truefoundry.rehearsal import Rehearsed, rehearsable
from isogloss.adapters.truefoundry.routes import directories, repos
from isogloss.adapters.truefoundry.routes.writing import applied, delete_named
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.ports import Writer
from isogloss.core.registry import projects


class ApplyAny(BaseModel):
    """A manifest of any type. With ``dry_run`` it is only looked at; ``force`` forces nothing here."""

    manifest: dict[str, Any]
    dry_run: bool = Field(default=False, validation_alias=AliasChoices("dryRun", "dry_run"))
    force: bool | None = None


class DeleteAny(BaseModel):
    """The manifest of what is to be deleted."""

    manifest: dict[str, Any]


_APPLY = Body.of(ApplyAny)
_DELETE = Body.of(DeleteAny)

Given: TypeAlias = dict[str, Any]


async def apply_manifest(call: Call, unit: Writer) -> dict[str, Any]:
    """Make what a manifest describes, or change it. Raises ``Rehearsed`` for a dry run."""
    require(call.caller, Role.EDITOR)
    body: ApplyAny = _APPLY.read(call)
    answer = {"data": await _of_type(body.manifest)[0](call, unit, body.manifest)}
    if body.dry_run:
        raise Rehearsed(answer)
    return answer


async def delete_by_manifest(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete what a manifest names."""
    require(call.caller, Role.EDITOR)
    body: DeleteAny = _DELETE.read(call)
    await _of_type(body.manifest)[1](call, unit, body.manifest)
    return {}


async def _apply_repo(call: Call, unit: Writer, given: Given) -> Any:
    body = ApplyRepo.model_validate({"manifest": given})
    return (await repos.shown(call, unit, [await repos.apply_manifest(call, unit, body.manifest)]))[0]


async def _delete_repo(call: Call, unit: Writer, given: Given) -> None:
    name = ApplyRepo.model_validate({"manifest": given}).manifest.name
    await projects.delete_project(call.registry, unit, call.caller, await named_project(unit, name))


async def _apply_directory(call: Call, unit: Writer, given: Given) -> Any:
    body = ApplyDirectory.model_validate({"manifest": given})
    record, project = await apply_directory(call, unit, body.manifest)
    return (await directories.shown(call, unit, [record], project))[0]


async def _delete_directory(call: Call, unit: Writer, given: Given) -> None:
    manifest = ApplyDirectory.model_validate({"manifest": given}).manifest
    found = await find_directory(unit, await named_project(unit, manifest.ml_repo), manifest.name)
    if found is None:
        raise NotFound("data_directory", manifest.name)
    await delete_directory(call, unit, found.id, contents=False)


def _version(kind: Kind) -> tuple["_Apply", "_Delete"]:
    async def apply(call: Call, unit: Writer, given: Given) -> Any:
        return await applied(call, unit, manifest_of(kind, given))

    async def delete(call: Call, unit: Writer, given: Given) -> None:
        # Where its content lies does not matter any more: a manifest of local files names a version as well.
        await delete_named(call, unit, kind, common_of(kind, given))

    return apply, delete


_Apply: TypeAlias = Callable[[Call, Writer, Given], Awaitable[Any]]
_Delete: TypeAlias = Callable[[Call, Writer, Given], Awaitable[None]]

TYPES: Mapping[str, tuple[_Apply, _Delete]] = {
    **{name: _version(kind) for name, kind in BY_MANIFEST_TYPE.items()},
    "ml-repo": (_apply_repo, _delete_repo),
    "data-dir": (_apply_directory, _delete_directory),
}
"""How a manifest of each type is applied, and how what it names is deleted."""


def _of_type(manifest: Given) -> tuple[_Apply, _Delete]:
    named = manifest.get("type")
    found = TYPES.get(named) if isinstance(named, str) else None
    if found is None:
        raise Malformed(f"{WHERE}.type", f"{named!r} is no type that is kept here; it is one of {', '.join(TYPES)}.")
    return found


SVC_ROUTES: tuple[Route, ...] = (
    Plain("PUT", "/apply", rehearsable(apply_manifest)),
    Write("POST", "/delete", delete_by_manifest),
)
"""What only the newer family has."""
