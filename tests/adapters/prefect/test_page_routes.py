"""What the vendor's own pages ask: numbered pages, counts, histories, graphs; on both engines."""

from typing import Any
from uuid import uuid4

import pytest

from isogloss.adapters.prefect.bodies.states import StateType
from isogloss.adapters.prefect.page_translate import by_state
from isogloss.adapters.prefect.times import moment as datetime_of
from isogloss.core.access import ANYBODY
from isogloss.core.model import Run
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.runs import RUNNING
from isogloss.core.registry.tracking import State, create_tracked_run
from tests.adapters.prefect.serving import Served, task_event
from tests.support.making import Maker
from tests.support.registries import Clock

AUTH = '{"type": "auth", "token": null}'
HOUR = 3600 * 1_000_000


@pytest.fixture
def api(registry: Registry) -> Served:
    return Served(registry)


def clock_of(registry: Registry) -> Clock:
    assert isinstance(registry.clock, Clock)
    return registry.clock


def moment(instant: int) -> str:
    return datetime_of(instant).isoformat()


async def flow(api: Served, name: str = "f", **fields: Any) -> str:
    return str((await api.post("/flows/", {"name": name, **fields}))["id"])


async def run(api: Served, flow_id: str, *states: str, **fields: Any) -> str:
    made = await api.post("/flow_runs/", {"flow_id": flow_id, **fields})
    for state in states:
        await api.post(f"/flow_runs/{made['id']}/set_state", {"state": {"type": state}, "force": True})
    return str(made["id"])


async def task(api: Served, run_id: str, key: str, **fields: Any) -> str:
    body = {"flow_run_id": run_id, "task_key": key, "dynamic_key": "0", "name": key, "state": {"type": "PENDING"}}
    return str((await api.post("/task_runs/", body | fields))["id"])


async def test_numbered_pages_cut_the_list_that_filter_gives_and_tell_how_many_there_are(api: Served) -> None:
    flow_id = await flow(api)
    for number in range(5):
        await task(api, await run(api, flow_id, name=f"run-{number}"), f"task-{number}")
        await flow(api, f"flow-{number}")
        await api.post("/deployments/", {"name": f"deployment-{number}", "flow_id": flow_id})

    for noun, total in (("flow_runs", 5), ("task_runs", 5), ("flows", 6), ("deployments", 5)):
        whole = [row["id"] for row in await api.post(f"/{noun}/filter", {"sort": "NAME_ASC"})]
        pages = [await api.post(f"/{noun}/paginate", {"sort": "NAME_ASC", "limit": 2, "page": n}) for n in (1, 2, 3, 4)]

        assert len(whole) == total, noun
        assert [row["id"] for page in pages for row in page["results"]] == whole, noun
        assert {(page["count"], page["limit"], page["pages"]) for page in pages} == {(total, 2, 3)}, noun
        assert [page["page"] for page in pages] == [1, 2, 3, 4]
        assert list(pages[0]) == ["results", "count", "limit", "pages", "page"]


async def test_a_page_of_nothing_has_no_pages_and_the_first_page_is_one(api: Served) -> None:
    await flow(api)
    empty = await api.post("/flows/paginate", {"limit": 0})
    refused = await api("POST", "/flows/paginate", {"page": 0})

    assert empty == {"results": [], "count": 1, "limit": 0, "pages": 0, "page": 1}
    assert refused.status == 422
    assert refused.json["exception_detail"][0]["loc"] == ["body", "page"]


