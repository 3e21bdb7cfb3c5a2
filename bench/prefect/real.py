"""The real Prefect server, installed in its own environment and seeded by SQL into its own migrated database.

Its tables (``artifact``, ``artifact_collection``) get what its own code writes for a create: random ids, JSON
columns as its serializer prints them, an absent value of a JSON column as the JSON text ``null``.
"""

import asyncio
import json
import random
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from bench.environments import ensure_environment, installed_versions
from bench.prefect import trigrams
from bench.prefect.rows import SeedRow, rows
from bench.servers import Launch, run_command
from bench.suite import ENGINES, Address, Engine, Place, Size

#: fastapi 0.140 breaks this release's server.
REQUIREMENTS: Final = ("prefect==3.8.8", "fastapi<0.140", "asyncpg")

ARTIFACT_COLUMNS: Final = (
    *("id", "created", "updated", "key", "type", "data", "metadata_"),
    *("task_run_id", "flow_run_id", "description"),
)
COLLECTION_COLUMNS: Final = (*ARTIFACT_COLUMNS, "latest_id")

Record = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of both tables, columns in the order of the constants above; times are aware datetimes."""

    artifacts: Sequence[Record]
    collections: Sequence[Record]


@dataclass
class RealPrefect:
    """``prefect server start`` as it comes, with one process, its services and its default settings."""

    name: str = "prefect"
    engines: Collection[Engine] = ENGINES

    @cached_property
    def programs(self) -> Path:
        """Where its programs are; installs them the first time."""
        return ensure_environment("prefect-3.8.8", REQUIREMENTS)

    def versions(self) -> Mapping[str, str]:
        """Prefect, and what carries it."""
        return installed_versions(self.programs, ["prefect", "fastapi", "uvicorn", "sqlalchemy", "asyncpg"])

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Let it migrate an empty database, and write the rows of `size` there."""
        environment = {
            "PREFECT_HOME": str(place.directory),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
        if place.cluster is not None:
            url = place.cluster.url(place.database, "postgresql+asyncpg")
            environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = url
            without_trigrams = trigrams.missing(place.cluster)
            if without_trigrams:
                trigrams.stand_in(place.cluster, place.database, place.directory)
        program = str(self.programs / "prefect")
        run_command([program, "server", "database", "upgrade", "-y"], environment)
        tables = build_tables(rows(size))
        if place.cluster is not None:
            if without_trigrams:
                trigrams.drop_indexes(place.cluster, place.database)
            asyncio.run(_fill_postgresql(place.cluster.url(place.database), tables))
        else:
            _fill_sqlite(place.directory / "prefect.db", tables)
        launch = Launch(
            name=self.name,
            arguments=[program, "server", "start", "--host", "127.0.0.1", "--port", str(place.port)],
            environment=environment,
            port=place.port,
            health_path="/api/health",
            log=place.directory / "server.log",
        )
        return launch, Address(place.port, "/api", [str(record[0]) for record in tables.artifacts])


def build_tables(seed: Iterable[SeedRow]) -> Tables:
    """What the real server would hold after these creates."""
    chance = random.Random("ids of the real server")
    artifacts: list[Record] = []
    latest: dict[str, Record] = {}
    for row in seed:
        created = datetime.fromtimestamp(row.created // 1_000_000, UTC).replace(microsecond=row.created % 1_000_000)
        artifact = (
            UUID(int=chance.getrandbits(128), version=4),
            created,
            created,
            row.key,
            row.type,
            json.dumps(row.data),
            json.dumps(row.metadata),
            UUID(row.task_run_id) if row.task_run_id else None,
            UUID(row.flow_run_id) if row.flow_run_id else None,
            row.description,
        )
        artifacts.append(artifact)
        first = latest.get(row.key)
        head = (first[0], first[1]) if first else (UUID(int=chance.getrandbits(128), version=4), created)
        latest[row.key] = (*head, *artifact[2:], artifact[0])
    return Tables(artifacts, list(latest.values()))


def _fill_sqlite(path: Path, tables: Tables) -> None:
    connection = sqlite3.connect(path)
    try:
        with connection:
            for name, columns, records in _by_table(tables):
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
                connection.executemany(statement, (tuple(map(_sqlite_value, record)) for record in records))
    finally:
        connection.close()


async def _fill_postgresql(url: str, tables: Tables) -> None:
    connection = await asyncpg.connect(url)
    try:
        for name, columns, records in _by_table(tables):
            await connection.copy_records_to_table(name, records=records, columns=columns)
    finally:
        await connection.close()


def _by_table(tables: Tables) -> list[tuple[str, Sequence[str], Sequence[Record]]]:
    return [
        ("artifact", ARTIFACT_COLUMNS, tables.artifacts),
        ("artifact_collection", COLLECTION_COLUMNS, tables.collections),
    ]


def _sqlite_value(value: object) -> object:
    """Ids and times as its column types store them on SQLite."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
