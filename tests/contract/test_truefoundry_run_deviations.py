"""What ``openapi/deviations.toml`` has on TrueFoundry's runs, a test for each entry."""

from typing import Any

from tests.contract.truefoundry_asking import (
    SVC,
    ask,
    fresh,
    good,
    refused_in_svc,
)
from tests.contract.truefoundry_seeds import CREDENTIAL, REPO
from tests.support.gateways import Gateway


def make_run(gateway: Gateway, name: str) -> Any:
    return good(gateway, "POST", f"{SVC}/runs", {"experiment_id": repo_id(gateway), "name": name})["run"]


def repo_id(gateway: Gateway) -> str:
    found: str = good(gateway, "GET", f"{SVC}/ml-repos?name={REPO}")["data"][0]["id"]
    return found


def test_run_names(running: Gateway) -> None:
    name = fresh()
    first, second = make_run(running, name)["info"], make_run(running, name)["info"]

    assert first["name"] == name
    assert second["name"] == f"{name}-{second['run_id'].replace('-', '')[-6:]}"
    for info in (first, second):
        found = good(running, "POST", f"{SVC}/runs/search", {"fqn": info["fqn"]})["runs"]
        assert [run["info"]["run_id"] for run in found] == [info["run_id"]]
    body = {"experiment_id": repo_id(running), "name": "a/b"}
    assert "name" in refused_in_svc(ask(running, "POST", f"{SVC}/runs", body), 422)


def test_run_values(running: Gateway) -> None:
    run_id = make_run(running, fresh())["info"]["run_id"]
    text = (
        b'{"metrics":[{"key":"m","value":null},{"key":"m","value":Infinity,"step":1},{"key":"m","value":2,"step":2}]}'
    )
    answer = running.request(
        "POST",
        f"{SVC}/runs/{run_id}/batch",
        raw=text,
        headers={"authorization": f"Bearer {CREDENTIAL}"},
    )
    assert answer.status == 200
    history = good(running, "GET", f"{SVC}/runs/{run_id}/metrics/history?metric_key=m")["metrics"]
    assert [point["value"] for point in history] == [None, None, 2.0]
    where = f"metrics.m > 1 and attributes.run_id = '{run_id}'"
    assert good(running, "POST", f"{SVC}/runs/search", {"filter": where})["total"] == 1


def test_run_batches(running: Gateway) -> None:
    run_id = make_run(running, fresh())["info"]["run_id"]
    point = {"key": "m", "value": 1, "step": 0, "timestamp": 5}
    for _ in range(2):
        good(running, "POST", f"{SVC}/runs/{run_id}/batch", {"metrics": [point, point]})
    assert len(good(running, "GET", f"{SVC}/runs/{run_id}/metrics/history?metric_key=m")["metrics"]) == 1
    good(running, "POST", f"{SVC}/runs/{run_id}/parameters", {"key": "lr", "value": "1"})
    changed = {"params": [{"key": "lr", "value": "2"}], "tags": [{"key": "t", "value": "1"}]}
    assert "'lr' is '1' already" in refused_in_svc(ask(running, "POST", f"{SVC}/runs/{run_id}/batch", changed), 422)
    assert good(running, "GET", f"{SVC}/runs/{run_id}")["run"]["data"]["tags"] == []


def test_run_searches(running: Gateway) -> None:
    names = [fresh("searched") for _ in range(3)]
    for place, name in enumerate(names):
        run_id = make_run(running, name)["info"]["run_id"]
        if place:
            good(running, "POST", f"{SVC}/runs/{run_id}/parameters", {"key": "it's", "value": f"'{place}'"})

    def search(**body: Any) -> list[str]:
        among = "run_name IN (" + ", ".join(f"'{name}'" for name in names) + ")"
        asked = body | {"filter": " and ".join([among, *body.get("filter", [])])}
        return [run["info"]["name"] for run in good(running, "POST", f"{SVC}/runs/search", asked)["runs"]]

    assert search(filter=["params.`it's` = '''1'''"]) == [names[1]]
    assert search(order_by=['params."it\'s" ASC']) == [names[1], names[2], names[0]]
    assert search(order_by=['params."it\'s" DESC']) == [names[2], names[1], names[0]]
    refused = ask(running, "POST", f"{SVC}/runs/search", {"filter": "params.a = '1' OR params.a = '2'"})
    assert "'OR' at character 16" in refused_in_svc(refused, 422)


def test_run_files(running: Gateway) -> None:
    run = make_run(running, fresh())
    assert run["info"]["artifact_uri"] is None
    assert good(running, "GET", f"{SVC}/runs/{run['info']['run_id']}")["run"] == run
