"""How many statements each of Prefect's operations issues: at most three for a read, whatever the size of its page (one
more to count all pages, and eight for a graph), and one transaction for a write.

The table covers every route that the dialect lists, so that a new one cannot be forgotten.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from isogloss.adapters.prefect.bodies.events import EventFilter
from isogloss.adapters.prefect.dialect import ROUTES
from isogloss.adapters.prefect.event_filters import settled
from isogloss.adapters.prefect.event_translate import Continuation, page_token
from isogloss.core.access import ANYBODY
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, tags, versions
from isogloss.core.registry.versions import VersionDraft
from isogloss.gateway.app import create_app
from isogloss.gateway.settings import Auth, read_settings
from isogloss.storage.sql.sqlite import SqliteStore
from tests.support.counting import Count, counting
from tests.support.registries import START, anybody

READ_STATEMENTS = 3
PAGES_STATEMENTS = READ_STATEMENTS + 1
GRAPH_STATEMENTS = 8
MANY = 60

Body = dict[str, Any] | list[Any] | None


@pytest.fixture
def count(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts what the stores do."""
    if isinstance(registry.store, SqliteStore):
        # A read that takes long is done once more elsewhere, which would count twice.
        registry.store.limit_inline(60, 1_000_000)
    return counting(monkeypatch)


@asynccontextmanager
async def client_of(registry: Registry) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> str | None:
        return None

    app = create_app(read_settings({}), registry, auth=Auth.OPEN, gate=anybody, readiness=ready)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


async def fill(client: httpx.AsyncClient) -> dict[str, str]:
    """Enough rows of each kind that a page of 50 is full; answers one id of each."""
    flow = (await client.post("/api/flows/", json={"name": "flow", "tags": ["a"]})).json()["id"]
    made: dict[str, str] = {"flow": flow}
    deployment = await client.post("/api/deployments/", json={"name": "deployment", "flow_id": flow})
    made["deployment"] = deployment.json()["id"]
    state = {"type": "COMPLETED", "data": {"result": [1, 2]}}
    for number in range(MANY):
        run = {"flow_id": flow, "name": f"run-{number}", "tags": ["a", f"t{number}"], "state": {"type": "PENDING"}}
        one = (await client.post("/api/flows/", json={"name": f"flow-{number}"})).json()["id"]
        await client.post("/api/deployments/", json={"name": f"deployment-{number}", "flow_id": one})
        made["run"] = (await client.post("/api/flow_runs/", json=run)).json()["id"]
        await client.post(f"/api/flow_runs/{made['run']}/set_state", json={"state": state, "force": True})
        step = {"flow_run_id": made["run"], "task_key": "t", "dynamic_key": str(number), "state": {"type": "PENDING"}}
        made["step"] = (await client.post("/api/task_runs/", json=step)).json()["id"]
        artifact = {"key": f"k{number}", "data": number, "metadata_": {"a": "b"}, "flow_run_id": made["run"]}
        made["artifact"] = (await client.post("/api/artifacts/", json=artifact)).json()["id"]
        line = {
            "name": "n",
            "level": 20,
            "message": "m",
            "timestamp": "2026-01-01T00:00:00Z",
            "flow_run_id": made["run"],
        }
        await client.post("/api/logs/", json=[line])
        await client.post("/api/events", json=[event_about(made["run"])])
    return made


def event_about(run: str) -> dict[str, Any]:
    return {
        "occurred": "2025-06-15T12:00:00Z",
        "event": "e",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run}"},
        "related": [{"prefect.resource.id": "prefect.flow.f", "prefect.resource.role": "flow"}],
        "id": str(uuid4()),
    }


EVENTS: dict[str, Any] = {"filter": {"any_resource": {"id_prefix": ["prefect.flow"]}, "resource": {"distinct": True}}}
NEXT_EVENTS = page_token(Continuation(settled(EventFilter.model_validate(EVENTS["filter"]), START), MANY, 50, 0))

JOINED: dict[str, Any] = {
    "flow_runs": {"tags": {"all_": ["a"]}, "name": {"like_": "run"}},
    "flows": {"name": {"any_": ["flow"]}},
}

HISTORY: dict[str, Any] = {
    "history_start": "2026-01-01T00:00:00Z",
    "history_end": "2027-01-01T00:00:00Z",
    "history_interval_seconds": 86_400,
}

