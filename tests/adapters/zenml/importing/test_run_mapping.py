"""Pipelines, snapshots, runs, steps and hooks of a ZenML server, as rows and as our own routes show these."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import Raw, json

from isogloss.adapters.zenml import run_translate, translate, wire
from isogloss.adapters.zenml.code_repository_translate import code_reference, lean_repository
from isogloss.adapters.zenml.run_around import ENVIRONMENT, HOOK, LOGS, STEP_CONFIGURATION
from isogloss.adapters.zenml.run_facets import HookFacet, pipeline_facet, run_facet, snapshot_facet, step_facet
from isogloss.adapters.zenml.run_translate import Linked, RunAround, StepAround
from isogloss.core.model import Record
from isogloss.core.registry.incoming import Batch, Tagged
from tests.adapters.zenml.importing import rows
from tests.adapters.zenml.importing.rows import Row, holding, told


def shown(given: Any) -> Any:
    """What a client is sent."""
    return json.decode(json.encode(given))


def parts(row: Row, *others: str) -> Row:
    """What a row says by itself."""
    return {name: row[name] for name in ("id", "name", "body", "metadata", *others)}


def of_kind(batch: Batch, kind: str) -> list[Record]:
    """The parts of a batch that are of a kind."""
    return [part for part in batch.parts if part.kind == kind]


def lean_versions(batches: Mapping[str, Batch], *ids: str) -> dict[str, wire.Entity]:
    """The version that came, as it stands within other things, under several ids."""
    version = batches["artifact versions"].versions[0].version
    artifact = batches["artifacts"].artifacts[0]
    found = {}
    for row_id in ids:
        values = {name: getattr(version, name) for name in version.__struct_fields__} | {"id": row_id}
        values |= {f"artifact.{name}": getattr(artifact, name) for name in artifact.__struct_fields__}
        row = tuple(values[name] for name in translate.VERSION_FIELDS)
        found[row_id] = wire.Entity(translate.version(row, translate.Around(), hydrate=False).body, None, None, row_id)
    return found


async def test_a_pipeline_is_shown_as_it_was_and_counts_on_from_its_newest_run() -> None:
    batch = (await told(holding()))["pipelines"]
    [row] = batch.workflows
    assert parts(shown(run_translate.pipeline(row, None, {}, (), hydrate=True))) == parts(rows.pipeline())
    assert pipeline_facet(row).runs == 3
    assert batch.tagged == [Tagged("workflow", rows.PIPELINE, (rows.TAG,))]


async def test_a_snapshot_is_shown_as_it_was_with_its_steps_in_their_order() -> None:
    batches = await told(holding())
    [row] = batches["snapshots"].records
    kept = of_kind(batches["snapshots"], STEP_CONFIGURATION)
    assert [(each.key, each.number) for each in kept] == [(f"{row.id}/load", 0), (f"{row.id}/train", 1)]
    steps = {each.name or "": Raw(each.body.encode()) for each in kept}
    facet = snapshot_facet(row.body)
    assert shown(run_translate.snapshot_body(row)) == rows.snapshot()["body"]
    assert shown(run_translate.snapshot_metadata(facet, steps)) == rows.snapshot()["metadata"]
    assert (row.key, row.parent_id, facet.stack) == (f"{rows.PIPELINE}/weekly", rows.PIPELINE, rows.STACK)


async def test_the_state_of_code_that_a_snapshot_and_its_runs_have_is_shown_as_it_was() -> None:
    batches = await told(holding())
    [snapshot], [run], [repository] = (
        batches["snapshots"].records,
        batches["runs"].runs,
        batches["code repositories"].records,
    )
    there = {repository.id: lean_repository(repository)}
    for kept in (snapshot_facet(snapshot.body).code_reference, run_facet(run).code_reference):
        assert shown(code_reference(kept, there, 0)) == rows.code_reference()
        assert code_reference(kept, {}, 0) is None


@pytest.mark.parametrize(("is_dynamic", "state"), [(True, "dynamic"), (False, "static")])
async def test_a_dynamic_snapshot_stays_one(is_dynamic: bool, state: str) -> None:
    given = rows.with_(rows.snapshot(), "body", is_dynamic=is_dynamic)
    assert [row.state for row in (await told(holding(pipeline_snapshots=[given])))["snapshots"].records] == [state]


async def test_a_run_is_shown_as_it_was() -> None:
    batches = await told(holding())
    batch = batches["runs"]
    [row], [state], [environment], [logs] = batch.runs, batch.states, of_kind(batch, ENVIRONMENT), of_kind(batch, LOGS)
    around = RunAround(
        reasons={state.id: state.message},
        workflows={rows.PIPELINE: batches["pipelines"].workflows[0]},
        snapshots={rows.SNAPSHOT: batches["snapshots"].records[0]},
        environments={rows.RUN: Raw(environment.body.encode())},
        outputs=lean_versions(batches, rows.VERSION),
        logs={rows.RUN: [run_translate.lean_logs(logs)]},
    )
    made = shown(run_translate.run(row, around, hydrate=True))
    given = rows.run()
    assert parts(made) == parts(given)
    assert made["resources"]["log_collection"] == given["resources"]["log_collection"]
    assert made["resources"]["outputs"]["result"]["id"] == rows.VERSION
    assert [(link.version_id, link.direction, link.slot) for link in batch.run_links] == [
        (rows.VERSION, "produced", "result")
    ]
    assert batch.tagged == [Tagged("run", rows.RUN, (rows.TAG,))]


async def test_a_run_within_a_run_knows_both_ends_of_the_way_up() -> None:
    batch = (await told(holding()))["runs"]
    facet = run_facet(batch.runs[0])
    assert (facet.parent_run, facet.root_run, facet.child_key) == (rows.PARENT, rows.ROOT, "training-0")
    assert ("parent_run", rows.PARENT) in {(each.name, each.value) for each in batch.properties}


async def test_a_run_knows_how_many_steps_its_snapshot_has() -> None:
    batch = (await told(holding()))["runs"]
    assert run_facet(batch.runs[0]).steps == 2


@pytest.mark.parametrize(
    ("status", "state_type"),
    [("completed", "COMPLETED"), ("cached", "COMPLETED"), ("failed", "FAILED"), ("stopped", "CANCELLED")],
)
async def test_the_status_of_a_run_is_its_state(status: str, state_type: str) -> None:
    batch = (await told(holding(runs=[rows.run(status)])))["runs"]
    assert [(run.state_name, run.state_type) for run in batch.runs] == [(status, state_type)]
    assert [(state.id, state.name) for state in batch.states] == [(batch.runs[0].state_id, status)]


async def test_a_cached_step_is_shown_as_it_was() -> None:
    batches = await told(holding())
    batch = batches["steps"]
    [row], [logs] = batch.runs, of_kind(batch, LOGS)
    key = step_facet(row).configuration
    [configuration] = [part for part in batches["snapshots"].parts if part.key == key]
    versions = lean_versions(batches, rows.VERSION, rows.OTHER_VERSION)
    around = StepAround(
        logs={rows.STEP: [run_translate.lean_logs(logs)]},
        outputs={rows.STEP: [Linked("weights", "numbers", versions[rows.VERSION])]},
        inputs={rows.STEP: [Linked("numbers", "numbers", each) for each in versions.values()]},
        configurations={configuration.key or "": configuration.body},
        models={rows.MODEL_VERSION: Raw(b'{"id":"%b"}' % rows.MODEL_VERSION.encode())},
    )
    made, given = shown(run_translate.step(row, around, hydrate=True)), rows.step()
    assert parts(made) == parts(given)
    assert made["resources"] == given["resources"] | {"resource_request": None}


async def test_a_step_is_linked_to_what_it_took_and_made() -> None:
    links = (await told(holding()))["steps"].run_links
    assert [(link.version_id, link.direction, link.slot) for link in links] == [
        (rows.VERSION, "produced", "weights"),
        (rows.VERSION, "consumed", "numbers"),
        (rows.OTHER_VERSION, "consumed", "numbers"),
    ]


async def test_an_input_that_replaces_a_parameter_is_known_as_one() -> None:
    given = rows.with_(rows.step(), "resources", inputs={"count": [rows.step_input(input_type="override")]})
    [row] = (await told(holding(steps=[given])))["steps"].runs
    assert step_facet(row).overridden == ("count",)


@pytest.mark.parametrize(("status", "position"), [("retried", None), ("completed", "load"), ("retrying", "load")])
async def test_an_attempt_that_another_one_followed_has_given_its_place_up(status: str, position: str | None) -> None:
    [row] = (await told(holding(steps=[rows.step(status)])))["steps"].runs
    assert (row.position, row.attempts) == (position, 2)


async def test_the_step_of_a_dynamic_pipeline_has_a_configuration_of_its_own() -> None:
    batch = (await told(holding(pipeline_snapshots=[rows.snapshot(step_configurations={})])))["steps"]
    [own] = of_kind(batch, STEP_CONFIGURATION)
    assert own.key == step_facet(batch.runs[0]).configuration
    assert own.parent_id == rows.RUN
    assert json.decode(own.body) == rows.STEP_CONFIGURATION


async def test_an_invocation_of_a_hook_keeps_its_logs_and_what_it_made() -> None:
    batch = (await told(holding()))["hook invocations"]
    [row], [logs] = batch.records, of_kind(batch, LOGS)
    facet = json.decode(row.body, type=HookFacet)
    assert (row.kind, row.parent_id, row.state, row.name) == (HOOK, rows.RUN, "completed", "afterwards")
    assert (facet.hook_type, facet.step_run_id, facet.logs_id) == ("step_success", rows.STEP, logs.id)
    assert facet.outputs == {"output": [rows.VERSION, rows.OTHER_VERSION]}
    assert {link.entity_id for link in batch.record_links} == {rows.VERSION, rows.OTHER_VERSION}
    assert {(each.name, each.value) for each in batch.properties} == {
        ("hook_type", "step_success"),
        ("step_run", rows.STEP),
    }
