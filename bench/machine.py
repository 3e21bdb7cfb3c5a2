"""What the measurements ran on, and what a tree of processes has used, read from ``/proc``.

On a system without ``/proc`` the readings are None and the report leaves them out.
"""

import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Machine:
    """The computer: processor model, number of cores, memory in megabytes, system and Python version."""

    processor: str
    cores: int
    memory_megabytes: int | None
    system: str
    python: str


def describe_machine() -> Machine:
    """Describe the computer this process runs on."""
    return Machine(
        processor=_field(PROC / "cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_megabytes=_megabytes(PROC / "meminfo", "MemTotal"),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def process_tree(root: int) -> list[int]:
    """The process `root` and all its living descendants; empty without a ``/proc`` or such a process."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*"):
        status = _stat(int(entry.name))
        if status is not None:
            children.setdefault(int(status[1]), []).append(int(entry.name))
    tree = [root] if _stat(root) is not None else []
    for process in tree:
        tree.extend(children.get(process, ()))
    return tree


def resident_megabytes(root: int) -> float | None:
    """VmRSS summed over the tree of `root`, in megabytes."""
    sizes = [_megabytes(PROC / str(process) / "status", "VmRSS") for process in process_tree(root)]
    return round(sum(size or 0 for size in sizes), 1) if sizes else None


def peak_megabytes(root: int) -> float | None:
    """VmHWM, the most that each process ever held, summed over the tree of `root`, in megabytes."""
    sizes = [_megabytes(PROC / str(process) / "status", "VmHWM") for process in process_tree(root)]
    return round(sum(size or 0 for size in sizes), 1) if sizes else None


def processor_seconds(root: int) -> float | None:
    """Processor time, user and system, that the living processes in the tree of `root` have used so far."""
    used = [_stat(process) for process in process_tree(root)]
    ticks = [int(status[11]) + int(status[12]) for status in used if status is not None]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def busy_seconds() -> float | None:
    """Processor time that the whole machine has spent on work since it started, stolen time included."""
    try:
        first = (PROC / "stat").read_text().splitlines()[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _wait, interrupts, soft, stolen = (int(value) for value in first[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stat(process: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` after the command's name: state, parent, ... (12th: user time)."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _field(path: Path, name: str) -> str | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _megabytes(path: Path, name: str) -> int | None:
    """A ``NAME: 123 kB`` field of `path`, in whole megabytes."""
    value = _field(path, name)
    return round(int(value.split()[0]) / 1024) if value else None
