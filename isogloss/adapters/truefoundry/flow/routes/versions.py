"""Versions of artifacts of every kind, and those of models by themselves: get, list, delete."""

from typing import Any

from isogloss.adapters.call import Body, Call, Malformed
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.truefoundry.around import around_versions
from isogloss.adapters.truefoundry.flow.bodies import Authorize, ListArtifactVersions, ListModelVersions, OfId, Paged
from isogloss.adapters.truefoundry.flow.pages import asked_page, following
from isogloss.adapters.truefoundry.flow.routes.artifacts import authorize, kinds_of, named, with_id
from isogloss.adapters.truefoundry.flow.version_translate import COMMITTED, artifact_version, model_version
from isogloss.adapters.truefoundry.fqn import LATEST, parse_fqn, parse_version
from isogloss.adapters.truefoundry.kinds import ARTIFACT, BY_FQN_TYPE, BY_NAME, MODEL, Kind
from isogloss.adapters.truefoundry.lookup import artifact_of_fqn, version_is
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.routes.versions import NEWEST_FIRST, delete_version_of, row_of
from isogloss.adapters.truefoundry.version_translate import VERSION_FIELDS, VersionRow
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, NOTHING, AnyOf, Compare, Operator, Query, Where, all_of
from isogloss.core.registry.version_pages import VersionPage, page_of_versions
from isogloss.core.registry.versions import lock_version

_OF_ID = Body.of(OfId)
_AUTHORIZE = Body.of(Authorize)
_LIST_ARTIFACT_VERSIONS = Body.of(ListArtifactVersions)
_LIST_MODEL_VERSIONS = Body.of(ListModelVersions)


async def get_artifact_version(call: Call, unit: Reader) -> dict[str, Any]:
    """A version by its id, of any kind."""
    require(call.caller, Role.VIEWER)
    return await shown_version(call, unit, await row_of(unit, last(call.query(), "id") or ""))


async def get_artifact_version_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """A version by its FQN, of any kind."""
    return await shown_version(call, unit, await _with_fqn(call, unit))


async def get_artifact_version_by_name(call: Call, unit: Reader) -> dict[str, Any]:
    """A version by its artifact's name, the latest where none is named."""
    query = call.query()
    given = last(query, "artifact_type") or ARTIFACT.fqn_type
    kind = BY_FQN_TYPE.get(given)
    if kind is None:
        raise Malformed("query.artifact_type", f"{given!r} is no type; it is one of {', '.join(BY_FQN_TYPE)}.")
    found = await named(call, unit, last(query, "experiment_id"), kind, last(query, "artifact_name"))
    return await shown_version(call, unit, await _version_of(unit, found, last(query, "version")))


async def get_model_version(call: Call, unit: Reader) -> dict[str, Any]:
    """A version of a model by its id."""
    require(call.caller, Role.VIEWER)
    return await shown_model_version(call, unit, await row_of(unit, last(call.query(), "id") or "", MODEL))


async def get_model_version_by_fqn(call: Call, unit: Reader) -> dict[str, Any]:
    """A version of a model by its FQN."""
    return await shown_model_version(call, unit, await _with_fqn(call, unit, MODEL))


async def get_model_version_by_name(call: Call, unit: Reader) -> dict[str, Any]:
    """A version of a model by the model's name, the latest where none is named."""
    query = call.query()
    name = last(query, "model_name") or last(query, "name")
    found = await named(call, unit, last(query, "experiment_id"), MODEL, name)
    return await shown_model_version(call, unit, await _version_of(unit, found, last(query, "version")))


async def list_artifact_versions(call: Call, unit: Reader) -> dict[str, Any]:
    """The versions that satisfy all members that are given, newest first."""
    require(call.caller, Role.VIEWER)
    body: ListArtifactVersions = _LIST_ARTIFACT_VERSIONS.read(call)
    conditions = _conditions(body.statuses, body.run_ids)
    if body.run_steps is not None:
        conditions.append(AnyOf("step", tuple(body.run_steps)))
    found: Artifact | None = None
    if body.artifact_id is not None:
        found = await with_id(call, unit, body.artifact_id)
        kinds = (found.kind,) if body.artifact_types is None else kinds_of(body.artifact_types, models=False)
    else:
        kinds = kinds_of(body.artifact_types, models=body.include_model_versions)
    total, rows = await _find(call, unit, body, found, kinds, conditions)
    around = await around_versions(call, unit, rows)
    asked = asked_page(body.max_results, body.offset, body.page_token)
    return {"artifact_versions": [artifact_version(row, around) for row in rows]} | following(asked, total)


async def list_model_versions(call: Call, unit: Reader) -> dict[str, Any]:
    """The versions of models that satisfy all members that are given, newest first. None is monitored here."""
    require(call.caller, Role.VIEWER)
    body: ListModelVersions = _LIST_MODEL_VERSIONS.read(call)
    conditions = _conditions(body.statuses, body.run_ids)
    if body.monitoring_enabled:
        conditions.append(NOTHING)
    found = None if body.model_id is None else await with_id(call, unit, body.model_id, MODEL)
    total, rows = await _find(call, unit, body, found, (MODEL.name,), conditions)
    around = await around_versions(call, unit, rows)
    asked = asked_page(body.max_results, body.offset, body.page_token)
    return {"model_versions": [model_version(row, around) for row in rows]} | following(asked, total)


