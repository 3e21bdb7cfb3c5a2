"""What callers with roles in single projects reach of the store, on both engines."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, get_args

import pytest

from isogloss.core.access import ANYBODY, Principal, Role
from isogloss.core.errors import Denied, NotFound
from isogloss.core.model import (
    Artifact,
    AuditEntry,
    Entity,
    LogLine,
    MetadataEntry,
    Parameter,
    Project,
    Property,
    Record,
    Run,
    RunLink,
    RunState,
    Tag,
    TagLink,
    Tally,
    User,
    Version,
    Workflow,
)
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Query
from isogloss.core.registry import Registry, projects, records, tags, versions
from isogloss.core.registry.callers import registry_for, registry_to_read
from isogloss.core.registry.records import RecordDraft
from isogloss.core.registry.scopes import Places, ScopedStore
from isogloss.core.registry.versions import VersionDraft
from tests.support.accounts import add_user

T = TypeVar("T")


def member(grants: Mapping[str, Role], role: Role = Role.MEMBER) -> Principal:
    return Principal(user_id="00000000-0000-7000-8000-000000000001", name="mia", role=role, grants=grants)


async def project_named(registry: Registry, name: str) -> Project:
    async def work(unit: Writer) -> Project:
        return await projects.create_project(registry, unit, ANYBODY, name)

    return await registry.store.write(work)


async def version_in(registry: Registry, project: Project, name: str = "report") -> Version:
    draft = VersionDraft(dialect="prefect", metadata='{"a":1}')
    return await versions.create_version(registry, ANYBODY, project, draft, slug=name)


def run_in(registry: Registry, project: Project, **fields: Any) -> Run:
    known: dict[str, Any] = dict.fromkeys(Run.__struct_fields__)
    known |= {"id": registry.new_id(), "project_id": project.id, "dialect": "prefect", "role": "run", "name": "run"}
    known |= {"attempts": 0, "spent": 0, "tags": "[]", "created": 1, "updated": 1}
    return Run(**(known | fields))


async def put(registry: Registry, *rows: Entity) -> None:
    async def work(unit: Writer) -> None:
        await unit.add(*rows)

    await registry.store.write(work)


async def written(registry: Registry, caller: Principal, work: Callable[[Writer], Awaitable[T]]) -> T:
    return await registry_for(registry, caller, "test", "try").store.write(work)


async def seen(registry: Registry, caller: Principal, kind: type[Any]) -> list[Any]:
    async def work(unit: Reader) -> list[Any]:
        return await unit.find(kind)

    return await registry_to_read(registry, caller).store.read(work)


async def test_who_may_do_the_same_everywhere_has_the_plain_store(registry: Registry) -> None:
    for caller in (member({}, Role.VIEWER), member({"a": Role.ADMIN}, Role.EDITOR), ANYBODY):
        assert registry_to_read(registry, caller) is registry
    for caller in (member({}), member({"a": Role.EDITOR}, Role.VIEWER)):
        assert isinstance(registry_to_read(registry, caller).store, ScopedStore)


async def test_only_what_is_in_projects_that_one_knows_is_there(registry: Registry) -> None:
    mine, theirs = await project_named(registry, "mine"), await project_named(registry, "theirs")
    own, foreign = await version_in(registry, mine), await version_in(registry, theirs)
    runs = [run_in(registry, each) for each in (mine, theirs)]
    await put(
        registry,
        *runs,
        *[Parameter(run_id=run.id, key="k", value="v") for run in runs],
        *[
            RunLink(version_id=each.id, run_id=run.id, direction="consumed", slot="")
            for each, run in zip((own, foreign), runs, strict=True)
        ],
        *[Property(entity="run", entity_id=run.id, dialect="x", name="n", value="v") for run in runs],
    )
    caller = member({mine.id: Role.VIEWER})
    assert [each.id for each in await seen(registry, caller, Project)] == [mine.id]
    for kind in (Artifact, Version, Run, Tally):
        assert {row.project_id for row in await seen(registry, caller, kind)} == {mine.id}, kind
    assert [each.version_id for each in await seen(registry, caller, RunLink)] == [own.id]
    for owned in (Parameter, Property, MetadataEntry):
        assert len(await seen(registry, caller, owned)) == 1, owned

    async def ask(unit: Reader) -> tuple[list[Any], int, int, object]:
        query = Query(source="version", fields=("id",), project_id=None)
        total = await unit.sum(Tally, "delta", noun="version")
        return await unit.rows(query), await unit.count(query), total, await unit.get(Version, id=foreign.id)

    scoped = await registry_to_read(registry, caller).store.read(ask)
    assert scoped == ([(own.id,)], 1, 1, None)


async def test_no_kind_of_row_is_forgotten(registry: Registry) -> None:
    """A kind that nobody said anything about raises, and is neither shown nor hidden by chance."""

    async def work(unit: Reader) -> None:
        places = Places(unit)
        for kind in get_args(Entity):
            row = kind(**dict.fromkeys(kind.__struct_fields__, "run"))
            assert len(await places.of([row])) == 1

    await registry.store.read(work)


async def test_what_is_not_seen_is_not_found_and_what_is_seen_only_is_denied(registry: Registry) -> None:
    mine, theirs = await project_named(registry, "mine"), await project_named(registry, "theirs")
    own, foreign = await version_in(registry, mine), await version_in(registry, theirs)
    viewer, editor = member({mine.id: Role.VIEWER}), member({mine.id: Role.EDITOR})

    def change(row: Version) -> Callable[[Writer], Awaitable[None]]:
        async def work(unit: Writer) -> None:
            await unit.change(Version, {"id": row.id}, description="x")

        return work

    await written(registry, editor, change(own))
    with pytest.raises(Denied, match="mia is viewer in this project; this needs the role editor there"):
        await written(registry, viewer, change(own))
    for caller in (viewer, editor):
        with pytest.raises(NotFound):
            await written(registry, caller, change(foreign))
    assert [row.description for row in await seen(registry, ANYBODY, Version)].count("x") == 1


async def test_a_viewer_of_all_edits_what_was_granted(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    caller = member({mine.id: Role.EDITOR}, Role.VIEWER)
    acting = registry_for(registry, caller, "test", "try")
    made = await versions.create_version(acting, caller, mine, VersionDraft(dialect="prefect"), slug="x")
    with pytest.raises(Denied):
        await versions.create_version(
            acting, caller, registry.default_project, VersionDraft(dialect="prefect"), slug="x"
        )
    assert [row.id for row in await seen(registry, caller, Version)] == [made.id]


async def test_the_default_project_is_denied_to_who_does_not_know_it(registry: Registry) -> None:
    caller = member({(await project_named(registry, "mine")).id: Role.EDITOR})
    acting = registry_for(registry, caller, "test", "try")
    with pytest.raises(Denied):
        await versions.create_version(
            acting, caller, registry.default_project, VersionDraft(dialect="prefect"), slug="x"
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda registry, project, version: run_in(registry, project),
        lambda registry, project, version: RunLink(version_id=version.id, run_id="x", direction="consumed", slot=""),
        lambda registry, project, version: MetadataEntry(
            id=registry.new_id(), entity="version", entity_id=version.id, key="k", value="1", type="int", created=1
        ),
        lambda registry, project, version: LogLine(
            id=registry.new_id(),
            project_id=project.id,
            run_id=None,
            step_id=None,
            name="x",
            level=1,
            message="",
            at=1,
            facet=None,
        ),
    ],
    ids=["run", "link", "metadata", "log line"],
)
async def test_rows_are_added_only_where_one_edits(
    registry: Registry, make: Callable[[Registry, Project, Version], Entity]
) -> None:
    mine, theirs = await project_named(registry, "mine"), await project_named(registry, "theirs")

    def add(row: Entity) -> Callable[[Writer], Awaitable[None]]:
        async def work(unit: Writer) -> None:
            await unit.add(row)

        return work

    caller = member({mine.id: Role.EDITOR})
    await written(registry, caller, add(make(registry, mine, await version_in(registry, mine))))
    with pytest.raises(NotFound):
        await written(registry, caller, add(make(registry, theirs, await version_in(registry, theirs))))


async def test_what_belongs_to_the_server_is_seen_by_all_and_written_by_its_editors(registry: Registry) -> None:
    caller = member({(await project_named(registry, "mine")).id: Role.ADMIN})

    async def make(unit: Writer) -> Record:
        return await records.create_record(registry, unit, caller, RecordDraft(dialect="x", kind="stack", body="{}"))

    async def by_admin(unit: Writer) -> Record:
        return await records.create_record(registry, unit, ANYBODY, RecordDraft(dialect="x", kind="stack", body="{}"))

    with pytest.raises(Denied):
        await written(registry, caller, make)
    stack = await registry.store.write(by_admin)
    assert await seen(registry, caller, Record) == [stack]

    async def take(unit: Writer) -> None:
        await unit.remove(Record, id=stack.id)

    with pytest.raises(Denied):
        await written(registry, caller, take)


async def test_a_role_in_a_project_makes_nobody_an_administrator_of_users(registry: Registry) -> None:
    caller = member({(await project_named(registry, "mine")).id: Role.ADMIN})
    other = await add_user(registry, "otto")

    async def rise(unit: Writer) -> None:
        await unit.change(User, {"name": "otto"}, role="admin")

    async def lose(unit: Writer) -> None:
        await unit.remove(User, id=other.id)

    async def found(unit: Writer) -> None:
        await projects.create_project(registry, unit, caller, "another")

    for work in (rise, lose, found):
        with pytest.raises(Denied):
            await written(registry, caller, work)


async def test_a_project_is_changed_and_deleted_by_who_administers_it(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    version = await version_in(registry, mine)
    await put(registry, RunLink(version_id=version.id, run_id=registry.new_id(), direction="consumed", slot=""))

    def delete(caller: Principal) -> Callable[[Writer], Awaitable[None]]:
        async def work(unit: Writer) -> None:
            await projects.delete_project(registry, unit, caller, mine)

        return work

    editor, admin = member({mine.id: Role.EDITOR}), member({mine.id: Role.ADMIN})
    with pytest.raises(Denied):
        await written(registry, editor, delete(editor))
    await written(registry, admin, delete(admin))
    assert mine.id not in [each.id for each in await seen(registry, ANYBODY, Project)]


async def test_a_tag_is_changed_by_who_edits_wherever_it_is_used(registry: Registry) -> None:
    mine, theirs = await project_named(registry, "mine"), await project_named(registry, "theirs")
    own, foreign = await version_in(registry, mine), await version_in(registry, theirs)
    caller = member({mine.id: Role.EDITOR})
    acting = registry_for(registry, caller, "test", "try")

    async def make(unit: Writer) -> Tag:
        tag = await tags.create_tag(acting, unit, caller, "gold", "yellow")
        await tags.attach(acting, unit, caller, tag, own)
        return tag

    tag = await acting.store.write(make)

    async def rename(unit: Writer) -> None:
        await tags.change_tag(acting, unit, caller, tag.id, name="silver")

    async def delete(unit: Writer) -> None:
        await tags.delete_tag(acting, unit, caller, tag.id)

    await acting.store.write(rename)

    async def elsewhere(unit: Writer) -> None:
        await tags.attach(registry, unit, ANYBODY, tag, foreign)

    await registry.store.write(elsewhere)
    for work in (rename, delete):
        with pytest.raises(Denied, match="no editor") as refused:
            await acting.store.write(work)
        assert "theirs" not in str(refused.value)
    assert len(await seen(registry, ANYBODY, TagLink)) == 2


async def test_a_link_is_made_by_who_edits_one_end_and_sees_the_other(registry: Registry) -> None:
    mine, theirs, hidden = [await project_named(registry, name) for name in ("mine", "theirs", "hidden")]
    run = run_in(registry, mine)
    await put(registry, run)
    caller = member({mine.id: Role.EDITOR, theirs.id: Role.VIEWER})

    def link(version: Version) -> Callable[[Writer], Awaitable[None]]:
        async def work(unit: Writer) -> None:
            await unit.add(RunLink(version_id=version.id, run_id=run.id, direction="consumed", slot=""))

        return work

    await written(registry, caller, link(await version_in(registry, theirs)))
    with pytest.raises(NotFound):
        await written(registry, caller, link(await version_in(registry, hidden)))


async def test_a_whole_unit_sees_what_it_has_added_itself(registry: Registry) -> None:
    mine = await project_named(registry, "mine")
    caller = member({mine.id: Role.EDITOR})
    run = run_in(registry, mine)
    state = RunState(
        id=registry.new_id(),
        run_id=run.id,
        type="RUNNING",
        name="Running",
        message=None,
        at=1,
        details=None,
        data=None,
        version_id=None,
        created=1,
    )

    async def work(unit: Writer) -> tuple[Run | None, list[RunState]]:
        await unit.add(run, state)
        return await unit.get(Run, id=run.id), await unit.find(RunState, run_id=run.id)

    assert await written(registry, caller, work) == (run, [state])


async def test_what_is_refused_leaves_neither_rows_nor_an_entry(registry: Registry) -> None:
    mine, theirs = await project_named(registry, "mine"), await project_named(registry, "theirs")
    caller = member({mine.id: Role.EDITOR})

    async def work(unit: Writer) -> None:
        await unit.add(run_in(registry, mine))
        await unit.add(run_in(registry, theirs))

    with pytest.raises(NotFound):
        await written(registry, caller, work)
    assert not await seen(registry, ANYBODY, Run)
    assert not await seen(registry, ANYBODY, AuditEntry)
    assert not await seen(registry, ANYBODY, Workflow)
