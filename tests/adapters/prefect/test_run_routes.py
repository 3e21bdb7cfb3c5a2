"""Flows, runs, task runs, deployments and logs over the routes; on both engines."""

from typing import Any
from uuid import uuid4

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.model import Run, Workflow
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from tests.adapters.prefect.serving import Served
from tests.support.registries import Clock

UNKNOWN = "00000000-0000-4000-8000-000000000005"


@pytest.fixture
def api(registry: Registry) -> Served:
    return Served(registry)


async def flow(api: Served, name: str = "f", **fields: Any) -> str:
    return str((await api.post("/flows/", {"name": name, **fields}))["id"])


async def run(api: Served, flow_id: str, **fields: Any) -> dict[str, Any]:
    return dict(await api.post("/flow_runs/", {"flow_id": flow_id, **fields}))


async def set_state(api: Served, run_id: str, type_: str, *, force: bool = False, **state: Any) -> Any:
    body = {"state": {"type": type_, **state}, "force": force}
    return await api.post(f"/flow_runs/{run_id}/set_state", body)


async def test_a_flow_is_made_once_and_stays_as_it_is(api: Served) -> None:
    first = await api("POST", "/flows/", {"name": "f", "tags": ["a"], "labels": {"x": 1}})
    second = await api("POST", "/flows/", {"name": "f", "tags": ["b"]})

    assert (first.status, second.status) == (201, 200)
    assert second.json == first.json == await api.get(f"/flows/{first.json['id']}")
    assert list(first.json) == ["id", "created", "updated", "name", "tags", "labels"]
    assert (await api("GET", f"/flows/{UNKNOWN}")).json == {"detail": "Flow not found"}


async def test_a_run_takes_its_flows_labels_and_begins_pending(api: Served) -> None:
    flow_id = await flow(api, labels={"team": "x", "n": 1})
    made = await run(api, flow_id, labels={"n": 2}, tags=["b", "a"])

    assert made["labels"] == {"team": "x", "n": 2, "prefect.flow.id": flow_id}
    assert made["tags"] == ["b", "a"]
    assert (made["state_type"], made["run_count"], made["state"]["type"]) == ("PENDING", 0, "PENDING")
    assert made["state"]["state_details"]["flow_run_id"] == made["id"]
    assert made == await api.get(f"/flow_runs/{made['id']}")


async def test_an_idempotency_key_names_one_run_of_a_flow(api: Served) -> None:
    one, other = await flow(api, "one"), await flow(api, "other")
    first = await api("POST", "/flow_runs/", {"flow_id": one, "idempotency_key": "k", "name": "n"})
    again = await api("POST", "/flow_runs/", {"flow_id": one, "idempotency_key": "k", "name": "m"})
    elsewhere = await api("POST", "/flow_runs/", {"flow_id": other, "idempotency_key": "k"})

    assert (first.status, again.status, elsewhere.status) == (201, 200, 201)
    assert again.json["id"] == first.json["id"] != elsewhere.json["id"]
    assert again.json["name"] == "n"


@pytest.mark.parametrize("missing", ["flow_id", "parent_task_run_id", "infrastructure_document_id"])
async def test_a_run_of_what_is_not_there_is_a_conflict(api: Served, missing: str) -> None:
    body = {"flow_id": await flow(api), missing: UNKNOWN}
    answer = await api("POST", "/flow_runs/", body)
    assert answer.status == 409
    assert answer.json["detail"].startswith("Data integrity conflict.")


async def test_states_keep_a_history_and_a_result_that_is_read_back(api: Served) -> None:
    made = await run(api, await flow(api))
    accepted = await set_state(api, made["id"], "RUNNING")
    result = {"storage_key": "k", "prefect_version": "3.8.8"}
    await set_state(api, made["id"], "COMPLETED", data=result, message="done")
    read = await api.get(f"/flow_runs/{made['id']}")
    kept = await api.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [made["id"]]}}})

    assert (accepted["status"], accepted["details"]) == ("ACCEPT", {"type": "accept_details"})
    assert read["state"]["data"] == result
    assert (read["state_type"], read["run_count"], read["state"]["message"]) == ("COMPLETED", 1, "done")
    assert [(one["key"], one["type"], one["data"], one["task_run_id"]) for one in kept] == [(None, None, result, None)]
    await api("DELETE", f"/artifacts/{kept[0]['id']}")
    assert (await api.get(f"/flow_runs/{made['id']}"))["state"]["data"] is None


