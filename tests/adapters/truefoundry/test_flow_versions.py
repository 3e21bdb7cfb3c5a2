"""Versions and artifacts in the MLflow-shaped family: the same rows as in the others, in other shapes."""

from typing import Any

import pytest

from isogloss.core.access import Principal, Role
from isogloss.core.registry import Registry
from tests.adapters.truefoundry.serving import FLOW, SVC, Served, make_repo, manifest
from tests.support.counting import counting

VERSIONS, MODELS = "/mlfoundry-artifacts/artifact-versions", "/mlfoundry-artifacts/model-versions"
ARTIFACTS = "/mlfoundry-artifacts"
MODEL: dict[str, Any] = {"type": "model-version"}


@pytest.fixture
def flow(registry: Registry) -> Served:
    return Served(registry, prefix=FLOW)


@pytest.fixture
def svc(registry: Registry) -> Served:
    return Served(registry, prefix=SVC)


async def apply(svc: Served, path: str = "/artifact-versions", **given: Any) -> Any:
    return (await svc.put(path, {"manifest": manifest(**given)}))["data"]


async def repo_id(svc: Served, name: str = "default") -> str:
    return str((await svc.get("/ml-repos", {"name": name}))["data"][0]["id"])


async def stage(flow: Served, svc: Served, name: str = "numbers", kind: str = "artifact") -> Any:
    body = {"experiment_id": int(await repo_id(svc)), "name": name, "artifact_type": kind}
    return await flow.post(f"{VERSIONS}/create", body)


def floats(value: Any, where: str = "") -> list[str]:
    """Where a float stands in an answer."""
    if isinstance(value, dict):
        return [each for key, member in value.items() for each in floats(member, f"{where}.{key}")]
    if isinstance(value, list):
        return [each for member in value for each in floats(member, where)]
    return [where] if isinstance(value, float) else []


def nulls(value: Any, where: str = "") -> list[str]:
    """Where a null stands in an answer."""
    if isinstance(value, dict):
        return [each for key, member in value.items() for each in nulls(member, f"{where}.{key}")]
    if isinstance(value, list):
        return [each for member in value for each in nulls(member, where)]
    return [where] if value is None else []


async def test_a_version_of_the_newer_families_is_the_same_one_here(flow: Served, svc: Served) -> None:
    given: dict[str, Any] = {
        "description": "words",
        "version_alias": "v1.0",
        "step": 3,
        "run_id": "run-a",
        "metadata": {"k": [1, None]},
    }
    made = await apply(svc, **given)
    await svc.put("/artifact-versions/tags", {"artifact_version_id": made["id"], "tags": ["gold"]})
    shown = (await flow.get(f"{VERSIONS}/get", {"id": made["id"]}))["artifact_version"]
    assert shown == {
        "id": made["id"],
        "artifact_id": made["artifact_id"],
        "version": 1,
        "fqn": made["fqn"],
        "experiment_id": made["ml_repo_id"],
        "artifact_storage_root": "s3://elsewhere/numbers",
        "artifact_metadata": {"k": [1, None]},
        "description": "words",
        "status": "COMMITTED",
        "step": 3,
        "created_by": "unknown",
        "created_by_subject": made["created_by_subject"],
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "artifact_fqn": "artifact:default/default/numbers",
        "run_id": "run-a",
        "artifact_name": "numbers",
        "manifest": made["manifest"],
        "serialization_format": "V2",
        "tags": ["gold"],
    }


async def test_whole_numbers_stay_whole_and_what_is_not_known_is_left_out(flow: Served, svc: Served) -> None:
    await apply(svc, step=2.0)
    await apply(svc, "/model-versions", **MODEL)
    for path in (f"{VERSIONS}/list", f"{MODELS}/list", f"{ARTIFACTS}/artifacts/list"):
        answer = await flow.post(path, {})
        assert floats(answer) == []
        assert nulls(answer) == []
        assert answer["total"] == 1


@pytest.mark.parametrize("suffix", ["1", "v1.0", "latest"])
async def test_a_version_is_found_by_its_fqn(flow: Served, svc: Served, suffix: str) -> None:
    made = await apply(svc, version_alias="v1.0")
    fqn = f"artifact:default/default/numbers:{suffix}"
    assert (await flow.get(f"{VERSIONS}/get-by-fqn", {"fqn": fqn}))["artifact_version"]["id"] == made["id"]


