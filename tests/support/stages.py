"""Stages to write into, as a dialect would make them."""

from isogloss.core.access import ANYBODY
from isogloss.core.model import Stage
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.stages import fail_stage, stage_version, take_stage
from isogloss.core.registry.transfers import STAGE, Owner


async def make_stage(registry: Registry, name: str = "numbers") -> Stage:
    """A new stage in the default project."""

    async def work(unit: Writer) -> Stage:
        return await stage_version(
            registry,
            unit,
            ANYBODY,
            registry.default_project,
            ByName(name),
            dialect="test",
            root=lambda prefix: f"s3://{prefix}",
        )

    return await registry.store.write(work)


async def apply_stage(registry: Registry, stage: Stage) -> None:
    """Take a stage out, as what makes its version does."""

    async def work(unit: Writer) -> None:
        assert await take_stage(registry, unit, stage.root) == stage

    await registry.store.write(work)


async def give_up_stage(registry: Registry, stage: Stage) -> None:
    """Give a stage up, with its bytes."""

    async def work(unit: Writer) -> None:
        await fail_stage(registry, unit, ANYBODY, stage.id)

    await registry.store.write(work)


def file_key(stage: Stage, path: str = "model.bin") -> str:
    """The key of a file of a stage."""
    return f"owned/{stage.project_id}/{stage.id}/files/{path}"


def owner_of(stage: Stage) -> Owner:
    """What permits to write into a stage stand on."""
    return Owner(STAGE, stage.id)
