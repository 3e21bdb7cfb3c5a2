"""Reading a request as the real server reads it: body, query and path, with its errors to the letter.

The vendor validates with FastAPI over pydantic, so pydantic validates here too: what is coerced, and what an
error says, is equal by construction. What FastAPI does around it is done here: which content types count as
JSON, that an empty body is ``null``, that a null member means its default, and where each error lies.

Some things the vendor answers with 500, or its two databases differently, are refused as invalid instead: half
of a surrogate pair, nesting beyond what the parser takes, and what ``bodies.common`` bounds.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar, cast, get_args, get_type_hints
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import NODEFAULT
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from isogloss.adapters.body import read_body
from isogloss.adapters.prefect.bodies.common import instant
from isogloss.adapters.prefect.failures import (
    Error,
    Location,
    Refusal,
    Unprocessable,
    detail,
    half_character,
    missing,
    too_deep,
)
from isogloss.core.model import Instant, Json

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

AnyRequest = Request[Any, Any, Any]

PAGE_SIZE = 200
"""The vendor's default and greatest page size."""


class _PageLimit:
    """Marks the member that is a page's limit, whose rules win over every other error of the body."""


Limit = Annotated[int, _PageLimit]
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]

FIRST_MOMENT = instant(datetime.min.replace(tzinfo=UTC))
"""Before everything that dates can tell."""

