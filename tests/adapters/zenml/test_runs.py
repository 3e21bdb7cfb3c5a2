"""Pipelines, snapshots and runs, as the client announces, begins, lists and removes them."""

from typing import Any
from uuid import uuid4

import pytest

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.core.access import Principal, Role
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


def tick(registry: Registry) -> None:
    """Let a second go by."""
    assert isinstance(registry.clock, Clock)
    registry.clock.advance()


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_a_pipeline_is_found_by_its_name_and_its_name_is_its_own(running: Running, served: Served) -> None:
    made = await running.pipeline(description="trains", tags=["daily"])
    assert made["metadata"] == {"description": "trains"}
    assert [tag["name"] for tag in made["resources"]["tags"]] == ["daily"]
    page = await served.get("/pipelines", {"name": "train", "size": 1, "sort_by": "desc:created"})
    assert (ids(page), page["items"][0]["metadata"]) == ([made["id"]], None)
    answer = await served("POST", "/pipelines", {"project": running.project, "name": "train"})
    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")


async def test_a_pipeline_knows_its_newest_run(running: Running, served: Served, registry: Registry) -> None:
    pipeline = await running.pipeline()
    snapshot = await running.snapshot(pipeline)
    await running.run(snapshot)
    tick(registry)
    newest = await running.run(snapshot)
    read = await served.get(f"/pipelines/{pipeline['id']}")
    assert read["resources"]["latest_run_id"] == newest["id"]
    assert read["resources"]["latest_run_status"] == "running"
    idle = await running.pipeline("idle")
    assert ids(await served.get("/pipelines", {"sort_by": "desc:latest_run"})) == [pipeline["id"], idle["id"]]


async def test_a_pipeline_is_changed_in_its_description_and_tags(running: Running, served: Served) -> None:
    made = await running.pipeline(tags=["a"])
    changed = await served.put(
        f"/pipelines/{made['id']}", {"description": "new", "add_tags": ["b"], "remove_tags": ["a", "none"]}
    )
    assert changed["metadata"] == {"description": "new"}
    assert [tag["name"] for tag in changed["resources"]["tags"]] == ["b"]
    assert changed["body"]["updated"] > made["body"]["updated"]


async def test_a_pipeline_goes_with_its_snapshots_and_runs_and_leaves_the_versions(
    running: Running, served: Served
) -> None:
    pipeline = await running.pipeline()
    snapshot = await running.snapshot(pipeline)
    run, step, _, version = await running.whole(snapshot)
    assert await served.delete(f"/pipelines/{pipeline['id']}") is None
    for path in (
        f"/pipelines/{pipeline['id']}",
        f"/pipeline_snapshots/{snapshot['id']}",
        f"/runs/{run['id']}",
        f"/steps/{step['id']}",
    ):
        assert (await served("GET", path)).status == 404, path
    left = await served.get(f"/artifact_versions/{version['id']}")
    assert left["resources"]["producer_step_run_id"] is None


async def test_a_snapshot_gives_back_its_configurations_word_for_word(running: Running, served: Served) -> None:
    steps = [step_configuration("b", extra={"ü": [1, 2.5, None]}), step_configuration("a", ["b"])]
    made = await running.snapshot(steps=steps, configuration={"extra": {"z": 1, "a": 2}}, source_code="code")
    read = await served.get(f"/pipeline_snapshots/{made['id']}")
    assert read == made
    metadata = read["metadata"]
    assert metadata["pipeline_configuration"]["extra"] == {"z": 1, "a": 2}
    assert list(metadata["step_configurations"]) == ["b", "a"]
    assert metadata["step_configurations"]["b"]["config"] == steps[0]["config"]
    assert metadata["step_configurations"]["a"]["spec"] == steps[1]["spec"]
    assert metadata["client_environment"] == {"os": "linux"}
    assert (metadata["source_code"], metadata["pipeline_spec"]["steps"][1]["upstream_steps"]) == ("code", ["b"])
    with_packages = await served.get(f"/pipeline_snapshots/{made['id']}", {"include_python_packages": True})
    assert with_packages["metadata"]["client_environment"]["python_packages"] == "zenml==0.98.0"
    one = await served.get(f"/pipeline_snapshots/{made['id']}", {"step_configuration_filter": "a"})
    assert list(one["metadata"]["step_configurations"]) == ["a"]


