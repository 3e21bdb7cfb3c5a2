"""``python -m bench VENDOR``: measure Isogloss beside a vendor's own server, print and save the figures."""

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.dashboard.suite import SUITE as DASHBOARD
from bench.prefect.suite import SUITE as PREFECT
from bench.report import as_text, failures, save
from bench.servers import ServerError
from bench.suite import ENGINES, Options, run_suite
from bench.truefoundry import transfers
from bench.truefoundry.suite import SUITE as TRUEFOUNDRY
from bench.zenml.suite import SUITE as ZENML

SUITES = {suite.vendor: suite for suite in (PREFECT, ZENML, TRUEFOUNDRY, DASHBOARD)}


def main() -> int:
    """Run the command line: 0 when every request was answered, 1 when one was not, 2 when nothing ran."""
    # Ended from outside, it still ends the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _parser().parse_args()
    suite = SUITES[arguments.vendor]
    if arguments.transfers:
        return _transfers(arguments)
    known = {load.name for load in suite.loads(suite.sizes[0])}
    wanted = [name for name in arguments.loads.split(",") if name]
    if not known.issuperset(wanted):
        print(f"--loads: choose from {', '.join(sorted(known))}", file=sys.stderr)
        return 2
    options = Options(
        sizes=[size for size in suite.sizes if arguments.size in (str(size.artifacts), "both")],
        engines=[engine for engine in ENGINES if arguments.engine in (engine, "both")],
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        warmup_seconds=arguments.warmup,
        connections=arguments.connections,
        only=arguments.only,
        loads=wanted,
    )
    date = datetime.now(UTC)
    try:
        comparison = run_suite(suite, options, lambda line: print(line, flush=True))
    except (ServerError, AssertionError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"\n{as_text(comparison, date)}\n")
    for path in save(comparison, date, arguments.output):
        print(f"Saved {path}")
    return 1 if failures(comparison) else 0


def _transfers(arguments: argparse.Namespace) -> int:
    """Measure transfers of files alone: 0 when what is promised of them held, 1 when not, 2 when nothing ran."""
    if arguments.vendor != TRUEFOUNDRY.vendor:
        print(f"--transfers: only with {TRUEFOUNDRY.vendor}", file=sys.stderr)
        return 2
    options = transfers.TransferOptions(
        files=arguments.files,
        large_bytes=arguments.gibibytes * transfers.GIB,
        rounds=arguments.rounds,
        connections=arguments.connections,
        only=arguments.only,
    )
    date = datetime.now(UTC)
    try:
        found = transfers.run_transfers(options, lambda line: print(line, flush=True))
    except (ServerError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"\n{transfers.as_text(found, date)}\n")
    for path in transfers.save(found, date, arguments.output):
        print(f"Saved {path}")
    return 1 if transfers.failures(found) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("vendor", choices=sorted(SUITES))
    sizes = dict.fromkeys(str(size.artifacts) for suite in SUITES.values() for size in suite.sizes)
    parser.add_argument("--size", choices=[*sizes, "both"], default="both", help="artifacts in each server")
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="sqlite", help="database of both servers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="measured in each round")
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before each measurement")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--loads", default="", help="names of requests, separated by commas; all by default")
    parser.add_argument("--transfers", action="store_true", help="measure transfers of files instead of requests")
    parser.add_argument("--files", type=int, default=1000, help="small files in a transfer")
    parser.add_argument("--gibibytes", type=int, default=1, help="size of the large file in a transfer")
    parser.add_argument("--only", choices=["theirs", "ours"], help="run one server alone")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results", help="folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
