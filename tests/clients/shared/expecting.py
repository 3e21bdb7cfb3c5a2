"""What the programs of every client say of what they find. They run in the client's own environment, without pytest."""

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E", bound=BaseException)


def unique(word: str) -> str:
    """A name that no other program uses."""
    return f"{word}-{uuid.uuid4().hex[:10]}"


def expect(found: Any, wanted: Any, what: str) -> None:
    """End the program when the two differ."""
    if found != wanted:
        raise SystemExit(f"{what}: found {found!r}, wanted {wanted!r}")


def holds(condition: Any, what: str) -> None:
    """End the program unless the condition holds."""
    if not condition:
        raise SystemExit(f"does not hold: {what}")


def raises(kind: type[E], act: Callable[[], Any], what: str) -> E:
    """The error of the kind that ``act`` must end with."""
    try:
        act()
    except kind as error:
        return error
    raise SystemExit(f"no {kind.__name__}: {what}")


def eventually(look: Callable[[], Any], what: str, seconds: float = 40.0) -> Any:
    """What ``look`` gives once it gives something, for what reaches a server after the fact."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"never came: {what}")
        time.sleep(0.1)
