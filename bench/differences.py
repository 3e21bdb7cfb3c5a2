"""Where two answers differ, for people: the first place, rather than both of them whole."""

from typing import Any


def first_difference(theirs: Any, ours: Any, place: str = "answer") -> str | None:
    """A line about the first place where two JSON values differ; None when they are equal."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for member in [*theirs, *(member for member in ours if member not in theirs)]:
            if member not in ours:
                return f"{place} has no {member!r} on our side"
            if member not in theirs:
                return f"{place} has {member!r} on our side only"
            found = first_difference(theirs[member], ours[member], f"{place}.{member}")
            if found is not None:
                return found
        return None
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return f"{place} has {len(theirs)} items on their side, {len(ours)} on ours"
        pairs = (
            first_difference(one, other, f"{place}[{index}]")
            for index, (one, other) in enumerate(zip(theirs, ours, strict=True))
        )
        return next((found for found in pairs if found is not None), None)
    # A number and a boolean are equal in Python, and not in JSON.
    same = theirs == ours and isinstance(theirs, bool) == isinstance(ours, bool)
    return None if same else f"{place} is {str(theirs)[:300]!r} on their side, {str(ours)[:300]!r} on ours"
