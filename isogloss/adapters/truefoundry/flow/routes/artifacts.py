"""Artifacts of every kind, and models by themselves: make, get, list, delete."""

from typing import Any

from isogloss.adapters.call import Body, Call
from isogloss.adapters.operations import Read, ReadOperation, Route, Write
from isogloss.adapters.truefoundry.artifact_translate import ARTIFACT_FIELDS, ArtifactRow
from isogloss.adapters.truefoundry.collaborators import role_named
from isogloss.adapters.truefoundry.flow.bodies import (
    Authorize,
    CreateArtifact,
    ListArtifacts,
    ListModels,
    OfId,
    Paged,
)
from isogloss.adapters.truefoundry.flow.pages import asked_page, following
from isogloss.adapters.truefoundry.flow.routes.experiments import project_with_id
from isogloss.adapters.truefoundry.flow.version_translate import artifact, model
from isogloss.adapters.truefoundry.fqn import parse_fqn
from isogloss.adapters.truefoundry.kinds import BY_FQN_TYPE, BY_NAME, DIALECT, EVERY_KIND, MODEL, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of, artifact_of_fqn, project_of_id
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.routes.artifacts import NEWEST_FIRST, around_artifacts, row_of
from isogloss.core.access import Role, require, require_in
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Has, Operator, Query, Where, all_of
from isogloss.core.registry.artifacts import ByWord, lock_artifact, locked_target, remove_artifacts

_CREATE = Body.of(CreateArtifact)
_LIST_ARTIFACTS = Body.of(ListArtifacts)
_LIST_MODELS = Body.of(ListModels)
_OF_ID = Body.of(OfId)
_AUTHORIZE = Body.of(Authorize)


async def create_artifact(call: Call, unit: Writer) -> dict[str, Any]:
    """Make an artifact without a version; one that is there already is answered as it is."""
    require(call.caller, Role.EDITOR)
    body: CreateArtifact = _CREATE.read(call)
    project = await project_with_id(unit, body.experiment_id)
    target = ByWord(body.name, BY_FQN_TYPE[body.artifact_type].name)
    made = await locked_target(call.registry, unit, call.caller, project, target, dialect=DIALECT, internal=False)
    return {"id": made.id}


async def get_artifact(call: Call, unit: Reader) -> dict[str, Any]:
    """An artifact by its id, of any kind."""
    found = await with_id(call, unit, last(call.query(), "id"))
    return {"artifact": await _artifact(call, unit, found)}


async def get_artifact_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """An artifact by its FQN, of any kind."""
    return {"artifact": await _artifact(call, unit, await _with_fqn(call, unit))}


async def list_artifacts(call: Call, unit: Reader) -> dict[str, Any]:
    """The artifacts that satisfy all members that are given, newest first; models only if they are asked for."""
    require(call.caller, Role.VIEWER)
    body: ListArtifacts = _LIST_ARTIFACTS.read(call)
    conditions: list[Where] = []
    if body.run_id is not None:
        conditions.append(Has("version", Compare("producer_run", Operator.EQ, body.run_id)))
    kinds = kinds_of(body.artifact_types, models=body.include_models)
    total, rows = await _find(unit, body, body.experiment_id, body.name, kinds, conditions)
    newest, around = await around_artifacts(call, unit, rows)
    asked = asked_page(body.max_results, body.offset, body.page_token)
    return {"artifacts": [artifact(row, newest.get(row.id), around) for row in rows]} | following(asked, total)


async def list_models(call: Call, unit: Reader) -> dict[str, Any]:
    """The models that satisfy all members that are given, newest first. None of them is monitored here."""
    require(call.caller, Role.VIEWER)
    body: ListModels = _LIST_MODELS.read(call)
    kinds = () if body.monitoring_enabled_only else (MODEL.name,)
    total, rows = await _find(unit, body, body.experiment_id, body.name, kinds, [])
    newest, around = await around_artifacts(call, unit, rows)
    asked = asked_page(body.max_results, body.offset, body.page_token)
    return {"models": [model(row, newest.get(row.id), around) for row in rows]} | following(asked, total)


async def get_model(call: Call, unit: Reader) -> dict[str, Any]:
    """A model by its id."""
    return {"model": await _model(call, unit, await with_id(call, unit, last(call.query(), "id"), MODEL))}


async def get_model_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """A model by its FQN."""
    return {"model": await _model(call, unit, await _with_fqn(call, unit, MODEL))}


async def get_model_by_name(call: Call, unit: Reader) -> dict[str, Any]:
    """A model by its name in an experiment."""
    query = call.query()
    found = await named(call, unit, last(query, "experiment_id"), MODEL, last(query, "name"))
    return {"model": await _model(call, unit, found)}


async def authorize_for_model(call: Call, unit: Reader) -> dict[str, Any]:
    """Nothing, if the caller has a role for a model."""
    body: Authorize = _AUTHORIZE.read(call)
    found = await with_id(call, unit, body.id, MODEL)
    authorize(call, found.project_id, body.role)
    return {}


