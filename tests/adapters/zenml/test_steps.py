"""Steps as the client reports them: what they take and make, how often they are tried, and what their run comes to."""

from typing import Any
from uuid import uuid4

import pytest

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.core.registry import Registry
from tests.adapters.zenml.running import STARTED, Running, step_configuration
from tests.adapters.zenml.serving import Served
from tests.support.registries import Clock


@pytest.fixture
async def served(registry: Registry) -> Served:
    """The dialect over a registry with its default stack."""
    await ensure_default_stack(registry)
    return Served(registry)


@pytest.fixture
def running(served: Served) -> Running:
    """A client that runs pipelines."""
    return Running(served)


def names(page: Any) -> list[str]:
    return [item["name"] for item in page["items"]]


async def test_a_step_is_told_what_its_snapshot_says_of_it(running: Running, served: Served) -> None:
    steps = [
        step_configuration("make", extra={"z": 1}, substitutions={"who": "me"}, step_type="evaluator"),
        step_configuration("use", ["make"]),
    ]
    run = await running.run(await running.snapshot(steps=steps, configuration={"substitutions": {"who": "you"}}))
    step = await running.step(run, source_code="code", docstring="what", cache_key="k", code_hash="h")
    assert await served.get(f"/steps/{step['id']}") == step
    body, metadata = step["body"], step["metadata"]
    values = {"who": "me", "date": "2026_11_22", "time": "10_46_30_551964"}
    assert (body["status"], body["version"], body["type"], body["substitutions"]) == ("running", 1, "evaluator", values)
    assert metadata["config"] == steps[0]["config"] | {"substitutions": values}
    assert metadata["spec"] == steps[0]["spec"]
    assert (metadata["source_code"], metadata["docstring"], metadata["cache_key"]) == ("code", "what", "k")
    assert (metadata["code_hash"], body["start_time"]) == ("h", STARTED)
    assert metadata["snapshot_id"] == run["resources"]["snapshot"]["id"]
    assert metadata["pipeline_run_id"] == run["id"]
    assert await served.get(f"/steps/{step['id']}/step-configuration") == metadata["config"]
    lean = (await served.get("/steps", {"pipeline_run_id": run["id"]}))["items"][0]
    assert (lean["metadata"], lean["body"], lean["resources"]) == (None, body, step["resources"])


async def test_a_step_has_the_steps_that_it_waited_for_as_parents(running: Running) -> None:
    _, first, second, _ = await running.whole()
    assert (first["metadata"]["parent_step_ids"], second["metadata"]["parent_step_ids"]) == ([], [first["id"]])


async def test_what_a_step_made_is_the_next_ones_input_and_knows_who_made_it(running: Running, served: Served) -> None:
    run, first, second, version = await running.whole()
    assert [each["id"] for each in first["resources"]["outputs"]["out"]] == [version["id"]]
    (taken,) = second["resources"]["inputs"]["numbers"]
    assert (taken["id"], taken["input_type"], taken["index"]) == (version["id"], "step_output", 0)
    assert (taken["metadata"], taken["resources"], taken["body"]) == (None, None, version["body"])
    read = (await served.get(f"/artifact_versions/{version['id']}"))["resources"]
    assert (read["producer_step_run_id"], read["producer_pipeline_run_id"]) == (first["id"], run["id"])


async def test_a_version_has_no_producer_until_its_step_completes(running: Running, served: Served) -> None:
    run, version = await running.run(), await running.version()
    step = await running.step(run)
    await served.put(f"/steps/{step['id']}", {"outputs": {"saved": [version["id"]]}})
    path = f"/artifact_versions/{version['id']}"
    assert (await served.get(path))["resources"]["producer_step_run_id"] is None
    await running.finish(step)
    assert (await served.get(path))["resources"]["producer_step_run_id"] == step["id"]


async def test_a_failed_step_makes_no_producer(running: Running, served: Served) -> None:
    run, version = await running.run(), await running.version()
    await running.finish(await running.step(run), "failed", outputs={"saved": [version["id"]]})
    read = await served.get(f"/artifact_versions/{version['id']}")
    assert read["resources"]["producer_step_run_id"] is None


