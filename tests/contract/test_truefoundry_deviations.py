"""One test for each entry of ``openapi/deviations.toml`` on TrueFoundry, which asserts what is answered instead.

The name of a test is the entry's id, with underscores. Where an entry is a guess, this is the place that shows it.
"""

import base64
import itertools
import json
import sys
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.contract.document import load_deviations
from tests.contract.truefoundry_seeds import CREDENTIAL, REPO
from tests.support.gateways import Answer, Gateway

SVC, ML, FLOW = "/api/svc/v1", "/api/ml/v1", "/api/ml/api/2.0/mlflow"
FAMILIES = (SVC, ML)
TENANT = "default"

_numbers = itertools.count()


def ask(gateway: Gateway, method: str, path: str, body: object = None, key: str | None = CREDENTIAL) -> Answer:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return gateway.request(method, path, body, headers=headers)


def good(gateway: Gateway, method: str, path: str, body: object = None) -> Any:
    answer = ask(gateway, method, path, body)
    assert answer.status == 200, answer
    return answer.json()


def fresh(stem: str = "made") -> str:
    return f"{stem}-{next(_numbers)}"


def manifest(name: str, **given: Any) -> dict[str, Any]:
    return {
        "type": "artifact-version",
        "name": name,
        "ml_repo": REPO,
        "metadata": {},
        "source": {"type": "external", "uri": "s3://elsewhere/data"},
    } | given


def make(gateway: Gateway, name: str, family: str = SVC, **given: Any) -> Any:
    return good(gateway, "PUT", f"{family}/artifact-versions", {"manifest": manifest(name, **given)})["data"]


def versions(gateway: Gateway, family: str = SVC, **query: Any) -> list[int]:
    """The numbers of the versions that a list answers."""
    page = good(gateway, "GET", f"{family}/artifact-versions?{urlencode(query)}")
    return [row["manifest"]["version"] for row in page["data"]]


def refused_in_svc(answer: Answer, status: int) -> str:
    body = answer.json()
    assert (answer.status, body["statusCode"]) == (status, status)
    assert body["message"]
    return str(body["message"])


def test_every_entry_has_a_test_of_its_name() -> None:
    entries = {f"test_{entry.id.replace('-', '_')}" for entry in load_deviations().of("truefoundry")}
    here = {name for name in vars(sys.modules[__name__]) if name.startswith("test_")}
    assert here - entries == {"test_every_entry_has_a_test_of_its_name"}
    assert entries - here == set()


def test_svc_refused(running: Gateway) -> None:
    answer = ask(running, "PUT", f"{SVC}/artifact-versions", {"manifest": manifest("has space", version_alias="1.0")})
    refused_in_svc(answer, 422)
    assert [detail["loc"] for detail in answer.json()["details"]] == [
        ["body", "manifest", "name"],
        ["body", "manifest", "version_alias"],
    ]

    same = ask(running, "PUT", f"{ML}/artifact-versions", {"manifest": manifest("has space")})
    assert same.status == 422
    [detail] = same.json()["detail"]
    assert set(detail) == {"loc", "msg", "type"}


def test_svc_not_found(running: Gateway) -> None:
    nowhere = str(uuid4())
    for method, path in (("GET", f"artifact-versions/{nowhere}"), ("DELETE", "ml-repos/987654321")):
        refused_in_svc(ask(running, method, f"{SVC}/{path}"), 404)
    body = {"manifest": manifest(fresh()) | {"ml_repo": "nobody-made-it"}}
    assert "nobody-made-it" in refused_in_svc(ask(running, "PUT", f"{SVC}/artifact-versions", body), 404)


def test_ml_not_found(running: Gateway) -> None:
    nowhere = str(uuid4())
    answer = ask(running, "GET", f"{ML}/artifact-versions/{nowhere}")
    assert answer.status == 404
    assert nowhere in answer.json()["detail"]


def test_flow_not_found(running: Gateway) -> None:
    nowhere = str(uuid4())
    answer = ask(running, "GET", f"{FLOW}/mlfoundry-artifacts/artifact-versions/get?id={nowhere}")
    assert answer.status == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert nowhere in answer.json()["message"]


