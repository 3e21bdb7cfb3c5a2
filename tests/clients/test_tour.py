"""The tour of the README: its programs, one client after the other, and what it shows of what they leave behind."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.servers import clean_environment
from tests.clients.environments import client_python
from tests.support.databases import Databases
from tests.support.gateways import Gateway, served

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"prefect_scores": "prefect", "zenml_features": "zenml", "truefoundry_model": "truefoundry"}
"""The programs in the tour's order, each with the environment of its client."""
SAID = {
    "prefect_scores": ["Prefect wrote daily-scores, with 3 rows, and daily-report"],
    "zenml_features": [
        "ZenML loaded 3 rows, and a report that begins with '# Likely to leave'",
        "ZenML wrote features of Ana, Łukasz, Mei",
    ],
    "truefoundry_model": [
        "TrueFoundry's SDK downloaded features of Ana, Łukasz, Mei",
        "TrueFoundry's SDK logged model:default/default/leaving:1",
    ],
}
PROGRAM_SECONDS = 300.0


@pytest.fixture(scope="module")
def gateway(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway as the tour starts it: nothing is configured."""
    home = tmp_path_factory.mktemp("tour")
    with databases.fresh("sqlite", migrated=True) as url, served(url, home) as running:
        yield running


@pytest.fixture(scope="module")
def said(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each program printed."""
    settings = {
        "PREFECT_API_URL": f"{gateway.url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "ZENML_STORE_URL": gateway.url,
        "ZENML_ANALYTICS_OPT_IN": "false",
        "NO_COLOR": "1",
        "TFY_HOST": gateway.url,
        "TFY_API_KEY": gateway.token("ana"),
    }
    return {
        program: run(ROOT / "examples" / f"{program}.py", client, settings, tmp_path_factory.mktemp(program))
        for program, client in PROGRAMS.items()
    }


def run(program: Path, client: str, settings: dict[str, str], home: Path) -> str:
    """What a program prints, run by a user of this client without any other settings."""
    done = subprocess.run(
        [str(client_python(client)), str(program)],
        env=clean_environment({**settings, "HOME": str(home)}),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{program.name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shown(command: str) -> str:
    """What the README shows that a command prints."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^\$ {re.escape(command)}\n(.*?)(?=^\$ |^```)", text, re.MULTILINE | re.DOTALL)
    assert found, f"the README does not show what {command!r} prints"
    return found[1]


def without_chance(text: str) -> str:
    """A text without what is another one in each run: names of runs, and times."""
    text = re.sub(r"run [\w.-]+ \(", "run NAME (", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


def test_each_program_is_named_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [program for program in PROGRAMS if f"examples/{program}.py" not in text] == []
    assert sorted(path.stem for path in (ROOT / "examples").glob("*.py")) == sorted(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_reads_what_those_before_it_wrote(said: dict[str, str], program: str) -> None:
    assert [line for line in SAID[program] if line not in said[program]] == []


@pytest.mark.parametrize("command", ["isogloss ls", "isogloss lineage daily-scores"])
def test_a_command_prints_what_the_readme_shows(gateway: Gateway, said: dict[str, str], command: str) -> None:
    assert set(said) == set(PROGRAMS)
    printed = gateway.command(*command.split()[1:])
    assert without_chance(printed) == without_chance(shown(command))