async def test_a_result_may_say_what_artifact_it_is(api: Served) -> None:
    made = await run(api, await flow(api))
    data = {"artifact_key": "found", "artifact_type": "table", "artifact_description": "d", "rows": [1]}
    answer = await set_state(api, made["id"], "COMPLETED", data=data)
    latest = await api.get("/artifacts/found/latest")

    assert answer["state"]["data"] == {"rows": [1]}
    assert (latest["type"], latest["description"], latest["data"]) == ("table", "d", {"rows": [1]})


async def test_what_is_not_persisted_is_answered_once_and_forgotten(api: Served) -> None:
    made = await run(api, await flow(api))
    answer = await set_state(api, made["id"], "COMPLETED", data={"type": "unpersisted"})
    assert answer["state"]["data"] == {"type": "unpersisted"}
    assert (await api.get(f"/flow_runs/{made['id']}"))["state"]["data"] is None
    assert await api.post("/artifacts/filter", {}) == []


async def test_a_refused_state_changes_nothing_and_answers_200(api: Served) -> None:
    made = await run(api, await flow(api))
    answer = await api("POST", f"/flow_runs/{made['id']}/set_state", {"state": {"type": "PENDING"}})
    assert answer.status == 200
    assert answer.json["status"] == "ABORT"
    assert answer.json["details"]["type"] == "abort_details"
    assert answer.json["state"]["id"] == made["state_id"]

    missing = await api("POST", f"/flow_runs/{UNKNOWN}/set_state", {"state": {"type": "PENDING"}})
    assert (missing.status, missing.json) == (
        404,
        {"exception_message": f"Flow run with id {UNKNOWN} not found"},
    )


async def test_a_retry_is_scheduled_and_waited_for(api: Served, registry: Registry) -> None:
    made = await run(api, await flow(api), empirical_policy={"retries": 1, "retry_delay": 30})
    await set_state(api, made["id"], "RUNNING")
    rejected = await set_state(api, made["id"], "FAILED", message="no")
    waits = await set_state(api, made["id"], "RUNNING", name="Retrying")
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(31_000_000)
    resumed = await set_state(api, made["id"], "RUNNING", name="Retrying")

    assert (rejected["status"], rejected["details"]["reason"]) == ("REJECT", "Retrying")
    assert (rejected["state"]["name"], rejected["state"]["message"]) == ("AwaitingRetry", "no")
    assert (waits["status"], waits["details"]["delay_seconds"]) == ("WAIT", 30)
    assert resumed["status"] == "ACCEPT"
    assert (await api.get(f"/flow_runs/{made['id']}"))["run_count"] == 2


async def test_a_sub_flows_states_show_on_the_task_run_that_stands_for_it(api: Served) -> None:
    parent = await run(api, await flow(api))
    body = {"flow_run_id": parent["id"], "task_key": "child", "dynamic_key": "0", "state": {"type": "PENDING"}}
    step = await api.post("/task_runs/", body)
    child = await run(api, await flow(api, "child"), parent_task_run_id=step["id"])
    await set_state(api, child["id"], "RUNNING")
    running = await api.get(f"/task_runs/{step['id']}")
    await set_state(api, child["id"], "COMPLETED", data={"r": 1})
    done = await api.get(f"/task_runs/{step['id']}")

    assert step["labels"]["prefect.flow-run.id"] == parent["id"]
    assert (running["state_type"], running["run_count"]) == ("RUNNING", 1)
    assert done["state"]["data"] == {"r": 1}
    details = done["state"]["state_details"]
    assert (details["child_flow_run_id"], details["task_run_id"], details["flow_run_id"]) == (
        child["id"],
        step["id"],
        parent["id"],
    )
    kept = await api.post("/artifacts/filter", {"artifacts": {"task_run_id": {"any_": [step["id"]]}}})
    assert [(one["flow_run_id"], one["data"]) for one in kept] == [(parent["id"], {"r": 1})]