async def test_a_snapshot_without_a_specification_or_steps_is_one(running: Running, served: Served) -> None:
    made = await running.snapshot(pipeline_spec=None, step_configurations={})
    assert made["metadata"]["pipeline_spec"] is None
    assert await running.status(await running.run(made)) == ("running", True)


async def test_a_snapshots_name_is_its_own_within_its_pipeline_unless_it_replaces(
    running: Running, served: Served
) -> None:
    pipeline = await running.pipeline()
    first = await running.snapshot(pipeline, name="best")
    stack = first["resources"]["stack"]["id"]
    body = {
        "project": running.project,
        "run_name_template": "x",
        "pipeline_configuration": {"name": "train"},
        "stack": stack,
        "pipeline": pipeline["id"],
        "name": "best",
    }
    assert (await served("POST", "/pipeline_snapshots", body)).status == 409
    second = await served.post("/pipeline_snapshots", body | {"replace": True})
    assert (await served.get(f"/pipeline_snapshots/{first['id']}"))["name"] is None
    named = await served.get("/pipeline_snapshots", {"named_only": True, "pipeline": "train"})
    assert ids(named) == [second["id"]]
    gone = await served.put(f"/pipeline_snapshots/{second['id']}", {"name": False, "add_tags": ["old"]})
    assert (gone["name"], [tag["name"] for tag in gone["resources"]["tags"]]) == (None, ["old"])
    everything = await served.get("/pipeline_snapshots", {"pipeline": pipeline["id"], "stack": "default"})
    assert set(ids(everything)) == {first["id"], second["id"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"pipeline_configuration": {}},
        {"pipeline_configuration": {"name": "x", "substitutions": 3}},
        {"step_configurations": {"a": {"config": {"name": "a"}}}},
        {"step_configurations": {"a": {"spec": {"source": "a.b", "upstream_steps": 1}, "config": {"name": "a"}}}},
        {"pipeline_spec": {"steps": "none"}},
        {"name": True},
    ],
)
async def test_a_snapshot_of_which_no_run_can_be_made_is_refused(
    running: Running, served: Served, wrong: dict[str, Any]
) -> None:
    pipeline = await running.pipeline()
    stack = (await served.get("/stacks", {"name": "default"}))["items"][0]["id"]
    body = {
        "project": running.project,
        "run_name_template": "x",
        "pipeline_configuration": {"name": "train"},
        "stack": stack,
        "pipeline": pipeline["id"],
    }
    answer = await served("POST", "/pipeline_snapshots", body | wrong)
    assert (answer.status, answer.json[0]) == (422, "ValueError")


async def test_a_run_is_announced_and_then_begins_under_the_id_and_name_that_it_had(
    running: Running, served: Served
) -> None:
    snapshot = await running.snapshot()
    announced = running.run_body(snapshot, name="first", status="initializing", orchestrator_run_id=None)
    placeholder, new = await served.post("/runs", announced)
    assert (new, placeholder["body"]["status"], placeholder["body"]["index"]) == (True, "initializing", 1)
    begins = running.run_body(snapshot, name="second", orchestrator_run_id="o-1", orchestrator_environment={"os": "x"})
    begun, new = await served.post("/runs", begins)
    assert (new, begun["id"], begun["name"], begun["body"]["status"]) == (True, placeholder["id"], "first", "running")
    assert begun["metadata"]["orchestrator_run_id"] == "o-1"
    assert begun["metadata"]["orchestrator_environment"] == {"os": "x"}
    again, new = await served.post("/runs", begins | {"name": "third"})
    assert (new, again["id"]) == (False, placeholder["id"])
    other, new = await served.post("/runs", begins | {"name": "fourth", "orchestrator_run_id": "o-2"})
    assert (new, other["id"] == placeholder["id"], other["body"]["index"]) == (True, False, 2)


