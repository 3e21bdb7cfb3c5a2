"""Content across clients: what each of them writes, the others load and download.

Programs of a client run in its environment, one after another where the second reads what the first wrote.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients import test_prefect, test_truefoundry, test_zenml
from tests.clients.environments import client_python
from tests.clients.programs import Place, Runs, Setting, expect_done, running, serving
from tests.support.databases import Databases

FOLDER = Path(__file__).parent / "content"
ENVIRONMENTS: dict[str, Callable[[Place], dict[str, str]]] = {
    "prefect": lambda place: test_prefect.client_environment(place, "open"),
    "zenml": lambda place: test_zenml.client_environment(place, "open", by_password=False),
    "truefoundry": lambda place: test_truefoundry.client_environment(place, "new"),
}
"""What points each client at a gateway."""

PHASES = (
    ("prefect_writes", "zenml_writes", "truefoundry_writes"),
    ("zenml_reads", "truefoundry_reads"),
    ("prefect_changes",),
    ("zenml_reads_again",),
)
"""Programs that run side by side; each phase begins when the one before has ended."""


@pytest.fixture(scope="module")
def runs(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The programs' runs, by their names."""
    home = tmp_path_factory.mktemp("content")
    with serving(Setting("sqlite", "open"), databases, home) as place:
        found: Runs = {}
        for names in PHASES:
            found |= _side_by_side(place, home, names)
        yield found


def _side_by_side(place: Place, home: Path, names: Sequence[str]) -> Runs:
    found: Runs = {}
    with ExitStack() as stack:
        for name in names:
            client = name.partition("_")[0]
            environment = ENVIRONMENTS[client](place)
            python = client_python(client)
            found |= stack.enter_context(running(python, FOLDER, [name], environment, home, side_by_side=1))
    return found


@pytest.mark.parametrize("program", [name for names in PHASES for name in names])
def test_program_finds_what_it_expects(runs: Runs, program: str) -> None:
    expect_done(runs, program)
