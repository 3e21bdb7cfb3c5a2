"""The clients' virtual environments: built once, and kept for as long as their pins stay the same."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parent
CACHE = "ISOGLOSS_TEST_CACHE"
"""The variable that names the folder to keep the environments in; ``~/.cache/isogloss`` without it."""
BUILD_SECONDS = 1800.0


def client_python(client: str) -> Path:
    """The interpreter of an environment with the packages that ``<client>.txt`` pins.

    Two test runs at once take turns: the second finds what the first has built. What a run that was interrupted left
    behind is built again.
    """
    pins = PINS / f"{client}.txt"
    mark = hashlib.sha256(f"{platform.python_version()} {sys.platform} {platform.machine()}\n".encode())
    mark.update(pins.read_bytes())
    folder = Path(os.environ.get(CACHE) or Path.home() / ".cache" / "isogloss") / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{client}-{mark.hexdigest()[:16]}"
    python, complete = place / "bin" / "python", place / "complete"
    with (folder / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(place, ignore_errors=True)
            run([sys.executable, "-m", "venv", str(place)])
            # Each pin names a version, so there is nothing left to resolve.
            install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", str(pins)]
            run([str(python), "-m", "pip", *install])
            complete.touch()
    return python


def client_package(client: str, package: str) -> Path:
    """The folder of a package in a client's environment."""
    [folder] = client_python(client).parent.parent.glob(f"lib/python*/site-packages/{package}")
    return folder


def run(arguments: list[str]) -> None:
    """Run a command that must succeed; it fails with what it printed."""
    done = subprocess.run(
        arguments, capture_output=True, text=True, timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