async def test_an_input_tells_how_the_step_came_to_it(running: Running, served: Served) -> None:
    configured = step_configuration(
        "make", external_input_artifacts={"outside": {}}, client_lazy_loaders={"late": {}}, parameters={"n": 1, "o": 2}
    )
    configuration = {"step_input_overrides": {"make": {"n": str(uuid4())}}}
    run = await running.run(await running.snapshot(steps=[configured], configuration=configuration))
    versions = {slot: (await running.version(slot))["id"] for slot in ("outside", "late", "n", "by-hand", "loaded")}
    loaded = versions.pop("loaded")
    step = await running.step(run, inputs={slot: [each] for slot, each in versions.items()})
    await served.put(f"/steps/{step['id']}", {"loaded_artifact_versions": {"loaded": loaded}})
    step = await served.put(f"/steps/{step['id']}", {"loaded_artifact_versions": {"loaded": loaded}})
    found = {slot: [each["input_type"] for each in given] for slot, given in step["resources"]["inputs"].items()}
    assert found == {
        "outside": ["external"],
        "late": ["lazy"],
        "n": ["override"],
        "by-hand": ["manual"],
        "loaded": ["manual"],
    }
    assert step["metadata"]["config"]["parameters"] == {"o": 2}


async def test_an_input_of_several_versions_keeps_their_order(running: Running) -> None:
    inputs = {
        "all": [
            {"step_name": "make", "output_name": "out", "chunk_index": place, "chunk_size": 2} for place in range(3)
        ]
    }
    gather = step_configuration("gather")
    gather["spec"]["inputs"] = inputs
    run = await running.run(await running.snapshot(steps=[gather]))
    first, second = (await running.version("one"))["id"], (await running.version("two"))["id"]
    step = await running.step(run, "gather", inputs={"all": [second, first, second]})
    found = step["resources"]["inputs"]["all"]
    assert [(each["id"], each["index"], each["chunk_index"], each["chunk_size"]) for each in found] == [
        (second, 0, 0, 2),
        (first, 1, 1, 2),
        (second, 2, 2, 2),
    ]


async def test_inputs_outputs_and_the_run_must_exist(running: Running) -> None:
    run = await running.run()
    for given in (
        {"inputs": {"a": [str(uuid4())]}},
        {"outputs": {"a": [str(uuid4())]}},
        {"pipeline_run_id": str(uuid4())},
        {"original_step_run_id": str(uuid4())},
        {"name": "unheard-of"},
    ):
        answer = await running.refused_step(run, **given)
        assert (answer.status, answer.json["detail"][0]) == (404, "KeyError"), given
    assert (await running.step(run))["body"]["version"] == 1


async def test_a_finished_step_changes_its_status_no_more(running: Running, served: Served) -> None:
    step = await running.finish(await running.step(await running.run()))
    for status in ("completed", "failed", "running"):
        answer = await served("PUT", f"/steps/{step['id']}", {"status": status})
        assert (answer.status, answer.json["detail"]) == (
            403,
            ["IllegalOperationError", "The status of finished steps can not be updated."],
        )
    assert (await served("PUT", f"/steps/{step['id']}/heartbeat")).status == 403
    assert await served.get(f"/steps/{step['id']}/status") == "completed"


@pytest.mark.parametrize("status", ["retrying", "retried", "cancelling", "queued"])
async def test_some_statuses_are_not_the_clients_to_set(running: Running, served: Served, status: str) -> None:
    run = await running.run()
    assert (await running.refused_step(run, status=status)).status == 403
    step = await running.step(run)
    assert (await served("PUT", f"/steps/{step['id']}", {"status": status})).status == 403


async def test_a_step_that_is_being_stopped_can_only_stop(running: Running, served: Served) -> None:
    step = await running.step(await running.run())
    await served.put(f"/steps/{step['id']}", {"status": "stopping"})
    assert (await served("PUT", f"/steps/{step['id']}", {"status": "completed"})).status == 403
    assert (await running.finish(step, "failed"))["body"]["status"] == "stopped"


