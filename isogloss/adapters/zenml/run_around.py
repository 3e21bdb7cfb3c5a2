"""What pages of pipelines, snapshots, runs and steps refer to: each kind of thing in one statement for a page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Raw

from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.around import tags_of, users_of
from isogloss.adapters.zenml.code_repository_translate import REPOSITORY, lean_repository
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_versions import lean_model_versions
from isogloss.adapters.zenml.run_facets import CodeReference, run_facet, step_facet
from isogloss.adapters.zenml.run_translate import Linked, RunAround, StepAround, lean_logs, lean_stack
from isogloss.adapters.zenml.translate import VERSION_FIELDS, Around, version
from isogloss.core.model import Record, Run, RunState, Workflow
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, IsNull, Operator, Query, Sort, Where, all_of
from isogloss.core.registry.runs import RUN
from isogloss.core.registry.versions import PRODUCED

STACK, SNAPSHOT, STEP_CONFIGURATION = "stack", "pipeline_snapshot", "step_configuration"
LOGS, ENVIRONMENT, HOOK = "logs", "orchestrator_environment", "hook_invocation"
"""Kinds of records."""

_SNAPSHOT_FIELDS = ("id", "project_id", "parent_id", "name", "number", "state", "author_id", "created", "updated")
_LINKED_FIELDS = (*VERSION_FIELDS, "link.run_id", "link.direction", "link.slot")


async def around_runs(unit: Reader, runs: Sequence[Run], *, hydrate: bool) -> RunAround:
    """What runs refer to: ten statements at most, eleven hydrated."""
    facets = [run_facet(run) for run in runs]
    ids = [run.id for run in runs]
    snapshots = {run.deployment_id for run in runs if run.dialect == DIALECT}
    with_outputs = [run.id for run, facet in zip(runs, facets, strict=True) if facet.outputs]
    belongings = await _belongings(unit, ids, [LOGS, ENVIRONMENT] if hydrate else [LOGS])
    return RunAround(
        users=await users_of(unit, (run.author_id for run in runs)),
        tags=await tags_of(unit, "run", ids),
        reasons=await _reasons(unit, runs),
        workflows=await workflows_of(unit, (run.workflow_id for run in runs)),
        snapshots=await snapshots_of(unit, {*snapshots, *(facet.source_snapshot for facet in facets)}, whole=hydrate),
        stacks=await stacks_of(unit, (facet.stack for facet in facets)),
        logs=_logs(belongings),
        environments={
            record.parent_id: Raw(record.body.encode())
            for record in belongings
            if record.kind == ENVIRONMENT and record.parent_id is not None
        },
        runs=await runs_of(unit, (each for facet in facets for each in (facet.original_run, facet.parent_run))),
        models=await lean_model_versions(unit, (facet.model_version for facet in facets)),
        repositories=await repositories_of(unit, (facet.code_reference for facet in facets)),
        outputs={linked.version.id: linked.version for _, _, linked in await _linked(unit, with_outputs)},
    )


async def around_steps(
    unit: Reader, steps: Sequence[Run], *, hydrate: bool, made: Mapping[str, Sequence[Linked]] | None = None
) -> StepAround:
    """What steps refer to: five statements at most, six hydrated. ``made`` are outputs that are known already."""
    ids = [step.id for step in steps]
    outputs: dict[str, list[Linked]] = {step_id: list(linked) for step_id, linked in (made or {}).items()}
    inputs: dict[str, list[Linked]] = {}
    for run_id, direction, linked in await _linked(unit, ids):
        (outputs if direction == PRODUCED else inputs).setdefault(run_id, []).append(linked)
    keys = {step_facet(step).configuration for step in steps} if hydrate else set()
    return StepAround(
        users=await users_of(unit, (step.author_id for step in steps)),
        logs=_logs(await _belongings(unit, ids, [LOGS])),
        outputs=outputs,
        inputs=inputs,
        configurations=await configurations_of(unit, keys),
        models=await lean_model_versions(unit, (step_facet(step).model_version for step in steps)),
    )


async def versions_of(unit: Reader, ids: Iterable[str]) -> dict[str, wire.Entity]:
    """The versions of these ids that exist, as they stand within other things."""
    wanted = tuple(dict.fromkeys(ids))
    if not wanted:
        return {}
    query = Query(source="shown_version", fields=VERSION_FIELDS, project_id=None, where=AnyOf("id", wanted))
    shown = [version(row, Around(), hydrate=False) for row in await unit.rows(query)]
    return {each.id: wire.Entity(each.body, None, None, each.id) for each in shown}


async def logs_of_ids(unit: Reader, ids: Iterable[str | None]) -> dict[str | None, Raw]:
    """The logs of these ids that exist, as they stand within other things."""
    wanted = sorted({each for each in ids if each is not None})
    return {record.id: lean_logs(record) for record in await unit.find(Record, id=wanted, kind=LOGS)} if wanted else {}


async def made_directly(unit: Reader, run_id: str) -> list[Linked]:
    """The versions that a run made in none of its steps."""
    where = all_of(
        Compare("link.run_id", Operator.EQ, run_id),
        Compare("link.direction", Operator.EQ, PRODUCED),
        IsNull("producer_step"),
    )
    rows = await unit.rows(
        Query(source="linked_version", fields=_LINKED_FIELDS, project_id=None, where=where, sort=Sort("created"))
    )
    return [_of_row(row)[2] for row in rows]


async def configurations_of(unit: Reader, keys: Iterable[str | None]) -> dict[str, str]:
    """The configurations of steps by the keys of their records."""
    wanted = sorted({key for key in keys if key is not None})
    if not wanted:
        return {}
    found = await unit.find(Record, dialect=DIALECT, kind=STEP_CONFIGURATION, key=wanted)
    return {record.key: record.body for record in found if record.key is not None}


def run_of(row: Sequence[Any]) -> Run:
    """The run of a row of all its fields."""
    return Run(**dict(zip(Run.__struct_fields__, row, strict=True)))


async def workflows_of(unit: Reader, ids: Iterable[str | None]) -> dict[str, Workflow]:
    """The workflows of these ids that exist."""
    wanted = sorted({each for each in ids if each is not None})
    return {row.id: row for row in await unit.find(Workflow, id=wanted)} if wanted else {}


async def runs_of(unit: Reader, ids: Iterable[str | None]) -> dict[str, Run]:
    """The runs of these ids that exist."""
    wanted = sorted({each for each in ids if each is not None})
    return {run.id: run for run in await unit.find(Run, id=wanted)} if wanted else {}


async def snapshots_of(unit: Reader, ids: Iterable[str | None], *, whole: bool) -> dict[str, Record]:
    """The snapshots of these ids that exist; their bodies, which are long, only where they are wanted."""
    fields = (*_SNAPSHOT_FIELDS, "body") if whole else _SNAPSHOT_FIELDS
    found: dict[str, Record] = {}
    for row in await _records(unit, SNAPSHOT, fields, ids):
        values: dict[str, Any] = {"body": "{}"} | dict(zip(fields, row, strict=True))
        found[row[0]] = Record(dialect=DIALECT, kind=SNAPSHOT, key=None, metadata=None, **values)
    return found


async def repositories_of(unit: Reader, references: Iterable[CodeReference | None]) -> dict[str, wire.Named]:
    """The code repositories that references lead to, as they stand within other things."""
    wanted = sorted({each.code_repository for each in references if each is not None})
    found = await unit.find(Record, id=wanted, dialect=DIALECT, kind=REPOSITORY) if wanted else []
    return {record.id: lean_repository(record) for record in found}


async def stacks_of(unit: Reader, ids: Iterable[str | None]) -> dict[str, Raw]:
    """The stacks of these ids that exist, as they stand within other things."""
    rows = await _records(unit, STACK, ("id", "name", "created", "updated", "author_id"), ids)
    return {row[0]: lean_stack(*row) for row in rows}


async def _records(
    unit: Reader, kind: str, fields: tuple[str, ...], ids: Iterable[str | None]
) -> list[tuple[Any, ...]]:
    wanted = tuple(sorted({each for each in ids if each is not None}))
    if not wanted:
        return []
    where = all_of(AnyOf("id", wanted), Compare("kind", Operator.EQ, kind), Compare("dialect", Operator.EQ, DIALECT))
    return await unit.rows(Query(source="record", fields=fields, project_id=None, where=where))


async def _belongings(unit: Reader, ids: list[str], kinds: list[str]) -> list[Record]:
    found = await unit.find(Record, parent_id=ids, kind=kinds) if ids else []
    return sorted(found, key=lambda record: (record.created, record.id))


def _logs(records: Iterable[Record]) -> dict[str, list[Raw]]:
    found: dict[str, list[Raw]] = {}
    for record in records:
        if record.kind == LOGS and record.parent_id is not None:
            found.setdefault(record.parent_id, []).append(lean_logs(record))
    return found


async def _reasons(unit: Reader, runs: Iterable[Run]) -> dict[str, str | None]:
    wanted = [run.state_id for run in runs if run.state_id is not None]
    return {state.id: state.message for state in await unit.find(RunState, id=wanted)} if wanted else {}


async def _linked(unit: Reader, run_ids: Sequence[str]) -> list[tuple[str, str, Linked]]:
    """What runs or steps have as outputs and inputs: (run, direction, version), in the order of creation."""
    if not run_ids:
        return []
    where: Where = AnyOf("link.run_id", tuple(run_ids))
    rows = await unit.rows(
        Query(source="linked_version", fields=_LINKED_FIELDS, project_id=None, where=where, sort=Sort("created"))
    )
    return [_of_row(row) for row in rows]


def _of_row(row: tuple[Any, ...]) -> tuple[str, str, Linked]:
    *fields, run_id, direction, slot = row
    shown = version(tuple(fields), Around(), hydrate=False)
    lean = wire.Entity(shown.body, None, None, shown.id)
    return run_id, direction, Linked(slot, shown.body.artifact.name, lean)


async def latest_runs_of(unit: Reader, snapshot_ids: Sequence[str]) -> dict[str, Run]:
    """The newest run of each snapshot, by the snapshot's id."""
    if not snapshot_ids:
        return {}
    found: dict[str, Run] = {}
    for run in await unit.find(Run, deployment_id=list(snapshot_ids), role=RUN):
        newest = found.get(run.deployment_id or "")
        if newest is None or (newest.created, newest.id) < (run.created, run.id):
            found[run.deployment_id or ""] = run
    return found
