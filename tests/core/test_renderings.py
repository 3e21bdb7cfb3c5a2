"""Inline data as files: what each form gives, and that every data of every form gives something."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isogloss.core.places import checked_path
from isogloss.core.renderings import LINK, MARKDOWN, STEM_LENGTH, TABLE, render, stem, value_of

FORMS = [MARKDOWN, TABLE, LINK, "image", "progress", "result", "anything", None]

characters = st.characters(codec="utf-8", exclude_characters="\0\r")
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(characters)
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
data = st.one_of(
    values.map(json.dumps), values.map(lambda value: json.dumps(json.dumps(value))), st.text(), st.just('"\\ud800"')
)
records = st.lists(st.dictionaries(st.text(characters), scalars, max_size=4), max_size=4)


def files(form: str | None, data: str) -> dict[str, bytes]:
    return {each.path: each.content for each in render(form, data, "daily")}


def test_markdown_is_its_text() -> None:
    assert files("markdown", '"# Größe\\n"') == {"daily.md": "# Größe\n".encode()}
    assert value_of("markdown", '"# Größe\\n"') == '"# Größe\\n"'


@pytest.mark.parametrize(
    "table",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
        {"a": [1, 2], "b": ["x"]},
    ],
)
def test_a_table_is_a_list_of_dicts_however_it_came(table: object) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    for text in (json.dumps(table), json.dumps(json.dumps(table))):
        made = files("table", text)
        assert json.loads(made["daily.json"]) == rows
        assert made["daily.csv"] == b"a,b\n1,x\n2,\n"
        assert json.loads(value_of("table", text)) == rows


def test_a_table_of_cells_has_their_places_as_names() -> None:
    assert files("table", '"[[1, true], [\\"x\\"]]"') == {
        "daily.json": b'[{"0": 1, "1": true}, {"0": "x"}]',
        "daily.csv": b"0,1\n1,true\nx,\n",
    }


@pytest.mark.parametrize("broken", ['"no table"', '"[1,"', "[1, {}]", "7", "null", '{"a": 1}', '"[[1e999]]"'])
def test_a_table_that_is_none_is_given_as_it_is(broken: str) -> None:
    assert files("table", broken) == {"daily.json": broken.encode()}
    assert value_of("table", broken) == broken


def test_what_json_does_not_know_is_null_in_a_table() -> None:
    assert files("table", '"[{\\"a\\": NaN}]"')["daily.json"] == b'[{"a": null}]'


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("[report](https://example.org/a(b))", "https://example.org/a(b)"),
        ("[a](b)](https://example.org)", "https://example.org"),
        ("https://example.org", "https://example.org"),
        ("[only a text]", "[only a text]"),
    ],
)
def test_a_link_is_its_address(link: str, address: str) -> None:
    assert files("link", json.dumps(link)) == {"daily.url.txt": address.encode()}
    assert json.loads(value_of("link", json.dumps(link))) == address


def test_other_data_is_its_json() -> None:
    assert files("progress", "87.5") == {"daily.json": b"87.5"}
    assert files("result", '{"a":1}') == files(None, '{"a":1}') == {"daily.json": b'{"a":1}'}
    assert files("image", "7") == {"daily.json": b"7"}
    assert render("markdown", None, "daily") == ()
    assert value_of(None, None) == "null"


@given(
    form=st.sampled_from(FORMS),
    data=data,
    artifact_id=st.uuids().map(str),
    word=st.none() | st.text("a-_B", min_size=1),
)
@example(form=TABLE, data="[" * 100_000, artifact_id="a", word="w" * 256)
def test_every_data_of_every_form_gives_files_that_any_storage_keeps(
    form: str | None, data: str, artifact_id: str, word: str | None
) -> None:
    begin = stem(artifact_id, word)
    made = render(form, data, begin)
    assert made
    assert len({each.path for each in made}) == len(made)
    assert len(begin) <= STEM_LENGTH
    for each in made:
        assert checked_path(each.path) == each.path
        assert each.path.startswith(f"{begin}.")
        each.content.decode()
    value_of(form, data)


@given(rows=records)
def test_a_table_comes_back_from_its_files(rows: list[dict[str, Any]]) -> None:
    made = files(TABLE, json.dumps(json.dumps(rows)))
    assert json.loads(made["daily.json"]) == rows
    names = list(dict.fromkeys(name for row in rows for name in row))
    read = list(csv.reader(io.StringIO(made["daily.csv"].decode(), newline="")))
    assert read[:1] == ([names] if names else [])
    assert len(read) == (len(rows) + 1 if names else 0)


@given(value=values)
def test_what_a_value_stands_for_is_itself_unless_its_form_says_more(value: object) -> None:
    assert json.loads(value_of("result", json.dumps(value))) == value
