"""The kinds of values that bodies are made of."""

import json
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    StrictBool,
    StrictFloat,
    StrictInt,
)
from pydantic_core import PydanticCustomError, core_schema

from isogloss.core.model import Instant
from isogloss.core.names import NAME_BYTES

PATTERN_CHARACTERS = 10_000
"""The longest pattern of a ``like_``, or of a label together with its name."""

SUPERSET_SIZE = 100
"""How many different values may be asked for where each one is a condition of its own, as tags of an ``all_`` are."""

LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**63 - 1

V = TypeVar("V", bound=Hashable)

Schemas = Callable[[Any], core_schema.CoreSchema]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Strict(BaseModel):
    """An object that must not have other members than these."""

    model_config = ConfigDict(extra="forbid")


class Lenient(BaseModel):
    """An object whose other members are ignored."""

    model_config = ConfigDict(extra="ignore")


class Word(StrEnum):
    """One of a few words, each the value of a member with the same name."""


class Operator(Word):
    """How the criteria of one filter object go together."""

    and_ = "and_"
    or_ = "or_"


class Filter(Strict):
    """Criteria that must all hold."""


class ChoiceFilter(Strict):
    """Criteria of which all or, with ``or_``, some must hold."""

    operator: Operator = Operator.and_


def is_storable(text: str) -> bool:
    """Whether all of the text is characters, none of them half of a pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(value: str) -> str:
    """Text that both engines can store, as it is. Raises ``ValueError``."""
    if "\0" in value:
        raise ValueError("Text must not contain the character NUL.")
    if not value.isascii() and not is_storable(value):
        raise ValueError("Text must not contain lone surrogates.")
    return value


def without_nul(text: Any) -> Any:
    """A text without NUL, where what it belongs to shall not be lost for one."""
    return text.replace("\0", "") if isinstance(text, str) else text


def within_index(value: str) -> str:
    """A name that both engines can keep in an index, as it is. Raises ``ValueError``."""
    value = storable(value)
    if len(value) * 4 > NAME_BYTES and len(value.encode()) > NAME_BYTES:
        raise ValueError(f"Names must be at most {NAME_BYTES} bytes long.")
    return value


def short_pattern(value: str) -> str:
    """A pattern that the engines take, as it is. Raises ``ValueError``."""
    if len(value) > PATTERN_CHARACTERS:
        raise ValueError(f"Patterns must be at most {PATTERN_CHARACTERS} characters long.")
    return storable(value)


def few(values: list[V]) -> list[V]:
    """No more values than can be conditions of their own, as they are. Raises ``ValueError``."""
    if len(values) > SUPERSET_SIZE and len(set(values)) > SUPERSET_SIZE:
        raise ValueError(f"At most {SUPERSET_SIZE} different values can be asked for at once.")
    return values


def _identifier_schema(source: Any, handler: Schemas) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(str, core_schema.uuid_schema())


def _instant_schema(source: Any, handler: Schemas) -> core_schema.CoreSchema:
    return core_schema.no_info_wrap_validator_function(_instant, core_schema.datetime_schema())


def _instant(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Instant:
    try:
        moment: datetime = handler(value)
    except ValueError:
        moment = _other_moment(value)
    return instant(moment)


def _other_moment(value: Any) -> datetime:
    """What the vendor's second parser takes beyond pydantic: more of ISO 8601, and ``now``."""
    if not isinstance(value, str):
        raise PydanticCustomError("value_error", "value is not a valid datetime")
    if value == "now":
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"Unable to parse string [{value}]") from None


def instant(moment: datetime) -> Instant:
    """Microseconds since the epoch; a moment without a zone is in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


Text = Annotated[str, AfterValidator(storable)]
"""Text that both engines can store: without NUL."""

Name = Annotated[str, AfterValidator(within_index)]
"""Text that may be looked up: short enough for an index."""

Pattern = Annotated[str, AfterValidator(short_pattern)]
"""What a ``like_`` looks for."""

Superset = Annotated[list[Text], AfterValidator(few)]
"""What must all be there, or not be there, or what something begins with."""

Identifier = Annotated[str, GetPydanticSchema(_identifier_schema)]
"""A UUID in any of the spellings pydantic takes, as dashed lower-case text."""

Moment = Annotated[Instant, GetPydanticSchema(_instant_schema)]
"""A date and time as the vendor takes it, as microseconds since the epoch."""

Integer = Annotated[int, Field(ge=LEAST_INTEGER, le=GREATEST_INTEGER)]
"""An integer of 64 bits."""


def _nothing_is_empty(value: Any) -> Any:
    return {} if value is None else value


Labels = Annotated[
    dict[str, StrictBool | StrictInt | StrictFloat | str],
    BeforeValidator(_nothing_is_empty),
]
"""Key-value labels; null is taken for none."""

MAX_PARAMETER_BYTES = 524_288


def within_size(parameters: dict[str, Any]) -> dict[str, Any]:
    """A run's parameters, unless they are too much. Raises ``ValueError``."""
    if parameters and (size := _json_size(parameters)) > MAX_PARAMETER_BYTES:
        raise ValueError(
            f"Flow run parameters must be less than {MAX_PARAMETER_BYTES:,} bytes when serialized (got {size:,} bytes)."
        )
    return parameters


def _json_size(value: Any) -> int:
    # Other JSON writers are shorter where text is not ASCII; the vendor counts this one.
    return len(json.dumps(value, separators=(",", ":")))


def retry_members(policy: Any) -> Any:
    """A retry policy whose new members are filled from the old ones where only those are given."""
    if not isinstance(policy, dict):
        return policy
    # In place, as this shows in the body that the vendor's errors repeat.
    if not policy.get("retries") and policy.get("max_retries", 0) != 0:
        policy["retries"] = policy["max_retries"]
    if not policy.get("retry_delay") and policy.get("retry_delay_seconds", 0) != 0:
        policy["retry_delay"] = policy["retry_delay_seconds"]
    return policy
