"""Which versions a step made and used, and who a version's producer is."""

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.errors import NotFound
from isogloss.core.model import Run, RunLink, Version
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, lineage
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.runs import COMPLETED, RUN, RUNNING, STEP, RunDraft, remove_runs
from isogloss.core.registry.versions import VersionDraft, write_version

DONE, REPEATED = "done", "repeated"


async def run_of(registry: Registry, unit: Writer, name: str = "run") -> Run:
    draft = RunDraft(dialect="test", role=RUN, name=name)
    state = Entering(type=RUNNING, name="on")
    return await add_run(registry, unit, ANYBODY, registry.default_project, draft, state, facet="{}")


async def step_of(registry: Registry, unit: Writer, run: Run, name: str, state: str = DONE) -> Run:
    draft = RunDraft(dialect="test", role=STEP, name=name, parent_id=run.id, position=name)
    entering = Entering(type=RUNNING if state == "on" else COMPLETED, name=state)
    return await add_run(registry, unit, ANYBODY, registry.default_project, draft, entering, facet="{}")


async def version_of(registry: Registry, unit: Writer, dialect: str = "test", run: str | None = None) -> Version:
    draft = VersionDraft(dialect=dialect, producer_run=run)
    return await write_version(registry, unit, ANYBODY, registry.default_project, draft, ByName("numbers"))


async def producer(unit: Writer, version: Version) -> tuple[str | None, str | None]:
    kept = await unit.get(Version, id=version.id)
    assert kept is not None
    return kept.producer_run, kept.producer_step


async def test_the_oldest_step_that_completed_is_the_producer(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run, version = await run_of(registry, unit), await version_of(registry, unit)
        running = await step_of(registry, unit, run, "a", "on")
        second, third = await step_of(registry, unit, run, "b"), await step_of(registry, unit, run, "c")
        for step in (third, second, running):
            await lineage.produce(unit, step, [("out", version.id)])
        await lineage.settle_producers(unit, [version.id], DONE)
        assert await producer(unit, version) == (run.id, second.id)

    await registry.store.write(work)


async def test_a_step_that_repeats_another_does_not_take_over(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run, version = await run_of(registry, unit), await version_of(registry, unit)
        repeating = await step_of(registry, unit, run, "a", REPEATED)
        made = await step_of(registry, unit, run, "b")
        for step in (repeating, made):
            await lineage.produce(unit, step, [("out", version.id)])
            await lineage.settle_producers(unit, [version.id], DONE)
        assert await producer(unit, version) == (run.id, made.id)

    await registry.store.write(work)


async def test_a_removed_run_leaves_its_versions_to_the_next_step_that_made_them_or_to_none(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        first, second = await run_of(registry, unit, "first"), await run_of(registry, unit, "second")
        mine, ours = await version_of(registry, unit), await version_of(registry, unit)
        one, two = await step_of(registry, unit, first, "a"), await step_of(registry, unit, second, "a")
        await lineage.produce(unit, one, [("out", mine.id), ("out", ours.id)])
        await lineage.produce(unit, two, [("out", ours.id)])
        await lineage.consume(unit, one, [("in", ours.id)])
        await lineage.settle_producers(unit, [mine.id, ours.id], DONE)
        await lineage.release(unit, [first.id], DONE)
        await remove_runs(registry, unit, [first.id])
        assert await producer(unit, mine) == (None, None)
        assert await producer(unit, ours) == (second.id, two.id)
        assert [link.run_id for link in await unit.find(RunLink, version_id=[mine.id, ours.id])] == [two.id]

    await registry.store.write(work)


async def test_a_producer_that_another_dialect_gave_to_its_own_version_stays(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run, version = await run_of(registry, unit), await version_of(registry, unit, "other", "a-run-of-theirs")
        step = await step_of(registry, unit, run, "a")
        await lineage.produce(unit, step, [("out", version.id)])
        await lineage.settle_producers(unit, [version.id], DONE)
        assert await producer(unit, version) == ("a-run-of-theirs", None)

    await registry.store.write(work)


async def test_a_step_has_a_version_as_one_output_only_but_as_any_number_of_inputs(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run, version = await run_of(registry, unit), await version_of(registry, unit)
        step = await step_of(registry, unit, run, "a")
        for slot in ("one", "two", "one"):
            await lineage.produce(unit, step, [(slot, version.id)])
            await lineage.consume(unit, step, [(slot, version.id)])
        kept = await unit.find(RunLink, run_id=step.id)
        found = sorted((link.direction, link.slot) for link in kept)
        assert found == [("consumed", "one"), ("consumed", "two"), ("produced", "one")]
        assert await lineage.outputs_of(unit, step) == [version.id]

    await registry.store.write(work)


async def test_a_version_that_does_not_exist_is_no_output(registry: Registry) -> None:
    async def work(unit: Writer) -> None:
        run = await run_of(registry, unit)
        with pytest.raises(NotFound):
            await lineage.produce(unit, run, [("out", registry.new_id())])

    await registry.store.write(work)
