"""Projects: the rooms that names live in."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from isogloss.core import names
from isogloss.core.access import Principal, Role, require_everywhere, require_in, role_of
from isogloss.core.errors import Conflict, Denied, NotFound
from isogloss.core.model import (
    Artifact,
    Entity,
    Event,
    Grant,
    Json,
    LogLine,
    MetadataEntry,
    Metric,
    MetricPoint,
    Parameter,
    Project,
    Property,
    Record,
    RecordLink,
    Run,
    RunLink,
    RunState,
    RunTag,
    Setting,
    Stage,
    TagLink,
    Tally,
    User,
    Version,
    Workflow,
)
from isogloss.core.places import laid_out_place, owned_place
from isogloss.core.ports import Clock, Reader, Store, Writer
from isogloss.core.query import Query, Sort
from isogloss.core.registry.context import Registry
from isogloss.core.registry.discards import ADDRESS_LIFETIME, discards

DEFAULT = "default"
FIRST_SERIAL = 1


async def ensure_default(store: Store, clock: Clock, new_id: Callable[[], str]) -> Project:
    """The default project; made on the first start, also when two gateways start at once."""

    async def work(unit: Writer) -> Project:
        found = await unit.get(Project, name=DEFAULT)
        if found is not None:
            return found
        now = clock()
        slug, word = names.project_forms(DEFAULT)
        project = Project(
            id=new_id(),
            serial=FIRST_SERIAL,
            name=DEFAULT,
            slug=slug,
            word=word,
            display_name=None,
            description=None,
            metadata=None,
            facet=None,
            author_id=None,
            created=now,
            updated=now,
        )
        if await unit.add_if_absent(project):
            return project
        found = await unit.get(Project, name=DEFAULT)
        if found is None:
            raise RuntimeError("The default project could neither be found nor made.")
        return found

    return await store.write(work)


REGISTRY_ID = "registry-id"


async def ensure_identity(store: Store, new_id: Callable[[], str]) -> str:
    """The registry's own id; made on the first start."""

    async def work(unit: Writer) -> str:
        await unit.add_if_absent(Setting(name=REGISTRY_ID, value=new_id()))
        kept = await unit.get(Setting, name=REGISTRY_ID)
        assert kept is not None
        return kept.value

    return await store.write(work)


async def find_project(unit: Reader, reference: str) -> Project:
    """The project of this id or name. Raises ``NotFound``."""
    if names.looks_like_id(reference):
        found = await unit.get(Project, id=reference)
        if found is not None:
            return found
    found = await unit.get(Project, name=reference)
    if found is None:
        raise NotFound("project", reference)
    return found


async def create_project(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    name: str,
    *,
    display_name: str | None = None,
    description: str | None = None,
    metadata: Json | None = None,
    facet: Json | None = None,
) -> Project:
    """Make a project, which takes the serial behind the greatest, and which the caller administers from then on.

    Raises ``Denied``, ``Invalid`` and ``Conflict``.
    """
    require_everywhere(caller, Role.EDITOR)
    names.check_name("name", name)
    # Whoever makes a project holds this row, so that no two take the same serial.
    await unit.lock(Project, id=registry.default_project.id)
    greatest = await unit.rows(
        Query(
            source="project",
            fields=("serial",),
            project_id=None,
            sort=Sort("serial", descending=True),
            limit=1,
        )
    )
    now = registry.clock()
    slug, word = names.project_forms(name)
    project = Project(
        id=registry.new_id(),
        serial=greatest[0][0] + 1,
        name=name,
        slug=slug,
        word=word,
        display_name=display_name,
        description=description,
        metadata=metadata,
        facet=facet,
        author_id=caller.user_id,
        created=now,
        updated=now,
    )
    if not await unit.add_if_absent(project):
        raise Conflict(f"A project named {name!r} exists already.")
    if caller.user_id is not None and await unit.get(User, id=caller.user_id) is not None:
        await unit.add(
            Grant(
                project_id=project.id,
                user_id=caller.user_id,
                role=Role.ADMIN.word,
                created=now,
                author_id=caller.user_id,
            )
        )
    return project


