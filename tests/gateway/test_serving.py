"""A gateway as it is run: its start-up screen, its logs, and its end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets import ConnectionClosed, Subprotocol
from websockets.sync.client import connect

from bench.servers import clean_environment
from tests.support.gateways import ROOT, Gateway

SECONDS = 30.0
BODY = b'{"limit": 1, "sort": null}'


@contextmanager
def process(home: Path, *arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """A gateway on a free port with its two outputs apart; killed after the test if it still runs."""
    environment = {"ISOGLOSS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment |= {f"ISOGLOSS_{name}": value for name, value in variables.items()}
    running = subprocess.Popen(
        [sys.executable, "-m", "isogloss", "serve", "--port", "0", *arguments],
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def screen_of(running: "subprocess.Popen[str]") -> str:
    """The start-up screen, up to the line that names Prefect's address: its last but a few."""
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "PREFECT_API_URL" in line:
            return "".join(lines)
    raise AssertionError(f"no screen: {''.join(lines)}{running.stderr.read() if running.stderr else ''}")


def port_on(screen: str) -> int:
    found = re.search(r"http://[0-9.]+:(\d+)$", screen, re.MULTILINE)
    assert found is not None, screen
    return int(found.group(1))


def slow_request(port: int, body: bytes) -> socket.socket:
    """A request of which all but the last byte of the body was sent."""
    connection = socket.create_connection(("127.0.0.1", port), SECONDS)
    head = f"POST /api/artifacts/filter HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[:-1])
    return connection


