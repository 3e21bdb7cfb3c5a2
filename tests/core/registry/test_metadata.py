"""How a metadata log folds into a document, at once and entry by entry."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY
from isogloss.core.errors import NotFound
from isogloss.core.model import MetadataEntry, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, versions
from isogloss.core.registry.metadata import append, fold
from isogloss.core.registry.versions import VersionDraft

values = st.one_of(st.integers(0, 3), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=2))
logs = st.lists(st.tuples(st.sampled_from("ab"), values), max_size=6)


@given(log=logs)
def test_the_newest_value_wins_where_not_all_are_objects(log: list[tuple[str, Any]]) -> None:
    document = fold(log)
    for key in {key for key, _ in log}:
        history = [value for name, value in log if name == key]
        if not all(isinstance(value, dict) for value in history):
            assert document[key] == history[-1]


@given(log=logs, more=logs)
def test_objects_merge_one_level_deep_with_newer_members_winning(log: list[tuple[str, Any]], more: Any) -> None:
    history = [value for _, value in log if isinstance(value, dict)]
    merged: dict[str, Any] = {}
    for value in history:
        merged = {**merged, **value}

    assert fold([("k", value) for value in history]).get("k", {}) == merged


def test_no_entries_make_an_empty_document() -> None:
    assert fold([]) == {}


@given(log=st.lists(st.dictionaries(st.sampled_from("ab"), values, max_size=2), max_size=5))
async def test_what_is_appended_one_by_one_folds_into_the_document_of_the_whole_log(
    registry: Registry, log: list[dict[str, Any]]
) -> None:
    draft = VersionDraft(dialect="test")
    version = await versions.create_version(registry, ANYBODY, registry.default_project, draft)

    async def work(unit: Writer) -> str:
        document = "{}"
        for added in log:
            document = await append(registry, unit, "version", version.id, json.dumps(added))
        return document

    document = await registry.store.write(work)

    async def read(unit: Reader) -> tuple[Version | None, list[MetadataEntry]]:
        return await unit.get(Version, id=version.id), await unit.find(MetadataEntry, entity_id=version.id)

    kept, entries = await registry.store.read(read)
    assert json.loads(document) == fold([pair for added in log for pair in added.items()])
    assert kept is not None
    assert kept.updated == version.updated
    assert not log or kept.metadata == document
    assert sorted((entry.key, json.loads(entry.value)) for entry in entries if entry.type == "int") == sorted(
        (key, value) for added in log for key, value in added.items() if isinstance(value, int)
    )


async def test_nothing_is_appended_to_what_does_not_exist(registry: Registry) -> None:
    async def work(unit: Writer) -> str:
        return await append(registry, unit, "run", "no such run", '{"a":1}')

    with pytest.raises(NotFound):
        await registry.store.write(work)