async def test_a_task_run_is_known_by_its_keys(api: Served) -> None:
    parent = await run(api, await flow(api))
    body = {"flow_run_id": parent["id"], "task_key": "k", "dynamic_key": "0", "name": "n"}
    first = await api("POST", "/task_runs/", body)
    again = await api("POST", "/task_runs/", {**body, "name": "other"})
    alone = await api("POST", "/task_runs/", {"task_key": "k", "dynamic_key": "0"})
    alone_again = await api("POST", "/task_runs/", {"task_key": "k", "dynamic_key": "0"})

    assert [answer.status for answer in (first, again, alone, alone_again)] == [201, 200, 201, 200]
    assert (again.json["id"], again.json["name"]) == (first.json["id"], "n")
    assert alone_again.json["id"] == alone.json["id"]
    assert (await api("GET", f"/task_runs/{parent['id']}")).json == {"detail": "Task not found"}


async def test_a_patch_changes_what_it_names(api: Served) -> None:
    made = await run(api, await flow(api), flow_version="v1", tags=["a"], parameters={"p": 1})
    answer = await api("PATCH", f"/flow_runs/{made['id']}", {"name": "new", "tags": ["b"], "infrastructure_pid": "1"})
    read = await api.get(f"/flow_runs/{made['id']}")

    assert (answer.status, answer.json) == (204, None)
    assert (read["name"], read["tags"], read["infrastructure_pid"]) == ("new", ["b"], "1")
    assert (read["flow_version"], read["parameters"]) == ("v1", {"p": 1})

    async def found(tag: str) -> list[str]:
        asked = {"flow_runs": {"tags": {"all_": [tag]}}}
        return [one["id"] for one in await api.post("/flow_runs/filter", asked)]

    assert (await found("a"), await found("b")) == ([], [made["id"]])
    assert (await api("PATCH", f"/flow_runs/{UNKNOWN}", {})).status == 404


async def test_job_variables_change_only_while_a_deployed_run_is_scheduled(api: Served) -> None:
    pending = await run(api, await flow(api))
    scheduled = await run(api, await flow(api), state={"type": "SCHEDULED"})
    answers = [
        (await api("PATCH", f"/flow_runs/{one['id']}", {"job_variables": {"a": 1}})).json
        for one in (pending, scheduled)
    ]
    assert answers == [
        {"detail": "Job variables for a flow run in state PENDING cannot be updated"},
        {"detail": "A deployment for the flow run could not be found"},
    ]


async def test_a_deleted_run_takes_its_steps_and_logs_but_neither_artifacts_nor_sub_flows(api: Served) -> None:
    parent = await run(api, await flow(api))
    step = await api.post("/task_runs/", {"flow_run_id": parent["id"], "task_key": "k", "dynamic_key": "0"})
    child = await run(api, await flow(api, "child"), parent_task_run_id=step["id"])
    line = {"name": "n", "level": 20, "message": "m", "timestamp": "2026-01-01T00:00:00Z"}
    await api.post("/logs/", [{**line, "flow_run_id": parent["id"]}, {**line, "flow_run_id": child["id"]}])
    await api.post("/artifacts/", {"key": "a", "flow_run_id": parent["id"]})

    assert (await api("DELETE", f"/flow_runs/{parent['id']}")).status == 204
    assert (await api("DELETE", f"/flow_runs/{parent['id']}")).status == 404
    assert (await api("GET", f"/task_runs/{step['id']}")).status == 404
    assert (await api.get(f"/flow_runs/{child['id']}"))["parent_task_run_id"] is None
    assert [one["flow_run_id"] for one in await api.post("/logs/filter", {})] == [child["id"]]
    assert (await api.get("/artifacts/a/latest"))["flow_run_id"] == parent["id"]
    assert (await set_state(api, child["id"], "RUNNING"))["status"] == "ACCEPT"


