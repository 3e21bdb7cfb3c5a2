"""Experiments: projects under another name."""

from typing import Any

from isogloss.adapters.call import Body, Call, dump, number
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.truefoundry.flow.bodies import (
    CreateExperiment,
    OfExperiment,
    SetExperimentTag,
    UpdateExperiment,
)
from isogloss.adapters.truefoundry.flow.pages import asked_page, following
from isogloss.adapters.truefoundry.flow.repo_translate import PRIVACY, TAGS, experiment, tags_of
from isogloss.adapters.truefoundry.fqn import GREATEST
from isogloss.adapters.truefoundry.guesses import DEFAULT_LIMIT
from isogloss.adapters.truefoundry.kinds import DIALECT
from isogloss.adapters.truefoundry.lookup import named_project, project_of_id
from isogloss.adapters.truefoundry.pages import last
from isogloss.adapters.truefoundry.routes.repos import shown
from isogloss.core import names
from isogloss.core.access import Role, require
from isogloss.core.errors import NotFound
from isogloss.core.facets import with_part
from isogloss.core.model import Project
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, NOTHING, Compare, Operator, Query, Sort, Where
from isogloss.core.registry import projects

_CREATE = Body.of(CreateExperiment)
_UPDATE = Body.of(UpdateExperiment)
_SET_TAG = Body.of(SetExperimentTag)
_OF_EXPERIMENT = Body.of(OfExperiment)

_FIELDS = Project.__struct_fields__


async def create_experiment(call: Call, unit: Writer) -> dict[str, Any]:
    """Make an experiment."""
    body: CreateExperiment = _CREATE.read(call)
    storage = {} if body.storage_integration_fqn is None else {"storage_integration_fqn": body.storage_integration_fqn}
    tags = {tag.key: tag.value or "" for tag in body.tags or () if tag.key is not None}
    made = await projects.create_project(
        call.registry,
        unit,
        call.caller,
        names.named(names.PROJECT_WORD, body.name)[1],
        description=body.description,
        facet=with_part(with_part(None, DIALECT, dump(storage)), TAGS, dump(tags)),
    )
    return {"experiment_id": str(made.serial)}


async def get_experiment(call: Call, unit: Reader) -> dict[str, Any]:
    """An experiment by its id."""
    require(call.caller, Role.VIEWER)
    found = await project_with_id(unit, last(call.query(), "experiment_id"))
    return {"experiment": (await shown(call, unit, [found], show=experiment))[0]}


async def get_experiment_by_name(call: Call, unit: Reader) -> dict[str, Any]:
    """An experiment by its name."""
    require(call.caller, Role.VIEWER)
    found = await named_project(unit, last(call.query(), "experiment_name") or "")
    return {"experiment": (await shown(call, unit, [found], show=experiment))[0]}


async def list_experiments(call: Call, unit: Reader) -> dict[str, Any]:
    """The experiments in the order of their making, or the one of a name. What is deleted is gone, and not listed."""
    require(call.caller, Role.VIEWER)
    query = call.query()
    asked = asked_page(
        number(query, "max_results", DEFAULT_LIMIT, 1, GREATEST),
        number(query, "offset", 0, 0, GREATEST),
        last(query, "page_token"),
        "query",
    )
    name = last(query, "filter_name")
    where: Where = EVERYTHING if name is None else Compare("word", Operator.EQ, name)
    if last(query, "view_type") == "DELETED_ONLY" or (last(query, "privacy_type") or PRIVACY) != PRIVACY:
        where = NOTHING
    every = Query(
        source="project",
        fields=_FIELDS,
        project_id=None,
        where=where,
        sort=Sort("serial"),
        limit=asked.limit,
        offset=asked.offset,
    )
    rows = [Project(**dict(zip(_FIELDS, row, strict=True))) for row in await unit.rows(every)]
    found = await shown(call, unit, rows, show=experiment)
    return {"experiments": found} | following(asked, await unit.count(every))


async def update_experiment(call: Call, unit: Writer) -> dict[str, Any]:
    """Rename an experiment, or describe it anew."""
    body: UpdateExperiment = _UPDATE.read(call)
    found = await project_with_id(unit, body.experiment_id)
    name = None if body.new_name is None else names.named(names.PROJECT_WORD, body.new_name)[1]
    described = {} if body.description is None else {"description": body.description}
    await projects.change_project(call.registry, unit, call.caller, found, name=name, **described)
    return {}


async def set_experiment_tag(call: Call, unit: Writer) -> dict[str, Any]:
    """Put a tag on an experiment; one of the same key is replaced."""
    body: SetExperimentTag = _SET_TAG.read(call)
    require(call.caller, Role.ADMIN)
    found = await project_with_id(unit, body.experiment_id)
    # Locked before it is read, so that of two tags at once none is lost.
    locked = await unit.lock(Project, id=found.id) or found
    tags = tags_of(locked) | {body.key: body.value}
    facet = with_part(locked.facet, TAGS, dump(tags))
    await projects.change_project(call.registry, unit, call.caller, locked, facet=facet)
    return {}


async def delete_experiment(call: Call, unit: Writer) -> dict[str, Any]:
    """Delete an experiment with everything in it."""
    body: OfExperiment = _OF_EXPERIMENT.read(call)
    found = await project_with_id(unit, body.experiment_id)
    await projects.delete_project(call.registry, unit, call.caller, found)
    return {}


async def project_with_id(unit: Reader, text: str | None) -> Project:
    """The project of an experiment's id. Raises ``NotFound``."""
    found = None if text is None else await project_of_id(unit, text)
    if found is None:
        raise NotFound("experiment", text or "")
    return found


ROUTES: tuple[Route, ...] = (
    Write("POST", "/experiments/create", create_experiment),
    Read("GET", "/experiments/get", get_experiment),
    Read("GET", "/experiments/get-by-name", get_experiment_by_name),
    Read("GET", "/experiments/list", list_experiments),
    Write("POST", "/experiments/update", update_experiment),
    Write("POST", "/experiments/set-experiment-tag", set_experiment_tag),
    Write("POST", "/experiments/hard-delete", delete_experiment),
)
