"""References as texts: the registry's own grammar, and what metadata says under the key for inputs."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.errors import Invalid
from isogloss.core.references import (
    INPUTS,
    OWN,
    Identified,
    InProject,
    Label,
    Meaning,
    Named,
    Naming,
    Newest,
    Ordinal,
    inputs_of,
    inputs_of_tags,
    keys_of,
    read_own,
    read_reference,
    spelled,
)

ID = "0190b3a4-7c1e-7d2f-8a3b-4c5d6e7f8091"
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
kinds = st.sampled_from(["artifact", "model", "plot"])


def other(text: str) -> Sequence[Meaning]:
    return [Named(form="slug", text=text)]


OTHER = Naming(dialect="other", read=other, spell=lambda names: None)


@given(names, kinds, names, names)
def test_a_spelled_name_is_read_as_what_it_was_spelled_for(project: str, kind: str, name: str, label: str) -> None:
    text = spelled(project, kind, name, label)
    assert text.strip() == text
    [(dialect, meaning)] = read_reference(text, [])
    assert dialect == OWN
    assert meaning == Named(form="name", text=name, kind=kind, project=InProject("name", project), which=Label(label))


def test_project_kind_and_version_may_be_left_out() -> None:
    assert read_own("report") == [Named(form="name", text="report", kind="artifact")]
    assert read_own("model:churn") == [Named(form="name", text="churn", kind="model")]
    assert read_own("team/model:churn@#3") == [
        Named(form="name", text="churn", kind="model", project=InProject("name", "team"), which=Ordinal(3))
    ]
    assert read_own("a%2Fb@1.0") == [Named(form="name", text="a/b", kind="artifact", which=Label("1.0"))]


def test_the_newest_version_is_meant_where_none_is_said() -> None:
    [meaning] = read_own("report")
    assert isinstance(meaning, Named)
    assert meaning.which == Newest()


def test_every_dialect_reads_a_name_and_the_own_grammar_comes_first() -> None:
    assert [dialect for dialect, _ in read_reference(" report ", [OTHER])] == [OWN, "other"]


def test_a_dialect_in_front_reads_alone() -> None:
    assert read_reference("other:report", [OTHER]) == [("other", Named(form="slug", text="report"))]
    assert read_reference("isogloss:other:x", [OTHER]) == [(OWN, Named(form="name", text="x", kind="other"))]


def test_an_id_is_read_in_any_spelling_and_as_nothing_else() -> None:
    for text in (ID, ID.upper(), ID.replace("-", ""), f"other:{ID}"):
        assert [meaning for _, meaning in read_reference(text, [OTHER])] == [Identified(ID)]


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "x" * 8193, "\ud800"])
def test_a_text_that_cannot_be_kept_is_no_reference(text: str) -> None:
    with pytest.raises(Invalid, match="reference"):
        read_reference(text, [])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("report:3", ["report:3"]),
        (" a , b\nc,,a", ["a", "b", "c"]),
        ('["a,b", "c"]', ["a,b", "c"]),
        ('"a,b"', ["a,b"]),
        ("[not json", ["[not json"]),
        (["a", 7, None, " b ", {}, "a"], ["a", "b"]),
        (["a\0"], []),
        (7, []),
        ({"a": 1}, []),
        (None, []),
    ],
)
def test_inputs_are_a_list_or_a_text_of_references(value: object, found: list[str]) -> None:
    assert inputs_of(json.dumps({"other": 1, INPUTS: value})) == found


def test_metadata_without_the_key_has_no_inputs() -> None:
    assert inputs_of(None) == []
    assert inputs_of("{}") == []
    assert inputs_of('{"note":"isogloss.inputs"}') == []


def test_tags_of_a_run_say_inputs_behind_an_equals_sign() -> None:
    tags = ["a", f"{INPUTS}=zenml:data:1, b", f"{INPUTS}=b", INPUTS, f"x{INPUTS}=c", 7]
    assert inputs_of_tags(json.dumps(tags)) == ["zenml:data:1", "b"]
    assert inputs_of_tags("[]") == []


def test_what_names_nothing_yet_is_found_by_every_name_that_it_has() -> None:
    assert keys_of(meaning for _, meaning in read_reference("report", [OTHER])) == ["name:report", "slug:report"]
    assert keys_of(meaning for _, meaning in read_reference(ID, [OTHER])) == [f"id:{ID}"]
