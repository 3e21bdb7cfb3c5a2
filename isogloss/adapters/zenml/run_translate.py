"""Between the registry's workflows, runs and steps, and ZenML's pipelines, snapshots, runs and steps. Pure functions.

From a row to the wire they are total: a run or step that another dialect wrote prints as something that the vendor's
client parses. Such a run has no pipeline and no snapshot, and its workflow's name in its configuration.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from isogloss.adapters.zenml import configurations, run_wire, wire
from isogloss.adapters.zenml.code_repository_translate import code_reference
from isogloss.adapters.zenml.kinds import DIALECT, stand_in_id
from isogloss.adapters.zenml.run_facets import (
    PipelineFacet,
    RunFacet,
    SnapshotFacet,
    StepFacet,
    logs_facet,
    pipeline_facet,
    run_facet,
    snapshot_facet,
    step_facet,
)
from isogloss.adapters.zenml.states import status_of
from isogloss.adapters.zenml.times import moment, optional_moment
from isogloss.adapters.zenml.translate import run_metadata
from isogloss.core.model import Json, Record, Run, Workflow
from isogloss.core.registry.runs import STEP

_encode = msgspec.json.Encoder().encode

_EMPTY = Raw(b"{}")
DYNAMIC, STATIC = "dynamic", "static"
"""What a snapshot's record has as its state."""

NAME_LENGTH = 255
NAME_SUFFIX = 8
"""How many of the last characters of its id a foreign step's name ends in: they tell the steps of a run apart."""


class RunAround(Struct, frozen=True, kw_only=True):
    """What the runs of a page refer to, by id.

    ``reasons`` are the messages of states; ``logs``, ``tags`` and ``environments`` go by the id of the run that they
    belong to; ``runs`` are original and parent runs, ``outputs`` versions within another thing.
    """

    users: Mapping[str, Raw] = {}
    tags: Mapping[str, Sequence[Raw]] = {}
    reasons: Mapping[str, str | None] = {}
    workflows: Mapping[str, Workflow] = {}
    snapshots: Mapping[str, Record] = {}
    stacks: Mapping[str, Raw] = {}
    logs: Mapping[str, Sequence[Raw]] = {}
    environments: Mapping[str, Raw] = {}
    runs: Mapping[str, Run] = {}
    outputs: Mapping[str, wire.Entity] = {}
    models: Mapping[str, Raw] = {}
    repositories: Mapping[str, wire.Named] = {}


class Linked(Struct, frozen=True):
    """A version that a step has: as which output or input, and how it stands within another thing."""

    slot: str
    artifact_name: str
    version: wire.Entity

    @property
    def name(self) -> str:
        """The name of the output or input; the artifact's where there is none."""
        return self.slot or self.artifact_name


class StepAround(Struct, frozen=True, kw_only=True):
    """What the steps of a page refer to, by id; ``configurations`` are the bodies of records by their keys."""

    users: Mapping[str, Raw] = {}
    logs: Mapping[str, Sequence[Raw]] = {}
    outputs: Mapping[str, Sequence[Linked]] = {}
    inputs: Mapping[str, Sequence[Linked]] = {}
    configurations: Mapping[str, Json] = {}
    models: Mapping[str, Raw] = {}


def pipeline(
    row: Workflow,
    latest: Run | None,
    users: Mapping[str, Raw],
    tags: Sequence[Raw],
    *,
    hydrate: bool,
) -> wire.Named:
    """A pipeline with its newest run."""
    facet: PipelineFacet = pipeline_facet(row)
    resources = run_wire.PipelineResources(
        users.get(row.author_id or ""),
        None if latest is None else users.get(latest.author_id or ""),
        None if latest is None else latest.id,
        None if latest is None else status(latest),
        list(tags),
    )
    metadata = run_wire.PipelineMetadata(facet.description) if hydrate else None
    return wire.Named(_pipeline_body(row), metadata, resources, row.id, row.name)


