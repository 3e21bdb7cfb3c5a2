"""What callers see of each source of queries: none is forgotten, and what is said of each fits its rows."""

from typing import Any

import pytest

from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Has, Like, Not, Or, Query
from isogloss.core.registry import Registry, sights
from isogloss.core.registry.sights import RELATIONS, Sight, within
from isogloss.storage.sql.sources import SOURCES

HERE = ("a", "b")


def test_every_source_is_listed() -> None:
    assert sights.SOURCES.keys() == SOURCES.keys()


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_what_is_said_of_a_source_fits_its_rows(name: str) -> None:
    source, sight = SOURCES[name](), sights.SOURCES[name]
    has_project = "project_id" in source.columns
    match sight:
        case Sight.OF_PROJECT | Sight.OF_PROJECT_OR_SERVER:
            assert has_project
        case Sight.OF_VERSION | Sight.OF_RUN | Sight.OF_RECORD:
            assert not has_project
            assert sight.value in source.relations
        case Sight.PROJECTS | Sight.SERVER:
            assert not has_project
        case Sight.NOBODY:
            pass


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_relation_that_may_lead_to_another_project_is_listed(name: str) -> None:
    for relation, made in SOURCES[name]().relations.items():
        leads_to_project = "project_id" in made().source.columns
        # A thing's tags are where it is, and a tag's things are narrowed by name.
        own = relation == "tag" or (relation, name) == ("link", "tag")
        assert (relation in RELATIONS) == (leads_to_project and not own), (name, relation)


@pytest.mark.parametrize("name", sorted(SOURCES))
async def test_every_engine_answers_what_is_narrowed(registry: Registry, name: str) -> None:
    source = SOURCES[name]()
    fields = (next(iter(source.columns)),)
    parts = [Has(relation, Or(())) for relation in source.relations]
    for project_id in (None, "a") if "project_id" in source.columns else (None,):
        query = Query(source=name, fields=fields, project_id=project_id, where=Not(Or(tuple(parts))))
        narrowed = within(query, HERE)

        async def work(unit: Reader, asked: Query | None = narrowed) -> list[tuple[Any, ...]]:
            return [] if asked is None else await unit.rows(asked)

        assert isinstance(await registry.store.read(work), list)


def test_a_project_that_is_not_seen_has_no_rows() -> None:
    assert within(Query(source="version", fields=("id",), project_id="c"), HERE) is None
    assert within(Query(source="version", fields=("id",), project_id="b"), HERE) is not None
    assert within(Query(source="reply", fields=("key",), project_id=None), HERE) is None


def test_what_is_asked_of_related_rows_is_asked_of_those_that_are_seen() -> None:
    guess = Has("run", Like("name", "secret%"))
    query = within(Query(source="version", fields=("id",), project_id="a", where=guess), HERE)
    assert query is not None
    assert isinstance(query.where, Has)
    assert AnyOf("project_id", HERE) in query.where.where.parts[1].parts  # type: ignore[union-attr]


def test_a_ruling_query_is_asked_as_it_is() -> None:
    query = Query(source="version", fields=("id",), project_id=None, ruling=True)
    assert within(query, HERE) is query
