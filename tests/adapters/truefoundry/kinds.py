"""Manifests of models, prompts, skills and data directories, as clients send them."""

from typing import Any


def model(name: str = "classifier", repo: str = "default", **given: Any) -> dict[str, Any]:
    """A model whose bytes lie elsewhere."""
    source = {"type": "external", "uri": f"s3://elsewhere/{name}"}
    return {"type": "model-version", "name": name, "ml_repo": repo, "metadata": {}, "source": source} | given


def prompt(name: str = "greeting", repo: str = "default", **given: Any) -> dict[str, Any]:
    """A prompt of one message."""
    messages = [{"role": "user", "content": "Say hello to {{name}}."}]
    return {"type": "chat_prompt", "name": name, "ml_repo": repo, "metadata": {}, "messages": messages} | given


def skill(name: str = "cooking", repo: str = "default", **given: Any) -> dict[str, Any]:
    """A skill that is nothing but a text."""
    source = {"type": "inline", "skill_md": "# Cooking"}
    return {"type": "agent-skill", "name": name, "ml_repo": repo, "metadata": {}, "source": source} | given


def directory(name: str = "images", repo: str = "default", **given: Any) -> dict[str, Any]:
    """A data directory whose place the registry gives."""
    source = {"type": "truefoundry"}
    return {"type": "data-dir", "name": name, "ml_repo": repo, "metadata": {}, "source": source} | given


RICH_PROMPT: dict[str, Any] = {
    "description": "Greets",
    "version_alias": "v1.0",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "developer", "content": {"type": "blob-storage", "path": "a", "mime_type": "text/plain"}},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": {"url": "https://images.example/1.png", "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"type": "function", "id": "1", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "seen", "tool_call_id": "1"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}], "name": "bot"},
    ],
    "variables": {"name": "Ana"},
    "model_configuration": {
        "provider": "openai",
        "model": "gpt",
        "parameters": {"max_tokens": 10, "temperature": 0.5, "stop": ["."]},
        "extra_parameters": {"seed": 1},
    },
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    "mcp_servers": [
        {"type": "mcp-server-fqn", "integration_fqn": "a:b", "enable_all_tools": True},
        {"type": "mcp-server-url", "url": "https://mcp.example", "headers": {"a": "b"}, "tools": [{"name": "x"}]},
    ],
    "guardrails": {"input_guardrails": ["a"], "output_guardrails": ["b"]},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    "routing_config": {
        "type": "weight-based-routing",
        "load_balance_targets": [{"target": "t", "weight": 100, "retry_config": {"attempts": 2}}],
    },
    "cache_config": {"type": "semantic", "similarity_threshold": 0.9, "ttl": 60},
    "tool_call_to_mcp_mapping": {"look": {"mcp_server_integration_id": "i", "tool_name": "look"}},
    "logging_config": {"enabled": False},
    "sub_agents": [{"name": "other"}],
}
"""Every member that a prompt may have."""
