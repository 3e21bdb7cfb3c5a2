"""The kinds of values that bodies are made of."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, GetPydanticSchema
from pydantic_core import core_schema

TEXT_LENGTH, NAME_LENGTH = 65_535, 255


class Lenient(BaseModel):
    """An object whose other members are ignored, as the vendor's server does."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


def storable(value: str) -> str:
    """Text that both engines can store, as it is. Raises ``ValueError``."""
    if "\0" in value:
        raise ValueError("text must not contain the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("text must not contain lone surrogates") from None
    return value


def _named(value: str) -> str:
    if len(value) > NAME_LENGTH:
        raise ValueError(f"must be at most {NAME_LENGTH} characters long")
    return storable(value)


def _long(value: str) -> str:
    if len(value) > TEXT_LENGTH:
        raise ValueError(f"must be at most {TEXT_LENGTH} characters long")
    return storable(value)


def _identifier(source: Any, handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(str, core_schema.uuid_schema())


Text = Annotated[str, AfterValidator(_long)]
"""Text of at most 65,535 characters."""

Name = Annotated[str, AfterValidator(_named)]
"""Text of at most 255 characters."""

Identifier = Annotated[str, GetPydanticSchema(_identifier)]
"""A UUID in any of the spellings pydantic takes, as dashed lower-case text."""

SOURCE_TYPES = ("user", "builtin", "internal", "distribution_package", "code_repository", "notebook", "unknown")


class Source(Lenient):
    """Where a class is imported from."""

    module: Text
    attribute: Text | None = None
    type: Literal["user", "builtin", "internal", "distribution_package", "code_repository", "notebook", "unknown"]
    package_name: Text | None = None
    version: Text | None = None
    repository_id: Identifier | None = None
    commit: Text | None = None
    subdirectory: Text | None = None


def _source_of(value: Any) -> Any:
    """A source given as ``module.attribute``, in parts."""
    if not isinstance(value, str):
        return value
    module, dot, attribute = value.rpartition(".")
    if not dot or not module or not attribute:
        raise ValueError(f"{value!r} is not of the form module.attribute")
    kind = "builtin" if module == "builtins" else "internal" if module.split(".")[0] == "zenml" else "unknown"
    return {"module": module, "attribute": attribute, "type": kind}


AnySource = Annotated[Source, BeforeValidator(_source_of)]
"""A source, as an object or as ``module.attribute``."""
