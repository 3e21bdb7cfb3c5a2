"""New ids: UUIDv7 in the order in which they were made, and random ones."""

import uuid

from isogloss.core.ids import IdSource, random_id


def test_ids_are_distinct_and_in_order_also_within_a_millisecond() -> None:
    new_id = IdSource()
    made = [new_id() for _ in range(20_000)]

    assert made == sorted(set(made))


def test_ids_are_version_7_in_dashed_lower_case() -> None:
    text = IdSource()()
    parsed = uuid.UUID(text)

    assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, text)


def test_random_ids_are_uuids_of_version_4_that_differ_from_their_first_digits_on() -> None:
    made = [random_id() for _ in range(200)]

    assert all(uuid.UUID(each).version == 4 and str(uuid.UUID(each)) == each for each in made)
    assert len({each[:8] for each in made}) == 200
