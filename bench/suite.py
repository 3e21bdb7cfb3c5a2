"""A whole comparison: both servers seeded and running, every load driven in turn, in alternating rounds.

The rounds of the reads come first, all of them, then those of the writes: a fast server writes so many rows
in a few seconds that its reads would no longer be over the size that the report says.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from bench.loadgen import LoadSpec
from bench.machine import Machine, describe_machine, free_port, resident_megabytes
from bench.measure import Measurement, measure
from bench.postgres import Cluster, postgres_cluster
from bench.servers import Launch, Server, ServerError
from bench.wire import FRESH_NUMBER

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")

#: Different requests of one load; the connections take them in turn.
VARIANTS = 2_000

#: Further apart than there are requests in a round.
NUMBERS_A_ROUND = 10_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much the servers hold: artifacts (versions, files ...) over so many names."""

    artifacts: int
    names: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server keeps its data: a folder of its own and, on PostgreSQL, an empty database of its own."""

    engine: Engine
    directory: Path
    port: int
    cluster: Cluster | None
    database: str


@dataclass(frozen=True, slots=True)
class Address:
    """How requests reach a seeded server.

    Attributes:
        port: on 127.0.0.1.
        prefix: what precedes the vendor's paths, ``/api`` for example.
        ids: the seeded rows' ids in creation order; each server makes its ids its own way.
        around: ids of what the rows lie in or refer to and requests name, such as their project, by what it is.
        runs: the ids of the seeded runs in creation order, where there are any.

    """

    port: int
    prefix: str
    ids: Sequence[str]
    around: Mapping[str, str] = field(default_factory=dict)
    runs: Sequence[str] = ()


class Contender(Protocol):
    """A server that takes part."""

    @property
    def name(self) -> str:
        """How the report calls it."""

    @property
    def engines(self) -> Collection[Engine]:
        """The databases that it runs on."""

    def versions(self) -> Mapping[str, str]:
        """Package versions worth reporting."""

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Migrate and seed an empty place; how to start the server there and where requests go."""


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of request.

    Attributes:
        name: short, for ``--loads``.
        title: what the report calls it.
        build: makes one request for a server; its random choices come from the second argument only, so that
            both servers are asked for the same rows.
        writes: whether it changes rows.
        wanted: the ratio of requests a second that we promise; None for a row that is only reported.

    """

    name: str
    title: str
    build: Callable[[Address, random.Random], bytes]
    writes: bool = False
    wanted: float | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """What is measured beside one vendor's server.

    Attributes:
        vendor: the name on the command line.
        theirs, ours: the two servers.
        sizes: what can be asked for on the command line, by the number of artifacts.
        loads: the kinds of request for a size.
        compare: raises AssertionError when two seeded servers do not answer alike.
        title: what people call their server.

    """

    vendor: str
    theirs: Contender
    ours: Contender
    sizes: Sequence[Size]
    loads: Callable[[Size], Sequence[Load]]
    compare: Callable[[Size, Address, Address], None]
    title: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    sizes: Sequence[Size]
    engines: Sequence[Engine]
    rounds: int = 5
    seconds: float = 3.0
    warmup_seconds: float = 1.0
    connections: int = 8
    only: Literal["theirs", "ours"] | None = None
    loads: Sequence[str] = ()


@dataclass(slots=True)
class LoadRow:
    """A load's measurements, by server, one per round."""

    load: Load
    rounds: dict[str, list[Measurement]]


@dataclass(slots=True)
class Outcome:
    """Everything measured at one size on one engine; `resident` in megabytes after the run, by server."""

    engine: Engine
    size: Size
    rows: list[LoadRow]
    resident: dict[str, float | None]
    seeding_seconds: dict[str, float]


@dataclass(slots=True)
class Comparison:
    """All outcomes of a run, with what the report says about where they come from."""

    suite: Suite
    options: Options
    machine: Machine
    versions: dict[str, Mapping[str, str]]
    outcomes: list[Outcome] = field(default_factory=list)


def run_suite(suite: Suite, options: Options, say: Callable[[str], None]) -> Comparison:
    """Measure everything that `options` asks for; `say` takes a line about each step.

    A server that does not run on an engine sits out there, and the other one is measured alone.

    Raises:
        ServerError: when a server does not start or cannot be seeded, or none runs on an engine.
        AssertionError: when the seeded servers do not answer alike.

    """
    contenders = _contenders(suite, options)
    taking_part = {engine: _those_that_run_on(engine, contenders, say) for engine in options.engines}
    versions = {
        contender.name: contender.versions()
        for contender in contenders
        if any(contender in present for present in taking_part.values())
    }
    comparison = Comparison(suite, options, describe_machine(), versions)
    for engine in options.engines:
        with _workplace(engine) as (directory, cluster):
            if cluster is not None:
                versions["database"] = {"postgresql": cluster.version}
            for size in options.sizes:
                say(f"{engine}, {size.artifacts:,} artifacts over {size.names:,} names")
                comparison.outcomes.append(
                    _run_size(suite, options, taking_part[engine], engine, size, directory, cluster, say)
                )
    return comparison