async def test_lists_obey_filters_sort_and_page(api: Served) -> None:
    one, two = await flow(api, "one"), await flow(api, "two", tags=["t"])
    runs = [await run(api, flow_id, name=f"r{n}", tags=[f"t{n}"]) for n, flow_id in enumerate((one, two, two))]
    step = await api.post("/task_runs/", {"flow_run_id": runs[1]["id"], "task_key": "k", "dynamic_key": "0"})
    await set_state(api, runs[2]["id"], "RUNNING")

    async def names(**asked: Any) -> list[str]:
        return [one["name"] for one in await api.post("/flow_runs/filter", {"sort": "NAME_ASC", **asked})]

    assert await names() == ["r0", "r1", "r2"]
    assert await names(limit=1, offset=1) == ["r1"]
    assert await names(sort="NAME_DESC") == ["r2", "r1", "r0"]
    assert await names(flows={"tags": {"all_": ["t"]}}) == ["r1", "r2"]
    assert await names(flow_runs={"state": {"type": {"any_": ["RUNNING"]}}}) == ["r2"]
    assert await names(task_runs={}) == ["r1"]
    assert await names(deployments={}) == []
    assert await names(work_pools={}) == []
    assert [one["id"] for one in await api.post("/task_runs/filter", {"flow_runs": {"tags": {"all_": ["t1"]}}})] == [
        step["id"]
    ]
    assert await api.post("/task_runs/filter", {"flows": {"name": {"any_": ["one"]}}}) == []


async def test_a_run_that_has_not_started_sorts_by_when_it_should(api: Served, registry: Registry) -> None:
    flow_id = await flow(api)
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2031-01-01T00:00:00Z"}}
    await run(api, flow_id, name="later", state=later)
    assert isinstance(registry.clock, Clock)
    registry.clock.advance()
    await run(api, flow_id, name="now", state={"type": "RUNNING"})
    for sort, expected in (("START_TIME_ASC", ["now", "later"]), ("START_TIME_DESC", ["later", "now"])):
        assert [one["name"] for one in await api.post("/flow_runs/filter", {"sort": sort})] == expected


async def test_a_deployment_is_changed_by_name_and_keeps_what_is_not_said(api: Served) -> None:
    flow_id = await flow(api, labels={"x": 1})
    body = {"name": "d", "flow_id": flow_id, "tags": ["t"], "version": "7", "parameters": {"p": 1}}
    first = await api("POST", "/deployments/", {**body, "concurrency_limit": 3})
    again = await api("POST", "/deployments/", {"name": "d", "flow_id": flow_id, "paused": True})

    assert (first.status, again.status, again.json["id"]) == (201, 200, first.json["id"])
    assert first.json["labels"] == {"x": 1, "prefect.flow.id": flow_id}
    assert first.json["global_concurrency_limit"]["name"] == f"deployment:{first.json['id']}"
    assert (again.json["tags"], again.json["version"], again.json["paused"]) == (["t"], "7", True)
    assert again.json["parameters"] == {}
    assert (await api("POST", "/deployments/", {"name": "d", "flow_id": UNKNOWN})).status == 409
    pool = await api("POST", "/deployments/", {**body, "work_pool_name": "p"})
    assert (pool.status, pool.json) == (404, {"detail": 'Work pool "p" not found.'})


async def test_a_deployments_run_takes_after_it_and_goes_with_it_while_it_waits(api: Served) -> None:
    flow_id = await flow(api)
    given = {"tags": ["t"], "version": "7", "parameters": {"p": 1, "q": 2}, "labels": {"l": 1}}
    deployment = await api.post("/deployments/", {"name": "d", "flow_id": flow_id, **given})
    path = f"/deployments/{deployment['id']}"
    waiting = await api.post(f"{path}/create_flow_run", {"tags": ["own", "t"], "parameters": {"q": 3}})
    begun = await api.post(f"{path}/create_flow_run", {"state": {"type": "RUNNING"}})

    assert (waiting["state_type"], waiting["deployment_version"]) == ("SCHEDULED", "7")
    assert (waiting["tags"], waiting["parameters"]) == (["t", "own"], {"p": 1, "q": 3})
    assert waiting["labels"] == {"l": 1, "prefect.flow.id": flow_id, "prefect.deployment.id": deployment["id"]}
    assert (await api("DELETE", path)).status == 204
    assert (await api("DELETE", path)).json == {"detail": "Deployment not found"}
    assert (await api("GET", f"/flow_runs/{waiting['id']}")).status == 404
    assert (await api.get(f"/flow_runs/{begun['id']}"))["deployment_id"] == deployment["id"]
    assert (await api("POST", f"{path}/create_flow_run", {})).json == {"detail": "Deployment not found"}


