"""Servers under measurement: started as processes of their own, waited for, ended by their own process id."""

import contextlib
import http.client
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

#: Variables that would point a server at somebody's own settings, or at a bucket with somebody's own files.
FOREIGN_PREFIXES = ("PREFECT_", "ISOGLOSS_", "ZENML_", "TFY_", "MLFLOW_", "PYTHON", "AWS_")


class ServerError(Exception):
    """A server did not start, or a command that prepares one failed; the message has what it printed."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server.

    Attributes:
        name: how messages call it.
        arguments: the program and its arguments.
        environment: variables on top of the caller's, whose own settings for any of the servers are left out.
        port: on 127.0.0.1, where it will listen.
        health_path: answers 2xx once the server is ready.
        log: file that takes what the server prints.

    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    port: int
    health_path: str
    log: Path
    start_seconds: float = field(default=120.0)


class Server:
    """A running server; a context manager that ends it."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        launch = self.launch
        self._log = launch.log.open("ab")
        self._process = subprocess.Popen(
            launch.arguments,
            env=clean_environment(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=launch.log.parent,
        )
        try:
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask the server to end, and make it end after 20 seconds."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def _wait_until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self.launch.start_seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerError(f"{self.launch.name} ended with {self._process.returncode}:\n{self._tail()}")
            if _answers(self.launch.port, self.launch.health_path):
                return
            time.sleep(0.1)
        raise ServerError(f"{self.launch.name} was not ready in time:\n{self._tail()}")

    def _tail(self) -> str:
        return "\n".join(self.launch.log.read_text(errors="replace").splitlines()[-30:])


def run_command(arguments: Sequence[str], environment: Mapping[str, str], *, seconds: float = 600.0) -> str:
    """Run a preparing command to its end and give back its standard output.

    Raises:
        ServerError: when it fails or takes longer than `seconds`.

    """
    try:
        done = subprocess.run(
            arguments,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"{' '.join(arguments)} took longer than {seconds:.0f} seconds") from error
    if done.returncode:
        raise ServerError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def ask(
    port: int,
    path: str,
    body: object = None,
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What a server on 127.0.0.1 answers to a GET or, with a body to send, to a POST, as JSON values.

    A `method` that is given is sent instead, and `headers` besides.

    Raises:
        ServerError: when the answer's status is not 2xx; it says what was asked and what came.

    """
    question = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", **(headers or {})},
        method=method,
    )
    try:
        with urllib.request.urlopen(question, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read(500).decode(errors="replace")
        raise ServerError(f"{question.get_method()} {question.full_url} was answered {error.code}: {said}") from None


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without anybody's server settings, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    return {**kept, **extra}


def _answers(port: int, path: str) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return 200 <= connection.getresponse().status < 300
        finally:
            connection.close()
    return False