EMPTY = frozenset({"/work_pools/filter", "/saved_searches/filter"})
"""Lists that have no rows here."""


def reads(made: dict[str, str]) -> dict[tuple[str, str], tuple[str, Body]]:
    """Each reading operation, as a request whose answer is large."""
    return {
        ("GET", "/csrf-token"): (f"/csrf-token?client={uuid4()}", None),
        ("GET", "/admin/version"): ("/admin/version", None),
        ("GET", "/admin/settings"): ("/admin/settings", None),
        ("GET", "/admin/storage"): ("/admin/storage", None),
        ("GET", "/health"): ("/health", None),
        ("GET", "/ready"): ("/ready", None),
        ("GET", "/version"): ("/version", None),
        ("GET", "/artifacts/{id:uuid}"): (f"/artifacts/{made['artifact']}", None),
        ("GET", "/artifacts/{key:str}/latest"): ("/artifacts/k1/latest", None),
        ("POST", "/artifacts/filter"): ("/artifacts/filter", JOINED),
        ("POST", "/artifacts/latest/filter"): ("/artifacts/latest/filter", JOINED),
        ("POST", "/artifacts/count"): ("/artifacts/count", JOINED),
        ("POST", "/artifacts/latest/count"): ("/artifacts/latest/count", JOINED),
        ("GET", "/flows/{id:uuid}"): (f"/flows/{made['flow']}", None),
        ("GET", "/flow_runs/{id:uuid}"): (f"/flow_runs/{made['run']}", None),
        ("POST", "/flow_runs/filter"): ("/flow_runs/filter", JOINED),
        ("POST", "/flow_runs/paginate"): ("/flow_runs/paginate", JOINED),
        ("POST", "/flow_runs/count"): ("/flow_runs/count", JOINED),
        ("POST", "/flow_runs/history"): ("/flow_runs/history", HISTORY | JOINED),
        ("GET", "/flow_runs/{id:uuid}/graph-v2"): (f"/flow_runs/{made['run']}/graph-v2", None),
        ("POST", "/task_runs/paginate"): ("/task_runs/paginate", JOINED),
        ("POST", "/task_runs/count"): ("/task_runs/count", JOINED),
        ("POST", "/task_runs/history"): ("/task_runs/history", HISTORY | JOINED),
        ("POST", "/flows/filter"): ("/flows/filter", {}),
        ("POST", "/flows/paginate"): ("/flows/paginate", JOINED),
        ("POST", "/flows/count"): ("/flows/count", JOINED),
        ("GET", "/deployments/{id:uuid}"): (f"/deployments/{made['deployment']}", None),
        ("POST", "/deployments/filter"): ("/deployments/filter", {}),
        ("POST", "/deployments/paginate"): ("/deployments/paginate", {}),
        ("POST", "/deployments/count"): ("/deployments/count", {}),
        ("POST", "/work_pools/filter"): ("/work_pools/filter", {}),
        ("POST", "/saved_searches/filter"): ("/saved_searches/filter", {}),
        ("GET", "/automations/related-to/{resource_id:str}"): (
            f"/automations/related-to/prefect.deployment.{made['deployment']}",
            None,
        ),
        ("POST", "/ui/flow_runs/history"): ("/ui/flow_runs/history", JOINED),
        ("POST", "/ui/flow_runs/count-task-runs"): (
            "/ui/flow_runs/count-task-runs",
            {"flow_run_ids": [made["run"], str(uuid4())]},
        ),
        ("POST", "/ui/flows/count-deployments"): ("/ui/flows/count-deployments", {"flow_ids": [made["flow"]]}),
        ("POST", "/ui/flows/next-runs"): ("/ui/flows/next-runs", {"flow_ids": [made["flow"]]}),
        ("POST", "/ui/task_runs/count"): ("/ui/task_runs/count", JOINED),
        ("GET", "/ui/task_runs/{id:uuid}"): (f"/ui/task_runs/{made['step']}", None),
        ("GET", "/task_runs/{id:uuid}"): (f"/task_runs/{made['step']}", None),
        ("POST", "/task_runs/filter"): ("/task_runs/filter", JOINED),
        ("POST", "/events/filter"): ("/events/filter", EVENTS),
        ("POST", "/events/count-by/{countable:str}"): ("/events/count-by/resource", EVENTS),
        ("GET", "/events/filter/next"): (f"/events/filter/next?page-token={NEXT_EVENTS}", None),
        ("POST", "/logs/filter"): ("/logs/filter", {"logs": {"level": {"ge_": 10}}}),
        ("POST", "/v2/concurrency_limits/increment-with-lease"): (
            "/v2/concurrency_limits/increment-with-lease",
            {"names": ["tag:x"], "slots": 1, "mode": "concurrency", "lease_duration": 60},
        ),
    }


