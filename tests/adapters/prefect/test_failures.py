"""Errors as Prefect's answers."""

import json
import logging

import pytest
from litestar.exceptions import NotFoundException

from isogloss.adapters.prefect.failures import INTEGRITY, Unprocessable, detail, message, reply_to
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound, RegistryError, TooLarge, Unauthenticated


@pytest.mark.parametrize(
    ("error", "status", "answer"),
    [
        (detail(418, "short"), 418, {"detail": "short"}),
        (message(418, "short"), 418, {"exception_message": "short"}),
        (NotFound("artifact", "x"), 404, {"detail": "Artifact not found."}),
        (NotFound("run", "x"), 404, {"detail": "Flow run not found"}),
        (NotFound("step", "x"), 404, {"detail": "Task not found"}),
        (NotFound("workflow", "x"), 404, {"detail": "Flow not found"}),
        (NotFound("deployment", "x"), 404, {"detail": "Deployment not found"}),
        (NotFound("badge", "x"), 404, {"detail": "Badge not found"}),
        (Conflict("taken"), 409, {"detail": INTEGRITY}),
        (Unauthenticated("who?"), 401, {"exception_message": "Unauthorized"}),
        (Denied("a viewer may not"), 403, {"exception_message": "a viewer may not"}),
        (TooLarge("too much"), 413, {"detail": "too much"}),
        (RegistryError("other"), 400, {"detail": "other"}),
        (NotFoundException(), 404, {"detail": "Not Found"}),
    ],
)
def test_answers(error: Exception, status: int, answer: object) -> None:
    reply = reply_to(error)
    assert (reply.status, json.loads(reply.body)) == (status, answer)


def test_an_invalid_field_is_named(caplog: pytest.LogCaptureFixture) -> None:
    reply = reply_to(Invalid("state.name", "must be short"))
    (error,) = json.loads(reply.body)["exception_detail"]
    assert (reply.status, error["loc"], error["msg"]) == (422, ["body", "state", "name"], "Value error, must be short")
    assert caplog.records == []


def test_an_unexpected_error_tells_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="isogloss.prefect"):
        reply = reply_to(ZeroDivisionError("a secret"))
    assert (reply.status, json.loads(reply.body)) == (500, {"exception_message": "Internal Server Error"})
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)


def test_a_body_too_deep_to_repeat_is_not_repeated() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    reply = reply_to(Unprocessable([], deep))
    answer = json.loads(reply.body)
    assert (reply.status, answer["request_body"]) == (422, None)
    assert answer["exception_detail"][0]["msg"] == "Value error, The body is nested too deeply."