async def test_a_step_that_succeeded_is_not_run_again(running: Running) -> None:
    run = await running.run()
    await running.finish(await running.step(run))
    answer = await running.refused_step(run)
    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")


async def test_a_step_is_tried_again_as_often_as_it_may_be(running: Running, served: Served) -> None:
    steps = [step_configuration("make", retry={"max_retries": 1}), step_configuration("use", ["make"])]
    run = await running.run(await running.snapshot(steps=steps))
    first = await running.step(run)
    assert (first["body"]["is_retriable"], first["body"]["version"]) == (True, 1)
    assert (await running.finish(first, "failed"))["body"]["status"] == "retrying"
    assert await running.status(run) == ("running", True)
    second = await running.step(run)
    assert (second["body"]["is_retriable"], second["body"]["version"]) == (False, 2)
    before = (await served.get(f"/steps/{first['id']}"))["body"]
    assert (before["status"], before["end_time"] is not None) == ("retried", True)
    assert (await running.finish(second, "failed"))["body"]["status"] == "failed"
    assert (await running.refused_step(run)).status == 409
    everything = await served.get("/steps", {"pipeline_run_id": run["id"], "sort_by": "version"})
    assert [item["id"] for item in everything["items"]] == [first["id"], second["id"]]
    kept = await served.get("/steps", {"pipeline_run_id": run["id"], "exclude_retried": True})
    assert [item["id"] for item in kept["items"]] == [second["id"]]


async def test_a_step_without_retries_is_not_tried_again(running: Running) -> None:
    run = await running.run()
    await running.finish(await running.step(run), "failed")
    assert (await running.refused_step(run)).status == 409


async def test_a_failed_step_keeps_what_went_wrong(running: Running, served: Served) -> None:
    step = await running.step(await running.run())
    told = {"traceback": "Traceback ...", "message": "on purpose", "more": [1]}
    failed = await running.finish(step, "failed", exception_info=told)
    assert failed["metadata"]["exception_info"] == told | {"source": None, "user_code_line": None}


async def test_a_run_fails_with_a_step_and_is_over_when_nothing_else_can_run(running: Running) -> None:
    steps = [
        step_configuration("make"),
        step_configuration("use", ["make"]),
        step_configuration("aside"),
    ]
    run = await running.run(await running.snapshot(steps=steps))
    aside = await running.step(run, "aside")
    await running.finish(await running.step(run), "failed")
    assert await running.status(run) == ("failed", True)
    await running.finish(aside)
    assert await running.status(run) == ("failed", False)


async def test_a_run_that_fails_fast_is_over_at_once_and_takes_no_more_steps(running: Running) -> None:
    run = await running.run(await running.snapshot(configuration={"execution_mode": "fail_fast"}))
    await running.finish(await running.step(run), "failed")
    assert await running.status(run) == ("failed", False)
    assert (await running.refused_step(run, "use")).status == 403


async def test_a_run_is_running_until_its_last_step_completes(running: Running) -> None:
    run = await running.run()
    seen = [await running.status(run)]
    for name in ("make", "use"):
        step = await running.step(run, name)
        seen.append(await running.status(run))
        await running.finish(step)
        seen.append(await running.status(run))
    assert seen == [("running", True)] * 4 + [("completed", False)]


async def test_a_dynamic_pipeline_says_itself_how_it_stands_and_brings_its_steps(
    running: Running, served: Served
) -> None:
    run = await running.run(await running.snapshot(steps=[step_configuration("make")], is_dynamic=True))
    await running.finish(await running.step(run))
    assert await running.status(run) == ("running", True)
    added = step_configuration("make_2", ["make"], extra={"n": 2})
    step = await running.step(run, "make_2", dynamic_config=added)
    assert (step["metadata"]["config"]["extra"], step["metadata"]["spec"]) == ({"n": 2}, added["spec"])
    await served.put(f"/runs/{run['id']}", {"status": "completed"})
    assert await running.status(run) == ("completed", False)
    static = await running.run()
    assert (await running.refused_step(static, dynamic_config=added)).status == 403


