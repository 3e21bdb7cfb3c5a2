"""Events over the websocket, and task runs from them: the handshake, order, repetition, and frames that make no sense;
on both engines.
"""

import json
import logging
from typing import Any
from uuid import uuid4

import pytest

from isogloss.adapters.prefect.events import EventError, read_event, task_run_report
from isogloss.core.access import ANYBODY, Credential, Principal, Role
from isogloss.core.errors import Unauthenticated
from isogloss.core.registry import Registry
from tests.adapters.prefect.serving import Served, task_event

SECRET = "s3cret"


@pytest.fixture
def api(registry: Registry) -> Served:
    return Served(registry)


async def parent(api: Served, name: str = "f") -> str:
    flow_id = (await api.post("/flows/", {"name": name}))["id"]
    return str((await api.post("/flow_runs/", {"flow_id": flow_id}))["id"])


def story(run_id: str | None, step_id: str, **task: Any) -> list[str]:
    """Pending, running, completed: a second apart."""
    start: dict[str, Any] = {"start_time": "2026-11-22T10:00:01Z", "run_count": 1}
    end: dict[str, Any] = {**start, "end_time": "2026-11-22T10:00:02.5Z", "total_run_time": 1.5}
    return [
        task_event("PENDING", "2026-11-22T10:00:00Z", run_id=run_id, step_id=step_id, **task),
        task_event("RUNNING", "2026-11-22T10:00:01Z", run_id=run_id, step_id=step_id, **(start | task)),
        task_event(
            "COMPLETED",
            "2026-11-22T10:00:02.5Z",
            run_id=run_id,
            step_id=step_id,
            details={"untrackable_result": True},
            data={"type": "literal"},
            **(end | task),
        ),
    ]


AUTH = json.dumps({"type": "auth", "token": None})


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 0, 2, 2, 1)])
async def test_events_in_any_order_tell_the_same(api: Served, order: tuple[int, ...]) -> None:
    run_id, step_id = await parent(api), str(uuid4())
    frames = story(run_id, step_id, tags=["b", "a"], labels={"l": 1})
    sent = await api.events([AUTH, *(frames[place] for place in order)])
    read = await api.get(f"/task_runs/{step_id}")

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    assert json.loads(sent[1]["text"]) == {"type": "auth_success"}
    assert (read["state_type"], read["run_count"], read["total_run_time"]) == ("COMPLETED", 1, 1.5)
    assert (read["start_time"], read["end_time"]) == ("2026-11-22T10:00:01Z", "2026-11-22T10:00:02.500000Z")
    assert (read["flow_run_id"], read["task_key"], read["dynamic_key"]) == (run_id, "work-9b11c53a", "0")
    assert (read["tags"], read["labels"], read["estimated_start_time_delta"]) == (["b", "a"], {"l": 1}, 1.0)
    state = read["state"]
    assert (state["data"], state["message"], state["timestamp"]) == (
        {"type": "literal"},
        "",
        "2026-11-22T10:00:02.500000Z",
    )
    assert (state["state_details"]["flow_run_id"], state["state_details"]["task_run_id"]) == (run_id, step_id)
    assert state["id"] == json.loads(frames[2])["id"]


async def test_an_older_event_in_a_later_connection_changes_nothing(api: Served) -> None:
    run_id, step_id = await parent(api), str(uuid4())
    frames = story(run_id, step_id)
    await api.events([AUTH, frames[2]])
    before = await api.get(f"/task_runs/{step_id}")
    await api.events([AUTH, frames[0], frames[1], frames[2]])
    assert await api.get(f"/task_runs/{step_id}") == before


async def test_a_task_run_made_over_http_is_the_one_that_events_tell_of(api: Served) -> None:
    run_id = await parent(api)
    body = {"flow_run_id": run_id, "task_key": "work-9b11c53a", "dynamic_key": "0", "task_version": "tv"}
    made = await api.post("/task_runs/", body)
    old = task_event("RUNNING", "2020-01-01T00:00:00Z", run_id=run_id, step_id=str(uuid4()))
    await api.events([AUTH, old])
    assert await api.get(f"/task_runs/{made['id']}") == made

    new = task_event("RUNNING", "2100-01-01T00:00:00Z", run_id=run_id, step_id=str(uuid4()))
    await api.events([AUTH, new])
    read = await api.get(f"/task_runs/{made['id']}")
    assert (read["state_type"], read["task_version"]) == ("RUNNING", "tv")
    assert read["state"]["state_details"]["task_run_id"] == made["id"]


