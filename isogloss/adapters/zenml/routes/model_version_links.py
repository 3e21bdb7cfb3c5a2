"""What model versions gather: artifact versions and pipeline runs."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec.structs import replace

from isogloss.adapters.call import Body, Call, as_uuid, flag
from isogloss.adapters.operations import Read, Route, Write
from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.bodies.models import ArtifactLinkRequest, RunLinkRequest
from isogloss.adapters.zenml.failures import Absent
from isogloss.adapters.zenml.filters.listing import Shape, paged, read_listing
from isogloss.adapters.zenml.filters.models import ARTIFACT_LINKS, RUN_LINKS, SWITCHES
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_links import RUN
from isogloss.adapters.zenml.model_translate import MODEL_VERSION, artifact_link, run_link
from isogloss.adapters.zenml.run_translate import lean_run
from isogloss.adapters.zenml.translate import VERSION_FIELDS, Around
from isogloss.adapters.zenml.translate import version as artifact_version
from isogloss.core.errors import NotFound
from isogloss.core.model import Record, RecordLink, Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Has, Operator, Query, Sort, Where, all_of
from isogloss.core.registry import records, versions

VERSION = "version"
"""What a link to an artifact version is called."""

_CREATE_ARTIFACT_LINK = Body.of(ArtifactLinkRequest)
_CREATE_RUN_LINK = Body.of(RunLinkRequest)

_FIELDS = RecordLink.__struct_fields__

# Links outlive what they lead to, but are of no use without it.
_ANY_RUN = all_of(Compare("dialect", Operator.EQ, DIALECT), Compare("role", Operator.EQ, "run"))

Show: TypeAlias = Callable[[Reader, list[RecordLink], bool], Awaitable[list[wire.Entity]]]


async def create_artifact_link(call: Call, unit: Writer) -> wire.Entity:
    """Link an artifact version to a model version; a link that is there already is the answer."""
    body: ArtifactLinkRequest = _CREATE_ARTIFACT_LINK.read(call)
    record = await records.lock_record(unit, call.caller, DIALECT, MODEL_VERSION, body.model_version)
    found = await unit.lock(Version, id=body.artifact_version)
    if found is None or found.internal:
        raise NotFound("version", body.artifact_version)
    link = await records.link_record(call.registry, unit, call.caller, record, VERSION, found.id)
    return (await _artifact_links(unit, [link], True))[0]


async def list_artifact_links(call: Call, unit: Reader) -> wire.Page:
    """A page of links to artifact versions."""
    given = call.query()
    given = {name: values for name, values in given.items() if name not in SWITCHES or flag(given, name, False)}
    return await _page(unit, given, ARTIFACT_LINKS, _to(VERSION, all_of()), _artifact_links)


async def delete_artifact_link(call: Call, unit: Writer) -> None:
    """Unlink the artifact version of a link's id, or the one of an artifact's name that was linked first."""
    await _unlink(call, unit, VERSION, "artifact.name")


async def delete_artifact_links(call: Call, unit: Writer) -> None:
    """Unlink all artifact versions; unless told so, they are deleted as well, whatever uses them."""
    record = await _model_version(call, unit)
    if not flag(call.query(), "only_links", True):
        linked = await unit.find(RecordLink, record_id=record.id, entity=VERSION)
        known = await unit.find(Version, id=[link.entity_id for link in linked])
        # In one order, so that two who delete the same do not wait for each other.
        doomed = [await versions.lock_version(unit, each.id) for each in sorted(known, key=_by_artifact)]
        await versions.remove_versions(call.registry, unit, call.caller, doomed)
    await unit.remove(RecordLink, record_id=record.id, entity=VERSION)


async def create_run_link(call: Call, unit: Writer) -> wire.Entity:
    """Link a pipeline run to a model version; a link that is there already is the answer."""
    body: RunLinkRequest = _CREATE_RUN_LINK.read(call)
    record = await records.lock_record(unit, call.caller, DIALECT, MODEL_VERSION, body.model_version)
    found = await unit.lock(Run, id=body.pipeline_run)
    if found is None or found.dialect != DIALECT or found.role != "run":
        raise NotFound("run", body.pipeline_run)
    link = await records.link_record(call.registry, unit, call.caller, record, RUN, found.id)
    return (await _run_links(unit, [link], True))[0]


async def list_run_links(call: Call, unit: Reader) -> wire.Page:
    """A page of links to pipeline runs."""
    return await _page(unit, call.query(), RUN_LINKS, _to(RUN, _ANY_RUN), _run_links)


async def delete_run_link(call: Call, unit: Writer) -> None:
    """Unlink the run of a link's id, or the one of a run's name that was linked first."""
    await _unlink(call, unit, RUN, "name")


async def _unlink(call: Call, unit: Writer, entity: str, name: str) -> None:
    """Remove the link that the path names by its id, or by what the thing that it leads to is called."""
    record = await _model_version(call, unit)
    reference = call.path_text("link")
    link_id = as_uuid(reference)
    wanted: Where
    if link_id is None:
        wanted = Has(entity, Compare(name, Operator.EQ, reference))
    else:
        wanted = Compare("id", Operator.EQ, link_id)
    found = await unit.rows(
        Query(
            source="record_link",
            fields=("id",),
            project_id=None,
            where=all_of(Compare("record_id", Operator.EQ, record.id), Compare("entity", Operator.EQ, entity), wanted),
            sort=Sort("created"),
            limit=1,
        )
    )
    if not found:
        raise Absent(
            f"Unable to delete model version link with name or ID `{reference}`: No model version link with this name "
            "found."
        )
    await unit.remove(RecordLink, id=found[0][0])


def _by_artifact(version: Version) -> tuple[str, str]:
    return version.artifact_id, version.id


async def _model_version(call: Call, unit: Writer) -> Record:
    return await records.lock_record(unit, call.caller, DIALECT, MODEL_VERSION, call.path_id("id"))


def _to(entity: str, where: Where) -> Where:
    """Links to something of this sort that exists, and is so."""
    return all_of(Compare("entity", Operator.EQ, entity), Has(entity, where))


async def _page(unit: Reader, given: dict[str, list[str]], shape: Shape, always: Where, show: Show) -> wire.Page:
    asked = read_listing(given, shape)
    query = asked.query("record_link", _FIELDS, None, always)
    total = await unit.count(query)
    found = [RecordLink(**dict(zip(_FIELDS, row, strict=True))) for row in await unit.rows(query)] if total else []
    return paged(asked, total, await show(unit, found, asked.hydrate))


async def _artifact_links(unit: Reader, found: list[RecordLink], hydrate: bool) -> list[wire.Entity]:
    """Links with what they lead to: one statement for all of it."""
    wanted = tuple({link.entity_id for link in found})
    rows = await unit.rows(
        Query(source="shown_version", fields=VERSION_FIELDS, project_id=None, where=AnyOf("id", wanted))
    )
    shown = {row[0]: replace(artifact_version(row, Around(), hydrate=False), resources=None) for row in rows}
    return [artifact_link(link, shown[link.entity_id], hydrate=hydrate) for link in found]


async def _run_links(unit: Reader, found: list[RecordLink], hydrate: bool) -> list[wire.Entity]:
    """Links with what they lead to: one statement for all of it."""
    runs = {run.id: lean_run(run) for run in await unit.find(Run, id=list({link.entity_id for link in found}))}
    return [run_link(link, runs[link.entity_id], hydrate=hydrate) for link in found]


ROUTES: tuple[Route, ...] = (
    Write("POST", "/model_version_artifacts", create_artifact_link),
    Read("GET", "/model_version_artifacts", list_artifact_links),
    Write("DELETE", "/model_versions/{id:str}/artifacts", delete_artifact_links),
    Write("DELETE", "/model_versions/{id:str}/artifacts/{link:str}", delete_artifact_link),
    Write("POST", "/model_version_pipeline_runs", create_run_link),
    Read("GET", "/model_version_pipeline_runs", list_run_links),
    Write("DELETE", "/model_versions/{id:str}/runs/{link:str}", delete_run_link),
)