async def test_a_run_shows_what_it_is_a_run_of(running: Running, served: Served) -> None:
    snapshot = await running.snapshot(configuration={"substitutions": {"who": "me"}, "enable_heartbeat": False})
    run = await running.run(snapshot, tags=["nightly", {"name": "best", "color": "teal", "exclusive": True}])
    resources = run["resources"]
    assert resources["snapshot"]["id"] == snapshot["id"]
    assert resources["pipeline"]["id"] == snapshot["body"]["pipeline_id"] == run["body"]["pipeline_id"]
    assert resources["stack"]["name"] == "default"
    assert [tag["name"] for tag in resources["tags"]] == ["best", "nightly"]
    assert resources["tags"][0]["body"]["color"] == "teal"
    substitutions = run["metadata"]["config"]["substitutions"]
    assert substitutions == {"who": "me", "date": "2026_11_22", "time": "10_46_30_551964"}
    assert (run["metadata"]["start_time"], run["metadata"]["enable_heartbeat"]) == (STARTED, False)
    lean = (await served.get("/runs", {"name": run["name"]}))["items"][0]
    assert (lean["metadata"], lean["resources"], lean["body"]) == (None, resources, run["body"])


async def test_what_a_run_refers_to_must_exist(running: Running, served: Served) -> None:
    snapshot = await running.snapshot()
    for given in ({"snapshot": str(uuid4())}, {"original_run_id": str(uuid4())}, {"logs": str(uuid4())}):
        answer = await served("POST", "/runs", running.run_body(snapshot) | given)
        assert (answer.status, answer.json["detail"][0]) == (404, "KeyError"), given
    assert (await served.get("/runs"))["total"] == 0


async def test_the_name_of_a_run_is_its_own_in_its_project(running: Running, served: Served) -> None:
    snapshot = await running.snapshot()
    await running.run(snapshot, name="once")
    answer = await served("POST", "/runs", running.run_body(snapshot, name="once"))
    assert (answer.status, answer.json["detail"][0]) == (409, "EntityExistsError")
    assert "once" in answer.json["detail"][1]


async def test_a_nested_run_knows_its_parent_and_the_root(running: Running, served: Served) -> None:
    snapshot = await running.snapshot()
    root = await running.run(snapshot)
    child = await running.run(snapshot, parent_run_id=root["id"], child_key="a")
    grandchild = await running.run(snapshot, parent_run_id=child["id"], child_key="a")
    assert grandchild["body"]["root_run_id"] == root["id"]
    assert grandchild["resources"]["parent_run"]["id"] == child["id"]
    assert ids(await served.get("/runs", {"root_runs_only": True})) == [root["id"]]
    assert ids(await served.get("/runs", {"parent_run_id": child["id"]})) == [grandchild["id"]]
    assert (await served("POST", "/runs", running.run_body(snapshot, child_key="a"))).status == 422


async def test_a_client_cannot_take_a_finished_run_back(running: Running, served: Served) -> None:
    run, *_ = await running.whole()
    assert (run["body"]["status"], run["body"]["in_progress"]) == ("completed", False)
    answer = await served.put(f"/runs/{run['id']}", {"status": "provisioning"})
    assert (answer["body"]["status"], answer["metadata"]["end_time"]) == ("completed", run["metadata"]["end_time"])
    refused = await served("PUT", f"/runs/{run['id']}", {"status": "failed"})
    assert (refused.status, refused.json["detail"][0]) == (403, "IllegalOperationError")
    assert await running.status(run) == ("completed", False)


@pytest.mark.parametrize("status", ["cached", "skipped", "retrying", "retried"])
async def test_a_run_has_no_status_of_steps(running: Running, served: Served, status: str) -> None:
    run = await running.run()
    assert (await served("PUT", f"/runs/{run['id']}", {"status": status})).status == 403


async def test_a_run_that_is_stopped_keeps_the_reason_and_takes_no_more_steps(running: Running, served: Served) -> None:
    run = await running.run()
    step = await running.step(run)
    stopping = await served.put(f"/runs/{run['id']}", {"status": "stopping", "status_reason": "by hand"})
    assert (stopping["body"]["status"], stopping["body"]["status_reason"]) == ("stopping", "by hand")
    assert (await running.refused_step(run, "use")).status == 403
    await running.finish(step, "stopped")
    body = (await served.get(f"/runs/{run['id']}"))["body"]
    assert (body["status"], body["status_reason"], body["in_progress"]) == ("stopped", "by hand", False)


