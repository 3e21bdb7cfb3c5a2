"""A request as operations see it, and how they read it.

Bodies are validated by pydantic, as the vendors' servers do: what is coerced is equal by construction.
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
from isogloss.core.access import Principal
from isogloss.core.model import Json
from isogloss.core.registry import Registry

T = TypeVar("T")

_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")
_UUID = re.compile("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})


class Malformed(Exception):
    """A body, path or query that cannot be read. ``where`` is the place, dotted (``query.page``), or empty."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where = where
        self.reason = reason


class Call(Struct, frozen=True, kw_only=True):
    """What is asked, by whom, of which registry: the host's as the caller has it.

    Header names are in lower case; ``body`` is what came, undecoded; ``address`` is where from, if that is known, and
    ``server`` where to.
    """

    host: Host
    registry: Registry
    caller: Principal
    path: dict[str, str]
    query_string: bytes
    headers: dict[bytes, bytes]
    body: bytes
    address: str | None = None
    scheme: str = "http"
    server: tuple[str, int | None] | None = None

    @property
    def root(self) -> str:
        """The root of the address by which this client reaches us, without a slash at its end."""
        host = self.headers.get(b"host", b"")
        return self.host.public_url or address_asked(self.scheme, host, self.server)

    def query(self) -> dict[str, list[str]]:
        """The query's values by name, in the order in which they came."""
        given: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            raise Malformed("query", "must have at most 1000 parameters.") from None
        for name, value in pairs:
            given.setdefault(name, []).append(storable(name, value))
        return given

    def path_id(self, name: str) -> str:
        """The UUID at a place of the path, dashed and lower-case. Raises ``Malformed``."""
        text = self.path[name]
        if not _UUID.fullmatch(text):
            raise Malformed(f"path.{name}", f"{text!r} is not a valid UUID.")
        return str(UUID(text))

    def path_text(self, name: str) -> str:
        """The name or id at a place of the path. Raises ``Malformed``."""
        return storable(name, self.path[name])


def address_asked(scheme: str, host: bytes, server: tuple[str, int | None] | None) -> str:
    """The root of the address that a client asked for: what it says in its header ``host``, if that can be a host.

    ``server`` is the address that was listened on, which stands in for it.
    """
    asked = host.decode("ascii", "replace")
    if not _HOST.fullmatch(asked):
        name, port = server or ("127.0.0.1", None)
        asked = name if port is None else f"{name}:{port}"
    return f"{scheme}://{asked}"


def as_uuid(text: str) -> str | None:
    """A UUID in any of its spellings as dashed lower-case text; None for anything else."""
    return str(UUID(text)) if _UUID.fullmatch(text) else None


def storable(name: str, text: str) -> str:
    """Text that every engine can compare. Raises ``Malformed``."""
    if "\0" in text:
        raise Malformed(name, "text must not contain the character NUL.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed(name, "text must be UTF-8.") from None
    return text


class Body(msgspec.Struct, frozen=True):
    """Reads bodies of one shape, a pydantic model or anything made of some."""

    shape: TypeAdapter[Any]

    @classmethod
    def of(cls, shape: Any) -> "Body":
        """A reader of bodies of this shape."""
        return cls(TypeAdapter(shape))

    def read(self, call: Call) -> Any:
        """The body's value. Raises ``Malformed``, and pydantic's ``ValidationError``, which is answered alike."""
        return self.shape.validate_python(parse(call.body))


def parse(raw: bytes) -> Any:
    """The value of a JSON body; None for an empty one. Raises ``Malformed``."""
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
        raise Malformed("body", f"must be JSON: {error}") from None


def dump(value: Any) -> Json:
    """The JSON text of a parsed value: NaN and the infinities become null. Raises ``Malformed``."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError, OverflowError) as error:
        raise Malformed("body", f"cannot be kept: {error}") from None


def flag(query: dict[str, list[str]], name: str, default: bool) -> bool:
    """A yes or no of the query, the last one given. Raises ``Malformed``."""
    given = query.get(name)
    if not given:
        return default
    word = given[-1].lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Malformed(f"query.{name}", f"{given[-1]!r} is not a valid boolean.")


def number(query: dict[str, list[str]], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query, the last one given, within bounds. Raises ``Malformed``."""
    given = query.get(name)
    if not given:
        return default
    try:
        value = int(given[-1])
    except ValueError:
        raise Malformed(f"query.{name}", f"{given[-1]!r} is not a valid integer.") from None
    if not least <= value <= most:
        raise Malformed(f"query.{name}", f"must be from {least} to {most}, this is {value}.")
    return value
