"""Tracked runs: training runs whose parameters, tags and metrics a client logs while it goes on.

They are runs as any other, that no workflow stands above. What is logged comes in batches, each all or nothing, and a
batch costs as much as it holds, whatever was logged before.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import (
    Derivation,
    Instant,
    Json,
    Metric,
    MetricPoint,
    Parameter,
    Project,
    Property,
    Run,
    RunState,
    RunTag,
)
from isogloss.core.names import check_name
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, IsNull, Operator, Query, Sort, all_of
from isogloss.core.references import INPUTS
from isogloss.core.registry import tags
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import METADATA, follow_text, of_run
from isogloss.core.registry.runs import RUN, RUNNING, RunDraft, blank_run

KEY_BYTES = 1000
"""How long a key may be: well beyond what clients send, and within what an index takes."""

LARGEST = 2**63 - 1

ENDINGS = (6, 12, 32)
"""How many characters of its id tell a run from another of the same name: more, where fewer do not."""


class Point(Struct, frozen=True):
    """One measurement. ``at`` is in milliseconds since the epoch; ``value`` may be infinite or no number."""

    key: str
    value: float
    step: int
    at: int


class State(Struct, frozen=True):
    """Where a run stands: in the core's words (``runs.STATE_TYPES``), and in the dialect's."""

    type: str
    name: str


Points: TypeAlias = Mapping[tuple[str, int], Sequence[MetricPoint]]
"""Points of metrics by run and step."""


class Batch(Struct, frozen=True, kw_only=True):
    """What is logged at once."""

    points: Sequence[Point] = ()
    parameters: Sequence[tuple[str, str]] = ()
    tags: Sequence[tuple[str, str]] = ()


class Logged(Struct, frozen=True, kw_only=True):
    """What runs have: parameters, tags, and the last point of each metric, by the runs' ids and in order of keys."""

    parameters: dict[str, list[Parameter]]
    tags: dict[str, list[RunTag]]
    metrics: dict[str, list[Metric]]


class Keys(Struct, frozen=True, kw_only=True):
    """The keys under which runs have metrics, parameters and tags, in order."""

    metrics: Sequence[str]
    parameters: Sequence[str]
    tags: Sequence[str]


async def create_tracked_run(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    *,
    dialect: str,
    name: str,
    state: State,
    started: Instant | None,
    facet: Json | None,
    tags: Sequence[tuple[str, str]] = (),
) -> Run:
    """Make a run in a project, in a state. Where another run has the name, this one's gets an ending.

    Raises ``Denied``, ``NotFound`` for a project that is gone, and ``Invalid``.
    """
    require(caller, Role.EDITOR)
    check_name("name", name)
    # Two runs that are made at once must not both find a name free.
    if await unit.lock(Project, id=project.id) is None:
        raise NotFound("project", project.id)
    now = registry.clock()
    began = now if started is None else started
    draft = RunDraft(dialect=dialect, role=RUN, name=name)
    blank = blank_run(registry, caller, project, draft, now)
    run = replace(
        blank,
        name=await _free_name(unit, blank),
        state_type=state.type,
        state_name=state.name,
        state_at=now,
        # Nobody expected it to begin at another time.
        expected_start=began,
        started=began,
        facet=facet,
    )
    await unit.add(run)
    await _log_tags(registry, unit, run, tags)
    return run


async def _free_name(unit: Reader, run: Run) -> str:
    """The name of a run, with as much of its id as tells it from those that the dialect has in the project.

    Runs that are put away keep their names, since they may come back.
    """
    endings = [run.id.replace("-", "")[-length:] for length in ENDINGS]
    names = [run.name, *(f"{run.name}-{ending}" for ending in endings)]
    named = await unit.find(Run, name=names, project_id=run.project_id, role=RUN, dialect=run.dialect)
    taken = {each.name for each in named}
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise Conflict(f"The project has runs called {run.name!r} with every ending already; choose another name.")
    check_name("name", free)
    return free


