"""Experiments and runs in the MLflow-shaped family."""

from typing import Any

import pytest

from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import FLOW, SVC, Served
from tests.support.counting import counting

START = 1_700_000_000_000


@pytest.fixture
def flow(registry: Registry) -> Served:
    return Served(registry, prefix=FLOW)


@pytest.fixture
async def experiment(flow: Served) -> str:
    """The id of an experiment called lab."""
    return str((await flow.post("/experiments/create", {"name": "lab"}))["experiment_id"])


async def make_run(flow: Served, experiment: str, name: str = "train", **given: Any) -> Any:
    body = {"experiment_id": experiment, "name": name, "start_time": START} | given
    return (await flow.post("/runs/create", body))["run"]


async def test_an_experiment_is_an_ml_repo(registry: Registry, flow: Served) -> None:
    body = {
        "name": "lab",
        "description": "words",
        "storage_integration_fqn": "a:b",
        "tags": [{"key": "k", "value": "v"}],
    }
    experiment = (await flow.post("/experiments/create", body))["experiment_id"]
    repo = (await Served(registry, prefix=SVC).get(f"/ml-repos/{experiment}"))["data"]
    shown = (await flow.get("/experiments/get", {"experiment_id": experiment}))["experiment"]
    assert shown == (await flow.get("/experiments/get-by-name", {"experiment_name": "lab"}))["experiment"]
    assert (shown["experiment_id"], shown["name"], shown["description"]) == (repo["id"], "lab", "words")
    # Tags are none of the manifest's members.
    assert shown["manifest"] == repo["manifest"]
    assert shown["manifest"]["storage_integration_fqn"] == "a:b"
    assert shown["tags"] == [{"key": "k", "value": "v"}]
    assert isinstance(shown["created_at"], int)
    assert (shown["lifecycle_stage"], shown["num_runs"]) == ("active", 0)


async def test_a_tag_of_an_experiment_replaces_the_one_of_its_key(flow: Served, experiment: str) -> None:
    for key, value in (("k", "old"), ("other", "o"), ("k", "new")):
        await flow.post("/experiments/set-experiment-tag", {"experiment_id": experiment, "key": key, "value": value})
    shown = (await flow.get("/experiments/get", {"experiment_id": experiment}))["experiment"]
    assert {tag["key"]: tag["value"] for tag in shown["tags"]} == {"k": "new", "other": "o"}