async def test_a_cached_step_has_what_the_original_had_and_takes_nothing_from_it(
    running: Running, served: Served
) -> None:
    configuration = {"tags": ["plain", {"name": "spread", "cascade": True}]}
    snapshot = await running.snapshot(configuration=configuration)
    _, first, second, version = await running.whole(snapshot)
    entry = {
        "project": running.project,
        "resources": [{"id": second["id"], "type": "step_run"}],
        "values": {"loss": 1},
        "types": {"loss": "int"},
    }
    await served.post("/run-metadata", entry)
    again = await running.run(snapshot)
    cached = await running.step(
        again, status="cached", original_step_run_id=first["id"], outputs={"out": [version["id"]]}
    )
    assert (cached["body"]["status"], cached["metadata"]["original_step_run_id"]) == ("cached", first["id"])
    assert cached["resources"]["outputs"]["out"][0]["id"] == version["id"]
    repeated = await running.step(
        again, "use", status="cached", original_step_run_id=second["id"], inputs={"numbers": [version["id"]]}
    )
    assert repeated["metadata"]["run_metadata"] == {"loss": 1}
    assert repeated["resources"]["inputs"]["numbers"][0]["input_type"] == "step_output"
    assert await running.status(again) == ("completed", False)
    read = await served.get(f"/artifact_versions/{version['id']}")
    assert read["resources"]["producer_step_run_id"] == first["id"]
    assert [tag["name"] for tag in read["resources"]["tags"]] == ["spread"]
    found = await served.get("/steps", {"original_step_run_id": first["id"]})
    assert [item["id"] for item in found["items"]] == [cached["id"]]


async def test_a_run_that_was_only_announced_waits_for_more_than_cached_steps(running: Running) -> None:
    snapshot = await running.snapshot()
    _, first, *_ = await running.whole(snapshot)
    run = await running.run(snapshot, status="initializing", orchestrator_run_id=None)
    await running.step(run, status="cached", original_step_run_id=first["id"])
    assert await running.status(run) == ("initializing", True)


async def test_the_newest_completed_step_of_a_cache_key_is_found_unless_it_has_expired(
    running: Running, served: Served, registry: Registry
) -> None:
    steps = []
    for _ in range(3):
        assert isinstance(registry.clock, Clock)
        registry.clock.advance()
        steps.append(await running.step(await running.run(), cache_key="k"))
    await running.finish(steps[0])
    await running.finish(steps[1])
    await running.finish(steps[2], "failed")
    asked = {
        "cache_key": "k",
        "status": "completed",
        "cache_expired": False,
        "sort_by": "desc:created",
        "size": 1,
        "hydrate": True,
        "project": running.project,
    }
    assert (await served.get("/steps", asked))["items"][0]["id"] == steps[1]["id"]
    # The registry's clock stands in 2025.
    expired = await served.put(f"/steps/{steps[1]['id']}", {"cache_expires_at": "2025-01-01T00:00:00"})
    assert expired["metadata"]["cache_expires_at"] == "2025-01-01T00:00:00"
    assert (await served.get("/steps", asked))["items"][0]["id"] == steps[0]["id"]
    gone = await served.get("/steps", {"cache_expired": True})
    assert [item["id"] for item in gone["items"]] == [steps[1]["id"]]
    await served.put(f"/steps/{steps[1]['id']}", {"cache_expires_at": "2027-01-01T00:00:00"})
    assert (await served.get("/steps", asked))["items"][0]["id"] == steps[1]["id"]
    dated = await served.get("/steps", {"cache_expires_at": "gt:2026-01-01 00:00:00"})
    assert [item["id"] for item in dated["items"]] == [steps[1]["id"]]
    assert (await served.get("/steps", {"cache_expires_at": "isnull:"}))["total"] == 2


