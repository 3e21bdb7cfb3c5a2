"""New ids, as dashed lower-case text: UUIDv7, monotonic within a process, or random ones."""

import os
import threading
import time

_COUNTER_BITS = 12
_RANDOM_DIGITS = 16
_FETCHED_BYTES = 128 * _RANDOM_DIGITS // 2
"""How much randomness is asked for at once: each time is a call of the system, of which a write makes several ids."""


_VARIANT = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}
"""The digit that stands for a random one where the first two bits say which kind of UUID it is."""


class IdSource:
    """Gives ids that sort in the order they were made by this process (RFC 9562, UUID version 7).

    The 12 bits after the time hold a counter that restarts each millisecond; when it would run over, the time moves
    ahead by one. Safe to call from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0
        self._prefix = ""
        self._random = ""
        self._used = 0
        # A process that is forked off must not go on with the same bytes.
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self) -> str:
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._millisecond:
                self._begin(now)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._begin(self._millisecond + 1)
            prefix, counter = self._prefix, self._counter
            if self._used == len(self._random):
                self._random, self._used = os.urandom(_FETCHED_BYTES).hex(), 0
            start = self._used
            self._used = start + _RANDOM_DIGITS
            drawn = self._random[start : self._used]
        return f"{prefix}{counter:03x}-{_VARIANT[drawn[0]]}{drawn[1:4]}-{drawn[4:]}"

    def _begin(self, millisecond: int) -> None:
        """Make the ids of a millisecond, which begin alike."""
        self._millisecond, self._counter = millisecond, 0
        self._prefix = f"{millisecond >> 16:08x}-{millisecond & 0xFFFF:04x}-7"

    def _forget(self) -> None:
        self._random, self._used = "", 0


def random_id() -> str:
    """An id that is random from its first digit on (RFC 9562, UUID version 4)."""
    number = int.from_bytes(os.urandom(16), "big") & ~(0xF << 76) & ~(3 << 62) | 4 << 76 | 2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
