"""Whatever has a manifest is applied and deleted by it; an FQN has ids; and one list has several kinds."""

from typing import Any

import pytest

from isogloss.core.registry import Registry
from tests.adapters.truefoundry.kinds import directory, model, prompt, skill
from tests.adapters.truefoundry.serving import ML, Served, manifest

REPO: dict[str, Any] = {"type": "ml-repo", "name": "lab", "storage_integration_fqn": "a:b", "collaborators": []}

LISTS = {
    "artifact-version": "/artifact-versions",
    "model-version": "/model-versions",
    "chat_prompt": "/prompt-versions",
    "agent-skill": "/agent-skill-versions",
    "data-dir": "/data-directories",
    "ml-repo": "/ml-repos",
}

MANIFESTS = [manifest(), model(), prompt(), skill(), directory(), REPO]

every_manifest = pytest.mark.parametrize("given", MANIFESTS, ids=lambda given: given["type"])


@pytest.fixture
def served(registry: Registry) -> Served:
    return Served(registry)


async def ids(served: Served, kind: str) -> set[str]:
    return {row["id"] for row in (await served.get(LISTS[kind]))["data"]}


@every_manifest
async def test_a_manifest_of_each_type_is_applied_and_deleted(served: Served, given: dict[str, Any]) -> None:
    kind = given["type"]
    before = await ids(served, kind)
    shown = (await served.put("/apply", {"manifest": given, "dryRun": False}))["data"]
    assert await ids(served, kind) - before == {shown["id"]}
    assert shown == (await served.get(f"{LISTS[kind]}/{shown['id']}"))["data"]
    named = {"version": 1} if kind not in ("data-dir", "ml-repo") else {}
    assert await served.post("/delete", {"manifest": given | named}) == {}
    assert await ids(served, kind) == before


@every_manifest
async def test_a_dry_run_keeps_nothing(served: Served, given: dict[str, Any]) -> None:
    before = await ids(served, given["type"])
    answer = await served.put("/apply", {"manifest": given, "dryRun": True, "force": False})
    assert answer["data"]["manifest"]["name"] == given["name"]
    assert await ids(served, given["type"]) == before


@every_manifest
async def test_what_is_not_there_cannot_be_deleted(served: Served, given: dict[str, Any]) -> None:
    named = {"version": 1} if given["type"] not in ("data-dir", "ml-repo") else {}
    answer = await served("POST", "/delete", {"manifest": given | named})
    assert answer.status == 404


@pytest.mark.parametrize("kind", [None, "service", "", 1, ["ml-repo"]])
async def test_a_type_that_is_not_kept_here_is_refused(served: Served, kind: Any) -> None:
    for method, path in (("PUT", "/apply"), ("POST", "/delete")):
        answer = await served(method, path, {"manifest": {"type": kind, "name": "x"}})
        assert answer.status == 422
        assert "it is one of" in answer.json["message"]


async def test_a_version_is_deleted_by_a_manifest_of_local_files(served: Served) -> None:
    await served.put("/apply", {"manifest": manifest()})
    local = manifest(source={"type": "local", "paths": [{"src": "./a"}]})
    answer = await served("POST", "/delete", {"manifest": local})
    assert answer.status == 422, "all of them, or the latest?"
    await served.post("/delete", {"manifest": local | {"version": 1}})
    assert await ids(served, "artifact-version") == set()