def writes(made: dict[str, str]) -> dict[tuple[str, str], tuple[str, Body]]:
    """Each writing operation, with a body that makes it write all it can; deletions last."""
    state = {"state": {"type": "RUNNING"}, "force": True}
    return {
        ("POST", "/artifacts/"): (
            "/artifacts/",
            {"key": "k1", "data": 1, "metadata_": {"a": "b", "c": "d"}, "flow_run_id": made["run"]},
        ),
        ("PATCH", "/artifacts/{id:uuid}"): (f"/artifacts/{made['artifact']}", {"metadata_": {"x": "y"}, "data": 2}),
        ("POST", "/flows/"): ("/flows/", {"name": "other", "tags": ["a", "b"]}),
        ("POST", "/flow_runs/"): ("/flow_runs/", {"flow_id": made["flow"], "state": {"type": "PENDING"}}),
        ("PATCH", "/flow_runs/{id:uuid}"): (f"/flow_runs/{made['run']}", {"name": "renamed", "tags": ["c"]}),
        ("POST", "/flow_runs/{id:uuid}/set_state"): (f"/flow_runs/{made['run']}/set_state", state),
        ("POST", "/task_runs/"): (
            "/task_runs/",
            {"flow_run_id": made["run"], "task_key": "u", "dynamic_key": "0", "state": {"type": "PENDING"}},
        ),
        ("POST", "/logs/"): (
            "/logs/",
            [{"name": "n", "level": 20, "message": str(n), "timestamp": "2026-01-01T00:00:00Z"} for n in range(100)],
        ),
        ("POST", "/events"): ("/events", [event_about(made["run"]) for _ in range(100)]),
        ("POST", "/deployments/"): ("/deployments/", {"name": "second", "flow_id": made["flow"], "tags": ["x"]}),
        ("POST", "/deployments/{id:uuid}/create_flow_run"): (
            f"/deployments/{made['deployment']}/create_flow_run",
            {"state": {"type": "PENDING"}},
        ),
        ("DELETE", "/artifacts/{id:uuid}"): (f"/artifacts/{made['artifact']}", None),
        ("DELETE", "/flow_runs/{id:uuid}"): (f"/flow_runs/{made['run']}", None),
        ("DELETE", "/deployments/{id:uuid}"): (f"/deployments/{made['deployment']}", None),
    }


async def send(client: httpx.AsyncClient, method: str, path: str, body: Body) -> httpx.Response:
    content = None if body is None else json.dumps(body).encode()
    answer = await client.request(method, f"/api{path}", content=content)
    expected = {422} if path.startswith("/csrf-token") else {200, 201, 204}
    assert answer.status_code in expected, (method, path, answer.text)
    return answer


def test_every_route_is_in_the_table() -> None:
    made = dict.fromkeys(("artifact", "flow", "run", "step", "deployment"), "")
    covered = {(method, spelled(path)) for method, path in (*reads(made), *writes(made))}

    assert {(str(route.method), spelled(route.path)) for route in ROUTES} - covered == set()


def spelled(path: str) -> str:
    """The path with every id in one spelling: whether one is checked by the router or later is no matter here."""
    return path.replace("{id:str}", "{id:uuid}")


def budget_of(path: str) -> int:
    if path.endswith("/graph-v2"):
        return GRAPH_STATEMENTS
    return PAGES_STATEMENTS if path.endswith("/paginate") else READ_STATEMENTS


def listed(answer: Any) -> list[Any]:
    """The rows of an answer."""
    rows: list[Any] = answer["events"] if isinstance(answer, dict) else answer
    return rows


