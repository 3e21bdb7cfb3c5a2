"""The flow runs and task runs that both servers get beside the artifacts: all of them of the last day.

The dashboard looks at one day, so this is the most that it can be asked for so many runs.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final
from uuid import UUID

from bench.rows import WORDS, name
from bench.suite import Engine, Size

FLOWS: Final = 40
ENGINES: Final[tuple[Engine, ...]] = ("sqlite",)
"""The databases that the comparison is made on: the one that both servers are on by default."""

DAY: Final = 24 * 3600 * 1_000_000
_STATES: Final = (
    *(["COMPLETED"] * 80),
    *(["FAILED"] * 10),
    *(["CRASHED"] * 3),
    *(["CANCELLED"] * 2),
    *(["RUNNING"] * 3),
    *(["SCHEDULED"] * 2),
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A flow run, or a task run where ``parent`` is the id of its flow run. Times in microseconds since the epoch."""

    id: str
    state_id: str
    parent: str | None
    flow: int
    name: str
    state: str
    expected: int
    started: int | None
    ended: int | None

    @property
    def spent(self) -> int:
        """How long it ran."""
        return 0 if self.started is None or self.ended is None else self.ended - self.started

    @property
    def entered(self) -> int:
        """When it entered its state."""
        return self.ended or self.started or self.expected


def runs(size: Size) -> int:
    """How many flow runs there are: one for every two artifacts."""
    return size.artifacts // 2


@cache
def window() -> tuple[int, int]:
    """The day that the dashboard shows: the one that ended when the measurement began, to the minute."""
    end = int(time.time()) // 60 * 60 * 1_000_000
    return end - DAY, end


def moment(instant: int) -> str:
    """As the pages spell it."""
    return datetime.fromtimestamp(instant / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def flow_ids() -> Sequence[str]:
    """The ids of the flows."""
    chance = random.Random("flows of the dashboard")
    return [_id(chance) for _ in range(FLOWS)]


def flow_name(index: int) -> str:
    """The name of flow number `index`."""
    return name(index)


def flow_made(index: int) -> int:
    """When flow number `index` was made: before the first of its runs, and no two at once."""
    return window()[0] - (FLOWS - index) * 1_000_000


def rows(size: Size) -> Iterator[RunRow]:
    """The flow runs in the order of time, each followed by its one task run."""
    chance = random.Random(f"runs of the dashboard, {size.artifacts}")
    start, _ = window()
    step = DAY // runs(size)
    for index in range(runs(size)):
        expected, state, run_id = start + index * step, chance.choice(_STATES), _id(chance)
        started = None if state == "SCHEDULED" else expected + chance.randrange(2_000_000)
        ended = None if started is None or state == "RUNNING" else started + chance.randrange(60_000_000)
        flow = chance.randrange(FLOWS)
        label = f"{chance.choice(WORDS)}-{chance.choice(WORDS)}-{index}"
        yield RunRow(run_id, _id(chance), None, flow, label, state, expected, started, ended)
        yield RunRow(_id(chance), _id(chance), run_id, flow, f"task-{index}", state, expected, started, ended)


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
