"""Artifacts: named lines of versions."""

from isogloss.adapters.call import Call
from isogloss.adapters.native import translate, wire
from isogloss.adapters.native.endpoints import PAGING, Endpoint, asked, next_after, path_id, text_parameter
from isogloss.adapters.native.routes.projects import PROJECT, project_id_of
from isogloss.adapters.operations import Read
from isogloss.core.ports import Reader
from isogloss.core.registry import catalogue
from isogloss.core.registry.catalogue import Wanted

_LISTED = (
    PROJECT,
    text_parameter("name", "The whole name."),
    text_parameter("kind", "The kind: `artifact`, `model` ..."),
    text_parameter("dialect", "A dialect that wrote a version of it: `prefect`, `zenml`, `truefoundry`."),
    text_parameter("tag", "A tag on the artifact itself."),
    text_parameter("text", "A part of the name, in letters of either case; `%` is any text, `_` any character."),
    *PAGING,
)
_ONE = (path_id("artifact", "The artifact's id."),)


async def list_artifacts(call: Call, unit: Reader) -> wire.ArtifactPage:
    """A page of artifacts."""
    query = asked(call, _LISTED)
    limit, after = query.limit(), query.after()
    wanted = Wanted(
        project_id=await project_id_of(call, unit, query),
        name=query.one("name"),
        kind=query.one("kind"),
        dialect=query.one("dialect"),
        tag=query.one("tag"),
        text=query.one("text"),
    )
    rows = await catalogue.list_artifacts(unit, call.caller, wanted, limit=limit + 1, after=after)
    projects = await catalogue.project_names(unit, [row.project_id for row in rows])
    return wire.ArtifactPage([translate.artifact(row, projects) for row in rows[:limit]], next_after(rows, limit))


async def get_artifact(call: Call, unit: Reader) -> wire.Artifact:
    """An artifact."""
    asked(call, ())
    row = await catalogue.get_listed_artifact(unit, call.caller, call.path_id("artifact"))
    return translate.artifact(row, await catalogue.project_names(unit, [row.project_id]))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        route=Read("GET", "/artifacts", list_artifacts),
        summary="List artifacts, the newest first",
        group="Artifacts",
        parameters=_LISTED,
        answer=wire.ArtifactPage,
    ),
    Endpoint(
        route=Read("GET", "/artifacts/{artifact:str}", get_artifact),
        summary="Get an artifact",
        group="Artifacts",
        parameters=_ONE,
        answer=wire.Artifact,
    ),
)
