"""TrueFoundry's SDKs, two generations of them, and their command line against gateways, in every way that they are run.

Each program of the folder ``truefoundry`` runs on SQLite with both. The other settings run those that they might
change.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from tests.clients.environments import client_python
from tests.clients.programs import Place, Runs, Setting, Stage, expect_done, program_names, running, serving
from tests.support.databases import Databases
from tests.support.gateways import PASSWORD
from tests.support.s3 import s3_server

FOLDER = Path(__file__).parent / "truefoundry"
GENERATIONS = {"new": ("truefoundry", "svc"), "old": ("truefoundry-old", "ml")}
"""Each generation's environment, and the family of paths that its SDK speaks."""
WITH_A_DEVICE = ["device_login"]
"""What signs in by itself, as a device, which its user is asked about only where credentials are asked for."""
OF_THE_NEWER = ["personal_token"]
"""What the older generation cannot do."""
PROGRAMS = [name for name in program_names(FOLDER) if name not in [*WITH_A_DEVICE, *OF_THE_NEWER]]
USER = "client"


class Cast(Struct, frozen=True):
    """A setting, the programs that each generation runs in it, and whether files lie in a bucket."""

    setting: Setting
    new: Sequence[str]
    old: Sequence[str]
    bucket: bool = False


SETTINGS = {
    "sqlite-open": Cast(Setting("sqlite", "open"), new=[*PROGRAMS, *OF_THE_NEWER], old=PROGRAMS),
    "postgresql-two-gateways": Cast(
        Setting("postgresql", "required", gateways=2),
        new=["sdk", "ml_artifacts", *OF_THE_NEWER, *WITH_A_DEVICE],
        old=["ml_artifacts", "ml_runs", *WITH_A_DEVICE],
    ),
    "bucket": Cast(Setting("sqlite", "open"), new=["ml_models"], old=["large_file"], bucket=True),
}


@pytest.fixture(scope="module")
def pythons() -> dict[str, Path]:
    """The interpreters that have the clients, by generation."""
    return {generation: client_python(name) for generation, (name, _) in GENERATIONS.items()}


@pytest.fixture(scope="module")
def stage(pythons: dict[str, Path], databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where settings are opened. Each generation runs one program at a time, beside the other's."""

    @contextmanager
    def open_setting(name: str) -> Iterator[Runs]:
        cast = SETTINGS[name]
        home = tmp_path_factory.mktemp(name)
        with ExitStack() as stack:
            settings: dict[str, str] = {}
            if cast.bucket:
                server = stack.enter_context(s3_server())
                settings = {**server.environment, "ISOGLOSS_STORAGE_URL": f"s3://{server.make_bucket()}"}
            place = stack.enter_context(serving(cast.setting, databases, home, settings))
            runs: Runs = {}
            for generation, programs in (("new", cast.new), ("old", cast.old)):
                own = home / generation
                own.mkdir()
                environment = client_environment(place, generation)
                python = pythons[generation]
                started = stack.enter_context(running(python, FOLDER, programs, environment, own, side_by_side=1))
                runs |= {f"{generation}-{program}": run for program, run in started.items()}
            yield runs

    opened = Stage(open_setting)
    yield opened
    opened.close()


def client_environment(place: Place, generation: str) -> dict[str, str]:
    """What a user sets to point the client at a gateway. It wants a key in open mode, too."""
    return {
        "TFY_HOST": place.url,
        "TFY_API_KEY": place.gateway.token(USER),
        "TFY_FAMILY": GENERATIONS[generation][1],
        "TFY_PERSONAL": place.gateway.command("token", "create", USER, "--pat").strip(),
        # What a user types into the page on which a device is let in.
        "PAGE_USER": "admin",
        "PAGE_PASSWORD": PASSWORD,
        "PYTHONWARNINGS": "ignore",
    }


@pytest.mark.parametrize(
    ("setting", "program"),
    [
        (name, f"{generation}-{program}")
        for name, cast in SETTINGS.items()
        for generation, programs in (("new", cast.new), ("old", cast.old))
        for program in programs
    ],
)
def test_program_finds_what_it_expects(stage: Stage, setting: str, program: str) -> None:
    expect_done(stage.runs(setting), program)
