"""Rows beside artifacts, as whatever serves them writes them: runs, steps, links, records."""

from isogloss.core.access import ANYBODY
from isogloss.core.model import Entity, Record, RecordLink, Run, RunLink
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, records
from isogloss.core.registry.records import RecordDraft


async def add(registry: Registry, *entities: Entity) -> None:
    """Insert rows."""

    async def work(unit: Writer) -> None:
        await unit.add(*entities)

    await registry.store.write(work)


async def remove_run(registry: Registry, run_id: str) -> None:
    """Delete a run or step, but not its links."""

    async def work(unit: Writer) -> None:
        await unit.remove(Run, id=run_id)

    await registry.store.write(work)


def new_run(registry: Registry, role: str = "run", parent_id: str | None = None, **given: object) -> Run:
    """A run, or with ``role`` a step, that nothing happened to yet."""
    fields = {
        **dict.fromkeys(Run.__struct_fields__),
        "id": registry.new_id(),
        "project_id": registry.default_project.id,
        "dialect": "zenml",
        "role": role,
        "parent_id": parent_id,
        "name": role,
        "attempts": 0,
        "spent": 0,
        "tags": "[]",
        "created": registry.clock(),
        "updated": registry.clock(),
    }
    return Run(**fields | given)  # type: ignore[arg-type]


async def step_with(
    registry: Registry, version_id: str, direction: str = "produced", dialect: str = "zenml", name: str = "run"
) -> Run:
    """A step of a new run, which made or took a version."""
    run = new_run(registry, dialect=dialect, name=name)
    step = new_run(registry, "step", run.id, dialect=dialect)
    link = RunLink(version_id=version_id, run_id=step.id, direction=direction, slot="output")
    await add(registry, run, step, link)
    return step


async def model_version(registry: Registry, name: str, *gathered: str) -> tuple[Record, Record]:
    """A model of this name, and a version of it that gathers artifact versions."""

    async def work(unit: Writer) -> tuple[Record, Record]:
        project_id = registry.default_project.id
        model = await records.create_record(
            registry,
            unit,
            ANYBODY,
            RecordDraft(dialect="zenml", kind="model", body="{}", project_id=project_id, name=name),
        )
        version = await records.create_record(
            registry,
            unit,
            ANYBODY,
            RecordDraft(
                dialect="zenml",
                kind="model_version",
                body="{}",
                project_id=project_id,
                parent_id=model.id,
                name="1",
                number=1,
            ),
        )
        for version_id in gathered:
            await unit.add(
                RecordLink(
                    id=registry.new_id(),
                    record_id=version.id,
                    entity="version",
                    entity_id=version_id,
                    author_id=None,
                    created=registry.clock(),
                )
            )
        return model, version

    return await registry.store.write(work)
