"""One test for each entry of ``openapi/deviations.toml`` on Prefect, which asserts what is answered instead.

The name of a test is the entry's id, with underscores.
"""

import itertools
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.contract.document import load_deviations, operations, published
from tests.contract.seeds import PrefectSeeds
from tests.support.databases import Databases
from tests.support.gateways import Answer, Gateway, served

BODY_LIMIT = 4096
REFUSED = "Invalid request received."
INTEGRITY = (
    "Data integrity conflict. This usually means a unique or foreign key constraint was violated. "
    "See server logs for details."
)
FILTERS = [
    "/artifacts/filter",
    "/artifacts/latest/filter",
    "/flow_runs/filter",
    "/task_runs/filter",
    "/logs/filter",
    "/flows/filter",
    "/deployments/filter",
    "/work_pools/filter",
]
NUMBERED = [f"/{noun}/paginate" for noun in ("flow_runs", "task_runs", "flows", "deployments")]
COUNTS = [
    f"/{noun}/count" for noun in ("artifacts", "artifacts/latest", "flow_runs", "task_runs", "flows", "deployments")
]
HEALTH = "GET /health"
"""Asked by whoever runs a server: it needs neither a version nor a credential."""
_numbers = itertools.count()


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> PrefectSeeds:
    """Rows to refer to."""
    return PrefectSeeds(running)