async def test_an_experiment_is_renamed_and_deleted(flow: Served, experiment: str) -> None:
    await flow.post("/experiments/update", {"experiment_id": experiment, "new_name": "den", "description": "words"})
    shown = (await flow.get("/experiments/get-by-name", {"experiment_name": "den"}))["experiment"]
    assert (shown["experiment_id"], shown["description"]) == (experiment, "words")
    taken = await flow("POST", "/experiments/create", {"name": "den"})
    assert (taken.status, taken.json["error_code"]) == (422, "INVALID_PARAMETER_VALUE")
    await flow.post("/experiments/hard-delete", {"experiment_id": experiment})
    for path, query in (("get", {"experiment_id": experiment}), ("get-by-name", {"experiment_name": "den"})):
        gone = await flow("GET", f"/experiments/{path}", query=query)
        assert (gone.status, gone.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_experiments_are_listed_in_pages(flow: Served) -> None:
    for name in ("lab", "den"):
        await flow.post("/experiments/create", {"name": name})
    first = await flow.get("/experiments/list", {"max_results": "2"})
    rest = await flow.get("/experiments/list", {"max_results": "2", "page_token": first["next_page_token"]})
    assert [each["name"] for page in (first, rest) for each in page["experiments"]] == ["default", "lab", "den"]
    assert (rest["total"], "next_page_token" in rest) == (3, False)
    assert (await flow.get("/experiments/list", {"view_type": "DELETED_ONLY"}))["experiments"] == []
    [named] = (await flow.get("/experiments/list", {"filter_name": "lab"}))["experiments"]
    assert named["name"] == "lab"


async def test_a_run_is_found_by_its_id_its_fqn_and_its_name(flow: Served, experiment: str) -> None:
    made = await make_run(flow, experiment, tags=[{"key": "k", "value": "v"}])
    info = made["info"]
    assert (info["fqn"], info["status"], info["start_time"]) == ("default/lab/train", "RUNNING", START)
    assert made["data"] == {"metrics": [], "params": [], "tags": [{"key": "k", "value": "v"}]}
    # What is not known yet is left out: the client takes no null for a number.
    assert "end_time" not in info
    for path, query in (
        ("get", {"run_id": info["run_id"]}),
        ("get", {"run_uuid": info["run_uuid"]}),
        ("get-by-fqn", {"run_fqn": info["fqn"]}),
        ("get-by-name", {"run_name": "train", "experiment_id": experiment}),
        ("get-by-name", {"run_name": "train", "experiment_name": "lab"}),
    ):
        assert (await flow.get(f"/runs/{path}", query))["run"] == made
    for path, query in (
        ("get", {"run_id": "nowhere"}),
        ("get-by-fqn", {"run_fqn": "other/lab/train"}),
        ("get-by-name", {"run_name": "none", "experiment_name": "lab"}),
        ("get-by-name", {"run_name": "train"}),
    ):
        answer = await flow("GET", f"/runs/{path}", query=query)
        assert (answer.status, answer.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert (await flow("GET", "/runs/get")).status == 422


async def test_a_run_comes_to_its_end(flow: Served, experiment: str) -> None:
    run_id = (await make_run(flow, experiment))["info"]["run_id"]
    body = {"run_id": run_id, "status": "FINISHED", "end_time": START + 5, "description": "words"}
    info = (await flow.post("/runs/update", body))["run_info"]
    assert (info["status"], info["end_time"], info["description"]) == ("FINISHED", START + 5, "words")
    assert isinstance(info["end_time"], int)
    assert (await flow("POST", "/runs/update", {"status": "FINISHED"})).status == 422


async def test_what_is_logged_of_a_run_is_shown_with_it(flow: Served, experiment: str) -> None:
    run_id = (await make_run(flow, experiment))["info"]["run_id"]
    of_run = {"run_id": run_id}
    points = [
        {"key": "loss", "value": value, "timestamp": START + step, "step": step} for step, value in ((1, 3), (2, 0.5))
    ]
    batch = {"metrics": points, "params": [{"key": "lr", "value": "1"}], "tags": [{"key": "k", "value": "v"}]}
    assert await flow.post("/runs/log-batch", of_run | batch) == {}
    metric = {"key": "acc", "value": 0.9, "timestamp": START}
    assert await flow.post("/runs/log-metric", {"run_uuid": run_id} | metric) == {}
    assert await flow.post("/runs/log-parameter", of_run | {"key": "epochs", "value": "3"}) == {}
    assert await flow.post("/runs/set-tag", of_run | {"key": "colour", "value": "red"}) == {}
    assert await flow.post("/runs/delete-tag", of_run | {"key": "k"}) == {}
    data = (await flow.get("/runs/get", of_run))["run"]["data"]
    assert {each["key"]: (each["value"], each["step"]) for each in data["metrics"]} == {
        "acc": (0.9, 0),
        "loss": (0.5, 2),
    }
    assert {each["key"]: each["value"] for each in data["params"]} == {"epochs": "3", "lr": "1"}
    assert data["tags"] == [{"key": "colour", "value": "red"}]
    history = await flow.get("/metrics/get-history", of_run | {"metric_key": "loss"})
    assert [each["value"] for each in history["metrics"]] == [3, 0.5]
    assert all(isinstance(each[name], int) for each in history["metrics"] for name in ("step", "timestamp"))
    several = await flow.post("/metrics/list-history", of_run | {"metric_keys": ["loss", "acc"]})
    assert [(each["key"], len(each["metrics"])) for each in several["metric_collections"]] == [("loss", 2), ("acc", 1)]
    assert (await flow("POST", "/runs/log-parameter", of_run | {"key": "lr", "value": "2"})).status == 422


async def test_runs_are_searched_in_pages(flow: Served, experiment: str) -> None:
    for place in range(3):
        run = await make_run(flow, experiment, f"train-{place}", start_time=START + place)
        body = {"run_id": run["info"]["run_id"], "key": "loss", "value": float(place), "timestamp": START}
        await flow.post("/runs/log-metric", body)

    async def names(**body: Any) -> list[str]:
        found = await flow.post("/runs/search", {"experiment_ids": [experiment]} | body)
        return [each["info"]["name"] for each in found["runs"]]

    assert await names() == ["train-2", "train-1", "train-0"]
    assert await names(filter="metrics.loss > 0.5", order_by=["metric.loss ASC"]) == ["train-1", "train-2"]
    first = await flow.post("/runs/search", {"experiment_ids": [experiment], "max_results": 2})
    assert (len(first["runs"]), first["total"]) == (2, 3)
    assert await names(max_results=2, page_token=first["next_page_token"]) == ["train-0"]
    assert await names(run_view_type="DELETED_ONLY") == []


async def test_a_run_is_removed_for_good(flow: Served, experiment: str) -> None:
    run_id = (await make_run(flow, experiment))["info"]["run_id"]
    assert await flow.post("/runs/hard-delete", {"run_id": run_id}) == {}
    assert (await flow("GET", "/runs/get", query={"run_id": run_id})).status == 404
    assert (await flow("POST", "/runs/hard-delete", {"run_id": run_id})).status == 404


async def test_the_columns_of_an_experiment_are_the_keys_of_its_runs(flow: Served, experiment: str) -> None:
    other = (await flow.post("/experiments/create", {"name": "den"}))["experiment_id"]
    for place, (where, key) in enumerate([(experiment, "b"), (experiment, "a"), (experiment, "a"), (other, "c")]):
        run_id = (await make_run(flow, where, f"train-{place}"))["info"]["run_id"]
        point = {"key": f"m{key}", "value": 1, "timestamp": START}
        pairs = {"params": [{"key": f"p{key}", "value": "1"}], "tags": [{"key": f"t{key}", "value": "1"}]}
        await flow.post("/runs/log-batch", {"run_id": run_id, "metrics": [point]} | pairs)
    columns = (await flow.get("/experiments/columns", {"experiment_id": experiment}))["columns"]
    assert columns == {"metric_names": ["ma", "mb"], "param_names": ["pa", "pb"], "tag_names": ["ta", "tb"]}


async def test_a_search_costs_as_many_statements_as_a_run(
    flow: Served, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(4):
        await make_run(flow, experiment, f"train-{place}", tags=[{"key": "k", "value": "v"}])
    counted = counting(monkeypatch)
    spent = []
    for rows in (1, 4):
        counted.take()
        assert len((await flow.post("/runs/search", {"max_results": rows}))["runs"]) == rows
        spent.append(counted.take())
    assert spent[0] == spent[1]


async def test_the_tenant_is_told(flow: Served) -> None:
    told = await flow.get("/tenant-id", {"host_name": "anything"})
    assert (told["tenant_id"], told["tenant_name"]) == ("default", "default")