def authorize(call: Call, project_id: str, role: str | None) -> None:
    """Raise ``Denied`` unless the caller has a role that goes by this name in a project."""
    require_in(call.caller, project_id, role_named(role or ""))


async def version_aliases(call: Call, unit: Reader) -> dict[str, Any]:
    """The aliases of an artifact's versions, newest first."""
    found = await with_id(call, unit, last(call.query(), "artifact_id"))
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=("alias",),
            project_id=None,
            where=all_of(Compare("artifact_id", Operator.EQ, found.id)),
            sort=NEWEST_FIRST,
        )
    )
    return {"version_aliases": [alias for (alias,) in rows if alias is not None]}


async def delete_artifact(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete an artifact with all of its versions, and their bytes."""
    require(call.caller, Role.EDITOR)
    body: OfId = _OF_ID.read(call)
    found = await lock_artifact(unit, body.id)
    if found.internal:
        raise NotFound("artifact", body.id)
    await remove_artifacts(call.registry, unit, [found])
    return {}


def kinds_of(types: list[Any] | None, *, models: bool) -> tuple[str, ...]:
    """The kinds that a list is of: those of its types, or all, models among them only if they are wanted."""
    if types is not None:
        return tuple(BY_FQN_TYPE[each].name for each in types)
    return tuple(kind.name for kind in EVERY_KIND if models or kind != MODEL)


async def with_id(call: Call, unit: Reader, artifact_id: str | None, kind: Kind | None = None) -> Artifact:
    """The artifact of this id. Raises ``Denied`` and ``NotFound``."""
    require(call.caller, Role.VIEWER)
    found = None if artifact_id is None else await unit.get(Artifact, id=artifact_id)
    if found is None or found.internal or found.kind not in BY_NAME or (kind is not None and found.kind != kind.name):
        raise NotFound("artifact" if kind is None else kind.noun, artifact_id or "")
    return found


async def named(call: Call, unit: Reader, experiment_id: str | None, kind: Kind, name: str | None) -> Artifact:
    """The artifact of this name. Raises ``Denied`` and ``NotFound``."""
    require(call.caller, Role.VIEWER)
    project = await project_with_id(unit, experiment_id)
    found = None if name is None else await artifact_of(unit, project, kind, name)
    if found is None:
        raise NotFound(kind.noun, name or "")
    return found


async def _with_fqn(call: Call, unit: Reader, kind: Kind | None = None) -> Artifact:
    require(call.caller, Role.VIEWER)
    text = last(call.query(), "fqn") or ""
    fqn = parse_fqn(text)
    found = await artifact_of_fqn(unit, fqn, call.host.tenant)
    if found is None or (kind is not None and fqn.kind != kind):
        raise NotFound("artifact" if kind is None else kind.noun, text)
    return found[1]


async def _artifact(call: Call, unit: Reader, found: Artifact) -> dict[str, Any]:
    row = row_of(found)
    newest, around = await around_artifacts(call, unit, [row])
    return artifact(row, newest.get(row.id), around)


async def _model(call: Call, unit: Reader, found: Artifact) -> dict[str, Any]:
    row = row_of(found)
    newest, around = await around_artifacts(call, unit, [row])
    return model(row, newest.get(row.id), around)


async def _find(
    unit: Reader, body: Paged, experiment_id: str | None, name: str | None, kinds: tuple[str, ...], where: list[Where]
) -> tuple[int, list[ArtifactRow]]:
    """How many artifacts there are, and a page of them."""
    asked = asked_page(body.max_results, body.offset, body.page_token)
    project: Project | None = None
    if experiment_id is not None:
        project = await project_of_id(unit, experiment_id)
        if project is None:
            return 0, []
    if name is not None:
        where = [Compare("word", Operator.EQ, name), *where]
    wanted = Query(
        source="artifact",
        fields=ARTIFACT_FIELDS,
        project_id=None if project is None else project.id,
        where=all_of(AnyOf("kind", kinds), *where),
        sort=NEWEST_FIRST,
        limit=asked.limit,
        offset=asked.offset,
    )
    return await unit.count(wanted), [ArtifactRow(*row) for row in await unit.rows(wanted)]


def _get(path: str, operation: ReadOperation) -> Read:
    return Read("GET", f"/mlfoundry-artifacts/{path}", operation)


ROUTES: tuple[Route, ...] = (
    Write("POST", "/mlfoundry-artifacts/artifacts/create", create_artifact),
    _get("artifacts/get", get_artifact),
    _get("artifacts/get-by-fqn", get_artifact_by_fqn),
    _get("artifacts/get-version-aliases", version_aliases),
    Read("POST", "/mlfoundry-artifacts/artifacts/list", list_artifacts),
    Write("POST", "/mlfoundry-artifacts/artifact/delete", delete_artifact),
    _get("models/get", get_model),
    _get("models/get-by-fqn", get_model_by_fqn),
    _get("models/get-by-name", get_model_by_name),
    Read("POST", "/mlfoundry-artifacts/models/list", list_models),
    Read("POST", "/mlfoundry-artifacts/models/authorize", authorize_for_model),
)