async def test_a_sign_of_life_is_kept_where_one_is_expected(running: Running, served: Served) -> None:
    beating = step_configuration("make", heartbeat_healthy_threshold=7)
    beating["spec"]["enable_heartbeat"] = True
    run = await running.run(await running.snapshot(steps=[beating]))
    step = await running.step(run)
    assert step["body"]["heartbeat_threshold"] == 7
    answer = await served.put(f"/steps/{step['id']}/heartbeat", {"heartbeat_liveness_timeout_seconds": 3})
    assert (answer["status"], answer["pipeline_run_status"], answer["heartbeat_enabled"]) == (
        "running",
        "running",
        True,
    )
    read = await served.get(f"/steps/{step['id']}")
    assert read["body"]["latest_heartbeat"] == answer["latest_heartbeat"]
    assert await served.put(f"/runs/{run['id']}/disable_heartbeat") is None
    assert (await served.get(f"/runs/{run['id']}"))["metadata"]["enable_heartbeat"] is False


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "make"}, ["make"]),
        ({"name": "startswith:u"}, ["use"]),
        ({"status": "completed"}, ["make"]),
        ({"status": 'oneof:["running","failed"]'}, ["use"]),
        ({"cache_key": "k"}, ["make"]),
        ({"code_hash": "h"}, ["use"]),
        ({"version": 1}, ["make", "use"]),
        ({"version": "gt:1"}, []),
        ({"end_time": "isnotnull:"}, ["make"]),
        ({"run_metadata": "loss:gt:0.5"}, ["use"]),
        ({"original_step_run_id": "isnull:"}, ["make", "use"]),
        ({"name": "make", "code_hash": "h", "logical_operator": "or"}, ["make", "use"]),
        ({"sort_by": "desc:name"}, ["use", "make"]),
        ({"sort_by": "status"}, ["make", "use"]),
    ],
)
async def test_steps_are_found_by_what_the_client_filters_by(
    running: Running, served: Served, query: dict[str, object], found: list[str]
) -> None:
    run = await running.run()
    await running.finish(await running.step(run, cache_key="k"))
    step = await running.step(run, "use", code_hash="h")
    entry = {
        "project": running.project,
        "resources": [{"id": step["id"], "type": "step_run"}],
        "values": {"loss": 0.75},
        "types": {"loss": "float"},
    }
    await served.post("/run-metadata", entry)
    assert names(await served.get("/steps", {"sort_by": "name"} | query)) == found
    assert names(await served.get(f"/runs/{run['id']}/steps", {"sort_by": "name"} | query)) == found


async def test_steps_of_one_run_are_no_others(running: Running, served: Served) -> None:
    one, two = await running.run(), await running.run()
    step, _ = await running.step(one), await running.step(two)
    page = await served.get("/steps", {"pipeline_run_id": one["id"]})
    assert [item["id"] for item in page["items"]] == [step["id"]]
    assert (await served("GET", f"/runs/{uuid4()}/steps")).status == 404


async def test_a_called_hook_is_kept_with_what_it_made_as_long_as_its_run(running: Running, served: Served) -> None:
    run, version = await running.run(), await running.version("noted")
    step = await running.step(run)
    body = {
        "project": running.project,
        "id": str(uuid4()),
        "hook_type": "step_success",
        "name": "notify",
        "status": "completed",
        "start_time": STARTED,
        "end_time": STARTED,
        "source": "flows.notify",
        "pipeline_run_id": run["id"],
        "step_run_id": step["id"],
        "outputs": {"note": [version["id"]]},
    }
    made = await served.post("/hook_invocations", body)
    assert (made["id"], made["name"], made["body"]["hook_type"]) == (body["id"], "notify", "step_success")
    assert (made["metadata"]["source"], made["body"]["step_run_id"]) == ("flows.notify", step["id"])
    assert [each["id"] for each in made["resources"]["outputs"]["note"]] == [version["id"]]
    assert await served.get(f"/hook_invocations/{made['id']}") == made
    for query in ({"pipeline_run_id": run["id"]}, {"step_run_id": step["id"]}, {"hook_type": "step_success"}):
        assert [item["id"] for item in (await served.get("/hook_invocations", query))["items"]] == [made["id"]]
    assert (await served("POST", "/hook_invocations", body | {"hook_type": "none"})).status == 422
    await served.delete(f"/runs/{run['id']}")
    assert (await served("GET", f"/hook_invocations/{made['id']}")).status == 404
