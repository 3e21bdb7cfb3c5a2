"""Programs that users of a real client might write, run in its own environment against gateways.

The programs of a setting start with it and run side by side, a few at a time; a test waits for its own.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.servers import clean_environment
from tests.support.databases import Databases
from tests.support.gateways import Gateway, served
from tests.support.rotation import Rotation, rotation

PROGRAM_SECONDS = 300.0
SHARED = "checks"
"""The module of each folder that its programs share, and no program itself."""
FOR_ALL = Path(__file__).parent / "shared"
"""The modules that the programs of every client may import."""

Runs = dict[str, "Future[subprocess.CompletedProcess[str]]"]
"""What became of each program, by its name."""


class Setting(Struct, frozen=True):
    """How gateways are run: on which engine, ``open`` or with credentials ``required``, and how many of them."""

    engine: str
    auth: str
    gateways: int = 1


class Place(Struct, frozen=True):
    """Where a setting is served: the address that clients are given, and a gateway that makes them credentials."""

    url: str
    gateway: Gateway


class Stage:
    """One setting at a time: its gateways run, and all of its programs begin, when its first test asks for it."""

    def __init__(self, open_setting: Callable[[str], AbstractContextManager[Runs]]) -> None:
        self._open = open_setting
        self._current: str | None = None
        self._runs: Runs = {}
        self._stack = ExitStack()

    def runs(self, name: str) -> Runs:
        """The programs' runs in the setting of this name, by the program's name."""
        if name != self._current:
            self.close()
            self._runs = self._stack.enter_context(self._open(name))
            self._current = name
        return self._runs

    def close(self) -> None:
        """End the setting that runs, if one does: its gateways must stop cleanly."""
        self._current = None
        self._stack.close()


def program_names(folder: Path) -> list[str]:
    """The programs of a folder."""
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != SHARED)


@contextmanager
def serving(
    setting: Setting, databases: Databases, home: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Place]:
    """Gateways on a new database until the block ends. Several of them take the requests in turn and share their files.

    ``settings`` are more variables for the gateways. Raises ``GatewayError``.
    """
    told = {"ISOGLOSS_STORAGE_URL": f"file://{home / 'objects'}", **(settings or {})}
    proxy: Rotation | None = None
    with ExitStack() as stack:
        url = stack.enter_context(databases.fresh(setting.engine, migrated=True))
        gateways = [
            stack.enter_context(served(url, home / f"gateway-{number}", auth=setting.auth, settings=told))
            for number in range(setting.gateways)
        ]
        if setting.gateways > 1:
            proxy = stack.enter_context(rotation(*(gateway.port for gateway in gateways)))
        yield Place(url=gateways[0].url if proxy is None else proxy.url, gateway=gateways[0])
        if proxy is not None:
            counts = list(proxy.counts.values())
            assert min(counts) > 0
            assert max(counts) - min(counts) <= 1, "the gateways take the requests in turn"


@contextmanager
def running(
    python: Path,
    folder: Path,
    names: Sequence[str],
    environment: Mapping[str, str],
    home: Path,
    *,
    side_by_side: int,
) -> Iterator[Runs]:
    """The programs, started and left to run; the block's end waits for them.

    Each gets a folder of its own under ``home``, which stands for ``{home}`` in the values of ``environment``.
    """
    with ThreadPoolExecutor(side_by_side) as pool:
        yield {
            name: pool.submit(_run_program, python, folder / f"{name}.py", environment, home / name) for name in names
        }


def expect_done(runs: Runs, name: str) -> None:
    """Wait for the program, which must have found all that it expects."""
    done = runs[name].result()
    assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("done\n"), f"{name} did not come to its end:\n{done.stdout}\n{done.stderr}"


def _run_program(
    python: Path, program: Path, environment: Mapping[str, str], home: Path
) -> "subprocess.CompletedProcess[str]":
    """Run one program, as a user without any other settings would."""
    home.mkdir()
    own = {name: value.replace("{home}", str(home)) for name, value in environment.items()}
    return subprocess.run(
        [str(python), str(program)],
        env=clean_environment({**own, "HOME": str(home), "PYTHONPATH": str(FOR_ALL)}),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )
