"""What goes wrong in a request, and how each of TrueFoundry's families says it: errors become answers here alone.

The SDK repeats what is answered 408, 409, 429 or 5xx, and waits in between: so a rule that is broken is a 422, never a
409.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar.exceptions import HTTPException
from msgspec import Struct
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

logger = logging.getLogger("isogloss.truefoundry")

_encode = msgspec.json.Encoder().encode


class Refusal(Exception):
    """An answer other than success that no error of the core stands for."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence


class Detail(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request: where, what, and the name of the rule."""

    loc: Sequence[str | int]
    msg: str
    type: str


class Failure(Struct, frozen=True, kw_only=True):
    """What went wrong, before a family says it."""

    status: int
    sentence: str
    details: list[Detail]


def reply_to_svc(error: Exception) -> Reply:
    """The answer under /api/svc."""
    failure = failure_of(error)
    body: dict[str, Any] = {"statusCode": failure.status, "message": failure.sentence}
    if failure.details:
        body["details"] = failure.details
    return Reply(_encode(body), failure.status)


def reply_to_ml(error: Exception) -> Reply:
    """The answer under /api/ml/v1, whose clients know a 422 by its list of details."""
    failure = failure_of(error)
    detail: Any = failure.sentence
    if failure.status == 422:
        detail = failure.details or [Detail(loc=("body",), msg=failure.sentence, type="value_error")]
    return Reply(_encode({"detail": detail}), failure.status)


def reply_to_flow(error: Exception) -> Reply:
    """The answer under the MLflow-shaped paths: as MLflow's, and with the details of a 422 beside."""
    failure = failure_of(error)
    body: dict[str, Any] = {"error_code": _CODES.get(failure.status, "INTERNAL_ERROR"), "message": failure.sentence}
    if failure.status == 422:
        body["detail"] = failure.details or [Detail(loc=("body",), msg=failure.sentence, type="value_error")]
    return Reply(_encode(body), failure.status)


_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    413: "INVALID_PARAMETER_VALUE",
    422: "INVALID_PARAMETER_VALUE",
}


def failure_of(error: Exception) -> Failure:
    """What went wrong. An error that nobody foresaw is logged with its traceback."""
    for kind, make in _FAILURES:
        if isinstance(error, kind):
            return make(error)
    logger.error("unexpected error in a request", exc_info=error)
    return Failure(status=500, sentence="Internal Server Error", details=[])


def _plain(status: int) -> Callable[[Any], Failure]:
    return lambda error: Failure(status=status, sentence=_storable(str(error)), details=[])


def _not_found(error: NotFound) -> Failure:
    noun = error.noun.replace("_", " ")
    return Failure(status=404, sentence=_storable(f"There is no {noun} {error.reference!r}."), details=[])


def _malformed(error: Malformed) -> Failure:
    detail = Detail(loc=tuple(error.where.split(".")), msg=_storable(error.reason), type="value_error")
    return Failure(status=422, sentence=_storable(str(error)), details=[detail])


def _invalid(error: Invalid) -> Failure:
    detail = Detail(loc=("body", error.field), msg=_storable(error.reason), type="value_error")
    return Failure(status=422, sentence=_storable(str(error)), details=[detail])


def _not_valid(error: ValidationError) -> Failure:
    details = [
        Detail(loc=("body", *each["loc"]), msg=_storable(each["msg"]), type=each["type"])
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = details[0]
    where = ".".join(str(part) for part in first.loc)
    more = f" ({len(details) - 1} more)" if len(details) > 1 else ""
    return Failure(status=422, sentence=f"{where}: {first.msg}{more}", details=details)


def _of_framework(error: HTTPException) -> Failure:
    return Failure(status=error.status_code, sentence=error.detail, details=[])


_FAILURES: tuple[tuple[type[Exception], Callable[[Any], Failure]], ...] = (
    (Refusal, lambda error: Failure(status=error.status, sentence=_storable(error.sentence), details=[])),
    (Malformed, _malformed),
    (ValidationError, _not_valid),
    (NotFound, _not_found),
    (Invalid, _invalid),
    (Unauthenticated, _plain(401)),
    (Denied, _plain(403)),
    (TooLarge, _plain(413)),
    (Conflict, _plain(422)),
    (Ended, _plain(422)),
    (RegistryError, _plain(400)),
    (RecursionError, lambda error: _malformed(Malformed("body", "is nested too deeply."))),
    (UnicodeEncodeError, lambda error: _malformed(Malformed("body", "has text with lone surrogates."))),
    (HTTPException, _of_framework),
)


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
