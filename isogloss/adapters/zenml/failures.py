"""What goes wrong in a request, and how ZenML says it: the one place where errors become its answers.

Most refusals are ``{"detail": [class, sentence]}``: the client raises the class anew, looked up by status and name.
A body, path or query that does not validate is a 422 whose body is the bare pair. Clients repeat requests on 429 and
503 for minutes, so neither is ever answered.
"""

import logging

import msgspec
from litestar.exceptions import HTTPException
from pydantic import ValidationError

from isogloss.adapters.call import Malformed
from isogloss.adapters.reply import Reply
from isogloss.core.errors import (
    Conflict,
    Denied,
    Ended,
    Invalid,
    NotFound,
    RegistryError,
    TooLarge,
    Unauthenticated,
)

logger = logging.getLogger("isogloss.zenml")

_NOUNS = {
    "version": "artifact version",
    "workflow": "pipeline",
    "run": "pipeline run",
    "step": "step run",
    "device": "device",
    "token": "API key",
    "component": "stack component",
}
"""What the vendor calls what the core does not find."""


class Refusal(Exception):
    """An answer other than success: ``{"detail": [kind, sentence]}``, ``kind`` being a class of the client's."""

    def __init__(self, status: int, kind: str, sentence: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status, kind, sentence)
        self.status = status
        self.kind = kind
        self.sentence = sentence
        self.headers = headers


class Unprocessable(Refusal):
    """A body, path or query that does not validate: a 422 whose body is the bare pair of class and sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(422, "ValueError", sentence)


class BadFilter(Refusal):
    """A filter or sort that the list does not know, or a value it cannot take."""

    def __init__(self, sentence: str) -> None:
        super().__init__(422, "ValueError", sentence)


class BadValue(Refusal):
    """What is well-formed but cannot be done: 400."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, "ValueError", sentence)


class Forbidden(Refusal):
    """What nobody may do as things stand: 403."""

    def __init__(self, sentence: str) -> None:
        super().__init__(403, "IllegalOperationError", sentence)


class Unsupported(Refusal):
    """What this registry does not do at all: 501."""

    def __init__(self, sentence: str) -> None:
        super().__init__(501, "NotImplementedError", sentence)


class Absent(Refusal):
    """What cannot be found. The vendor quotes the sentence as Python prints a ``KeyError``, and clients show it so."""

    def __init__(self, sentence: str) -> None:
        super().__init__(404, "KeyError", repr(sentence))


def reply_to(error: Exception) -> Reply:
    """The answer to an error. One that nobody foresaw is logged with its traceback and answered with 500."""
    refusal = error if isinstance(error, Refusal) else _refusal(error)
    if refusal is None:
        if isinstance(error, HTTPException) and error.status_code < 500:
            return Reply(_encode({"detail": error.detail}), error.status_code)
        logger.error("unexpected error in a request", exc_info=error)
        refusal = Refusal(500, "RuntimeError", "Internal Server Error")
    pair = [refusal.kind, _storable(refusal.sentence)]
    body = pair if isinstance(refusal, Unprocessable) else {"detail": pair}
    return Reply(_encode(body), refusal.status, refusal.headers)


def _refusal(error: Exception) -> Refusal | None:
    match error:
        case NotFound():
            noun = _NOUNS.get(error.noun, error.noun.replace("_", " "))
            return Absent(f"Unable to get {noun} with ID or name '{error.reference}': it does not exist.")
        case Invalid():
            return BadValue(str(error))
        case Conflict():
            return Refusal(409, "EntityExistsError", str(error))
        case Unauthenticated():
            return Refusal(401, "CredentialsNotValid", str(error), (("www-authenticate", "Bearer"),))
        case Denied() | Ended():
            return Forbidden(str(error))
        case TooLarge():
            return Refusal(413, "ValueError", str(error))
        case RegistryError():
            return BadValue(str(error))
        case Malformed() | ValidationError():
            return Unprocessable(str(error))
        case RecursionError():
            return Unprocessable("The body is nested too deeply.")
        case UnicodeEncodeError():
            return Unprocessable("Text must not contain lone surrogates.")
    return None


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_encode = msgspec.json.Encoder().encode
