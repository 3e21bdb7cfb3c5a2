"""Lineage: which versions a run or step made and used, and which of them is a version's producer.

All use cases here work within a unit of work. A version may be the output of several steps, as when one repeats what
another did; its producer is the oldest of those that really made it.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from isogloss.core.errors import NotFound
from isogloss.core.model import Run, RunLink, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, all_of
from isogloss.core.registry.runs import COMPLETED, STEP
from isogloss.core.registry.versions import CONSUMED, PRODUCED

Slots: TypeAlias = Sequence[tuple[str, str]]
"""Versions by the outputs or inputs that they are: pairs of (slot, version's id)."""


async def produce(unit: Writer, run: Run, outputs: Slots) -> None:
    """Say that a run or step has versions as its outputs. One that it has as an output already is left where it is.

    Raises ``NotFound`` for a version that its project does not have.
    """
    await _link(unit, run, PRODUCED, outputs, once_each=True)


async def consume(unit: Writer, run: Run, inputs: Slots) -> None:
    """Say that a run or step uses versions; what was said before is no error.

    Raises ``NotFound`` for a version that its project does not have.
    """
    await _link(unit, run, CONSUMED, inputs, once_each=False)


async def outputs_of(unit: Reader, run: Run) -> list[str]:
    """The versions that a run or step has as its outputs."""
    return [link.version_id for link in await unit.find(RunLink, run_id=run.id, direction=PRODUCED)]


async def settle_producers(unit: Writer, version_ids: Iterable[str], made: str) -> None:
    """Make the oldest completed step that has a version as an output its producer, for each of these versions.

    Only steps whose state is named ``made`` count: others only repeat what those did. A version has none where there
    is no such step. A producer that another dialect than the step's gave to its own version is left alone.
    """
    versions = await unit.find(Version, id=sorted(set(version_ids)))
    if not versions:
        return
    links = await unit.find(RunLink, version_id=[version.id for version in versions], direction=PRODUCED)
    makers = await _makers(unit, {link.run_id for link in links}, made)
    place = {step_id: order for order, (step_id, *_) in enumerate(makers)}
    changes: dict[tuple[str | None, str | None], list[str]] = {}
    for version in versions:
        steps = [place[link.run_id] for link in links if link.version_id == version.id and link.run_id in place]
        step_id, run_id, dialect = makers[min(steps)] if steps else (None, None, None)
        if version.producer_run is not None and dialect is not None and version.dialect != dialect:
            continue
        if (version.producer_run, version.producer_step) != (run_id, step_id):
            changes.setdefault((run_id, step_id), []).append(version.id)
    for (run_id, step_id), ids in changes.items():
        await unit.change(Version, {"id": ids}, producer_run=run_id, producer_step=step_id)


async def release(unit: Writer, run_ids: Sequence[str], made: str) -> None:
    """Let go of all versions that runs, which are about to be removed, and their steps made or used."""
    steps = [step.id for step in await unit.find(Run, parent_id=list(run_ids), role=STEP)]
    gone = [*run_ids, *steps]
    made_by_them = [link.version_id for link in await unit.find(RunLink, run_id=gone, direction=PRODUCED)]
    await unit.remove(RunLink, run_id=gone)
    await settle_producers(unit, made_by_them, made)


async def _makers(unit: Reader, step_ids: set[str], made: str) -> list[tuple[str, str | None, str]]:
    """Id, run and dialect of those of the steps that completed by their own work, the oldest first."""
    if not step_ids:
        return []
    rows = await unit.rows(
        Query(
            source="run",
            fields=("id", "parent_id", "dialect"),
            project_id=None,
            where=all_of(
                AnyOf("id", tuple(sorted(step_ids))),
                Compare("role", Operator.EQ, STEP),
                Compare("state_type", Operator.EQ, COMPLETED),
                Compare("state_name", Operator.EQ, made),
            ),
            sort=Sort("created"),
        )
    )
    return [(step_id, run_id, dialect) for step_id, run_id, dialect in rows]


async def _link(unit: Writer, run: Run, direction: str, slots: Slots, *, once_each: bool) -> None:
    if not slots:
        return
    wanted = list(dict.fromkeys(version_id for _, version_id in slots))
    found = {version.id: version for version in await unit.find(Version, id=wanted)}
    for version_id in wanted:
        if version_id not in found or found[version_id].project_id != run.project_id:
            raise NotFound("version", version_id)
    kept = await unit.find(RunLink, run_id=run.id, direction=direction)
    taken: set[object] = {link.version_id if once_each else (link.slot, link.version_id) for link in kept}
    new: list[RunLink] = []
    for slot, version_id in slots:
        key: object = version_id if once_each else (slot, version_id)
        if key not in taken:
            taken.add(key)
            new.append(RunLink(version_id=version_id, run_id=run.id, direction=direction, slot=slot))
    await unit.add(*new)
