"""The ids of what an FQN names."""

from typing import Any

from isogloss.adapters.call import Call, Malformed
from isogloss.adapters.operations import Read, Route
from isogloss.adapters.truefoundry.directories import find_directory
from isogloss.adapters.truefoundry.fqn import Fqn, parse_directory_fqn, parse_fqn
from isogloss.adapters.truefoundry.guesses import DIRECTORY_FQN_TYPE
from isogloss.adapters.truefoundry.kinds import KINDS, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of_fqn, project_of_word, version_is
from isogloss.adapters.truefoundry.pages import last
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.ports import Reader
from isogloss.core.query import Compare, Operator, Query, all_of


def types_of(kind: Kind) -> frozenset[str]:
    """What the type of an entity of this kind, or of a version of one, may be called."""
    return frozenset({kind.fqn_type, kind.manifest_type, kind.noun, kind.path, f"{kind.path}-version"})


async def ids_of_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """The ids of what an FQN names, and of what that is in."""
    require(call.caller, Role.VIEWER)
    given, kind_name = last(call.query(), "fqn"), call.path_text("type")
    if given is None:
        raise Malformed("query.fqn", "must be given.")
    if kind_name in (DIRECTORY_FQN_TYPE, "data-directory"):
        return await _of_directory(call, unit, given)
    if kind_name not in TYPES:
        known = ", ".join(sorted(TYPES | {DIRECTORY_FQN_TYPE}))
        raise Malformed("path.type", f"{kind_name!r} is no type that is kept here; it is one of {known}.")
    fqn = parse_fqn(given)
    if kind_name not in types_of(fqn.kind):
        raise Malformed("query.fqn", f"{given!r} is that of no {kind_name}.")
    return await _of_artifact(call, unit, fqn)


async def _of_artifact(call: Call, unit: Reader, fqn: Fqn) -> dict[str, Any]:
    named = await artifact_of_fqn(unit, fqn, call.host.tenant)
    if named is None:
        raise NotFound(fqn.kind.noun, str(fqn))
    project, artifact = named
    ids = {_camel(fqn.kind.id_field): artifact.id, "mlRepoId": str(project.serial)}
    if fqn.version is None:
        return ids
    where = all_of(Compare("artifact_id", Operator.EQ, artifact.id), version_is(artifact, fqn.version))
    rows = await unit.rows(Query(source="shown_version", fields=("id",), project_id=project.id, where=where))
    if not rows:
        raise NotFound("version", str(fqn))
    return {_camel(fqn.kind.version_id_field): rows[0][0], **ids}


async def _of_directory(call: Call, unit: Reader, given: str) -> dict[str, Any]:
    fqn = parse_directory_fqn(given)
    project = await project_of_word(unit, fqn.repo) if fqn.tenant == call.host.tenant else None
    found = None if project is None else await find_directory(unit, project, fqn.name)
    if project is None or found is None:
        raise NotFound("data_directory", given)
    return {"dataDirectoryId": found.id, "mlRepoId": str(project.serial)}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


TYPES = frozenset(name for kind in KINDS for name in types_of(kind))

SVC_ROUTES: tuple[Route, ...] = (Read("GET", "/fqn/{type:str}", ids_of_fqn),)
"""What only the newer family has."""
