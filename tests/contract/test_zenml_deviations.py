"""One test for each entry of ``openapi/deviations.toml`` on ZenML, which asserts what is answered instead.

The name of a test is the entry's id, with underscores.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.contract.document import load_deviations
from tests.contract.zenml_seeds import PREFIX, ZenMLSeeds
from tests.support.databases import Databases
from tests.support.gateways import PASSWORD, Answer, Gateway, served

BODY_LIMIT = 4096
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?")


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> ZenMLSeeds:
    """Rows to refer to."""
    return ZenMLSeeds(running)


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


def ask(gateway: Gateway, method: str, path: str, body: object = None) -> Answer:
    return gateway.request(method, f"{PREFIX}{path}", body)


def form(gateway: Gateway, path: str, **members: str) -> Answer:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return gateway.request("POST", f"{PREFIX}{path}", raw=urlencode(members).encode(), headers=headers)


def pair(answer: Answer) -> tuple[int, str]:
    """The status and the class of a refusal, which must say why."""
    body = answer.json()
    assert set(body) == {"detail"}, body
    kind, sentence = body["detail"]
    assert sentence
    return answer.status, kind


def test_every_entry_has_a_test_of_its_name() -> None:
    entries = {f"test_{entry.id.replace('-', '_')}" for entry in load_deviations().of("zenml")}
    here = {name for name in vars(sys.modules[__name__]) if name.startswith("test_")}
    assert here - entries == {"test_every_entry_has_a_test_of_its_name"}
    assert entries - here == set()


def test_bare_refusal(running: Gateway, seeds: ZenMLSeeds) -> None:
    bare = [
        ask(running, "POST", "/models", {"project": seeds.project}),
        ask(running, "GET", "/models/not-a-uuid"),
        ask(running, "GET", "/models?page=0"),
        running.request("POST", f"{PREFIX}/models", raw=b'{"name": '),
    ]
    for answer in bare:
        kind, sentence = answer.json()
        assert (answer.status, kind) == (422, "ValueError"), answer
        assert sentence
    for query in ("sort_by=nothing", "id=oneof:[", "created=yesterday"):
        assert pair(ask(running, "GET", f"/models?{query}")) == (422, "ValueError"), query


def test_value_refused(running: Gateway, seeds: ZenMLSeeds) -> None:
    model = {"project": seeds.project, "name": "a\nb"}
    version = {"project": seeds.project, "model": seeds.for_member("model"), "name": "7"}
    for answer in (
        ask(running, "GET", "/models?page=1000"),
        ask(running, "GET", f"/models?id=gt:{uuid4()}"),
        ask(running, "POST", "/models", model),
        ask(running, "POST", "/model_versions", version),
    ):
        assert pair(answer) == (400, "ValueError"), answer


def test_absent(running: Gateway, seeds: ZenMLSeeds) -> None:
    absent = str(uuid4())
    for answer in (
        ask(running, "POST", "/models", {"project": absent, "name": "lost"}),
        ask(running, "POST", "/model_versions", {"project": seeds.project, "model": absent}),
        ask(running, "GET", f"/models?project={absent}"),
        ask(running, "GET", f"/models/{absent}"),
    ):
        assert pair(answer) == (404, "KeyError"), answer
        # The client shows the sentence as Python prints a KeyError.
        assert answer.json()["detail"][1][0] in "'\"", answer


def test_taken(running: Gateway, seeds: ZenMLSeeds) -> None:
    body = {"project": seeds.project, "name": f"model-{uuid4()}"}
    assert ask(running, "POST", "/models", body).status == 200
    other = ask(running, "POST", "/models", body | {"name": f"model-{uuid4()}"}).json()["id"]
    assert pair(ask(running, "POST", "/models", body)) == (409, "EntityExistsError")
    assert pair(ask(running, "PUT", f"/models/{other}", {"name": body["name"]})) == (409, "EntityExistsError")


def test_forbidden(running: Gateway, guarded: Gateway, seeds: ZenMLSeeds) -> None:
    assert pair(ask(running, "DELETE", f"/projects/{seeds.project}")) == (403, "IllegalOperationError")
    token = form(guarded, "/login", username="admin", password=PASSWORD).json()["access_token"]
    admin = {"authorization": f"Bearer {token}"}
    name = f"eve-{uuid4()}"
    new = {"name": name, "is_admin": False, "password": "a long enough password"}
    assert guarded.request("POST", f"{PREFIX}/users", new, headers=admin).status == 200
    token = form(guarded, "/login", username=name, password="a long enough password").json()["access_token"]
    answer = guarded.request("POST", f"{PREFIX}/users", new, headers={"authorization": f"Bearer {token}"})
    assert pair(answer) == (403, "IllegalOperationError")


def test_naive_moments(running: Gateway, seeds: ZenMLSeeds) -> None:
    seeds.for_member("model_version")
    found = ask(running, "GET", "/model_versions?hydrate=true").json()["items"]
    moments = [value for item in found for name, value in item["body"].items() if name in ("created", "updated")]
    assert len(moments) >= 2
    assert all(MOMENT.fullmatch(moment) for moment in moments), moments


def test_configurations_verbatim(running: Gateway, seeds: ZenMLSeeds) -> None:
    kept = ask(running, "GET", f"/pipeline_snapshots/{seeds.place('/pipeline_snapshots/{snapshot_id}')['snapshot_id']}")
    snapshot = kept.json()
    odd = {
        "spec": {"source": "a.make", "upstream_steps": []},
        "config": {"name": "make", "cache_policy": 7, "new": [{}]},
    }
    body = {
        "project": seeds.project,
        "run_name_template": "odd",
        "pipeline_configuration": {"name": "odd", "of a later release": True},
        "step_configurations": {"make": {**odd, "step_config_overrides": {"name": "make"}}},
        "stack": snapshot["resources"]["stack"]["id"],
        "pipeline": snapshot["resources"]["pipeline"]["id"],
    }
    made = ask(running, "POST", "/pipeline_snapshots", body)
    assert made.status == 200, made
    metadata = made.json()["metadata"]
    assert metadata["pipeline_configuration"]["of a later release"] is True
    step = metadata["step_configurations"]["make"]
    assert (step["spec"]["source"], step["config"]["cache_policy"], step["config"]["new"]) == ("a.make", 7, [{}])


def test_sign_in_refused(guarded: Gateway) -> None:
    plain = [form(guarded, "/login", grant_type="password"), form(guarded, "/login", grant_type="else")]
    for answer in plain:
        assert answer.status == 400
        assert isinstance(answer.json()["detail"], str)
    client = str(uuid4())
    begun = form(guarded, "/device_authorization", client_id=client).json()
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    waiting = form(guarded, "/login", grant_type=grant, client_id=client, device_code=begun["device_code"])
    assert waiting.status == 400
    assert waiting.json()["error"] == "authorization_pending"
    assert set(waiting.json()) == {"error", "error_description", "error_uri"}


def test_devices_refused(running: Gateway) -> None:
    answer = form(running, "/device_authorization", client_id=str(uuid4()))
    assert (answer.status, answer.json()) == (403, {"detail": "Device authorization is not supported."})


def test_body_limit(guarded: Gateway) -> None:
    token = form(guarded, "/login", username="admin", password=PASSWORD).json()["access_token"]
    body = {"name": "x" * BODY_LIMIT}
    answer = guarded.request("POST", f"{PREFIX}/models", body, headers={"authorization": f"Bearer {token}"})
    assert (answer.status, answer.json()) == (413, {"detail": ["ValueError", "The body is too large."]})


def test_not_kept(running: Gateway, seeds: ZenMLSeeds) -> None:
    component = seeds.place("/components/{component_id}")["component_id"]
    stack = seeds.place("/stacks/{stack_id}")["stack_id"]
    components = {"orchestrator": [component], "artifact_store": [str(uuid4())]}
    new = {"name": "secretive", "type": "orchestrator", "flavor": "local", "configuration": {}}
    for answer in (
        ask(running, "POST", "/components", new | {"secrets": ["mine"]}),
        ask(running, "PUT", f"/components/{component}", {"add_secrets": ["mine"]}),
        ask(running, "POST", "/stacks", {"name": "secretive", "components": components, "secrets": ["mine"]}),
        ask(running, "PUT", f"/stacks/{stack}", {"add_secrets": ["mine"]}),
        ask(running, "POST", "/secrets", {}),
        ask(running, "POST", "/service_connectors", {}),
        ask(running, "POST", "/service_connectors/verify", {}),
        ask(running, "PUT", "/settings", {}),
    ):
        assert pair(answer) == (501, "NotImplementedError"), answer


def test_stage_held(running: Gateway, seeds: ZenMLSeeds) -> None:
    model = seeds.for_member("model")

    def version(**given: Any) -> str:
        made = ask(running, "POST", "/model_versions", {"project": seeds.project, "model": model, **given})
        assert made.status == 200, made
        identifier: str = made.json()["id"]
        return identifier

    name = f"gold-{uuid4()}"
    version(name=name, stage="production")
    other = version()
    answer = ask(running, "PUT", f"/model_versions/{other}", {"stage": "production"})
    assert answer.status == 500
    assert answer.json() == {
        "detail": ["RuntimeError", f"Model version {name} is in production, but `force` flag is False."]
    }
    assert ask(running, "PUT", f"/model_versions/{other}", {"stage": "production", "force": True}).status == 200