async def test_reads_issue_at_most_three_statements_at_any_page_size(registry: Registry, count: Count) -> None:
    async with client_of(registry) as client:
        made = await fill(client)
        for (method, _), (path, body) in reads(made).items():
            counts = {}
            for limit in (1, 50):
                paged = isinstance(body, dict) and path.endswith(("/filter", "/paginate"))
                sized = {**body, "limit": limit} if isinstance(body, dict) and paged else body
                count.take()
                answer = await send(client, method, path, sized)
                counts[limit] = count.take()
                if path.endswith("/filter") and path not in EMPTY:
                    assert len(listed(answer.json())) == limit, path
            assert counts[1] == counts[50], path
            assert counts[50][0] <= budget_of(path), (path, counts)
            assert counts[50][1] == 0, path


async def test_rows_of_others_cost_three_statements_more_at_any_page_size(registry: Registry, count: Count) -> None:
    async with client_of(registry) as client:
        made = await fill(client)
        own = {}
        for path in ("/artifacts/filter", "/artifacts/latest/filter"):
            count.take()
            await send(client, "POST", path, {"limit": 50})
            own[path] = count.take()[0]
        for number in range(MANY):
            draft = VersionDraft(dialect="zenml", metadata='{"a":1}', producer_run=made["run"])
            await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug=f"other-{number}")
        for path, cost in own.items():
            for limit in (1, 50):
                count.take()
                answer = await send(client, "POST", path, {"limit": limit})
                assert (count.take(), len(answer.json())) == ((cost + 3, 0), limit), path


async def test_tags_on_rows_of_ones_own_cost_one_statement_more_at_any_page_size(
    registry: Registry, count: Count
) -> None:
    async with client_of(registry) as client:
        made = await fill(client)
        asking: dict[str, tuple[str, list[Body]]] = {
            "/artifacts/filter": ("POST", [{"limit": 1}, {"limit": 50}]),
            "/artifacts/latest/filter": ("POST", [{"limit": 1}, {"limit": 50}]),
            f"/artifacts/k{MANY - 1}/latest": ("GET", [None]),
            f"/artifacts/{made['artifact']}": ("GET", [None]),
        }

        async def costs() -> dict[str, set[tuple[int, int]]]:
            found: dict[str, set[tuple[int, int]]] = {}
            for path, (method, bodies) in asking.items():
                for body in bodies:
                    count.take()
                    await send(client, method, path, body)
                    found.setdefault(path, set()).add(count.take())
            return found

        plain = await costs()
        ids = [row["id"] for row in (await send(client, "POST", "/artifacts/filter", {"limit": MANY})).json()]

        async def put_on(unit: Writer) -> None:
            [gold] = await tags.ensure_tags(registry, unit, ANYBODY, ["gold"], lambda: "blue")
            for each in ids:
                await tags.attach(registry, unit, ANYBODY, gold, await tags.thing_of(unit, "version", each))

        await registry.store.write(put_on)
        tagged = await costs()
        page = (await send(client, "POST", "/artifacts/filter", {"limit": MANY})).json()

    assert [row["metadata_"]["isogloss.tags"] for row in page] == ['["gold"]'] * MANY
    assert {path: {(reads + 1, writes) for reads, writes in cost} for path, cost in plain.items()} == tagged
    assert [len(cost) for cost in tagged.values()] == [1] * len(asking)


async def test_with_rows_of_others_on_the_page_they_cost_none(registry: Registry, count: Count) -> None:
    async with client_of(registry) as client:
        made = await fill(client)
        draft = VersionDraft(dialect="zenml", producer_run=made["run"])
        await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug="other")
        count.take()
        await send(client, "POST", "/artifacts/filter", {"limit": 50})
        before = count.take()

        async def put_on(unit: Writer) -> None:
            [gold] = await tags.ensure_tags(registry, unit, ANYBODY, ["gold"], lambda: "blue")
            version = await tags.thing_of(unit, "version", made["artifact"])
            await tags.attach(registry, unit, ANYBODY, gold, version)

        await registry.store.write(put_on)
        count.take()
        page = (await send(client, "POST", "/artifacts/filter", {"limit": 50})).json()
        assert count.take() == before
    told = [row["metadata_"].get("isogloss.tags") for row in page if row["id"] == made["artifact"]]
    assert told == ['["gold"]']


async def test_writes_take_one_transaction(registry: Registry, count: Count) -> None:
    async with client_of(registry) as client:
        made = await fill(client)
        for (method, _), (path, body) in writes(made).items():
            count.take()
            await send(client, method, path, body)
            assert count.take()[1] == 1, path
