"""Labels as one text: a pattern finds what it would find in the labels themselves."""

import re

from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.labels import ESCAPE, has_label, label_begins, label_matches, labels_text
from isogloss.core.query import Where, escaped, evaluate

texts = st.text("aA%_!*\x1e\x1f\x1d", max_size=3)
plain = st.text("aA%_!*", max_size=3)
labels = st.dictionaries(texts, texts, max_size=3)
known = st.dictionaries(plain, plain, max_size=3)


def finds(where: Where, given: dict[str, str]) -> bool:
    return evaluate(where, {"labels": labels_text(given)})


@given(given=known, name=plain)
def test_a_label_is_found_by_its_name(given: dict[str, str], name: str) -> None:
    assert finds(has_label("labels", name), given) is (name in given)


@given(given=known, name=plain, value=plain)
def test_a_label_is_found_by_its_value_and_by_its_beginning(given: dict[str, str], name: str, value: str) -> None:
    kept = given.get(name)

    assert finds(label_matches("labels", name, escaped(value, ESCAPE)), given) is (kept == value)
    assert finds(label_begins("labels", name, value), given) is (kept is not None and kept.startswith(value))


@given(given=known, name=plain, pattern=st.text("aA_", max_size=3))
def test_one_character_may_stand_for_any_other_of_the_same_value(
    given: dict[str, str], name: str, pattern: str
) -> None:
    fits = re.fullmatch(pattern.replace("_", "."), given.get(name, "\n"), re.DOTALL)

    assert finds(label_matches("labels", name, pattern), given) is (name in given and fits is not None)


@given(given=labels, name=texts)
def test_marks_in_labels_make_no_others(given: dict[str, str], name: str) -> None:
    for each, value in given.items():
        assert finds(label_matches("labels", each, escaped(value, ESCAPE)), given)
    assert not finds(has_label("labels", f"{name}-other"), given)
