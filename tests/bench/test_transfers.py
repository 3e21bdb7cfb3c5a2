"""Transfers of files: what is measured, and what the report makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.machine import describe_machine
from bench.servers import ServerError
from bench.truefoundry.stores import ByPath, Local, plain
from bench.truefoundry.transfers import (
    GIB,
    TransferOptions,
    Transferred,
    Transfers,
    as_markdown,
    failures,
    measure_transfers,
    save,
)

DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SMALL = TransferOptions(files=20, large_bytes=3_000_000, rounds=2, connections=3)


@dataclass
class Forgetful(ByPath):
    """A server that gives only the first file of a set."""

    def give(self, local: Local, name: str, sizes: Sequence[int]) -> None:
        super().give(local, name, [sizes[0]])


def found(peak: float, seconds: float) -> Transfers:
    """One GiB that took the plain server a second each way, and ours so long."""
    options = TransferOptions(files=1000, large_bytes=GIB, rounds=1, connections=8)
    parts = ("send-small", "fetch-small", "send-large", "fetch-large")
    servers = {
        "plain": Transferred({part: [1.0] for part in parts}, 20, 25),
        "isogloss": Transferred({part: [seconds] for part in parts}, 90, peak),
    }
    return Transfers(options, describe_machine(), servers)


def test_everything_is_sent_and_fetched_in_each_round() -> None:
    said: list[str] = []
    servers = measure_transfers([plain()], SMALL, said.append).servers
    assert {what: len(seconds) for what, seconds in servers["plain"].seconds.items()} == {
        "send-small": 2,
        "fetch-small": 2,
        "send-large": 2,
        "fetch-large": 2,
    }
    assert min(second for seconds in servers["plain"].seconds.values() for second in seconds) > 0
    assert said[-1] == "  round 2 of 2"


def test_other_bytes_than_were_sent_are_found_out() -> None:
    known = plain()
    with pytest.raises(ServerError, match="forgetful gave back other bytes than it was sent, of small-0"):
        measure_transfers([Forgetful("forgetful", known.launching)], SMALL, lambda _: None)


def test_rates_stand_beside_those_of_the_plain_server(tmp_path: Path) -> None:
    text = as_markdown(found(120, 1.25), DATE)
    assert "| transfer | plain server | Isogloss | of the plain server's |" in text
    assert "| send 1,000 files of 4 KiB, files/s | 1,000 | 800 | 0.80 |" in text
    assert "| fetch 1 GiB, MB/s | 1,074 | 859 | 0.80 |" in text
    data, saved = save(found(120, 1.25), DATE, tmp_path)
    assert saved.read_text().endswith(f"{text}\n")
    assert data.name == "truefoundry-transfers-20260102-030405.json"


def test_a_slow_transfer_and_too_much_memory_are_failures() -> None:
    assert failures(found(299, 2.0)) == []
    assert failures(found(301, 2.5)) == [
        "send 1 GiB, MB/s: 0.40 of a plain copy's rate, not 0.5",
        "fetch 1 GiB, MB/s: 0.40 of a plain copy's rate, not 0.5",
        "301 MB of memory, not 300",
    ]
