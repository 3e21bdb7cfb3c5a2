"""Endpoints: operations of the registry's own API together with what they take and answer.

Their declared shapes are what requests are read by, and what the published document is made of.
"""

import base64
import binascii
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec import Struct

from isogloss.adapters.call import Call, Malformed, number, storable
from isogloss.adapters.operations import Route
from isogloss.core.registry.catalogue import Place

T = TypeVar("T")

LIMIT, MOST = 50, 1000

Schema = dict[str, Any]


class Parameter(Struct, frozen=True, kw_only=True):
    """A parameter of the query or of the path. One that is ``repeated`` may be given several times."""

    name: str
    description: str
    schema: Schema
    within: Literal["query", "path"] = "query"
    required: bool = False
    repeated: bool = False


class Endpoint(Struct, frozen=True, kw_only=True):
    """An operation that is published. ``body`` and ``answer`` are Structs; a null answer is bytes of a media type.

    ``statuses`` are those of answers that are no refusals.
    """

    route: Route
    summary: str
    group: str
    parameters: tuple[Parameter, ...] = ()
    body: type[Struct] | Literal["bytes"] | None = None
    answer: type[Struct] | None = None
    statuses: tuple[int, ...] = (200,)

    @property
    def path(self) -> str:
        """The path with the plain names of its parameters."""
        return self.route.path.replace(":path}", "}")


def text_parameter(name: str, description: str, *, required: bool = False, repeated: bool = False) -> Parameter:
    """A parameter of the query that is a text."""
    schema = {"type": "string", "minLength": 1}
    return Parameter(name=name, description=description, schema=schema, required=required, repeated=repeated)


def whole_parameter(name: str, description: str, least: int, most: int, default: int) -> Parameter:
    """A parameter of the query that is a whole number."""
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name=name, description=description, schema=schema)


def path_id(name: str, description: str) -> Parameter:
    """A parameter of the path that is an id."""
    schema = {"type": "string", "format": "uuid"}
    return Parameter(name=name, description=description, schema=schema, within="path", required=True)


def path_text(name: str, description: str) -> Parameter:
    """A parameter of the path that is a text."""
    schema = {"type": "string", "minLength": 1}
    return Parameter(name=name, description=description, schema=schema, within="path", required=True)


PAGING = (
    whole_parameter("limit", "How many items a page has at most.", 1, MOST, LIMIT),
    text_parameter("cursor", "The `next` of the page before."),
)


class Asked(Struct, frozen=True):
    """The query of a call, read by what an endpoint declares."""

    values: dict[str, list[str]]

    def one(self, name: str) -> str | None:
        """The value of a parameter, the last one given; null without."""
        given = self.values.get(name)
        return given[-1] if given else None

    def needed(self, name: str) -> str:
        """The value of a parameter that is required."""
        return self.values[name][-1]

    def each(self, name: str) -> list[str]:
        """All values of a parameter."""
        return self.values.get(name, [])

    def limit(self) -> int:
        """How many items a page has at most. Raises ``Malformed``."""
        return number(self.values, "limit", LIMIT, 1, MOST)

    def after(self) -> Place | None:
        """The place behind which a page begins. Raises ``Malformed``."""
        cursor = self.one("cursor")
        return None if cursor is None else place_of(cursor)


def asked(call: Call, parameters: tuple[Parameter, ...]) -> Asked:
    """The query of a call. Raises ``Malformed`` for a parameter that is not declared, is empty, or is missing."""
    values = call.query()
    known = [parameter for parameter in parameters if parameter.within == "query"]
    names = [parameter.name for parameter in known]
    for name, given in values.items():
        if name not in names:
            listed = ", ".join(names) or "none"
            raise Malformed(f"query.{name}", f"is no parameter of this address; it takes {listed}.")
        if "" in given:
            raise Malformed(f"query.{name}", "must not be empty; leave it out instead.")
    for parameter in known:
        if parameter.required and parameter.name not in values:
            raise Malformed(f"query.{parameter.name}", f"is missing: {parameter.description}")
        choices: list[str] = parameter.schema.get("enum", [])
        for value in values.get(parameter.name, ()):
            if choices and value not in choices:
                raise Malformed(f"query.{parameter.name}", f"{value!r} must be one of {', '.join(choices)}.")
    return Asked(values)


def body_of(call: Call, shape: type[T]) -> T:
    """The body of a call. Raises ``Malformed``, which tells where in it something is wrong."""
    if not call.body:
        raise Malformed("body", "is missing; it must be JSON.")
    try:
        return msgspec.json.decode(call.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("body", f"{error}.") from None


def cursor_of(place: Place) -> str:
    """The cursor of the page behind a place."""
    return base64.urlsafe_b64encode(f"{place[0]}:{place[1]}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """The place of a cursor. Raises ``Malformed``."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        created, colon, row_id = text.partition(":")
        if not colon or len(created) > 19:
            raise ValueError
        instant = int(created)
        if abs(instant) >= 2**63:
            raise ValueError
        return instant, storable("query.cursor", row_id)
    except (ValueError, binascii.Error):
        raise Malformed("query.cursor", f"{cursor!r} is no cursor; take the `next` of the page before.") from None


def next_after(rows: "list[Any]", limit: int) -> str | None:
    """The cursor behind rows of which there is one more than the limit; null where there is not."""
    if len(rows) <= limit:
        return None
    last = cast("Any", rows[limit - 1])
    return cursor_of((last.created, last.id))
