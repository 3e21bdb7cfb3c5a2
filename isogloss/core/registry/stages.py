"""Stages: versions on their way, which have a place for their bytes before anybody sees them.

A stage takes its artifact into use, so that this is made where there is none. Applied, it becomes a version of the
same id; failed or never applied, it goes with its bytes, and so does an artifact that never had a version.
"""

from collections.abc import Callable

from isogloss.core.access import Principal, Role, require
from isogloss.core.errors import NotFound
from isogloss.core.model import Artifact, Project, Stage
from isogloss.core.places import owned_prefix
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, Operator, Query, Sort
from isogloss.core.registry.artifacts import Target, locked_target, remove_artifacts
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import discards

LIFETIME = 24 * 3_600 * 1_000_000
"""How long a stage waits to be applied, in microseconds: longer than any upload takes."""

SWEPT_AT_ONCE = 100


async def stage_version(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    target: Target,
    *,
    dialect: str,
    root: Callable[[str], str],
) -> Stage:
    """Stage a version of an artifact, which is made if need be.

    ``root`` gives what the client is told of the place whose prefix it gets. Any number of stages may be open at once.
    Raises ``Denied`` and what ``locked_target`` raises.
    """
    require(caller, Role.EDITOR)
    artifact = await locked_target(registry, unit, caller, project, target, dialect=dialect, internal=False)
    now = registry.clock()
    stage_id = registry.new_id()
    stage = Stage(
        id=stage_id,
        project_id=project.id,
        artifact_id=artifact.id,
        dialect=dialect,
        root=root(owned_prefix(project.id, stage_id)),
        author_id=caller.user_id,
        created=now,
        expires=now + LIFETIME,
    )
    await unit.add(stage)
    return stage


async def take_stage(registry: Registry, unit: Writer, root: str) -> Stage | None:
    """Take the stage of this root out, to make its version; null where there is none, or no longer."""
    stage = await unit.lock(Stage, root=root)
    if stage is None or stage.expires <= registry.clock():
        return None
    await unit.remove(Stage, id=stage.id)
    return stage


async def take_stage_for_bytes_elsewhere(registry: Registry, unit: Writer, root: str) -> Stage | None:
    """As ``take_stage``, for a version whose bytes lie elsewhere: whatever came to the stage's place goes."""
    stage = await take_stage(registry, unit, root)
    if stage is not None:
        await unit.add(*discards(registry, [(owned_prefix(stage.project_id, stage.id), stage.expires)]))
    return stage


async def get_stage(registry: Registry, unit: Reader, caller: Principal, stage_id: str) -> Stage:
    """The stage of this id. Raises ``Denied``, and ``NotFound`` also for one that waited too long."""
    require(caller, Role.VIEWER)
    stage = await unit.get(Stage, id=stage_id)
    if stage is None or stage.expires <= registry.clock():
        raise NotFound("stage", stage_id)
    return stage


async def fail_stage(registry: Registry, unit: Writer, caller: Principal, stage_id: str) -> None:
    """Give a stage up, with its bytes. Raises ``Denied`` and ``NotFound``."""
    require(caller, Role.EDITOR)
    stage = await unit.lock(Stage, id=stage_id)
    if stage is None:
        raise NotFound("stage", stage_id)
    await _drop(registry, unit, stage)


async def sweep_stages(registry: Registry) -> int:
    """Give up the stages that waited too long; tells how many. Their bytes go along."""

    async def work(unit: Writer) -> int:
        rows = await unit.rows(
            Query(
                source="stage",
                fields=("id",),
                project_id=None,
                where=Compare("expires", Operator.LE, registry.clock()),
                sort=Sort("expires"),
                limit=SWEPT_AT_ONCE,
            )
        )
        stages = await unit.lock_all(Stage, id=[row[0] for row in rows]) if rows else []
        for stage in stages:
            await _drop(registry, unit, stage)
        return len(stages)

    return await registry.store.write(work)


async def _drop(registry: Registry, unit: Writer, stage: Stage) -> None:
    await unit.remove(Stage, id=stage.id)
    await unit.add(*discards(registry, [(owned_prefix(stage.project_id, stage.id), stage.expires)]))
    artifact = await unit.lock(Artifact, id=stage.artifact_id)
    if artifact is not None and artifact.ordinals == 0 and not await unit.find(Stage, artifact_id=artifact.id):
        await remove_artifacts(registry, unit, [artifact])
