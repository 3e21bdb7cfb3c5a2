"""The rows of the comparison with Prefect: always the same, and of the size that they say."""

import re
from itertools import pairwise

from bench.prefect.real import ARTIFACT_COLUMNS, COLLECTION_COLUMNS, build_tables
from bench.prefect.rows import PER_FLOW_RUN, flow_run_id, flow_runs, key, rows
from bench.suite import Size

SIZE = Size(2_000, 1_000)


def test_the_same_size_gives_the_same_rows() -> None:
    assert list(rows(SIZE)) == list(rows(SIZE))


def test_the_rows_are_as_many_as_asked_over_as_many_keys_as_asked() -> None:
    made = list(rows(SIZE))
    assert len(made) == SIZE.artifacts
    assert {row.key for row in made} == {key(index) for index in range(SIZE.names)}
    assert len({row.key for row in made[: SIZE.names]}) == SIZE.names
    assert all(re.fullmatch(r"[a-z0-9-]+", row.key) for row in made)


def test_creation_times_rise_and_runs_are_shared() -> None:
    made = list(rows(SIZE))
    assert all(before.created < after.created for before, after in pairwise(made))
    runs = [row.flow_run_id for row in made]
    assert len(set(runs)) == flow_runs(SIZE) == SIZE.artifacts // PER_FLOW_RUN
    assert runs[0] == flow_run_id(0)
    assert runs[-1] == flow_run_id(flow_runs(SIZE) - 1)


def test_the_real_servers_collections_point_at_each_keys_newest_row() -> None:
    tables = build_tables(rows(SIZE))
    newest = {record[ARTIFACT_COLUMNS.index("key")]: record for record in tables.artifacts}
    first = {record[ARTIFACT_COLUMNS.index("key")]: record for record in reversed(tables.artifacts)}
    assert len(tables.collections) == SIZE.names
    for record in tables.collections:
        found = dict(zip(COLLECTION_COLUMNS, record, strict=True))
        latest = dict(zip(ARTIFACT_COLUMNS, newest[found["key"]], strict=True))
        assert found["latest_id"] == latest["id"]
        assert found["updated"] == latest["created"]
        assert found["created"] == first[found["key"]][ARTIFACT_COLUMNS.index("created")]
        same = set(ARTIFACT_COLUMNS) - {"id", "created", "updated"}
        assert {name: found[name] for name in same} == {name: latest[name] for name in same}