async def test_counts_follow_the_filters_of_lists(api: Served) -> None:
    one, other = await flow(api, "one"), await flow(api, "other")
    first = await run(api, one, "RUNNING", "COMPLETED", tags=["a"])
    await run(api, other, "RUNNING", "FAILED")
    await task(api, first, "t")

    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    assert await api.post("/flow_runs/count") == 2
    assert await api.post("/flow_runs/count", completed) == 1
    assert await api.post("/flow_runs/count", {"flows": {"name": {"any_": ["other"]}}}) == 1
    assert await api.post("/flow_runs/count", {"work_pools": {"name": {"any_": ["p"]}}}) == 0
    assert await api.post("/task_runs/count", completed) == 1
    assert await api.post("/task_runs/count", {"task_runs": {"name": {"like_": "x"}}}) == 0
    assert await api.post("/flows/count") == 2
    assert await api.post("/flows/count", completed) == 1
    assert await api.post("/flows/count", {"task_runs": {}}) == 1

    await api.post("/deployments/", {"name": "d", "flow_id": one})
    assert await api.post("/deployments/count") == 1
    assert await api.post("/deployments/count", {"flows": {"name": {"any_": ["other"]}}}) == 0
    assert await api.post("/deployments/count", {"work_pool_queues": {}}) == 0


async def test_flows_are_found_by_their_deployments_and_deployments_by_their_flows_and_runs(api: Served) -> None:
    one, other = await flow(api, "one"), await flow(api, "other")
    first = await api.post("/deployments/", {"name": "first", "flow_id": one, "tags": ["x"]})
    second = await api.post("/deployments/", {"name": "second", "flow_id": other})
    await api.post(f"/deployments/{first['id']}/create_flow_run", {"name": "prepared"})

    async def names(noun: str, **asked: Any) -> list[str]:
        return [row["name"] for row in await api.post(f"/{noun}/filter", asked)]

    assert await names("flows", deployments={"tags": {"all_": ["x"]}}) == ["one"]
    assert await names("flows", deployments={"name": {"any_": ["second"]}}) == ["other"]
    assert await names("flows", work_pools={}) == []
    assert await names("deployments", flows={"name": {"any_": ["one"]}}) == ["first"]
    assert await names("deployments", flow_runs={"name": {"any_": ["prepared"]}}) == ["first"]
    assert await names("deployments", sort="NAME_DESC") == ["second", "first"]
    assert await names("deployments", work_pool_queues={}) == []
    assert await api.get(f"/deployments/{second['id']}") == second
    missing = await api("GET", f"/deployments/{uuid4()}")
    assert (missing.status, missing.json) == (404, {"detail": "Deployment not found"})


async def test_deployments_of_flows_and_their_next_runs_are_told_of_many_at_once(api: Served) -> None:
    one, other, none = [await flow(api, name) for name in ("one", "other", "none")]
    for name in ("first", "second"):
        await api.post("/deployments/", {"name": name, "flow_id": one})
    for name, flow_id, due in (("late", one, "30"), ("soon", one, "20"), ("only", other, "40")):
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": f"2099-01-01T00:00:{due}Z"}}
        await api.post("/flow_runs/", {"flow_id": flow_id, "name": name, "state": state})
    await run(api, one, "RUNNING", name="going")

    counted = await api.post("/ui/flows/count-deployments", {"flow_ids": [one, other, none]})
    following = await api.post("/ui/flows/next-runs", {"flow_ids": [none, one, other]})

    assert counted == {one: 2, other: 0, none: 0}
    assert list(following) == [none, one, other]
    assert following[none] is None
    assert (following[one]["name"], following[other]["name"]) == ("soon", "only")
    assert following[one] == {
        "id": following[one]["id"],
        "flow_id": one,
        "name": "soon",
        "state_name": "Scheduled",
        "state_type": "SCHEDULED",
        "next_scheduled_start_time": "2099-01-01T00:00:20Z",
    }


async def test_task_runs_are_counted_without_those_that_called_a_flow_run(api: Served) -> None:
    flow_id = await flow(api)
    first, second = await run(api, flow_id), await run(api, flow_id)
    for key in ("a", "b"):
        await task(api, first, key)
    await run(api, flow_id, parent_task_run_id=await task(api, first, "caller"))

    found = await api.post("/ui/flow_runs/count-task-runs", {"flow_run_ids": [second, first]})
    assert list(found.items()) == [(second, 0), (first, 2)]


