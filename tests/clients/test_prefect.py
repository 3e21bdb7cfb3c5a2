"""The Prefect client, its command line and its flows against gateways, in every way that they are run.

Each program of the folder ``prefect`` runs once in each setting.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.environments import client_python
from tests.clients.programs import Place, Runs, Setting, expect_done, program_names, running, serving
from tests.support.databases import Databases

FOLDER = Path(__file__).parent / "prefect"
PROGRAMS = program_names(FOLDER)
SIDE_BY_SIDE = 3
USER = "client"
SETTINGS = {
    "sqlite-open": Setting("sqlite", "open"),
    "sqlite-required": Setting("sqlite", "required"),
    "postgresql-two-gateways": Setting("postgresql", "required", gateways=2),
}


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter that has the client."""
    return client_python("prefect")


@pytest.fixture(scope="module", params=SETTINGS)
def runs(
    request: pytest.FixtureRequest, python: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """The programs' runs in one setting, by the program's name."""
    setting = SETTINGS[request.param]
    home = tmp_path_factory.mktemp(request.param)
    with serving(setting, databases, home) as place:
        environment = client_environment(place, setting.auth)
        with running(python, FOLDER, PROGRAMS, environment, home, side_by_side=SIDE_BY_SIDE) as started:
            yield started


def client_environment(place: Place, auth: str) -> dict[str, str]:
    """What a user sets to point the client at a gateway; with credentials where they are asked for."""
    environment = {
        "PREFECT_API_URL": f"{place.url}/api",
        "PREFECT_HOME": "{home}/prefect",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }
    if auth == "required":
        environment["PREFECT_API_AUTH_STRING"] = f"{USER}:{place.gateway.token(USER)}"
    return environment


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_finds_what_it_expects(runs: Runs, program: str) -> None:
    expect_done(runs, program)
