"""Tags: names, exclusive ones, attaching and detaching; on both engines."""

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import Tag, TagLink, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.registry import Registry, tags, tallies, versions
from isogloss.core.registry.versions import VersionDraft
from tests.support.counting import counting


async def version_of(registry: Registry, slug: str) -> str:
    draft = VersionDraft(dialect="prefect")
    return (await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug=slug)).id


async def tagged(registry: Registry) -> list[str]:
    async def work(unit: Reader) -> list[str]:
        return sorted(link.entity_id for link in await unit.find(TagLink))

    return await registry.store.read(work)


async def create(registry: Registry, name: str, colour: str, *, exclusive: bool = False) -> Tag:
    async def work(unit: Writer) -> Tag:
        return await tags.create_tag(registry, unit, ANYBODY, name, colour, exclusive=exclusive)

    return await registry.store.write(work)


async def attach(registry: Registry, tag: Tag, version_id: str) -> None:
    async def work(unit: Writer) -> None:
        await tags.attach(registry, unit, ANYBODY, tag, await tags.thing_of(unit, "version", version_id))

    await registry.store.write(work)


async def detach(registry: Registry, tag: Tag, version_id: str) -> bool:
    async def work(unit: Writer) -> bool:
        return await tags.detach(registry, unit, ANYBODY, tag, "version", version_id)

    return await registry.store.write(work)


async def total(registry: Registry, tag: Tag) -> int:
    async def work(unit: Reader) -> int:
        return await tallies.tagged(unit, "version", tag.id, project_id=registry.default_project.id)

    return await registry.store.read(work)


async def test_a_tag_is_attached_once_however_often_it_is_put_on(registry: Registry) -> None:
    version = await version_of(registry, "a")
    gold = await create(registry, "gold", "yellow")
    await attach(registry, gold, version)
    await attach(registry, gold, version)
    attached, counted = await tagged(registry), await total(registry, gold)
    taken = [await detach(registry, gold, version), await detach(registry, gold, version)]

    assert (attached, counted) == ([version], 1)
    assert taken == [True, False]
    assert (await tagged(registry), await total(registry, gold)) == ([], 0)


async def test_a_version_knows_that_a_tag_was_put_on_it_once(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, other_id = await version_of(registry, "a"), await version_of(registry, "a")
    names = ["gold", "new", "old"]
    made = [await create(registry, name, "yellow") for name in names]
    counted = counting(monkeypatch)

    async def knows(of: str) -> bool:
        found = await registry.store.read(lambda unit: unit.get(Version, id=of))
        assert found is not None
        return found.tagged

    async def put_on() -> None:
        async def work(unit: Writer) -> None:
            version = await tags.thing_of(unit, "version", version_id)
            await tags.attach_all(registry, unit, ANYBODY, made, version)

        await registry.store.write(work)

    async def take_off() -> None:
        for tag in made:
            await detach(registry, tag, version_id)

    before = await knows(version_id)
    counted.take()
    await put_on()
    first, _ = counted.take()
    after = await knows(version_id)
    await take_off()
    without = await knows(version_id)
    counted.take()
    await put_on()
    again, _ = counted.take()

    assert (before, after, without) == (False, True, True)
    assert first == again + 1
    assert await knows(other_id) is False


async def test_an_exclusive_tag_leaves_the_siblings_and_nobody_else(registry: Registry) -> None:
    old, new, elsewhere = [await version_of(registry, slug) for slug in ("a", "a", "b")]
    live = await create(registry, "live", "red", exclusive=True)
    for version in (old, elsewhere, new):
        await attach(registry, live, version)

    assert await tagged(registry) == sorted([new, elsewhere])
    assert await total(registry, live) == 2


async def test_deleting_a_version_takes_its_tags_off(registry: Registry) -> None:
    version = await version_of(registry, "a")
    gold = await create(registry, "gold", "yellow")
    await attach(registry, gold, version)
    await versions.delete_version(registry, ANYBODY, registry.default_project, version)

    assert (await tagged(registry), await total(registry, gold)) == ([], 0)


@pytest.mark.parametrize("name", ["", "a" * 256, "a\0", "0" * 32, "01234567-89ab-cdef-0123-456789ABCDEF"])
async def test_names_that_are_none(registry: Registry, name: str) -> None:
    with pytest.raises(Invalid):
        await create(registry, name, "red")


async def test_a_name_is_taken_once(registry: Registry) -> None:
    await create(registry, "gold", "yellow")

    with pytest.raises(Conflict):
        await create(registry, "gold", "red")


async def test_tags_are_made_where_there_are_none(registry: Registry) -> None:
    gold = await create(registry, "gold", "yellow")

    async def work(unit: Writer) -> list[Tag]:
        return await tags.ensure_tags(registry, unit, ANYBODY, ["new", "gold", "new"], lambda: "teal")

    new, old = await registry.store.write(work)
    assert (new.name, new.colour, old) == ("new", "teal", gold)


async def test_nothing_is_tagged_that_does_not_exist(registry: Registry) -> None:
    gold = await create(registry, "gold", "yellow")

    with pytest.raises(NotFound):
        await attach(registry, gold, "x")