async def test_a_name_without_a_version_means_the_latest(flow: Served, svc: Served) -> None:
    for _ in range(2):
        await apply(svc)
        await apply(svc, "/model-versions", **MODEL)
    experiment = await repo_id(svc)
    for version, number in ((None, 2), ("1", 1), ("2", 2)):
        more = {} if version is None else {"version": version}
        asked = {"experiment_id": experiment, "artifact_name": "numbers", **more}
        found = (await flow.get(f"{VERSIONS}/get-by-name", asked))["artifact_version"]
        assert (found["version"], found["fqn"]) == (number, f"artifact:default/default/numbers:{number}")
        asked = {"experiment_id": experiment, "model_name": "numbers", **more}
        model = (await flow.get(f"{MODELS}/get-by-name", asked))["model_version"]
        assert (model["version"], model["model_fqn"]) == (number, "model:default/default/numbers")


async def test_an_absent_thing_is_a_404_of_mlflows_shape_whichever_way_it_is_asked_for(
    flow: Served, svc: Served
) -> None:
    await apply(svc)
    experiment = await repo_id(svc)
    for path, query in (
        (f"{VERSIONS}/get", {"id": "nowhere"}),
        (f"{VERSIONS}/get-by-fqn", {"fqn": "artifact:default/default/numbers:2"}),
        (f"{VERSIONS}/get-by-fqn", {"fqn": "artifact:other/default/numbers:1"}),
        (f"{VERSIONS}/get-by-name", {"experiment_id": experiment, "artifact_name": "words"}),
        (f"{VERSIONS}/get-by-name", {"experiment_id": "999", "artifact_name": "numbers"}),
        (f"{MODELS}/get-by-fqn", {"fqn": "artifact:default/default/numbers:1"}),
        (f"{ARTIFACTS}/artifacts/get", {"id": "nowhere"}),
        (f"{ARTIFACTS}/artifacts/get-by-fqn", {"fqn": "artifact:default/default/words"}),
        (f"{ARTIFACTS}/models/get-by-name", {"experiment_id": experiment, "name": "numbers"}),
    ):
        answer = await flow("GET", path, query=query)
        assert (answer.status, answer.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), path
        assert set(answer.json) == {"error_code", "message"}


async def test_a_malformed_fqn_says_what_would_be_right(flow: Served) -> None:
    for fqn in ("numbers", "artifact:default/numbers:1", "artifact:default/default/numbers", "thing:a/b/c:1"):
        answer = await flow("GET", f"{VERSIONS}/get-by-fqn", query={"fqn": fqn})
        assert (answer.status, answer.json["error_code"]) == (422, "INVALID_PARAMETER_VALUE")
        assert answer.json["detail"][0]["loc"] == ["query", "fqn"]


async def test_pages_of_versions_lead_from_one_to_the_next_by_tokens(flow: Served, svc: Served) -> None:
    made = [await apply(svc) for _ in range(5)]
    found: list[int] = []
    token = None
    for _ in range(3):
        body = {"artifact_id": made[0]["artifact_id"], "max_results": 2} | (
            {} if token is None else {"page_token": token}
        )
        page = await flow.post(f"{VERSIONS}/list", body)
        found += [row["version"] for row in page["artifact_versions"]]
        assert page["total"] == 5
        token = page.get("next_page_token")
    assert (found, token) == ([5, 4, 3, 2, 1], None)
    answer = await flow("POST", f"{VERSIONS}/list", {"page_token": "not a token"})
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "page_token"])


async def test_each_member_of_a_list_means_what_it_says(flow: Served, svc: Served) -> None:
    plain = await apply(svc)
    of_run = await apply(svc, run_id="run-a", step=2)
    model = await apply(svc, "/model-versions", **MODEL, run_id="run-a")

    async def ids(**body: Any) -> list[str]:
        return [row["id"] for row in (await flow.post(f"{VERSIONS}/list", body))["artifact_versions"]]

    assert await ids() == [of_run["id"], plain["id"]]
    assert await ids(include_model_versions=True) == [model["id"], of_run["id"], plain["id"]]
    assert await ids(artifact_types=["model"]) == [model["id"]]
    assert await ids(artifact_types=["plot"]) == []
    assert await ids(run_ids=["run-a"]) == [of_run["id"]]
    assert await ids(run_ids=["run-a"], run_steps=[1]) == []
    assert await ids(run_steps=[2]) == [of_run["id"]]
    assert await ids(statuses=["COMMITTED"]) == [of_run["id"], plain["id"]]
    assert await ids(statuses=["DELETED"]) == []
    assert await ids(artifact_id=model["model_id"]) == [model["id"]]
    assert await ids(artifact_id=plain["artifact_id"], artifact_types=["model"]) == []
    listed = await flow.post(f"{MODELS}/list", {"run_ids": ["run-a"]})
    assert [row["id"] for row in listed["model_versions"]] == [model["id"]]
    assert (await flow.post(f"{MODELS}/list", {"monitoring_enabled": True}))["model_versions"] == []


