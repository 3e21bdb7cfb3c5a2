"""Content across clients: what each of them writes, the others load and download.

Programs of a client run in its environment, one after another where the second reads what the first wrote.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from tests.clients import test_prefect, test_truefoundry, test_zenml
from tests.clients.environments import client_python
from tests.clients.programs import Place, Runs, Setting, Stage, expect_done, running, serving
from tests.support.databases import Databases
from tests.support.s3 import s3_server

FOLDER = Path(__file__).parent / "content"
ENVIRONMENTS: dict[str, Callable[[Place], dict[str, str]]] = {
    "prefect": lambda place: test_prefect.client_environment(place, "open"),
    "zenml": lambda place: test_zenml.client_environment(place, "open", by_password=False),
    "truefoundry": lambda place: test_truefoundry.client_environment(place, "new"),
}
"""What points each client at a gateway; a program's name begins with its client's."""


class Cast(Struct, frozen=True):
    """A setting, whether files lie in a bucket, and programs that run side by side: each phase after the one before."""

    setting: Setting
    phases: Sequence[Sequence[str]]
    bucket: bool = False


SETTINGS = {
    "disk": Cast(
        Setting("sqlite", "open"),
        [["prefect_writes", "zenml_writes", "truefoundry_writes"], ["zenml_reads", "truefoundry_reads"]],
    ),
    "bucket": Cast(
        Setting("postgresql", "open"), [["prefect_writes", "truefoundry_writes"], ["zenml_reads"]], bucket=True
    ),
}


@pytest.fixture(scope="module")
def stage(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where settings are opened; all of the programs have run by then."""

    @contextmanager
    def open_setting(name: str) -> Iterator[Runs]:
        cast = SETTINGS[name]
        home = tmp_path_factory.mktemp(name)
        with ExitStack() as stack:
            bucket: dict[str, str] = {}
            settings: dict[str, str] = {}
            if cast.bucket:
                server = stack.enter_context(s3_server())
                bucket = {**server.environment}
                settings = {**bucket, "ISOGLOSS_STORAGE_URL": f"s3://{server.make_bucket()}"}
            place = stack.enter_context(serving(cast.setting, databases, home, settings))
            runs: Runs = {}
            for names in cast.phases:
                runs |= _side_by_side(place, home, names, bucket)
            yield runs

    opened = Stage(open_setting)
    yield opened
    opened.close()


def _side_by_side(place: Place, home: Path, names: Sequence[str], bucket: Mapping[str, str]) -> Runs:
    found: Runs = {}
    with ExitStack() as stack:
        for name in names:
            client = name.partition("_")[0]
            environment = {**ENVIRONMENTS[client](place), **bucket}
            python = client_python(client)
            found |= stack.enter_context(running(python, FOLDER, [name], environment, home, side_by_side=1))
    return found


@pytest.mark.parametrize(
    ("setting", "program"),
    [(setting, name) for setting, cast in SETTINGS.items() for names in cast.phases for name in names],
)
def test_program_finds_what_it_expects(stage: Stage, setting: str, program: str) -> None:
    expect_done(stage.runs(setting), program)
