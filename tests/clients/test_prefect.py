"""The Prefect client, its command line and its flows against gateways, in every way that they are run.

Each program of the folder ``prefect`` runs once in each setting. The programs of a setting start with it and run side
by side, a few at a time; a test waits for its own.
"""

import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.servers import clean_environment
from tests.clients.environments import client_python
from tests.support.databases import Databases
from tests.support.gateways import Gateway, served
from tests.support.rotation import Rotation, rotation

FOLDER = Path(__file__).parent / "prefect"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "checks")
SIDE_BY_SIDE = 3
PROGRAM_SECONDS = 300.0
USER = "client"
SETTINGS = {
    "sqlite-open": ("sqlite", "open", 1),
    "sqlite-required": ("sqlite", "required", 1),
    "postgresql-open": ("postgresql", "open", 1),
    "postgresql-required": ("postgresql", "required", 1),
    "postgresql-two-gateways": ("postgresql", "required", 2),
}


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter that has the client."""
    return client_python("prefect")


@pytest.fixture(scope="module", params=SETTINGS)
def runs(
    request: pytest.FixtureRequest, python: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[subprocess.CompletedProcess[str]]"]]:
    """The programs' runs in one setting, by the program's name."""
    engine, auth, processes = SETTINGS[request.param]
    home = tmp_path_factory.mktemp(request.param)
    proxy: Rotation | None = None
    with ExitStack() as stack:
        url = stack.enter_context(databases.fresh(engine, migrated=True))
        gateways = [
            stack.enter_context(served(url, home / f"gateway-{number}", auth=auth)) for number in range(processes)
        ]
        place = gateways[0].url
        if processes > 1:
            proxy = stack.enter_context(rotation(*(gateway.port for gateway in gateways)))
            place = proxy.url
        environment = client_environment(gateways[0], place, auth)
        pool = stack.enter_context(ThreadPoolExecutor(SIDE_BY_SIDE))
        yield {name: pool.submit(run_program, python, name, environment, home / name) for name in PROGRAMS}
        if proxy is not None:
            counts = list(proxy.counts.values())
            assert min(counts) > 0
            assert max(counts) - min(counts) <= 1, "the gateways take the requests in turn"


def client_environment(gateway: Gateway, place: str, auth: str) -> dict[str, str]:
    """What a user sets to point the client at a gateway; with credentials where they are asked for."""
    environment = {
        "PREFECT_API_URL": f"{place}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }
    if auth == "required":
        environment["PREFECT_API_AUTH_STRING"] = f"{USER}:{gateway.token(USER)}"
    return environment


def run_program(python: Path, name: str, environment: dict[str, str], home: Path) -> "subprocess.CompletedProcess[str]":
    """Run one program, as a user without any other settings would."""
    home.mkdir()
    return subprocess.run(
        [str(python), str(FOLDER / f"{name}.py")],
        env=clean_environment({**environment, "HOME": str(home), "PREFECT_HOME": str(home / "prefect")}),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_finds_what_it_expects(
    runs: dict[str, "Future[subprocess.CompletedProcess[str]]"], program: str
) -> None:
    done = runs[program].result()
    assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("done\n")
