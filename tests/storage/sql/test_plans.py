"""At 100,000 rows every default sort, and every filter by id, key, name, run or tag, is answered from an index."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
import pytest

from isogloss.core.query import (
    EVERYTHING,
    And,
    AnyOf,
    Compare,
    Has,
    IsNull,
    Not,
    Operator,
    Query,
    Sort,
    Span,
    Where,
    all_of,
    any_of,
    begins,
)
from isogloss.storage.sql.compiler import Compiler
from isogloss.storage.sql.engines import POSTGRESQL, SQLITE
from isogloss.storage.sql.store import open_store, sqlite_path
from tests.support.crowd import RUNS, VERSIONS, crowd
from tests.support.databases import ENGINES, Databases
from tests.support.registries import registry_over

RUN_7 = "03000000-0000-7000-8000-000000000007"
VERSION_7 = "02000000-0000-7000-8000-000000000007"
ARTIFACT_7 = "01000000-0000-7000-8000-000000000007"
TAG_7 = "06000000-0000-7000-8000-000000000007"
FIELDS = {
    "version": ("id", "artifact.slug", "form", "description", "data", "metadata", "producer_run", "producer_step"),
    "head": ("id", "slug", "version.id", "version.data", "version.metadata", "version.producer_run"),
    "shown_version": ("id", "artifact.name", "label", "uri", "metadata", "producer_run"),
    "tagged_version": ("id", "artifact.name", "label", "uri", "metadata", "producer_run"),
    "artifact": ("id", "name", "version.id", "version.label"),
    "tagged_artifact": ("id", "name", "version.id", "version.label"),
    "run": ("id", "name", "state_type", "tags", "facet"),
    "workflow": ("id", "name", "tags", "latest_run"),
    "run_link": ("version_id", "run_id"),
    "derivation": ("id", "version_id", "run_id", "source_version_id", "source_run_id"),
    "newest_shown_version": ("version.id",),
    "event": ("id", "name", "occurred", "received", "body"),
}
RUN = Compare("role", Operator.EQ, "run")
TRACKED = all_of(RUN, Compare("dialect", Operator.EQ, "prefect"), IsNull("deleted"))
FLOW = Compare("role", Operator.EQ, "workflow")


def tagged(tag: str) -> Where:
    return Has("property", And((Compare("name", Operator.EQ, "tag"), AnyOf("value", (tag, "other")))))


GROUP_7 = Has("property", And((Compare("name", Operator.EQ, "tag"), Compare("value", Operator.EQ, "group-7"))))
TAGGED_7 = Compare("tag_id", Operator.EQ, TAG_7)
BEGINS_7 = all_of(Compare("id", Operator.GE, VERSION_7[:20]), Compare("id", Operator.LT, VERSION_7[:20] + "g"))

BELOW_7 = all_of(Compare("uri", Operator.GE, "file:7/"), Compare("uri", Operator.LT, "file:70"))

LATE = all_of(Compare("occurred", Operator.GE, 10**10), Compare("occurred", Operator.LE, 4 * 10**10))


def concerning(*criteria: Where) -> Where:
    """Of the source ``event``: what is asked of one of its resources, and of the time."""
    return all_of(LATE, Has("resource", all_of(*criteria, LATE)))


SORTS = [
    ("event", LATE, "occurred"),
    ("event", Compare("name", Operator.EQ, "kind-7"), "occurred"),
    ("version", EVERYTHING, "id"),
    ("version", EVERYTHING, "created"),
    ("version", EVERYTHING, "updated"),
    ("version", EVERYTHING, "artifact.slug"),
    ("head", EVERYTHING, "id"),
    ("head", EVERYTHING, "created"),
    ("head", EVERYTHING, "updated"),
    ("head", EVERYTHING, "slug"),
    ("shown_version", EVERYTHING, "created"),
    ("shown_version", EVERYTHING, "id"),
    ("tagged_version", TAGGED_7, "created"),
    ("artifact", EVERYTHING, "created"),
    ("run", RUN, "created"),
    ("workflow", FLOW, "created"),
    ("run", RUN, "id"),
    ("run", RUN, "name"),
    ("run", RUN, "expected_start"),
    ("run", RUN, "next_start"),
    ("run", RUN, "started"),
    ("run", RUN, "ended"),
    ("run", RUN, "began"),
    ("run", TRACKED, "started"),
    ("workflow", FLOW, "id"),
    ("workflow", FLOW, "name"),
]
FILTERS = {
    "version by id": ("version", AnyOf("id", (VERSION_7,))),
    "version by ids": ("version", AnyOf("id", (VERSION_7, "other"))),
    "version by key": ("version", AnyOf("artifact.slug", ("key-7",))),
    "version by keys": ("version", AnyOf("artifact.slug", ("key-7", "key-8"))),
    "version by run": ("version", AnyOf("producer_run", (RUN_7,))),
    "version by step": ("version", AnyOf("producer_step", (RUN_7,))),
    "version by joined run id": ("version", Has("run", AnyOf("id", (RUN_7,)))),
    "version by run name": ("version", Has("run", AnyOf("name", ("run-7", "run-8")))),
    "version by run tag": ("version", Has("run", tagged("group-7"))),
    "shown version by artifact": ("shown_version", Compare("artifact_id", Operator.EQ, ARTIFACT_7)),
    "shown version by artifact name": ("shown_version", Compare("artifact.name", Operator.EQ, "key-7")),
    "shown version by beginning of its id": ("shown_version", BEGINS_7),
    "shown version by uri": ("shown_version", Compare("uri", Operator.EQ, "file:7")),
    "version by uris": ("version", AnyOf("uri", ("file:7", "file:8"))),
    "version by beginning of its uri": ("version", BELOW_7),
    "shown version by tag": ("shown_version", Has("tag", Compare("tag.name", Operator.EQ, "tag-8"))),
    "shown version by metadata": ("shown_version", Has("metadata", Compare("key", Operator.EQ, "key-7"))),
    "artifact by name": ("artifact", Compare("name", Operator.EQ, "key-7")),
    "artifact by id": ("artifact", Compare("id", Operator.EQ, ARTIFACT_7)),
    "head by latest id": ("head", AnyOf("version.id", (VERSION_7,))),
    "head by key": ("head", AnyOf("slug", ("key-7",))),
    "head by run": ("head", AnyOf("version.producer_run", (RUN_7,))),
    "head by run name": ("head", Has("run", AnyOf("name", ("run-7",)))),
    "head by run tag": ("head", Has("run", tagged("group-7"))),
    "run by id": ("run", all_of(RUN, AnyOf("id", (RUN_7, "other")))),
    "tracked run by name": ("run", all_of(TRACKED, Compare("name", Operator.EQ, "run-7"))),
    "tracked run by names": ("run", all_of(TRACKED, AnyOf("name", ("run-7", "run-8")))),
    "run by name": ("run", all_of(RUN, AnyOf("name", ("run-7",)))),
    "run by tag": ("run", all_of(RUN, tagged("group-7"))),
    "run by parent": ("run", all_of(RUN, AnyOf("parent_id", (RUN_7,)))),
    "run by flow id": ("run", all_of(RUN, AnyOf("workflow_id", ("flow",)))),
    "run by its workflow's name": ("run", all_of(RUN, Has("workflow", Compare("name", Operator.EQ, "flow-7")))),
    "run by a property and its state": ("run", all_of(RUN, GROUP_7, Compare("state_name", Operator.EQ, "Completed"))),
    "workflow by id": ("workflow", all_of(FLOW, AnyOf("id", ("flow",)))),
    "workflow by name": ("workflow", all_of(FLOW, AnyOf("name", ("flow-7",)))),
}
IDS = (VERSION_7, RUN_7, "other")
PRODUCED = Compare("direction", Operator.EQ, "produced")
BEHIND = all_of(
    Compare("created", Operator.LE, 7_000_000),
    any_of(
        Compare("created", Operator.LT, 7_000_000),
        all_of(Compare("created", Operator.EQ, 7_000_000), Compare("id", Operator.LT, VERSION_7)),
    ),
)
EVENTS = {
    "by id": all_of(LATE, AnyOf("id", (RUN_7, "other"))),
    "by name": all_of(LATE, AnyOf("name", ("kind-7",))),
    "by names": all_of(LATE, AnyOf("name", ("kind-7", "kind-8"))),
    "by the beginning of its name": all_of(LATE, begins("name", "kind-7")),
    "by its resource": concerning(Compare("place", Operator.EQ, 0), AnyOf("resource_id", ("run.7",))),
    "by any resource": concerning(AnyOf("resource_id", ("flow.7",))),
    "by any of several": concerning(AnyOf("resource_id", ("flow.7", "run.8"))),
    "by the beginning of a resource": concerning(begins("resource_id", "run.77")),
    "by a related resource": concerning(Not(Compare("place", Operator.EQ, 0)), AnyOf("resource_id", ("flow.7",))),
    "by role": concerning(AnyOf("role", ("flow",))),
    "one of each resource": all_of(LATE, Not(Has("later", LATE))),
}
LEVELS = {
    "links of versions": ("run_link", all_of(AnyOf("version_id", IDS), PRODUCED), Sort("version_id", then="run_id")),
    "links of runs": ("run_link", all_of(AnyOf("run_id", IDS), PRODUCED), Sort("version_id", then="run_id")),
    "what versions were made from": ("derivation", AnyOf("version_id", IDS), Sort("id")),
    "what runs were made from": ("derivation", AnyOf("run_id", IDS), Sort("id")),
    "what was made from versions": ("derivation", AnyOf("source_version_id", IDS), Sort("id")),
    "what was made from runs": ("derivation", AnyOf("source_run_id", IDS), Sort("id")),
    "what names nothing yet": ("derivation", AnyOf("key", ("name:key-7", "other")), Sort("id")),
    "versions": ("shown_version", AnyOf("id", IDS), None),
    "steps of runs": ("run", all_of(AnyOf("parent_id", IDS), Compare("role", Operator.EQ, "step")), None),
    "newest versions": ("newest_shown_version", AnyOf("id", (ARTIFACT_7, "other")), None),
}
"""What a level of a walk through lineage asks for, in all projects."""

DAY = (
    Compare("expected_start", Operator.GE, 1_000_000_000),
    Compare("expected_start", Operator.LT, 9_000_000_000),
)
STARTED = (Compare("started", Operator.GE, 1_000_000_000), Compare("started", Operator.LT, 9_000_000_000))
STEP = Compare("role", Operator.EQ, "step")
FAILED = AnyOf("state_type", ("FAILED", "CRASHED"))
TOTALS: dict[str, tuple[Where, tuple[str | Span, ...]]] = {
    "all runs": (all_of(RUN, IsNull("deleted")), ()),
    "runs of a day": (all_of(RUN, IsNull("deleted"), *DAY), ()),
    "failed runs of a day": (all_of(RUN, IsNull("deleted"), *DAY, FAILED), ()),
    "steps of a day, without those that called runs": (all_of(STEP, *STARTED, Not(Has("called", EVERYTHING))), ()),
    "history of steps": (
        all_of(STEP, Not(IsNull("parent_id")), *STARTED, *DAY),
        (Span("expected_start", 1_000_000_000, 60_000_000), "state_type", "state_name"),
    ),
}
"""What dashboards ask for."""

ONE_PAGE = 10


@pytest.fixture(scope="module", params=ENGINES)
def crowded(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a database with 100,000 versions."""
    with databases.fresh(str(request.param), migrated=True) as url:

        async def make_project() -> None:
            store = await open_store(url)
            await registry_over(store)
            await store.close()

        asyncio.run(make_project())
        crowd(url)
        yield url


