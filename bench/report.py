"""What a comparison says: a table to read, Markdown to keep, JSON to work with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.figures import median, ratio
from bench.measure import Measurement
from bench.suite import Comparison, LoadRow, Outcome
from bench.tables import Table, aligned, markdown, number, rate


@dataclass(frozen=True, slots=True)
class Summary:
    """One server's rounds of one load: medians over the rounds.

    Attributes:
        per_second: answers a second.
        median_milliseconds, p99_milliseconds: medians of each round's own median and 99th percentile.
        server_milliseconds: the server's processor time per answer.
        generator_share: the part of one core that the load generator used; near 1 it is the limit itself.
        others_share: the part of the machine that others used.
        errors, first_error: over all rounds; any error makes the row a failed one.
        rounds: answers a second, round by round.

    """

    per_second: float | None
    median_milliseconds: float | None
    p99_milliseconds: float | None
    server_milliseconds: float | None
    generator_share: float | None
    others_share: float | None
    errors: int
    first_error: str
    rounds: list[float]


def summarize(rounds: Sequence[Measurement]) -> Summary:
    """The medians of one server's rounds."""
    loads = [measured.load for measured in rounds]
    return Summary(
        per_second=_rounded(median([load.per_second for load in loads]), 1),
        median_milliseconds=_rounded(median(_known([load.median_milliseconds for load in loads])), 2),
        p99_milliseconds=_rounded(median(_known([load.p99_milliseconds for load in loads])), 2),
        server_milliseconds=_rounded(median(_known([one.server_milliseconds for one in rounds])), 3),
        generator_share=_rounded(median([load.generator_seconds / load.seconds for load in loads]), 2),
        others_share=_rounded(median(_known([one.others_share for one in rounds])), 2),
        errors=sum(load.errors for load in loads),
        first_error=next((load.first_error for load in loads if load.first_error), ""),
        rounds=[round(load.per_second, 1) for load in loads],
    )


def failures(comparison: Comparison) -> list[str]:
    """One line for each row in which a server answered anything but 2xx."""
    return [
        f"{outcome.engine}, {outcome.size.artifacts:,}: {row.load.title}: {name}: "
        f"{summary.errors} errors, the first: {summary.first_error}"
        for outcome in comparison.outcomes
        for row in outcome.rows
        for name, summary in _summaries(row).items()
        if summary.errors
    ]


def as_json(comparison: Comparison, date: datetime) -> dict[str, Any]:
    """Everything measured, as plain JSON values."""
    options = comparison.options
    return {
        "vendor": comparison.suite.vendor,
        "date": date.isoformat(timespec="seconds"),
        "machine": asdict(comparison.machine),
        "versions": {name: dict(found) for name, found in comparison.versions.items()},
        "connections": options.connections,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "warmup_seconds": options.warmup_seconds,
        "outcomes": [_outcome(comparison, outcome) for outcome in comparison.outcomes],
        "large_to_small": _growth(comparison),
    }


def as_text(comparison: Comparison, date: datetime) -> str:
    """The report with aligned columns, for a terminal."""
    return _document(comparison, date, aligned, "{}")


def as_markdown(comparison: Comparison, date: datetime) -> str:
    """The report as Markdown."""
    return _document(comparison, date, markdown, "## {}")


