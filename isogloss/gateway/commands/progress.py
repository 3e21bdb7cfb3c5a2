"""How far a long command is, on a terminal."""

import sys
import time

SECONDS_BETWEEN = 0.2
"""How often the line is written anew."""


class ProgressLine:
    """One line on the terminal, which is gone after the block; nothing where standard error is none."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()
        self._last = 0.0

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """How long it has been there; more than nothing."""
        return max(time.monotonic() - self._began, 0.001)

    def write(self, text: str) -> None:
        """Write the line anew, unless that was a moment ago."""
        now = time.monotonic()
        if self._shown and now - self._last >= SECONDS_BETWEEN:
            self._last = now
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