async def test_an_orchestrator_may_give_its_id_to_a_run_that_was_only_announced(
    running: Running, served: Served
) -> None:
    snapshot = await running.snapshot()
    run = await running.run(snapshot, status="initializing", orchestrator_run_id=None)
    changed = await served.put(f"/runs/{run['id']}", {"status": "provisioning", "orchestrator_run_id": "o-1"})
    assert (changed["body"]["status"], changed["metadata"]["orchestrator_run_id"]) == ("provisioning", "o-1")
    assert (await served("PUT", f"/runs/{run['id']}", {"orchestrator_run_id": "o-2"})).status == 403
    begun = await running.run(snapshot, orchestrator_run_id="o-1")
    assert begun["id"] == run["id"]
    assert (await served("PUT", f"/runs/{run['id']}", {"orchestrator_run_id": "o-1"})).status == 403


async def test_a_run_keeps_outputs_tags_and_what_went_wrong(running: Running, served: Served) -> None:
    run, version = await running.run(tags=["a"]), await running.version()
    body = {
        "outputs": {"result": version["id"]},
        "exception_info": {"traceback": "Traceback ...", "user_code_line": 3},
        "add_tags": ["b"],
        "remove_tags": ["a"],
    }
    changed = await served.put(f"/runs/{run['id']}", body)
    assert changed["resources"]["outputs"]["result"]["id"] == version["id"]
    assert changed["metadata"]["exception_info"]["user_code_line"] == 3
    assert [tag["name"] for tag in changed["resources"]["tags"]] == ["b"]
    answer = await served("PUT", f"/runs/{run['id']}", {"outputs": {"result": str(uuid4())}})
    assert (answer.status, answer.json["detail"][0]) == (404, "KeyError")


async def test_logs_belong_to_one_run_or_step(running: Running, served: Served) -> None:
    store = (await served.get("/components", {"type": "artifact_store"}))["items"][0]["id"]
    logs_id, run = str(uuid4()), await running.run()
    body = {"project": running.project, "id": logs_id, "uri": "/logs/a.log", "source": "client"}
    assert (await served("POST", "/logs", body)).status == 422
    made = await served.post("/logs", body | {"artifact_store_id": store})
    assert (made["id"], made["body"]["uri"], made["metadata"]["pipeline_run_id"]) == (logs_id, "/logs/a.log", None)
    given = await served.put(f"/logs/{logs_id}", {"pipeline_run_id": run["id"]})
    assert given["body"]["pipeline_run_id"] == run["id"]
    assert await served.put(f"/logs/{logs_id}", {"pipeline_run_id": run["id"]}) == given
    step = await running.step(run, logs={"uri": "/logs/b.log", "artifact_store_id": store})
    assert [each["body"]["source"] for each in step["resources"]["log_collection"]] == ["step"]
    assert (await served("PUT", f"/logs/{logs_id}", {"step_run_id": step["id"]})).status == 403
    assert ids({"items": (await served.get(f"/runs/{run['id']}"))["resources"]["log_collection"]}) == [logs_id]
    await served.delete(f"/runs/{run['id']}")
    assert (await served("GET", f"/logs/{logs_id}")).status == 404


async def test_a_run_whose_client_was_killed_stays_readable(running: Running, served: Served) -> None:
    run = await running.run()
    step = await running.step(run)
    assert await running.status(run) == ("running", True)
    page = await served.get("/runs", {"status": "running", "in_progress": True, "hydrate": True})
    assert ids(page) == [run["id"]]
    assert (await served.get(f"/steps/{step['id']}"))["body"]["end_time"] is None
    assert await served.get(f"/runs/{run['id']}/status") == "running"
    assert await served.post(f"/runs/{run['id']}/refresh") is None
    assert await running.status(run) == ("running", True)


async def test_a_deleted_run_takes_its_steps_along_and_leaves_its_versions(running: Running, served: Served) -> None:
    run, first, second, version = await running.whole()
    assert await served.delete(f"/runs/{run['id']}") is None
    for path in (f"/runs/{run['id']}", f"/steps/{first['id']}", f"/steps/{second['id']}"):
        assert (await served("GET", path)).status == 404
    read = await served.get(f"/artifact_versions/{version['id']}")
    assert read["resources"]["producer_step_run_id"] is read["resources"]["producer_pipeline_run_id"] is None
    assert await served.delete(f"/artifact_versions/{version['id']}") is None


