"""Versions: ordinals and labels, the head and its fall-back, metadata and links; on both engines."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Conflict, Denied, Invalid, NotFound
from isogloss.core.model import Artifact, MetadataEntry, RunLink, Version
from isogloss.core.ports import Reader
from isogloss.core.query import Query
from isogloss.core.registry import Registry, pages, upkeep, versions
from isogloss.core.registry.versions import VersionDraft, label_number
from tests.support.registries import Clock

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)


async def make(registry: Registry, slug: str | None = "report", **fields: Any) -> Version:
    draft = VersionDraft(dialect="prefect", **fields)
    return await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug=slug)


async def get(registry: Registry, entity: type[Any], /, **key: Any) -> Any:
    async def work(unit: Reader) -> Any:
        return await unit.get(entity, **key)

    return await registry.store.read(work)


async def find(registry: Registry, entity: type[Any], /, **key: Any) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(entity, **key)

    return await registry.store.read(work)


async def artifact_named(registry: Registry, slug: str = "report") -> Artifact:
    found = await get(registry, Artifact, project_id=registry.default_project.id, slug=slug)
    assert isinstance(found, Artifact)
    return found


async def test_ordinals_and_labels_count_up_and_time_moves_on_though_the_clock_stands(
    registry: Registry,
) -> None:
    made = [await make(registry) for _ in range(3)]

    assert [version.ordinal for version in made] == [1, 2, 3]
    assert [version.label for version in made] == ["1", "2", "3"]
    assert made[0].created < made[1].created < made[2].created


async def test_an_ordinal_is_never_given_twice_but_the_highest_label_is_free_again(
    registry: Registry,
) -> None:
    await make(registry)
    second = await make(registry)
    await versions.delete_version(registry, ANYBODY, registry.default_project, second.id)
    third = await make(registry)

    assert (third.ordinal, third.label) == (3, "2")


async def test_a_given_label_that_is_a_number_moves_the_count(registry: Registry) -> None:
    await make(registry, label="gold")
    await make(registry, label="010")
    following = await make(registry)

    assert (following.ordinal, following.label, following.number) == (3, "11", 11)


async def test_deleting_the_highest_label_frees_its_number_down_to_the_next_living_one(
    registry: Registry,
) -> None:
    await make(registry, label="3")
    ten = await make(registry, label="10")
    await versions.delete_version(registry, ANYBODY, registry.default_project, ten.id)

    assert (await make(registry)).label == "4"


async def test_the_head_follows_the_newest_version_and_keeps_its_own_id(registry: Registry) -> None:
    first = await make(registry)
    before = await artifact_named(registry)
    second = await make(registry)
    after = await artifact_named(registry)

    assert before.head_id == after.head_id != second.id
    assert (after.head_version_id, after.head_created, after.head_updated) == (
        second.id,
        first.created,
        second.created,
    )


async def test_changing_the_newest_version_moves_the_head_and_changing_an_older_one_does_not(
    registry: Registry,
) -> None:
    first, second = await make(registry), await make(registry)
    await versions.change_version(registry, ANYBODY, registry.default_project, first.id, description="old")
    unmoved = await artifact_named(registry)
    await versions.change_version(registry, ANYBODY, registry.default_project, second.id, description="new")
    moved = await artifact_named(registry)

    assert unmoved.head_updated == second.updated
    assert moved.head_updated is not None
    assert moved.head_updated > second.updated
    assert (await get(registry, Version, id=first.id)).description == "old"


async def test_deleting_the_newest_falls_back_to_the_newest_left_with_its_times(registry: Registry) -> None:
    first, second, third = await make(registry), await make(registry), await make(registry)
    head_id = (await artifact_named(registry)).head_id
    await versions.delete_version(registry, ANYBODY, registry.default_project, first.id)
    await versions.delete_version(registry, ANYBODY, registry.default_project, third.id)
    artifact = await artifact_named(registry)

    assert artifact.head_id == head_id
    assert (artifact.head_version_id, artifact.head_created, artifact.head_updated) == (
        second.id,
        second.created,
        second.updated,
    )


async def test_the_last_deletion_ends_the_head_but_not_the_artifact(registry: Registry) -> None:
    only = await make(registry)
    before = await artifact_named(registry)
    await versions.delete_version(registry, ANYBODY, registry.default_project, only.id)
    gone = await artifact_named(registry)
    reborn_version = await make(registry)
    reborn = await artifact_named(registry)

    assert (gone.id, gone.head_id, gone.head_version_id) == (before.id, None, None)
    assert reborn.head_id not in (None, before.head_id)
    assert reborn_version.ordinal == 2


async def test_a_nameless_artifact_lives_and_goes_with_its_only_version(registry: Registry) -> None:
    version = await make(registry, slug=None)
    artifact = await get(registry, Artifact, id=version.artifact_id)
    await versions.delete_version(registry, ANYBODY, registry.default_project, version.id)

    assert (artifact.name, artifact.slug, artifact.word) == (None, None, None)
    assert await get(registry, Artifact, id=version.artifact_id) is None


@pytest.mark.parametrize("slug", ["", "plain", "x--abc", "x---4d-y", "x-model--iris", "ends\n", "x-" * 300])
async def test_a_slug_is_kept_as_it_was_given(registry: Registry, slug: str) -> None:
    await make(registry, slug=slug)
    await make(registry, slug=slug)

    assert (await artifact_named(registry, slug)).ordinals == 2


async def test_totals_are_exact_before_and_after_folding(registry: Registry) -> None:
    project = registry.default_project.id
    made = [await make(registry, slug=f"k{place % 7}") for place in range(60)]
    await make(registry, slug=None)
    await versions.delete_version(registry, ANYBODY, registry.default_project, made[0].id)
    before = [await upkeep.total(registry, project, noun) for noun in ("version", "head")]
    await upkeep.fold_tallies(registry)
    after = [await upkeep.total(registry, project, noun) for noun in ("version", "head")]

    assert before == after == [60, 7]
    assert await upkeep.fold_tallies(registry) == 0


async def test_metadata_is_a_log_and_a_document_written_together(registry: Registry) -> None:
    version = await make(registry, metadata='{"kept":"1","changed":"2","gone":{"a":[1]}}')
    await versions.change_version(
        registry,
        ANYBODY,
        registry.default_project,
        version.id,
        metadata=lambda _: '{"kept":"1","changed":"3","new":null}',
    )
    entries = await find(registry, MetadataEntry, entity="version", entity_id=version.id)

    assert sorted((entry.key, entry.value, entry.type) for entry in entries) == [
        ("changed", '"3"', "str"),
        ("kept", '"1"', "str"),
        ("new", "null", "null"),
    ]
    assert (await get(registry, Version, id=version.id)).metadata == '{"kept":"1","changed":"3","new":null}'


async def test_null_metadata_differs_from_an_empty_document(registry: Registry) -> None:
    version = await make(registry, metadata="{}")
    await versions.change_version(registry, ANYBODY, registry.default_project, version.id, metadata=lambda _: None)

    assert version.metadata == "{}"
    assert (await get(registry, Version, id=version.id)).metadata is None


async def test_producers_become_links_and_go_with_the_version(registry: Registry) -> None:
    version = await make(registry, producer_run="run-1", producer_step="step-1")
    links = await find(registry, RunLink, version_id=version.id)
    await versions.delete_version(registry, ANYBODY, registry.default_project, version.id)

    assert sorted((link.run_id, link.direction) for link in links) == [
        ("run-1", "produced"),
        ("step-1", "produced"),
    ]
    assert await find(registry, RunLink, version_id=version.id) == []


async def test_unknown_ids_are_not_found_and_viewers_may_not_write(registry: Registry) -> None:
    version = await make(registry)

    with pytest.raises(NotFound):
        await versions.change_version(registry, ANYBODY, registry.default_project, "0", data="1")
    with pytest.raises(NotFound):
        await versions.delete_version(registry, ANYBODY, registry.default_project, "0")
    with pytest.raises(Denied):
        await versions.delete_version(registry, VIEWER, registry.default_project, version.id)
    with pytest.raises(Invalid):
        await make(registry, slug="a\0")


async def test_a_refused_write_leaves_nothing_behind(registry: Registry) -> None:
    await make(registry, label="gold")
    with pytest.raises(Conflict):
        await make(registry, label="gold")

    assert (await artifact_named(registry)).ordinals == 1


async def test_many_writers_at_once_get_distinct_ordinals_without_gaps(registry: Registry) -> None:
    made = await asyncio.gather(*(make(registry) for _ in range(100)))

    assert sorted(version.ordinal for version in made) == list(range(1, 101))
    in_order = sorted(made, key=lambda version: version.ordinal)
    assert all(one.created < other.created for one, other in pairwise(in_order))
    assert (await artifact_named(registry)).head_version_id == in_order[-1].id


steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.sampled_from(["a", "b"]), st.sampled_from([None, "7", "007", "gold", "-2"])),
        st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
        st.tuples(st.just("change"), st.integers(0, 9), st.none()),
        st.tuples(st.just("wait"), st.integers(0, 3), st.none()),
    ),
    max_size=14,
)


@settings(max_examples=25)
@given(steps=steps)
async def test_any_history_agrees_with_a_plain_model(registry: Registry, steps: list[tuple[Any, ...]]) -> None:
    """Allocation and latest-after-delete, against lists in memory. Each example has names of its own."""
    prefix = registry.new_id()
    living: dict[str, list[Version]] = {"a": [], "b": []}
    given_ordinals = {"a": 0, "b": 0}
    clock = registry.clock
    assert isinstance(clock, Clock)
    for action, what, label in steps:
        everything = [version for line in living.values() for version in line]
        if action == "wait":
            clock.advance(what)
        elif action == "create" and label not in {version.label for version in living[what]}:
            version = await make(registry, slug=f"{prefix}-{what}", label=label)
            numbers = [v.number for v in living[what] if v.number is not None]
            assert version.ordinal == given_ordinals[what] + 1
            assert label is not None or version.label == str((max(numbers) if numbers else 0) + 1)
            given_ordinals[what] += 1
            living[what].append(version)
        elif action == "delete" and what < len(everything):
            await versions.delete_version(registry, ANYBODY, registry.default_project, everything[what].id)
            for line in living.values():
                line[:] = [version for version in line if version.id != everything[what].id]
        elif action == "change" and what < len(everything):
            await versions.change_version(
                registry, ANYBODY, registry.default_project, everything[what].id, description="changed"
            )
    for name, line in living.items():
        if given_ordinals[name]:
            artifact = await artifact_named(registry, f"{prefix}-{name}")
            newest = max(line, key=lambda version: (version.created, version.ordinal), default=None)
            assert artifact.head_version_id == (newest.id if newest else None)
            assert artifact.ordinals == given_ordinals[name]


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("1", 1),
        ("007", 7),
        (" 7 ", 7),
        ("1_000", 1000),
        ("-3", -3),
        (str(2**53), 2**53),
        (str(2**53 + 1), None),
        ("gold", None),
        ("", None),
        ("1.0", None),
        ("9" * 5000, None),
        ("٣", 3),
    ],
)
def test_labels_that_count_as_numbers(label: str, number: int | None) -> None:
    assert label_number(label) == number


async def test_a_list_reads_only_the_fields_asked_for(registry: Registry) -> None:
    version = await make(registry, form="markdown", data='"text"')
    query = Query(source="head", fields=("slug", "version.id"), project_id=registry.default_project.id)

    assert [tuple(row) for row in await pages.list_rows(registry, ANYBODY, query)] == [("report", version.id)]
    assert await pages.count(registry, ANYBODY, query) == 1


@pytest.mark.parametrize("key", ["a\\u0000", "a" * 1025], ids=["NUL", "too long"])
async def test_metadata_keys_are_names(registry: Registry, key: str) -> None:
    version = await make(registry)

    with pytest.raises(Invalid, match="metadata"):
        await make(registry, metadata=f'{{"{key}":"value"}}')
    with pytest.raises(Invalid, match="metadata"):
        await versions.change_version(
            registry, ANYBODY, registry.default_project, version.id, metadata=lambda _: f'{{"{key}":"value"}}'
        )
