"""New ids are UUIDv7 in the order in which they were made."""

import uuid

from isogloss.core.ids import IdSource


def test_ids_are_distinct_and_in_order_also_within_a_millisecond() -> None:
    new_id = IdSource()
    made = [new_id() for _ in range(20_000)]

    assert made == sorted(set(made))


def test_ids_are_version_7_in_dashed_lower_case() -> None:
    text = IdSource()()
    parsed = uuid.UUID(text)

    assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, text)