async def change_tracked_run(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    run_id: str,
    *,
    dialect: str,
    state: State | UnsetType = UNSET,
    ended: Instant | UnsetType | None = UNSET,
    facet: Json | UnsetType | None = UNSET,
) -> Run:
    """Change what is given of a run; answers it as it then is. Raises ``Denied``, ``NotFound`` and ``Invalid``."""
    require(caller, Role.EDITOR)
    run = await _locked(unit, run_id, dialect)
    now = max(registry.clock(), run.updated + 1)
    changes: dict[str, Any] = {"updated": now}
    if state is not UNSET:
        changes |= {"state_type": state.type, "state_name": state.name, "state_at": now}
        if run.state_type == RUNNING and state.type != RUNNING:
            stopped = ended if isinstance(ended, int) else now
            changes["spent"] = max(stopped - (run.created if run.started is None else run.started), 0)
    if ended is not UNSET:
        changes["ended"] = ended
    if facet is not UNSET:
        changes["facet"] = facet
    await unit.change(Run, {"id": run.id}, **changes)
    return replace(run, **changes)


async def put_away(registry: Registry, unit: Writer, caller: Principal, run_id: str, dialect: str) -> None:
    """Hide a run from all that do not ask for it in particular; it can be brought back. Raises as ``bring_back``."""
    await _set_deleted(registry, unit, caller, run_id, dialect, registry.clock())


async def bring_back(registry: Registry, unit: Writer, caller: Principal, run_id: str, dialect: str) -> None:
    """Show a run again that was put away. Raises ``Denied`` and ``NotFound``."""
    await _set_deleted(registry, unit, caller, run_id, dialect, None)


async def _set_deleted(
    registry: Registry, unit: Writer, caller: Principal, run_id: str, dialect: str, deleted: Instant | None
) -> None:
    require(caller, Role.EDITOR)
    run = await _locked(unit, run_id, dialect)
    await unit.change(Run, {"id": run.id}, deleted=deleted, updated=max(registry.clock(), run.updated + 1))


async def remove_tracked_run(registry: Registry, unit: Writer, caller: Principal, run_id: str, dialect: str) -> None:
    """Remove a run for good, with all that was logged. What it made stays, and names it still.

    Raises ``Denied`` and ``NotFound``.
    """
    require(caller, Role.EDITOR)
    run = await _locked(unit, run_id, dialect)
    await tags.remove_links(registry, unit, RUN, [run.id])
    await unit.remove(Property, entity=RUN, entity_id=run.id)
    for rows in (MetricPoint, Metric, Parameter, RunTag, RunState):
        await unit.remove(rows, run_id=run.id)
    await unit.remove(Run, id=run.id)


async def get_tracked_run(unit: Reader, caller: Principal, run_id: str) -> Run:
    """The run of this id, whoever made it, also one that was put away. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    run = await unit.get(Run, id=run_id)
    if run is None or run.role != RUN:
        raise NotFound(RUN, run_id)
    return run


async def find_tracked_run(unit: Reader, caller: Principal, project: Project, name: str, dialect: str) -> Run:
    """The newest run of this name that is not put away. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.VIEWER)
    fields = Run.__struct_fields__
    named = all_of(Compare("name", Operator.EQ, name), Compare("dialect", Operator.EQ, dialect), IsNull("deleted"))
    rows = await unit.rows(
        Query(
            source=RUN,
            fields=fields,
            project_id=project.id,
            where=named,
            sort=Sort("created", descending=True),
            limit=1,
        )
    )
    if not rows:
        raise NotFound(RUN, name)
    return Run(**dict(zip(fields, rows[0], strict=True)))


