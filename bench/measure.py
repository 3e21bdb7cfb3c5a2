"""One measurement: the load generator against one server, and what the server spent on it."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.loadgen import GRACE_SECONDS, SLOW_FACTOR, LoadResult, LoadSpec
from bench.machine import busy_seconds, processor_seconds
from bench.servers import Server, ServerError


@dataclass(frozen=True, slots=True)
class Measurement:
    """A load's result and the processor time around it.

    Attributes:
        load: what the generator saw.
        server_milliseconds: processor time of the server's processes per answer (the warm-up's share taken
            out by proportion). It hardly depends on what else the machine does, unlike requests a second.
        others_share: part of the whole machine's processor time that neither the server nor the generator
            used: the database's own processes, the idle server, and whatever else ran.

    """

    load: LoadResult
    server_milliseconds: float | None
    others_share: float | None


def measure(server: Server, spec: LoadSpec, cores: int) -> Measurement:
    """Run `spec` against `server` in a process of its own.

    Raises:
        ServerError: when the generator itself fails.

    """
    started, generator_before = time.monotonic(), _children_seconds()
    server_before, busy_before = processor_seconds(server.pid), busy_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "bench.loadgen"],
        input=json.dumps(asdict(spec)),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        timeout=spec.warmup_seconds + spec.seconds * SLOW_FACTOR + GRACE_SECONDS + 60,
    )
    server_after, busy_after = processor_seconds(server.pid), busy_seconds()
    generator, elapsed = _children_seconds() - generator_before, time.monotonic() - started
    if done.returncode:
        raise ServerError(f"the load generator failed:\n{done.stderr[-2000:]}")
    load = LoadResult(**json.loads(done.stdout))
    loaded = spec.warmup_seconds + load.seconds
    used = None if server_before is None or server_after is None else server_after - server_before
    busy = None if busy_before is None or busy_after is None else busy_after - busy_before
    per_answer = None
    if used is not None and load.answers:
        per_answer = round(used * load.seconds / loaded / load.answers * 1000, 3)
    others = None
    if used is not None and busy is not None:
        others = round(max(0.0, busy - used - generator) / (elapsed * cores), 3)
    return Measurement(load, per_answer, others)


def _children_seconds() -> float:
    """Processor time of the children that have ended: here, of the generators."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