async def test_log_lines_are_kept_without_nul_and_listed_by_time(api: Served) -> None:
    run_id = str(uuid4())
    line = {"name": "n", "level": 20, "flow_run_id": run_id}
    late = {**line, "message": "late", "timestamp": "2026-01-01T01:00:00Z", "level": 40_000}
    early = {**line, "message": "ear\0ly", "timestamp": "2026-01-01T01:00:00+01:00"}
    answer = await api("POST", "/logs/", [late, early])

    assert (answer.status, answer.json) == (201, None)
    listed = await api.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})
    assert [(one["message"], one["level"]) for one in listed] == [("early", 20), ("late", 40_000)]
    assert list(listed[0]) == [
        "id",
        "created",
        "updated",
        "name",
        "level",
        "message",
        "timestamp",
        "flow_run_id",
        "task_run_id",
    ]
    assert (await api("POST", "/logs/", [])).status == 201


async def test_slots_are_given_without_a_limit(api: Served) -> None:
    answer = await api.post("/v2/concurrency_limits/increment-with-lease", {"slots": 1, "names": ["tag:x"]})
    assert answer["limits"] == []
    assert len(answer["lease_id"]) == 36


async def test_a_viewer_reads_and_does_not_write(registry: Registry) -> None:
    flow_id = await flow(Served(registry))
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER))
    refused = [
        await viewer("POST", "/flows/", {"name": "g"}),
        await viewer("POST", "/flow_runs/", {"flow_id": flow_id}),
        await viewer("POST", "/task_runs/", {"task_key": "k", "dynamic_key": "0"}),
        await viewer("POST", "/logs/", [{"name": "n", "level": 1, "message": "m", "timestamp": 0}]),
        await viewer("POST", "/deployments/", {"name": "d", "flow_id": flow_id}),
        await viewer("POST", "/v2/concurrency_limits/increment-with-lease", {"slots": 1, "names": ["a"]}),
        await viewer("DELETE", f"/flow_runs/{UNKNOWN}"),
    ]
    assert {answer.status for answer in refused} == {403}
    assert (await viewer.get(f"/flows/{flow_id}"))["name"] == "f"


async def test_runs_of_another_dialect_are_shown_and_left_alone(api: Served, registry: Registry) -> None:
    project, now = registry.default_project, registry.clock()
    workflow = Workflow(
        id=registry.new_id(),
        project_id=project.id,
        dialect="other",
        role="workflow",
        parent_id=None,
        name="a/b",
        tags='{"k":"v"}',
        facet='["theirs"]',
        author_id=None,
        created=now,
        updated=now,
    )
    foreign = Run(
        id=registry.new_id(),
        project_id=project.id,
        dialect="other",
        role="run",
        workflow_id=workflow.id,
        deployment_id=None,
        parent_id=None,
        position=None,
        key=None,
        name="theirs",
        metadata=None,
        state_id=None,
        state_type="RUNNING",
        state_name="in_progress",
        state_at=now,
        expected_start=None,
        next_start=None,
        started=now,
        ended=None,
        attempts=1,
        spent=0,
        tags="[]",
        facet='["theirs"]',
        author_id=None,
        created=now,
        updated=now,
        deleted=None,
    )

    async def work(unit: Writer) -> None:
        await unit.add(workflow, foreign)

    await registry.store.write(work)

    assert (await api.get(f"/flows/{workflow.id}"))["name"] == "a_b"
    shown = await api.get(f"/flow_runs/{foreign.id}")
    assert (shown["state_type"], shown["parameters"]) == ("RUNNING", {})
    assert (shown["state"]["type"], shown["state"]["name"]) == ("RUNNING", "in_progress")
    assert (await set_state(api, foreign.id, "COMPLETED"))["status"] == "ABORT"
    assert (await api("PATCH", f"/flow_runs/{foreign.id}", {"name": "ours"})).status == 409
    assert (await api.get(f"/flow_runs/{foreign.id}"))["name"] == "theirs"
    assert [one["id"] for one in await api.post("/flow_runs/filter", {})] == [foreign.id]