@pytest.mark.parametrize(
    ("given", "kind", "members"),
    [
        (manifest(), "artifact-version", {"artifactVersionId": "id", "artifactId": "artifact_id"}),
        (model(), "model", {"modelVersionId": "id", "modelId": "model_id"}),
        (prompt(), "chat_prompt", {"promptVersionId": "id", "promptId": "prompt_id"}),
        (skill(), "agent-skill", {"agentSkillVersionId": "id", "agentSkillId": "agent_skill_id"}),
        (directory(), "data-dir", {"dataDirectoryId": "id"}),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
async def test_an_fqn_has_ids(served: Served, given: dict[str, Any], kind: str, members: dict[str, str]) -> None:
    shown = (await served.put("/apply", {"manifest": given}))["data"]
    expected = {member: shown[name] for member, name in members.items()} | {"mlRepoId": shown["ml_repo_id"]}
    assert await served.get(f"/fqn/{kind}", {"fqn": shown["fqn"]}) == expected
    if kind != "data-dir":
        whole = shown["fqn"].rpartition(":")[0]
        del expected[next(iter(members))]
        assert await served.get(f"/fqn/{kind}", {"fqn": whole}) == expected
        assert (await served("GET", f"/fqn/{kind}", query={"fqn": f"{whole}:2"})).status == 404
    assert (await served("GET", f"/fqn/{kind}", query={"fqn": shown["fqn"].replace("/default", "/none")})).status == 404
    other = "model" if kind != "model" else "artifact"
    for path, query in ((other, {"fqn": shown["fqn"]}), ("cluster", {"fqn": shown["fqn"]}), (kind, {"fqn": "a"})):
        assert (await served("GET", f"/fqn/{path}", query=query)).status == 422
    assert (await served("GET", f"/fqn/{kind}")).status == 422


async def fqns(served: Served, **query: Any) -> list[str]:
    answer = await served.get("/x/artifact-versions", query)
    return [row["fqn"].partition("default/")[2] for row in answer["data"]]


async def test_the_internal_list_mixes_kinds(registry: Registry, served: Served) -> None:
    one = (await served.put("/apply", {"manifest": manifest("one", run_id="run", step=3)}))["data"]
    for given in (model("two"), prompt("three"), skill("four"), model("one")):
        await served.put("/apply", {"manifest": given})
    types = [("artifact_types", "artifact"), ("artifact_types", "chat_prompt"), ("artifact_types", "agent-skill")]
    repo_id = one["ml_repo_id"]
    for each in (served, Served(registry, prefix=ML)):
        assert await fqns(each) == ["default/one:1"]
        assert await fqns(each, include_model_versions="true") == ["default/one:1", "default/two:1", "default/one:1"]
        assert await fqns(each, include_model_versions="true", limit=1, offset=1) == ["default/two:1"]
        assert await fqns(each, include_model_versions="true", ml_repo_id=repo_id, name="one") == ["default/one:1"] * 2
        assert await fqns(each, include_model_versions="true", fqn="model:default/default/one:1") == ["default/one:1"]
        assert await fqns(each, fqn="model:default/default/one:1") == []
        assert await fqns(each, artifact_id=one["artifact_id"]) == ["default/one:1"]
        assert await fqns(each, run_ids="run", run_steps="3.0", include_model_versions="true") == ["default/one:1"]
        assert await fqns(each, artifact_types="plot") == []
        answer = await each.get("/x/artifact-versions", types)
        assert [row["manifest"]["name"] for row in answer["data"]] == ["four", "three", "one"]
        assert answer["pagination"]["total"] == 3


async def test_the_internal_list_tells_what_clients_say_of_files(served: Served) -> None:
    metadata = {"mine": [None], ".truefoundry": {"artifact_size": 12, "files_dir": "files"}}
    await served.put("/apply", {"manifest": manifest("sized", metadata=metadata)})
    await served.put("/apply", {"manifest": manifest("plain", metadata={".truefoundry": {"artifact_size": "big"}})})
    await served.put("/apply", {"manifest": model("sized", metadata=metadata)})
    query = {"include_internal_metadata": "true", "include_model_versions": "true"}
    rows = (await served.get("/x/artifact-versions", query))["data"]
    assert [(row["artifact_fqn"], row["artifact_size"]) for row in rows] == [
        ("model:default/default/sized", 12),
        ("artifact:default/default/plain", None),
        ("artifact:default/default/sized", 12),
    ]
    assert rows[2]["artifact_metadata"] == metadata
    assert rows[2]["internal_metadata"] == metadata[".truefoundry"]
    assert "internal_metadata" not in rows[0]
    await served.put("/apply", {"manifest": manifest("odd", metadata={".truefoundry": "odd"})})
    [odd] = (await served.get("/x/artifact-versions", query | {"name": "odd"}))["data"]
    assert (odd["artifact_size"], odd["internal_metadata"]) == (None, None)
    [first, *_] = (await served.get("/x/artifact-versions"))["data"]
    assert "artifact_size" not in first
