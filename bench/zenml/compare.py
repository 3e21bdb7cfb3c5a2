"""Whether two seeded servers give the same answers, so that the figures compare like with like."""

import random
from typing import Any, Final

from bench.servers import ask
from bench.suite import Address, Size
from bench.zenml.loads import questions

#: Ids, times of writing, and colours (drawn at random for a new tag): each server makes these its own way.
OWN: Final = frozenset(
    ("id", "user_id", "project_id", "artifact_store_id", "latest_version_id", "created", "updated", "color", "user")
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
            assert found == expected, (
                f"{question.title}: the servers differ\ntheirs: {str(expected)[:1500]}\nours:   {str(found)[:1500]}"
            )


def _common(value: Any) -> Any:
    if isinstance(value, dict):
        return {member: _common(held) for member, held in value.items() if member not in OWN}
    if isinstance(value, list):
        return [_common(held) for held in value]
    return value