async def log(registry: Registry, unit: Writer, caller: Principal, run_id: str, dialect: str, batch: Batch) -> None:
    """Log a batch.

    A point that was logged before is the same one still. A parameter keeps its value, a tag takes the new one. Raises
    ``Denied``, ``NotFound``, and ``Invalid`` for another value of a parameter, and for what cannot be kept.
    """
    require(caller, Role.EDITOR)
    run = await _locked(unit, run_id, dialect)
    await _log_parameters(unit, run, batch.parameters)
    await _log_tags(registry, unit, run, batch.tags)
    await _log_points(unit, run, batch.points)


async def _log_parameters(unit: Writer, run: Run, pairs: Sequence[tuple[str, str]]) -> None:
    if not pairs:
        return
    given: dict[str, str] = {}
    for key, value in pairs:
        _check("parameter", key, value)
        _check_same(key, given.setdefault(key, value), value)
    kept = {each.key: each.value for each in await unit.find(Parameter, run_id=run.id, key=list(given))}
    for key, value in kept.items():
        _check_same(key, value, given[key])
    new = [Parameter(run_id=run.id, key=key, value=value) for key, value in given.items() if key not in kept]
    await unit.add(*new)


def _check_same(key: str, kept: str, given: str) -> None:
    if kept != given:
        raise Invalid("parameters", f"{key!r} is {kept!r} already, and cannot become {given!r}; log another key")


async def _log_tags(registry: Registry, unit: Writer, run: Run, pairs: Sequence[tuple[str, str]]) -> None:
    if not pairs:
        return
    for key, value in pairs:
        _check("tag", key, value)
    given = dict(pairs)
    await unit.put(*(RunTag(run_id=run.id, key=key, value=value) for key, value in given.items()))
    if INPUTS in given:
        await follow_text(registry, unit, of_run(run), given[INPUTS], run.author_id)


async def _log_points(unit: Writer, run: Run, points: Sequence[Point]) -> None:
    if not points:
        return
    rows = [_point(run, each) for each in points]
    await unit.add_absent(*rows)
    latest: dict[str, MetricPoint] = {}
    for row in rows:
        if row.key not in latest or _rank(row) > _rank(latest[row.key]):
            latest[row.key] = row
    kept = {each.key: each for each in await unit.find(Metric, run_id=run.id, key=list(latest))}
    newer = [row for key, row in latest.items() if key not in kept or _rank(row) > _rank(kept[key])]
    if not newer:
        return
    await unit.put(
        *(
            Metric(run_id=row.run_id, key=row.key, step=row.step, at=row.at, value=row.value, nan=row.nan)
            for row in newer
        )
    )


def _rank(point: MetricPoint | Metric) -> tuple[int, int, bool, float]:
    """Which of two points of a metric is the later one: a number comes after what is none."""
    return point.step, point.at, not point.nan, point.value


def _point(run: Run, point: Point) -> MetricPoint:
    _check("metric", point.key, "")
    for name, number in (("step", point.step), ("timestamp", point.at)):
        if not -LARGEST - 1 <= number <= LARGEST:
            raise Invalid(f"metrics.{name}", f"must be within 64 bits, this is {number}")
    nan = math.isnan(point.value)
    return MetricPoint(
        run_id=run.id, key=point.key, step=point.step, at=point.at, value=0.0 if nan else point.value, nan=nan
    )


def _check(noun: str, key: str, value: str) -> None:
    for name, text in ((f"{noun} key", key), (f"{noun} value", value)):
        if "\0" in text:
            raise Invalid(name, "must not hold the character NUL")
    try:
        size = len(key.encode())
        value.encode()
    except UnicodeEncodeError:
        raise Invalid(noun, "must be text without lone surrogates") from None
    if not 1 <= size <= KEY_BYTES:
        raise Invalid(f"{noun} key", f"must have 1 to {KEY_BYTES} bytes, this has {size}")


