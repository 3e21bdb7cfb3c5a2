"""Whether both servers tell the dashboard the same."""

from typing import Any

from bench.dashboard.loads import questions
from bench.differences import first_difference
from bench.servers import ask
from bench.suite import Address, Size

RUNNING_TIMES = ("estimated_run_time", "estimated_start_time_delta", "sum_estimated_run_time", "sum_estimated_lateness")
"""What grows while a run goes on or is late, and so is never twice the same."""

OWN = (*RUNNING_TIMES, "state", "labels", "empirical_policy", "created", "updated")
"""What depends on when it is asked for, or of which the seeded rows have less than real ones."""


def compare(size: Size, theirs: Address, ours: Address) -> None:
    """Ask both what the dashboard asks; raise AssertionError with the first difference."""
    for title, (path, body) in questions().items():
        if title == "work pools":
            # The real server has pools of its own.
            continue
        sent = {**body, "limit": 50} if path.endswith("/filter") and "limit" not in body else body
        expected, found = (_told(ask(place.port, place.prefix + path, sent)) for place in (theirs, ours))
        difference = first_difference(expected, found)
        assert difference is None, f"{title}: {path} {sent}: the servers differ: {difference}"


def _told(answer: Any) -> Any:
    match answer:
        case dict():
            return {name: _told(member) for name, member in answer.items() if name not in OWN}
        case list():
            told = [_told(member) for member in answer]
            # The states of a span come in any order.
            return sorted(told, key=lambda one: str(one.get("state_name"))) if _is_states(told) else told
    return answer


def _is_states(members: list[Any]) -> bool:
    return all(isinstance(member, dict) and "count_runs" in member for member in members)