@pytest.fixture(scope="module")
def guarded(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that asks for credentials and takes small bodies only."""
    with (
        databases.fresh("sqlite", migrated=True) as url,
        served(
            url,
            tmp_path_factory.mktemp("guarded"),
            auth="required",
            settings={"ISOGLOSS_MAX_BODY_BYTES": str(BODY_LIMIT)},
        ) as gateway,
    ):
        yield gateway


def post(gateway: Gateway, path: str, body: object = None, raw: bytes | None = None) -> Answer:
    return gateway.request("POST", f"/api{path}", body, raw=raw)


def shown(answer: Answer) -> Any:
    """The rows of a page, numbered or not."""
    found = answer.json()
    return found["results"] if isinstance(found, dict) else found


def refused(answer: Answer, kind: str | None = None, loc: list[Any] | None = None) -> Any:
    """The answer's first error, which must be of the kind and at the place given."""
    assert answer.status == 422, answer
    body = answer.json()
    assert set(body) == {"exception_message", "exception_detail", "request_body"}
    assert body["exception_message"] == REFUSED
    first = body["exception_detail"][0]
    assert kind is None or first["type"] == kind, first
    assert loc is None or first["loc"] == loc, first
    return first


def creations(seeds: PrefectSeeds) -> dict[str, dict[str, Any]]:
    """The smallest body that each create route takes, by path."""
    number = str(next(_numbers))
    return {
        "/artifacts/": {},
        "/flows/": {"name": f"flow-{number}-{uuid4()}"},
        "/flow_runs/": {"flow_id": seeds.flow},
        "/task_runs/": {"flow_run_id": seeds.run, "task_key": "made", "dynamic_key": f"{number}-{uuid4()}"},
        "/deployments/": {"flow_id": seeds.flow, "name": f"deployment-{number}-{uuid4()}"},
    }


def test_every_entry_has_a_test_of_its_name() -> None:
    entries = {f"test_{entry.id.replace('-', '_')}" for entry in load_deviations().of("prefect")}
    here = {name for name in vars(sys.modules[__name__]) if name.startswith("test_")}
    assert here - entries == {"test_every_entry_has_a_test_of_its_name"}
    assert entries - here == set()


def an_event(about: str = "r", **members: Any) -> dict[str, Any]:
    """An event of a resource."""
    return {
        "occurred": datetime.now(UTC).isoformat(),
        "event": "e",
        "resource": {"prefect.resource.id": about},
        "id": str(uuid4()),
    } | members


def events(gateway: Gateway, asked: dict[str, Any]) -> Any:
    """The events that a filter finds."""
    answer = post(gateway, "/events/filter", {"filter": asked})
    assert answer.status == 200, answer
    return answer.json()["events"]


# ----------------------------------------------------------------------------------------------------- statuses


def test_created(running: Gateway, seeds: PrefectSeeds) -> None:
    for path, body in creations(seeds).items():
        assert post(running, path, body).status == 201, path
        again = post(running, path, body)
        # Artifacts and flow runs have nothing by which a second request could be told to be the same.
        assert again.status == (201 if path in ("/artifacts/", "/flow_runs/") else 200), (path, again)
    keyed = {"flow_id": seeds.flow, "idempotency_key": str(uuid4())}
    first, second = post(running, "/flow_runs/", keyed), post(running, "/flow_runs/", keyed)
    assert (first.status, second.status) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert post(running, f"/deployments/{seeds.deployment}/create_flow_run", {}).status == 201
    run = first.json()["id"]
    accepted = post(running, f"/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}})
    assert (accepted.status, accepted.json()["status"]) == (201, "ACCEPT")
    rejected = post(running, f"/flow_runs/{run}/set_state", {"state": {"type": "PENDING"}})
    assert rejected.status == 200, rejected
    assert rejected.json()["status"] in ("REJECT", "ABORT")


def test_validation_envelope(running: Gateway, seeds: PrefectSeeds) -> None:
    deployment = f"/deployments/{seeds.deployment}/create_flow_run"
    bodies: dict[str, Any] = {
        "/artifacts/": {"type": 5},
        "/flows/": {},
        "/flow_runs/": {"flow_id": "x"},
        f"/flow_runs/{seeds.run}/set_state": {"state": {"type": "SIDEWAYS"}},
        "/task_runs/": {"task_key": None},
        "/logs/": [{"level": "high"}],
        "/events": [{"event": 5}],
        "/events/filter": {"filter": 5, "limit": 51},
        "/events/count-by/time": {"time_interval": 0},
        "/events/count-by/other": {"filter": {}},
        "/deployments/": {"name": 5},
        deployment: {"parameters": 5},
        "/v2/concurrency_limits/increment-with-lease": {"names": "x"},
    }
    every = {"artifacts": 5, "flow_runs": 5, "flows": 5, "deployments": 5, "work_pools": 5, "logs": 5}
    bodies |= dict.fromkeys([*FILTERS, *NUMBERED, *COUNTS], every)
    bodies |= {f"/{noun}/history": {"history_start": 5} for noun in ("flow_runs", "task_runs")}
    bodies |= {f"/ui/flows/{what}": {"flow_ids": 5} for what in ("count-deployments", "next-runs")}
    bodies |= {"/saved_searches/filter": {"offset": -1}, "/ui/flow_runs/count-task-runs": {}}
    bodies |= {"/ui/task_runs/count": every}
    bodies |= {"/ui/flow_runs/history": {"sort": "SIDEWAYS"}}
    for path, body in bodies.items():
        answer = post(running, path, body)
        refused(answer)
        sent = answer.json()["request_body"]
        # The vendor's validator of deployments adds members to the very body that is shown.
        assert sent == body or (path == "/deployments/" and body.items() <= sent.items()), path
    refused(running.request("GET", "/api/events/filter/next"), "missing", ["query", "page-token"])
    for path in (f"/artifacts/{seeds.for_path('/artifacts/{id}')}", f"/flow_runs/{seeds.run}"):
        refused(running.request("PATCH", f"/api{path}", {"nothing": 1}), loc=["body", "nothing"])
    broken = post(running, "/artifacts/", raw=b'{"key": ')
    refused(broken, "json_invalid")
    assert broken.json()["request_body"] == '{"key": '
    unnamed = running.request("GET", "/api/csrf-token")
    refused(unnamed, "missing", ["query", "client"])
    assert unnamed.json()["request_body"] is None
    refused(running.request("GET", f"/api/flow_runs/{seeds.run}/graph-v2?since=soon"), loc=["query", "since"])


def test_limit_refused(running: Gateway) -> None:
    for path in [*FILTERS, *NUMBERED, "/saved_searches/filter"]:
        high = post(running, path, {"limit": 201})
        assert (high.status, high.json()) == (
            422,
            {"detail": "Invalid limit: must be less than or equal to 200."},
        ), path
        low = post(running, path, {"limit": -1, "sort": "SIDEWAYS"})
        assert (low.status, low.json()) == (
            422,
            {"detail": "Invalid limit: must be greater than or equal to 0."},
        ), path
        assert post(running, path, {"limit": 200}).status == 200
        assert shown(post(running, path, {"limit": 0})) == []


def test_csrf_disabled(running: Gateway) -> None:
    answer = running.request("GET", f"/api/csrf-token?client={uuid4()}")
    assert (answer.status, answer.json()) == (422, {"detail": "CSRF protection is disabled."})


def test_version_refused(running: Gateway, seeds: PrefectSeeds) -> None:
    def ask(path: str, version: str) -> Answer:
        method, _, rest = path.partition(" ")
        place = re.sub(r"\{\w+\}", seeds.run, rest)
        return running.request(method, f"/api{place}", {}, headers={"x-prefect-api-version": version})

    assert ask(HEALTH, "abc").json() is True
    for operation in [each for each in operations(published("prefect")) if each != HEALTH]:
        odd = ask(operation, "abc")
        assert (odd.status, odd.json()["detail"]) == (
            400,
            "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received abc",
        ), operation
        old = ask(operation, "0.7.9")
        assert (old.status, old.json()["detail"]) == (
            400,
            "The request specified API version 0.7.9 but this server requires version 0.8.0 or higher.",
        ), operation
    for version in ("", "0.8.0", "9.0.0"):
        assert ask("GET /admin/version", version).status == 200


def test_unreadable_body(running: Gateway, seeds: PrefectSeeds) -> None:
    paths = [
        f"POST {path}"
        for path in [
            *creations(seeds),
            *FILTERS,
            *COUNTS,
            "/logs/",
            "/events",
            "/events/filter",
            "/events/count-by/time",
        ]
    ]
    paths += [
        "POST /v2/concurrency_limits/increment-with-lease",
        f"POST /flow_runs/{seeds.run}/set_state",
        f"POST /deployments/{seeds.deployment}/create_flow_run",
        f"PATCH /flow_runs/{seeds.run}",
        f"PATCH /artifacts/{seeds.for_path('/artifacts/{id}')}",
    ]
    for path in paths:
        method, _, place = path.partition(" ")
        for body in (b'{"data": "\xff"}', b'{"data": 1' + b"0" * 5000 + b"}"):
            answer = running.request(method, f"/api{place}", raw=body)
            assert (answer.status, answer.json()) == (400, {"detail": "There was an error parsing the body"}), path


def test_not_found(running: Gateway) -> None:
    nobody = str(uuid4())
    expected = {
        f"GET /artifacts/{nobody}": "Artifact not found.",
        f"PATCH /artifacts/{nobody}": "Artifact not found.",
        f"DELETE /artifacts/{nobody}": "Artifact not found.",
        f"GET /artifacts/{nobody}/latest": "Artifact not found.",
        f"GET /flows/{nobody}": "Flow not found",
        f"GET /flow_runs/{nobody}": "Flow run not found",
        f"PATCH /flow_runs/{nobody}": "Flow run not found",
        f"DELETE /flow_runs/{nobody}": "Flow run not found",
        f"GET /task_runs/{nobody}": "Task not found",
        f"DELETE /deployments/{nobody}": "Deployment not found",
        f"POST /deployments/{nobody}/create_flow_run": "Deployment not found",
    }
    for operation, sentence in expected.items():
        method, _, path = operation.partition(" ")
        answer = running.request(method, f"/api{path}", {} if method in ("POST", "PATCH") else None)
        assert (answer.status, answer.json()) == (404, {"detail": sentence}), operation
        if not path.endswith("/latest"):
            other = running.request(method, f"/api{path.replace(nobody, 'not-a-uuid')}", {})
            assert (other.status, other.json()) == (404, {"detail": "Not Found"}), operation


def test_run_not_found(running: Gateway) -> None:
    nobody = str(uuid4())
    answer = post(running, f"/flow_runs/{nobody}/set_state", {"state": {"type": "RUNNING"}})
    assert (answer.status, answer.json()) == (
        404,
        {"exception_message": f"Flow run with id {nobody} not found"},
    )
    odd = post(running, "/flow_runs/not-a-uuid/set_state", {"state": {"type": "RUNNING"}})
    assert (odd.status, odd.json()) == (404, {"detail": "Not Found"})
    graph = running.request("GET", f"/api/flow_runs/{nobody}/graph-v2")
    assert (graph.status, graph.json()) == (404, {"exception_message": f"Flow run {nobody} not found"})


def test_history_refused(running: Gateway) -> None:
    span = {"history_start": "2026-01-01T00:00:00Z", "history_end": "2026-01-02T00:00:00Z"}
    for noun in ("flow_runs", "task_runs"):
        answer = post(running, f"/{noun}/history", span | {"history_interval_seconds": 0.99})
        assert (answer.status, answer.json()) == (422, {"detail": "History interval must not be less than 1 second."})
        assert post(running, f"/{noun}/history", span | {"history_interval_seconds": 1}).status == 200


def test_negative_bars(running: Gateway) -> None:
    refused(post(running, "/ui/flow_runs/history", {"limit": -1}), "greater_than_equal", ["body", "limit"])


def test_reference_not_found(running: Gateway, seeds: PrefectSeeds) -> None:
    made = creations(seeds)
    for path in ("/flow_runs/", "/deployments/"):
        answer = post(running, path, {**made[path], "work_pool_name": "nowhere"})
        assert (answer.status, answer.json()) == (404, {"detail": 'Work pool "nowhere" not found.'}), path
    limited = post(running, "/deployments/", {**made["/deployments/"], "global_concurrency_limit_id": str(uuid4())})
    assert (limited.status, limited.json()) == (404, {"detail": "Concurrency limit not found"})


def test_integrity_conflict(running: Gateway, seeds: PrefectSeeds) -> None:
    nobody, made = str(uuid4()), creations(seeds)
    bodies = [
        ("/flow_runs/", {"flow_id": nobody}),
        ("/flow_runs/", {"flow_id": seeds.flow, "parent_task_run_id": nobody}),
        ("/task_runs/", {**made["/task_runs/"], "flow_run_id": nobody}),
        ("/deployments/", {"flow_id": nobody, "name": "lost"}),
        (f"/deployments/{seeds.deployment}/create_flow_run", {"parent_task_run_id": nobody}),
    ]
    for path, body in bodies:
        answer = post(running, path, body)
        assert (answer.status, answer.json()) == (409, {"detail": INTEGRITY}), (path, body)


def test_job_variables_refused(running: Gateway, seeds: PrefectSeeds) -> None:
    body = {"job_variables": {"cpu": "2"}}
    pending = post(running, "/flow_runs/", {"flow_id": seeds.flow}).json()["id"]
    answer = running.request("PATCH", f"/api/flow_runs/{pending}", body)
    assert (answer.status, answer.json()) == (
        400,
        {"detail": "Job variables for a flow run in state PENDING cannot be updated"},
    )
    state = {"state": {"type": "SCHEDULED"}}
    bare = post(running, "/flow_runs/", {"flow_id": seeds.flow, **state}).json()["id"]
    answer = running.request("PATCH", f"/api/flow_runs/{bare}", body)
    assert (answer.status, answer.json()) == (
        400,
        {"detail": "A deployment for the flow run could not be found"},
    )
    path = f"/deployments/{seeds.deployment}/create_flow_run"
    scheduled = post(running, path, state).json()["id"]
    assert running.request("PATCH", f"/api/flow_runs/{scheduled}", body).status == 204
    assert running.request("GET", f"/api/flow_runs/{scheduled}").json()["job_variables"] == {"cpu": "2"}


def test_page_token_refused(running: Gateway) -> None:
    for token in ("", "x", "W10"):
        answer = running.request("GET", f"/api/events/filter/next?page-token={token}")
        assert (answer.status, answer.json()) == (403, {"detail": "Forbidden"}), token


def test_too_many_spans(running: Gateway) -> None:
    for countable in ("time", "event", "resource"):
        body = {"filter": {}, "time_unit": "hour", "time_interval": 0.5}
        answer = post(running, f"/events/count-by/{countable}", body)
        assert answer.status == 422, answer
        assert "buckets, which is too many. Please increase the interval" in answer.json()["detail"]


def test_spans_to_the_microsecond(running: Gateway) -> None:
    name = uuid4().hex
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    told = [
        an_event(event=name, occurred=(begin + timedelta(seconds=second)).isoformat()) for second in (0.4, 0.6, 1.9)
    ]
    assert post(running, "/events", told).status == 204
    end = begin + timedelta(seconds=2)
    within = {"since": begin.isoformat(), "until": end.isoformat()}
    asked = {"filter": {"event": {"name": [name]}, "occurred": within}, "time_unit": "second", "time_interval": 0.5}
    counts = post(running, "/events/count-by/time", asked).json()
    assert [count["count"] for count in counts] == [1, 1, 0, 1]
    days = post(running, "/events/count-by/day", asked).json()
    assert [count["count"] for count in days] == [3]


def test_unauthorized(guarded: Gateway) -> None:
    assert guarded.request("GET", "/api/health").json() is True
    for operation in [each for each in operations(published("prefect")) if each != HEALTH]:
        method, _, path = operation.partition(" ")
        place = re.sub(r"\{\w+\}", str(uuid4()), path)
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic bm86bm8="}):
            answer = guarded.request(method, f"/api{place}", {}, headers=headers)
            assert (answer.status, answer.json()) == (401, {"exception_message": "Unauthorized"}), operation
            assert "www-authenticate" not in answer.headers


def test_slash_redirect(running: Gateway, seeds: PrefectSeeds) -> None:
    for operation in operations(published("prefect")):
        method, _, path = operation.partition(" ")
        place = "/api" + re.sub(r"\{\w+\}", seeds.run, path)
        other = place.removesuffix("/") if place.endswith("/") else f"{place}/"
        answer = running.request(method, other, {})
        assert (answer.status, answer.content) == (307, b""), operation
        assert answer.headers["location"] in (place, running.url + place), operation


def test_method_not_allowed(running: Gateway, seeds: PrefectSeeds) -> None:
    document = published("prefect")
    for path in document["paths"]:
        place = "/api" + re.sub(r"\{\w+\}", seeds.run, path)
        # One path has a PUT that is not served here.
        for method in ["trace", *([] if path == "/admin/storage" else ["put"])]:
            answer = running.request(method.upper(), place)
            assert (answer.status, answer.json()) == (405, {"detail": "Method Not Allowed"}), (method, path)
        assert running.request("HEAD", place).status == 405, path


def test_body_too_large(guarded: Gateway) -> None:
    headers = {"authorization": f"Bearer {guarded.token('large')}"}
    fitting = guarded.request("POST", "/api/artifacts/", {"data": "x" * (BODY_LIMIT - 100)}, headers=headers)
    assert fitting.status == 201, fitting
    answer = guarded.request("POST", "/api/artifacts/", {"data": "x" * BODY_LIMIT}, headers=headers)
    assert answer.status == 413, answer
    assert list(answer.json()) == ["detail"]


# --------------------------------------------------------------------------------------------- what is accepted


def test_null_means_default(running: Gateway) -> None:
    nulls = dict.fromkeys(
        ("sort", "limit", "offset", "artifacts", "flow_runs", "task_runs", "flows", "deployments", "logs")
    )

    def known(answer: Answer) -> Any:
        assert answer.status == 200, answer
        found = shown(answer)
        # A scheduled run's rows also tell the time until then, which is never twice the same.
        return found if isinstance(found, int) else [row["id"] for row in found]

    for path in [*FILTERS, *NUMBERED, *COUNTS]:
        plain = known(post(running, path, {}))
        assert plain == known(post(running, path, nulls)), path
        assert plain == known(post(running, path, raw=b"null")), path
        assert plain == known(post(running, path, raw=b"")), path

    for raw in (b'{"filter": null, "limit": null}', b"null", b""):
        assert post(running, "/events/filter", raw=raw).status == 200


def test_unknown_members(running: Gateway, seeds: PrefectSeeds) -> None:
    assert post(running, "/events/filter", {"unknown": 1}).status == 200
    assert post(running, "/events/count-by/event", {"filter": {}, "unknown": 1}).status == 200
    refused(post(running, "/events/filter", {"filter": {"x": 1}}), "extra_forbidden", ["body", "filter", "x"])
    for path in [*FILTERS, *NUMBERED, *COUNTS]:
        assert post(running, path, {"unknown": {"x": 1}}).status == 200, path
        member = path.split("/")[1]
        refused(post(running, path, {member: {"unknown": 1}}), "extra_forbidden", ["body", member, "unknown"])
    state = {"state": {"type": "PENDING"}, "unknown": 1}
    assert post(running, f"/flow_runs/{seeds.run}/set_state", state).status in (200, 201)
    lease = {"names": ["tag:x"], "slots": 1, "mode": "concurrency", "unknown": 1}
    assert post(running, "/v2/concurrency_limits/increment-with-lease", lease).status == 200


def test_lenient_types(running: Gateway) -> None:
    for limit in ("0", 0.0, False):
        assert post(running, "/artifacts/filter", {"limit": limit}).json() == []
    refused(post(running, "/artifacts/filter", {"limit": 1.5}), "int_from_float")
    refused(post(running, "/artifacts/filter", {"limit": "x"}), "int_parsing")
    run = uuid4()
    for spelled in (str(run).upper(), run.hex, f"{{{run}}}", f"urn:uuid:{run}"):
        made = post(running, "/artifacts/", {"flow_run_id": spelled}).json()
        assert made["flow_run_id"] == str(run)
        path = UUID(made["id"])
        for place in (path.hex, str(path).upper()):
            assert running.request("GET", f"/api/artifacts/{place}").json()["id"] == made["id"]


def test_key_alphabet(running: Gateway) -> None:
    for key in ("Upper", "under_score", "dot.dot", "späce", " ", "a\nb"):
        error = refused(post(running, "/artifacts/", {"key": key}), "value_error", ["body", "key"])
        assert error["msg"] == "Value error, Artifact key must only contain lowercase letters, numbers, and dashes."
    for key in ("", "a-1", "--", "end\n"):
        assert post(running, "/artifacts/", {"key": key}).json()["key"] == key


def test_event_rules(running: Gateway) -> None:
    role = {"prefect.resource.id": "x", "prefect.resource.role": "y"}
    broken: tuple[dict[str, Any], ...] = (
        {"event": "e" * 1025},
        {"resource": {}},
        {"resource": {"prefect.resource.id": ""}},
        {"resource": {"prefect.resource.id": "r"} | {str(number): "" for number in range(500)}},
        {"related": [{"prefect.resource.id": "x"}]},
        {"related": [role | {"prefect.resource.role": ""}]},
        {"related": [role] * 101},
    )
    for wrong in broken:
        refused(post(running, "/events", [an_event(**wrong)]), "value_error")
    assert post(running, "/events", [an_event(event="e" * 1024, related=[role] * 100)]).status == 204


def test_metadata_cut(running: Gateway) -> None:
    made = post(running, "/artifacts/", {"metadata_": {"long": "ä" * 501, "short": "ä" * 500}}).json()
    assert made["metadata_"] == {"long": "ä" * 500 + "...", "short": "ä" * 500}
    path = f"/api/artifacts/{made['id']}"
    assert running.request("PATCH", path, {"metadata_": {"other": "x" * 600}}).status == 204
    assert running.request("GET", path).json()["metadata_"] == {"other": "x" * 500 + "..."}


def test_not_finite(running: Gateway) -> None:
    body = b'{"data": {"a": [NaN, Infinity, -Infinity, 1e400, 1.5], "b": NaN}}'
    made = post(running, "/artifacts/", raw=body)
    assert made.status == 201, made
    expected = {"a": [None, None, None, None, 1.5], "b": None}
    path = f"/api/artifacts/{made.json()['id']}"
    assert running.request("GET", path).json()["data"] == expected
    assert running.request("PATCH", path, raw=b'{"data": NaN}').status == 204
    assert running.request("GET", path).json()["data"] is None


def test_state_data_on_create(running: Gateway, seeds: PrefectSeeds) -> None:
    made = creations(seeds)
    for data in ({"type": "kept", "n": 1}, [1, {"a": None}], "text", 5):
        state = {"type": "COMPLETED", "data": data}
        for path in ("/flow_runs/", f"/deployments/{seeds.deployment}/create_flow_run"):
            body = {**made.get(path, {}), "state": state}
            run = post(running, path, body)
            assert (run.status, run.json()["state"]["data"]) == (201, data), run
            again = running.request("GET", f"/api/flow_runs/{run.json()['id']}")
            assert again.json()["state"]["data"] == data
        step = post(running, "/task_runs/", {**creations(seeds)["/task_runs/"], "state": state})
        assert (step.status, step.json()["state"]["data"]) == (201, data), step


def test_instant_out_of_range(running: Gateway) -> None:
    places = [
        ("/artifacts/filter", ("flow_runs", "start_time")),
        ("/flow_runs/filter", ("flow_runs", "start_time")),
        ("/task_runs/filter", ("flow_runs", "end_time")),
        ("/logs/filter", ("logs", "timestamp")),
    ]
    ever = {"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}
    assert post(running, "/events/filter", {"filter": {"occurred": ever}}).status == 200
    for path, (source, field) in places:
        first, last = (
            post(running, path, {source: {field: {"before_": instant}}})
            for instant in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
        )
        assert (first.status, first.json()) == (200, []), path
        assert last.status == 200, path


# -------------------------------------------------------------------------------------------- what answers mean


def test_latest_bears_collection_id(running: Gateway) -> None:
    key = f"latest-{uuid4()}"
    first = post(running, "/artifacts/", {"key": key, "data": 1}).json()
    second = post(running, "/artifacts/", {"key": key, "data": 2}).json()
    latest = running.request("GET", f"/api/artifacts/{key}/latest").json()
    assert latest["data"] == 2
    assert latest["id"] not in (first["id"], second["id"])
    assert latest["created"] == first["created"]
    (row,) = post(running, "/artifacts/latest/filter", {"artifacts": {"key": {"any_": [key]}}}).json()
    assert (row["id"], row["latest_id"]) == (latest["id"], second["id"])
    assert running.request("GET", f"/api/artifacts/{latest['id']}").status == 404


def of_zenml(running: Gateway) -> str:
    """The id of a version that came by another API."""
    answer = running.request(
        "POST",
        "/api/v1/artifact_versions",
        {
            "project": running.request("GET", "/api/v1/projects/default").json()["id"],
            "artifact_name": f"theirs-{uuid4()}",
            "type": "DataArtifact",
            "save_type": "manual",
            "uri": f"/somewhere/{uuid4()}",
            "materializer": "a.b.C",
            "data_type": "builtins.str",
            "tags": ["gold"],
        },
    )
    assert answer.status == 200, answer
    made: str = answer.json()["id"]
    return made


def test_shown_of_others(running: Gateway) -> None:
    version_id = of_zenml(running)
    shown = running.request("GET", f"/api/artifacts/{version_id}").json()
    assert shown["type"] == "markdown"
    assert isinstance(shown["data"], str)
    assert (shown["metadata_"]["isogloss.origin"], shown["metadata_"]["isogloss.tags"]) == ("zenml", '["gold"]')
    for types, found in ((["markdown"], 1), (["table"], 0)):
        for path, member in (("", "id"), ("/latest", "latest_id")):
            asked = {"artifacts": {member: {"any_": [version_id]}, "type": {"any_": types}}}
            assert len(post(running, f"/artifacts{path}/filter", asked).json()) == found
            assert post(running, f"/artifacts{path}/count", asked).json() == found
    newest = running.request("GET", f"/api/artifacts/{shown['key']}/latest").json()
    assert newest["data"] == shown["data"]


def test_data_of_others(running: Gateway) -> None:
    path = f"/api/artifacts/{of_zenml(running)}"
    before = running.request("GET", path).json()
    answer = running.request("PATCH", path, {"data": "mine", "description": "mine"})
    assert (answer.status, list(answer.json())) == (409, ["detail"])
    assert running.request("GET", path).json() == before


def test_tags_in_metadata(running: Gateway) -> None:
    own = post(running, "/artifacts/", {"metadata_": {"isogloss.tags": "x", "a": "b"}}).json()
    for path, kept in ((f"/api/artifacts/{own['id']}", {}), (f"/api/artifacts/{of_zenml(running)}", None)):
        before = running.request("GET", path).json()["metadata_"]
        sent = {"isogloss.tags": "[]", "isogloss.name": "other"} if kept is None else {"isogloss.tags": "[]"}
        assert running.request("PATCH", path, {"metadata_": sent}).status == 204
        assert running.request("GET", path).json()["metadata_"] == (before if kept is None else kept)


def test_literal_beginnings(running: Gateway) -> None:
    resource = uuid4().hex
    told = [an_event(f"{resource}_{case}", event=f"{case}_b", follows=str(uuid4())) for case in "aA"]
    assert post(running, "/events", told).status == 204

    def found(**asked: Any) -> list[str]:
        return sorted(row["id"] for row in events(running, asked))

    first, second = (event["id"] for event in told)
    assert found(resource={"id_prefix": [f"{resource}_a"]}) == [first]
    assert found(resource={"id_prefix": [f"{resource}_"]}) == sorted([first, second])
    assert found(resource={"id_prefix": [f"{resource[:-1]}_"]}) == []
    assert found(any_resource={"labels": {"prefect.resource.id": f"{resource}?A"}}) == [second]
    assert found(resource={"id_prefix": [resource]}, event={"prefix": ["a_"]}) == [first]


def test_event_words(running: Gateway) -> None:
    word = uuid4().hex
    told = [
        an_event(event=f"{word}.e"),
        an_event(f"{word}.r"),
        an_event(related=[{"prefect.resource.id": f"{word}.x", "prefect.resource.role": "y"}]),
        an_event(payload={"deep": [word.upper()]}),
        an_event(follows=str(UUID(word))),
    ]
    assert post(running, "/events", told).status == 204
    found = events(running, {"text": {"query": f"{word} {UUID(word)}"}})
    assert {row["id"] for row in found} == {event["id"] for event in told}


def test_events_of_clients(running: Gateway, seeds: PrefectSeeds) -> None:
    run = post(running, "/flow_runs/", creations(seeds)["/flow_runs/"]).json()["id"]
    assert post(running, f"/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}}).status == 201
    assert events(running, {"any_resource": {"id": [f"prefect.flow-run.{run}"]}}) == []
    assert post(running, "/events", [an_event(f"prefect.flow-run.{run}")]).status == 204
    assert len(events(running, {"any_resource": {"id": [f"prefect.flow-run.{run}"]}})) == 1


def test_label_patterns(running: Gateway) -> None:
    for pattern in ("*", "a*", "!a*", "a?", "?"):
        assert events(running, {"resource": {"labels": {"a": pattern, "prefect.resource.id": "no*where?"}}}) == []
    for pattern in ("*a", "a*b", "a?*", "!*a"):
        asked = {"filter": {"resource": {"labels": {"a": pattern}}}}
        refused(post(running, "/events/filter", asked), "value_error", ["body", "filter", "resource", "labels"])


def test_many_conditions(running: Gateway) -> None:
    most, more = ([str(number) for number in range(count)] for count in (100, 101))
    for part in ({"prefix": most}, {"exclude_prefix": most}, {"name": more}):
        assert events(running, {"event": part, "id": {"id": [str(uuid4())]}}) == []
    pairs = [[each, each] for each in more]
    refusals: tuple[dict[str, Any], ...] = (
        {"event": {"prefix": more}},
        {"event": {"exclude_prefix": more}},
        {"resource": {"id_prefix": more}},
        {"resource": {"labels": {"a": more}}},
        {"related": {"resources_in_roles": pairs}},
        {"related": [{}] * 101},
        {"any_resource": [{}] * 101},
    )
    for asked in refusals:
        refused(post(running, "/events/filter", {"filter": asked}), "value_error")


def test_ordered_ids(running: Gateway) -> None:
    kind = str(uuid4())
    made = [post(running, "/artifacts/", {"type": kind, "key": f"{kind}-{n}"}).json()["id"] for n in range(5)]
    assert {UUID(each).version for each in made} == {7}
    listed = post(running, "/artifacts/filter", {"artifacts": {"type": {"any_": [kind]}}}).json()
    assert [row["id"] for row in listed] == made[::-1]
    latest = post(running, "/artifacts/latest/filter", {"artifacts": {"type": {"any_": [kind]}}}).json()
    assert [row["latest_id"] for row in latest] == made[::-1]


# ------------------------------------------------------------------ refused here, where the vendor's server fails


def texts(seeds: PrefectSeeds, text: str) -> list[tuple[str, str, Any]]:
    """Requests that send a text in a place where text belongs."""
    made = creations(seeds)
    artifact = seeds.for_path("/artifacts/{id}")
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/artifacts/", {"description": text}),
        ("POST", "/artifacts/", {"type": text}),
        ("POST", "/artifacts/", {"metadata_": {text: "m"}}),
        ("POST", "/artifacts/filter", {"artifacts": {"key": {"like_": text}}}),
        ("POST", "/artifacts/filter", {"artifacts": {"key": {"any_": [text]}}}),
        ("POST", "/artifacts/latest/filter", {"artifacts": {"type": {"any_": [text]}}}),
        ("POST", "/artifacts/count", {"artifacts": {"type": {"not_any_": [text]}}}),
        ("POST", "/artifacts/latest/count", {"artifacts": {"key": {"like_": text}}}),
        ("PATCH", f"/artifacts/{artifact}", {"description": text}),
        ("POST", "/flows/", {"name": text}),
        ("POST", "/flow_runs/", {**made["/flow_runs/"], "name": text}),
        ("POST", "/flow_runs/", {**made["/flow_runs/"], "idempotency_key": text}),
        ("POST", "/flow_runs/", {**made["/flow_runs/"], "tags": [text]}),
        ("POST", "/flow_runs/filter", {"flow_runs": {"name": {"any_": [text]}}}),
        ("POST", "/flow_runs/filter", {"flow_runs": {"tags": {"all_": [text]}}}),
        ("PATCH", f"/flow_runs/{seeds.run}", {"name": text}),
        ("POST", f"/flow_runs/{seeds.run}/set_state", {"state": {"type": "PENDING", "message": text}}),
        ("POST", "/task_runs/", {**made["/task_runs/"], "name": text}),
        ("POST", "/task_runs/", {**made["/task_runs/"], "task_key": text}),
        ("POST", "/task_runs/filter", {"task_runs": {"name": {"like_": text}}}),
        ("POST", "/logs/filter", {"logs": {"text": {"query": text}}}),
        ("POST", "/events/filter", {"filter": {"event": {"prefix": [text]}}}),
        ("POST", "/events/filter", {"filter": {"text": {"query": text}}}),
        ("POST", "/deployments/", {**made["/deployments/"], "name": text}),
        ("POST", f"/deployments/{seeds.deployment}/create_flow_run", {"name": text}),
    ]
    return requests


def test_text_without_meaning(running: Gateway, seeds: PrefectSeeds) -> None:
    for text in ("a\0b", "a\ud800b"):
        for method, path, body in texts(seeds, text):
            answer = running.request(method, f"/api{path}", raw=json.dumps(body).encode())
            assert answer.status == 422, (method, path, body, answer)
            refused(answer)
    refused(post(running, "/artifacts/", raw=b'{"metadata_": {"m": "a\\ud800b"}}'))
    body = {"data": {"a\0b": "c\0d"}, "metadata_": {"m": "c\0d"}}
    kept = running.request("GET", f"/api/artifacts/{post(running, '/artifacts/', body).json()['id']}").json()
    assert {name: kept[name] for name in body} == body
    logger = f"logger-{uuid4()}"
    line = {"name": logger, "level": 20, "message": "a\0b", "timestamp": "2024-05-01T00:00:00Z"}
    refused(post(running, "/logs/", raw=json.dumps([{**line, "message": "a\ud800b"}]).encode()))
    assert post(running, "/logs/", [{**line, "flow_run_id": seeds.run}]).status == 201
    lines = post(running, "/logs/filter", {"logs": {"flow_run_id": {"any_": [seeds.run]}}}).json()
    assert [row["message"] for row in lines if row["name"] == logger] == ["ab"]
    refused(post(running, "/events", raw=json.dumps([an_event(event="a\ud800b")]).encode()))
    told = an_event(event="a\0b")
    assert post(running, "/events", [told]).status == 204
    assert [row["event"] for row in events(running, {"id": {"id": [told["id"]]}})] == ["ab"]
    lease = "/v2/concurrency_limits/increment-with-lease"
    refused(post(running, lease, raw=b'{"names": ["\\ud800"], "slots": 1, "mode": "concurrency"}'))
    refused(post(running, "/artifacts/", raw=b'{"data": {"deep": ["\\udfff"]}}'))


def test_deep_nesting(running: Gateway, seeds: PrefectSeeds) -> None:
    nested = b"[" * 100_000 + b"]" * 100_000
    paths = [
        *creations(seeds),
        *FILTERS,
        *COUNTS,
        "/logs/",
        "/events",
        "/events/filter",
        "/v2/concurrency_limits/increment-with-lease",
    ]
    paths += [f"/flow_runs/{seeds.run}/set_state", f"/deployments/{seeds.deployment}/create_flow_run"]
    for path in paths:
        refused(post(running, path, raw=b'{"data": ' + nested + b"}"))
    for place in (f"/flow_runs/{seeds.run}", f"/artifacts/{seeds.for_path('/artifacts/{id}')}"):
        refused(running.request("PATCH", f"/api{place}", raw=b'{"data": ' + nested + b"}"))
    for depth in (50, 300, 500, 700, 900, 1000, 1100):
        body = b'{"data": ' + b'[{"a":' * depth + b"1" + b"}]" * depth + b"}"
        made = post(running, "/artifacts/", raw=body)
        # Where the limit lies is nobody's promise, but what was taken can be read.
        if made.status == 201:
            read = running.request("GET", f"/api/artifacts/{made.json()['id']}")
            assert read.json()["data"] == json.loads(body)["data"]
        else:
            refused(made)
        assert post(running, "/artifacts/filter", {"limit": 1}).status == 200


def test_long_name(running: Gateway, seeds: PrefectSeeds) -> None:
    made = creations(seeds)
    places = [
        ("/artifacts/", "key"),
        ("/artifacts/", "type"),
        ("/flows/", "name"),
        ("/flow_runs/", "name"),
        ("/flow_runs/", "idempotency_key"),
        ("/task_runs/", "name"),
        ("/task_runs/", "task_key"),
        ("/task_runs/", "dynamic_key"),
        ("/deployments/", "name"),
    ]
    for path, member in places:
        longest = f"{uuid4().hex}{'n' * 992}"
        assert post(running, path, {**made[path], member: longest}).status in (200, 201), (path, member)
        refused(post(running, path, {**made[path], member: f"{longest}n"}), loc=["body", member])
    refused(post(running, "/flows/", {"name": "ä" * 513}), loc=["body", "name"])
    artifact = f"/api/artifacts/{seeds.for_path('/artifacts/{id}')}"
    assert running.request("PATCH", artifact, {"metadata_": {"n" * 1024: "v"}}).status == 204
    refused(running.request("PATCH", artifact, {"metadata_": {"n" * 1025: "v"}}))
    refused(post(running, "/artifacts/", {"metadata_": {"n" * 1025: "v"}}))
    refused(running.request("PATCH", f"/api/flow_runs/{seeds.run}", {"name": "n" * 1025}), loc=["body", "name"])
    deployment = f"/deployments/{seeds.deployment}/create_flow_run"
    refused(post(running, deployment, {"name": "n" * 1025}), loc=["body", "name"])
    refused(post(running, "/events", [an_event(event="ä" * 513)]), loc=["body", 0, "event"])
    refused(post(running, "/events", [an_event("n" * 1025)]), loc=["body", 0, "resource"])
    assert post(running, "/events", [an_event("n" * 1024)]).status == 204


def test_long_pattern(running: Gateway) -> None:
    places = [
        ("/artifacts/filter", ("artifacts", "key")),
        ("/artifacts/latest/filter", ("artifacts", "key")),
        ("/artifacts/count", ("flow_runs", "name")),
        ("/artifacts/latest/count", ("flows", "name")),
        ("/flow_runs/filter", ("flow_runs", "name")),
        ("/flow_runs/filter", ("deployments", "name")),
        ("/task_runs/filter", ("task_runs", "name")),
    ]
    for path, (source, field) in places:
        assert post(running, path, {source: {field: {"like_": "%" * 10_000}}}).status == 200, path
        refused(post(running, path, {source: {field: {"like_": "%" * 10_001}}}), loc=["body", source, field, "like_"])
    labels = {"n" * 5_000: "[" * 5_000}
    assert events(running, {"resource": {"labels": labels}}) == []
    asked = {"filter": {"resource": {"labels": {"n": "[" * 10_000}}}}
    refused(post(running, "/events/filter", asked), loc=["body", "filter", "resource", "labels"])


def test_large_integer(running: Gateway) -> None:
    for path in FILTERS:
        assert post(running, path, {"offset": 2**63 - 1}).json() == [], path
        for offset in (2**63, 10**30):
            refused(post(running, path, {"offset": offset}), loc=["body", "offset"])
    log = {"name": "n", "message": "m", "timestamp": "2024-05-01T00:00:00Z"}
    for level in (2**63, -(2**63) - 1, 10**30):
        refused(post(running, "/logs/", [{**log, "level": level}]), loc=["body", 0, "level"])
        refused(post(running, "/logs/filter", {"logs": {"level": {"ge_": level}}}))
    lease = {"names": ["tag:x"], "mode": "concurrency"}
    refused(post(running, "/v2/concurrency_limits/increment-with-lease", {**lease, "slots": 2**63}))
    # Within data an integer is text, of any size.
    made = post(running, "/artifacts/", {"data": [2**63, 10**30]}).json()
    assert running.request("GET", f"/api/artifacts/{made['id']}").json()["data"] == [2**63, 10**30]


def test_long_span(running: Gateway) -> None:
    def asked(unit: str, interval: float) -> Answer:
        body = {"filter": {}, "time_unit": unit, "time_interval": interval}
        return post(running, "/events/count-by/time", body)

    assert len(asked("week", 400_000).json()) == 1
    for unit, interval in (("week", 420_000), ("second", 1e12), ("second", 1e307)):
        refused(asked(unit, interval), "value_error", ["body", "time_interval"])


def test_deployment_name(running: Gateway, seeds: PrefectSeeds) -> None:
    for character in "/%&><":
        body = {"flow_id": seeds.flow, "name": f"a{character}b"}
        refused(post(running, "/deployments/", body), "string_pattern_mismatch", ["body", "name"])


def test_policy_not_an_object(running: Gateway, seeds: PrefectSeeds) -> None:
    made, member = creations(seeds), ["body", "empirical_policy"]
    policies: list[Any] = [[], True, "x", 5]
    for policy in policies:
        wrong = {"empirical_policy": policy}
        for path in ("/flow_runs/", "/task_runs/"):
            refused(post(running, path, {**made[path], **wrong}), loc=member)
        refused(post(running, f"/deployments/{seeds.deployment}/create_flow_run", wrong), loc=member)
        refused(running.request("PATCH", f"/api/flow_runs/{seeds.run}", wrong), loc=member)


def test_body_not_an_object(running: Gateway) -> None:
    for body in ([], [1], True, "x", 5):
        refused(post(running, "/deployments/", body), loc=["body"])