async def delete_run_tags(unit: Writer, caller: Principal, run_id: str, dialect: str, keys: Iterable[str]) -> None:
    """Take tags off a run. Raises ``Denied``, and ``NotFound`` also for a key that it has no tag under."""
    require(caller, Role.EDITOR)
    run = await _locked(unit, run_id, dialect)
    wanted = list(dict.fromkeys(keys))
    kept = {each.key for each in await unit.find(RunTag, run_id=run.id, key=wanted)}
    for key in wanted:
        if key not in kept:
            raise NotFound("run_tag", key)
    await unit.remove(RunTag, run_id=run.id, key=wanted)
    if INPUTS in wanted:
        await unit.remove(Derivation, run_id=run.id, origin=METADATA)


async def logged(unit: Reader, run_ids: Sequence[str]) -> Logged:
    """What was logged of runs: three statements."""
    ids = list(run_ids)
    if not ids:
        return Logged(parameters={}, tags={}, metrics={})
    found = Logged(parameters={}, tags={}, metrics={})
    for parameter in sorted(await unit.find(Parameter, run_id=ids), key=lambda each: each.key):
        found.parameters.setdefault(parameter.run_id, []).append(parameter)
    for tag in sorted(await unit.find(RunTag, run_id=ids), key=lambda each: each.key):
        found.tags.setdefault(tag.run_id, []).append(tag)
    for metric in sorted(await unit.find(Metric, run_id=ids), key=lambda each: each.key):
        found.metrics.setdefault(metric.run_id, []).append(metric)
    return found


async def keys_of(unit: Reader, caller: Principal, project: Project, dialect: str) -> Keys:
    """The keys under which anything was logged of a project's runs that are not put away: one statement.

    Raises ``Denied``.
    """
    require(caller, Role.VIEWER)
    rows = await unit.rows(
        Query(
            source="run_key",
            fields=("noun", "key"),
            project_id=project.id,
            where=Compare("dialect", Operator.EQ, dialect),
            sort=Sort("key", then="noun"),
        )
    )
    found: dict[str, list[str]] = {}
    for noun, key in rows:
        found.setdefault(noun, []).append(key)
    return Keys(metrics=found.get("metric", []), parameters=found.get("parameter", []), tags=found.get("run_tag", []))


async def history(
    unit: Reader, caller: Principal, run_id: str, keys: Sequence[str], *, step: int | None = None
) -> list[MetricPoint]:
    """The points of metrics of a run, or those at one step, from the first to the last. Raises ``Denied``."""
    require(caller, Role.VIEWER)
    if not keys:
        return []
    fields = MetricPoint.__struct_fields__
    rows = await unit.rows(
        Query(
            source="metric_point",
            fields=fields,
            project_id=None,
            where=all_of(
                Compare("run_id", Operator.EQ, run_id),
                AnyOf("key", tuple(keys)),
                None if step is None else Compare("step", Operator.EQ, step),
            ),
            sort=Sort("step", then="at"),
        )
    )
    points = [MetricPoint(**dict(zip(fields, row, strict=True))) for row in rows]
    return sorted(points, key=_rank)


async def points_at(unit: Reader, places: Collection[tuple[str, int]]) -> Points:
    """The points of all metrics of runs at steps, by run and step: the last one of each metric, in the order of keys.

    Two statements, or none. The points of a run are found by their metrics, never by going through all of them.
    """
    if not places:
        return {}
    runs, steps = sorted({run for run, _ in places}), sorted({step for _, step in places})
    keys = sorted({metric.key for metric in await unit.find(Metric, run_id=runs)})
    if not keys:
        return {}
    found: dict[tuple[str, int], dict[str, MetricPoint]] = {place: {} for place in places}
    for point in sorted(await unit.find(MetricPoint, run_id=runs, key=keys, step=steps), key=_rank):
        if (point.run_id, point.step) in found:
            found[point.run_id, point.step][point.key] = point
    return {place: [points[key] for key in sorted(points)] for place, points in found.items() if points}


async def _locked(unit: Writer, run_id: str, dialect: str) -> Run:
    run = await unit.lock(Run, id=run_id)
    if run is None or run.dialect != dialect or run.role != RUN:
        raise NotFound(RUN, run_id)
    return run