def _contenders(suite: Suite, options: Options) -> list[Contender]:
    both = {"theirs": suite.theirs, "ours": suite.ours}
    return [contender for side, contender in both.items() if options.only in (None, side)]


def _those_that_run_on(
    engine: Engine, contenders: Sequence[Contender], say: Callable[[str], None]
) -> Sequence[Contender]:
    present = [contender for contender in contenders if engine in contender.engines]
    for contender in contenders:
        if contender not in present:
            line = f"{contender.name} does not run on {engine}, only on {', '.join(contender.engines)}"
            if not present:
                raise ServerError(line)
            say(f"{line}: measuring {present[0].name} alone")
    return present


@contextmanager
def _workplace(engine: Engine) -> Iterator[tuple[Path, Cluster | None]]:
    """A temporary folder and, for PostgreSQL, a cluster in it; both are gone after the block."""
    directory = Path(tempfile.mkdtemp(prefix="isogloss-bench-"))
    try:
        with ExitStack() as stack:
            cluster = None
            if engine == "postgresql":
                cluster = stack.enter_context(postgres_cluster(directory / "postgresql"))
            yield directory, cluster
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run_size(
    suite: Suite,
    options: Options,
    contenders: Sequence[Contender],
    engine: Engine,
    size: Size,
    directory: Path,
    cluster: Cluster | None,
    say: Callable[[str], None],
) -> Outcome:
    loads = [load for load in suite.loads(size) if not options.loads or load.name in options.loads]
    outcome = Outcome(engine, size, [LoadRow(load, {}) for load in loads], {}, {})
    with ExitStack() as stack:
        running: dict[str, tuple[Server, Address]] = {}
        for contender in contenders:
            place = _make_place(contender, engine, size, directory, cluster)
            started = time.monotonic()
            launch, address = contender.prepare(size, place)
            if cluster is not None:
                stack.callback(cluster.drop_database, place.database)
                cluster.settle(place.database)
            outcome.seeding_seconds[contender.name] = round(time.monotonic() - started, 1)
            running[contender.name] = (stack.enter_context(Server(launch)), address)
            say(f"  {contender.name}: seeded in {outcome.seeding_seconds[contender.name]} s, running")
        if len(running) == 2:
            suite.compare(size, running[suite.theirs.name][1], running[suite.ours.name][1])
            say("  both answer alike")
        for writes in (False, True):
            rows = [row for row in outcome.rows if row.load.writes is writes]
            for number in range(options.rounds if rows else 0):
                _run_round(options, running, rows, number)
                say(f"  {'writes' if writes else 'reads'}: round {number + 1} of {options.rounds}")
        for name, (server, _) in running.items():
            outcome.resident[name] = resident_megabytes(server.pid)
    return outcome


def _make_place(contender: Contender, engine: Engine, size: Size, directory: Path, cluster: Cluster | None) -> Place:
    home = directory / f"{contender.name}-{size.artifacts}"
    home.mkdir()
    database = f"{contender.name}_{size.artifacts}"
    if cluster is not None:
        cluster.create_database(database)
    return Place(engine, home, free_port(), cluster, database)


def _run_round(
    options: Options, running: Mapping[str, tuple[Server, Address]], rows: Sequence[LoadRow], number: int
) -> None:
    """Drive every load of `rows` at each server in turn; every second round begins with the other one."""
    cores = describe_machine().cores
    names = list(running) if number % 2 == 0 else list(running)[::-1]
    for row in rows:
        for name in names:
            server, address = running[name]
            chance = random.Random(f"{row.load.name}")
            requests = [row.load.build(address, chance).decode("latin-1") for _ in range(VARIANTS)]
            spec = LoadSpec(
                port=address.port,
                connections=options.connections,
                warmup_seconds=options.warmup_seconds,
                seconds=options.seconds,
                requests=requests,
                first=number * VARIANTS // max(options.rounds, 1),
                # A warm-up and the rounds never repeat an id: a repeated one could be answered without any work.
                seed=f"{row.load.name}, round {number}",
                number=int(FRESH_NUMBER) + number * NUMBERS_A_ROUND,
            )
            row.rounds.setdefault(name, []).append(measure(server, spec, cores))
