"""Models, prompts and skills: what may be written of them, and what everybody reads."""

from typing import Any

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.registry import Registry
from isogloss.core.registry.files import list_files, open_file
from tests.adapters.truefoundry.kinds import RICH_PROMPT, model, prompt, skill
from tests.adapters.truefoundry.serving import ML, SVC, Answer, Served
from tests.support.in_process import InProcess

FRAMEWORKS: list[dict[str, Any]] = [
    {"type": "transformers", "library_name": "diffusers", "pipeline_tag": "text-to-image", "base_model": "b"},
    {
        "type": "sklearn",
        "model_filepath": "model.pkl",
        "serialization_format": "joblib",
        "model_schema": {"infer_method_name": "predict_proba", "inputs": [{"name": "x"}], "outputs": []},
    },
    {"type": "xgboost", "serialization_format": "json", "model_schema": {"inputs": [], "outputs": []}},
    *(
        {"type": name}
        for name in (
            "tensorflow pytorch keras lightgbm fastai h2o onnx spacy statsmodels gluon paddle".split()  # noqa: SIM905
        )
    ),
]

PATHS = {"model-version": "/model-versions", "chat_prompt": "/prompt-versions", "agent-skill": "/agent-skill-versions"}


@pytest.fixture(params=[SVC, ML], ids=["svc", "ml"])
def served(registry: Registry, request: pytest.FixtureRequest) -> Served:
    return Served(registry, prefix=request.param)


async def made(served: InProcess, manifest: dict[str, Any]) -> dict[str, Any]:
    answer = await served.put(PATHS[manifest["type"]], {"manifest": manifest})
    data: dict[str, Any] = answer["data"]
    return data


async def refused(served: InProcess, manifest: dict[str, Any]) -> str:
    """What is said of a manifest that is refused."""
    answer: Answer = await served("PUT", PATHS[manifest["type"]], {"manifest": manifest})
    assert answer.status == 422, answer
    return answer.body.decode()


def without(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework["type"])
async def test_a_model_keeps_its_framework(served: Served, framework: dict[str, Any]) -> None:
    environment = {"python_version": "3.11", "pip_packages": ["numpy"]}
    shown = await made(served, model(framework=framework, environment=environment))
    assert (shown["manifest"]["framework"], shown["manifest"]["environment"]) == (framework, environment)
    assert (shown["deployable"], shown["metrics"]) == (False, [])
    assert (await served.get(f"/model-versions/{shown['id']}"))["data"] == shown


@pytest.mark.parametrize(
    ("framework", "said"),
    [
        ({"type": "caffe"}, "'pytorch'"),
        ({"model_filepath": "model.pkl"}, "discriminator"),
        ({"type": "sklearn", "serialization_format": "json"}, "'joblib'"),
        ({"type": "sklearn", "model_schema": {"inputs": []}}, "infer_method_name"),
        ({"type": ["sklearn"]}, "framework"),
        ("sklearn", "framework"),
    ],
)
async def test_a_framework_that_no_client_takes_is_refused(served: Served, framework: Any, said: str) -> None:
    assert said in await refused(served, model(framework=framework))
    assert (await served.get("/model-versions"))["data"] == []


async def test_a_prompt_keeps_every_member(served: Served) -> None:
    manifest = prompt(**RICH_PROMPT)
    shown = await made(served, manifest)
    assert without(shown["manifest"], "version") == manifest
    assert shown["fqn"] == "chat_prompt:default/default/greeting:1"
    assert (await served.get("/prompts"))["data"][0]["latest_version"] == shown


@pytest.mark.parametrize(
    "change",
    [
        {"messages": None},
        {"messages": [{"role": "narrator", "content": "Once"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "tool", "content": "seen"}]},
        {"messages": [{"role": "user", "content": [{"type": "video", "url": "x"}]}]},
        {"messages": [{"role": "user", "content": 1}]},
        {"messages": [{"role": "user", "content": "a\0"}]},
        {"variables": {"name": 1}},
        {"variables": ["name"]},
        {"model_configuration": {"provider": "openai"}},
        {"model_configuration": {"provider": "p", "model": "m", "parameters": {"max_tokens": 1.5}}},
        {"model_configuration": {"provider": "p", "model": "m", "parameters": {"top_p": "much"}}},
        {"tools": [{"type": "function"}]},
        {"tools": [{"type": "gadget", "function": {"name": "x"}}]},
        {"mcp_servers": [{"type": "mcp-server-fqn"}]},
        {"mcp_servers": [{"type": "elsewhere"}]},
        {"guardrails": {"input_guardrails": "all"}},
        {"response_format": {"type": "json_schema"}},
        {"routing_config": {"type": "weight-based-routing", "load_balance_targets": [{"target": "t"}]}},
        {"cache_config": {"type": "semantic"}},
        {"tool_call_to_mcp_mapping": {"look": {"tool_name": "look"}}},
        {"logging_config": {"enabled": "maybe"}},
        {"sub_agents": [{}]},
    ],
    ids=str,
)
async def test_a_prompt_that_no_client_takes_is_refused(served: Served, change: dict[str, Any]) -> None:
    assert next(iter(change)) in await refused(served, prompt(**change))


async def test_a_variable_without_a_value_is_an_empty_one(served: Served) -> None:
    shown = await made(served, prompt(variables={"name": None, "place": "Bern"}))
    assert shown["manifest"]["variables"] == {"name": "", "place": "Bern"}


