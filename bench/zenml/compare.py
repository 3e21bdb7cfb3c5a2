"""Whether two seeded servers give the same answers, so that the figures compare like with like."""

import random
from typing import Any, Final

from bench.differences import first_difference
from bench.servers import ask
from bench.suite import Address, Size
from bench.zenml.loads import questions

#: Times of writing, colours (drawn at random for a new tag) and whoever everybody is: each server makes these its
#: own way.
OWN: Final = frozenset(("created", "updated", "color", "user", "user_id"))
#: Ids, of which it only matters whether there is one.
IDS: Final = frozenset(
    (
        *("id", "project_id", "artifact_store_id", "latest_version_id"),
        *("producer_step_run_id", "producer_pipeline_run_id"),
    )
)
#: Of each kind of read.
ASKED: Final = 5


def compare(size: Size, theirs: Address, ours: Address) -> None:
    """Ask both what will be measured; raise AssertionError with the first difference."""
    for question in questions(size):
        for number in range(ASKED):
            seed = f"compare {question.name} {number}"
            expected, found = (
                _common(ask(address.port, address.prefix + question.path(address, random.Random(seed))))
                for address in (theirs, ours)
            )
            difference = first_difference(expected, found)
            assert difference is None, f"{question.title}: the servers differ: {difference}"


def _common(value: Any) -> Any:
    """What both servers should answer alike of a value."""
    if isinstance(value, dict):
        return {
            member: held is not None if member in IDS else _common(held)
            for member, held in value.items()
            if member not in OWN
        }
    if isinstance(value, list):
        return [_common(held) for held in value]
    return value
