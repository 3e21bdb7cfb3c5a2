"""Walks through the states of flow runs, and what the real server (prefect 3.8.8) answered at each step.

``transitions.txt`` holds them as text: a line with the walk's name and, after a bar, what is special of its run; then
one indented line a step, its columns parted by bars:

- the state that is proposed: ``TYPE``, ``TYPE/Name``, with ``!`` when forced, then details (times in seconds from now)
  and data;
- the HTTP status, the orchestration status and, for WAIT, the seconds;
- the reason, or ``-``;
- the state that is shown, with its data, message and some details;
- the run afterwards; where the run is a sub-flow's, also the task run that stands for it.

A time is shown as the number of the step whose state has that very time, or else as seconds from the time of the step,
in tens.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

_FILE = Path(__file__).with_name("transitions.txt")


class Step(Struct, frozen=True, kw_only=True):
    """One proposal and its recorded outcome."""

    type: str
    name: str | None
    force: bool
    details: dict[str, Any]
    data: str | None
    outcome: tuple[str, ...]


class Walk(Struct, frozen=True, kw_only=True):
    """The steps of one run. ``special`` may say policy, deployment, pid (its process) and parent."""

    name: str
    special: dict[str, Any]
    steps: tuple[Step, ...]


def walks() -> Iterator[Walk]:
    """All recorded walks."""
    name = ""
    special: dict[str, Any] = {}
    steps: list[Step] = []
    for line in _FILE.read_text().splitlines():
        if line.startswith(" "):
            steps.append(_step(line.strip()))
            continue
        if steps:
            yield Walk(name=name, special=special, steps=tuple(steps))
        name, _, rest = line.partition(" | ")
        special, steps = json.loads(rest or "{}"), []
    yield Walk(name=name, special=special, steps=tuple(steps))


def _step(line: str) -> Step:
    proposal, *outcome = line.split(" | ")
    head, *words = proposal.split(" ")
    force = head.endswith("!")
    state_type, _, name = head.rstrip("!").partition("/")
    pairs = dict(word.split("=", 1) for word in words)
    data = pairs.pop("data", None)
    details = {key: json.loads(value) for key, value in pairs.items()}
    return Step(type=state_type, name=name or None, force=force, details=details, data=data, outcome=tuple(outcome))
