"""The meaning of a query tree, and the algebra it obeys."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.query import (
    EVERYTHING,
    NOTHING,
    And,
    AnyOf,
    Compare,
    Has,
    IsNull,
    Like,
    Measures,
    NoneOf,
    Not,
    Operator,
    Or,
    Resembles,
    Where,
    all_of,
    any_of,
    begins,
    covers,
    escaped,
    evaluate,
    leading_number,
    matches,
)

words = st.text("aAbB%_\\é", max_size=4)
rows = st.fixed_dictionaries({"name": st.none() | words, "size": st.none() | st.integers(-3, 3)})
leaves: st.SearchStrategy[Where] = st.one_of(
    st.builds(Compare, st.just("size"), st.sampled_from(Operator), st.integers(-3, 3)),
    st.builds(AnyOf, st.just("name"), st.lists(words, max_size=3).map(tuple)),
    st.builds(NoneOf, st.just("name"), st.lists(words, max_size=3).map(tuple)),
    st.builds(Like, st.just("name"), words),
    st.builds(Resembles, st.just("name"), words),
    st.builds(Measures, st.just("name"), st.sampled_from(Operator), st.floats(-3, 3)),
    st.builds(IsNull, st.sampled_from(["name", "size"])),
)
trees: st.SearchStrategy[Where] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


@given(tree=trees, row=rows)
def test_not_is_the_complement_also_over_nulls(tree: Where, row: dict[str, Any]) -> None:
    assert evaluate(Not(tree), row) is not evaluate(tree, row)


@given(one=trees, other=trees, row=rows)
def test_de_morgan(one: Where, other: Where, row: dict[str, Any]) -> None:
    assert evaluate(Not(And((one, other))), row) == evaluate(Or((Not(one), Not(other))), row)


@given(tree=trees, row=rows)
def test_everything_and_nothing_are_neutral(tree: Where, row: dict[str, Any]) -> None:
    assert evaluate(all_of(tree, None, EVERYTHING), row) == evaluate(tree, row)
    assert evaluate(any_of(tree, NOTHING), row) == evaluate(tree, row)


@given(values=st.lists(words, max_size=3).map(tuple), row=rows)
def test_any_of_none_of_and_null_split_all_rows(values: tuple[str, ...], row: dict[str, Any]) -> None:
    cases: list[Where] = [AnyOf("name", values), NoneOf("name", values), IsNull("name")]

    assert sum(evaluate(case, row) for case in cases) == 1


@given(pattern=st.text("abA%_", max_size=8), text=st.text("abAB", max_size=12))
def test_what_resembles_a_pattern_does_so_letter_by_letter_in_their_case(pattern: str, text: str) -> None:
    expression = "".join({"%": ".*", "_": "."}.get(each, each) for each in pattern)

    assert covers(pattern, text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(pattern=st.text("ab%_", max_size=8), text=st.text("abAB", max_size=12))
def test_like_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    translated = "".join({"%": ".*", "_": "."}.get(character, character) for character in pattern)

    assert matches(pattern, text) == bool(re.fullmatch(translated, text, re.IGNORECASE | re.DOTALL))


@given(text=st.text("aA%_!\\", max_size=6), other=st.text("aA%_!\\", max_size=6))
def test_a_text_that_is_escaped_is_the_pattern_of_itself_alone(text: str, other: str) -> None:
    assert covers(escaped(text, "!"), text, "!")
    assert covers(escaped(text, "!"), other, "!") is (text == other)
    assert matches(escaped(text, "!"), other, "!") is (text.lower() == other.lower())


edges = st.text(st.sampled_from("aA\ud7ff\ue000\U0010ffff"), max_size=4)


@given(start=edges, text=edges)
def test_what_begins_with_a_text_lies_in_a_range(start: str, text: str) -> None:
    assert evaluate(begins("name", start), {"name": text}) is text.startswith(start)
    assert not evaluate(begins("name", start), {"name": None})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%A%", "xay", True),
        ("é", "É", False),
        ("\\", "\\", True),
        ("\\%", "\\abc", True),
        ("", "", True),
        ("_", "", False),
    ],
)
def test_like_folds_ascii_only_and_escapes_nothing(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_has_looks_at_the_related_rows() -> None:
    runs = {"r": [{"name": "one"}, {"name": "two"}]}
    where = Has("run", Compare("name", Operator.EQ, "two"))

    assert evaluate(where, {"id": "r"}, lambda row, relation: runs[row["id"]])
    assert not evaluate(where, {"id": "r"}, lambda row, relation: [])
    assert evaluate(Has("run", EVERYTHING), {"id": "r"}, lambda row, relation: runs[row["id"]])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        (" \t+1.5e2kg", 150.0),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("1e", 1.0),
        ("1e5", 100_000.0),
        ("", 0.0),
        ("gold", 0.0),
        ("0x10", 0.0),
        ("\u0663", 0.0),
    ],
)
def test_the_number_that_a_text_begins_with(text: str, number: float) -> None:
    assert leading_number(text) == number
