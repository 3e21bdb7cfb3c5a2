"""One test for each entry of ``openapi/deviations.toml`` on TrueFoundry, which asserts what is answered instead.

The name of a test is the entry's id, with underscores. Where an entry is a guess, this is the place that shows it.
What is about runs, and about other kinds than artifacts, has a file of its own.
"""

import base64
import json
import sys
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.contract import test_truefoundry_kind_deviations, test_truefoundry_run_deviations
from tests.contract.document import load_deviations
from tests.contract.truefoundry_asking import (
    FAMILIES,
    FLOW,
    ML,
    SVC,
    TENANT,
    ask,
    fresh,
    good,
    make,
    manifest,
    refused_in_svc,
    versions,
)
from tests.contract.truefoundry_seeds import REPO
from tests.support.gateways import Answer, Gateway


def test_every_entry_has_a_test_of_its_name() -> None:
    entries = {f"test_{entry.id.replace('-', '_')}" for entry in load_deviations().of("truefoundry")}
    modules = (sys.modules[__name__], test_truefoundry_run_deviations, test_truefoundry_kind_deviations)
    here = {
        name
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("test_") and callable(value)
    }
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
    name = fresh("robot")
    good(running, "POST", "/api/v1/service_accounts", {"name": name, "active": True})
    key = running.command("token", "create", name).strip()
    said = json.loads(base64.urlsafe_b64decode(key.split(".")[1] + "=="))
    assert (said["email"], said["subjectType"]) == (f"{name}@{TENANT}.isogloss", "serviceaccount")
    assert "@" in good(running, "GET", f"{SVC}/session")["user"]["email"]


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
