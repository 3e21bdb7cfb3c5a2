"""The models that runs work on: what a server does by itself when a run or a step is configured with one.

A run gets a model version, made where there is none, and the two are linked. Without a name for it, all steps of a
run that are configured so share the one version that is numbered for the run.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from isogloss.adapters.call import Call
from isogloss.adapters.zenml.bodies.models import LATEST, STAGES, ConfiguredModel
from isogloss.adapters.zenml.failures import Absent, BadValue
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_translate import MODEL, MODEL_VERSION, model_key, model_text, version_text
from isogloss.adapters.zenml.records import checked_name
from isogloss.adapters.zenml.tagging import attach_named
from isogloss.adapters.zenml.times import moment
from isogloss.core.model import Instant, Project, Record
from isogloss.core.ports import Writer
from isogloss.core.registry import editions, records
from isogloss.core.registry.editions import EditionDraft
from isogloss.core.registry.records import RecordDraft

RUN = "run"
"""What a link to a run is called."""

PRODUCER = "producer"
"""The property of a version that was numbered for a run: the run's id."""

_GREATEST = 2**63 - 1
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


async def link_run_to_model(
    call: Call,
    unit: Writer,
    project: Project,
    run_id: str,
    configured: Mapping[str, Any] | None,
    substitutions: Mapping[str, str],
) -> Record | None:
    """The model version that a run, or a step of it, works on as configured, linked to the run.

    ``run_id`` is the pipeline run's also for a step; ``configured`` is the member ``model`` of the run's or the step's
    configuration. None where there is none. Raises ``Absent`` for a version named by a number or a stage that the model
    does not have, and ``BadValue`` for a name that is none.
    """
    if configured is None:
        return None
    given = ConfiguredModel.model_validate(configured)
    version = await _ensure_version(call, unit, project, run_id, given, substitutions)
    await link_run(call, unit, version, run_id)
    return version


async def link_run(call: Call, unit: Writer, version: Record, run_id: str) -> None:
    """Link a run to a model version: a step that is tried again works on the version of its first try."""
    await records.link_record(call.registry, unit, call.caller, version, RUN, run_id)


async def create_version(
    call: Call,
    unit: Writer,
    model: Record,
    name: str | None,
    *,
    description: str | None = None,
    stage: str | None = None,
    tags: Sequence[str] | None = None,
    producer: str | None = None,
) -> Record:
    """Make the next version of a locked model. Raises ``Conflict``, and ``BadValue`` for a name that is none."""
    if name is not None:
        checked_name("model version", name)
        if name.isnumeric():
            raise BadValue("Can't create model version with custom numeric model version name.")
        if name.lower() in STAGES:
            raise BadValue(f"Can't create model version with a name that is used as a stage: {', '.join(STAGES)}.")
    draft = EditionDraft(
        kind=MODEL_VERSION,
        body=version_text(description),
        name=name,
        state=stage,
        properties=() if producer is None or name is not None else ((PRODUCER, producer),),
    )
    made = await editions.create_edition(call.registry, unit, call.caller, model, draft)
    await attach_named(call, unit, tags, made)
    return made


async def _ensure_version(
    call: Call,
    unit: Writer,
    project: Project,
    run_id: str,
    given: ConfiguredModel,
    substitutions: Mapping[str, str],
) -> Record:
    now = call.registry.clock()
    model = await _ensure_model(call, unit, project, given, formatted(given.name, substitutions, now))
    name = None if given.version is None else formatted(str(given.version), substitutions, now)
    if name is not None and (name.isnumeric() or name in STAGES):
        return await _existing(unit, model, name)
    if name is None:
        found = await editions.find_by_property(unit, model, MODEL_VERSION, PRODUCER, run_id)
    else:
        found = await editions.find_edition(unit, model, MODEL_VERSION, name)
    if found is not None:
        return found
    return await create_version(
        call, unit, model, name, description=given.description, tags=given.tags, producer=run_id
    )


async def _ensure_model(call: Call, unit: Writer, project: Project, given: ConfiguredModel, name: str) -> Record:
    """The model of a name, locked, and made if need be."""
    checked_name(MODEL, name)
    draft = RecordDraft(
        dialect=DIALECT,
        kind=MODEL,
        body=model_text(given),
        project_id=project.id,
        key=model_key(project.id, name),
        name=name,
    )
    return await records.ensure_record(call.registry, unit, call.caller, draft)


async def _existing(unit: Writer, model: Record, name: str) -> Record:
    """The version of a model that a number or a stage stands for."""
    if name == LATEST:
        found = (await editions.newest_editions(unit, [model.id])).get(model.id)
    elif name in STAGES:
        found = await editions.find_by_state(unit, model, MODEL_VERSION, name)
    else:
        number = _number(name)
        found = None if number is None else await editions.find_by_number(unit, model, MODEL_VERSION, number)
    if found is None:
        raise Absent(f"No version '{name}' found for model '{model.name}'.")
    return found


def _number(text: str) -> int | None:
    """The number that a text stands for; None where no version can have it."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if number <= _GREATEST else None


def formatted(template: str, substitutions: Mapping[str, str], now: Instant) -> str:
    """A name with its places filled in: ``{date}`` and ``{time}`` with the present ones where nothing else is given.

    Only plain names in braces are places: what else Python's formatting knows could be made to use up memory. Raises
    ``Absent`` for a place that nothing is given for, and ``BadValue`` for braces that are no place.
    """
    at = moment(now)
    known = {"date": at.strftime("%Y_%m_%d"), "time": at.strftime("%H_%M_%S_%f"), **substitutions}

    def fill(match: re.Match[str]) -> str:
        whole, place = match[0], match[1]
        if whole in ("{{", "}}"):
            return whole[0]
        if place is None or not place.isidentifier():
            raise BadValue(f"Could not format the name template `{template}`: {whole!r} is no place.")
        if place not in known:
            raise Absent(f"Could not format the name template `{template}`. Missing key: {place!r}")
        return known[place]

    return _PART.sub(fill, template)
