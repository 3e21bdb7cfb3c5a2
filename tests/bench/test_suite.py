"""Who takes part in a comparison."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pytest

from bench.servers import Launch, ServerError
from bench.suite import Address, Engine, Options, Place, Size, Suite, run_suite


class Prepared(Exception):
    """A contender was to be seeded; the test ends there."""


@dataclass
class Contender:
    """A contender that is never started."""

    name: str
    engines: Collection[Engine]
    packages: Mapping[str, str] = field(default_factory=dict)

    def versions(self) -> Mapping[str, str]:
        return self.packages

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        raise Prepared(self.name)


SIZE = Size(10, 5)
SUITE = Suite(
    vendor="vendor",
    theirs=Contender("theirs", ["postgresql"]),
    ours=Contender("ours", ["sqlite", "postgresql"]),
    sizes=[SIZE],
    loads=lambda _: [],
    compare=lambda *_: None,
    title="Their server",
)


def test_a_server_that_does_not_run_on_an_engine_sits_out_there() -> None:
    said: list[str] = []
    with pytest.raises(Prepared, match="ours"):
        run_suite(SUITE, Options([SIZE], ["sqlite"]), said.append)
    assert said[0] == "theirs does not run on sqlite, only on postgresql: measuring ours alone"


def test_nothing_is_measured_where_nobody_runs() -> None:
    with pytest.raises(ServerError, match="theirs does not run on sqlite, only on postgresql"):
        run_suite(SUITE, Options([SIZE], ["sqlite"], only="theirs"), lambda _: None)
