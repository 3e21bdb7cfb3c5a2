"""Gateways under test: ``isogloss serve`` as a process of its own, on a port of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.servers import clean_environment

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 40.0
POLL_SECONDS = 0.05
PORT_ATTEMPTS = 5
PASSWORD = "correct horse battery staple"


class GatewayError(AssertionError):
    """A gateway did not start or stop as it should, or a command of it failed. The message has what it printed."""


class Gateway:
    """A running gateway. ``url`` is its root without a slash; ``log`` the file that takes what it prints."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", port: int, environment: Mapping[str, str], log: Path
    ) -> None:
        self.process = process
        self.port = port
        self.environment = environment
        self.log = log

    @property
    def url(self) -> str:
        """The address of its root, such as ``http://127.0.0.1:4000``."""
        return f"http://127.0.0.1:{self.port}"

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        seconds: float = 60.0,
    ) -> "Answer":
        """One request on a connection of its own; ``body`` is sent as JSON unless ``raw`` bytes are given."""
        sent = {"content-type": "application/json", **(headers or {})}
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def command(self, *arguments: str) -> str:
        """The standard output of an ``isogloss`` command run with this gateway's settings. Raises ``GatewayError``."""
        return run_isogloss(arguments, self.environment)

    def token(self, name: str, role: str | None = None) -> str:
        """A new key of the user ``name``."""
        return self.command("token", "create", name, *(["--role", role] if role else [])).strip()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Ask the process to end, and see that it does so cleanly. Raises ``GatewayError``."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise GatewayError(f"The gateway did not end within {STOP_SECONDS:.0f} s:\n{self.printed()}") from None
        if code != 0:
            raise GatewayError(f"The gateway ended with {code}:\n{self.printed()}")

    def printed(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


class Answer:
    """What a gateway answered: the status, the headers with lower-case names, the body as bytes."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    def json(self) -> Any:
        """The body, parsed. An empty one is None."""
        return json.loads(self.content) if self.content else None

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.content[:400]!r})"


@contextmanager
def served(
    database_url: str,
    home: Path,
    *,
    auth: str = "open",
    settings: Mapping[str, str] | None = None,
    killed: bool = False,
) -> Iterator[Gateway]:
    """A gateway on the database, ready to answer, until the block ends; then it must stop cleanly.

    ``settings`` are more variables, ISOGLOSS_* and those of a bucket (see ``s3.S3Server``): none of the caller's own
    gets through. ``killed`` says that the block ends the process by itself. A PostgreSQL
    database gets its schema first, as an administrator would do it. Raises ``GatewayError``.
    """
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "ISOGLOSS_HOME": str(home),
        "ISOGLOSS_DATABASE_URL": database_url,
        "ISOGLOSS_AUTH": auth,
        "ISOGLOSS_ADMIN_PASSWORD": PASSWORD,
        "PYTHONPATH": str(ROOT),
        **(settings or {}),
    }
    if not database_url.startswith("sqlite"):
        run_isogloss(["db", "upgrade"], environment)
    gateway = start(environment, home)
    try:
        yield gateway
    except BaseException:
        gateway.kill()
        raise
    if not killed:
        gateway.stop()


def start(environment: Mapping[str, str], home: Path) -> Gateway:
    """Start a gateway and wait until it is ready. Raises ``GatewayError``."""
    for attempt in range(PORT_ATTEMPTS):
        port = free_port()
        log = home / f"gateway-{port}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "isogloss", "serve", "--host", "127.0.0.1", "--port", str(port)],
                env=clean_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=home,
            )
        gateway = Gateway(process, port, environment, log)
        try:
            if _ready(gateway):
                return gateway
        except BaseException:
            gateway.kill()
            raise
        # Somebody else took the port between our looking and the gateway's: another one will do.
        if not _port_taken(gateway) or attempt == PORT_ATTEMPTS - 1:
            break
    raise GatewayError(f"The gateway ended with {process.returncode} at its start:\n{gateway.printed()}")


def run_isogloss(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The standard output of an ``isogloss`` command. Raises ``GatewayError`` when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "isogloss", *arguments],
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
        cwd=environment.get("ISOGLOSS_HOME"),
    )
    if done.returncode:
        raise GatewayError(f"isogloss {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _ready(gateway: Gateway) -> bool:
    """Wait for readiness; False when the process ended instead. Raises ``GatewayError`` after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if gateway.process.poll() is not None:
            return False
        try:
            if gateway.request("GET", "/ready", seconds=5).status == 200:
                # The answer might be another server's on the same port: ours is alive, so it holds the port.
                return gateway.process.poll() is None
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(POLL_SECONDS)
    raise GatewayError(f"The gateway was not ready within {START_SECONDS:.0f} s:\n{gateway.printed()}")


def _port_taken(gateway: Gateway) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", gateway.port))
        except OSError:
            return True
    return False


def is_root() -> bool:
    """Whether the tests run as the superuser, whom file permissions do not stop."""
    return os.geteuid() == 0
