"""The load generator: a process of its own, so that it never shares an interpreter with what it measures.

``python -m bench.loadgen`` reads a `LoadSpec` as JSON on standard input and writes a `LoadResult` as JSON on
standard output. It is a closed loop: every connection sends its next request as soon as the last answer is
complete, so a server is never asked for more than it can give.
"""

import asyncio
import gc
import itertools
import json
import random
import sys
import time
from array import array
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast
from uuid import UUID

from bench.figures import percentile
from bench.wire import FRESH_ID, FRESH_NUMBER, ProtocolError, ResponseReader

#: Seconds that requests in flight may take after the end; a server that needs longer has failed.
GRACE_SECONDS = 15.0

#: A request that takes seconds is measured for longer: so few answers would say little, or there would be none.
ENOUGH = 24
SLOW_FACTOR = 6


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """What to send, and for how long.

    Attributes:
        port: on 127.0.0.1.
        connections: kept open, one request in flight on each.
        warmup_seconds: sent before the clock starts, counted nowhere.
        seconds: what is measured; longer, up to `SLOW_FACTOR` times, until there are `ENOUGH` answers.
        requests: whole requests as text (latin-1), taken in turn by whichever connection is free.
        first: the request to begin with, so that rounds do not all ask for the same rows.
        seed: what the ids that replace `FRESH_ID` come from; the same seed gives the same ids.
        number: the first of the numbers that replace `FRESH_NUMBER`, of as many digits as that has.

    """

    port: int
    connections: int
    warmup_seconds: float
    seconds: float
    requests: list[str]
    first: int = 0
    seed: str = ""
    number: int = int(FRESH_NUMBER)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came back within the measured seconds.

    Attributes:
        answers: complete 2xx answers.
        errors: any other answer, broken connection or missing answer, the warm-up's included.
        first_error: what the first of them said.
        seconds: length of the measured time.
        median_milliseconds, p99_milliseconds: from the first byte sent to the last byte read.
        received_bytes: the whole process's.
        generator_seconds: processor time the generator itself used in the measured time.

    """

    answers: int
    errors: int
    first_error: str
    seconds: float
    median_milliseconds: float | None
    p99_milliseconds: float | None
    received_bytes: int
    generator_seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class Run:
    """The shared state of one run: whose turn it is, and what has been seen."""

    def __init__(self, spec: LoadSpec) -> None:
        first = spec.first % len(spec.requests)
        self.requests = _in_turn(spec.requests[first:] + spec.requests[:first], random.Random(spec.seed), spec.number)
        self.latencies = array("d")
        self.measuring = False
        self.stopping = False
        self.errors = 0
        self.first_error = ""
        self.received = 0
        self.open = 0
        self.closed = asyncio.Event()

    def fail(self, message: str) -> None:
        """Count an error; the first one's message is kept."""
        self.errors += 1
        if not self.first_error:
            self.first_error = message


def _in_turn(requests: Sequence[str], chance: random.Random, number: int) -> Iterator[bytes]:
    """The requests over and over, with an id and a number of its own wherever one has a mark for them."""
    marks = (FRESH_ID.encode("latin-1"), FRESH_NUMBER.encode("latin-1"))
    numbers = itertools.count(number)
    for sent, marked in itertools.cycle(
        [(sent, any(mark in sent for mark in marks)) for sent in (text.encode("latin-1") for text in requests)]
    ):
        if not marked:
            yield sent
            continue
        fresh = str(UUID(int=chance.getrandbits(128), version=4)), str(next(numbers))
        made = sent
        for mark, value in zip(marks, fresh, strict=True):
            made = made.replace(mark, value.encode("latin-1"))
        yield made


class Connection(asyncio.Protocol):
    """One keep-alive connection: send, read to the end, send again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reader = ResponseReader()
        self._transport: asyncio.WriteTransport | None = None
        self._sent_at = 0.0
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin as soon as the connection stands."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._run.open += 1
        self._send()

    def data_received(self, data: bytes) -> None:
        """Feed the reader; an answer that is complete is counted and followed by the next request."""
        assert self._transport is not None
        try:
            status = self._reader.feed(data)
        except ProtocolError as error:
            self._run.fail(f"protocol error: {error}")
            self._waiting = False
            self._transport.abort()
            return
        if status is None:
            return
        run = self._run
        self._waiting = False
        if not 200 <= status < 300:
            run.fail(f"{status}: {self._reader.preview.decode('utf-8', 'replace')}")
        elif run.measuring:
            run.latencies.append(time.perf_counter() - self._sent_at)
        if run.stopping or self._reader.closing:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that breaks while an answer is due is an error."""
        run = self._run
        if self._waiting:
            run.fail(f"connection lost: {exc or 'closed by the server'}")
        run.received += self._reader.received
        run.open -= 1
        if run.open == 0:
            run.closed.set()

    def _send(self) -> None:
        assert self._transport is not None
        self._waiting = True
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._run.requests))


async def drive(spec: LoadSpec) -> LoadResult:
    """Do one run of `spec` against a server that already listens."""
    loop = asyncio.get_running_loop()
    run = Run(spec)
    loop.set_exception_handler(lambda _, context: run.fail(f"in the generator: {context}"))
    for _ in range(spec.connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", spec.port)
    await asyncio.sleep(spec.warmup_seconds)
    run.measuring, started, used = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(spec.seconds)
    for _ in range(10 * (SLOW_FACTOR - 1)):
        if len(run.latencies) >= ENOUGH:
            break
        await asyncio.sleep(spec.seconds / 10)
    run.measuring, seconds, used = False, time.perf_counter() - started, time.process_time() - used
    missing = spec.connections - run.open
    if missing:
        run.fail(f"{missing} of {spec.connections} connections did not last")
    run.stopping = True
    if run.open:
        try:
            await asyncio.wait_for(run.closed.wait(), GRACE_SECONDS)
        except TimeoutError:
            run.fail(f"{run.open} answers missing {GRACE_SECONDS:.0f} seconds after the end")
    latencies = sorted(run.latencies)
    return LoadResult(
        answers=len(latencies),
        errors=run.errors,
        first_error=run.first_error,
        seconds=seconds,
        median_milliseconds=_milliseconds(percentile(latencies, 0.5)),
        p99_milliseconds=_milliseconds(percentile(latencies, 0.99)),
        received_bytes=run.received,
        generator_seconds=used,
    )


def main() -> None:
    """Read the specification, run it, write the result."""
    spec = LoadSpec(**json.load(sys.stdin))
    # It makes no cycles worth collecting, and a collection in the middle would be a pause in every latency.
    gc.disable()
    print(json.dumps(asdict(_run(drive(spec)))))


def _run(work: Coroutine[Any, Any, LoadResult]) -> LoadResult:
    """Run on uvloop where it is installed: the generator's own cost is then a quarter of a core or less."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


if __name__ == "__main__":
    main()