_UUID = re.compile("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_VERSION_HEADER = b"x-prefect-api-version"
_OLDEST_API = (0, 8, 0)


class Whole(Generic[T]):
    """A body that is one value, such as ``ArtifactCreate`` or a list of ``LogCreate``."""

    def __init__(self, shape: Any) -> None:
        self._validator = _validator(shape)

    async def read(self, request: AnyRequest) -> T:
        """The body's value. Raises ``Refusal``."""
        body = await read_json(request)
        if body is None:
            raise Unprocessable([missing(("body",))], None)
        if isinstance(body, _Foreign):
            body = str(body)
        errors: list[Error] = []
        value: T = _validated(self._validator, body, ("body",), errors)
        if errors:
            raise Unprocessable(errors, body)
        return value


class Members(Generic[T]):
    """A body whose members are validated each by itself: those of the Struct ``shape``, in their order.

    A member that is absent or null takes the Struct's default, or is reported as missing; members of other
    names are ignored. A member annotated ``Limit`` obeys the vendor's page rules.
    """

    def __init__(self, shape: type[T]) -> None:
        self._shape = shape
        hints = get_type_hints(shape, include_extras=True)
        self._members = [
            (
                field.name,
                _validator(hints[field.name]),
                field.default is NODEFAULT and field.default_factory is NODEFAULT,
                any(mark is _PageLimit for mark in get_args(hints[field.name])[1:]),
            )
            for field in msgspec.structs.fields(shape)  # type: ignore[arg-type]
        ]

    async def read(self, request: AnyRequest) -> T:
        """The members as the Struct. Raises ``Refusal``."""
        return self.validate(await read_json(request))

    def validate(self, body: Any) -> T:
        """As ``read``, of a body that was parsed before."""
        given: Mapping[str, Any]
        match body:
            case dict():
                given = body
            case None | _Foreign():
                given = {}
            case _:
                raise Unprocessable([missing(("body", name)) for name, *_ in self._members], body)
        errors: list[Error] = []
        values: dict[str, Any] = {}
        for name, validator, required, is_limit in self._members:
            value = given.get(name)
            if value is None:
                if required:
                    errors.append(missing(("body", name)))
                continue
            before = len(errors)
            value = _validated(validator, value, ("body", name), errors)
            if is_limit and len(errors) == before:
                _check_limit(value)
            values[name] = value
        if errors:
            raise Unprocessable(errors, body)
        return self._shape(**values)


class _Foreign(str):
    """The text of a body that came as something other than JSON."""

    __slots__ = ()


async def read_json(request: AnyRequest) -> Any:
    """The parsed body; None for an empty one and for ``null``. Raises ``Refusal``.

    Text that came under a content type other than JSON is given as it is, as the vendor does.
    """
    raw = await _body(request)
    content_type, version = None, None
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == _VERSION_HEADER:
            version = value
    body = parse(raw, content_type) if raw else None
    if version is not None:
        check_version(version)
    return body


async def _body(request: AnyRequest) -> bytes:
    body = await read_body(request.receive)
    if body is None:
        raise _not_readable()
    return body


def _not_readable() -> Refusal:
    return detail(400, "There was an error parsing the body")


def admit(request: AnyRequest) -> None:
    """Check the API version of a request whose body is not read. Raises ``Refusal``."""
    for name, value in request.scope["headers"]:
        if name == _VERSION_HEADER:
            check_version(value)


def check_version(header: bytes) -> None:
    """Refuse an ``X-PREFECT-API-VERSION`` that is no version, or too old. An empty one counts as absent."""
    if header == b"0.8.4" or not header:
        return
    text = header.decode("latin-1")
    try:
        major, minor, patch = (int(part) for part in text.split("."))
    except ValueError:
        raise detail(
            400,
            # The vendor has no space after this full stop.
            f"Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received {text}",
        ) from None
    if (major, minor, patch) < _OLDEST_API:
        raise detail(
            400,
            f"The request specified API version {text} but this server requires version 0.8.0 or higher.",
        )


def parse(raw: bytes, content_type: bytes | None = None) -> Any:
    """The value of a body that is not empty. Raises ``Refusal``."""
    if content_type != b"application/json" and not _is_json(content_type):
        return _Foreign(raw.decode("utf-8", "replace"))
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The standard library takes NaN, Infinity, 1e400, byte order marks and UTF-16; its errors are the vendor's.
        return _parse_slowly(raw)


def _parse_slowly(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except json.JSONDecodeError as error:
        broken = {
            "type": "json_invalid",
            "loc": ("body", error.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        raise Unprocessable([broken], error.doc) from None
    except ValueError:
        # Bytes of no encoding, and integers of more digits than Python converts.
        raise _not_readable() from None
    except RecursionError:
        raise too_deep() from None


def _is_json(content_type: bytes | None) -> bool:
    """No content type counts as JSON, and so does any ``application/...+json``, whatever its parameters."""
    if content_type is None:
        return True
    essence = content_type.split(b";", 1)[0].strip().lower()
    kind, _, subtype = essence.partition(b"/")
    if b"/" in subtype or not kind or not subtype:
        return False
    return kind == b"application" and (subtype == b"json" or subtype.endswith(b"+json"))


def dump(value: Any) -> Json:
    """The JSON text of a parsed value: NaN and the infinities become null. Raises ``Unprocessable``."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise half_character() from None
    except RecursionError:
        raise too_deep() from None


def path_uuid(request: AnyRequest, name: str = "id") -> str:
    """The id at a place of the path that takes UUIDs only, dashed and lower-case. Raises ``Refusal`` (404)."""
    text: str = request.scope["path_params"][name]
    if not _UUID.fullmatch(text):
        raise detail(404, "Not Found")
    if len(text) == 36 and text.islower():
        return text
    return str(UUID(text))


def path_parameter(request: AnyRequest, name: str) -> str:
    """The id at a place of the path that takes any text and is validated. Raises ``Unprocessable``."""
    errors: list[Error] = []
    value = _validated(_ANY_UUID, request.scope["path_params"][name], ("path", name), errors)
    if errors:
        raise Unprocessable(errors, None)
    return str(value)


def path_word(request: AnyRequest, name: str, words: type[W], errors: list[Error]) -> W:
    """One of a few words at a place of the path; any of them where it is none, with what is wrong in ``errors``."""
    given = request.scope["path_params"][name]
    word = _validated(_validator(words), given, ("path", name), errors)
    return next(iter(words)) if word is None else cast("W", word)


def query_text(request: AnyRequest, name: str) -> str:
    """A query parameter that has to be there; the last one where it is repeated. Raises ``Unprocessable``."""
    given: list[str] = request.query_params.getall(name, [])
    if not given:
        raise Unprocessable([missing(("query", name))], None)
    return given[-1]


def query_moment(request: AnyRequest, name: str) -> Instant:
    """A query parameter that is a date and time, in microseconds since the epoch; the first that there is without it.

    Raises ``Unprocessable``.
    """
    given: list[str] = request.query_params.getall(name, [])
    if not given:
        return FIRST_MOMENT
    errors: list[Error] = []
    value = _validated(_MOMENT, given[-1], ("query", name), errors)
    if errors:
        raise Unprocessable(errors, None)
    return instant(value)


def _check_limit(limit: int) -> None:
    if limit < 0:
        raise detail(422, "Invalid limit: must be greater than or equal to 0.")
    if limit > PAGE_SIZE:
        raise detail(422, f"Invalid limit: must be less than or equal to {PAGE_SIZE}.")


def _validator(shape: Any) -> SchemaValidator:
    validator = TypeAdapter(shape).validator
    assert isinstance(validator, SchemaValidator)
    return validator


def _validated(validator: SchemaValidator, value: Any, loc: Location, errors: list[Error]) -> Any:
    """The value as validated; else None, with its errors added under ``loc``."""
    try:
        # As FastAPI has it; it changes the words in which a wrong type is refused.
        return validator.validate_python(value, from_attributes=True)
    except ValidationError as error:
        errors.extend({**entry, "loc": (*loc, *entry["loc"])} for entry in error.errors(include_url=False))
    return None


_ANY_UUID = _validator(UUID)
_MOMENT = _validator(datetime)

__all__ = [
    "PAGE_SIZE",
    "AnyRequest",
    "Limit",
    "Members",
    "Offset",
    "Refusal",
    "Unprocessable",
    "Whole",
    "admit",
    "check_version",
    "detail",
    "dump",
    "parse",
    "path_parameter",
    "path_uuid",
    "path_word",
    "query_moment",
    "query_text",
    "read_json",
    "too_deep",
]
