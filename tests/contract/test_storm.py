"""Thousands of requests that no client would send: the gateway answers each, and never with a failure of its own."""

import gzip
import http.client
import json
import random
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.contract.document import operations, published
from tests.contract.seeds import PrefectSeeds
from tests.support.gateways import Gateway

LEAST = 5000
EXAMPLES = 95
DOCUMENT = published("prefect")

# What has broken servers before: sizes, depths, encodings, and values that one engine takes and the other does not.
HOSTILE: list[Any] = [
    *(None, True, -1, 0, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, -0.0, float("nan"), float("inf")),
    *("", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "🎉" * 300, "x" * 5000, "%" * 20_000),
    *("\\", "'; --", "%_", "..", "1" * 5000, "NaN", "null", "{" + "0" * 32 + "}", "0" * 32),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z"),
    *([], [[]], {}, {"": {}}, [None], ["\0"], [2**64], [0] * 3000, {str(number): number for number in range(500)}),
    *({"any_": []}, {"any_": None}, {"like_": "%" * 20_000}, {"a" * 2000: 1}),
]
HEADERS: list[dict[str, str]] = [
    {},
    {"content-type": "application/json; charset=latin-1"},
    {"content-type": "text/plain"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "é/\xff"},
    {"x-prefect-api-version": "0.8.4.5"},
    {"x-prefect-api-version": "9" * 5000},
    {"accept-encoding": "gzip, br;q=x"},
    {"authorization": "Basic !!!"},
    {"authorization": "Bearer " + "x" * 4000},
    {"origin": "null", "access-control-request-method": "x"},
    {"content-encoding": "gzip"},
]
PLACES = ["%7Bid%7D", "not-a-uuid", "0" * 32, "%00", "%FF%FE", "..%2f..", "x" * 3000, "%F0%9F%8E%89", "a b"]

values: SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.sampled_from(HOSTILE),
        st.text(max_size=20),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.uuids().map(str),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def members(operation: dict[str, Any]) -> list[str]:
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
                waiting.append(DOCUMENT["components"]["schemas"][reference])
            waiting.extend(node.values())
    return sorted(names)


def bodies(names: list[str]) -> SearchStrategy[Any]:
    """Bodies that bear the right names, two levels deep, and the wrong values."""
    name = st.sampled_from(names) if names else st.text(max_size=5)
    inner = st.dictionaries(name, values, max_size=3)
    whole = st.dictionaries(name, values | inner | st.dictionaries(name, inner, max_size=2), max_size=5)
    return whole | st.lists(whole, max_size=3) | values


@pytest.fixture(scope="module")
def seeds(running: Gateway) -> PrefectSeeds:
    """Rows to hit."""
    return PrefectSeeds(running)


def test_nothing_makes_the_gateway_fail(running: Gateway, seeds: PrefectSeeds) -> None:
    sent: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)

    def exchange(label: str, place: str, value: Any, headers: dict[str, str], damage: int) -> None:
        method, _, path = label.partition(" ")
        content = damaged(json.dumps(value).encode(), damage)
        target = re.sub(r"\{\w+\}", place, path).replace(" ", "%20")
        connection.request(method, f"/api{target}", content, {"content-type": "application/json", **headers})
        response = connection.getresponse()
        answer = response.read()
        sent[response.status] += 1
        assert response.status < 500, (label, target, content[:500], answer)
        if answer:
            json.loads(gzip.decompress(answer) if response.headers["content-encoding"] == "gzip" else answer)

    for label in operations(DOCUMENT):
        method, _, path = label.partition(" ")
        known = seeds.for_path(path) if "{" in path else ""
        settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))(
            given(
                label=st.just(label),
                place=st.sampled_from([known, known, known, *PLACES]),
                value=bodies(members(DOCUMENT["paths"][path][method.lower()])),
                headers=st.sampled_from([{}, {}, {}, *HEADERS]),
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
    for path in (
        "/artifacts/filter",
        "/artifacts/latest/filter",
        "/flow_runs/filter",
        "/task_runs/filter",
        "/logs/filter",
    ):
        assert running.request("POST", f"/api{path}", {}).status == 200, path


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
