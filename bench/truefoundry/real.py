"""MLflow's server, installed in its own environment and seeded by SQL into its own database.

Its first start makes the tables. The rows then get what its own code writes for a create: a version's metadata
become tags of it, since it has no other place for them, and a tag without a value is one that is "true".
"""

import random
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from bench.environments import ensure_environment, installed_versions
from bench.rows import created
from bench.servers import Launch, Server
from bench.suite import Address, Engine, Place, Size
from bench.truefoundry.rows import REPO, REPOS, SeedRow, SeedRun, rows, runs

PREFIX: Final = "/api/2.0/mlflow"

REQUIREMENTS: Final = ("mlflow==3.17.2",)

ENGINES: Final[tuple[Engine, ...]] = ("sqlite",)

#: Its first start makes the experiment 0.
FIRST_EXPERIMENT: Final = 1

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "experiments": (
        *("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time"),
        "workspace",
    ),
    "registered_models": ("name", "creation_time", "last_updated_time", "description", "workspace"),
    "model_versions": (
        *("name", "version", "creation_time", "last_updated_time", "description", "user_id", "current_stage"),
        *("source", "run_id", "status", "status_message", "run_link", "storage_location", "workspace"),
    ),
    "model_version_tags": ("key", "value", "name", "version", "workspace"),
    "registered_model_aliases": ("alias", "version", "name", "workspace"),
    "runs": (
        *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id", "status", "start_time"),
        *("end_time", "source_version", "lifecycle_stage", "artifact_uri", "experiment_id", "deleted_time"),
    ),
    "tags": ("key", "value", "run_uuid"),
    "params": ("key", "value", "run_uuid"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
    "latest_metrics": ("key", "value", "timestamp", "step", "is_nan", "run_uuid"),
}

#: What it calls the only room that there is where nobody asked for more.
_WORKSPACE: Final = "default"

Record = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of each table, columns in the order of `COLUMNS`."""

    records: Mapping[str, list[Record]] = field(default_factory=lambda: {table: [] for table in COLUMNS})


@dataclass
class RealMLflow:
    """MLflow's server under uvicorn with one process, spared what nobody asks of it here: jobs, a log of requests."""

    name: str = "mlflow"
    engines: Collection[Engine] = ENGINES

    @cached_property
    def programs(self) -> Path:
        """Where its programs are; installs them the first time."""
        return ensure_environment("mlflow-3.17.2", REQUIREMENTS)

    def versions(self) -> Mapping[str, str]:
        """MLflow, and what carries it."""
        return installed_versions(self.programs, ["mlflow", "fastapi", "flask", "uvicorn", "sqlalchemy"])

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Start it once on an empty folder, and write the rows of `size` where it put its own."""
        started = self.launch(place)
        with Server(started):
            pass
        tables = build_tables(rows(size), runs(size))
        _fill(place.directory / "mlflow.db", tables)
        ids = [version_id(str(record[0]), int(str(record[1]))) for record in tables.records["model_versions"]]
        run_ids = [str(record[0]) for record in tables.records["runs"]]
        return started, Address(place.port, PREFIX, ids, {"repo": str(FIRST_EXPERIMENT)}, run_ids)

    def launch(self, place: Place) -> Launch:
        """How to start it on a folder."""
        return Launch(
            name=self.name,
            arguments=[
                *(str(self.programs / "python"), "-m", "mlflow", "server", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(place.port), "--uvicorn-opts", "--log-level warning"),
                *("--backend-store-uri", f"sqlite:///{place.directory / 'mlflow.db'}"),
                *("--artifacts-destination", str(place.directory / "artifacts")),
            ],
            environment={
                # Its own children are started as `mlflow` and `python` of the environment.
                "PATH": f"{self.programs}:/usr/bin:/bin",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            },
            port=place.port,
            health_path="/health",
            log=place.directory / "server.log",
        )


def version_id(artifact: str, number: int) -> str:
    """What stands for the id of a version, of which this server has none."""
    return f"{artifact}:{number}"


def build_tables(versions: Iterable[SeedRow], seed_runs: Iterable[SeedRun]) -> Tables:
    """What the real server would hold after these creates."""
    tables, models = Tables(), dict[str, tuple[int, int]]()
    for index in range(REPOS):
        made, number = created(index) // 1000, FIRST_EXPERIMENT + index
        called = REPO if index == 0 else f"{REPO}-{index}"
        tables.records["experiments"].append(
            (number, called, f"mlflow-artifacts:/{number}", "active", made, made, _WORKSPACE)
        )
    for row in versions:
        at = row.created // 1000
        models[row.artifact] = (models.get(row.artifact, (at, at))[0], at)
        _add_version(tables, row, at)
    for called, (first, last) in models.items():
        tables.records["registered_models"].append((called, first, last, None, _WORKSPACE))
    chance = random.Random("ids of the real server")
    for run in seed_runs:
        _add_run(tables, run, f"{chance.getrandbits(128):032x}")
    return tables


def _add_version(tables: Tables, row: SeedRow, at: int) -> None:
    tables.records["model_versions"].append(
        (
            *(row.artifact, row.number, at, at, row.description, None, "None", row.uri, None, "READY", None, None),
            *(row.uri, _WORKSPACE),
        )
    )
    for key, value in version_tags(row).items():
        tables.records["model_version_tags"].append((key, value, row.artifact, row.number, _WORKSPACE))
    if row.alias is not None:
        tables.records["registered_model_aliases"].append((row.alias, row.number, row.artifact, _WORKSPACE))


def version_tags(row: SeedRow) -> dict[str, str]:
    """The tags by which this server knows a version's metadata and tags."""
    return {**{key: str(value) for key, value in row.metadata.items()}, **dict.fromkeys(row.tags, "true")}


def _add_run(tables: Tables, run: SeedRun, run_id: str) -> None:
    folder = f"mlflow-artifacts:/{FIRST_EXPERIMENT}/{run_id}/artifacts"
    tables.records["runs"].append(
        (
            *(run_id, run.name, "UNKNOWN", "", "", "", "RUNNING", run.started // 1000, None, "", "active"),
            *(folder, FIRST_EXPERIMENT, None),
        )
    )
    for key, value in {**run.tags, "mlflow.runName": run.name}.items():
        tables.records["tags"].append((key, value, run_id))
    for key, value in run.parameters.items():
        tables.records["params"].append((key, value, run_id))
    for point in run.points:
        tables.records["metrics"].append((point.key, point.value, point.at, run_id, point.step, False))
    for point in {point.key: point for point in run.points}.values():
        tables.records["latest_metrics"].append((point.key, point.value, point.at, point.step, False, run_id))


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
