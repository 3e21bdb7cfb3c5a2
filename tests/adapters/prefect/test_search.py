"""The language of log searches, as the real server's parser took these."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.prefect.search import Search, parse


@pytest.mark.parametrize(
    ("query", "include", "exclude", "required"),
    [
        ("", (), (), ()),
        (" \t\n", (), (), ()),
        ("error", ("error",), (), ()),
        ("error  warning error", ("error", "warning"), (), ()),
        ("error -debug !trace", ("error",), ("debug", "trace"), ()),
        ("+required -excluded", (), ("excluded",), ("required",)),
        ('"connection timeout"', ("connection timeout",), (), ()),
        ('-"a b" +"c d"', (), ("a b",), ("c d",)),
        ('"never closed', ("never closed",), (), ()),
        (r'"say \"so\" \\ \n"', ('say "so" \\ \\n',), (), ()),
        ("- + !", (), (), ()),
        ("--a", (), ("-a",), ()),
        ("- a", ("a",), (), ()),
        ('""', (), (), ()),
        ('a"b"c', ("a", "b", "c"), (), ()),
        ("a-b", ("a-b",), (), ()),
    ],
)
def test_queries(query: str, include: tuple[str, ...], exclude: tuple[str, ...], required: tuple[str, ...]) -> None:
    assert parse(query) == Search(include, exclude, required)


@given(st.text('ab -!+"\\ \t', max_size=20))
def test_every_text_is_a_query_of_words_with_something_in_them(query: str) -> None:
    found = parse(query)
    assert all(term.strip() for term in (*found.include, *found.exclude, *found.required))
