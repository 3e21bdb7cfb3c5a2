"""Snapshots as they are kept: a record for the whole, and one for the configuration of each step."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw

from isogloss.adapters.call import Call, dump
from isogloss.adapters.zenml import configurations
from isogloss.adapters.zenml.bodies.snapshots import SnapshotRequest
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.run_around import SNAPSHOT, STEP_CONFIGURATION
from isogloss.adapters.zenml.run_facets import NULL, CodeReference, SnapshotFacet
from isogloss.adapters.zenml.run_translate import DYNAMIC, STATIC
from isogloss.core.model import Json, Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import records
from isogloss.core.registry.properties import Pairs
from isogloss.core.registry.records import RecordDraft, new_record

_encode = msgspec.json.Encoder().encode


def name_key(pipeline_id: str, name: str | None) -> str | None:
    """The key of a snapshot, by which names are told apart within a pipeline."""
    return None if name is None else f"{pipeline_id}/{name}"


def step_key(snapshot_id: str, name: str) -> str:
    """The key of the configuration of a snapshot's step."""
    return f"{snapshot_id}/{name}"


def snapshot_draft(call: Call, body: SnapshotRequest, name: str | None) -> tuple[RecordDraft, dict[str, Json]]:
    """A new snapshot's record, and the bodies of those of its steps. Raises ``Unprocessable``."""
    pipeline = dump(body.pipeline_configuration)
    steps = {step: dump(given) for step, given in body.step_configurations.items()}
    spec = None if body.pipeline_spec is None else dump(body.pipeline_spec)
    configurations.check_configurations(pipeline, steps, spec)
    reference = body.code_reference
    facet = SnapshotFacet(
        run_name_template=body.run_name_template,
        pipeline_configuration=Raw(pipeline.encode()),
        client_environment=Raw(dump(body.client_environment).encode()),
        pipeline_spec=NULL if spec is None else Raw(spec.encode()),
        client_version=body.client_version,
        server_version=body.server_version,
        pipeline_version_hash=body.pipeline_version_hash,
        description=body.description,
        source_code=body.source_code,
        code_path=body.code_path,
        stack=body.stack,
        build=body.build,
        schedule=body.schedule,
        template=body.template,
        source_snapshot=body.source_snapshot,
        code_reference=None
        if reference is None
        else CodeReference(
            id=call.registry.new_id(),
            commit=reference.commit,
            subdirectory=reference.subdirectory,
            code_repository=reference.code_repository,
            created=call.registry.clock(),
        ),
    )
    draft = RecordDraft(
        dialect=DIALECT,
        kind=SNAPSHOT,
        project_id=body.project,
        key=name_key(body.pipeline, name),
        parent_id=body.pipeline,
        name=name,
        number=len(steps),
        state=DYNAMIC if body.is_dynamic else STATIC,
        body=_encode(facet).decode(),
        properties=snapshot_properties(facet),
    )
    return draft, steps


def snapshot_properties(facet: SnapshotFacet) -> Pairs:
    """What snapshots, and the runs of them, are looked up by."""
    given = {
        "stack": facet.stack,
        "build": facet.build,
        "schedule": facet.schedule,
        "template": facet.template,
        "source_snapshot": facet.source_snapshot,
        "code_repository": None if facet.code_reference is None else facet.code_reference.code_repository,
    }
    return tuple((name, value) for name, value in given.items() if value is not None)


async def add_steps(call: Call, unit: Writer, snapshot: Record, steps: Mapping[str, Json]) -> None:
    """Keep the configurations of a new snapshot's steps."""
    await unit.add(
        *(
            new_record(
                call.registry,
                RecordDraft(
                    dialect=DIALECT,
                    kind=STEP_CONFIGURATION,
                    project_id=snapshot.project_id,
                    key=step_key(snapshot.id, name),
                    parent_id=snapshot.id,
                    name=name,
                    number=place,
                    body=body,
                ),
                call.caller.user_id,
            )
            for place, (name, body) in enumerate(steps.items())
        )
    )


async def steps_of(unit: Reader, snapshot_ids: Sequence[str], names: Iterable[str] = ()) -> dict[str, dict[str, Raw]]:
    """The configurations of the steps of snapshots, by snapshot and name and in their order; of all, or of some."""
    wanted = list(names)
    key = {"name": wanted} if wanted else {}
    found = await unit.find(Record, parent_id=list(snapshot_ids), kind=STEP_CONFIGURATION, **key)
    steps: dict[str, dict[str, Raw]] = {}
    for record in sorted(found, key=lambda record: record.number or 0):
        steps.setdefault(record.parent_id or "", {})[record.name or ""] = Raw(record.body.encode())
    return steps


async def remove_snapshots(call: Call, unit: Writer, snapshots: Sequence[Record]) -> None:
    """Remove snapshots with the configurations of their steps. Raises ``Denied``."""
    if not snapshots:
        return
    await unit.remove(Record, parent_id=[record.id for record in snapshots], kind=STEP_CONFIGURATION)
    await records.remove_records(call.registry, unit, call.caller, snapshots)
