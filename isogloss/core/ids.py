"""New ids, as dashed lower-case text: UUIDv7, monotonic within a process, or random ones."""

import os
import threading
import time

_MILLISECOND_SHIFT = 80
_COUNTER_BITS = 12
_RANDOM_BYTES = 8
_FETCHED_BYTES = 128 * _RANDOM_BYTES
"""How much randomness is asked for at once: each time is a call of the system, of which a write makes several ids."""


class IdSource:
    """Gives ids that sort in the order they were made by this process (RFC 9562, UUID version 7).

    The 12 bits after the time hold a counter that restarts each millisecond; when it would run over, the time moves
    ahead by one. Safe to call from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0
        self._random = b""
        self._used = 0
        # A process that is forked off must not go on with the same bytes.
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self) -> str:
        now = time.time_ns() // 1_000_000
        with self._lock:
            if now > self._millisecond:
                self._millisecond, self._counter = now, 0
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._millisecond, self._counter = self._millisecond + 1, 0
            high, counter = self._millisecond, self._counter
            if self._used == len(self._random):
                self._random, self._used = os.urandom(_FETCHED_BYTES), 0
            start = self._used
            self._used = start + _RANDOM_BYTES
            drawn = self._random[start : self._used]
        number = high << _MILLISECOND_SHIFT | 7 << 76 | counter << 64 | 2 << 62
        text = f"{number | int.from_bytes(drawn, 'big') >> 2:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _forget(self) -> None:
        self._random, self._used = b"", 0


def random_id() -> str:
    """An id that is random from its first digit on (RFC 9562, UUID version 4)."""
    number = int.from_bytes(os.urandom(16), "big") & ~(0xF << 76) & ~(3 << 62) | 4 << 76 | 2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