async def change_project(
    registry: Registry,
    unit: Writer,
    caller: Principal,
    project: Project,
    *,
    name: str | None = None,
    display_name: str | UnsetType | None = UNSET,
    description: str | UnsetType | None = UNSET,
    metadata: Json | UnsetType | None = UNSET,
    facet: Json | UnsetType | None = UNSET,
) -> Project:
    """Change what is given of a project; answers it as it then is.

    Raises ``Denied``, also for another name of the default project, ``NotFound``, ``Invalid`` for a name that is none
    and ``Conflict`` for one that is taken.
    """
    await require_admin_of(unit, caller, project)
    found = await unit.lock(Project, id=project.id)
    if found is None:
        raise NotFound("project", project.id)
    given = {"display_name": display_name, "description": description, "metadata": metadata, "facet": facet}
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not UNSET}
    changes["updated"] = max(registry.clock(), found.updated + 1)
    if name is not None and name != found.name:
        if found.id == registry.default_project.id:
            raise Denied("The name of the default project cannot be changed.")
        names.check_name("name", name)
        slug, word = names.project_forms(name)
        for taken in ({"name": name}, {"slug": slug}, {"word": word}):
            if await unit.get(Project, **taken) is not None:
                raise Conflict(f"A project named {name!r} exists already.")
        changes |= {"name": name, "slug": slug, "word": word}
    await unit.change(Project, {"id": found.id}, **changes)
    return replace(found, **changes)


async def require_admin_of(unit: Reader, caller: Principal, project: Project) -> None:
    """Raise ``Denied`` unless the caller administers the project: who made it does, to whom it was granted, and every
    admin.
    """
    made_it = project.author_id is not None and project.author_id == caller.user_id
    if made_it and caller.role >= Role.EDITOR:
        return
    if caller.role is Role.EDITOR and caller.ceiling >= Role.ADMIN and caller.user_id is not None:
        # What editors are beside it is read only here, as it matters nowhere else.
        grant = await unit.get(Grant, project_id=project.id, user_id=caller.user_id)
        if grant is not None and role_of(grant.role) >= Role.ADMIN:
            return
    require_in(caller, project.id, Role.ADMIN)


async def delete_project(registry: Registry, unit: Writer, caller: Principal, project: Project) -> None:
    """Delete a project with everything that any dialect keeps in it, in a number of statements that is always the same.

    Raises ``Denied``, for the default project in any case, and ``NotFound``.
    """
    await require_admin_of(unit, caller, project)
    if project.id == registry.default_project.id:
        raise Denied("The default project cannot be deleted.")
    if await unit.lock(Project, id=project.id) is None:
        raise NotFound("project", project.id)
    ids = {
        entity: [row[0] for row in await unit.rows(Query(source=source, fields=("id",), project_id=project.id))]
        for entity, source in _SOURCES.items()
    }
    await unit.remove(TagLink, project_id=project.id)
    for entity, members in ids.items():
        if members:
            await unit.remove(MetadataEntry, entity=entity, entity_id=members)
            await unit.remove(Property, entity=entity, entity_id=members)
    for entity in ("version", "run"):
        await unit.remove(RecordLink, entity=entity, entity_id=ids[entity])
    await unit.remove(RecordLink, record_id=ids["record"])
    await unit.remove(RunLink, version_id=ids["version"])
    await unit.remove(RunLink, run_id=ids["run"])
    await unit.remove(RunState, run_id=ids["run"])
    for values in (Parameter, RunTag, MetricPoint, Metric):
        await unit.remove(values, run_id=ids["run"])
    for kind in _ROWS:
        await unit.remove(kind, project_id=project.id)
    end = registry.clock() + ADDRESS_LIFETIME
    await unit.add(*discards(registry, [(owned_place(project.id), end), (laid_out_place(project.id), end)]))
    await unit.remove(Project, id=project.id)


_SOURCES = {
    "artifact": "every_artifact",
    "version": "version",
    "workflow": "workflow",
    "run": "run",
    "record": "record",
}
"""What has rows of its own in other tables, and the sources that have all of it."""

_ROWS: tuple[type[Entity], ...] = (Stage, Version, Artifact, Run, Workflow, LogLine, Event, Record, Tally)
"""What says itself to which project it belongs, in an order that breaks no reference."""
