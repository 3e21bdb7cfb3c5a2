"""Our own server, seeded with what its Prefect dialect would have written for the same creates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from bench import ours
from bench.prefect.rows import SeedRow, rows
from bench.servers import Launch
from bench.suite import ENGINES, Address, Engine, Place, Size
from isogloss.adapters.prefect import translate
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate
from isogloss.core.access import ANYBODY
from isogloss.core.registry import Registry
from isogloss.core.registry.versions import VersionDraft, create_version


@dataclass
class OurPrefect:
    """``isogloss serve``, asked in Prefect's dialect."""

    name: str = ours.NAME
    engines: Collection[Engine] = ENGINES

    def versions(self) -> Mapping[str, str]:
        """Isogloss, and what carries it."""
        return ours.versions()

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Migrate an empty place and write the rows of `size` there."""
        ids: list[str] = []
        ours.upgrade(place)
        ours.seed(place, partial(create_rows, size, ids))
        return ours.launch(place), Address(place.port, "/api", ids)


async def create_rows(size: Size, ids: list[str], registry: Registry, clock: ours.SeedClock) -> None:
    """Make the rows of `size` as versions of the default project; their ids go to `ids`, in creation order."""
    project = registry.default_project
    for row in rows(size):
        clock.now = row.created
        version = await create_version(registry, ANYBODY, project, _draft(row), slug=row.key)
        ids.append(version.id)


def _draft(row: SeedRow) -> VersionDraft:
    """What the dialect makes of a create with these members."""
    return translate.draft(
        ArtifactCreate(
            key=row.key,
            type=row.type,
            description=row.description,
            data=row.data,
            metadata_=row.metadata,
            flow_run_id=row.flow_run_id,
            task_run_id=row.task_run_id,
        )
    )
