"""Runs as the SDK drives them: made, logged to, found, ended, deleted."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.adapters.truefoundry.routes.runs import ROUTES
from isogloss.core.access import Principal, Role
from isogloss.core.registry import Registry
from isogloss.storage.sql.sqlite import SqliteStore
from tests.adapters.truefoundry.serving import Served, make_repo, manifest
from tests.storage.sql.test_agreement import run_property
from tests.support.accounts import add_user, as_user
from tests.support.counting import Count, counting

START = 1_700_000_000_000
VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)


@pytest.fixture
def served(registry: Registry) -> Served:
    return Served(registry)


@pytest.fixture
async def repo(served: Served) -> str:
    """The id of a repo called lab."""
    return str((await make_repo(served))["id"])


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    return counting(monkeypatch)


async def make_run(served: Served, repo: str, name: str = "train", **given: Any) -> Any:
    return (await served.post("/runs", {"experiment_id": repo, "name": name} | given))["run"]


async def log(served: Served, run_id: str, metrics: Any = (), **pairs: dict[str, str]) -> None:
    """Log points as (key, value, step, time), and pairs as the SDK does: whole numbers as floats."""
    body: dict[str, Any] = {
        "metrics": [
            {"key": key, "value": value, "step": float(step), "timestamp": float(at)}
            for key, value, step, at in metrics
        ]
    }
    for name, given_pairs in pairs.items():
        body[name] = [{"key": key, "value": value} for key, value in given_pairs.items()]
    assert await served.post(f"/runs/{run_id}/batch", body) == {}


async def search(served: Served, **body: Any) -> list[str]:
    return [run["info"]["name"] for run in (await served.post("/runs/search", body))["runs"]]


async def test_a_run_is_answered_as_it_was_made(served: Served, repo: str) -> None:
    tags = [{"key": "team", "value": "a"}]
    run = await make_run(served, repo, start_time=float(START), tags=tags, description="first")
    info = run["info"]

    assert info == {
        "run_uuid": info["run_id"],
        "run_id": info["run_id"],
        "experiment_id": repo,
        "name": "train",
        "fqn": f"{info['fqn'].split('/')[0]}/lab/train",
        "user_id": "unknown",
        "created_by_subject": info["created_by_subject"],
        "status": "RUNNING",
        "start_time": START,
        "end_time": None,
        "artifact_uri": None,
        "lifecycle_stage": "active",
        "description": "first",
    }
    assert run["data"] == {"metrics": [], "params": [], "tags": tags}
    assert await served.get(f"/runs/{info['run_id']}") == {"run": run}


async def test_a_run_bears_its_maker(registry: Registry) -> None:
    ann = await add_user(registry, "ann", Role.EDITOR)
    served = Served(registry, caller=as_user(ann))
    run = await make_run(served, (await make_repo(Served(registry)))["id"])

    assert run["info"]["user_id"] == ann.id
    assert run["info"]["created_by_subject"]["subjectId"] == ann.id
    assert await search(served, filter=f"user_id = '{ann.id}'") == ["train"]


async def test_whole_numbers_come_back_whole(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo, start_time=1.7e12))["info"]["run_id"]
    await log(served, run_id, [("acc", 1.0, 3, 1.7e12)])
    answer = await served("GET", f"/runs/{run_id}")

    assert b'"start_time":1700000000000,' in answer.body
    assert b'"timestamp":1700000000000,"step":3}' in answer.body


async def test_a_run_that_ends_says_when_and_how(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo, description="kept"))["info"]["run_id"]
    ended = await served.put(f"/runs/{run_id}", {"status": "FINISHED", "end_time": float(START), "description": None})

    assert (ended["run_info"]["status"], ended["run_info"]["end_time"]) == ("FINISHED", START)
    assert ended["run_info"]["description"] == "kept"
    assert (await served.get(f"/runs/{run_id}"))["run"]["info"] == ended["run_info"]
    assert (await served.put(f"/runs/{run_id}", {"description": ""}))["run_info"]["description"] == ""
    refused = await served("PUT", f"/runs/{run_id}", {"status": "DONE"})
    assert refused.status == 422
    assert b"FINISHED" in refused.body


async def test_what_is_logged_in_any_way_is_answered_in_order_of_keys(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo))["info"]["run_id"]
    await log(served, run_id, [("loss", 2.0, 0, 1), ("acc", 0.5, 1, 1)], params={"opt": "adam"}, tags={"team": "a"})
    await served.post(f"/runs/{run_id}/metrics", {"key": "acc", "value": 0.75, "timestamp": 2.0, "step": 2.0})
    await served.post(f"/runs/{run_id}/parameters", {"key": "lr", "value": "0.1"})
    await served.put(f"/runs/{run_id}/tags", {"key": "team", "value": "b"})
    await served.put(f"/runs/{run_id}/tags", {"key": "gone", "value": "b"})
    await served.post(f"/runs/{run_id}/tags/delete", {"key": "gone"})

    assert (await served.get(f"/runs/{run_id}"))["run"]["data"] == {
        "metrics": [
            {"key": "acc", "value": 0.75, "timestamp": 2, "step": 2},
            {"key": "loss", "value": 2.0, "timestamp": 1, "step": 0},
        ],
        "params": [{"key": "lr", "value": "0.1"}, {"key": "opt", "value": "adam"}],
        "tags": [{"key": "team", "value": "b"}],
    }
    gone = await served("POST", f"/runs/{run_id}/tags/delete", {"key": "gone"})
    assert gone.status == 404
    assert b"'gone'" in gone.body


async def test_the_history_of_a_metric_is_all_of_its_points(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo))["info"]["run_id"]
    for _ in range(2):
        await log(served, run_id, [("acc", 0.75, 1, 5), ("acc", 0.5, 0, 5), ("a b", math.nan, 0, 5), ("loss", 1, 0, 5)])
    acc = [{"key": "acc", "value": value, "timestamp": 5, "step": step} for step, value in enumerate((0.5, 0.75))]

    path = f"/runs/{run_id}/metrics"
    assert await served.get(f"{path}/history", {"metric_key": "acc"}) == {"metrics": acc}
    assert (await served.get(f"{path}/history", {"metric_key": "a b"}))["metrics"][0]["value"] is None
    assert await served.get(f"{path}/history", {"metric_key": "none"}) == {"metrics": []}
    listed = (await served.post(f"{path}/list", {}))["metric_collections"]
    assert [(each["key"], len(each["metrics"])) for each in listed] == [("a b", 1), ("acc", 2), ("loss", 1)]
    asked = {"metric_keys": ["acc", "none"], "step": 1.0}
    assert (await served.post(f"{path}/list", asked))["metric_collections"] == [
        {"key": "acc", "metrics": acc[1:]},
        {"key": "none", "metrics": []},
    ]
    assert (await served("GET", f"{path}/history")).status == 422


async def test_another_value_of_a_parameter_is_refused_with_the_whole_batch(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo))["info"]["run_id"]
    await log(served, run_id, params={"lr": "0.1"})
    pairs = [{"key": "new", "value": "1"}, {"key": "lr", "value": "0.2"}]
    metric = {"key": "acc", "value": 1, "timestamp": 1}
    answer = await served("POST", f"/runs/{run_id}/batch", {"params": pairs, "metrics": [metric]})

    assert answer.status == 422
    assert "'lr' is '0.1' already, and cannot become '0.2'" in answer.json["message"]
    data = (await served.get(f"/runs/{run_id}"))["run"]["data"]
    assert data == {"metrics": [], "params": [{"key": "lr", "value": "0.1"}], "tags": []}


async def test_a_name_that_is_taken_gets_an_ending_so_that_each_fqn_is_of_one_run(served: Served, repo: str) -> None:
    first, second = await make_run(served, repo), await make_run(served, repo)

    assert first["info"]["name"] == "train"
    assert second["info"]["name"].startswith("train-")
    for run in (first, second):
        for asked in ({"fqn": run["info"]["fqn"]}, {"ml_repo_name": "lab", "name": run["info"]["name"]}):
            found = await served.post("/runs/search", asked | {"max_results": 1.0})
            assert found == {"runs": [run], "total": 1, "next_page_token": None}


async def test_a_deleted_run_is_gone_and_what_it_made_stays(served: Served, repo: str) -> None:
    run_id = (await make_run(served, repo))["info"]["run_id"]
    await log(served, run_id, [("acc", 1, 0, 0)], params={"lr": "1"})
    made = (await served.put("/artifact-versions", {"manifest": manifest(repo="lab", run_id=run_id)}))["data"]
    assert await served.delete(f"/runs/{run_id}") == {}

    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"status": "FINISHED"}),
        ("DELETE", "", None),
        ("POST", "/batch", {}),
        ("GET", "/metrics/history?metric_key=acc", None),
        ("POST", "/metrics/list", {}),
    ):
        answer = await served(method, f"/runs/{run_id}{path}".split("?")[0], body, [("metric_key", "acc")])
        assert (answer.status, answer.json["message"]) == (404, f"There is no run '{run_id}'.")
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        assert await search(served, run_view_type=view) == []
    assert (await served.get(f"/artifact-versions/{made['id']}"))["data"]["manifest"]["run_id"] == run_id
    assert (await make_run(served, repo))["info"]["name"] == "train"


async def test_runs_are_searched_in_the_repos_that_are_named(served: Served, repo: str) -> None:
    den = (await make_repo(served, "den"))["id"]
    await make_run(served, repo, "one", start_time=1)
    await make_run(served, den, "two", start_time=2)

    assert await search(served) == ["two", "one"]
    assert await search(served, experiment_ids=[repo]) == await search(served, experiment_id=repo) == ["one"]
    assert await search(served, experiment_ids=[den, repo, den, "12345"]) == ["two", "one"]
    assert await search(served, ml_repo_name="den") == ["two"]
    elsewhere: list[dict[str, Any]] = [
        {"experiment_ids": ["x"]},
        {"experiment_ids": ["9" * 5000]},
        {"ml_repo_name": "none"},
        {"fqn": "acme/lab/one"},
        {"fqn": "default/lab/three"},
    ]
    for nowhere in elsewhere:
        assert await search(served, **nowhere) == []
    for wrong in ("one", "lab/one", "default/lab/", "a/b/c/d"):
        assert (await served("POST", "/runs/search", {"fqn": wrong})).status == 422


async def test_pages_follow_each_other_by_token_or_offset(served: Served, repo: str) -> None:
    names = [f"run-{place:02}" for place in range(7)]
    for place, name in enumerate(names):
        await make_run(served, repo, name, start_time=place // 2)
    order = await search(served)
    assert sorted(order) == names

    @settings(max_examples=25)
    @given(size=st.integers(1, 9), orders=st.sampled_from([[], ["run_name"], ["attribute.start_time DESC"]]))
    async def whole(size: int, orders: list[str]) -> None:
        found: list[str] = []
        body: dict[str, Any] = {"max_results": float(size), "order_by": orders, "experiment_ids": [repo]}
        token = None
        while True:
            page = await served.post("/runs/search", body | ({} if token is None else {"page_token": token}))
            found += [run["info"]["name"] for run in page["runs"]]
            assert page["total"] == 7
            assert (
                await search(served, **body, offset=float(len(found)))
                == ((names if orders == ["run_name"] else order)[len(found) : len(found) + size])
            )
            token = page["next_page_token"]
            if token is None:
                break
        assert found == (names if orders == ["run_name"] else order)

    await run_property(whole)


@pytest.mark.parametrize("token", ["x", "!!", "LTE=", "é", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="])
async def test_a_token_of_no_page_is_refused(served: Served, token: str) -> None:
    answer = await served("POST", "/runs/search", {"page_token": token})
    assert answer.status == 422
    assert "no token of a page" in answer.json["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"name": "a"}),
        ("", {"experiment_id": "{repo}"}),
        ("", {"experiment_id": "{repo}", "name": ""}),
        ("", {"experiment_id": "{repo}", "name": "a/b"}),
        ("", {"experiment_id": "{repo}", "name": "a" * 257}),
        ("", {"experiment_id": "{repo}", "name": "a\0"}),
        ("", {"experiment_id": "{repo}", "name": "a", "start_time": 1.5}),
        ("", {"experiment_id": "{repo}", "name": "a", "tags": [{"key": "", "value": "x"}]}),
        ("/search", {"max_results": 0}),
        ("/search", {"offset": -1}),
        ("/search", {"run_view_type": "SOME"}),
        ("/search", {"filter": "params.a = "}),
        ("/search", {"order_by": ["nothing"]}),
        ("/{run}/batch", {"metrics": [{"key": "a", "value": "1"}]}),
        ("/{run}/batch", {"metrics": [{"key": "a", "value": 1, "step": 1.5}]}),
        ("/{run}/batch", {"metrics": [{"key": "a", "value": 10**400}]}),
        ("/{run}/batch", {"params": [{"key": "a", "value": 1}]}),
        ("/{run}/metrics", {"value": 1, "timestamp": 1}),
        ("/{run}/parameters", {"key": "a"}),
        ("/{run}/tags/delete", {}),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_a_sentence(
    served: Served, repo: str, path: str, body: dict[str, Any]
) -> None:
    run_id = (await make_run(served, repo))["info"]["run_id"]
    filled = {name: repo if value == "{repo}" else value for name, value in body.items()}
    answer = await served("POST", f"/runs{path.replace('{run}', run_id)}", filled)

    assert answer.status == 422
    assert answer.json["message"]
    assert await search(served) == ["train"]


async def test_a_run_in_no_repo_is_refused(served: Served) -> None:
    answer = await served("POST", "/runs", {"experiment_id": "987", "name": "a"})
    assert (answer.status, answer.json["message"]) == (404, "There is no ml repo '987'.")


async def test_who_may_only_read_changes_nothing(served: Served, repo: str) -> None:
    run = await make_run(served, repo)
    reader = Served(served.registry, caller=VIEWER)
    run_id = run["info"]["run_id"]
    for method, path, body in (
        ("POST", "", {"experiment_id": repo, "name": "a"}),
        ("PUT", f"/{run_id}", {"status": "FAILED"}),
        ("DELETE", f"/{run_id}", None),
        ("POST", f"/{run_id}/batch", {}),
        ("POST", f"/{run_id}/tags/delete", {"key": "a"}),
    ):
        assert (await reader(method, f"/runs{path}", body)).status == 403
    assert (await reader.post("/runs/search", {}))["runs"] == [run]


READS: dict[tuple[str, str], tuple[Any, int]] = {
    ("POST", "/runs/search"): ({"experiment_ids": ["{repo}", "1"], "max_results": 1000.0}, 9),
    ("GET", "/runs/{id:str}"): (None, 6),
    ("GET", "/runs/{id:str}/metrics/history"): (None, 2),
    ("POST", "/runs/{id:str}/metrics/list"): ({}, 3),
}
"""Reads, what is asked, and how many statements they may issue."""

WRITES: dict[tuple[str, str], Any] = {
    ("POST", "/runs"): {"experiment_id": "{repo}", "name": "train"},
    ("PUT", "/runs/{id:str}"): {"status": "FINISHED"},
    ("POST", "/runs/{id:str}/batch"): {"metrics": [{"key": f"m{place}", "value": 1} for place in range(1000)]},
    ("POST", "/runs/{id:str}/metrics"): {"key": "a", "value": 1, "timestamp": 1},
    ("POST", "/runs/{id:str}/parameters"): {"key": "other", "value": "1"},
    ("PUT", "/runs/{id:str}/tags"): {"key": "a", "value": "1"},
    ("POST", "/runs/{id:str}/tags/delete"): {"key": "a"},
    ("DELETE", "/runs/{id:str}"): None,
}
MOST_OF_A_WRITE = 12


async def test_every_route_issues_the_same_few_statements_however_much_there_is(
    served: Served, repo: str, count: Count
) -> None:
    if isinstance(served.registry.store, SqliteStore):
        # A page that takes long is read once more elsewhere, which would count twice.
        served.registry.store.limit_inline(60, 1_000_000)
    run_id = (await make_run(served, repo))["info"]["run_id"]
    await log(served, run_id, [("a", 1, 0, 0)], params={"a": "1"}, tags={"a": "1"})

    async def cost(method: str, path: str, body: Any) -> tuple[int, int]:
        filled = {
            name: repo if value == "{repo}" else [repo, "1"] if isinstance(value, list) and "{repo}" in value else value
            for name, value in (body or {}).items()
        }
        count.take()
        answer = await served(
            method, path.replace("{id:str}", run_id), filled if body is not None else None, {"metric_key": "a"}
        )
        assert answer.status == 200, answer
        return count.take()

    assert {(route.method, route.path) for route in ROUTES} == {*READS, *WRITES}
    few = {row: await cost(*row, body) for row, (body, _) in READS.items()}
    for place in range(30):
        other = (await make_run(served, repo, f"r{place}"))["info"]["run_id"]
        await log(served, other, [(f"m{place}", 1, 0, 0)], params={"a": "1"}, tags={"a": "1"})
    await log(served, run_id, [(f"m{place}", 1, place, 0) for place in range(100)])
    many = {row: await cost(*row, body) for row, (body, _) in READS.items()}
    assert few == many
    assert {row: spent for row, (spent, _) in many.items() if spent > READS[row][1]} == {}
    for row, body in WRITES.items():
        spent, transactions = await cost(*row, body)
        assert transactions == 1, row
        assert spent <= MOST_OF_A_WRITE, row
