"""Bytes through a running gateway: of any size, with flat memory, and never half."""

import gzip
import hashlib
import http.client
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from isogloss.adapters.transfers import PATH
from tests.support.gateways import Gateway
from tests.support.transfers import Addresses, new_file, new_upload

SECONDS = 60.0
MIB = 1024 * 1024
CONTENT = bytes(range(256)) * 64
LIMIT = 5000
"""The gateway's limit on the bodies of all other requests."""

FLAT_MIB = 24
"""How much a gateway may grow over a transfer of any size."""


@pytest.fixture
def gateway(serve: Callable[..., Gateway], tmp_path: Path) -> Gateway:
    """A gateway that requires credentials, and takes small bodies only."""
    return serve(f"sqlite:///{tmp_path}/isogloss.db", auth="required", settings={"ISOGLOSS_MAX_BODY_BYTES": str(LIMIT)})


@pytest.fixture
def file(gateway: Gateway) -> Addresses:
    return new_file(gateway)


@contextmanager
def connected(gateway: Gateway) -> Iterator[socket.socket]:
    connection = socket.create_connection(("127.0.0.1", gateway.port), SECONDS)
    with connection:
        yield connection


def head(method: str, address: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {address} HTTP/1.1", "host: x", *lines, "", ""]).encode()


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def blocks(count: int) -> Iterator[bytes]:
    """Mebibytes that no compression makes smaller."""
    generator = random.Random(7)
    for _ in range(count):
        yield generator.randbytes(MIB)


def kept_files(gateway: Gateway) -> list[Path]:
    objects = Path(gateway.environment["ISOGLOSS_HOME"]) / "objects"
    return [path for place in ("owned", ".staging") for path in (objects / place).rglob("*") if path.is_file()]


def wait_until(true: Callable[[], bool]) -> None:
    """What another process does takes a moment."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def peak_mib(gateway: Gateway) -> int:
    """The most memory that the gateway has had resident so far."""
    for line in Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmHWM")


def test_an_address_needs_no_credential_and_nothing_beside_it_is_open(gateway: Gateway, file: Addresses) -> None:
    assert gateway.request("PUT", file.write, raw=CONTENT).status == 200
    assert gateway.request("GET", file.read).content == CONTENT
    query = file.read.partition("?")[2]
    for path in (f"{PATH}/?{query}", f"/api/isogloss/v1?{query}", f"{PATH}s?{query}", f"{PATH}/..?{query}"):
        assert gateway.request("GET", path).status == 401, path
    assert gateway.request("GET", PATH).status == 403


def test_a_body_over_the_limit_of_other_bodies_is_taken(gateway: Gateway, file: Addresses) -> None:
    content = os.urandom(3 * MIB + 17)
    put = gateway.request("PUT", file.write, raw=content)
    assert (put.status, put.content) == (200, b"")
    got = gateway.request("GET", file.read)
    assert (got.content, got.headers["etag"]) == (content, put.headers["etag"])


def test_a_body_of_no_told_length_is_taken(gateway: Gateway, file: Addresses) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
    connection.request("PUT", file.write, iter([CONTENT, b"more"]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert gateway.request("GET", file.read).content == CONTENT + b"more"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["content-length: 20000"], CONTENT),
        (["content-length: 20000000"], CONTENT * 200),
        (["transfer-encoding: chunked"], b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT)),
        (["transfer-encoding: chunked"], b"%x\r\n%b" % (len(CONTENT) + 1, CONTENT)),
    ],
)
def test_a_connection_that_breaks_leaves_nothing(
    gateway: Gateway, file: Addresses, lines: list[str], body: bytes
) -> None:
    with connected(gateway) as connection:
        connection.sendall(head("PUT", file.write, *lines) + body)
        wait_until(lambda: kept_files(gateway) != [])
    wait_until(lambda: kept_files(gateway) == [])
    assert gateway.request("GET", file.read).status == 404


def test_what_follows_the_told_length_is_the_next_request(gateway: Gateway, file: Addresses) -> None:
    with connected(gateway) as connection:
        put = head("PUT", file.write, f"content-length: {len(CONTENT)}") + CONTENT
        connection.sendall(put + head("GET", file.read))
        assert answer_on(connection) == (200, b"")
        assert answer_on(connection) == (200, CONTENT)


def test_a_client_that_asks_whether_to_go_on_is_told(gateway: Gateway, file: Addresses) -> None:
    lines = (f"content-length: {len(CONTENT)}", "expect: 100-continue")
    with connected(gateway) as connection:
        connection.sendall(head("PUT", file.write, *lines))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(CONTENT)
        assert answer_on(connection)[0] == 200
    with connected(gateway) as connection:
        connection.sendall(head("PUT", file.read, *lines))
        assert answer_on(connection)[0] == 403


def test_bytes_are_never_compressed(gateway: Gateway, file: Addresses) -> None:
    text = b'{"much": "the same"}' * 1000
    gateway.request("PUT", file.write, raw=text, headers={"content-type": "application/json"})
    for headers, expected in (({}, text), ({"range": "bytes=5-900"}, text[5:901])):
        answer = gateway.request("GET", file.read, headers={"accept-encoding": "gzip, deflate", **headers})
        assert answer.content == expected
        assert answer.headers["content-length"] == str(len(expected))
        assert "content-encoding" not in answer.headers
    packed = gzip.compress(text)
    gateway.request("PUT", file.write, raw=packed, headers={"content-encoding": "gzip"})
    assert gateway.request("GET", file.read).content == packed


def test_an_answer_to_head_has_no_body(gateway: Gateway, file: Addresses) -> None:
    gateway.request("PUT", file.write, raw=CONTENT)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
    for method, expected in (("HEAD", b""), ("GET", CONTENT), ("HEAD", b""), ("GET", CONTENT)):
        connection.request(method, file.read)
        answer = connection.getresponse()
        assert answer.headers["content-length"] == str(len(CONTENT))
        assert answer.read() == expected
        connection.request(method, file.read, headers={"if-none-match": answer.headers["etag"]})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (304, b"")
    connection.close()


def test_permits_are_not_logged(gateway: Gateway, file: Addresses) -> None:
    gateway.request("PUT", file.write, raw=CONTENT)
    gateway.request("GET", file.read)
    gateway.request("POST", file.read, raw=b"<a/>")
    gateway.request("GET", file.read[:-3])
    # The line of an answer is written in the same turn of the loop, before the next request is read.
    gateway.request("GET", "/health")
    printed = gateway.log.read_text()
    assert printed.count(PATH) == 4
    assert "permit=" not in printed
    for address in (file.read, file.write):
        assert address.partition("=")[2][:20] not in printed


def test_pages_of_other_origins_may_read(gateway: Gateway, file: Addresses) -> None:
    gateway.request("PUT", file.write, raw=CONTENT)
    answer = gateway.request("GET", file.read, headers={"origin": "https://notebook.example"})
    assert (answer.content, answer.headers["access-control-allow-origin"]) == (CONTENT, "*")


@pytest.mark.parametrize("length", [2 * MIB, None])
def test_a_list_of_parts_has_a_limit(gateway: Gateway, file: Addresses, length: int | None) -> None:
    upload = new_upload(gateway, file.stage, 2)
    body = b"<CompleteMultipartUpload>" + b" " * (2 * MIB)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
    connection.request("POST", upload.finish_url, body if length else iter([body]), encode_chunked=length is None)
    assert connection.getresponse().status == 413
    connection.close()


def test_memory_stays_flat_however_large_a_file_is(gateway: Gateway, file: Addresses) -> None:
    gateway.request("PUT", file.write, raw=bytes(8 * MIB))
    gateway.request("GET", file.read)
    before = peak_mib(gateway)
    count = 256
    sent, received = hashlib.sha256(), hashlib.sha256()

    with connected(gateway) as connection:
        connection.sendall(head("PUT", file.write, f"content-length: {count * MIB}"))
        for block in blocks(count):
            sent.update(block)
            connection.sendall(block)
        assert answer_on(connection)[0] == 200
    assert peak_mib(gateway) - before < FLAT_MIB

    reader = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
    reader.request("GET", file.read)
    answer = reader.getresponse()
    # A client that takes its time must not make the gateway hold what it has not taken.
    time.sleep(0.2)
    while chunk := answer.read(MIB):
        received.update(chunk)
    reader.close()
    assert received.digest() == sent.digest()
    assert peak_mib(gateway) - before < FLAT_MIB


def test_a_client_that_leaves_while_it_reads_leaves_nothing_open(gateway: Gateway, file: Addresses) -> None:
    gateway.request("PUT", file.write, raw=os.urandom(32 * MIB))
    with connected(gateway) as connection:
        connection.sendall(head("GET", file.read))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    descriptors = Path(f"/proc/{gateway.process.pid}/fd")
    wait_until(lambda: not any("objects/owned" in str(each.readlink()) for each in descriptors.iterdir()))


def test_parts_come_in_parallel_and_become_one_file(gateway: Gateway, file: Addresses) -> None:
    parts = [os.urandom(MIB + number) for number in range(12)]
    upload = new_upload(gateway, file.stage, len(parts))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda url, part: gateway.request("PUT", url, raw=part), upload.part_urls, parts))
    told = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{answer.headers['etag']}</ETag></Part>"
        for number, answer in enumerate(answers, start=1)
    )
    body = f"<CompleteMultipartUpload>{told}</CompleteMultipartUpload>".encode()
    for _ in range(2):
        answer = gateway.request("POST", upload.finish_url, raw=body)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/xml")
    got = gateway.request("GET", file.read)
    assert got.content == b"".join(parts)
    assert answer.headers["etag"] == got.headers["etag"]