@pytest.mark.parametrize(("source", "where", "field"), SORTS, ids=[f"{s} by {f}" for s, _, f in SORTS])
@pytest.mark.parametrize("descending", [True, False], ids=["descending", "ascending"])
def test_a_page_in_order_is_read_off_an_index(
    crowded: str, source: str, where: Where, field: str, descending: bool
) -> None:
    query = page(source, where, Sort(field, descending))

    assert problems(crowded, query, may_sort=False) == []


@pytest.mark.parametrize(("source", "where"), FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("field", ["id", "created"])
def test_a_selective_filter_is_answered_from_its_index(crowded: str, source: str, where: Where, field: str) -> None:
    assert problems(crowded, page(source, where, Sort(field, True)), may_sort=True) == []


@pytest.mark.parametrize(("source", "where", "sort"), LEVELS.values(), ids=LEVELS.keys())
def test_a_level_of_lineage_is_found_by_indexes(crowded: str, source: str, where: Where, sort: Sort | None) -> None:
    query = Query(source=source, fields=FIELDS[source], project_id=None, where=where, sort=sort, limit=20_001)

    assert problems(crowded, query, may_sort=True) == []


# PostgreSQL chooses by its statistics, and may rather read the table.
@pytest.mark.parametrize("crowded", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("where", "by"), TOTALS.values(), ids=TOTALS.keys())
def test_totals_of_runs_read_nothing_but_an_index(crowded: str, where: Where, by: tuple[str | Span, ...]) -> None:
    query = Query(source="run", fields=(), project_id="?", where=where)
    path = sqlite_path(crowded)
    assert path is not None
    compiler = Compiler(SQLITE)
    statement, arguments = compiler.count_by(query, by, ("spent", "delay")) if by else compiler.count(query)

    steps = explained(path, statement.text, arguments)
    assert [step for step in steps if step.startswith("SEARCH r ") and "COVERING INDEX" not in step] == []
    assert [step for step in steps if step.startswith("SCAN") and "VIRTUAL" not in step] == []


@pytest.mark.parametrize("crowded", ["sqlite"], indirect=True)
def test_rows_in_an_order_of_their_own_are_sorted_before_they_are_read(crowded: str) -> None:
    path = sqlite_path(crowded)
    assert path is not None
    steps = sqlite_plan(path, page("run", all_of(RUN, IsNull("deleted"), *DAY), Sort("began", True)))

    [found] = [step for step in steps if step.startswith("SEARCH r ") and "(project_id=?" in step]
    assert "USING COVERING INDEX ix_runs_role_expected" in found


def test_the_next_run_of_a_workflow_is_found_by_an_index(crowded: str) -> None:
    query = Query(source="workflow", fields=("id", "next_run"), project_id="?", where=AnyOf("id", IDS))

    assert problems(crowded, query, may_sort=False) == []


@pytest.mark.parametrize("where", EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize("descending", [True, False], ids=["descending", "ascending"])
def test_events_are_found_by_indexes(crowded: str, where: Where, descending: bool) -> None:
    assert problems(crowded, page("event", where, Sort("occurred", descending)), may_sort=True) == []


def test_a_page_behind_a_place_is_read_off_an_index(crowded: str) -> None:
    for source in ("shown_version", "artifact"):
        assert problems(crowded, page(source, BEHIND, Sort("created", True)), may_sort=False) == []


def test_the_crowd_is_as_large_as_said(crowded: str) -> None:
    assert (VERSIONS, RUNS) == (100_000, 50_000)
    assert rows_in(crowded, "versions") == VERSIONS


def page(source: str, where: Where, sort: Sort) -> Query:
    return Query(source=source, fields=FIELDS[source], project_id="?", where=where, sort=sort, limit=ONE_PAGE)


def problems(url: str, query: Query, may_sort: bool) -> list[str]:
    """The steps of the plan that read a large table from end to end, or sort more than the rows that were found.

    There are few tags, so that reading all of them is right.
    """
    path = sqlite_path(url)
    if path is not None:
        return [
            step
            for step in sqlite_plan(path, query)
            if (step.startswith("SCAN") and "VIRTUAL" not in step and "LIST" not in step)
            or (step == "USE TEMP B-TREE FOR ORDER BY" and not may_sort)
            or (may_sort and "(project_id=?)" in step)
        ]
    return [
        step
        for step in asyncio.run(postgresql_plan(url, query))
        if ("Seq Scan" in step and " tags " not in step)
        or (step.removeprefix("->  ").startswith("Sort  (") and not may_sort)
    ]


def sqlite_plan(path: str, query: Query) -> list[str]:
    statement, arguments = Compiler(SQLITE).rows(query)
    return explained(path, statement.text, arguments)


def explained(path: str, text: str, arguments: Sequence[Any]) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", arguments)]
    finally:
        connection.close()


async def postgresql_plan(url: str, query: Query) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        project = await connection.fetchval("SELECT id FROM projects")
        statement, arguments = Compiler(POSTGRESQL).rows(query)
        arguments = [project if argument == "?" else argument for argument in arguments]
        return [row[0].strip() for row in await connection.fetch(f"EXPLAIN {statement.text}", *arguments)]
    finally:
        await connection.close()


def rows_in(url: str, table: str) -> int:
    path = sqlite_path(url)
    if path is not None:
        connection = sqlite3.connect(path)
        try:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        finally:
            connection.close()

    async def count() -> int:
        connected = await asyncpg.connect(url)
        try:
            return int(await connected.fetchval(f"SELECT count(*) FROM {table}"))
        finally:
            await connected.close()

    return asyncio.run(count())
