"""Every query means on each engine what ``core.query.evaluate`` says it means."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY
from isogloss.core.model import Property, Run, Workflow
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import (
    EVERYTHING,
    And,
    AnyOf,
    Compare,
    Greatest,
    Has,
    IsNull,
    Least,
    Like,
    Measures,
    NoneOf,
    Not,
    Operator,
    Or,
    Query,
    Resembles,
    Row,
    Sort,
    Span,
    Until,
    Where,
    begins,
    evaluate,
)
from isogloss.core.registry import Registry, pages, versions
from isogloss.core.registry.versions import VersionDraft

FIELDS = ("id", "created", "form", "description", "ordinal", "producer_run", "internal", "artifact.slug")
ENDS = (Least("ordinal"), Greatest("ordinal"))
TAGS = ("red", "blue", "Red")
words = st.sampled_from(["", "a", "A", "b", "ab", "%", "_", "\\", "é", "É", "markdown", "a-b"])
patterns = st.text("aAb%_\\é", max_size=3)
cased_patterns = st.text("aAb%_\\éÉ*?[]^-", max_size=4)
escaped_patterns = st.lists(
    st.sampled_from(["a", "A", "b", "%", "_", "é", "*", "[", "!%", "!_", "!!", "!a"]), max_size=4
).map("".join)
texts = ("form", "description", "artifact.slug", "producer_run")


def leaves(fields: Sequence[str], numbers: Sequence[str]) -> st.SearchStrategy[Where]:
    return st.one_of(
        st.builds(Compare, st.sampled_from(fields), st.sampled_from(Operator), words),
        st.builds(Compare, st.sampled_from(numbers), st.sampled_from(Operator), st.integers(0, 4)),
        st.builds(AnyOf, st.sampled_from(fields), st.lists(words, max_size=4).map(tuple)),
        st.builds(AnyOf, st.sampled_from(numbers), st.lists(st.integers(0, 4), max_size=3).map(tuple)),
        st.builds(NoneOf, st.sampled_from(fields), st.lists(words, max_size=4).map(tuple)),
        st.builds(Like, st.sampled_from(fields), patterns),
        st.builds(Like, st.sampled_from(fields), patterns, st.just("-")),
        st.builds(Resembles, st.sampled_from(fields), cased_patterns),
        st.builds(Like, st.sampled_from(fields), escaped_patterns, escape=st.just("!")),
        st.builds(Resembles, st.sampled_from(fields), escaped_patterns, st.just("!")),
        st.builds(begins, st.sampled_from(fields), words),
        st.builds(Measures, st.sampled_from(fields), st.sampled_from(Operator), st.sampled_from((0.0, 1.5, -2.0))),
        st.builds(IsNull, st.sampled_from(fields)),
    )


def trees(leaf: st.SearchStrategy[Where]) -> st.SearchStrategy[Where]:
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=5,
    )


property_trees = trees(
    st.one_of(
        st.builds(AnyOf, st.just("value"), st.lists(st.sampled_from(TAGS), max_size=2).map(tuple)),
        st.builds(Compare, st.just("name"), st.just(Operator.EQ), st.just("tag")),
    )
)
workflow_trees = st.one_of(st.just(EVERYTHING), trees(leaves(("name", "role"), ("created",))))
run_trees = trees(
    st.one_of(
        leaves(("name", "state_type"), ("attempts",)),
        st.builds(Has, st.just("property"), property_trees),
        st.builds(Has, st.sampled_from(["workflow", "deployment"]), workflow_trees),
    )
)
version_trees = trees(st.one_of(leaves(texts, ("ordinal",)), st.builds(Has, st.just("run"), run_trees)))


def a_run(registry: Registry, place: int) -> Run:
    return Run(
        id=f"run-{place}",
        project_id=registry.default_project.id,
        dialect="prefect",
        role="run" if place < 5 else "step",
        workflow_id="flow" if place % 2 else None,
        deployment_id="deployment" if place == 1 else None,
        parent_id=None,
        position=None,
        key=None,
        metadata=None,
        name=("a", "A", "b", "é", "a-b", "%")[place],
        state_id=None,
        state_type=(None, "a", "b")[place % 3],
        state_name=None,
        state_at=None,
        expected_start=None,
        next_start=None,
        started=None,
        ended=None,
        attempts=place,
        spent=0,
        tags="[]",
        facet=None,
        author_id=None,
        created=place,
        updated=place,
        deleted=None,
    )


def a_workflow(registry: Registry, workflow_id: str, role: str, parent: str | None) -> Workflow:
    return Workflow(
        id=workflow_id,
        project_id=registry.default_project.id,
        dialect="prefect",
        role=role,
        parent_id=parent,
        name="ab",
        tags="[]",
        facet=None,
        author_id=None,
        created=1,
        updated=2,
    )


def tag_of(run_id: str, value: str) -> Property:
    return Property(entity="run", entity_id=run_id, dialect="prefect", name="tag", value=value)


async def fill(registry: Registry) -> "World":
    """A few of everything: nulls, runs that exist and runs that do not, cases, wildcards as text."""
    runs = [a_run(registry, place) for place in range(6)]
    workflows = [
        a_workflow(registry, "flow", "workflow", None),
        a_workflow(registry, "deployment", "deployment", "flow"),
    ]
    properties = [tag_of("run-1", "red"), tag_of("run-1", "blue"), tag_of("run-2", "Red")]

    async def work(unit: Writer) -> None:
        await unit.add(*workflows, *runs, *properties)

    await registry.store.write(work)
    forms = (None, "markdown", "a", "A", "%", "é", "")
    for place in range(28):
        draft = VersionDraft(
            dialect="prefect",
            form=forms[place % 7],
            description=(None, "a\\b", "É", "_", "1.5", " -2 x", "3e0")[place % 7],
            internal=place % 5 == 0,
            producer_run=(None, *(f"run-{run}" for run in range(7)))[place % 8],
        )
        slug = (None, "a", "a-b", "ab")[place % 4]
        await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug=slug)
    query = Query(source="version", fields=FIELDS, project_id=registry.default_project.id, sort=Sort("id"))
    rows = [dict(zip(FIELDS, row, strict=True)) for row in await pages.list_rows(registry, ANYBODY, query)]
    assert len(rows) == 28
    return World(rows, runs, workflows, properties)


class World:
    """The same rows in memory, and how they are related."""

    def __init__(
        self,
        versions: list[dict[str, Any]],
        runs: list[Run],
        workflows: list[Workflow],
        properties: list[Property],
    ) -> None:
        self.versions = versions
        self._runs, self._workflows, self._properties = runs, workflows, properties

    def related(self, row: Row, relation: str) -> list[Row]:
        match relation:
            case "run":
                return [as_row(run) for run in self._runs if (run.id, run.role) == (row["producer_run"], "run")]
            case "property":
                return [as_row(each) for each in self._properties if each.entity_id == row["id"]]
            case _:
                wanted = row[f"{relation}_id"]
                return [as_row(workflow) for workflow in self._workflows if workflow.id == wanted]


def as_row(entity: Run | Workflow | Property) -> dict[str, Any]:
    return {name: getattr(entity, name) for name in entity.__struct_fields__}


async def test_every_tree_selects_what_its_meaning_says(registry: Registry) -> None:
    world = await fill(registry)

    @settings(max_examples=300)
    @given(where=version_trees)
    async def agrees(where: Where) -> None:
        query = Query(
            source="version",
            fields=("id",),
            project_id=registry.default_project.id,
            where=where,
            sort=Sort("id"),
        )

        async def work(unit: Reader) -> tuple[list[str], int]:
            return [row[0] for row in await unit.rows(query)], await unit.count(query)

        found, total = await registry.store.read(work)
        expected = [row["id"] for row in world.versions if evaluate(where, row, world.related)]
        assert (found, total) == (expected, len(expected))

    await run_property(agrees)


async def test_pages_cut_one_order_in_which_nulls_come_first_ascending(registry: Registry) -> None:
    world = await fill(registry)

    def key(field: str, row: dict[str, Any]) -> tuple[bool, Any, str]:
        return (row[field] is not None, row[field] or "", row["id"])

    @settings(max_examples=80)
    @given(
        field=st.sampled_from(["id", "created", "artifact.slug"]),
        descending=st.booleans(),
        limit=st.none() | st.integers(0, 30),
        offset=st.integers(0, 30),
    )
    async def cut(field: str, descending: bool, limit: int | None, offset: int) -> None:
        query = Query(
            source="version",
            fields=("id",),
            project_id=registry.default_project.id,
            sort=Sort(field, descending),
            limit=limit,
            offset=offset,
        )

        async def work(unit: Reader) -> list[str]:
            return [row[0] for row in await unit.rows(query)]

        ordered = sorted(world.versions, key=lambda row: key(field, row), reverse=descending)
        end = None if limit is None else offset + limit
        assert await registry.store.read(work) == [row["id"] for row in ordered[offset:end]]

    await run_property(cut)


async def test_groups_are_counted_and_added_up_as_their_rows_are(registry: Registry) -> None:
    world = await fill(registry)
    by = (Span("ordinal", 1, 2), "form", "artifact.slug")

    @settings(max_examples=100)
    @given(where=version_trees, end=st.integers(-(2**60), 2**60))
    async def agrees(where: Where, end: int) -> None:
        query = Query(source="version", fields=(), project_id=registry.default_project.id, where=where)
        found = await registry.store.read(
            lambda unit: unit.count_by(query, by, ("ordinal", Until("ordinal", end), *ENDS))
        )

        expected: dict[tuple[int, str | None, str | None], list[int]] = {}
        for row in world.versions:
            if evaluate(where, row, world.related):
                group = ((row["ordinal"] - 1) // 2, row["form"], row["artifact.slug"])
                expected.setdefault(group, []).append(row["ordinal"])
        assert {row[: len(by)]: row[len(by) :] for row in found} == {
            group: (len(ordinals), sum(ordinals), sum(end - each for each in ordinals), min(ordinals), max(ordinals))
            for group, ordinals in expected.items()
        }

    await run_property(agrees)


async def test_without_rows_there_are_no_groups_and_without_values_nothing_adds_up(registry: Registry) -> None:
    await fill(registry)
    project_id = registry.default_project.id
    none = Query(source="version", fields=(), project_id=project_id, where=AnyOf("id", ()))
    unstarted = Query(source="run", fields=(), project_id=project_id)

    async def work(unit: Reader) -> tuple[list[Any], list[Any]]:
        return (
            await unit.count_by(none, ("form",)),
            await unit.count_by(unstarted, ("role",), ("started", Until("started", 5), "attempts")),
        )

    empty, totals = await registry.store.read(work)
    assert empty == []
    assert sorted(totals) == [("run", 5, 0, 0, 10), ("step", 1, 0, 0, 5)]


async def run_property(test: Any) -> None:
    """Run a property test over a coroutine function inside a loop that is running already."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    loop = asyncio.get_running_loop()
    inner = test.hypothesis.inner_test

    def in_the_loop(**arguments: Any) -> None:
        asyncio.run_coroutine_threadsafe(inner(**arguments), loop).result(60)

    test.hypothesis.inner_test = in_the_loop
    with ThreadPoolExecutor(1) as thread:
        await loop.run_in_executor(thread, test)
