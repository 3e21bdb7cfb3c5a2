"""Tracked runs: what is logged in batches, kept once, and gone with the run."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied, Invalid, NotFound
from isogloss.core.model import Metric, MetricPoint, Parameter, Project, Run, RunTag
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, projects, runs, tracking
from isogloss.core.registry.tracking import Batch, Point, State
from tests.storage.sql.test_agreement import run_property

VIEWER = Principal(user_id=None, name="eve", role=Role.VIEWER)
DIALECT = "test"
RUNNING = State(runs.RUNNING, "Running")
ROWS: list[type[Any]] = [MetricPoint, Metric, Parameter, RunTag]


async def write(registry: Registry, work: Callable[[Writer], Awaitable[Any]]) -> Any:
    return await registry.store.write(work)


async def create(registry: Registry, name: str = "train", **given: Any) -> Run:
    values: dict[str, Any] = {"dialect": DIALECT, "state": RUNNING, "started": None, "facet": None}

    async def work(unit: Writer) -> Run:
        return await tracking.create_tracked_run(
            registry, unit, ANYBODY, registry.default_project, name=name, **(values | given)
        )

    made: Run = await write(registry, work)
    return made


async def log(registry: Registry, run: Run, **batch: Any) -> None:
    await write(registry, lambda unit: tracking.log(registry, unit, ANYBODY, run.id, DIALECT, Batch(**batch)))


async def find(registry: Registry, entity: type[Any], **key: Any) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(entity, **key)

    return await registry.store.read(work)


async def parameters(registry: Registry, run: Run) -> dict[str, str]:
    return {each.key: each.value for each in await find(registry, Parameter, run_id=run.id)}


async def tags(registry: Registry, run: Run) -> dict[str, str]:
    return {each.key: each.value for each in await find(registry, RunTag, run_id=run.id)}


async def latest(registry: Registry, run: Run) -> dict[str, tuple[int, int, float]]:
    return {each.key: (each.step, each.at, told(each)) for each in await find(registry, Metric, run_id=run.id)}


async def history(registry: Registry, run: Run, *keys: str, step: int | None = None) -> list[tuple[Any, ...]]:
    found = await registry.store.read(lambda unit: tracking.history(unit, ANYBODY, run.id, keys, step=step))
    return [(each.key, each.step, each.at, told(each)) for each in found]


def told(point: Metric | MetricPoint) -> float:
    return math.nan if point.nan else point.value


async def test_a_run_is_under_way_from_when_it_was_made_or_said_to_begin(registry: Registry) -> None:
    now = await create(registry)
    before = await create(registry, started=5_000)

    assert (now.role, now.dialect, now.workflow_id) == ("run", DIALECT, None)
    assert (now.started, now.state_type, now.state_name) == (now.created, runs.RUNNING, "Running")
    assert before.started == 5_000


async def test_runs_of_one_name_are_told_apart_by_an_ending(registry: Registry) -> None:
    first, second, third = [await create(registry) for _ in range(3)]

    assert first.name == "train"
    assert second.name == f"train-{second.id.replace('-', '')[-6:]}"
    assert len({first.name, second.name, third.name}) == 3
    assert (await create(registry, dialect="another")).name == "train"


async def test_a_run_that_is_put_away_keeps_its_name(registry: Registry) -> None:
    run = await create(registry)
    await write(registry, lambda unit: tracking.put_away(registry, unit, ANYBODY, run.id, DIALECT))

    assert (await create(registry)).name != "train"


async def test_runs_that_are_made_at_once_never_share_a_name(registry: Registry) -> None:
    made = await asyncio.gather(*(create(registry) for _ in range(12)))

    assert len({run.name for run in made}) == 12
    assert [run.name for run in made].count("train") == 1


async def test_a_run_goes_on_and_comes_to_its_end(registry: Registry) -> None:
    run = await create(registry)
    changes: dict[str, Any] = {"state": State(runs.COMPLETED, "Finished"), "ended": 9, "facet": '{"a":1}'}
    changed = await write(
        registry,
        lambda unit: tracking.change_tracked_run(registry, unit, ANYBODY, run.id, dialect=DIALECT, **changes),
    )

    assert (changed.state_type, changed.state_name, changed.ended, changed.facet) == (
        runs.COMPLETED,
        "Finished",
        9,
        '{"a":1}',
    )
    assert changed.updated > run.updated
    assert await find(registry, Run, id=run.id) == [changed]


async def test_a_run_is_expected_when_it_begins_and_takes_until_it_ends(registry: Registry) -> None:
    run = await create(registry, started=registry.clock() - 5_000_000)
    ended = State(runs.COMPLETED, "Finished")

    async def work(unit: Writer) -> Run:
        return await tracking.change_tracked_run(
            registry, unit, ANYBODY, run.id, dialect=DIALECT, state=ended, ended=registry.clock() + 2_000_000
        )

    done: Run = await write(registry, work)
    assert (run.expected_start, run.spent) == (run.started, 0)
    assert done.spent == 7_000_000


async def test_a_parameter_keeps_its_value_and_a_batch_that_changes_one_leaves_nothing(registry: Registry) -> None:
    run = await create(registry)
    await log(registry, run, parameters=[("lr", "0.1"), ("opt", "adam"), ("lr", "0.1")])
    await log(registry, run, parameters=[("lr", "0.1"), ("depth", "3")])
    with pytest.raises(Invalid, match=r"'lr' is '0\.1' already, and cannot become '0\.2'"):
        await log(
            registry,
            run,
            parameters=[("new", "1"), ("lr", "0.2")],
            tags=[("team", "a")],
            points=[Point("loss", 1.0, 0, 0)],
        )
    with pytest.raises(Invalid, match="'new' is '1' already, and cannot become '2'"):
        await log(registry, run, parameters=[("new", "1"), ("new", "2")])

    assert await parameters(registry, run) == {"lr": "0.1", "opt": "adam", "depth": "3"}
    assert [await find(registry, kind) for kind in (MetricPoint, Metric, RunTag)] == [[], [], []]


async def test_a_tag_takes_the_new_value_and_can_be_taken_off(registry: Registry) -> None:
    run = await create(registry, tags=[("team", "a")])
    await log(registry, run, tags=[("stage", "dev"), ("team", "b"), ("team", "c")])
    assert await tags(registry, run) == {"team": "c", "stage": "dev"}

    async def take_off(*keys: str) -> None:
        await write(registry, lambda unit: tracking.delete_run_tags(unit, ANYBODY, run.id, DIALECT, keys))

    with pytest.raises(NotFound):
        await take_off("team", "nothing")
    assert await tags(registry, run) == {"team": "c", "stage": "dev"}
    await take_off("team")
    assert await tags(registry, run) == {"stage": "dev"}


async def test_a_batch_logged_again_leaves_what_it_left_before(registry: Registry) -> None:
    run = await create(registry)
    points = [Point("loss", value, step, 7) for step, value in enumerate((0.5, math.nan, math.inf, -math.inf))]
    for _ in range(3):
        await log(registry, run, points=[*points, *points])

    assert str(await history(registry, run, "loss")) == str(
        [("loss", 0, 7, 0.5), ("loss", 1, 7, math.nan), ("loss", 2, 7, math.inf), ("loss", 3, 7, -math.inf)]
    )
    assert await latest(registry, run) == {"loss": (3, 7, -math.inf)}


async def test_the_history_is_of_the_metrics_and_the_step_asked_for(registry: Registry) -> None:
    run, other = await create(registry), await create(registry)
    await log(registry, run, points=[Point(key, 1.0, step, 0) for key in "abc" for step in (2, 1)])
    await log(registry, other, points=[Point("a", 9.0, 0, 0)])

    assert await history(registry, run, "a") == [("a", 1, 0, 1.0), ("a", 2, 0, 1.0)]
    assert sorted(await history(registry, run, "a", "c", step=2)) == [("a", 2, 0, 1.0), ("c", 2, 0, 1.0)]
    assert await history(registry, run) == []


values = st.sampled_from([-1.0, -0.0, 0.0, 2.5, math.inf, -math.inf, math.nan])
points = st.builds(Point, st.sampled_from("ab"), values, st.integers(-1, 2), st.integers(0, 2))


async def test_the_last_point_is_the_one_that_the_whole_history_says(registry: Registry) -> None:
    @settings(max_examples=60)
    @given(batches=st.lists(st.lists(points, max_size=5), max_size=4))
    async def holds(batches: list[list[Point]]) -> None:
        run = await create(registry)
        for batch in batches:
            await log(registry, run, points=batch)
        last: dict[str, Point] = {}
        for point in (each for batch in batches for each in batch):
            if point.key not in last or rank(point) > rank(last[point.key]):
                last[point.key] = point
        expected = {key: (point.step, point.at, str(point.value + 0.0)) for key, point in last.items()}
        found = await latest(registry, run)
        assert {key: (step, at, str(value + 0.0)) for key, (step, at, value) in found.items()} == expected

    def rank(point: Point) -> tuple[int, int, bool, float]:
        nan = math.isnan(point.value)
        return point.step, point.at, not nan, 0.0 if nan else point.value

    await run_property(holds)


async def test_batches_at_once_leave_the_last_point_and_one_value_of_each_parameter(registry: Registry) -> None:
    run = await create(registry)

    async def one(number: int) -> bool:
        try:
            await log(
                registry,
                run,
                points=[Point("loss", float(number), number, 0), Point("acc", 1.0, 0, number)],
                parameters=[("winner", str(number))],
            )
        except Invalid:
            return False
        return True

    won = await asyncio.gather(*(one(number) for number in range(12)))

    assert won.count(True) == 1
    winner = won.index(True)
    assert await parameters(registry, run) == {"winner": str(winner)}
    assert await latest(registry, run) == {"loss": (winner, 0, float(winner)), "acc": (0, winner, 1.0)}

    async def metric_only(number: int) -> None:
        await log(registry, run, points=[Point("loss", float(number), number, 0)])

    await asyncio.gather(*(metric_only(number) for number in range(20, 40)))
    assert (await latest(registry, run))["loss"] == (39, 0, 39.0)
    assert len(await history(registry, run, "loss")) == 21


async def test_a_batch_costs_what_it_holds_whatever_was_logged_before(
    registry: Registry, statements: Callable[[], int]
) -> None:
    run = await create(registry)

    async def cost(step: int) -> int:
        statements()
        await log(registry, run, points=[Point(f"m{place}", 1.0, step, 0) for place in range(10)])
        return statements()

    first = await cost(0)
    await log(registry, run, points=[Point(f"m{place}", 1.0, step, 0) for place in range(10) for step in range(1, 300)])
    assert first <= await cost(300) <= 8


@pytest.mark.parametrize(
    "batch",
    [
        {"parameters": [("a\0", "1")]},
        {"parameters": [("a", "\0")]},
        {"parameters": [("", "1")]},
        {"tags": [("k" * 1001, "1")]},
        {"tags": [("k", "\ud800")]},
        {"points": [Point("", 1.0, 0, 0)]},
        {"points": [Point("loss", 1.0, 2**63, 0)]},
        {"points": [Point("loss", 1.0, 0, -(2**63) - 1)]},
    ],
    ids=["NUL in a key", "NUL", "no key", "a long key", "a surrogate", "no metric", "a far step", "a far time"],
)
async def test_what_no_engine_keeps_is_refused_and_nothing_is_left(registry: Registry, batch: Any) -> None:
    run = await create(registry)
    good: dict[str, list[Any]] = {
        "parameters": [("good", "1")],
        "tags": [("good", "1")],
        "points": [Point("good", 1.0, 0, 0)],
    }
    with pytest.raises(Invalid):
        await log(registry, run, **{name: [*rows, *batch.get(name, ())] for name, rows in good.items()})

    assert [await find(registry, kind) for kind in ROWS] == [[], [], [], []]


async def test_as_much_is_kept_as_clients_send(registry: Registry) -> None:
    run = await create(registry)
    await log(
        registry,
        run,
        points=[Point(f"{place:0250}", 1.0, 0, 0) for place in range(1000)],
        parameters=[(f"{place:0250}", "é" * 1000) for place in range(100)],
        tags=[(f"{place:0250}", "é" * 5000) for place in range(100)],
    )

    assert [len(await find(registry, kind)) for kind in ROWS] == [1000, 1000, 100, 100]


async def test_a_run_that_is_put_away_is_found_by_its_id_only_until_it_is_brought_back(registry: Registry) -> None:
    run = await create(registry)
    await log(registry, run, parameters=[("lr", "1")])
    project = registry.default_project

    async def named() -> Run:
        return await registry.store.read(
            lambda unit: tracking.find_tracked_run(unit, ANYBODY, project, "train", DIALECT)
        )

    assert await named() == run
    await write(registry, lambda unit: tracking.put_away(registry, unit, ANYBODY, run.id, DIALECT))
    with pytest.raises(NotFound):
        await named()
    away = await registry.store.read(lambda unit: tracking.get_tracked_run(unit, VIEWER, run.id))
    assert away.deleted is not None
    await write(registry, lambda unit: tracking.bring_back(registry, unit, ANYBODY, run.id, DIALECT))
    assert (await named()).deleted is None
    assert await parameters(registry, run) == {"lr": "1"}


async def test_a_run_that_is_removed_leaves_nothing(registry: Registry) -> None:
    run, other = await create(registry), await create(registry)
    for each in (run, other):
        await log(registry, each, points=[Point("a", 1.0, 0, 0)], parameters=[("a", "1")], tags=[("a", "1")])
    await write(registry, lambda unit: tracking.remove_tracked_run(registry, unit, ANYBODY, run.id, DIALECT))

    assert [each.id for each in await find(registry, Run)] == [other.id]
    assert {each.run_id for kind in ROWS for each in await find(registry, kind)} == {other.id}
    assert (await create(registry)).name == "train"


async def test_a_dialect_reads_a_run_of_another_and_changes_nothing_of_it(registry: Registry) -> None:
    run = await create(registry, dialect="another")
    assert await registry.store.read(lambda unit: tracking.get_tracked_run(unit, ANYBODY, run.id)) == run
    for work in (
        lambda unit: tracking.log(registry, unit, ANYBODY, run.id, DIALECT, Batch(tags=[("a", "1")])),
        lambda unit: tracking.put_away(registry, unit, ANYBODY, run.id, DIALECT),
        lambda unit: tracking.remove_tracked_run(registry, unit, ANYBODY, run.id, DIALECT),
    ):
        with pytest.raises(NotFound):
            await write(registry, work)


async def test_a_project_goes_with_its_runs(registry: Registry) -> None:
    project: Project = await write(
        registry, lambda unit: projects.create_project(registry, unit, ANYBODY, "lab", description=None, facet=None)
    )

    async def work(unit: Writer) -> None:
        run = await tracking.create_tracked_run(
            registry, unit, ANYBODY, project, dialect=DIALECT, name="a", state=RUNNING, started=None, facet=None
        )
        await tracking.log(
            registry,
            unit,
            ANYBODY,
            run.id,
            DIALECT,
            Batch(points=[Point("a", 1.0, 0, 0)], parameters=[("a", "1")], tags=[("a", "1")]),
        )

    await write(registry, work)
    await write(registry, lambda unit: projects.delete_project(registry, unit, ANYBODY, project))

    assert [await find(registry, kind) for kind in ROWS] == [[], [], [], []]
    assert await find(registry, Run) == []


async def test_who_may_only_read_logs_nothing(registry: Registry) -> None:
    run = await create(registry)
    for work in (
        lambda unit: tracking.log(registry, unit, VIEWER, run.id, DIALECT, Batch(tags=[("a", "1")])),
        lambda unit: tracking.delete_run_tags(unit, VIEWER, run.id, DIALECT, ["a"]),
        lambda unit: tracking.put_away(registry, unit, VIEWER, run.id, DIALECT),
        lambda unit: tracking.bring_back(registry, unit, VIEWER, run.id, DIALECT),
        lambda unit: tracking.remove_tracked_run(registry, unit, VIEWER, run.id, DIALECT),
        lambda unit: tracking.change_tracked_run(registry, unit, VIEWER, run.id, dialect=DIALECT, ended=1),
    ):
        with pytest.raises(Denied):
            await write(registry, work)