async def test_the_metadata_of_a_run_can_include_that_of_its_steps(running: Running, served: Served) -> None:
    run = await running.run()
    step = await running.step(run)
    for owner, kind, key in ((run, "pipeline_run", "own"), (step, "step_run", "loss")):
        body = {
            "project": running.project,
            "resources": [{"id": owner["id"], "type": kind}],
            "values": {key: 1},
            "types": {key: "int"},
        }
        await served.post("/run-metadata", body)
    own = await served.get(f"/runs/{run['id']}")
    assert own["metadata"]["run_metadata"] == {"own": 1}
    whole = await served.get(f"/runs/{run['id']}", {"include_full_metadata": True})
    assert whole["metadata"]["run_metadata"] == {"own": 1, "make::loss": 1}
    page = await served.get("/runs", {"include_full_metadata": True, "hydrate": True, "run_metadata": "own:1"})
    assert page["items"][0]["metadata"]["run_metadata"] == {"own": 1, "make::loss": 1}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"pipeline": "train"}, ["one", "two"]),
        ({"pipeline": "other"}, ["three"]),
        ({"pipeline_name": "startswith:tr"}, ["one", "two"]),
        ({"name": 'oneof:["one","three"]'}, ["one", "three"]),
        ({"status": "completed"}, ["one"]),
        ({"status": "notequals:completed"}, ["two", "three"]),
        ({"in_progress": False}, ["one"]),
        ({"stack": "default"}, ["one", "two", "three"]),
        ({"stack": "none"}, []),
        ({"stack_component": "default"}, ["one", "two", "three"]),
        ({"orchestrator_run_id": "o-two"}, ["two"]),
        ({"tags": "hot"}, ["two"]),
        ({"index": 1}, ["one", "three"]),
        ({"index": "gt:1"}, ["two"]),
        ({"index": "lte:1"}, ["one", "three"]),
        ({"index": "notequals:1"}, ["two"]),
        ({"start_time": "gte:2026-11-23 00:00:00"}, ["three"]),
        ({"end_time": "isnull:"}, ["two", "three"]),
        ({"model_version_id": "isnull:"}, ["one", "two", "three"]),
        ({"model": "any"}, []),
        ({"code_repository": "any"}, []),
        ({"linked_to_model_version_id": "019a0000-0000-7000-8000-000000000000"}, []),
        ({"templatable": True}, []),
        ({"pipeline": "other", "name": "one", "logical_operator": "or"}, ["one", "three"]),
        ({"user": "nobody"}, []),
        ({"sort_by": "desc:created"}, ["three", "two", "one"]),
        ({"sort_by": "pipeline", "index": 1}, ["three", "one"]),
    ],
)
async def test_runs_are_found_by_what_the_client_filters_by(
    running: Running, served: Served, registry: Registry, query: dict[str, object], found: list[str]
) -> None:
    train, other = await running.pipeline("train"), await running.pipeline("other")
    snapshot = await running.snapshot(train)
    one = await running.run(snapshot, name="one")
    await running.finish(await running.step(one))
    await running.finish(await running.step(one, "use"))
    tick(registry)
    await running.run(snapshot, name="two", orchestrator_run_id="o-two", tags=["hot"])
    tick(registry)
    await running.run(await running.snapshot(other), name="three", start_time="2026-11-23T00:00:01")
    page = await served.get("/runs", {"sort_by": "created"} | query)
    assert [item["name"] for item in page["items"]] == found
    assert page["total"] == len(found)


async def test_a_viewer_reads_runs_and_writes_none(running: Running, served: Served, registry: Registry) -> None:
    snapshot = await running.snapshot()
    run = await running.run(snapshot)
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER))
    assert (await viewer.get(f"/runs/{run['id']}"))["id"] == run["id"]
    requests = [
        ("POST", "/runs", running.run_body(snapshot)),
        ("PUT", f"/runs/{run['id']}", {"status": "failed"}),
        ("DELETE", f"/runs/{run['id']}", None),
        ("POST", "/steps", running.step_body(run)),
        ("POST", "/pipelines", {"project": running.project, "name": "x"}),
        ("DELETE", f"/pipeline_snapshots/{snapshot['id']}", None),
    ]
    for method, path, body in requests:
        assert (await viewer(method, path, body)).status == 403, (method, path)