async def test_a_task_run_needs_no_flow_run_but_one_that_is_named_must_exist(
    api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    alone, orphan = str(uuid4()), str(uuid4())
    with caplog.at_level(logging.WARNING, "isogloss"):
        await api.events([AUTH, *story(None, alone), *story(str(uuid4()), orphan)])

    assert (await api.get(f"/task_runs/{alone}"))["flow_run_id"] is None
    assert (await api("GET", f"/task_runs/{orphan}")).status == 404
    assert "its run is not known" in caplog.text


async def test_an_id_of_another_kind_of_run_is_left_alone(api: Served, caplog: pytest.LogCaptureFixture) -> None:
    run_id = await parent(api)
    with caplog.at_level(logging.WARNING, "isogloss"):
        await api.events([AUTH, *story(run_id, run_id)])
    assert (await api.get(f"/flow_runs/{run_id}"))["state_type"] == "PENDING"
    assert "taken by another kind of run" in caplog.text


MALFORMED = {
    "no json": "{",
    "no object": "[]",
    "no event": '{"resource":{}}',
    "no resource": '{"event":"prefect.task-run.Running"}',
    "no id of a task run": task_event("RUNNING", "2026-01-01T00:00:00Z", run_id=None, step_id="x"),
    "no time": task_event("RUNNING", "yesterday", run_id=None, step_id=str(uuid4())),
    "no state": task_event("NONE", "2026-01-01T00:00:00Z", run_id=None, step_id=str(uuid4())),
    "no count": task_event("RUNNING", "2026-01-01T00:00:00Z", run_id=None, step_id=str(uuid4()), run_count=2**40),
    "no event id": task_event("RUNNING", "2026-01-01T00:00:00Z", run_id=None, step_id=str(uuid4()), event_id="x"),
    "too deep": "[" * 100_000,
}


NO_REPORT = ("no id of a task run", "no state", "no count")
"""Those that are events, and say of a task run what makes no sense."""


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED)
def test_a_frame_that_makes_no_sense_is_an_error(frame: str) -> None:
    with pytest.raises(EventError):
        task_run_report(read_event(frame), 0)


def test_other_events_are_passed_over() -> None:
    event = json.loads(task_event("RUNNING", "2026-01-01T00:00:00Z", run_id=None, step_id=str(uuid4())))
    assert task_run_report(read_event(json.dumps({**event, "event": "prefect.artifact.created"})), 0) is None
    del event["resource"]["prefect.orchestration"]
    assert task_run_report(read_event(json.dumps(event)), 0) is None


async def test_malformed_frames_do_not_end_the_connection(api: Served, caplog: pytest.LogCaptureFixture) -> None:
    run_id, step_id = await parent(api), str(uuid4())
    with caplog.at_level(logging.WARNING, "isogloss"):
        await api.events([AUTH, *MALFORMED.values(), *story(run_id, step_id)])
    assert (await api.get(f"/task_runs/{step_id}"))["state_type"] == "COMPLETED"
    assert caplog.text.count("an event is ignored") == len(MALFORMED) - len(NO_REPORT)
    assert caplog.text.count("reports no task run as it should") == len(NO_REPORT)


async def test_an_event_that_reports_no_task_run_as_it_should_is_kept_all_the_same(api: Served) -> None:
    await api.events([AUTH, *(MALFORMED[name] for name in NO_REPORT)])
    asked = {"occurred": {"until": "2100-01-01T00:00:00Z"}}
    assert (await api.post("/events/filter", {"filter": asked}))["total"] == len(NO_REPORT)


async def test_an_event_is_kept_as_it_came_and_whoever_sends_it_again(api: Served) -> None:
    event_id = str(uuid4())
    sent = {
        "occurred": "2025-06-15T10:00:00+02:00",
        "event": "lamp.lit",
        "resource": {"prefect.resource.id": "lamp.1", "colour": "r\u00f6t", "a": "nul\0"},
        "related": [{"prefect.resource.id": "room.1", "prefect.resource.role": "place", "z": "1", "b": "2"}],
        "payload": {"z": [1, 1.0, None, True], "a": {"nested": "\U0001f600"}},
        "id": event_id.upper(),
        "follows": event_id,
        "received": "1999-01-01T00:00:00Z",
        "unknown": 1,
    }
    await api.events([AUTH, json.dumps(sent), json.dumps({**sent, "event": "lamp.broken"})])
    await api.events([AUTH, json.dumps({**sent, "event": "lamp.broken"})])
    page = await api.post("/events/filter", {"filter": {"resource": {"id": ["lamp.1"]}}})

    expected = {
        "occurred": "2025-06-15T08:00:00Z",
        "event": "lamp.lit",
        "resource": {"prefect.resource.id": "lamp.1", "colour": "r\u00f6t", "a": "nul"},
        "related": sent["related"],
        "payload": sent["payload"],
        "id": event_id,
        "follows": event_id,
        "received": "2025-06-15T15:06:40Z",
    }
    assert page == {"events": [expected], "total": 1, "next_page": None}
    assert list(page["events"][0]) == list(expected)
    assert list(page["events"][0]["related"][0]) == list(expected["related"][0])  # type: ignore[index]