def save(comparison: Comparison, date: datetime, directory: Path) -> list[Path]:
    """Write JSON and Markdown into `directory`, named by vendor and time; the files written."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"{comparison.suite.vendor}-{date:%Y%m%d-%H%M%S}"
    data, text = directory / f"{stem}.json", directory / f"{stem}.md"
    data.write_text(json.dumps(as_json(comparison, date), indent=2) + "\n")
    text.write_text(f"# Isogloss beside {comparison.suite.vendor}\n\n{as_markdown(comparison, date)}\n")
    return [data, text]


def _document(comparison: Comparison, date: datetime, layout: Any, heading: str) -> str:
    parts = [_preface(comparison, date)]
    for outcome in comparison.outcomes:
        title = f"{outcome.engine}, {outcome.size.artifacts:,} artifacts over {outcome.size.names:,} names"
        parts += [heading.format(title), layout(_table(comparison, outcome)), _memory(outcome)]
    for engine in comparison.options.engines:
        beside = _side_by_side(comparison, engine)
        if beside:
            parts += [heading.format(f"{engine}, all sizes side by side"), layout(beside)]
    growth = _growth(comparison)
    if growth:
        parts += [heading.format("Requests per second at the large size, as a part of those at the small one")]
        parts += [layout(_growth_table(growth))]
    wrong = failures(comparison)
    if wrong:
        parts += [heading.format("Failed rows"), "\n".join(f"- {line}" for line in wrong)]
    return "\n\n".join(parts)


def _preface(comparison: Comparison, date: datetime) -> str:
    machine, options = comparison.machine, comparison.options
    memory = f", {machine.memory_megabytes:,} MB" if machine.memory_megabytes else ""
    lines = [
        (
            f"{date:%Y-%m-%d %H:%M} UTC. {machine.processor}, {machine.cores} cores{memory}, "
            f"{machine.system}, Python {machine.python}."
        ),
        *(
            f"{name}: " + ", ".join(f"{package} {version}" for package, version in found.items()) + "."
            for name, found in comparison.versions.items()
        ),
        (
            f"{options.connections} connections, {options.rounds} rounds of {options.seconds:g} s each, "
            "alternating; medians. CPU is the server's own processor time per answer."
        ),
    ]
    return "\n".join(lines)


def _table(comparison: Comparison, outcome: Outcome) -> Table:
    theirs, ours = comparison.suite.theirs.name, comparison.suite.ours.name
    names = [name for name in (theirs, ours) if any(name in row.rounds for row in outcome.rows)]
    table = [["request", *(f"{name} {column}" for name in names for column in ("req/s", "p50", "p99", "CPU"))]]
    both = len(names) == 2
    if both:
        table[0] += ["ratio", "CPU ratio", "wanted"]
    for row in outcome.rows:
        found = _summaries(row)
        line = [row.load.title]
        for name in names:
            summary = found[name]
            line += [
                rate(summary.per_second),
                number(summary.median_milliseconds, 1, " ms"),
                number(summary.p99_milliseconds, 1, " ms"),
                number(summary.server_milliseconds, 2, " ms"),
            ]
        if both:
            # What the processor time per answer alone would make of it: less at the mercy of a busy machine.
            saved = ratio(found[theirs].server_milliseconds, found[ours].server_milliseconds)
            line += [number(_ratio(comparison, found), 1), number(saved, 1), _verdict(comparison, row, found)]
        table.append(line)
    return table


def _side_by_side(comparison: Comparison, engine: str) -> Table:
    """Requests a second of both servers and their ratio at one size after the other; empty where one ran alone."""
    outcomes = [outcome for outcome in comparison.outcomes if outcome.engine == engine]
    suite = comparison.suite
    names = (suite.theirs.name, suite.ours.name)
    if not outcomes or any(name not in row.rounds for each in outcomes for row in each.rows for name in names):
        return []
    table = [["request", *(column for _ in outcomes for column in (suite.title, "Isogloss", "ratio"))]]
    for rows in zip(*(outcome.rows for outcome in outcomes), strict=True):
        line = [rows[0].load.title]
        for row in rows:
            found = _summaries(row)
            line += [rate(found[name].per_second) for name in names]
            line += [number(_ratio(comparison, found), 1)]
        table.append(line)
    return table


def _verdict(comparison: Comparison, row: LoadRow, found: Mapping[str, Summary]) -> str:
    if any(summary.errors for summary in found.values()):
        return "failed"
    reached, wanted = _ratio(comparison, found), row.load.wanted
    if wanted is None or reached is None:
        return ""
    return f"{wanted:g}: {'yes' if reached >= wanted else 'NO'}"


def _memory(outcome: Outcome) -> str:
    parts = [f"{name} {number(size, 0)} MB" for name, size in outcome.resident.items()]
    shares = [measured.others_share for row in outcome.rows for rounds in row.rounds.values() for measured in rounds]
    others = median(_known(shares))
    noise = (
        ""
        if others is None
        else (f" All but the measured server and the generator took {others:.0%} of the machine (median).")
    )
    return f"Resident memory after the run: {', '.join(parts)}.{noise}"


def _growth(comparison: Comparison) -> dict[str, dict[str, dict[str, float]]]:
    """By engine, load and server: answers a second at the largest size divided by those at the smallest."""
    growth: dict[str, dict[str, dict[str, float]]] = {}
    for engine in comparison.options.engines:
        same = sorted(
            (outcome for outcome in comparison.outcomes if outcome.engine == engine),
            key=lambda outcome: outcome.size.artifacts,
        )
        if len(same) < 2:
            continue
        for small, large in zip(same[0].rows, same[-1].rows, strict=True):
            after = _summaries(large)
            for name, before in _summaries(small).items():
                part = ratio(after[name].per_second, before.per_second)
                if part is not None:
                    growth.setdefault(engine, {}).setdefault(small.load.title, {})[name] = round(part, 2)
    return growth


def _growth_table(growth: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    names = list(next(iter(next(iter(growth.values())).values())))
    rows = [
        [engine, title, *(number(parts.get(name), 2) for name in names)]
        for engine, loads in growth.items()
        for title, parts in loads.items()
    ]
    return [["engine", "request", *names], *rows]


def _outcome(comparison: Comparison, outcome: Outcome) -> dict[str, Any]:
    rows = []
    for row in outcome.rows:
        found = _summaries(row)
        rows.append(
            {
                "load": row.load.name,
                "title": row.load.title,
                "wanted_ratio": row.load.wanted,
                "ratio": _rounded(_ratio(comparison, found), 2),
                "servers": {name: asdict(summary) for name, summary in found.items()},
            }
        )
    return {
        "engine": outcome.engine,
        "artifacts": outcome.size.artifacts,
        "names": outcome.size.names,
        "seeding_seconds": outcome.seeding_seconds,
        "resident_megabytes": outcome.resident,
        "rows": rows,
    }


def _summaries(row: LoadRow) -> dict[str, Summary]:
    return {name: summarize(rounds) for name, rounds in row.rounds.items()}


def _ratio(comparison: Comparison, found: Mapping[str, Summary]) -> float | None:
    theirs, ours = found.get(comparison.suite.theirs.name), found.get(comparison.suite.ours.name)
    return ratio(ours.per_second, theirs.per_second) if theirs and ours else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