async def test_task_runs_are_counted_by_state(api: Served) -> None:
    flow_id = await flow(api)
    first, second = await run(api, flow_id), await run(api, flow_id)
    for run_id, key, state in ((first, "a", "PENDING"), (first, "b", "COMPLETED"), (second, "c", "COMPLETED")):
        await task(api, run_id, key, state={"type": state})

    whole = await api.post("/ui/task_runs/count")
    one = await api.post("/ui/task_runs/count", {"flow_runs": {"id": {"any_": [first]}}})

    assert [(state, total) for state, total in whole.items() if total] == [("COMPLETED", 2), ("PENDING", 1)]
    assert len(whole) == 9
    assert {state: total for state, total in one.items() if total} == {"COMPLETED": 1, "PENDING": 1}


def test_runs_without_a_state_are_in_no_count_and_states_of_other_vocabularies_are_pending() -> None:
    assert sum(by_state({None: 3}).values()) == 0
    assert by_state({"PENDING": 1, "cached": 2})[StateType.PENDING] == 3


async def test_there_are_no_automations(api: Served) -> None:
    assert await api.get(f"/automations/related-to/prefect.deployment.{uuid4()}") == []


async def test_a_task_run_comes_with_the_name_of_its_flow_run(api: Served) -> None:
    step = await task(api, await run(api, await flow(api), name="around"), "t")
    plain, named = await api.get(f"/task_runs/{step}"), await api.get(f"/ui/task_runs/{step}")

    assert named == plain | {"flow_run_name": "around"}
    assert list(named)[-1] == "flow_run_name"
    assert (await api("GET", f"/ui/task_runs/{uuid4()}")).json == {"detail": "Task not found"}


