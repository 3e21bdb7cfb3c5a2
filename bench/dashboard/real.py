"""The real Prefect server with runs as well: what its own code writes for them, by SQL."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.dashboard.rows import ENGINES, RunRow, flow_ids, flow_made, flow_name, rows
from bench.prefect.real import RealPrefect
from bench.servers import Launch
from bench.suite import Address, Engine, Place, Size

_RUN = ("id", "created", "updated", "name", "state_type", "state_name", "state_timestamp", "state_id", "run_count")
_TIMES = ("expected_start_time", "next_scheduled_start_time", "start_time", "end_time", "total_run_time")
_STATE = ("id", "created", "updated", "type", "timestamp", "name")
COLUMNS: Mapping[str, Sequence[str]] = {
    "flow": ("id", "created", "updated", "name"),
    "flow_run": (*_RUN, *_TIMES, "flow_id", "labels"),
    "flow_run_state": (*_STATE, "flow_run_id"),
    "task_run": (*_RUN, *_TIMES, "task_key", "dynamic_key", "flow_run_id", "labels"),
    "task_run_state": (*_STATE, "task_run_id"),
}
"""The columns that are written; the others have defaults, which are what its code writes as well."""

_INTERVALS_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
"""A span is stored as the moment that is so long after this one."""


@dataclass
class RealDashboard:
    """``prefect server start`` as it comes, on SQLite, which it is on by default."""

    name: str = "prefect"
    engines: Collection[Engine] = ENGINES
    _server: RealPrefect = field(default_factory=RealPrefect)

    def versions(self) -> Mapping[str, str]:
        """Prefect, and what carries it."""
        return self._server.versions()

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Let it migrate an empty database, and write the rows of `size` there."""
        launch, address = self._server.prepare(size, place)
        connection = sqlite3.connect(place.directory / "prefect.db")
        try:
            with connection:
                for table, records in _records(size).items():
                    columns = COLUMNS[table]
                    marks = ", ".join("?" * len(columns))
                    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
                    connection.executemany(statement, records)
        finally:
            connection.close()
        return launch, address


def _records(size: Size) -> dict[str, list[tuple[object, ...]]]:
    flows = flow_ids()
    records: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    for index, flow_id in enumerate(flows):
        made = _moment(flow_made(index))
        records["flow"].append((flow_id, made, made, flow_name(index)))
    for row in rows(size):
        state = (row.state_id, _moment(row.entered), _moment(row.entered), row.state, _moment(row.entered))
        kind = "flow_run" if row.parent is None else "task_run"
        records[f"{kind}_state"].append((*state, row.state.capitalize(), row.id))
        of_its_kind = (flows[row.flow], "{}") if row.parent is None else (row.name, "0", row.parent, "{}")
        records[kind].append((*_run(row), *of_its_kind))
    return records


def _run(row: RunRow) -> tuple[object, ...]:
    expected, entered = _moment(row.expected), _moment(row.entered)
    spent = _INTERVALS_BEGIN + timedelta(microseconds=row.spent)
    return (
        *(row.id, expected, entered, row.name, row.state, row.state.capitalize(), entered, row.state_id),
        int(row.started is not None),
        expected,
        expected if row.state == "SCHEDULED" else None,
        None if row.started is None else _moment(row.started),
        None if row.ended is None else _moment(row.ended),
        spent.strftime("%Y-%m-%d %H:%M:%S.%f"),
    )


def _moment(instant: int) -> str:
    whole, part = divmod(instant, 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=part).strftime("%Y-%m-%d %H:%M:%S.%f")
