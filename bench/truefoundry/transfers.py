"""Transfers of files beside a plain file server and MLflow's own way: how fast, and how much memory they take.

What is fetched is compared with what was sent, by its hash, after the clock has stopped.
"""

import hashlib
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from bench.figures import median, ratio
from bench.machine import Machine, describe_machine, free_port, peak_megabytes, resident_megabytes
from bench.servers import Server, ServerError
from bench.suite import Place
from bench.tables import Table, aligned, markdown, number, rate
from bench.truefoundry.stores import FileStore, Isogloss, Local, mlflow, plain

SMALL_BYTES: Final = 4 * 1024
GIB: Final = 1024**3
BLOCK_BYTES: Final = 8 * 1024 * 1024

#: At least half the rate of a plain copy, and never more memory than this.
WANTED: Final = 0.5
MEGABYTES: Final = 300

SEND_SMALL, FETCH_SMALL, SEND_LARGE, FETCH_LARGE = "send-small", "fetch-small", "send-large", "fetch-large"


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """What the command line asks for: so many small files, and one large one of so many bytes."""

    files: int
    large_bytes: int
    rounds: int
    connections: int
    only: Literal["theirs", "ours"] | None = None


@dataclass(slots=True)
class Transferred:
    """One server's seconds, by what was done, one per round, and the memory it took in megabytes."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    resident_before: float | None = None
    peak: float | None = None


@dataclass(slots=True)
class Transfers:
    """Everything measured, by server."""

    options: TransferOptions
    machine: Machine
    servers: dict[str, Transferred]


def run_transfers(options: TransferOptions, say: Callable[[str], None]) -> Transfers:
    """Measure the servers that are asked for, as `measure_transfers` does."""
    others: dict[str, FileStore] = {"theirs": mlflow(), "ours": Isogloss()}
    # The plain server always takes part: it is what the others are measured by.
    stores = [plain(), *(store for side, store in others.items() if options.only in (None, side))]
    return measure_transfers(stores, options, say)


def measure_transfers(stores: Sequence[FileStore], options: TransferOptions, say: Callable[[str], None]) -> Transfers:
    """Send and fetch everything with each server in turn; `say` takes a line about each step.

    Raises:
        ServerError: when a server does not start, refuses something, or gives back other bytes.

    """
    found = Transfers(options, describe_machine(), {store.name: Transferred() for store in stores})
    directory = Path(tempfile.mkdtemp(prefix="isogloss-transfers-"))
    try:
        sources = [
            _source(directory, "small", [SMALL_BYTES] * options.files),
            _source(directory, "large", [options.large_bytes]),
        ]
        with ExitStack() as stack:
            running: dict[str, tuple[FileStore, Server]] = {}
            for store in stores:
                home = directory / store.name
                home.mkdir()
                launch = store.launch(Place("sqlite", home, free_port(), None, store.name))
                running[store.name] = (store, stack.enter_context(Server(launch)))
                say(f"  {store.name}: running")
            for name, (_, server) in running.items():
                found.servers[name].resident_before = resident_megabytes(server.pid)
            for round_number in range(options.rounds):
                order = list(running) if round_number % 2 == 0 else list(running)[::-1]
                for name in order:
                    store, server = running[name]
                    for source in sources:
                        name_of_set = f"{source.path.stem}-{round_number}"
                        _send_and_fetch(store, server, found.servers[name], options, source, name_of_set)
                say(f"  round {round_number + 1} of {options.rounds}")
            for name, (_, server) in running.items():
                found.servers[name].peak = peak_megabytes(server.pid)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """A local file of random bytes that is sent as files of these sizes, its hash, and where it is fetched to."""

    path: Path
    fetched: Path
    sizes: Sequence[int]
    digest: str

    def send(self, store: FileStore, local: Local, name: str) -> None:
        """Have it kept."""
        if len(self.sizes) == 1:
            store.keep_large(local, name, self.sizes[0])
        else:
            store.keep(local, name, self.sizes)


def _source(directory: Path, name: str, sizes: Sequence[int]) -> _Source:
    path, fetched, chance = directory / f"{name}.bin", directory / f"{name}.fetched", random.Random(name)
    size = sum(sizes)
    # What is fetched goes over bytes that are there: how fast a disk finds new room is not the question.
    with path.open("wb") as file, fetched.open("wb") as other:
        for start in range(0, size, BLOCK_BYTES):
            block = chance.randbytes(min(BLOCK_BYTES, size - start))
            file.write(block)
            other.write(bytes(len(block)))
    return _Source(path, fetched, sizes, _digest(path))


def _send_and_fetch(
    store: FileStore, server: Server, found: Transferred, options: TransferOptions, source: _Source, name: str
) -> None:
    """Send the source, fetch it back into another file that is there already, and compare them."""
    port, connections = server.launch.port, options.connections
    local = Local(port, connections, str(source.path))
    _timed(found, f"send-{source.path.stem}", local, lambda: source.send(store, local, name))
    back = Local(port, connections, str(source.fetched))
    _spoil(source.fetched)
    _timed(found, f"fetch-{source.path.stem}", back, lambda: store.give(back, name, source.sizes))
    if _digest(source.fetched) != source.digest:
        raise ServerError(f"{store.name} gave back other bytes than it was sent, of {name}")


def _spoil(path: Path) -> None:
    """See to it that what was fetched before cannot be taken for what is fetched now."""
    with path.open("r+b", buffering=0) as file:
        for start in range(0, path.stat().st_size, SMALL_BYTES):
            os.pwrite(file.fileno(), b"spoilt", start)


def _timed(found: Transferred, what: str, local: Local, work: Callable[[], None]) -> None:
    started = time.perf_counter()
    work()
    found.seconds.setdefault(what, []).append(time.perf_counter() - started - local.starting)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def failures(found: Transfers) -> list[str]:
    """One line for each promise that was not kept."""
    own = found.servers.get(Isogloss.name, Transferred())
    slow = [
        f"{title}: {reached:.2f} of a plain copy's rate, not {WANTED:g}"
        for what, title, _ in _rows(found.options)
        if what in (SEND_LARGE, FETCH_LARGE) and (reached := _part(found, what)) is not None and reached < WANTED
    ]
    return slow + ([f"{own.peak:.0f} MB of memory, not {MEGABYTES}"] if (own.peak or 0) > MEGABYTES else [])


def as_text(found: Transfers, date: datetime) -> str:
    """The report for a terminal."""
    return "\n\n".join([_preface(found, date), aligned(_table(found)), _memory(found), *failures(found)])


def as_markdown(found: Transfers, date: datetime) -> str:
    """The report as Markdown."""
    return "\n\n".join([_preface(found, date), markdown(_table(found)), _memory(found), *failures(found)])


def save(found: Transfers, date: datetime, directory: Path) -> list[Path]:
    """Write JSON and Markdown into `directory`; the files written."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"truefoundry-transfers-{date:%Y%m%d-%H%M%S}"
    data, text = directory / f"{stem}.json", directory / f"{stem}.md"
    data.write_text(json.dumps(asdict(found), indent=2) + "\n")
    text.write_text(f"# Transfers of files\n\n{as_markdown(found, date)}\n")
    return [data, text]


