"""A request as ZenML's operations see it, and how they read it.

Bodies are validated by pydantic, since the vendor's server does so: what is coerced is equal by construction.
"""

import json
import re
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from msgspec import Struct
from pydantic import TypeAdapter

from isogloss.adapters.dialect import Host
from isogloss.adapters.zenml.failures import Unprocessable
from isogloss.core.access import Principal
from isogloss.core.model import Json
from isogloss.core.registry import Registry

T = TypeVar("T")

DIALECT = "zenml"

_UUID = re.compile("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})


class Call(Struct, frozen=True, kw_only=True):
    """What is asked, by whom, of which registry.

    Header names are in lower case; ``body`` is what came, undecoded; ``address`` is where from, if that is known.
    """

    host: Host
    caller: Principal
    path: dict[str, str]
    query_string: bytes
    headers: dict[bytes, bytes]
    body: bytes
    address: str | None = None

    @property
    def registry(self) -> Registry:
        """The registry that is asked."""
        return self.host.registry

    def query(self) -> dict[str, list[str]]:
        """The query's values by name, in the order in which they came."""
        given: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            raise Unprocessable("The query has more than 1000 parameters.") from None
        for name, value in pairs:
            given.setdefault(name, []).append(storable(name, value))
        return given

    def path_id(self, name: str) -> str:
        """The UUID at a place of the path, dashed and lower-case. Raises ``Unprocessable``."""
        text = self.path[name]
        if not _UUID.fullmatch(text):
            raise Unprocessable(f"path.{name}: {text!r} is not a valid UUID.")
        return str(UUID(text))

    def path_text(self, name: str) -> str:
        """The name or id at a place of the path. Raises ``Unprocessable``."""
        return storable(name, self.path[name])


def as_uuid(text: str) -> str | None:
    """A UUID in any of its spellings as dashed lower-case text; None for anything else."""
    return str(UUID(text)) if _UUID.fullmatch(text) else None


def storable(name: str, text: str) -> str:
    """Text that every engine can compare. Raises ``Unprocessable``."""
    if "\0" in text:
        raise Unprocessable(f"{name}: text must not contain the character NUL.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unprocessable(f"{name}: text must be UTF-8.") from None
    return text


class Body(msgspec.Struct, frozen=True):
    """Reads bodies of one shape, a pydantic model or anything made of some."""

    shape: TypeAdapter[Any]

    @classmethod
    def of(cls, shape: Any) -> "Body":
        """A reader of bodies of this shape."""
        return cls(TypeAdapter(shape))

    def read(self, call: Call) -> Any:
        """The body's value. Raises ``Unprocessable``, and pydantic's ``ValidationError``, which is answered alike."""
        return self.shape.validate_python(parse(call.body))


def parse(raw: bytes) -> Any:
    """The value of a JSON body; None for an empty one. Raises ``Unprocessable``."""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        # The standard library takes NaN, Infinity and byte order marks, as the vendor's server does.
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unprocessable(f"The body is not JSON: {error}") from None


def dump(value: Any) -> Json:
    """The JSON text of a parsed value: NaN and the infinities become null. Raises ``Unprocessable``."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError, OverflowError) as error:
        raise Unprocessable(f"The body cannot be kept: {error}") from None


def flag(query: dict[str, list[str]], name: str, default: bool) -> bool:
    """A yes or no of the query, the last one given. Raises ``Unprocessable``."""
    given = query.get(name)
    if not given:
        return default
    word = given[-1].lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Unprocessable(f"query.{name}: {given[-1]!r} is not a valid boolean.")


def number(query: dict[str, list[str]], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query, the last one given, within bounds. Raises ``Unprocessable``."""
    given = query.get(name)
    if not given:
        return default
    try:
        value = int(given[-1])
    except ValueError:
        raise Unprocessable(f"query.{name}: {given[-1]!r} is not a valid integer.") from None
    if not least <= value <= most:
        raise Unprocessable(f"query.{name}: must be from {least} to {most}, this is {value}.")
    return value
