"""How a metadata log folds into a document."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.registry.metadata import fold

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