def _rows(options: TransferOptions) -> list[tuple[str, str, float]]:
    """What was done, what it is called, and how much of its unit (files or MB) there was."""
    megabytes = options.large_bytes / 1e6
    files, size = f"{options.files:,} files of {SMALL_BYTES // 1024} KiB", f"{options.large_bytes / GIB:g} GiB"
    return [
        (SEND_SMALL, f"send {files}, files/s", options.files),
        (FETCH_SMALL, f"fetch {files}, files/s", options.files),
        (SEND_LARGE, f"send {size}, MB/s", megabytes),
        (FETCH_LARGE, f"fetch {size}, MB/s", megabytes),
    ]


def _table(found: Transfers) -> Table:
    titles = {"plain": "plain server", "mlflow": "MLflow", Isogloss.name: "Isogloss"}
    table = [["transfer", *(titles[name] for name in found.servers), "of the plain server's"]]
    for what, title, amount in _rows(found.options):
        rates = [ratio(amount, median(server.seconds.get(what, []))) for server in found.servers.values()]
        table.append([title, *(rate(each) for each in rates), number(_part(found, what), 2)])
    return table


def _part(found: Transfers, what: str) -> float | None:
    """Our rate as a part of the plain server's."""
    own, other = found.servers.get(Isogloss.name), found.servers["plain"]
    return None if own is None else ratio(median(other.seconds.get(what, [])), median(own.seconds.get(what, [])))


def _memory(found: Transfers) -> str:
    parts = [
        f"{name} {number(server.resident_before, 0)} and {number(server.peak, 0)} MB"
        for name, server in found.servers.items()
    ]
    return f"Resident memory before the first transfer, and the most at any time: {', '.join(parts)}."


def _preface(found: Transfers, date: datetime) -> str:
    machine, options = found.machine, found.options
    return (
        f"{date:%Y-%m-%d %H:%M} UTC. {machine.processor}, {machine.cores} cores, {machine.system}, "
        f"Python {machine.python}. {options.connections} connections, medians of {options.rounds} rounds, alternating. "
        "The plain server is a threading one of Python's own that only writes and sends files; a large file goes "
        "there, and to MLflow, by one PUT. Isogloss gets it in parts of 64 MiB at the same time, and all requests "
        "around the bytes count: staging, asking for addresses, putting the parts together, making the version."
    )