def lean_pipeline(row: Workflow) -> Raw:
    """A pipeline within another thing, encoded."""
    return Raw(_encode(wire.Named(_pipeline_body(row), None, None, row.id, row.name)))


def _pipeline_body(row: Workflow) -> run_wire.PipelineBody:
    return run_wire.PipelineBody(moment(row.created), moment(row.updated), row.author_id, row.project_id)


def lean_stack(stack_id: str, name: str, created: int, updated: int, author_id: str | None) -> Raw:
    """A stack within another thing, encoded."""
    body = run_wire.LeanStackBody(moment(created), moment(updated), author_id)
    return Raw(_encode(wire.Named(body, None, None, stack_id, name)))


def snapshot_body(row: Record) -> run_wire.SnapshotBody:
    """A snapshot's body. Nothing is run or deployed from here, so that none can be."""
    return run_wire.SnapshotBody(
        moment(row.created),
        moment(row.updated),
        row.author_id,
        row.project_id,
        False,
        False,
        row.state == DYNAMIC,
        row.parent_id,
    )


def lean_snapshot(row: Record) -> run_wire.Snapshot:
    """A snapshot within another thing."""
    return run_wire.Snapshot(snapshot_body(row), None, None, row.id, row.name)


def snapshot_metadata(
    facet: SnapshotFacet, steps: Mapping[str, Raw], *, packages: bool = False
) -> run_wire.SnapshotMetadata:
    """What is hydrated of a snapshot."""
    environment = facet.client_environment
    return run_wire.SnapshotMetadata(
        description=facet.description,
        source_code=facet.source_code,
        run_name_template=facet.run_name_template,
        pipeline_configuration=facet.pipeline_configuration,
        step_configurations=dict(steps),
        client_environment=environment if packages else configurations.without_packages(environment),
        client_version=facet.client_version,
        server_version=facet.server_version,
        pipeline_version_hash=facet.pipeline_version_hash,
        pipeline_spec=facet.pipeline_spec,
        code_path=facet.code_path,
        template_id=facet.template,
        source_snapshot_id=facet.source_snapshot,
    )


def status(run: Run) -> str:
    """The vendor's word for where a run or step stands."""
    return status_of(run.dialect, run.state_type, run.state_name)


def run(
    row: Run,
    around: RunAround,
    *,
    hydrate: bool,
    packages: bool = False,
    metadata_of_steps: Iterable[tuple[str, Json]] = (),
) -> wire.Named:
    """A pipeline run. ``metadata_of_steps`` adds the documents of its steps, by their names, to its own."""
    facet = run_facet(row)
    workflow = around.workflows.get(row.workflow_id or "")
    ours = workflow if workflow is not None and workflow.dialect == DIALECT else None
    snapshot = around.snapshots.get(row.deployment_id or "") if row.dialect == DIALECT else None
    source = around.snapshots.get(facet.source_snapshot or "")
    resources = run_wire.RunResources(
        user=around.users.get(row.author_id or ""),
        snapshot=None if snapshot is None else lean_snapshot(snapshot),
        source_snapshot=None if source is None else lean_snapshot(source),
        stack=around.stacks.get(facet.stack or ""),
        pipeline=None if ours is None else lean_pipeline(ours),
        code_reference=code_reference(facet.code_reference, around.repositories, row.created),
        model_version=around.models.get(facet.model_version or ""),
        tags=list(around.tags.get(row.id, ())),
        log_collection=list(around.logs.get(row.id, ())),
        original_run=lean_run(around.runs.get(facet.original_run or "")),
        parent_run=lean_run(around.runs.get(facet.parent_run or "")),
        outputs={name: around.outputs[each] for name, each in facet.outputs.items() if each in around.outputs},
    )
    metadata = None
    if hydrate:
        kept = snapshot_facet(snapshot.body) if snapshot is not None else None
        name = workflow.name if workflow is not None else row.name
        metadata = _run_metadata(row, facet, kept, name, around, packages, metadata_of_steps)
    return wire.Named(_run_body(row, facet, ours, around), metadata, resources, row.id, row.name[:NAME_LENGTH])


