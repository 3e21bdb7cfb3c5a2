"""What goes wrong in a request, and how the registry says it: problem documents (RFC 9457) with a sentence."""

import logging
from http import HTTPStatus

import msgspec
from litestar.exceptions import HTTPException
from msgspec import Struct

from isogloss.adapters.call import Malformed
from isogloss.adapters.reply import Reply
from isogloss.core.errors import (
    Conflict,
    Corrupted,
    Denied,
    Invalid,
    NotFound,
    RegistryError,
    TooLarge,
    Unauthenticated,
)

logger = logging.getLogger("isogloss.native")

Headers = tuple[tuple[str, str], ...]


class Problem(Struct, frozen=True):
    """The body of a refusal: ``title`` is what the status means, ``detail`` a sentence for the caller."""

    title: str
    status: int
    detail: str


class Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, detail: str, headers: Headers = ()) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def problem(status: int, detail: str) -> bytes:
    """The body of an answer with this status."""
    return _encode(Problem(HTTPStatus(status).phrase, status, detail))


def reply_to(error: Exception) -> Reply:
    """The answer to an error. One that nobody foresaw is logged with its traceback and answered with 500."""
    match error:
        case Refusal():
            return _reply(error.status, error.detail, error.headers)
        case HTTPException() if error.status_code < 500:
            return _reply(error.status_code, error.detail)
        case Malformed():
            return _reply(400, str(error))
        case RegistryError():
            return _reply(_status(error), str(error))
    logger.error("unexpected error in a request", exc_info=error)
    return _reply(500, "The server failed; its log tells why.")


def _status(error: RegistryError) -> int:
    match error:
        # A permit is in the address, so there is nothing that a client could sign in with: 401 would ask it to.
        case Unauthenticated() | Denied():
            return 403
        case NotFound():
            return 404
        case Conflict():
            return 409
        case TooLarge():
            return 413
        case Invalid():
            return 422
        case Corrupted():
            return 400
    return 400


def _reply(status: int, detail: str, headers: Headers = ()) -> Reply:
    # What is wrong about an address now may be right in a moment.
    headers = (*headers, ("cache-control", "no-store"))
    return Reply(problem(status, detail), status, headers, media_type=b"application/problem+json")


_encode = msgspec.json.Encoder().encode

NOT_ALLOWED = _reply(405, "This address does not take requests of that method.")
