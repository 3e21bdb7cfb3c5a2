"""Names and values that are searched as one text: each pair between marks of its own, so that a pattern finds it.

A row for each label would make several of the one that they belong to. No index serves such a search, so it is for what
an index has narrowed down before.
"""

from collections.abc import Mapping

from isogloss.core.query import Resembles, Where, escaped

ESCAPE = "!"

_BEGIN, _IS, _END = "\x1e", "\x1f", "\x1d"
_UNMARKED = str.maketrans(dict.fromkeys((_BEGIN, _IS, _END), "\ufffd"))
"""Names and values that have a mark in them are searched with another character in its place."""


def labels_text(labels: Mapping[str, str]) -> str:
    """All labels as one text."""
    return "".join(f"{_BEGIN}{_unmarked(name)}{_IS}{_unmarked(value)}{_END}" for name, value in labels.items())


def has_label(field: str, name: str) -> Where:
    """There is a label of this name."""
    return Resembles(field, f"%{_started(name)}%", ESCAPE)


def label_matches(field: str, name: str, pattern: str) -> Where:
    """The label's value is covered by a pattern in which ``_`` stands for one character, and ``ESCAPE`` escapes."""
    return Resembles(field, f"%{_started(name)}{_unmarked(pattern)}{_END}%", ESCAPE)


def label_begins(field: str, name: str, start: str) -> Where:
    """The label's value begins with this text."""
    return Resembles(field, f"%{_started(name)}{escaped(_unmarked(start), ESCAPE)}%", ESCAPE)


def _started(name: str) -> str:
    return escaped(f"{_BEGIN}{_unmarked(name)}{_IS}", ESCAPE)


def _unmarked(text: str) -> str:
    # Most labels are looked at only so far: the marks cannot be printed.
    return text if text.isprintable() else text.translate(_UNMARKED)
