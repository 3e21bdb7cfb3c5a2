"""After the death of a gateway in the middle of writing, the counters of the registry still agree with its rows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from isogloss.core.ports import Reader
from isogloss.core.query import Query, Sort
from isogloss.core.registry import upkeep
from isogloss.storage.sql.store import open_store
from tests.durability.test_writers import KEY, STORM_SECONDS, write_until_it_dies
from tests.support.gateways import Gateway, served
from tests.support.registries import registry_over


@pytest.fixture
def stormed(database_url: str, tmp_path: Path, serve: Callable[..., Gateway]) -> str:
    """A database whose gateway was killed while it wrote."""
    answered: list[str] = []
    enough = Event()
    with served(database_url, tmp_path / "doomed", killed=True) as doomed, ThreadPoolExecutor(16) as writers:
        storm = [writers.submit(write_until_it_dies, doomed.port, place, answered, enough) for place in range(16)]
        assert enough.wait(STORM_SECONDS)
        doomed.kill()
        for writer in storm:
            writer.result()
    return database_url


async def test_no_ordinal_is_given_twice_and_totals_agree(stormed: str) -> None:
    store = await open_store(stormed)
    registry = await registry_over(store)
    query = Query(
        source="version",
        fields=("ordinal", "created", "artifact.slug"),
        project_id=registry.default_project.id,
        sort=Sort("created"),
    )

    async def work(unit: Reader) -> list[tuple[int, int, str]]:
        return [(row[0], row[1], row[2]) for row in await unit.rows(query)]

    rows = await store.read(work)
    total = await upkeep.total(registry, registry.default_project.id, "version")
    await store.close()

    assert [ordinal for ordinal, _, _ in rows] == list(range(1, len(rows) + 1))
    assert {slug for _, _, slug in rows} == {KEY}
    assert total == len(rows) > 300
