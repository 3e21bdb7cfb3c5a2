"""What the layers do to a request, seen from outside, on the app put together as it is served."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from isogloss.adapters.dialect import CALLER
from isogloss.core.access import Credential, Principal
from isogloss.gateway.middleware.asgi import App, Message
from isogloss.gateway.middleware.authentication import read_authorization
from tests.gateway.toy import CHUNKS, LARGE, client, one_password, toy_app

LIMIT = 2000


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


async def test_a_request_gets_an_id_of_its_own() -> None:
    async with client(toy_app()) as http:
        ids = [(await http.get(path)).headers["x-request-id"] for path in ("/toy/small", "/toy/small", "/no", "/")]
    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{12}-[0-9a-f]+", identity) for identity in ids)


@pytest.mark.parametrize("identity", ["abc-123", "Root=1-67891233-abcdef012345678912345678", "a" * 128])
async def test_a_sane_request_id_is_taken_over(identity: str) -> None:
    async with client(toy_app()) as http:
        answer = await http.get("/toy/small", headers={"x-request-id": identity})
    assert answer.headers["x-request-id"] == identity


@pytest.mark.parametrize("identity", ["", "a" * 129, "a b", 'quote"', "line\\n", "new\x01"])
async def test_another_request_id_is_not(identity: str) -> None:
    async with client(toy_app()) as http:
        answer = await http.get("/toy/small", headers={b"x-request-id": identity.encode()})
    assert answer.headers["x-request-id"] != identity


async def printed(capfd: pytest.CaptureFixture[str]) -> str:
    """What was logged; the lines of this turn of the loop are written after it."""
    await asyncio.sleep(0)
    return capfd.readouterr().err


async def test_access_lines_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    async with client(toy_app(LOG_FORMAT="json")) as http:
        answer = await http.get("/toy/large?token=hush", headers={"x-request-id": "one"})
        await http.get("/toy/%0Aline")
    first, second = [json.loads(line) for line in (await printed(capfd)).splitlines()]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first.pop("milliseconds") > 0
    assert first == {
        "level": "info",
        "logger": "isogloss.access",
        "request_id": "one",
        "method": "GET",
        "path": "/toy/large",
        "status": 200,
        "bytes": len(answer.content),
        "client": "127.0.0.1",
        "caller": "anonymous",
    }
    assert (second["status"], second["path"]) == (404, "/toy/%0Aline")


async def test_access_lines_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    async with client(toy_app()) as http:
        await http.post("/toy/echo", content=b"12345", headers={"x-request-id": "one"})
        await http.get("/nowhere", headers={"x-request-id": "two"})
    first, second = (await printed(capfd)).splitlines()
    assert re.fullmatch(
        r"\S+Z INFO isogloss\.access: 127\.0\.0\.1 POST /toy/echo 200 \d+\.\dms 11B anonymous \[one\]", first
    )
    assert re.fullmatch(r"\S+Z INFO isogloss\.access: 127\.0\.0\.1 GET /nowhere 404 \d+\.\dms 22B - \[two\]", second)


async def test_no_access_lines_above_the_level_info(capfd: pytest.CaptureFixture[str]) -> None:
    async with client(toy_app(LOG_LEVEL="warning")) as http:
        await http.get("/toy/small")
    assert await printed(capfd) == ""


async def test_an_unexpected_error_is_answered_by_the_dialect_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with client(toy_app()) as http:
        answer = await http.get("/toy/fail")
    assert (answer.status_code, answer.json()) == (500, {"toy": "failed"})
    [record] = [record for record in caplog.records if record.name == "isogloss.gateway"]
    assert record.exc_info is not None
    assert "a secret of the house" not in answer.text


async def test_a_gate_that_fails_is_an_unexpected_error() -> None:
    async def broken(credential: Credential | None) -> Principal:
        raise OSError("the database is away")

    async with client(toy_app(gate=broken)) as http:
        answer = await http.get("/toy/me", headers={"origin": "http://page.test"})
    assert (answer.status_code, answer.json()) == (500, {"toy": "failed"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize("path", ["/nowhere", "/toys", "/toy2/small", "//toy/small", "/health/", "/TOY/small"])
async def test_a_path_of_nobody(path: str) -> None:
    async with client(toy_app(gate=one_password)) as http:
        answer = await http.get(f"http://gateway.test{path}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/toy", "/toy/", "/toy//open", "/toy/open/", "/toy/%6Fpen/x"])
async def test_only_the_exact_open_paths_are_open(path: str) -> None:
    async with client(toy_app(gate=one_password)) as http:
        answer = await http.get(f"http://gateway.test{path}")
        assert (await http.get("/toy/open")).status_code == 200
    assert (answer.status_code, answer.json()) == (401, {"toy": "who are you?"})
    assert answer.headers["x-toy"] == "yes"


async def test_the_longest_prefix_decides() -> None:
    async with client(toy_app(gate=one_password)) as http:
        inner, outer = await http.get("/toy/inner/x"), await http.get("/toy/innermost")
    assert (inner.json(), outer.json()) == ({"inner": "who are you?"}, {"toy": "who are you?"})


async def test_methods_and_paths_that_a_dialect_does_not_have() -> None:
    async with client(toy_app()) as http:
        missing, method = await http.get("/toy/none"), await http.delete("/toy/small")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
    assert (method.status_code, method.json()) == (405, {"detail": "Method Not Allowed"})
    assert "GET" in method.headers["allow"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("HEAD", "/health", 200), ("POST", "/health", 405), ("GET", "/ready", 200)],
)
async def test_own_pages_need_no_credential(method: str, path: str, status: int) -> None:
    async with client(toy_app(gate=one_password)) as http:
        assert (await http.request(method, path)).status_code == status


async def over_websocket(app: App, path: str) -> tuple[Message, list[Message]]:
    """The scope of a websocket that opens and is closed by its client, and what the app sent."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"gateway.test")],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "scheme": "ws",
    }
    events: Iterator[Message] = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(events)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return scope, sent


