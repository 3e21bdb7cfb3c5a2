"""What a registry does for itself now and then."""

from isogloss.core.model import Project, Tally
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry.context import Registry

FOLD_FROM = 64
"""Fewer tallies than this are not worth folding: a total adds them up faster than they could be rewritten."""


async def fold_tallies(registry: Registry) -> int:
    """Replace the inserted changes of each total by their sum; tells how many rows that saved.

    Totals are read as sums, so they are exact before, during and after; a second gateway
    that folds at the same time waits.
    """

    async def work(unit: Writer) -> int:
        if await unit.lock(Project, id=registry.default_project.id) is None:
            return 0
        tallies = await unit.find(Tally)
        if len(tallies) < FOLD_FROM:
            return 0
        sums: dict[tuple[str, str, str, str, bool], int] = {}
        for tally in tallies:
            key = (tally.project_id, tally.noun, tally.subject, tally.kind, tally.internal)
            sums[key] = sums.get(key, 0) + tally.delta
        folded = [
            Tally(
                id=registry.sequence(),
                project_id=project_id,
                noun=noun,
                subject=subject,
                kind=kind,
                internal=internal,
                delta=total,
            )
            for (project_id, noun, subject, kind, internal), total in sums.items()
            if total
        ]
        await unit.remove(Tally, id=[tally.id for tally in tallies])
        await unit.add(*folded)
        return len(tallies) - len(folded)

    return await registry.store.write(work)


async def total(registry: Registry, project_id: str, noun: str) -> int:
    """How many versions or heads a project has, from its tallies."""

    async def work(unit: Reader) -> int:
        return await unit.sum(Tally, "delta", project_id=project_id, noun=noun)

    return await registry.store.read(work)
