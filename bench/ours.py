"""Our own server as a contender: this checkout's code, in the interpreter that runs the measurements."""

import asyncio
import importlib.metadata
import random
import sqlite3
import sys
import time
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench.bulk import fill_postgresql, fill_sqlite
from bench.memory import MemoryStore
from bench.servers import Launch, run_command
from bench.suite import Place
from isogloss.core.model import Instant, Project
from isogloss.core.registry import Registry
from isogloss.core.registry.projects import ensure_default
from isogloss.core.registry.upkeep import fold_tallies
from isogloss.storage.sql.store import open_store

NAME = "isogloss"
ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "isogloss")
PACKAGES = ("litestar", "uvicorn", "msgspec", "sqlalchemy", "aiosqlite", "asyncpg")

#: Runs use cases on a registry; `SeedClock.now` is to be set before each.
Seeding = Callable[[Registry, "SeedClock"], Awaitable[None]]


class SeedClock:
    """The time at which a seeded request is made, and the UUIDv7 ids made then; the same in every run."""

    def __init__(self) -> None:
        self.now: Instant = 0
        self._chance = random.Random("ids of our server")
        self._made = 0

    def __call__(self) -> Instant:
        """Microseconds since the epoch."""
        return self.now

    def new_id(self) -> str:
        """An id that sorts behind those made before, as long as the time does not go back."""
        self._made = (self._made + 1) % 4096
        number = (self.now // 1000) << 80 | 7 << 76 | self._made << 64 | 2 << 62 | self._chance.getrandbits(62)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def versions() -> Mapping[str, str]:
    """Isogloss as its project file calls it, and what carries it."""
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {NAME: str(own), **found, "sqlite": sqlite3.sqlite_version}


def upgrade(place: Place) -> None:
    """Bring an empty place to the current schema, as a user would.

    Raises:
        ServerError: when the migrations fail.

    """
    run_command([*COMMAND, "db", "upgrade"], environment(place))


def seed(place: Place, seeding: Seeding) -> None:
    """Write what `seeding` makes to a place that has the current schema and no rows of its kinds."""
    asyncio.run(_fill(place, seeding))


def launch(place: Place) -> Launch:
    """``isogloss serve`` with nothing configured but where its data is."""
    return Launch(
        name=NAME,
        arguments=[*COMMAND, "serve", "--host", "127.0.0.1", "--port", str(place.port)],
        environment=environment(place),
        port=place.port,
        health_path="/ready",
        log=place.directory / "server.log",
    )


def environment(place: Place) -> dict[str, str]:
    """The settings of our server in `place`."""
    settings = {"ISOGLOSS_HOME": str(place.directory), "PYTHONPATH": str(ROOT)}
    if place.cluster is not None:
        settings["ISOGLOSS_DATABASE_URL"] = database_url(place)
    return settings


def database_url(place: Place) -> str:
    """Where our server keeps its rows in `place`."""
    if place.cluster is not None:
        return place.cluster.url(place.database)
    return f"sqlite:///{database_file(place)}"


def database_file(place: Place) -> Path:
    """On SQLite, the file that our server chooses by itself."""
    return place.directory / "isogloss.db"


def registry_in(memory: MemoryStore, clock: SeedClock, project: Project) -> Registry:
    """A registry to make rows of the project with; it serves nobody, so it has no identity or secret of its own."""
    return Registry(
        id=project.id,
        store=memory,
        clock=clock,
        new_id=clock.new_id,
        sequence=clock.new_id,
        default_project=project,
        signing_secret="",
    )


async def _fill(place: Place, seeding: Seeding) -> None:
    clock, memory = SeedClock(), MemoryStore()
    store = await open_store(database_url(place))
    try:
        project = await ensure_default(store, _wall_clock, clock.new_id)
    finally:
        await store.close()
    await memory.add(project)
    registry = registry_in(memory, clock, project)
    await seeding(registry, clock)
    await fold_tallies(registry)
    made = ((entity, [row for row in rows if row != project]) for entity, rows in memory.entities())
    if place.cluster is not None:
        await fill_postgresql(database_url(place), made)
    else:
        fill_sqlite(database_file(place), made)


def _wall_clock() -> Instant:
    return time.time_ns() // 1000
