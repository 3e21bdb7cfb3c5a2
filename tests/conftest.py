"""Fixtures for every test: a database of its own on each engine, a store on it, and gateways that serve it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.storage.objects import open_objects
from isogloss.storage.sql.postgresql import PostgresqlStore
from isogloss.storage.sql.sqlite import SqliteStore
from isogloss.storage.sql.store import open_store
from tests.support.databases import ENGINES, Databases
from tests.support.gateways import Gateway, served
from tests.support.registries import registry_over

# The same examples in every run: a failure that shows is one that anybody can see again.
settings.register_profile(
    "isogloss",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("isogloss")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases; its PostgreSQL cluster starts when the first test asks for one."""
    with Databases(tmp_path_factory.mktemp("databases")) as made:
        yield made


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each engine."""
    return str(request.param)


@pytest.fixture
def empty_url(databases: Databases, engine: str) -> Iterator[str]:
    """The URL of a new database without any table."""
    with databases.fresh(engine) as url:
        yield url


@pytest.fixture
def database_url(databases: Databases, engine: str) -> Iterator[str]:
    """The URL of a new database with the current schema."""
    with databases.fresh(engine, migrated=True) as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqliteStore | PostgresqlStore]:
    """An open store on a new database."""
    opened = await open_store(database_url)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """A new place for files, on the disk."""
    objects = await open_objects(f"file://{tmp_path}/objects", {})
    try:
        yield Files(objects=objects, shared=objects.shared, parts=objects.parts)
    finally:
        await objects.close()


@pytest.fixture
async def registry(store: SqliteStore | PostgresqlStore, files: Files) -> Registry:
    """A registry on a new database and a new place for files, with a clock that stands still."""
    return await registry_over(store, files=files)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts gateways as ``tests.support.gateways.served`` does; all of them must stop cleanly after the test."""
    with ExitStack() as running:
        count = iter(range(1000))

        def start(database_url: str, **options: object) -> Gateway:
            home = tmp_path / f"gateway-{next(count)}"
            return running.enter_context(served(database_url, home, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def gateway(serve: Callable[..., Gateway], database_url: str) -> Gateway:
    """A gateway that lets everybody in, on a new database."""
    return serve(database_url)
