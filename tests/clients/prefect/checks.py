"""What the programs beside this one share. They run in the client's own environment, without pytest."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from expecting import eventually, expect, holds, raises, unique

__all__ = ["API", "command", "eventually", "expect", "holds", "http", "raises", "unique"]

API = os.environ["PREFECT_API_URL"].rstrip("/")


def command(*arguments: str, fails: bool = False) -> str:
    """What the vendor's command line prints; its exit status must be as told."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("prefect")), "--no-prompt", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "4000", "NO_COLOR": "1", "TERM": "dumb"},
        check=False,
    )
    printed = done.stdout + done.stderr
    if (done.returncode != 0) != fails:
        raise SystemExit(f"prefect {' '.join(arguments)} ended with {done.returncode}:\n{printed}")
    return printed


def http(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
    """One plain request with the credentials that the client would send."""
    sent = dict(headers or {})
    user = os.environ.get("PREFECT_API_AUTH_STRING")
    auth = httpx.BasicAuth(*user.split(":", 1)) if user and "authorization" not in sent else None
    return httpx.request(method, f"{API}{path}", json=body, headers=sent, auth=auth, timeout=60)