async def test_a_staged_version_is_made_by_its_manifest(flow: Served, svc: Served) -> None:
    staged = await stage(flow, svc)
    assert (await flow("GET", f"{VERSIONS}/get", query={"id": staged["id"]})).status == 404
    given = manifest(source={"type": "truefoundry"}, description="words", step=1)
    body = {"id": staged["id"], "manifest": given, "artifact_size": 12, "internal_metadata": {"files_dir": "files"}}
    made = (await flow.post(f"{VERSIONS}/finalize", body))["artifact_version"]
    assert (made["id"], made["version"], made["artifact_size"]) == (staged["id"], 1, 12)
    assert made["internal_metadata"] == {"files_dir": "files"}
    assert made["manifest"]["source"] == {"type": "truefoundry", "uri": staged["artifact_storage_root"]}
    # What is said beside the manifest is none of its members, here or in the other families.
    assert not {"internal_metadata", "artifact_size"} & set(made["manifest"])
    assert (await svc.get(f"/artifact-versions/{staged['id']}"))["data"]["manifest"] == made["manifest"]
    # A client that heard no answer asks again.
    assert (await flow.post(f"{VERSIONS}/finalize", body))["artifact_version"]["version"] == 1


@pytest.mark.parametrize("kind", ["plot", "image", "artifact", "model"])
async def test_a_staged_version_is_made_without_a_manifest(flow: Served, svc: Served, kind: str) -> None:
    staged = await stage(flow, svc, "curve", kind)
    body = {"id": staged["id"], "run_uuid": "run-a", "artifact_metadata": {"k": 1}, "data_path": ".inner", "step": 4}
    made = (await flow.post(f"{VERSIONS}/finalize", body))["artifact_version"]
    assert made["fqn"] == f"{kind}:default/default/curve:1"
    assert (made["run_id"], made["step"], made["data_path"]) == ("run-a", 4, ".inner")
    assert made["artifact_metadata"] == {"k": 1}
    listed = await flow.post(f"{VERSIONS}/list", {"run_ids": ["run-a"], "artifact_types": [kind]})
    assert [row["id"] for row in listed["artifact_versions"]] == [staged["id"]]


async def test_a_staged_version_may_turn_out_to_lie_elsewhere(flow: Served, svc: Served) -> None:
    staged = await stage(flow, svc)
    body = {"id": staged["id"], "manifest": manifest()}
    made = (await flow.post(f"{VERSIONS}/finalize", body))["artifact_version"]
    assert (made["id"], made["artifact_storage_root"]) == (staged["id"], "s3://elsewhere/numbers")


async def test_a_staged_version_is_made_of_its_own_artifact_only(flow: Served, svc: Served) -> None:
    staged = await stage(flow, svc)
    for source in ({"type": "truefoundry"}, {"type": "external", "uri": "s3://elsewhere/words"}):
        answer = await flow(
            "POST", f"{VERSIONS}/finalize", {"id": staged["id"], "manifest": manifest("words", source=source)}
        )
        assert answer.status == 422
    assert (await flow.post(f"{VERSIONS}/list", {}))["total"] == 0


async def test_a_failed_stage_goes_and_a_finalized_one_stays(flow: Served, svc: Served) -> None:
    failed, made = await stage(flow, svc), await stage(flow, svc, "words")
    await flow.post(f"{VERSIONS}/notify-failure", {"id": failed["id"]})
    assert (await flow("POST", f"{VERSIONS}/finalize", {"id": failed["id"]})).status == 404
    await flow.post(f"{VERSIONS}/finalize", {"id": made["id"]})
    assert await flow.post(f"{VERSIONS}/notify-failure", {"id": made["id"]}) == {}
    assert (await flow.get(f"{VERSIONS}/get", {"id": made["id"]}))["artifact_version"]["version"] == 1


async def test_a_model_version_is_made_of_what_was_staged_or_finalized(flow: Served, svc: Served) -> None:
    staged = await stage(flow, svc, "clf", "model")
    body = {"artifact_version_id": staged["id"], "description": "words", "artifact_metadata": {"k": 1}, "step": 2}
    made = (await flow.post(f"{MODELS}/create", body))["model_version"]
    assert (made["model_fqn"], made["version"], made["step"]) == ("model:default/default/clf", 1, 2)
    again = (await flow.post(f"{MODELS}/create", body | {"description": "others"}))["model_version"]
    assert (again["id"], again["description"]) == (staged["id"], "others")