def lean_run(row: Run | None) -> wire.Named | None:
    """A run within another thing."""
    if row is None:
        return None
    return wire.Named(_run_body(row, run_facet(row), None, RunAround()), None, None, row.id, row.name[:NAME_LENGTH])


def _run_body(row: Run, facet: RunFacet, workflow: Workflow | None, around: RunAround) -> run_wire.RunBody:
    return run_wire.RunBody(
        moment(row.created),
        moment(row.updated),
        row.author_id,
        row.project_id,
        status(row),
        row.ended is None,
        around.reasons.get(row.state_id or ""),
        facet.index,
        row.workflow_id if workflow is not None or row.dialect == DIALECT else None,
        facet.child_key,
        facet.root_run,
    )


def _run_metadata(
    row: Run,
    facet: RunFacet,
    snapshot: SnapshotFacet | None,
    name: str,
    around: RunAround,
    packages: bool,
    of_steps: Iterable[tuple[str, Json]],
) -> run_wire.RunMetadata:
    began = row.created if row.started is None else row.started
    environments = (
        _EMPTY if snapshot is None else snapshot.client_environment,
        around.environments.get(row.id, _EMPTY),
    )
    if not packages:
        environments = (
            configurations.without_packages(environments[0]),
            configurations.without_packages(environments[1]),
        )
    config = Raw(_encode({"name": name})) if snapshot is None else snapshot.pipeline_configuration
    return run_wire.RunMetadata(
        run_metadata=_with_steps(row.metadata, of_steps),
        config=configurations.with_run(config, began),
        start_time=optional_moment(row.started),
        end_time=optional_moment(row.ended),
        client_environment=environments[0],
        orchestrator_environment=environments[1],
        orchestrator_run_id=row.key if row.dialect == DIALECT else None,
        code_path=None if snapshot is None else snapshot.code_path,
        template_id=None if snapshot is None else snapshot.template,
        trigger_info=facet.trigger_info,
        enable_heartbeat=facet.heartbeat,
        exception_info=facet.exception_info,
    )


def _with_steps(own: Json | None, of_steps: Iterable[tuple[str, Json]]) -> Raw:
    document = run_metadata(own)
    more = {
        f"{name}::{key}": value
        for name, text in of_steps
        for key, value in msgspec.json.decode(run_metadata(text), type=dict[str, Raw]).items()
    }
    if not more:
        return document
    return Raw(_encode({**msgspec.json.decode(document, type=dict[str, Raw]), **more}))


def step(row: Run, around: StepAround, *, hydrate: bool) -> wire.Named:
    """A step."""
    facet = step_facet(row)
    body = run_wire.StepBody(
        created=moment(row.created),
        updated=moment(row.updated),
        user_id=row.author_id,
        project_id=row.project_id,
        type=facet.type,
        status=status(row),
        version=row.attempts,
        is_retriable=facet.is_retriable,
        start_time=optional_moment(row.started),
        end_time=optional_moment(row.ended),
        latest_heartbeat=optional_moment(facet.latest_heartbeat),
        model_version_id=facet.model_version if facet.model_version in around.models else None,
        substitutions=facet.substitutions,
        heartbeat_threshold=facet.heartbeat_threshold,
    )
    resources = run_wire.StepResources(
        user=around.users.get(row.author_id or ""),
        log_collection=list(around.logs.get(row.id, ())),
        model_version=around.models.get(facet.model_version or ""),
        inputs=_inputs(facet, around.inputs.get(row.id, ())),
        outputs=_outputs(around.outputs.get(row.id, ())),
    )
    metadata = _step_metadata(row, facet, around) if hydrate else None
    return wire.Named(body, metadata, resources, row.id, step_name(row))


def stand_in(row: Run) -> Run:
    """The step that stands for a run itself, where the run made versions in none."""
    return replace(
        row, id=stand_in_id(row.id), role=STEP, parent_id=row.id, position=None, key=None, metadata=None, facet=None
    )


