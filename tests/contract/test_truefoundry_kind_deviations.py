"""What ``openapi/deviations.toml`` has on models, prompts, skills and data directories, a test for each entry."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.truefoundry_asking import (
    FAMILIES,
    SVC,
    TENANT,
    ask,
    fresh,
    good,
    make,
)
from tests.contract.truefoundry_seeds import REPO
from tests.support.gateways import Answer, Gateway

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