async def test_prompts_have_no_files_to_be_staged(flow: Served, svc: Served) -> None:
    body = {"experiment_id": int(await repo_id(svc)), "name": "hello", "artifact_type": "chat_prompt"}
    answer = await flow("POST", f"{VERSIONS}/create", body)
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "artifact_type"])


@pytest.mark.parametrize("kind", ["artifact", "model"])
async def test_an_update_replaces_the_manifest_or_changes_what_is_given(flow: Served, svc: Served, kind: str) -> None:
    given = {"type": f"{kind}-version", "version_alias": "v1.0", "description": "words"}
    made = await apply(svc, f"/{kind}-versions", **given)
    path, noun = f"{ARTIFACTS}/{kind}-versions/update", f"{kind}_version"
    changed = (await flow.post(path, {"id": made["id"], "artifact_metadata": {"k": 2}}))[noun]
    assert (changed["description"], changed["artifact_metadata"]) == ("words", {"k": 2})
    assert changed["manifest"]["version_alias"] == "v1.0"
    new = changed["manifest"] | {"description": "others"}
    del new["version_alias"]
    changed = (await flow.post(path, {"id": made["id"], "description": "ignored", "manifest": new}))[noun]
    assert changed["description"] == "others"
    assert "version_alias" not in changed["manifest"]
    for wrong in ({"name": "words"}, {"version": 2}, {"source": {"type": "external", "uri": "s3://other/place"}}):
        assert (await flow("POST", path, {"id": made["id"], "manifest": new | wrong})).status == 422


async def test_what_was_said_beside_the_manifest_outlives_an_update(flow: Served, svc: Served) -> None:
    staged = await stage(flow, svc, "curve", "plot")
    body = {"id": staged["id"], "internal_metadata": {"plot_file": "a.png"}, "artifact_size": 3}
    made = (await flow.post(f"{VERSIONS}/finalize", body))["artifact_version"]
    update = {"id": staged["id"], "manifest": made["manifest"] | {"description": "words"}}
    changed = (await flow.post(f"{VERSIONS}/update", update))["artifact_version"]
    assert (changed["description"], changed["artifact_size"]) == ("words", 3)
    assert changed["internal_metadata"] == {"plot_file": "a.png"}


async def test_deleted_versions_and_artifacts_are_gone_in_every_family(flow: Served, svc: Served) -> None:
    first, second = await apply(svc), await apply(svc)
    model = await apply(svc, "/model-versions", **MODEL)
    assert await flow.post(f"{VERSIONS}/delete", {"id": first["id"]}) == {}
    assert (await svc("GET", f"/artifact-versions/{first['id']}")).status == 404
    # The client deletes models by the same path.
    assert await flow.post(f"{VERSIONS}/delete", {"id": model["id"]}) == {}
    assert (await flow("POST", f"{MODELS}/delete", {"id": second["id"]})).status == 404
    assert await flow.post(f"{ARTIFACTS}/artifact/delete", {"id": second["artifact_id"]}) == {}
    assert (await flow("GET", f"{VERSIONS}/get", query={"id": second["id"]})).status == 404
    assert (await flow("POST", f"{VERSIONS}/delete", {"id": second["id"]})).status == 404


async def test_artifacts_and_models_are_shown_with_their_latest_versions(flow: Served, svc: Served) -> None:
    await apply(svc)
    newest = await apply(svc)
    model = await apply(svc, "/model-versions", **MODEL)
    by_id = await flow.get(f"{ARTIFACTS}/artifacts/get", {"id": newest["artifact_id"]})
    assert by_id["artifact"]["latest_version"]["version"] == 2
    assert (by_id["artifact"]["type"], by_id["artifact"]["name"]) == ("artifact", "numbers")
    fqn = {"fqn": "artifact:default/default/numbers"}
    assert await flow.get(f"{ARTIFACTS}/artifacts/get-by-fqn", fqn) == by_id
    shown = await flow.get(f"{ARTIFACTS}/models/get", {"id": model["model_id"]})
    assert shown["model"]["latest_version"]["model_id"] == model["model_id"]
    assert await flow.get(f"{ARTIFACTS}/models/get-by-fqn", {"fqn": "model:default/default/numbers"}) == shown
    named = {"experiment_id": await repo_id(svc), "name": "numbers"}
    assert await flow.get(f"{ARTIFACTS}/models/get-by-name", named) == shown
    assert [row["id"] for row in (await flow.post(f"{ARTIFACTS}/models/list", named))["models"]] == [model["model_id"]]
    assert (await flow.post(f"{ARTIFACTS}/models/list", {"monitoring_enabled_only": True}))["models"] == []


