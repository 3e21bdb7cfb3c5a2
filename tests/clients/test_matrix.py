"""What each client sees of what each client wrote: nine cells by seven aspects, with real clients on both sides.

One process of each client takes its turns against one gateway: all write, then all read, delete, and look again.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.servers import clean_environment
from tests.clients.environments import client_python
from tests.clients.matrix.expected import ASPECTS, SEEN, comparable, readme_table
from tests.clients.matrix.things import CLIENTS, doomed_of
from tests.clients.programs import FOR_ALL, PROGRAM_SECONDS, Setting, serving
from tests.clients.shared.steps import MARK
from tests.clients.test_content import ENVIRONMENTS
from tests.support.databases import Databases

FOLDER = Path(__file__).parent / "matrix"
README = Path(__file__).parents[2] / "README.md"


class Side:
    """A client's process, which does one step after another."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Path) -> None:
        self._process = process
        self._errors = errors

    def do(self, step: str, **given: Any) -> Any:
        """What a step answers. Raises ``AssertionError`` with what the client said where it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"step": step, "given": given}) + "\n")
        self._process.stdin.flush()
        line = next((line for line in self._process.stdout if line.startswith(MARK)), None)
        assert line, f"The client ended at the step {step}:\n{self._errors.read_text()[-4000:]}"
        answered = json.loads(line.removeprefix(MARK))
        assert "error" not in answered, f"{step}:\n{answered['error']}"
        return answered["answer"]


@contextmanager
def opened(client: str, environment: Mapping[str, str], home: Path) -> Iterator[Side]:
    """A client's process, in its own environment, until the block ends."""
    home.mkdir()
    own = {name: value.replace("{home}", str(home)) for name, value in environment.items()}
    errors = home / "errors.txt"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [str(client_python(client)), str(FOLDER / f"{client}_side.py")],
            env=clean_environment({**own, "HOME": str(home), "PYTHONPATH": str(FOR_ALL)}),
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            yield Side(process, errors)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(PROGRAM_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


class Found:
    """What all clients wrote, and what they saw of it; ``left`` is what each sees of what was deleted, by writer."""

    def __init__(self, written: dict[str, Any], seen: dict[str, Any], left: dict[str, Any]) -> None:
        self.written = written
        self.seen = seen
        self.left = left


@pytest.fixture(scope="module")
def matrix(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """All that the clients did, and found."""
    home = tmp_path_factory.mktemp("matrix")
    with ExitStack() as stack:
        place = stack.enter_context(serving(Setting("sqlite", "open"), databases, home))
        sides = {
            client: stack.enter_context(opened(client, ENVIRONMENTS[client](place), home / client))
            for client in CLIENTS
        }
        pool = stack.enter_context(ThreadPoolExecutor(len(CLIENTS)))

        def each(step: str, given: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
            begun = {client: pool.submit(side.do, step, **given[client]) for client, side in sides.items()}
            return {client: one.result(PROGRAM_SECONDS) for client, one in begun.items()}

        written = each("write", {client: {} for client in CLIENTS})
        sides["zenml"].do("tag", version_id=written["prefect"]["ids"][0])
        seen = each("read", {client: {"written": written} for client in CLIENTS})
        # Each client deletes one thing of every client, and one of its own for every client to look at.
        each("delete", {client: {"ids": doomed_by(client, written)} for client in CLIENTS})
        left = {
            client: {writer: sides[client].do("left", **doomed_for(client, writer, written)) for writer in CLIENTS}
            for client in CLIENTS
        }
        yield Found(written, seen, left)


def doomed_by(client: str, written: Mapping[str, Any]) -> list[str]:
    """The ids of what a client deletes."""
    others = [written[writer]["doomed"][client][0] for writer in CLIENTS]
    return others + [written[client]["doomed"][reader][1] for reader in CLIENTS]


def doomed_for(client: str, writer: str, written: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a client must not see any more: what the writer deleted for it, and what it deleted of the client's own."""
    by_writer = (written[writer]["doomed"][client][1], doomed_of(writer)[client][1])
    by_reader = (written[client]["doomed"][writer][0], doomed_of(client)[writer][0])
    return {"ids": [by_writer[0], by_reader[0]], "names": [by_writer[1], by_reader[1]]}


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("reader", CLIENTS)
@pytest.mark.parametrize("writer", CLIENTS)
def test_matrix(matrix: Found, writer: str, reader: str, aspect: str) -> None:
    if aspect == "deletion":
        # Gone for the reader when the writer deletes, and for the writer when the reader does.
        assert matrix.left[reader][writer] == []
        assert matrix.left[writer][reader] == []
        return
    given = matrix.written[writer]
    found = comparable(writer, reader, aspect, matrix.seen[reader][writer][aspect], given)
    assert found == SEEN[aspect](writer, reader, given)


def test_the_table_in_the_readme_is_this_one() -> None:
    assert readme_table() in README.read_text("utf-8")