async def test_what_an_event_leaves_out_is_empty(api: Served) -> None:
    least = {"occurred": 1_750_000_000, "event": "e", "resource": {"prefect.resource.id": "r"}, "id": str(uuid4())}
    await api.events([AUTH, json.dumps(least)])
    [kept] = (await api.post("/events/filter"))["events"]

    assert (kept["related"], kept["payload"], kept["follows"]) == ([], {}, None)


async def test_task_run_events_are_events_as_well(api: Served) -> None:
    run_id, step_id = await parent(api), str(uuid4())
    frames = [frame.replace("2026-11-22", "2025-06-15") for frame in story(run_id, step_id)]
    await api.events([AUTH, *frames])
    asked = {"any_resource": {"id": [f"prefect.flow-run.{run_id}"]}, "order": "ASC"}
    kept = (await api.post("/events/filter", {"filter": asked}))["events"]

    assert [event["event"] for event in kept] == [
        f"prefect.task-run.{name}" for name in ("Pending", "Running", "Completed")
    ]
    assert [event["payload"] for event in kept] == [json.loads(frame)["payload"] for frame in frames]


async def test_text_that_cannot_be_stored_is_mended(api: Served) -> None:
    run_id, step_id = await parent(api), str(uuid4())
    frame = task_event(
        "FAILED", "2026-01-01T00:00:00Z", run_id=run_id, step_id=step_id, message="nul\0and\ud800half", name="n" * 5000
    )
    await api.events([AUTH, frame])
    read = await api.get(f"/task_runs/{step_id}")
    assert read["state"]["message"] == "nuland?half"
    assert read["name"] == "n" * 1024


async def test_many_events_at_once_are_all_kept(api: Served) -> None:
    run_id = await parent(api)
    ids = [str(uuid4()) for _ in range(120)]
    frames = [frame for place, step_id in enumerate(ids) for frame in story(run_id, step_id, dynamic_key=str(place))]
    await api.events([AUTH, *frames])
    listed = await api.post("/task_runs/filter", {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}})
    assert {one["id"] for one in listed} == set(ids)


async def asked(credential: Credential | None) -> Principal:
    """A gate that knows one user, one token and one viewer."""
    if credential is not None and credential.secret == SECRET and credential.name in ("ann", None):
        return ANYBODY
    if credential is not None and credential.name == "eve":
        return Principal(user_id="1", name="eve", role=Role.VIEWER)
    raise Unauthenticated("no")


@pytest.mark.parametrize(
    ("token", "admitted"),
    [
        (f"ann:{SECRET}", True),
        (SECRET, True),
        ("ann:wrong", False),
        (None, False),
        ("", False),
        (5, False),
        ("eve:x", False),
    ],
)
async def test_the_gate_is_asked_for_the_token(registry: Registry, token: object, admitted: bool) -> None:
    run_id, step_id = await parent(Served(registry)), str(uuid4())
    api = Served(registry, asked)
    sent = await api.events([json.dumps({"type": "auth", "token": token}), *story(run_id, step_id)])

    assert sent[0] == {"type": "websocket.accept", "subprotocol": "prefect", "headers": []}
    if admitted:
        assert [message["type"] for message in sent[1:]] == ["websocket.send"]
    else:
        assert [(message["type"], message["code"]) for message in sent[1:]] == [("websocket.close", 1008)]
    assert (await api("GET", f"/task_runs/{step_id}")).status == (200 if admitted else 404)


@pytest.mark.parametrize("message", ["{", '"auth"', '{"type":"hello"}', "[]"])
async def test_anything_but_the_handshake_is_refused(api: Served, message: str) -> None:
    sent = await api.events([message])
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1008)


async def test_clients_without_the_handshake_come_in_where_it_is_open(registry: Registry) -> None:
    run_id, step_id = await parent(Served(registry)), str(uuid4())
    refused = await Served(registry, asked).events(story(run_id, step_id), subprotocols=())
    assert [message["type"] for message in refused] == ["websocket.close"]
    admitted = await Served(registry).events(story(run_id, step_id), subprotocols=())
    assert [message["type"] for message in admitted] == ["websocket.accept"]
    assert (await Served(registry).get(f"/task_runs/{step_id}"))["state_type"] == "COMPLETED"
