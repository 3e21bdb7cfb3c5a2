"""The ZenML client, its command line and its pipelines against gateways, in every way that they are run.

Each program of the folder ``zenml`` runs on both engines. The other settings run those that they might change.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.clients.environments import client_python
from tests.clients.programs import Place, Runs, Setting, Stage, expect_done, program_names, running, serving
from tests.support.databases import Databases
from tests.support.gateways import PASSWORD
from tests.support.s3 import s3_server

FOLDER = Path(__file__).parent / "zenml"
IN_A_BUCKET = ["s3"]
"""What needs a store in a bucket; all other programs need one on this machine's disk."""
WITH_A_DEVICE = ["device_login"]
"""What signs in by itself, as a device, which it can only where credentials are asked for."""
PROGRAMS = [name for name in program_names(FOLDER) if name not in [*IN_A_BUCKET, *WITH_A_DEVICE]]
SIDE_BY_SIDE = 2
USER = "client"
SETTINGS = {
    "sqlite-open": (Setting("sqlite", "open"), PROGRAMS),
    "sqlite-required": (Setting("sqlite", "required"), ["accounts", "versions", "pipelines", *WITH_A_DEVICE]),
    "postgresql-required": (Setting("postgresql", "required"), [*PROGRAMS, *WITH_A_DEVICE]),
    "postgresql-two-gateways": (Setting("postgresql", "required", gateways=2), ["versions", "models", "pipelines"]),
    "bucket": (Setting("sqlite", "open"), IN_A_BUCKET),
}
BY_PASSWORD = ["postgresql-required"]
"""Where the client signs in with a name and a password. Elsewhere it has a key, if credentials are asked for at all."""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter that has the client."""
    return client_python("zenml")


@pytest.fixture(scope="module")
def stage(python: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where settings are opened."""

    @contextmanager
    def open_setting(name: str) -> Iterator[Runs]:
        setting, programs = SETTINGS[name]
        home = tmp_path_factory.mktemp(name)
        with ExitStack() as stack:
            bucket: dict[str, str] = {}
            settings: dict[str, str] = {}
            if programs is IN_A_BUCKET:
                server = stack.enter_context(s3_server())
                bucket = {**server.environment}
                settings = {**bucket, "ISOGLOSS_STORAGE_URL": f"s3://{server.make_bucket()}"}
            place = stack.enter_context(serving(setting, databases, home, settings))
            environment = {**client_environment(place, setting.auth, name in BY_PASSWORD), **bucket}
            yield stack.enter_context(running(python, FOLDER, programs, environment, home, side_by_side=SIDE_BY_SIDE))

    opened = Stage(open_setting)
    yield opened
    opened.close()


def client_environment(place: Place, auth: str, by_password: bool) -> dict[str, str]:
    """What a user sets to point the client at a gateway; with credentials where they are asked for."""
    environment = {
        "ZENML_STORE_URL": place.url,
        "ZENML_CONFIG_PATH": "{home}/zenml",
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_ENABLE_RICH_TRACEBACK": "false",
        "ZENML_LOGGING_VERBOSITY": "WARN",
        "AUTO_OPEN_DASHBOARD": "false",
        "PYTHONWARNINGS": "ignore",
    }
    if auth == "required" and by_password:
        environment |= {"ZENML_STORE_USERNAME": "admin", "ZENML_STORE_PASSWORD": PASSWORD}
    elif auth == "required":
        environment["ZENML_STORE_API_KEY"] = place.gateway.token(USER)
    if auth == "required":
        # What a user types into the page on which a device is let in.
        environment |= {"PAGE_USER": "admin", "PAGE_PASSWORD": PASSWORD}
    return environment


@pytest.mark.parametrize(
    ("setting", "program"),
    [(setting, program) for setting, (_, programs) in SETTINGS.items() for program in programs],
)
def test_program_finds_what_it_expects(stage: Stage, setting: str, program: str) -> None:
    expect_done(stage.runs(setting), program)
