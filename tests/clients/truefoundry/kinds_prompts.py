"""The SDK alone: prompts, every member of them, found by tag and name, changed and deleted."""

from checks import FAMILY, KEY, SERVER, STORAGE, expect, holds, raises, unique
from truefoundry_sdk import (
    AssistantMessage,
    ChatPromptManifest,
    Collaborator,
    ExactMatchCacheConfig,
    Function,
    FunctionSchema,
    Guardrails,
    JsonSchema,
    JsonSchemaResponseFormat,
    LoggingConfig,
    McpServerWithUrl,
    McpTool,
    MlRepoManifest,
    ModelConfiguration,
    NotFoundError,
    Parameters,
    SystemMessage,
    TextContentPart,
    ToolCall,
    ToolMessage,
    ToolSchema,
    TrueFoundry,
    UserMessage,
)
from truefoundry_sdk.core.api_error import ApiError

client = TrueFoundry(base_url=SERVER, api_key=KEY)
REPO, NAME = unique("prompts"), unique("greeting")
collaborators = [Collaborator(subject="user:ana@example.org", role_id="mlf-project-admin")]
given = MlRepoManifest(name=REPO, storage_integration_fqn=STORAGE, collaborators=collaborators)
repo = client.ml_repos.create_or_update(manifest=given).data


def manifest(**given):
    """A prompt of one message, and what else is said."""
    members = {"metadata": {}, "messages": [UserMessage(content="Greet {{name}}.")]} | given
    return ChatPromptManifest(name=NAME, ml_repo=REPO, **members)


def saved(**given):
    """A version of the prompt, as it is answered."""
    return client.prompts.create_or_update(manifest=manifest(**given)).data


rich = {
    "description": "with everything",
    "version_alias": "v1.0",
    "metadata": {"team": None, "scores": [0.5, [1]]},
    "messages": [
        SystemMessage(content="Be kind."),
        UserMessage(content=[TextContentPart(text="Greet {{name}}.")]),
        AssistantMessage(tool_calls=[ToolCall(id="1", function=Function(name="look", arguments='{"for": "Ana"}'))]),
        ToolMessage(content="found", tool_call_id="1"),
        AssistantMessage(content="Hello Ana!", name="host"),
    ],
    "variables": {"name": "Ana"},
    "model_configuration": ModelConfiguration(
        provider="openai", model="gpt", parameters=Parameters(max_tokens=100, temperature=0.2, stop=["."])
    ),
    "tools": [ToolSchema(function=FunctionSchema(name="look", parameters={"type": "object"}, strict=True))],
    "mcp_servers": [McpServerWithUrl(url="https://mcp.example.org", tools=[McpTool(name="find")])],
    "guardrails": Guardrails(input_guardrails=["words"]),
    "response_format": JsonSchemaResponseFormat(json_schema=JsonSchema(name="a", schema_={"type": "object"}))
    if "schema_" in (getattr(JsonSchema, "model_fields", None) or {})
    else JsonSchemaResponseFormat(json_schema=JsonSchema(name="a", schema={"type": "object"})),
    "cache_config": ExactMatchCacheConfig(ttl=60),
    "logging_config": LoggingConfig(enabled=False),
}
first = saved(**rich)
holds(first.fqn.startswith("chat_prompt:") and first.fqn.endswith(f"/{NAME}:1"), f"it is a prompt: {first.fqn}")
for member in ("messages", "variables", "model_configuration", "tools", "mcp_servers", "guardrails", "metadata"):
    expect(getattr(first.manifest, member), getattr(manifest(**rich), member), f"{member} as they were given")
for member in ("response_format", "cache_config", "logging_config", "description", "version_alias"):
    expect(getattr(first.manifest, member), getattr(manifest(**rich), member), f"{member} as it was given")
expect(client.prompt_versions.get(id=first.id).data, first, "read again")
expect(client.prompt_versions.get_by_fqn(fqn=first.fqn).data, first, "found by its name")

second = saved()
expect([each.id for each in client.prompt_versions.list(prompt_id=first.prompt_id)], [second.id, first.id], "in order")
expect(client.prompts.get(id=first.prompt_id).data.latest_version.id, second.id, "the latest one")
expect([each.name for each in client.prompts.list(ml_repo_id=repo.id)], [NAME], "one prompt")
expect(list(client.artifacts.list(ml_repo_id=repo.id)), [], "which is no artifact")

client.prompt_versions.apply_tags(prompt_version_id=first.id, tags=["live"])
client.prompt_versions.apply_tags(prompt_version_id=second.id, tags=["live"], force=True)
expect([each.id for each in client.prompt_versions.list(ml_repo_id=repo.id, tag="live")], [second.id], "a tag moves")

# What is said of a version changes, what it says does not.
changed = second.manifest
changed.description = "better"
expect(client.prompts.create_or_update(manifest=changed).data.id, second.id, "changed, not made anew")
changed.messages = [UserMessage(content="Bye")]
error = raises(ApiError, lambda: client.prompts.create_or_update(manifest=changed), "messages never change")
expect(error.status_code, 422, "and it is said")

client.prompt_versions.delete(id=second.id)
expect(client.prompts.get(id=first.prompt_id).data.latest_version.id, first.id, "the one before is the latest")
client.prompts.delete(id=first.prompt_id)
raises(NotFoundError if FAMILY == "svc" else ApiError, lambda: client.prompts.get(id=first.prompt_id), "gone")
print("done")
