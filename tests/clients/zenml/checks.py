"""What the programs beside this one share. They run in the client's own environment, without pytest."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from expecting import expect, holds, raises, unique

__all__ = [
    "SERVER",
    "WIDE",
    "another_client",
    "command",
    "command_within",
    "expect",
    "holds",
    "http",
    "own_project",
    "raises",
    "unique",
]

SERVER = os.environ["ZENML_STORE_URL"].rstrip("/")
WIDE = {"COLUMNS": "4000", "NO_COLOR": "1"}
_tokens: list[str] = []


def command(*arguments: str, fails: bool = False) -> str:
    """What the vendor's command line prints; its exit status must be as told."""
    return _run([str(Path(sys.executable).with_name("zenml")), *arguments], WIDE, fails)


def command_within(*arguments: str, fails: bool = False) -> str:
    """The same without a process of its own, which takes seconds to start."""
    from click.testing import CliRunner

    before, printed = sys.stdout, io.StringIO()
    try:
        import zenml_cli
    finally:
        # The command line takes standard output for itself when it is imported.
        sys.stdout = before
    zenml_cli._original_stdout = printed
    done = CliRunner(env=WIDE).invoke(zenml_cli.cli, arguments)
    output = printed.getvalue() + done.output
    if (done.exit_code != 0) != fails:
        raise SystemExit(f"zenml {' '.join(arguments)} ended with {done.exit_code}:\n{output}\n{done.exception!r}")
    return output


def another_client(home: str, text: str, environment: dict[str, str] | None = None, fails: bool = False) -> str:
    """What a new client's process prints that runs the program ``text``; ``home`` names its configuration's folder.

    A client that is told its credentials here is told no others.
    """
    folder = Path.cwd() / home
    folder.mkdir(exist_ok=True)
    script = folder / "program.py"
    script.write_text(text)
    told = {"ZENML_CONFIG_PATH": str(folder), **(environment or {})}
    return _run([sys.executable, str(script)], told, fails, without="ZENML_STORE_" if environment else None)


def _run(arguments: list[str], environment: dict[str, str], fails: bool, without: str | None = None) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if without is None or not name.startswith(without) or name == "ZENML_STORE_URL"
    }
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**kept, **environment},
        check=False,
    )
    printed = done.stdout + done.stderr
    if (done.returncode != 0) != fails:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{printed}")
    return printed


def http(method: str, path: str, *, headers: dict[str, str] | None = None, **rest: Any) -> requests.Response:
    """One plain request with the credentials that the client would send; ``path`` is below /api/v1."""
    sent = dict(headers or {})
    key, user = os.environ.get("ZENML_STORE_API_KEY"), os.environ.get("ZENML_STORE_USERNAME")
    if key or user:
        if not _tokens:
            form = {"password": key} if key else {"username": user, "password": os.environ["ZENML_STORE_PASSWORD"]}
            answer = requests.post(f"{SERVER}/api/v1/login", data=form, timeout=60)
            answer.raise_for_status()
            _tokens.append(answer.json()["access_token"])
        sent.setdefault("Authorization", f"Bearer {_tokens[0]}")
    return requests.request(method, f"{SERVER}/api/v1{path}", headers=sent, timeout=60, **rest)


@contextmanager
def own_project(word: str) -> Iterator[Any]:
    """A new project, active until the block ends; then it is deleted with all that is in it."""
    from zenml.client import Client

    client = Client()
    before = client.active_project.id
    project = client.create_project(unique(word), description="for one program")
    client.set_active_project(project.id)
    try:
        yield project
    finally:
        client.set_active_project(before)
        client.delete_project(project.id)
