"""Rows that are added where others may be already: those stay or give their place, as it is asked."""

from isogloss.core.model import MetricPoint, Run, RunTag
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry
from tests.storage.sql.test_agreement import a_run


def point(run: Run, step: int, value: float = 1.0) -> MetricPoint:
    return MetricPoint(run_id=run.id, key="loss", step=step, at=0, value=value, nan=False)


def tag(run: Run, key: str, value: str) -> RunTag:
    return RunTag(run_id=run.id, key=key, value=value)


async def rows(registry: Registry) -> tuple[set[tuple[int, float]], dict[str, str]]:
    async def work(unit: Reader) -> tuple[set[tuple[int, float]], dict[str, str]]:
        points = await unit.find(MetricPoint)
        assert len(points) == len(set(points))
        tags = await unit.find(RunTag)
        return {(each.step, each.value) for each in points}, {each.key: each.value for each in tags}

    return await registry.store.read(work)


async def test_rows_that_are_there_stay_and_others_are_added(registry: Registry) -> None:
    run = a_run(registry, 0)

    async def work(unit: Writer) -> None:
        await unit.add(run, point(run, 1), tag(run, "team", "a"))
        await unit.add_absent()
        await unit.add_absent(point(run, 1), point(run, 2), tag(run, "team", "b"), point(run, 2), point(run, 1, 3.0))
        await unit.add_absent(tag(run, "stage", "dev"))
        await unit.add(point(run, 4))

    await registry.store.write(work)

    assert await rows(registry) == ({(1, 1.0), (2, 1.0), (1, 3.0), (4, 1.0)}, {"team": "a", "stage": "dev"})


async def test_as_many_as_there_are_go_at_once_and_twice_is_once(registry: Registry) -> None:
    run = a_run(registry, 0)
    many = [point(run, step) for step in range(5000)]
    await registry.store.write(lambda unit: unit.add(run))
    for more in (many, [*many, point(run, 5000)]):
        await registry.store.write(lambda unit, rows=more: unit.add_absent(*rows))  # type: ignore[misc]

    assert len((await rows(registry))[0]) == 5001


async def test_a_row_that_is_put_takes_the_place_of_the_one_with_its_key(registry: Registry) -> None:
    run, other = a_run(registry, 0), a_run(registry, 1)

    async def work(unit: Writer) -> None:
        await unit.add(run, other, tag(run, "team", "a"), tag(run, "stage", "dev"), tag(other, "team", "a"))
        await unit.put()
        await unit.put(tag(run, "team", "b"), tag(run, "new", "c"))
        await unit.put(tag(run, "team", "d"))
        await unit.put(*(tag(other, f"t{place}", "x") for place in range(500)))

    await registry.store.write(work)

    async def tags_of(unit: Reader, run_id: str) -> dict[str, str]:
        return {each.key: each.value for each in await unit.find(RunTag, run_id=run_id)}

    assert await registry.store.read(lambda unit: tags_of(unit, run.id)) == {"team": "d", "stage": "dev", "new": "c"}
    assert len(await registry.store.read(lambda unit: tags_of(unit, other.id))) == 501
