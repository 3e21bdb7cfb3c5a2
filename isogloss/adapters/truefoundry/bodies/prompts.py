"""What only the manifest of a chat prompt says: messages, and how to have them answered.

The shapes are those that clients demand of what they read, the older ones too.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from isogloss.adapters.truefoundry.bodies.common import KEPT, Text, Whole

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]


class BlobStorageReference(BaseModel):
    """A content that lies elsewhere."""

    model_config = KEPT

    type: Literal["blob-storage"]
    path: Text
    mime_type: Literal["text/plain", "application/json", "image/png", "image/jpeg", "application/x-directory"]


class TextPart(BaseModel):
    """A text in a content of several parts."""

    model_config = KEPT

    type: Literal["text"] = "text"
    text: Text | BlobStorageReference


class RefusalPart(BaseModel):
    """A refusal to answer. Its type is free."""

    model_config = KEPT

    type: Text
    refusal: Text


class ImageUrl(BaseModel):
    """Where an image is."""

    model_config = KEPT

    url: Text | BlobStorageReference
    detail: Text | None = None


class ImagePart(BaseModel):
    """An image in a content of several parts."""

    model_config = KEPT

    type: Literal["image_url"] = "image_url"
    image_url: ImageUrl


class CalledFunction(BaseModel):
    """A function that is called; the arguments are JSON in a text."""

    model_config = KEPT

    name: Text
    arguments: Text


class ToolCall(BaseModel):
    """A call of a tool, as an assistant asks for it."""

    model_config = KEPT

    type: Literal["function"] = "function"
    id: Text
    function: CalledFunction


class SystemMessage(BaseModel):
    """What the system says."""

    model_config = KEPT

    role: Literal["system", "developer"]
    content: Text | BlobStorageReference
    name: Text | None = None


class UserMessage(BaseModel):
    """What the user says."""

    model_config = KEPT

    role: Literal["user"]
    content: Text | list[TextPart | ImagePart] | BlobStorageReference
    name: Text | None = None


class AssistantMessage(BaseModel):
    """What the assistant says."""

    model_config = KEPT

    role: Literal["assistant"]
    content: Text | list[TextPart | RefusalPart] | BlobStorageReference | None = None
    tool_calls: list[ToolCall] | None = None
    name: Text | None = None


class ToolMessage(BaseModel):
    """What a tool answered."""

    model_config = KEPT

    role: Literal["tool"]
    content: Text | BlobStorageReference
    tool_call_id: Text


Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class Parameters(BaseModel):
    """How a model is to answer."""

    model_config = KEPT

    max_tokens: Whole | None = None
    temperature: Number | None = None
    top_k: Number | None = None
    top_p: Number | None = None
    stop: list[Text] | Text | None = None


class ModelConfiguration(BaseModel):
    """The model that is to answer."""

    model_config = KEPT

    provider: Text
    model: Text
    parameters: Parameters | None = None
    extra_parameters: dict[str, Any] | None = None


class Function(BaseModel):
    """A function that a model may call."""

    model_config = KEPT

    name: Text
    description: Text | None = None
    parameters: dict[str, Any] | None = None
    strict: Flag | None = False


class Tool(BaseModel):
    """A tool that a model may use."""

    model_config = KEPT

    type: Literal["function"] = "function"
    function: Function


class Named(BaseModel):
    """What is known by its name: a tool of a server, an agent."""

    model_config = KEPT

    name: Text


class ServerByFqn(BaseModel):
    """An MCP server that the tenant knows."""

    model_config = KEPT

    type: Literal["mcp-server-fqn"]
    integration_fqn: Text
    enable_all_tools: Flag = False
    tools: list[Named] | None = None


class ServerByUrl(BaseModel):
    """An MCP server at an address."""

    model_config = KEPT

    type: Literal["mcp-server-url"]
    url: Text
    headers: dict[str, Text] | None = None
    enable_all_tools: Flag = False
    tools: list[Named] | None = None


class ToolOfServer(BaseModel):
    """Which tool of which MCP server a call is of."""

    model_config = KEPT

    mcp_server_integration_id: Text
    tool_name: Text


class Guardrails(BaseModel):
    """What watches over what goes in and comes out."""

    model_config = KEPT

    input_guardrails: list[Text] | None = None
    output_guardrails: list[Text] | None = None


class JsonObject(BaseModel):
    """An answer that is any JSON object."""

    model_config = KEPT

    type: Literal["json_object"]


class NamedSchema(BaseModel):
    """A JSON schema with a name."""

    model_config = KEPT

    name: Text
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class JsonOfSchema(BaseModel):
    """An answer that a JSON schema describes."""

    model_config = KEPT

    type: Literal["json_schema"]
    json_schema: NamedSchema


class Retries(BaseModel):
    """How often a request is repeated."""

    model_config = KEPT

    attempts: Whole
    delay: Whole | None = 100
    on_status_codes: list[Text] | None = None


class Headers(BaseModel):
    """Headers to take away and to set."""

    model_config = KEPT

    remove: list[Text] | None = None
    set: dict[str, Text] | None = None


class Target(BaseModel):
    """A model that may answer."""

    model_config = KEPT

    target: Text
    retry_config: Retries | None = None
    fallback_status_codes: list[Text] | None = None
    fallback_candidate: Flag | None = True
    override_params: dict[str, Any] | None = None
    headers_override: Headers | None = None
    metadata_match: dict[str, Text] | None = None


class WeightedTarget(Target):
    """A model that answers in so many of a hundred cases."""

    weight: Whole


class SlaCutoff(BaseModel):
    """When a model counts as too slow."""

    model_config = KEPT

    time_per_output_token_ms: Whole | None = None
    time_to_first_token_ms: Whole | None = None


class PrioritizedTarget(Target):
    """A model that answers where none before it can."""

    priority: Whole = 0
    sla_cutoff: SlaCutoff | None = None


class SessionIdentifier(BaseModel):
    """By what a session is known."""

    model_config = KEPT

    source: Literal["headers", "metadata"]
    key: Text


class StickyRouting(BaseModel):
    """How long a session stays with its model."""

    model_config = KEPT

    ttl_seconds: Whole
    session_identifiers: list[SessionIdentifier]


class ByWeight(BaseModel):
    """Models by weight."""

    model_config = KEPT

    type: Literal["weight-based-routing"]
    load_balance_targets: list[WeightedTarget]
    sticky_routing: StickyRouting | None = None


class ByLatency(BaseModel):
    """The model that is fastest."""

    model_config = KEPT

    type: Literal["latency-based-routing"]
    load_balance_targets: list[Target]


class ByPriority(BaseModel):
    """Models one after the other."""

    model_config = KEPT

    type: Literal["priority-based-routing"]
    load_balance_targets: list[PrioritizedTarget]


class SemanticCache(BaseModel):
    """Answers kept for what means the same."""

    model_config = KEPT

    type: Literal["semantic"]
    similarity_threshold: Number
    namespace: Text | None = None
    ttl: Number = 3600.0


class ExactCache(BaseModel):
    """Answers kept for what is the same."""

    model_config = KEPT

    type: Literal["exact-match"]
    namespace: Text | None = None
    ttl: Number = 3600.0


class Logging(BaseModel):
    """Whether requests are logged, and where."""

    model_config = KEPT

    enabled: Flag = True
    tracing_project_fqn: Text | None = None


class PromptParts(BaseModel):
    """The members of a manifest that only prompts have: a prompt's content."""

    model_config = KEPT

    messages: list[Message]
    variables: dict[str, Text | None] | None = None
    model_configuration: ModelConfiguration | None = None
    tools: list[Tool] | None = None
    mcp_servers: list[Annotated[ServerByFqn | ServerByUrl, Field(discriminator="type")]] | None = None
    guardrails: Guardrails | None = None
    response_format: Annotated[JsonObject | JsonOfSchema, Field(discriminator="type")] | None = None
    routing_config: Annotated[ByWeight | ByLatency | ByPriority, Field(discriminator="type")] | None = None
    cache_config: Annotated[SemanticCache | ExactCache, Field(discriminator="type")] | None = None
    tool_call_to_mcp_mapping: dict[str, ToolOfServer] | None = None
    logging_config: Logging | None = None
    sub_agents: list[Named] | None = None
