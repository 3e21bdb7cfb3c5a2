"""What goes wrong in a request, and how Prefect says it: the one place where errors become its answers.

The vendor has three shapes. Most refusals are ``{"detail": ...}``; some, mostly of runs, are
``{"exception_message": ...}``; and a body, query or path that does not validate is a 422 with the list of errors
and the body that was sent.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.exceptions import HTTPException

from isogloss.adapters.reply import Reply
from isogloss.core.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    RegistryError,
    TooLarge,
    Unauthenticated,
)

logger = logging.getLogger("isogloss.prefect")

Error = dict[str, Any]
"""One entry of a 422's list: type, loc, msg, input and maybe ctx."""

Location = tuple[str | int, ...]
"""Where in a request an error lies: ``("body", "artifacts", "id")``."""

INTEGRITY = (
    "Data integrity conflict. This usually means a unique or foreign key constraint was violated. "
    "See server logs for details."
)

_NOT_FOUND = {
    "artifact": "Artifact not found.",
    "version": "Artifact not found.",
    "workflow": "Flow not found",
    "flow": "Flow not found",
    "deployment": "Deployment not found",
    "run": "Flow run not found",
    "step": "Task not found",
}
"""What the vendor calls what the core does not find. Its sentences differ in their last character, too."""


class Refusal(Exception):
    """An answer other than success, ready to be sent. ``content`` is encoded as JSON, null as no body at all."""

    def __init__(
        self, status: int, content: Mapping[str, Any] | None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(status, content)
        self.status = status
        self.content = content
        self.headers = headers


class Unprocessable(Refusal):
    """A body, query or path that does not validate: 422, with every error and what was sent.

    ``body`` is the parsed body, the text of one that is not JSON, or None where there is none.
    """

    def __init__(self, errors: list[Error], body: Any) -> None:
        super().__init__(
            422,
            {
                "exception_message": "Invalid request received.",
                "exception_detail": errors,
                "request_body": body,
            },
        )
        self.errors = errors
        self.body = body


def detail(status: int, text: str) -> Refusal:
    """The refusal ``{"detail": text}``."""
    return Refusal(status, {"detail": text})


def message(status: int, text: str) -> Refusal:
    """The refusal ``{"exception_message": text}``."""
    return Refusal(status, {"exception_message": text})


def value_error(loc: Location, text: str, given: Any) -> Error:
    """An error in the words of a validator that raised ``ValueError(text)``."""
    return {
        "type": "value_error",
        "loc": loc,
        "msg": f"Value error, {text}",
        "input": given,
        "ctx": {"error": {}},
    }


def missing(loc: Location) -> Error:
    """The error of a member that has to be there."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def reply_to(error: Exception) -> Reply:
    """The answer to an error. One that nobody foresaw is logged with its traceback and answered with 500."""
    refusal = error if isinstance(error, Refusal) else _refusal(error)
    if refusal is None:
        logger.error("unexpected error in a request", exc_info=error)
        refusal = message(500, "Internal Server Error")
    try:
        body = b"" if refusal.content is None else encode(refusal.content)
    except RecursionError:
        # What was sent nests too deeply to be sent back.
        refusal = too_deep()
        body = encode(refusal.content)
    return Reply(body, refusal.status, refusal.headers)


def too_deep() -> Unprocessable:
    """The refusal of a body that nests deeper than can be handled."""
    return Unprocessable([value_error(("body",), "The body is nested too deeply.", None)], None)


def half_character() -> Unprocessable:
    """The refusal of text with a lone surrogate, which is no character and cannot be stored."""
    return Unprocessable([value_error(("body",), "Text must not contain lone surrogates.", None)], None)


def _refusal(error: Exception) -> Refusal | None:
    match error:
        case NotFound():
            return detail(404, _NOT_FOUND.get(error.noun, f"{error.noun.capitalize()} not found"))
        case Invalid():
            loc = ("body", *error.field.split("."))
            return Unprocessable([value_error(loc, f"{error.reason}", None)], None)
        case Conflict():
            logger.info("conflict: %s", error)
            return detail(409, INTEGRITY)
        case Unauthenticated():
            return message(401, "Unauthorized")
        case Denied():
            return message(403, str(error))
        case TooLarge():
            return detail(413, str(error))
        case RegistryError():
            return detail(400, str(error))
        case RecursionError():
            return too_deep()
        case UnicodeEncodeError():
            return half_character()
        case HTTPException() if error.status_code < 500:
            return detail(error.status_code, error.detail)
    return None


def encode(content: Any) -> bytes:
    """JSON of what may hold anything a client sent: what JSON cannot say becomes null, ``{}`` or U+FFFD."""
    try:
        return msgspec.json.encode(content, enc_hook=_plain)
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError):
        return json.dumps(_sanitized(content), ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    # A validator's exception in ``ctx`` is what the vendor prints as an empty object.
    return {} if isinstance(value, BaseException) else str(value)


def _sanitized(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case bytes():
            return value.decode("utf-8", "replace")
        case float():
            return value if value - value == 0 else None
        case dict():
            return {_sanitized(str(key)): _sanitized(member) for key, member in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_sanitized(member) for member in value]
        case None | bool() | int():
            return value
    return _plain(value)
