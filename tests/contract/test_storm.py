"""Thousands of requests that no client would send: the gateway answers each, and never with a failure of its own."""

import gzip
import http.client
import json
import random
import re
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.contract.document import answered, operations
from tests.contract.subjects import SUBJECTS, Seeds, Subject
from tests.support.gateways import Gateway

LEAST = 5000

# What has broken servers before: sizes, depths, encodings, and values that one engine takes and the other does not.
HOSTILE: list[Any] = [
    *(None, True, -1, 0, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, -0.0, float("nan"), float("inf")),
    *("", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "🎉" * 300, "x" * 5000, "%" * 20_000),
    *("\\", "'; --", "%_", "..", "1" * 5000, "NaN", "null", "{" + "0" * 32 + "}", "0" * 32),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z"),
    *([], [[]], {}, {"": {}}, [None], ["\0"], [2**64], [0] * 3000, {str(number): number for number in range(500)}),
    {"a" * 2000: 1},
]
HEADERS: list[dict[str, str]] = [
    {},
    {"content-type": "application/json; charset=latin-1"},
    {"content-type": "text/plain"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "é/\xff"},
    {"accept-encoding": "gzip, br;q=x"},
    {"authorization": "Basic !!!"},
    {"authorization": "Bearer " + "x" * 4000},
    {"origin": "null", "access-control-request-method": "x"},
    {"content-encoding": "gzip"},
]
INTERNAL = b"Internal Server Error"
PLACES = ["%7Bid%7D", "not-a-uuid", "0" * 32, "%00", "%FF%FE", "..%2f..", "x" * 3000, "%F0%9F%8E%89", "a b"]

# What makes a line of a request too long is refused before it is anybody's.
LONGEST_PARAMETER = 2000


def values_of(subject: Subject) -> SearchStrategy[Any]:
    """Values that a body or a query does not expect."""
    return st.recursive(
        st.one_of(
            st.sampled_from([*HOSTILE, *subject.hostile]),
            st.text(max_size=20),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.uuids().map(str),
        ),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


def members(operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """The names that a body's own members, and those of the objects in them, go by."""
    names: set[str] = set()
    waiting = [operation.get("requestBody", {})]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            names.update(node.get("properties", {}) if isinstance(node.get("properties"), dict) else ())
            reference = node.get("$ref", "").rpartition("/")[2] if isinstance(node.get("$ref"), str) else ""
            if reference and reference not in seen:
                seen.add(reference)
                waiting.append(document["components"]["schemas"][reference])
            waiting.extend(node.values())
    return sorted(names)


def bodies(names: list[str], values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Bodies that bear the right names, two levels deep, and the wrong values."""
    name = st.sampled_from(names) if names else st.text(max_size=5)
    inner = st.dictionaries(name, values, max_size=3)
    whole = st.dictionaries(name, values | inner | st.dictionaries(name, inner, max_size=2), max_size=5)
    return whole | st.lists(whole, max_size=3) | values


def queries(operation: dict[str, Any], values: SearchStrategy[Any]) -> SearchStrategy[str]:
    """Query strings of the right names and the wrong values."""
    names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
    if not names:
        return st.just("")
    pairs = st.lists(st.tuples(st.sampled_from(names), values.map(parameter)), max_size=3)
    return pairs.map(lambda given: "&".join(f"{name}={value}" for name, value in given))


def parameter(value: Any) -> str:
    """A value as it stands in a query: text as it is, even where it cannot be encoded, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text[:LONGEST_PARAMETER].encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> dict[str, Seeds]:
    """Rows to hit, by dialect."""
    return {subject.dialect: subject.seeds(running) for subject in SUBJECTS}


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.dialect)
def test_nothing_makes_the_gateway_fail(running: Gateway, seeds: dict[str, Seeds], subject: Subject) -> None:
    sent: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    document, values = answered(subject.dialect), values_of(subject)

    def exchange(label: str, place: str, query: str, value: Any, headers: dict[str, str], damage: int) -> None:
        method, _, path = label.partition(" ")
        content = damaged(json.dumps(value).encode(), damage)
        target = f"{subject.base}{place.replace(' ', '%20')}"
        target = f"{target}?{query}" if query else target
        given = {"content-type": "application/json", **subject.credential, **headers}
        connection.request(method, target, content, given)
        response = connection.getresponse()
        answer = response.read()
        sent[response.status] += 1
        listed = str(response.status) in document["paths"][path][method.lower()]["responses"]
        assert response.status < 500 or (listed and INTERNAL not in answer), (label, target, content[:500], answer)
        if answer:
            json.loads(gzip.decompress(answer) if response.headers["content-encoding"] == "gzip" else answer)

    for label in operations(document):
        method, _, path = label.partition(" ")
        operation = document["paths"][path][method.lower()]
        known = filled(path, seeds[subject.dialect].place(path)) if "{" in path else path
        strange = [re.sub(r"\{\w+\}", place, path) for place in PLACES] if "{" in path else [path]
        settings(max_examples=subject.storm, phases=[Phase.generate], suppress_health_check=list(HealthCheck))(
            given(
                label=st.just(label),
                place=st.sampled_from([known, known, known, *strange]),
                query=st.just("") | queries(operation, values),
                value=bodies(members(operation, document), values),
                headers=st.sampled_from([{}, {}, {}, *HEADERS, *subject.headers]),
                damage=st.integers(0, 19),
            )(exchange)
        )()
    connection.close()
    assert running.process.poll() is None
    assert running.request("GET", "/ready").status == 200
    assert sum(sent.values()) >= LEAST / 2, "each engine gets half of them"
    assert sent[200] + sent[201] > 100, f"some of them are taken: {sent}"
    assert sent[422] > 500, f"most of them are refused: {sent}"
    # Every list still prints: none of what was taken has spoiled a page.
    for method, path, body in subject.lists:
        answer = running.request(method, f"{subject.base}{path}", body, headers=subject.credential)
        assert answer.status == 200, (path, answer)


def filled(path: str, places: dict[str, str]) -> str:
    """A path with its parameters."""
    return re.sub(r"\{(\w+)\}", lambda match: places[match[1]], path)


def damaged(content: bytes, kind: int) -> bytes:
    """The bytes as they are, for most kinds; else broken in one way or another."""
    match kind:
        case 0:
            return content[: len(content) // 2]
        case 1:
            return content + b"}"
        case 2:
            return content.replace(b'"', b"\xff", 1)
        case 3:
            return b"\xef\xbb\xbf" + content
        case 4:
            return content.decode().encode("utf-16")
        case 5:
            return b""
        case 6:
            return b'{"data":' * 3000 + content
        case 7:
            # The same bytes in every run.
            return random.Random(len(content)).randbytes(64)
    return content
