"""What is answered to odd and wrong requests: the real server's own answers, and ours where it has none to give.

``refusals.jsonl`` holds what Prefect 3.8.8 answered to each request when its database was empty.
"""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from isogloss.core.registry import Registry
from tests.adapters.prefect.asking import ROOT, asked

RECORDED = [json.loads(line) for line in Path(__file__).with_name("refusals.jsonl").read_text("utf-8").splitlines()]

CREATE, FILTER = "/api/artifacts/", "/api/artifacts/filter"
UNKNOWN = "/api/artifacts/00000000-0000-0000-0000-000000000000"


def content_of(recorded: dict[str, Any]) -> bytes | None:
    if "bytes" in recorded:
        return base64.b64decode(recorded["bytes"])
    return recorded["body"].encode() if "body" in recorded else None


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """A response as it would have been recorded."""
    answer: dict[str, Any] = {"status": response.status_code, "answer": None}
    if response.content and response.request.method != "HEAD":
        answer["answer"] = response.json()
    for name in ("allow", "location"):
        if name in response.headers:
            answer[name] = response.headers[name].replace(ROOT, "")
    return answer


async def test_answers_are_those_of_the_real_server(registry: Registry) -> None:
    different = []
    async with asked(registry) as client:
        for recorded in RECORDED:
            method, path = recorded["request"].split(" ", 1)
            headers = recorded.get("headers", {})
            response = await client.request(method, path, content=content_of(recorded), headers=headers)
            wanted = {name: recorded[name] for name in ("status", "answer", "allow", "location") if name in recorded}
            if (given := answer_of(response)) != wanted:
                different.append((recorded, given))
    assert different == []
    assert len(RECORDED) > 300


async def ask(registry: Registry, method: str, path: str, body: bytes | str) -> tuple[int, Any]:
    async with asked(registry) as client:
        content = body.encode() if isinstance(body, str) else body
        response = await client.request(method, path, content=content, headers={"content-type": "application/json"})
        return response.status_code, response.json() if response.content else None


@pytest.mark.parametrize(
    ("body", "loc", "text"),
    [
        ('{"description":"a\\u0000b"}', ["body", "description"], "Text must not contain the character NUL."),
        ('{"type":"\\u0000"}', ["body", "type"], "Text must not contain the character NUL."),
        ('{"description":"\\ud800"}', ["body", "description"], "Text must not contain lone surrogates."),
        ('{"data":{"a":["\\ud800"]}}', ["body"], "Text must not contain lone surrogates."),
        ('{"data":{"\\udfff":1}}', ["body"], "Text must not contain lone surrogates."),
        ('{"metadata_":{"a":"\\ud800"}}', ["body"], "Text must not contain lone surrogates."),
        (f'{{"key":"{"k" * 1025}"}}', ["body", "key"], "Names must be at most 1024 bytes long."),
        (
            '{"metadata_":{"a\\u0000":"b"}}',
            ["body", "metadata_", "a\0", "[key]"],
            "Text must not contain the character NUL.",
        ),
        (
            f'{{"metadata_":{{"{"k" * 1025}":"b"}}}}',
            ["body", "metadata_", "k" * 1025, "[key]"],
            "Names must be at most 1024 bytes long.",
        ),
        (f'{{"type":"{"é" * 513}"}}', ["body", "type"], "Names must be at most 1024 bytes long."),
        (f'{{"data":{"[" * 5000}{"]" * 5000}}}', ["body"], "The body is nested too deeply."),
        (f'{{"data":{{"a":{"[" * 5000}', ["body"], "The body is nested too deeply."),
    ],
)
async def test_what_cannot_be_kept_is_invalid(registry: Registry, body: str, loc: list[str], text: str) -> None:
    status, answer = await ask(registry, "POST", CREATE, body)
    assert (status, answer["exception_message"]) == (422, "Invalid request received.")
    (error,) = answer["exception_detail"]
    assert (error["type"], error["loc"], error["msg"]) == ("value_error", loc, f"Value error, {text}")
    assert error["ctx"] == {"error": {}}


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ('{"artifacts":{"key":{"any_":["a\\u0000"]}}}', ["body", "artifacts", "key", "any_", 0], "value_error"),
        (
            '{"artifacts":{"type":{"not_any_":["\\ud800"]}}}',
            ["body", "artifacts", "type", "not_any_", 0],
            "value_error",
        ),
        (
            f'{{"artifacts":{{"key":{{"like_":"{"x" * 10_001}"}}}}}}',
            ["body", "artifacts", "key", "like_"],
            "value_error",
        ),
        ('{"offset":9223372036854775808}', ["body", "offset"], "less_than_equal"),
        ('{"offset":NaN}', ["body", "offset"], "finite_number"),
        (
            json.dumps({"flow_runs": {"tags": {"all_": [str(number) for number in range(101)]}}}),
            ["body", "flow_runs", "tags", "all_"],
            "value_error",
        ),
    ],
)
async def test_what_cannot_be_asked_is_invalid(registry: Registry, body: str, loc: list[str | int], kind: str) -> None:
    status, answer = await ask(registry, "POST", FILTER, body)
    assert status == 422
    (error,) = answer["exception_detail"]
    assert (error["type"], error["loc"]) == (kind, loc)


async def test_limits_of_what_can_be_kept_and_asked_are_inclusive(registry: Registry) -> None:
    assert (await ask(registry, "POST", CREATE, json.dumps({"key": "k" * 1024, "type": "é" * 512})))[0] == 201
    pattern = {"artifacts": {"key": {"like_": "k" * 10_000}}, "offset": 2**63 - 1}
    assert await ask(registry, "POST", FILTER, json.dumps(pattern)) == (200, [])
    tags = {"flow_runs": {"tags": {"all_": [str(number) for number in range(100)]}}}
    assert await ask(registry, "POST", FILTER, json.dumps(tags)) == (200, [])


async def test_the_body_is_repeated_as_far_as_json_can_say_it(registry: Registry) -> None:
    status, answer = await ask(registry, "POST", CREATE, '{"key":NaN,"type":[Infinity,"\\ud800"],"zz":1e400}')
    assert status == 422
    assert answer["request_body"] == {"key": None, "type": [None, "�"], "zz": None}
    assert [error["input"] for error in answer["exception_detail"]] == [None, [None, "�"], None]


async def test_integers_that_python_does_not_convert_cannot_be_read(registry: Registry) -> None:
    refused = (400, {"detail": "There was an error parsing the body"})
    assert await ask(registry, "POST", CREATE, b'{"data":' + b"1" * 5000 + b"}") == refused


async def test_nothing_was_written_by_a_refused_request(registry: Registry) -> None:
    async with asked(registry) as client:
        for recorded in RECORDED:
            method, path = recorded["request"].split(" ", 1)
            headers = recorded.get("headers", {})
            await client.request(method, path, content=content_of(recorded), headers=headers)
        assert (await client.post("/api/artifacts/count")).json() == 0


async def test_an_unknown_id_is_not_found_by_any_method(registry: Registry) -> None:
    for method, body in (("GET", ""), ("PATCH", "{}"), ("DELETE", "")):
        assert await ask(registry, method, UNKNOWN, body) == (404, {"detail": "Artifact not found."})
