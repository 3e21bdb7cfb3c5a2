"""Pieces of Markdown: any text in them stays text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.prefect.markdown import code, cut, fenced, plain, table

marked = st.text("ab `|\\*_[]()<>\n\r\t#", max_size=12)


@given(marked)
def test_code_is_one_line_without_a_pipe_that_would_end_a_cell(text: str) -> None:
    shown = code(text)
    assert not re.search(r"[\r\n\t]", shown)
    assert not re.search(r"(?<!\\)\|", shown.replace("\\\\", ""))


@given(marked)
def test_code_ends_where_it_should(text: str) -> None:
    shown = code(text)
    fence = re.match("`+", shown)
    assert fence is not None
    inner = shown[len(fence[0]) : -len(fence[0])]
    assert shown.endswith(fence[0])
    assert fence[0] not in re.findall("`+", inner)


@given(marked)
def test_plain_text_has_no_markup(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]<>|]", re.sub(r"\\.", "", shown))


@given(st.text("`a\n", max_size=12))
def test_a_block_ends_at_its_own_fence(text: str) -> None:
    shown = fenced(text, "json")
    fence = shown[: shown.index("json")]
    assert shown.endswith(f"\n{fence}")
    assert max((len(run) for run in re.findall("`+", text)), default=0) < len(fence)


def test_a_table() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(("text", "length", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("", 1, "")])
def test_long_text_is_cut(text: str, length: int, shown: str) -> None:
    assert cut(text, length) == shown
