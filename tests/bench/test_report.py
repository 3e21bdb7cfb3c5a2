"""What the report makes of measurements."""

import json
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.loadgen import LoadResult
from bench.machine import Machine
from bench.measure import Measurement
from bench.report import as_json, as_markdown, as_text, failures, save, summarize
from bench.servers import Launch
from bench.suite import ENGINES, Address, Comparison, Engine, Load, LoadRow, Options, Outcome, Place, Size, Suite

DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SMALL, LARGE = Size(10, 5), Size(1_000, 100)


@dataclass
class Nobody:
    """A contender that never runs."""

    name: str
    engines: Collection[Engine] = ENGINES

    def versions(self) -> Mapping[str, str]:
        return {}

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        raise AssertionError


def nothing(_: Address, __: random.Random) -> bytes:
    return b""


READ = Load("read", "a read", nothing, wanted=15)
WRITE = Load("write", "a write", nothing, writes=True, wanted=10)


def measured(per_second: float, errors: int = 0) -> Measurement:
    load = LoadResult(
        answers=round(per_second * 2),
        errors=errors,
        first_error="503: locked" if errors else "",
        seconds=2.0,
        median_milliseconds=8000 / per_second,
        p99_milliseconds=9000 / per_second,
        received_bytes=100,
        generator_seconds=0.5,
    )
    return Measurement(load, server_milliseconds=1000 / per_second, others_share=0.1)


def comparison(errors: int = 0) -> Comparison:
    suite = Suite(
        "vendor", Nobody("theirs"), Nobody("ours"), [SMALL, LARGE], lambda _: [READ, WRITE], lambda *_: None, "Theirs"
    )
    outcomes = [
        Outcome(
            engine="sqlite",
            size=size,
            rows=[
                LoadRow(
                    READ,
                    {
                        "theirs": [measured(100), measured(300), measured(200)],
                        "ours": [measured(4000 * part)] * 3,
                    },
                ),
                LoadRow(WRITE, {"theirs": [measured(100, errors)], "ours": [measured(900)]}),
            ],
            resident={"theirs": 250.0, "ours": 90.5},
            seeding_seconds={},
        )
        for size, part in ((SMALL, 1.0), (LARGE, 0.9))
    ]
    machine = Machine("A processor", 2, 1024, "A system", "3.11")
    return Comparison(suite, Options([SMALL, LARGE], ["sqlite"]), machine, {}, outcomes)


def test_a_summary_holds_the_medians_of_the_rounds() -> None:
    summary = summarize([measured(100), measured(400), measured(200)])
    assert summary.per_second == 200
    assert summary.median_milliseconds == 40
    assert summary.p99_milliseconds == 45
    assert summary.generator_share == 0.25
    assert summary.rounds == [100, 400, 200]


def test_the_table_has_the_ratio_of_medians_and_says_whether_it_is_as_wanted() -> None:
    text = as_text(comparison(), DATE)
    lines = [line for line in text.splitlines() if line.startswith(("a read", "a write"))]
    assert lines[0].split()[-4:] == ["20.0", "20.0", "15:", "yes"]
    assert lines[1].split()[-4:] == ["9.0", "9.0", "10:", "NO"]
    assert "theirs 250 MB, ours 90 MB" in text


def test_the_large_size_is_compared_with_the_small_one() -> None:
    assert as_json(comparison(), DATE)["large_to_small"] == {
        "sqlite": {"a read": {"theirs": 1.0, "ours": 0.9}, "a write": {"theirs": 1.0, "ours": 1.0}}
    }


def test_an_error_makes_a_failed_row() -> None:
    broken = comparison(errors=3)
    assert failures(comparison()) == []
    assert failures(broken)[0] == "sqlite, 10: a write: theirs: 3 errors, the first: 503: locked"
    assert "failed" in as_text(broken, DATE)


def test_it_is_saved_as_json_and_markdown(tmp_path: Path) -> None:
    data, text = save(comparison(), DATE, tmp_path / "results")
    assert data.name == "vendor-20260102-030405.json"
    assert json.loads(data.read_text())["outcomes"][0]["rows"][0]["ratio"] == 20
    assert "| a read |" in text.read_text()


def test_all_sizes_stand_side_by_side() -> None:
    text = as_markdown(comparison(), DATE)
    assert (
        "| request | Theirs | Isogloss | ratio | Theirs | Isogloss | ratio |\n|---|---:|---:|---:|---:|---:|---:|"
        in text
    )
    assert "| a read | 200 | 4,000 | 20.0 | 200 | 3,600 | 18.0 |" in text
    assert "| a write | 100 | 900 | 9.0 | 100 | 900 | 9.0 |" in text
