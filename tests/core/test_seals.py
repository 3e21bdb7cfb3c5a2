"""Sealed texts come back whole, or not at all."""

import re

from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.seals import seal, unseal


@given(st.binary(max_size=200))
def test_a_sealed_text_gives_its_content_back_for_its_purpose_alone(content: bytes) -> None:
    text = seal("secret", "session", content)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", text)
    assert unseal("secret", "session", text) == content
    assert unseal("secret", "invitation", text) is None
    assert unseal("another", "session", text) is None


@given(st.binary(max_size=40), st.integers(0, 90), st.text(min_size=1, max_size=1))
def test_a_changed_text_gives_nothing(content: bytes, place: int, letter: str) -> None:
    text = seal("secret", "session", content)
    changed = text[:place] + letter + text[place + 1 :]
    assert unseal("secret", "session", changed) == (content if changed == text else None)


@given(st.text(max_size=60))
def test_any_other_text_gives_nothing(text: str) -> None:
    assert unseal("secret", "session", text) is None