async def test_a_websocket_reaches_its_route_and_authenticates_there(capfd: pytest.CaptureFixture[str]) -> None:
    scope, sent = await over_websocket(toy_app(gate=one_password, LOG_FORMAT="json"), "/toy/socket")
    assert [message["type"] for message in sent] == ["websocket.accept"]
    assert CALLER not in scope
    line = json.loads(await printed(capfd))
    assert (line["method"], line["path"], line["status"]) == ("WEBSOCKET", "/toy/socket", 101)


async def test_a_websocket_of_nobody_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    _, sent = await over_websocket(toy_app(LOG_FORMAT="json"), "/nowhere")
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert json.loads(await printed(capfd))["status"] == 403


async def test_health_and_readiness() -> None:
    async def behind() -> str | None:
        return "The schema is old."

    async def away() -> str | None:
        raise ConnectionRefusedError("postgresql://user:hush@host")

    async with client(toy_app()) as http:
        assert (await http.get("/health")).text == "OK"
        assert (await http.get("/ready")).json() == {"ready": True, "reason": None}
    async with client(toy_app(readiness=behind)) as http:
        answer = await http.get("/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "The schema is old."})
        assert (await http.get("/health")).status_code == 200
    async with client(toy_app(readiness=away)) as http:
        answer = await http.get("/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "The storage does not answer.")


async def test_storage_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hanging() -> str | None:
        await asyncio.sleep(60)
        return None

    monkeypatch.setattr("isogloss.gateway.pages.READY_SECONDS", 0.05)
    async with client(toy_app(readiness=hanging)) as http:
        answer = await http.get("/ready")
    assert answer.status_code == 503
    assert "has not answered" in answer.json()["reason"]


@pytest.mark.parametrize("size", [0, LIMIT])
async def test_bodies_up_to_the_limit(size: int) -> None:
    async with client(toy_app(MAX_BODY_BYTES=str(LIMIT))) as http:
        announced = await http.post("/toy/echo", content=bytes(size))
        counted = await http.post("/toy/echo", content=chunks(size // 2, size // 2))
    assert announced.json() == counted.json() == {"bytes": size}


async def test_bodies_over_the_limit() -> None:
    async with client(toy_app(MAX_BODY_BYTES=str(LIMIT))) as http:
        announced = await http.post("/toy/echo", content=bytes(LIMIT + 1))
        counted = await http.post("/toy/echo", content=chunks(LIMIT, 1, 10_000))
        inner = await http.post("/toy/inner/any", content=bytes(LIMIT + 1))
    for answer in (announced, counted):
        assert (answer.status_code, answer.json()) == (413, {"toy": "too large"})
        assert "x-request-id" in answer.headers
    assert inner.json() == {"inner": "too large"}


async def test_bodies_of_streamed_paths_have_no_limit() -> None:
    async with client(toy_app(MAX_BODY_BYTES=str(LIMIT))) as http:
        announced = await http.post("/toy/streamed", content=bytes(LIMIT + 1))
        counted = await http.post("/toy/streamed", content=chunks(LIMIT, 1))
        beside = await http.post("/toy/streamed/", content=bytes(LIMIT + 1))
    assert announced.json() == counted.json() == {"bytes": LIMIT + 1}
    assert beside.status_code == 413


async def test_a_stream_is_not_read_past_the_limit() -> None:
    taken = 0

    async def endless() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": bytes(1000), "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/toy/echo",
        "raw_path": b"/toy/echo",
        "query_string": b"",
        "headers": [(b"host", b"gateway.test"), (b"transfer-encoding", b"chunked")],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    await toy_app(MAX_BODY_BYTES=str(LIMIT))(scope, endless, send)
    assert taken == 3
    assert [message.get("status", message.get("body")) for message in sent] == [413, b'{"toy":"too large"}']


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5, br", True),
        ("gzip;q=1.0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br", False),
        ("identity", False),
    ],
)
async def test_gzip_is_given_to_those_who_ask(accepted: str, packed: bool) -> None:
    async with client(toy_app()) as http:
        answer = await http.get("/toy/large", headers={"accept-encoding": accepted})
    assert answer.json() == LARGE
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    if packed:
        assert answer.headers["vary"] == "Accept-Encoding"
        assert int(answer.headers["content-length"]) < len(msgspec.json.encode(LARGE)) / 3


@pytest.mark.parametrize("path", ["/toy/small", "/toy/picture", "/toy/stream"])
async def test_small_packed_and_streamed_answers_go_out_as_they_are(path: str) -> None:
    async with client(toy_app()) as http:
        answer = await http.get(path, headers={"accept-encoding": "gzip"})
        plain = await http.get(path)
    assert "content-encoding" not in answer.headers
    assert answer.content == plain.content
    assert path != "/toy/stream" or answer.content == b"".join(CHUNKS)


async def test_large_bodies_are_compressed_on_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isogloss.gateway.middleware.compression.THREAD_BYTES", 1000)
    asked = {"accept-encoding": "gzip"}
    async with client(toy_app()) as http, http.stream("GET", "/toy/large", headers=asked) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert json.loads(gzip.decompress(raw)) == LARGE


async def test_any_origin_may_read_by_default() -> None:
    async with client(toy_app(gate=one_password)) as http:
        refused = await http.get("/toy/me", headers={"origin": "http://page.test"})
        plain = await http.get("/toy/me")
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in plain.headers


async def test_preflights_are_answered_without_a_credential() -> None:
    asked = {
        "origin": "http://page.test",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "content-type, x-prefect-api-version",
    }
    async with client(toy_app(gate=one_password)) as http:
        answer = await http.options("/toy/write", headers=asked)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type, x-prefect-api-version"
    assert answer.headers["access-control-max-age"] == "600"


async def test_named_origins_alone() -> None:
    ask = {"access-control-request-method": "GET"}
    async with client(toy_app(CORS_ORIGINS="https://one.example.org")) as http:
        named = await http.get("/toy/me", headers={"origin": "https://one.example.org"})
        other = await http.get("/toy/me", headers={"origin": "https://two.example.org"})
        refused = await http.options("/toy/me", headers={"origin": "https://two.example.org", **ask})
    assert named.headers["access-control-allow-origin"] == "https://one.example.org"
    assert named.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in other.headers
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("header", "credential"),
    [
        (b"Bearer abc.def", Credential(name=None, secret="abc.def")),
        (b"bearer  abc ", Credential(name=None, secret="abc")),
        (b"Basic YTpiOmM=", Credential(name="a", secret="b:c")),
        (b"BASIC YTo=", Credential(name="a", secret="")),
        (b"Basic bm8tY29sb24=", Credential(name=None, secret="no-colon")),
        (b"Basic YTrDvA==", Credential(name="a", secret="ü")),
        (b"Basic YTr8", Credential(name="a", secret="ü")),
        (b"Basic ", None),
        (b"Basic ***", None),
        (b"Bearer ", None),
        (b"Digest a=b", None),
        (b"", None),
        (None, None),
    ],
)
def test_authorization_headers(header: bytes | None, credential: Credential | None) -> None:
    assert read_authorization(header) == credential