async def test_a_history_spreads_runs_over_spans_and_adds_up_their_times(api: Served, registry: Registry) -> None:
    clock = clock_of(registry)
    start = clock()
    flow_id = await flow(api)
    await run(api, flow_id, "RUNNING", "COMPLETED")
    clock.advance(HOUR)
    going = await run(api, flow_id, "RUNNING")
    due = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment(clock())}}
    await api.post("/flow_runs/", {"flow_id": flow_id, "state": due})
    clock.advance(HOUR // 2)

    asked = {"history_start": moment(start), "history_end": moment(start + 3 * HOUR), "history_interval_seconds": 3600}
    spans = await api.post("/flow_runs/history", asked)
    shown = await api.get(f"/flow_runs/{going}")

    assert [[(state["state_type"], state["count_runs"]) for state in span["states"]] for span in spans] == [
        [("COMPLETED", 1)],
        [("RUNNING", 1), ("SCHEDULED", 1)],
        [],
    ]
    assert [span["interval_end"] for span in spans[:-1]] == [span["interval_start"] for span in spans[1:]]
    running, scheduled = spans[1]["states"]
    assert running["sum_estimated_run_time"] == pytest.approx(shown["estimated_run_time"], abs=0.1)
    assert running["sum_estimated_run_time"] == pytest.approx(1800, abs=1)
    assert scheduled["sum_estimated_lateness"] == pytest.approx(1800, abs=1)
    assert scheduled["sum_estimated_run_time"] == 0
    assert await api.post("/task_runs/history", asked) == [span | {"states": []} for span in spans]


@pytest.mark.parametrize(
    ("interval", "hours", "spans"),
    [(3600, 2, 2), (3600, 2.5, 3), (1, 24, 500), (86_400, 1, 1), (60, 0, 0), (60, -1, 0)],
)
async def test_a_history_has_as_many_spans_as_reach_its_end_but_not_more_than_500(
    api: Served, interval: int, hours: float, spans: int
) -> None:
    end = moment(int(hours * HOUR) + 10**15)
    asked = {"history_start": moment(10**15), "history_end": end, "history_interval_seconds": interval}
    assert len(await api.post("/task_runs/history", asked)) == spans


async def test_a_history_of_spans_below_a_second_is_refused(api: Served) -> None:
    asked = {"history_start": moment(0), "history_end": moment(HOUR), "history_interval_seconds": 0.5}
    answer = await api("POST", "/flow_runs/history", asked)
    assert (answer.status, answer.json) == (422, {"detail": "History interval must not be less than 1 second."})


async def test_the_dashboards_bars_tell_when_a_run_began_and_how_long_it_took(api: Served, registry: Registry) -> None:
    flow_id = await flow(api)
    going = await run(api, flow_id, "RUNNING")
    clock_of(registry).advance(HOUR)
    waiting = await run(api, flow_id)

    bars = {bar["id"]: bar for bar in await api.post("/ui/flow_runs/history", {"sort": "EXPECTED_START_TIME_DESC"})}
    shown = await api.get(f"/flow_runs/{going}")

    assert list(bars) == [waiting, going]
    assert list(bars[going]) == ["id", "state_type", "timestamp", "duration", "lateness"]
    assert (bars[going]["state_type"], bars[going]["timestamp"]) == ("RUNNING", shown["start_time"])
    assert bars[going]["duration"] == pytest.approx(3600, abs=1)
    assert (bars[waiting]["state_type"], bars[waiting]["duration"]) == ("PENDING", 0)
    assert (await api("POST", "/ui/flow_runs/history", {"limit": 1001})).status == 422


@pytest.mark.parametrize("noun", ["work_pools", "saved_searches"])
async def test_there_are_no_work_pools_and_no_saved_searches(api: Served, noun: str) -> None:
    assert await api.post(f"/{noun}/filter") == []
    assert (await api("POST", f"/{noun}/filter", {"limit": 201})).status == 422


async def test_a_graph_has_tasks_subflows_what_they_took_and_what_they_made(api: Served) -> None:
    run_id, first, second = await run(api, await flow(api, "outer"), "RUNNING"), str(uuid4()), str(uuid4())
    inputs = {"x": [{"input_type": "task_run", "id": first}], "__parents__": [{"input_type": "task_run", "id": first}]}
    await api.events(
        [
            AUTH,
            task_event("RUNNING", "2026-11-22T10:00:01Z", run_id=run_id, step_id=first, name="first"),
            task_event(
                "COMPLETED",
                "2026-11-22T10:00:05Z",
                run_id=run_id,
                step_id=second,
                name="second",
                dynamic_key="1",
                task_inputs=inputs,
                start_time="2026-11-22T10:00:03Z",
            ),
        ]
    )
    inner = await run(
        api, await flow(api, "inner"), "RUNNING", name="called", parent_task_run_id=await task(api, run_id, "c")
    )
    for key, step, kind in (
        ("k", first, "markdown"),
        ("k", first, "table"),
        (None, None, "progress"),
        ("r", None, "result"),
    ):
        body = {"key": key, "type": kind, "data": 40.0, "flow_run_id": run_id, "task_run_id": step}
        await api.post("/artifacts/", body)

    graph = await api.get(f"/flow_runs/{run_id}/graph-v2")
    nodes = dict(graph["nodes"])

    assert set(nodes) == {first, second, inner}
    assert (nodes[inner]["kind"], nodes[inner]["label"]) == ("flow-run", "inner / called")
    assert (nodes[second]["parents"], nodes[second]["encapsulating"]) == ([{"id": first}], [{"id": first}])
    assert nodes[first]["children"] == [{"id": second}]
    assert graph["root_node_ids"] == [id_ for id_ in nodes if id_ != second]
    assert [(made["type"], made["is_latest"], made["data"]) for made in nodes[first]["artifacts"]] == [
        ("markdown", False, None),
        ("table", True, None),
    ]
    assert [(made["key"], made["type"], made["data"]) for made in graph["artifacts"]] == [(None, "progress", 40.0)]
    assert [state["type"] for state in graph["states"]] == ["PENDING", "RUNNING"]
    assert graph["start_time"] is not None
    assert graph["end_time"] is None


async def test_a_graph_since_a_moment_leaves_out_what_had_ended(api: Served) -> None:
    run_id, ended, going = await run(api, await flow(api), "RUNNING"), str(uuid4()), str(uuid4())
    await api.events(
        [
            AUTH,
            task_event(
                "COMPLETED", "2026-11-22T10:00:05Z", run_id=run_id, step_id=ended, end_time="2026-11-22T10:00:05Z"
            ),
            task_event("RUNNING", "2026-11-22T10:00:05Z", run_id=run_id, step_id=going, dynamic_key="1"),
        ]
    )

    async def nodes(since: str) -> set[str]:
        graph = await api.get(f"/flow_runs/{run_id}/graph-v2?since={since}")
        return {node_id for node_id, _ in graph["nodes"]}

    assert await nodes("2026-11-22T10:00:05Z") == {ended, going}
    assert await nodes("2026-11-22T10:00:06Z") == {going}
    refused = await api("GET", f"/flow_runs/{run_id}/graph-v2?since=x")
    assert refused.json["exception_detail"][0]["loc"] == ["query", "since"]


async def test_the_graph_of_a_run_that_is_not_there_says_so(api: Served) -> None:
    run_id = str(uuid4())
    answer = await api("GET", f"/flow_runs/{run_id}/graph-v2")
    assert (answer.status, answer.json) == (404, {"exception_message": f"Flow run {run_id} not found"})


async def test_a_run_of_another_dialect_is_drawn_by_what_its_steps_made_and_used(
    api: Served, registry: Registry
) -> None:
    maker = Maker(registry)
    outer = await maker.run("pipeline")
    load, train = await maker.run("load", outer), await maker.run("train", outer)
    version = await maker.version("data", producer_run=outer.id, producer_step=load.id)
    await maker.makes(load, version)
    await maker.uses(train, version)

    graph = await api.get(f"/flow_runs/{outer.id}/graph-v2")
    nodes = dict(graph["nodes"])

    assert {node["label"]: node["parents"] for node in nodes.values()} == {"load": [], "train": [{"id": load.id}]}
    assert nodes[load.id]["children"] == [{"id": train.id}]
    assert [(made["id"], made["type"], made["key"]) for made in nodes[load.id]["artifacts"]] == [
        (version.id, "markdown", "data")
    ]


async def test_a_run_without_a_workflow_has_a_flow_that_says_so(api: Served, registry: Registry) -> None:
    outer = await Maker(registry).run("training")
    shown = await api.get(f"/flow_runs/{outer.id}")
    flow_id = shown["flow_id"]
    by_id = {"flows": {"id": {"any_": [flow_id]}}}

    assert (await api.get(f"/flows/{flow_id}"))["name"] == "no flow"
    assert [one["id"] for one in await api.post("/flows/filter", by_id)] == [flow_id]
    assert await api.post("/flows/filter") == []
    assert [one["id"] for one in await api.post("/flow_runs/filter", by_id)] == [outer.id]
    assert await api.post("/flow_runs/filter", {"flows": {}}) == []


async def test_what_another_client_tracked_is_in_the_pages_of_its_day(api: Served, registry: Registry) -> None:
    running = State(RUNNING, "Running")

    async def work(unit: Writer) -> Run:
        return await create_tracked_run(
            registry,
            unit,
            ANYBODY,
            registry.default_project,
            dialect="truefoundry",
            name="training",
            state=running,
            started=None,
            facet=None,
        )

    run = await registry.store.write(work)
    day = {"after_": moment(registry.clock() - HOUR), "before_": moment(registry.clock() + HOUR)}
    for criterion in ("expected_start_time", "start_time"):
        found = await api.post("/flow_runs/filter", {"flow_runs": {criterion: day}})
        assert [(one["id"], one["state_type"]) for one in found] == [(run.id, "RUNNING")], criterion