def step_name(row: Run) -> str:
    """What a step is called. Names of steps are unique in a run here, while others may use one many times."""
    if row.dialect == DIALECT:
        return row.name
    return f"{row.name[: NAME_LENGTH - NAME_SUFFIX - 1]}-{row.id[-NAME_SUFFIX:]}"


def _step_metadata(row: Run, facet: StepFacet, around: StepAround) -> run_wire.StepMetadata:
    config, spec = _configuration(row, facet, around)
    return run_wire.StepMetadata(
        config=config,
        spec=spec,
        cache_key=facet.cache_key,
        cache_expires_at=optional_moment(facet.cache_expires_at),
        code_hash=facet.code_hash,
        docstring=facet.docstring,
        source_code=facet.source_code,
        exception_info=facet.exception_info,
        # The client wants an id in both places, and looks neither of them up before it is asked to.
        snapshot_id=(row.deployment_id if row.dialect == DIALECT else None) or row.id,
        pipeline_run_id=row.parent_id or row.id,
        original_step_run_id=facet.original_step,
        parent_step_ids=list(facet.parents),
        run_metadata=run_metadata(row.metadata),
    )


def _configuration(row: Run, facet: StepFacet, around: StepAround) -> tuple[Raw, Raw]:
    kept = around.configurations.get(facet.configuration or "")
    if kept is not None:
        stored = configurations.stored_step(kept)
        return configurations.of_step(stored.config, facet.substitutions, facet.overridden), stored.spec
    name = step_name(row)
    source = {"module": row.dialect, "attribute": row.name, "type": "unknown"}
    spec = {"source": source, "upstream_steps": [], "inputs": {}, "invocation_id": name}
    return Raw(_encode({"name": name})), Raw(_encode(spec))


def _inputs(facet: StepFacet, linked: Sequence[Linked]) -> dict[str, list[run_wire.StepInput]]:
    kept = {(each.slot, each.version.id): each for each in linked}
    found: dict[str, list[run_wire.StepInput]] = {}
    for given in facet.inputs:
        each = kept.pop((given.slot, given.version_id), None) or next(
            (other for other in linked if other.slot == given.slot and other.version.id == given.version_id), None
        )
        if each is not None:
            shown = _input(each.version, given.type, given.index or 0, given.chunk_index, given.chunk_size)
            found.setdefault(each.name, []).append(shown)
    for each in kept.values():
        found.setdefault(each.name, []).append(_input(each.version, "manual", 0, None, None))
    for members in found.values():
        members.sort(key=lambda shown: shown.index or 0)
    return found


def _input(
    version: wire.Entity, kind: str, index: int, chunk_index: int | None, chunk_size: int | None
) -> run_wire.StepInput:
    return run_wire.StepInput(version.body, None, None, version.id, False, kind, index, chunk_index, chunk_size)


def _outputs(linked: Sequence[Linked]) -> dict[str, list[wire.Entity]]:
    found: dict[str, list[wire.Entity]] = {}
    for each in linked:
        found.setdefault(each.name, []).append(each.version)
    return found


def logs(row: Record, user: Raw | None) -> wire.Entity:
    """Logs, hydrated."""
    facet = logs_facet(row.body)
    metadata = run_wire.LogsMetadata(
        facet.step_run_id,
        facet.pipeline_run_id,
        facet.artifact_store_id,
        facet.log_store_id,
        facet.hook_invocation_id,
    )
    return wire.Entity(_logs_body(row), metadata, run_wire.UserResources(user), row.id)


def lean_logs(row: Record) -> Raw:
    """Logs within another thing, encoded."""
    return Raw(_encode(wire.Entity(_logs_body(row), None, None, row.id)))


def _logs_body(row: Record) -> run_wire.LogsBody:
    facet = logs_facet(row.body)
    return run_wire.LogsBody(
        moment(row.created),
        moment(row.updated),
        row.author_id,
        row.project_id,
        facet.uri,
        facet.source,
        facet.step_run_id,
        facet.pipeline_run_id,
        facet.artifact_store_id,
        facet.log_store_id,
        facet.hook_invocation_id,
    )
