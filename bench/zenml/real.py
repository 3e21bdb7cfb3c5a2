"""The real ZenML server, installed in its own environment and seeded by SQL into its own database.

Its first start makes the tables, the project, the user and the stack. The rows then get what its own code
writes for a create by that user: random ids without dashes, sources as compact JSON, one row of metadata for
each key. It supports SQLite and MySQL; only the first of them is ours too.
"""

import json
import random
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import UUID

from bench.environments import ensure_environment, installed_versions
from bench.rows import created
from bench.servers import Launch
from bench.suite import Address, Engine, Place, Size
from bench.zenml.first_start import PREFIX, Owners, first_start
from bench.zenml.rows import TAGS, SeedRow, rows

REQUIREMENTS: Final = ("zenml[local,server]==0.98.0",)

ENGINES: Final[tuple[Engine, ...]] = ("sqlite",)

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "artifact": ("id", "created", "updated", "name", "has_custom_name", "project_id", "user_id"),
    "artifact_version": (
        *("id", "created", "updated", "version", "version_number", "type", "uri", "materializer", "data_type"),
        *("save_type", "content_hash", "item_count", "artifact_id", "artifact_store_id", "user_id", "project_id"),
    ),
    "artifact_visualization": ("id", "created", "updated", "type", "uri", "artifact_version_id"),
    "tag": ("id", "created", "updated", "name", "user_id", "color", "exclusive"),
    "tag_resource": ("id", "created", "updated", "tag_id", "resource_id", "resource_type"),
    "run_metadata": (
        *("id", "created", "updated", "stack_component_id", "user_id", "project_id", "key", "value", "type"),
        "publisher_step_id",
    ),
    "run_metadata_resource": ("id", "resource_id", "resource_type", "run_metadata_id"),
}

Record = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of each table, columns in the order of `COLUMNS`; ids without dashes."""

    records: Mapping[str, list[Record]] = field(default_factory=lambda: {table: [] for table in COLUMNS})


@dataclass
class RealZenML:
    """ZenML's server as it comes, under uvicorn with one process; open to everybody, as ours is by default."""

    name: str = "zenml"
    engines: Collection[Engine] = ENGINES

    @cached_property
    def programs(self) -> Path:
        """Where its programs are; installs them the first time."""
        return ensure_environment("zenml-0.98.0", REQUIREMENTS)

    def versions(self) -> Mapping[str, str]:
        """ZenML, and what carries it."""
        return installed_versions(self.programs, ["zenml", "fastapi", "uvicorn", "sqlmodel", "sqlalchemy", "pydantic"])

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Start it once on an empty folder, and write the rows of `size` where it put its own."""
        database = place.directory / "zenml.db"
        launch = Launch(
            name=self.name,
            arguments=[
                *(str(self.programs / "python"), "-m", "uvicorn", "zenml.zen_server.zen_server_api:app"),
                *("--host", "127.0.0.1", "--port", str(place.port), "--log-level", "warning"),
            ],
            environment={
                "ZENML_SERVER": "true",
                "ZENML_CONFIG_PATH": str(place.directory / "config"),
                "ZENML_STORE_URL": f"sqlite:///{database}",
                "ZENML_SERVER_AUTH_SCHEME": "NO_AUTH",
                "ZENML_SERVER_AUTO_ACTIVATE": "true",
                "ZENML_SERVER_DEPLOYMENT_TYPE": "other",
                "ZENML_SERVER_JWT_SECRET_KEY": "only for measurements on this machine",
                "ZENML_ANALYTICS_OPT_IN": "false",
            },
            port=place.port,
            health_path="/ready",
            log=place.directory / "server.log",
        )
        owners = first_start(launch)
        tables = build_tables(rows(size), owners)
        _fill(database, tables)
        ids = [str(UUID(str(record[0]))) for record in tables.records["artifact_version"]]
        return launch, Address(place.port, PREFIX, ids, {"project": owners.project, "store": owners.store})


def build_tables(seed: Iterable[SeedRow], owners: Owners) -> Tables:
    """What the real server would hold after these creates."""
    chance = random.Random("ids of the real server")
    owners = Owners(user=_key(owners.user), project=_key(owners.project), store=_key(owners.store))
    tables, artifacts = Tables(), dict[str, str]()
    first = _time(created(0))
    tags = {tag: _new_id(chance) for tag in TAGS}
    for tag, tag_id in tags.items():
        tables.records["tag"].append((tag_id, first, first, tag, owners.user, "blue", False))
    for row in seed:
        if row.artifact not in artifacts:
            artifacts[row.artifact] = _new_id(chance)
            at = _time(row.created)
            tables.records["artifact"].append(
                (artifacts[row.artifact], at, at, row.artifact, True, owners.project, owners.user)
            )
        _add_version(tables, row, artifacts[row.artifact], tags, owners, chance)
    return tables


def _add_version(
    tables: Tables, row: SeedRow, artifact: str, tags: Mapping[str, str], owners: Owners, chance: random.Random
) -> None:
    version, at = _new_id(chance), _time(row.created)
    tables.records["artifact_version"].append(
        (
            *(version, at, at, str(row.number), row.number, row.kind.type, row.uri),
            *(_compact(row.kind.materializer), _compact(row.kind.data_type), "manual", row.content_hash),
            *(row.kind.item_count, artifact, owners.store, owners.user, owners.project),
        )
    )
    for shown in row.visualizations:
        tables.records["artifact_visualization"].append((_new_id(chance), at, at, shown["type"], shown["uri"], version))
    for tag in row.tags:
        tables.records["tag_resource"].append((_new_id(chance), at, at, tags[tag], version, "artifact_version"))
    for key, value in row.metadata.items():
        entry, kind = _new_id(chance), type(value).__name__
        tables.records["run_metadata"].append(
            (entry, at, at, None, owners.user, owners.project, key, json.dumps(value), kind, None)
        )
        tables.records["run_metadata_resource"].append((_new_id(chance), version, "artifact_version", entry))


def _fill(database: Path, tables: Tables) -> None:
    connection = sqlite3.connect(database)
    try:
        with connection:
            for table, records in tables.records.items():
                columns = ", ".join(f'"{column}"' for column in COLUMNS[table])
                marks = ", ".join("?" * len(COLUMNS[table]))
                connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', records)
    finally:
        connection.close()


def _new_id(chance: random.Random) -> str:
    return _key(UUID(int=chance.getrandbits(128), version=4))


def _key(an_id: UUID | str) -> str:
    """An id as its column type stores it on SQLite."""
    return UUID(str(an_id)).hex


def _time(microseconds: int) -> str:
    """A time as its column type stores it on SQLite."""
    whole = datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(microsecond=microseconds % 1_000_000)
    return whole.strftime("%Y-%m-%d %H:%M:%S.%f")


def _compact(value: Mapping[str, str]) -> str:
    return json.dumps(value, separators=(",", ":"))
