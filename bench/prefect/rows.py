"""The rows that both servers get: the same for the same size, in every run and on every machine."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bench.rows import WORDS, created, name
from bench.suite import Size

#: Artifacts that share a flow run.
PER_FLOW_RUN: Final = 5


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One artifact.

    Attributes:
        index: position in creation order, from 0.
        key: its key; rows of one key follow each other by creation time.
        type: markdown, table, progress or None.
        data: the JSON value, some 300 bytes as text but for progress.
        description, metadata: as a client gives them, or None.
        created: microseconds since the epoch, strictly rising with `index`.
        flow_run_id, task_run_id: dashed lower-case UUIDs or None; the runs themselves do not exist.

    """

    index: int
    key: str
    type: str | None
    data: object
    description: str | None
    metadata: dict[str, str] | None
    created: int
    flow_run_id: str | None
    task_run_id: str | None


def key(index: int) -> str:
    """The key number `index`."""
    return name(index)


def flow_run_id(index: int) -> str:
    """The id of flow run number `index`, shaped like the random ids that Prefect gives to flow runs."""
    return str(UUID(int=random.Random(f"flow run {index}").getrandbits(128), version=4))


def flow_runs(size: Size) -> int:
    """How many flow runs the rows of `size` name."""
    return -(-size.artifacts // PER_FLOW_RUN)


def rows(size: Size) -> Iterator[SeedRow]:
    """The artifacts of `size` in creation order: the keys take turns, in a new order every time around."""
    chance = random.Random(f"rows of {size.artifacts} over {size.names}")
    texts = [_markdown(chance) for _ in range(256)]
    tables = [_table(chance) for _ in range(256)]
    names = [key(index) for index in range(size.names)]
    order: list[str] = []
    run = ""
    for index in range(size.artifacts):
        if not order:
            order = chance.sample(names, len(names))
        if index % PER_FLOW_RUN == 0:
            run = flow_run_id(index // PER_FLOW_RUN)
        share = chance.random()
        form, data = _content(share, index, texts, tables)
        yield SeedRow(
            index=index,
            key=order.pop(),
            type=form,
            data=data,
            description=f"Written by run {index // PER_FLOW_RUN}" if index % 3 else None,
            metadata={"source": "nightly", "rows": str(index)} if index % 4 == 0 else None,
            created=created(index),
            flow_run_id=run,
            task_run_id=str(UUID(int=chance.getrandbits(128), version=4)) if index % 2 else None,
        )


def new_artifact(size: Size, chance: random.Random) -> dict[str, object]:
    """The body of a create: a new version of one of the keys of `size`, with some 300 bytes of data."""
    number = chance.randrange(1_000_000)
    return {
        "key": key(chance.randrange(size.names)),
        "type": "markdown",
        "description": f"Measured as number {number}",
        "data": f"{_markdown(chance)} {number}",
        "metadata_": {"source": "bench"},
        "flow_run_id": flow_run_id(chance.randrange(flow_runs(size))),
    }


def _content(share: float, index: int, texts: list[str], tables: list[str]) -> tuple[str | None, object]:
    if share < 0.55:
        return "markdown", f"{texts[index % len(texts)]} {index}"
    if share < 0.85:
        return "table", tables[index % len(tables)]
    if share < 0.90:
        return "progress", float(index % 101)
    return None, {"report": texts[index % len(texts)], "values": [index, index / 8, None], "ok": True}


def _markdown(chance: random.Random) -> str:
    return "# Report\n\n" + " ".join(chance.choices(WORDS, k=36))


def _table(chance: random.Random) -> str:
    """A table as Prefect's client sends it: rows as JSON text."""
    return json.dumps(
        [
            {"name": chance.choice(WORDS), "value": chance.randrange(1000), "part": chance.choice(WORDS)}
            for _ in range(6)
        ]
    )
