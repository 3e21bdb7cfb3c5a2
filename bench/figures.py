"""The few statistics that the report prints."""

import math
import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float | None:
    """The middle value, the mean of the two middle ones for an even number; None when there are none."""
    return statistics.median(values) if values else None


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that a `share` (0 to 1) of `ordered` does not exceed.

    `ordered` must be ascending. None when it is empty.
    """
    if not ordered:
        return None
    rank = max(1, math.ceil(share * len(ordered)))
    return ordered[rank - 1]


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """`ours` divided by `theirs`; None when one is missing or there is nothing to divide by."""
    if ours is None or not theirs:
        return None
    return ours / theirs
