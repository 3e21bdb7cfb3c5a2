"""The command line under test, as processes."""

import subprocess
import sys
from pathlib import Path

from bench.servers import clean_environment
from tests.support.gateways import ROOT

SECONDS = 60.0


def isogloss(home: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """How ``isogloss`` with these arguments ended, and what it printed; ``variables`` of the environment by name."""
    return subprocess.run(
        [sys.executable, "-m", "isogloss", *arguments],
        env=clean_environment({"ISOGLOSS_HOME": str(home), "PYTHONPATH": str(ROOT), **variables}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