async def test_the_messages_of_a_version_never_change(served: Served) -> None:
    await made(served, prompt())
    other = prompt(messages=[{"role": "user", "content": "Bye"}])
    assert "leave the version out" in await refused(served, other | {"version": 1})
    again = prompt(version=1, description="Said so", version_alias="v1", variables=None, tools=None)
    shown = await made(served, again)
    assert (shown["manifest"]["description"], shown["manifest"]["version_alias"]) == ("Said so", "v1")
    assert (await made(served, other))["manifest"]["version"] == 2


async def test_the_source_of_a_version_never_changes(served: Served) -> None:
    shown = await made(served, model())
    elsewhere = {"type": "external", "uri": "s3://elsewhere/other"}
    assert "leave the version out" in await refused(served, model(version=1, source=elsewhere))
    changed = await made(served, model(version=1, framework={"type": "onnx"}))
    assert changed["manifest"]["source"] == shown["manifest"]["source"]
    assert changed["manifest"]["framework"] == {"type": "onnx"}


async def test_who_changes_what_is_said_of_a_version_need_not_know_where_it_lies(served: Served) -> None:
    managed = model(source={"type": "truefoundry"})
    staged = await served.post("/artifact-versions/stage", {"manifest": managed})
    source = {"type": "truefoundry", "uri": staged["storage_root"]}
    await made(served, model(source=source))
    shown = await made(served, managed | {"version": 1, "description": "Better"})
    assert (shown["manifest"]["source"], shown["manifest"]["description"]) == (source, "Better")


async def test_a_skill_is_a_text(served: Served) -> None:
    shown = await made(served, skill())
    assert without(shown["manifest"], "version") == skill()
    assert shown["fqn"] == "agent-skill:default/default/cooking:1"
    assert (await served.get("/agent-skills"))["data"][0]["latest_version"] == shown


async def test_a_skill_is_staged_and_applied_with_its_files(served: Served) -> None:
    staged = await served.post("/artifact-versions/stage", {"manifest": skill()})
    source = {"type": "blob-storage", "description": "Cooks", "uri": staged["storage_root"]}
    shown = await made(served, skill(source=source))
    assert (shown["id"], shown["manifest"]["source"]) == (staged["id"], source)
    assert (await made(served, skill(source=source)))["manifest"]["version"] == 1, "applied twice, it is one version"
    listed = await served.post("/artifact-versions/files", {"id": shown["id"]})
    assert listed["data"] == []


async def test_a_skill_may_lie_elsewhere(served: Served) -> None:
    source = {"type": "blob-storage", "description": "Cooks", "uri": "s3://elsewhere/cooking"}
    assert (await made(served, skill(source=source)))["manifest"]["source"] == source
    stale = source | {"uri": "s3://isogloss/owned/a/b"}
    assert "stage the version again" in await refused(served, skill(source=stale))


@pytest.mark.parametrize(
    "source",
    [
        {"type": "local", "skill_dir": "./cooking"},
        {"type": "truefoundry"},
        {"type": "external", "uri": "s3://a/b"},
        {"type": "inline"},
        {"type": "blob-storage", "uri": "s3://a/b"},
        {"type": ["inline"]},
        "inline",
        None,
    ],
)
async def test_a_skill_without_a_source_that_clients_take_is_refused(served: Served, source: Any) -> None:
    assert "source" in await refused(served, skill(source=source))


async def test_manifests_of_types_that_are_none_are_refused(served: Served) -> None:
    for kind in ("helm", 1, ["model-version"], None):
        answer = await served("POST", "/artifact-versions/stage", {"manifest": {"type": kind}})
        assert answer.status == 422
        assert "is no type of a version" in answer.body.decode()


async def test_models_show_the_metrics_of_their_run_at_their_step(registry: Registry, served: Served) -> None:
    runs = Served(registry)
    repo_id = (await runs.get("/ml-repos", {"name": "default"}))["data"][0]["id"]
    run = (await runs.post("/runs", {"experiment_id": repo_id, "name": "one"}))["run"]["info"]["run_id"]
    points = [("loss", 0.5, 1, 1), ("loss", 0.4, 2, 2), ("loss", 0.3, 3, 2), ("f1", 0.9, 4, 2), ("only", 1.0, 5, 3)]
    metrics = [{"key": key, "value": value, "timestamp": at, "step": step} for key, value, at, step in points]
    await runs.post(f"/runs/{run}/batch", {"metrics": metrics, "params": [], "tags": []})
    for step in (2, 1, 7):
        await made(served, model(run_id=run, step=step))
    await made(served, model())

    rows = (await served.get("/model-versions"))["data"]
    found = {row["manifest"]["step"]: [(each["key"], each["value"]) for each in row["metrics"]] for row in rows}
    assert found == {2: [("f1", 0.9), ("loss", 0.3)], 1: [("loss", 0.5)], 7: [], 0: []}
    [latest] = (await served.get("/models"))["data"]
    assert latest["latest_version"]["metrics"] == []


async def test_a_skill_that_is_a_text_and_a_prompt_are_files_to_everybody_else(served: Served) -> None:
    text, talk = await made(served, skill()), await made(served, prompt())
    names = {each["id"]: await list_files(served.registry, ANYBODY, each["id"]) for each in (text, talk)}
    assert [each.path for each in names[text["id"]]] == ["cooking.md"]
    assert [each.path for each in names[talk["id"]]] == ["greeting.json"]
    opened = await open_file(served.registry, ANYBODY, text["id"], "cooking.md")
    assert b"".join([chunk async for chunk in opened.chunks]) == b"# Cooking"
