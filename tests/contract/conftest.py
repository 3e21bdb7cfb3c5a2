"""One gateway on each engine for a whole module of contract tests."""

from collections.abc import Iterator

import pytest

from tests.support.databases import ENGINES, Databases
from tests.support.gateways import Gateway, served


@pytest.fixture(scope="module", params=ENGINES)
def running(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """An open gateway on a new database, shared by the tests of a module, once on each engine."""
    with (
        databases.fresh(str(request.param), migrated=True) as url,
        served(url, tmp_path_factory.mktemp("contract")) as gateway,
    ):
        yield gateway
