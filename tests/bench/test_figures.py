"""The statistics that the report prints."""

from hypothesis import given
from hypothesis import strategies as st

from bench.figures import median, percentile, ratio

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


def test_known_percentiles() -> None:
    hundred = [float(value) for value in range(1, 101)]
    assert percentile(hundred, 0.5) == 50
    assert percentile(hundred, 0.99) == 99
    assert percentile(hundred, 1.0) == 100
    assert percentile([7.0], 0.99) == 7
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2


@given(VALUES, st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_covers_its_share(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert found in ordered
    covered = sum(value <= found for value in ordered)
    below = sum(value < found for value in ordered)
    assert covered >= share * len(ordered) - 1e-9
    assert below < share * len(ordered) + 1e-9


def test_nothing_has_no_figures() -> None:
    assert median([]) is None
    assert percentile([], 0.5) is None
    assert ratio(None, 2) is None
    assert ratio(2, None) is None
    assert ratio(2, 0) is None


def test_median_and_ratio() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
    assert ratio(30, 2) == 15