def answer_on(connection: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_finish(gateway: Gateway, number: signal.Signals) -> None:
    with slow_request(gateway.port, BODY) as slow, slow_request(gateway.port, BODY) as second:
        # An idle connection is no request in flight, and does not hold the process.
        idle = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
        idle.request("GET", "/health")
        assert idle.getresponse().read() == b"OK"
        gateway.process.send_signal(number)
        wait_until(lambda: refuses(gateway.port))
        time.sleep(0.5)
        assert gateway.process.poll() is None
        for connection in (slow, second):
            connection.sendall(BODY[-1:])
            assert answer_on(connection) == (200, b"[]")
        idle.close()
    assert gateway.process.wait(SECONDS) == 0
    printed = gateway.printed()
    assert printed.count("POST /api/artifacts/filter 200") == 2
    assert "Traceback" not in printed
    assert "ERROR" not in printed


def test_an_open_websocket_does_not_hold_the_process(gateway: Gateway) -> None:
    url = f"ws://127.0.0.1:{gateway.port}/api/events/in"
    with connect(url, subprotocols=[Subprotocol("prefect")]) as events:
        events.send(json.dumps({"type": "auth", "token": None}))
        assert json.loads(events.recv(SECONDS)) == {"type": "auth_success"}
        gateway.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            events.recv(SECONDS)
    assert gateway.process.wait(SECONDS) == 0
    assert "Traceback" not in gateway.printed()


def test_the_start_up_screen(tmp_path: Path) -> None:
    with process(tmp_path / "home", STORAGE_URL="s3://bucket") as running:
        screen = screen_of(running)
        port = port_on(screen)
        assert f"listens   http://127.0.0.1:{port}\n" in screen
        assert f"database  {tmp_path}/home/isogloss.db\n" in screen
        assert "files     s3://bucket\n" in screen
        assert "access    open" in screen
        assert f"PREFECT_API_URL=http://127.0.0.1:{port}/api\n" in screen
        found = re.search(r"user admin, password (\S+)\n", screen)
        assert found is not None
        assert "\033" not in screen
        assert refuses(port) is False
        running.send_signal(signal.SIGTERM)
        assert running.wait(SECONDS) == 0
    with process(tmp_path / "home", AUTH="required", PUBLIC_URL="https://registry.example.org") as running:
        screen = screen_of(running)
        assert "password" not in screen
        assert re.search(r"listens   http://127\.0\.0\.1:\d+\n  public    https://registry\.example\.org\n", screen)
        assert "isogloss token create NAME" in screen
        assert "PREFECT_API_URL=https://registry.example.org/api\n" in screen
        assert running.stdout is not None
        assert running.stdout.readline().endswith("PREFECT_API_AUTH_STRING=NAME:TOKEN\n")


def test_a_start_that_hangs_can_be_stopped(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/isogloss"
        with process(tmp_path / "home", DATABASE_URL=url) as running:
            accepted, _ = silent.accept()
            with accepted:
                running.send_signal(signal.SIGTERM)
                printed, complaint = running.communicate(timeout=SECONDS)
    assert (running.returncode, printed, complaint) == (130, "", "")


def test_an_open_address_for_all_when_told_so(tmp_path: Path) -> None:
    with process(tmp_path / "home", "--host", "0.0.0.0", AUTH="open") as running:
        screen = screen_of(running)
        port = port_on(screen)
        assert f"listens   http://0.0.0.0:{port}\n" in screen
        assert f"PREFECT_API_URL=http://127.0.0.1:{port}/api\n" in screen
        assert not refuses(port)


def test_logs_as_json(tmp_path: Path) -> None:
    with process(tmp_path / "home", LOG_FORMAT="json") as running:
        port = port_on(screen_of(running))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        connection.request("GET", "/health", headers={"x-request-id": "mine"})
        answer = connection.getresponse()
        assert answer.read() == b"OK"
        headers = {name.lower() for name, _ in answer.getheaders()}
        assert answer.headers["x-request-id"] == "mine"
        assert "server" not in headers
        connection.close()
        running.send_signal(signal.SIGTERM)
        _, logged = running.communicate(timeout=SECONDS)
    [line] = [json.loads(line) for line in logged.splitlines()]
    assert (line["path"], line["status"], line["request_id"]) == ("/health", 200, "mine")


def test_a_reader_of_the_log_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    with process(tmp_path / "home") as running:
        port = port_on(screen_of(running))
        assert running.stderr is not None
        assert running.stdout is not None
        running.stderr.close()
        running.stdout.close()
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            connection.close()
        running.send_signal(signal.SIGTERM)
        assert running.wait(SECONDS) == 0
        running.stderr = running.stdout = None


def test_credentials_over_the_wire(serve: Callable[..., Gateway], database_url: str) -> None:
    gateway = serve(database_url, auth="required")
    key = gateway.token("ana", "viewer")
    path = "/api/admin/version"
    assert gateway.request("GET", path).status == 401
    assert gateway.request("GET", path).json() == {"exception_message": "Unauthorized"}
    assert gateway.request("GET", path, headers={"authorization": "Bearer wrong"}).status == 401
    assert gateway.request("GET", path, headers={"authorization": f"Bearer {key}"}).status == 200
    assert gateway.request("GET", "/api/health").status == 200
    assert gateway.request("GET", "/ready").status == 200
    token_id = gateway.command("token", "list").split()[0]
    gateway.command("token", "revoke", token_id)
    assert gateway.request("GET", path, headers={"authorization": f"Bearer {key}"}).status == 401


def test_a_body_over_the_limit_over_the_wire(serve: Callable[..., Gateway], database_url: str) -> None:
    gateway = serve(database_url, settings={"ISOGLOSS_MAX_BODY_BYTES": "5000"})
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=SECONDS)
    for _ in range(2):
        connection.request("POST", "/api/artifacts/filter", bytes(5001))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 413
    connection.request(
        "POST",
        "/api/artifacts/filter",
        iter([bytes(3000)] * 3),
        encode_chunked=True,
        headers={"transfer-encoding": "chunked"},
    )
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 413
    connection.request("POST", "/api/artifacts/filter", BODY)
    assert connection.getresponse().read() == b"[]"
    connection.close()