def test_denied(running: Gateway) -> None:
    [repo] = good(running, "GET", f"{SVC}/ml-repos?name={REPO}")["data"]
    refused_in_svc(ask(running, "DELETE", f"{SVC}/ml-repos/{repo['id']}"), 403)
    assert set(ask(running, "DELETE", f"{ML}/ml-repos/{repo['id']}").json()) == {"detail"}
    answer = ask(running, "POST", f"{FLOW}/experiments/hard-delete", {"experiment_id": repo["id"]})
    assert (answer.status, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_signing_in(running: Gateway) -> None:
    begun = ask(running, "POST", f"{SVC}/oauth2/device-authorize", {"tenantName": TENANT}, key=None)
    code = {"grantType": "device_code", "deviceCode": begun.json()["deviceCode"]}
    granted = ask(running, "POST", f"{SVC}/oauth2/token", code, key=None)
    assert granted.status == 201
    assert ask(running, "GET", f"{SVC}/session", key=granted.json()["accessToken"]).status == 200
    # Where credentials are required: tests/adapters/truefoundry/test_sign_in_routes.py.


def test_service_accounts(running: Gateway) -> None:
    key = running.command("token", "create", "robot").strip()
    user = good(running, "GET", f"{SVC}/session")["user"]
    assert "@" in user["email"]
    assert json.loads(base64.urlsafe_b64decode(key.split(".")[1] + "=="))["email"] == f"robot@{TENANT}.isogloss"


def test_nothing_of_the_kind(running: Gateway) -> None:
    wanted = {"model_version_fqn": "model:default/default/m:1", "workspace_fqn": "here:there", "service_name": "served"}
    export = "/mlfoundry-artifacts/model-versions/export-deployment-files-by-fqn"
    for method, path, body in (
        ("POST", export, wanted),
        ("POST", "/runs/run-logs", {"run_uuid": "x", "run_logs": []}),
        ("GET", "/runs/run-logs/list?run_uuid=x", None),
        ("GET", "/runs/run-logs/list-latest?run_uuid=x", None),
        ("GET", "/runs/run-logs/latest-run-log?run_uuid=x", None),
    ):
        answer = ask(running, method, FLOW + path, body)
        assert answer.status == 501, path
        assert "This registry" in answer.json()["message"]


def test_runs_have_no_files(running: Gateway) -> None:
    [repo] = good(running, "GET", f"{SVC}/ml-repos?name={REPO}")["data"]
    made = good(running, "POST", f"{FLOW}/runs/create", {"experiment_id": repo["id"], "name": fresh()})
    run_id = made["run"]["info"]["run_id"]
    assert good(running, "GET", f"{FLOW}/artifacts/list?run_id={run_id}") == {"files": []}
    assert ask(running, "GET", f"{FLOW}/artifacts/list?run_id={uuid4()}").status == 404


def test_everything_is_public(running: Gateway) -> None:
    name = fresh("private")
    made = good(running, "POST", f"{FLOW}/experiments/create", {"name": name, "privacy_type": "PRIVATE"})
    shown = good(running, "GET", f"{FLOW}/experiments/get?experiment_id={made['experiment_id']}")["experiment"]
    assert (shown["name"], shown["privacy_type"]) == (name, "PUBLIC")
    for privacy, total in (("PUBLIC", 1), ("PRIVATE", 0)):
        listed = good(running, "GET", f"{FLOW}/experiments/list?filter_name={name}&privacy_type={privacy}")
        assert listed["total"] == total


def test_sources_by_their_type(running: Gateway) -> None:
    made = make(running, fresh())
    answer = good(running, "GET", f"{FLOW}/mlfoundry-artifacts/artifact-versions/get?id={made['id']}")
    assert answer["artifact_version"]["manifest"]["source"] == {"type": "external", "uri": "s3://elsewhere/data"}


@pytest.mark.parametrize("key", [None, "not-a-key", "a.b"])
def test_unauthorized(running: Gateway, key: str | None) -> None:
    for family in FAMILIES:
        refused_in_svc(ask(running, "GET", f"{family}/artifacts", key=key), 401)
        assert ask(running, "GET", f"{family}/artifacts", key="tfy_anything").status == 200


@pytest.mark.parametrize("family", FAMILIES)
def test_page_limits(running: Gateway, family: str) -> None:
    def pagination(**query: int) -> dict[str, int]:
        page = good(running, "GET", f"{family}/artifact-versions?{urlencode(query)}")
        found: dict[str, int] = page["pagination"]
        return found

    assert pagination()["limit"] == 100
    assert pagination(limit=5000)["limit"] == 1000
    for wrong in ({"limit": 0}, {"limit": -1}, {"offset": -1}):
        assert ask(running, "GET", f"{family}/artifact-versions?{urlencode(wrong)}").status == 422


@pytest.mark.parametrize("family", FAMILIES)
def test_alias_in_fqn(running: Gateway, family: str) -> None:
    name = fresh()
    make(running, name, version_alias="v1.0")
    make(running, name)
    entity = f"artifact:{TENANT}/{REPO}/{name}"

    assert versions(running, family, fqn=f"{entity}:v1.0") == [1]
    assert versions(running, family, fqn=f"{entity}:latest") == [2]
    [row] = good(running, "GET", f"{family}/artifact-versions?{urlencode({'fqn': f'{entity}:v1.0'})}")["data"]
    assert row["fqn"] == f"{entity}:1"


@pytest.mark.parametrize("family", FAMILIES)
def test_fqn_of_others(running: Gateway, family: str) -> None:
    name = fresh()
    make(running, name)
    for other in (
        f"model:{TENANT}/{REPO}/{name}",
        f"artifact:acme/{REPO}/{name}",
        f"artifact:{TENANT}/{REPO}/{name}:7",
    ):
        assert versions(running, family, fqn=other) == []
    for wrong in (
        name,
        f"thing:{TENANT}/{REPO}/{name}",
        f"artifact:{TENANT}/{name}",
        f"artifact:{TENANT}/{REPO}/{name}:x",
    ):
        assert ask(running, "GET", f"{family}/artifact-versions?{urlencode({'fqn': wrong})}").status == 422


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_at_apply(running: Gateway, family: str) -> None:
    name = fresh()
    staged = [
        good(
            running,
            "POST",
            f"{family}/artifact-versions/stage",
            {"manifest": manifest(name, source={"type": "truefoundry"})},
        )
        for _ in range(2)
    ]
    assert versions(running, family, artifact_id=staged[0]["artifact_id"]) == []
    applied = [
        make(running, name, family, source={"type": "truefoundry", "uri": each["storage_root"]})
        for each in reversed(staged)
    ]
    assert [each["id"] for each in applied] == [staged[1]["id"], staged[0]["id"]]
    assert [each["manifest"]["version"] for each in applied] == [1, 2]
    good(running, "DELETE", f"{family}/artifact-versions/{applied[1]['id']}")
    assert make(running, name, family)["manifest"]["version"] == 3


@pytest.mark.parametrize("family", FAMILIES)
def test_manifest_replaces(running: Gateway, family: str) -> None:
    name = fresh()
    make(running, name, family, version_alias="v1.0", description="first", metadata={"a": 1})
    changed = make(running, name, family, version=1, metadata={"b": [None]})

    assert changed["manifest"]["version"] == 1
    assert changed["manifest"]["metadata"] == {"b": [None]}
    assert not {"version_alias", "description"} & set(changed["manifest"])


@pytest.mark.parametrize("family", FAMILIES)
def test_alias_taken(running: Gateway, family: str) -> None:
    name = fresh()
    make(running, name, version_alias="v1.0")
    answer = ask(running, "PUT", f"{family}/artifact-versions", {"manifest": manifest(name, version_alias="v1.0")})
    assert answer.status == 422
    assert b"version 1" in answer.content
    assert versions(running, fqn=f"artifact:{TENANT}/{REPO}/{name}") == [1]


@pytest.mark.parametrize("family", FAMILIES)
def test_tags_are_added(running: Gateway, family: str) -> None:
    name, gold = fresh(), fresh("gold")
    first, second = make(running, name), make(running, name)

    def tag(version: Any, *tags: str, force: bool = False) -> Answer:
        body = {"artifact_version_id": version["id"], "tags": tags, "force": force}
        return ask(running, "PUT", f"{family}/artifact-versions/tags", body)

    def tags(version: Any) -> list[str]:
        found: list[str] = good(running, "GET", f"{family}/artifact-versions/{version['id']}")["data"]["tags"]
        return found

    assert tag(first, gold).json() == {}
    tag(first, "more")
    assert tag(second, gold).status == 422
    assert (tags(first), tags(second)) == (sorted([gold, "more"]), [])
    assert tag(second, gold, force=True).status == 200
    assert (tags(first), tags(second)) == (["more"], [gold])


@pytest.mark.parametrize("family", FAMILIES)
def test_sources(running: Gateway, family: str) -> None:
    name = fresh()
    for source in ({"type": "local", "paths": [{"src": "/tmp/x"}]}, {"type": "truefoundry"}):
        body = {"manifest": manifest(name, source=source)}
        assert ask(running, "PUT", f"{family}/artifact-versions", body).status == 422
    nowhere = {"manifest": manifest(name, source={"type": "truefoundry", "uri": "s3://isogloss/owned/x/y"})}
    assert ask(running, "PUT", f"{family}/artifact-versions", nowhere).status == 422
    assert versions(running, family, name=name) == []


def test_delete_needs_a_version(running: Gateway) -> None:
    name = fresh()
    make(running, name, version_alias="v1.0")
    make(running, name)
    assert ask(running, "POST", f"{ML}/artifact-versions", {"manifest": manifest(name)}).status == 422
    assert good(running, "POST", f"{ML}/artifact-versions", {"manifest": manifest(name, version_alias="v1.0")}) == {}
    assert versions(running, name=name) == [2]
    assert good(running, "POST", f"{ML}/artifact-versions", {"manifest": manifest(name, version=2)}) == {}
    assert versions(running, name=name) == []


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


EXTERNAL = {"type": "external", "uri": "s3://elsewhere/data"}


def typed(kind: str, name: str, **given: Any) -> dict[str, Any]:
    """A manifest of a kind that is not an artifact."""
    parts: dict[str, dict[str, Any]] = {
        "model-version": {"source": EXTERNAL},
        "chat_prompt": {"messages": [{"role": "user", "content": "Hello"}]},
        "agent-skill": {"source": {"type": "inline", "skill_md": "# Skill"}},
        "data-dir": {"source": {"type": "truefoundry"}},
    }
    return {"type": kind, "name": name, "ml_repo": REPO, "metadata": {}} | parts[kind] | given


PUTS = {
    "model-version": "model-versions",
    "chat_prompt": "prompt-versions",
    "agent-skill": "agent-skill-versions",
    "data-dir": "data-directories",
}


def put(gateway: Gateway, family: str, given: dict[str, Any]) -> Answer:
    return ask(gateway, "PUT", f"{family}/{PUTS[given['type']]}", {"manifest": given})


def kept(gateway: Gateway, family: str, given: dict[str, Any]) -> Any:
    answer = put(gateway, family, given)
    assert answer.status == 200, answer
    return answer.json()["data"]


@pytest.mark.parametrize("family", FAMILIES)
def test_unknown_members_of_unions(running: Gateway, family: str) -> None:
    for framework in ({"type": "caffe"}, {"model_filepath": "model.pkl"}):
        assert put(running, family, typed("model-version", fresh(), framework=framework)).status == 422
    for change in ({"messages": [{"content": "Hello"}]}, {"mcp_servers": [{"url": "https://mcp.example"}]}):
        assert put(running, family, typed("chat_prompt", fresh(), **change)).status == 422


@pytest.mark.parametrize("family", FAMILIES)
def test_variables_without_values(running: Gateway, family: str) -> None:
    shown = kept(running, family, typed("chat_prompt", fresh(), variables={"name": None}))
    assert shown["manifest"]["variables"] == {"name": ""}


@pytest.mark.parametrize("family", FAMILIES)
def test_contents_never_change(running: Gateway, family: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "model-version": {"source": EXTERNAL | {"uri": "s3://elsewhere/other"}},
        "chat_prompt": {"messages": []},
        "agent-skill": {"source": {"type": "inline", "skill_md": "# Other"}},
    }
    for kind, change in changes.items():
        first = kept(running, family, typed(kind, fresh()))
        again = typed(kind, first["manifest"]["name"], version=1, metadata={"a": 1})
        assert put(running, family, again | change).status == 422
        assert kept(running, family, again)["id"] == first["id"]


@pytest.mark.parametrize("family", FAMILIES)
def test_skill_sources(running: Gateway, family: str) -> None:
    unstaged = {"type": "blob-storage", "description": "a", "uri": "s3://isogloss/owned/a/b"}
    for source in ({"type": "local", "skill_dir": "."}, unstaged):
        assert put(running, family, typed("agent-skill", fresh(), source=source)).status == 422
    kept(running, family, typed("agent-skill", fresh(), source=unstaged | {"uri": "s3://elsewhere/skill"}))


@pytest.mark.parametrize("family", FAMILIES)
def test_skills_tell_of_themselves(running: Gateway, family: str) -> None:
    name = fresh()
    kept(running, family, typed("agent-skill", name))

    def told() -> Any:
        return good(running, "GET", f"{family}/agent-skills?name={name}")["data"][0]["description"]

    assert told() == ""
    stored = {"type": "blob-storage", "description": "Cooks", "uri": "s3://elsewhere/skill"}
    kept(running, family, typed("agent-skill", name, source=stored))
    assert told() == "Cooks"


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_deployable(running: Gateway, family: str) -> None:
    given = typed("model-version", fresh(), framework={"type": "transformers"})
    assert kept(running, family, given)["deployable"] is False


@pytest.mark.parametrize("family", FAMILIES)
def test_directory_fqn(running: Gateway, family: str) -> None:
    shown = kept(running, family, typed("data-dir", fresh()))
    assert shown["fqn"] == f"data-dir:{TENANT}/{REPO}/{shown['name']}"
    other = urlencode({"fqn": f"artifact:{TENANT}/{REPO}/{shown['name']}"})
    assert ask(running, "GET", f"{family}/data-directories?{other}").status == 422


@pytest.mark.parametrize("family", FAMILIES)
def test_directory_places(running: Gateway, family: str) -> None:
    name = fresh()
    own = {"type": "truefoundry", "uri": "s3://elsewhere/own"}
    assert put(running, family, typed("data-dir", name, source=own)).status == 422
    assert put(running, family, typed("data-dir", "a/b")).status == 422
    kept(running, family, typed("data-dir", name))
    assert put(running, family, typed("data-dir", name, source=EXTERNAL)).status == 422


@pytest.mark.parametrize("family", FAMILIES)
def test_contents_stay_unless_asked(running: Gateway, family: str) -> None:
    shown = kept(running, family, typed("data-dir", fresh()))
    address = f"{family}/data-directories/{shown['id']}"
    good(running, "DELETE", address)
    assert ask(running, "GET", address).status == 404
    assert kept(running, family, typed("data-dir", shown["name"]))["id"] == shown["id"]
    good(running, "DELETE", f"{address}?delete_contents=true")
    assert kept(running, family, typed("data-dir", shown["name"]))["id"] != shown["id"]


@pytest.mark.parametrize("family", FAMILIES)
def test_folders_of_files(running: Gateway, family: str) -> None:
    shown = kept(running, family, typed("data-dir", fresh()))
    address, body = f"{family}/data-directories", {"id": shown["id"], "paths": ["a/b.txt"]}
    [signed] = good(running, "POST", f"{address}/signed-urls", body | {"operation": "WRITE"})["data"]
    assert running.request("PUT", signed["signed_url"].partition(running.url)[2], raw=b"bytes").status == 200
    assert [each["path"] for each in good(running, "POST", f"{address}/files", {"id": shown["id"]})["data"]] == ["a"]
    for _ in range(2):
        assert good(running, "DELETE", f"{address}/files", {"id": shown["id"], "paths": ["a"]}) == {}
        assert good(running, "POST", f"{address}/files", {"id": shown["id"]})["data"] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_internal_kinds(running: Gateway, family: str) -> None:
    name, metadata = fresh(), {".truefoundry": {"artifact_size": 3}}
    make(running, name, family, metadata=metadata)
    kept(running, family, typed("chat_prompt", name))

    def found(**query: str) -> Any:
        return good(running, "GET", f"{family}/x/artifact-versions?{urlencode(query | {'name': name})}")["data"]

    [row] = found(include_internal_metadata="true")
    assert (row["artifact_metadata"], row["internal_metadata"]) == (metadata, metadata[".truefoundry"])
    assert [row["manifest"]["type"] for row in found(artifact_types="chat_prompt")] == ["chat_prompt"]
    assert found(artifact_types="dataset") == []


def test_ids_of_an_fqn(running: Gateway) -> None:
    shown = kept(running, SVC, typed("model-version", fresh()))
    ids = good(running, "GET", f"{SVC}/fqn/model-version?{urlencode({'fqn': shown['fqn']})}")
    assert ids == {"modelVersionId": shown["id"], "modelId": shown["model_id"], "mlRepoId": shown["ml_repo_id"]}


def test_manifests_by_type(running: Gateway) -> None:
    given = typed("chat_prompt", fresh())
    rehearsed = good(running, "PUT", f"{SVC}/apply", {"manifest": given, "dryRun": True})
    assert rehearsed["data"]["manifest"]["version"] == 1
    assert good(running, "PUT", f"{SVC}/apply", {"manifest": given})["data"]["manifest"]["version"] == 1
    assert ask(running, "POST", f"{SVC}/delete", {"manifest": given}).status == 422
    assert good(running, "POST", f"{SVC}/delete", {"manifest": given | {"version": 1}}) == {}
