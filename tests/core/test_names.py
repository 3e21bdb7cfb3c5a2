"""Names and their forms: every name has one, no two names share one, and each leads back to its name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isogloss.core.errors import Invalid
from isogloss.core.names import (
    NAME_BYTES,
    ORDINARY,
    PROJECT_SLUG,
    PROJECT_WORD,
    SLUG,
    WORD,
    Alphabet,
    check_kind,
    check_name,
    form,
    named,
)

# Short texts of awkward characters, and the same behind what encoded forms begin with: where collisions would be.
awkward = st.text("abx0129-_AZé \n😀", max_size=12)
texts = st.one_of(
    awkward,
    awkward.map("x--".__add__),
    awkward.map("x-model--".__add__),
    awkward.map(lambda text: f"x--{text}-x"),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
)
kinds = st.sampled_from([ORDINARY, "model", "prompt"])
alphabets = pytest.mark.parametrize(
    "alphabet", [SLUG, WORD, PROJECT_SLUG, PROJECT_WORD], ids=["slug", "word", "project slug", "project word"]
)


def is_cut(alphabet: Alphabet, text: str) -> bool:
    return len(text) == alphabet.limit


@alphabets
@given(name=texts, kind=kinds)
@example(name="", kind=ORDINARY)
@example(name="x--abc", kind=ORDINARY)
@example(name="x--x--abc", kind="model")
def test_every_form_lies_in_its_alphabet_and_leads_back(alphabet: Alphabet, name: str, kind: str) -> None:
    text = form(alphabet, name, kind)

    assert alphabet.fits.fullmatch(text)
    assert len(text) <= alphabet.limit
    assert is_cut(alphabet, text) or named(alphabet, text) == (kind, name)


@alphabets
@given(text=texts)
def test_every_text_of_the_alphabet_is_the_form_of_the_name_it_stands_for(alphabet: Alphabet, text: str) -> None:
    if alphabet.fits.fullmatch(text) and len(text) < alphabet.limit:
        kind, name = named(alphabet, text)
        assert form(alphabet, name, kind) == text


@alphabets
@given(one=st.tuples(kinds, texts), other=st.tuples(kinds, texts))
def test_no_two_names_share_a_form(alphabet: Alphabet, one: tuple[str, str], other: tuple[str, str]) -> None:
    if one != other:
        assert form(alphabet, one[1], one[0]) != form(alphabet, other[1], other[0])


@pytest.mark.parametrize(
    ("alphabet", "kind", "name", "expected"),
    [
        (SLUG, ORDINARY, "daily-report", "daily-report"),
        (SLUG, ORDINARY, "", ""),
        (SLUG, ORDINARY, "ends\n", "ends\n"),
        (SLUG, ORDINARY, "My Report", "x---4d-y-20--52-eport"),
        (SLUG, "model", "iris", "x-model--iris"),
        (SLUG, ORDINARY, "x-model--iris", "x--x--model----iris"),
        (WORD, ORDINARY, "My_Report", "My_Report"),
        (WORD, ORDINARY, "a/b", "x--a-2f-b"),
        (PROJECT_WORD, ORDINARY, "default", "default"),
        (PROJECT_WORD, ORDINARY, "a", "x--a-x"),
    ],
)
def test_forms_people_will_see(alphabet: Alphabet, kind: str, name: str, expected: str) -> None:
    assert form(alphabet, name, kind) == expected


def test_a_form_too_long_is_cut_and_told_apart_by_its_digest() -> None:
    one, other = "é" * 200 + "1", "é" * 200 + "2"

    assert len(form(WORD, one)) == WORD.limit
    assert form(WORD, one) != form(WORD, other)
    assert WORD.fits.fullmatch(form(WORD, one))


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "é" * 513], ids=["NUL", "lone surrogate", "too long"])
def test_names_no_engine_could_keep_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="key"):
        check_name("key", name)


@pytest.mark.parametrize("name", ["", " ", "a" * NAME_BYTES, "日本語/\n\t"])
def test_any_other_text_is_a_name(name: str) -> None:
    check_name("key", name)


@pytest.mark.parametrize("kind", ["", "Model", "agent-skill", "1st", "a" * 33])
def test_kinds_are_short_words(kind: str) -> None:
    with pytest.raises(Invalid, match="kind"):
        check_kind(kind)
