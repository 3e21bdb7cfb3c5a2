"""The servers whose pages are visited, a gateway and Prefect's own: real clients have written the same to both."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.servers import clean_environment
from tests.browser.picture import picture_server
from tests.browser.visits import Site
from tests.clients import test_content
from tests.clients.environments import client_package, client_python
from tests.clients.programs import Place, expect_done, running
from tests.support.databases import Databases
from tests.support.gateways import Gateway, served
from tests.support.prefect_server import NOTHING_BY_ITSELF, prefect_server

PROGRAMS = Path(__file__).parent / "programs"
OURS, THEIRS = "isogloss", "prefect"
BASES = {OURS: {"v1": "/prefect", "v2": "/v2"}, THEIRS: {"v1": "", "v2": "/v2"}}
"""Where each server has each bundle of pages."""
KEYS = {"zenml": "numbers", "truefoundry": "tree"}
"""The key of an artifact that each of the other clients writes, in the programs that the tests of content run."""


class Filled(Struct, frozen=True):
    """A server with something to show: where its pages are, and the ids of what was written, by name."""

    site: Site
    ids: Mapping[str, str]


def page_settings() -> dict[str, str]:
    """What lets a gateway show the pages that the client under test comes with."""
    return {"ISOGLOSS_PREFECT_UI": str(client_package("prefect", "prefect"))}


def prefect_environment(url: str) -> dict[str, str]:
    """What points Prefect's client at a server that lets everybody in."""
    return {
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_HOME": "{home}/prefect",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


@contextmanager
def both_sites(databases: Databases, home: Path) -> Iterator[Mapping[str, Filled]]:
    """Both servers, by name, until the block ends. They are started and filled side by side."""
    with ExitStack() as stack:
        picture = stack.enter_context(picture_server())
        database = stack.enter_context(databases.fresh("sqlite", migrated=True))
        pool = stack.enter_context(ThreadPoolExecutor())
        theirs = pool.submit(stack.enter_context, prefect_server(home / THEIRS, NOTHING_BY_ITSELF))
        gateway = stack.enter_context(served(database, home / OURS, settings=page_settings()))
        ours_written = pool.submit(_write, gateway.url, picture, home / "writes-ours")
        others_written = pool.submit(_write_as_others, gateway, home / "writes-others")
        theirs_written = _write(theirs.result(), picture, home / "writes-theirs")
        yield {
            OURS: Filled(Site(OURS, gateway.url, BASES[OURS]), {**ours_written.result(), **others_written.result()}),
            THEIRS: Filled(Site(THEIRS, theirs.result(), BASES[THEIRS]), theirs_written),
        }


class Patience:
    """A run that goes on until a word is said to it, in a process of Prefect's client."""

    def __init__(self, process: Process, errors: Path) -> None:
        self._process = process
        self._errors = errors

    async def begun(self) -> str:
        """The run's id, once it has begun."""
        return await self._line()

    async def say(self, word: str) -> None:
        """Let the run come to its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        assert await self._line() == "done"

    async def _line(self) -> str:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, f"the run ended too early:\n{self._errors.read_text()}"
        return line.decode().strip()


@asynccontextmanager
async def patience(url: str, home: Path) -> AsyncIterator[Patience]:
    """A run on the server with this root, until the block ends. ``home`` is an empty folder."""
    own = {name: value.replace("{home}", str(home)) for name, value in prefect_environment(url).items()}
    errors = home / "errors.txt"
    with errors.open("w") as stderr:
        process = await asyncio.create_subprocess_exec(
            str(client_python("prefect")),
            str(PROGRAMS / "prefect_waits.py"),
            env=clean_environment({**own, "HOME": str(home)}),
            cwd=home,
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
        )
        try:
            yield Patience(process, errors)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _write(url: str, picture: str, home: Path) -> dict[str, str]:
    """Let Prefect's client write; the ids of what it wrote, by name."""
    home.mkdir()
    environment = {**prefect_environment(url), "PICTURE": picture}
    name = "prefect_writes"
    with running(client_python("prefect"), PROGRAMS, [name], environment, home, side_by_side=1) as runs:
        expect_done(runs, name)
        written: dict[str, str] = json.loads(runs[name].result().stdout.splitlines()[-2])
    return written


def _write_as_others(gateway: Gateway, home: Path) -> dict[str, str]:
    """Let the other clients write; the ids of one artifact of each, by the client, and of the run that made it."""
    home.mkdir()
    place = Place(url=gateway.url, gateway=gateway)
    found: dict[str, str] = {}
    for client, key in KEYS.items():
        name = f"{client}_writes"
        environment = test_content.ENVIRONMENTS[client](place)
        with running(client_python(client), test_content.FOLDER, [name], environment, home, side_by_side=1) as runs:
            expect_done(runs, name)
        keyed = {"artifacts": {"key": {"any_": [key]}}}
        (row,) = gateway.request("POST", "/api/artifacts/latest/filter", keyed).json()
        found[client] = row["latest_id"]
        if row["flow_run_id"] is not None:
            found[f"{client}-run"] = row["flow_run_id"]
    return found