async def test_an_artifact_is_made_without_a_version_and_once(flow: Served, svc: Served) -> None:
    experiment = await repo_id(svc)
    body = {"experiment_id": experiment, "name": "words", "artifact_type": "artifact"}
    made = await flow.post(f"{ARTIFACTS}/artifacts/create", body)
    assert await flow.post(f"{ARTIFACTS}/artifacts/create", body) == made
    listed = await flow.post(f"{ARTIFACTS}/artifacts/list", {"experiment_id": experiment, "name": "words"})
    assert [row["id"] for row in listed["artifacts"]] == [made["id"]]
    assert "latest_version" not in listed["artifacts"][0]


async def test_the_aliases_of_an_artifact_are_those_of_its_versions(flow: Served, svc: Served) -> None:
    for alias in ({"version_alias": "v1.0"}, {}, {"version_alias": "v2.0"}):
        made = await apply(svc, **alias)
    asked = {"artifact_id": made["artifact_id"]}
    assert (await flow.get(f"{ARTIFACTS}/artifacts/get-version-aliases", asked)) == {
        "version_aliases": ["v2.0", "v1.0"]
    }


async def test_a_manifest_is_applied_as_in_the_other_families(flow: Served, svc: Served) -> None:
    made = await flow.put(f"{ARTIFACTS}/apply", {"manifest": manifest(**MODEL)})
    assert set(made) == {"id", "fqn", "manifest"}
    assert (await svc.get(f"/model-versions/{made['id']}"))["data"]["fqn"] == made["fqn"]


async def test_a_role_is_asked_for_by_its_last_word(registry: Registry, svc: Served) -> None:
    model = await apply(svc, "/model-versions", **MODEL)
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER), prefix=FLOW)
    for path, thing in ((f"{ARTIFACTS}/models", model["model_id"]), (MODELS, model["id"])):
        for role, status in (("mlf-project-viewer", 200), ("mlf-project-editor", 403), ("mlf-project-admin", 403)):
            assert (await viewer("POST", f"{path}/authorize", {"id": thing, "role": role})).status == status
        assert await viewer.post(f"{path}/authorize", {"id": thing}) == {}
        assert (await viewer("POST", f"{path}/authorize", {"id": "nowhere"})).status == 404


async def test_who_may_only_look_changes_nothing(registry: Registry, svc: Served) -> None:
    made = await apply(svc)
    viewer = Served(registry, caller=Principal(user_id=None, name="eve", role=Role.VIEWER), prefix=FLOW)
    for path, body in (
        (f"{VERSIONS}/create", {"experiment_id": 1, "name": "numbers", "artifact_type": "artifact"}),
        (f"{VERSIONS}/update", {"id": made["id"], "description": "words"}),
        (f"{VERSIONS}/delete", {"id": made["id"]}),
        (f"{ARTIFACTS}/artifact/delete", {"id": made["artifact_id"]}),
        (f"{VERSIONS}/get-signed-urls-for-write", {"id": made["id"], "paths": ["a"]}),
    ):
        answer = await viewer("POST", path, body)
        assert (answer.status, answer.json["error_code"]) == (403, "PERMISSION_DENIED"), path
    assert (await viewer.get(f"{VERSIONS}/get", {"id": made["id"]}))["artifact_version"]["version"] == 1


@pytest.mark.parametrize("path", [f"{VERSIONS}/list", f"{MODELS}/list", f"{ARTIFACTS}/artifacts/list"])
async def test_a_page_costs_as_many_statements_as_a_row(
    flow: Served, svc: Served, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for repo in ("lab", "den"):
        await make_repo(svc, repo)
        for name in ("a", "b", "c"):
            for kind in ("artifact", "model"):
                await apply(svc, f"/{kind}-versions", name=name, repo=repo, type=f"{kind}-version", run_id="run-a")
    counted = counting(monkeypatch)
    spent = []
    for rows in (1, 6):
        counted.take()
        answer = await flow.post(path, {"max_results": rows})
        assert len(next(value for value in answer.values() if isinstance(value, list))) == rows
        spent.append(counted.take())
    assert spent[0] == spent[1]