async def authorize_for_model_version(call: Call, unit: Reader) -> dict[str, Any]:
    """Nothing, if the caller has a role for a version of a model."""
    body: Authorize = _AUTHORIZE.read(call)
    found = await row_of(unit, body.id, MODEL)
    authorize(call, found.project_id, body.role)
    return {}


async def delete_artifact_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a version of any kind, its bytes with it."""
    require(call.caller, Role.EDITOR)
    body: OfId = _OF_ID.read(call)
    _, artifact = await lock_version(unit, body.id)
    kind = BY_NAME.get(artifact.kind)
    if kind is None:
        raise NotFound("version", body.id)
    await delete_version_of(call, unit, body.id, kind)
    return {}


async def delete_model_version(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete a version of a model, its bytes with it."""
    body: OfId = _OF_ID.read(call)
    await delete_version_of(call, unit, body.id, MODEL)
    return {}


async def shown_version(call: Call, unit: Reader, row: VersionRow) -> dict[str, Any]:
    """The answer that is one version."""
    return {"artifact_version": artifact_version(row, await around_versions(call, unit, [row]))}


async def shown_model_version(call: Call, unit: Reader, row: VersionRow) -> dict[str, Any]:
    """The answer that is one version of a model."""
    return {"model_version": model_version(row, await around_versions(call, unit, [row]))}


async def _with_fqn(call: Call, unit: Reader, kind: Kind | None = None) -> VersionRow:
    require(call.caller, Role.VIEWER)
    text = last(call.query(), "fqn") or ""
    fqn = parse_fqn(text)
    if fqn.version is None:
        raise Malformed("query.fqn", f"{text!r} names no version; add one behind a colon.")
    found = await artifact_of_fqn(unit, fqn, call.host.tenant)
    if found is None or (kind is not None and fqn.kind != kind):
        raise NotFound("version", text)
    return await _version_of(unit, found[1], str(fqn.version))


async def _version_of(unit: Reader, artifact: Artifact, label: str | None) -> VersionRow:
    """The version of an artifact with this number or alias, or the latest. Raises ``Malformed`` and ``NotFound``."""
    version = parse_version(label or LATEST, "query.version")
    rows = await unit.rows(
        Query(
            source="shown_version",
            fields=VERSION_FIELDS,
            project_id=None,
            where=all_of(Compare("artifact_id", Operator.EQ, artifact.id), version_is(artifact, version)),
        )
    )
    if not rows:
        raise NotFound("version", f"{artifact.word}:{version}")
    return VersionRow(*rows[0])


def _conditions(statuses: list[Any] | None, runs: list[str] | None) -> list[Where]:
    conditions: list[Where] = []
    if statuses is not None and COMMITTED not in statuses:
        conditions.append(NOTHING)
    if runs is not None:
        conditions.append(AnyOf("producer_run", tuple(runs)))
    return conditions


async def _find(
    call: Call,
    unit: Reader,
    body: Paged,
    artifact: Artifact | None,
    kinds: tuple[str, ...],
    conditions: list[Where],
) -> tuple[int, list[VersionRow]]:
    """How many versions there are, and a page of them: of one artifact, or of any of these kinds."""
    asked = asked_page(body.max_results, body.offset, body.page_token)
    if artifact is not None and artifact.kind not in kinds:
        return 0, []
    total, rows = await page_of_versions(
        unit,
        call.caller,
        VersionPage(
            project_id=None,
            fields=VERSION_FIELDS,
            where=all_of(*conditions) if conditions else EVERYTHING,
            kinds=kinds,
            artifact=artifact,
            sort=NEWEST_FIRST,
            limit=asked.limit,
            offset=asked.offset,
        ),
    )
    return total, [VersionRow(*row) for row in rows]


_VERSIONS, _MODELS = "/mlfoundry-artifacts/artifact-versions", "/mlfoundry-artifacts/model-versions"

ROUTES: tuple[Route, ...] = (
    Read("GET", f"{_VERSIONS}/get", get_artifact_version),
    Read("GET", f"{_VERSIONS}/get-by-fqn", get_artifact_version_by_fqn),
    Read("GET", f"{_VERSIONS}/get-by-name", get_artifact_version_by_name),
    Read("POST", f"{_VERSIONS}/list", list_artifact_versions),
    Write("POST", f"{_VERSIONS}/delete", delete_artifact_version),
    Read("GET", f"{_MODELS}/get", get_model_version),
    Read("GET", f"{_MODELS}/get-by-fqn", get_model_version_by_fqn),
    Read("GET", f"{_MODELS}/get-by-name", get_model_version_by_name),
    Read("POST", f"{_MODELS}/list", list_model_versions),
    Read("POST", f"{_MODELS}/authorize", authorize_for_model_version),
    Write("POST", f"{_MODELS}/delete", delete_model_version),
)
