"""Virtual environments for the real servers: built once, kept, never mixed with our own."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.servers import run_command

#: Written last, so that an environment whose installation was interrupted is not taken for a finished one.
MARKER = "requirements.json"


def cache_directory() -> Path:
    """Where environments are kept: ``ISOGLOSS_BENCH_CACHE``, or a folder in the user's cache."""
    chosen = os.environ.get("ISOGLOSS_BENCH_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "isogloss" / "bench"


def ensure_environment(name: str, requirements: Sequence[str]) -> Path:
    """The folder with the programs of an environment that holds `requirements`; built when it is missing.

    Raises:
        ServerError: when the installation fails.

    """
    directory = cache_directory() / name
    programs = directory / "bin"
    marker = directory / MARKER
    wanted = json.dumps([sys.version, *requirements])
    if marker.is_file() and marker.read_text() == wanted:
        return programs
    print(f"Installing {', '.join(requirements)} into {directory} (once)", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    run_command([sys.executable, "-m", "venv", str(directory)], {})
    run_command([str(programs / "python"), "-m", "pip", "install", "--quiet", *requirements], {}, seconds=1800)
    marker.write_text(wanted)
    return programs


def installed_versions(programs: Path, packages: Sequence[str]) -> dict[str, str]:
    """The versions of `packages` in an environment, and of the SQLite its Python uses."""
    script = (
        "import importlib.metadata as m, json, sqlite3, sys;"
        "found = {name: m.version(name) for name in sys.argv[1:]};"
        "found['sqlite'] = sqlite3.sqlite_version;"
        "print(json.dumps(found))"
    )
    found = json.loads(run_command([str(programs / "python"), "-c", script, *packages], {}))
    return {str(name): str(version) for name, version in found.items()}
