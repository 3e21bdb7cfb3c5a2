"""Tags: names, exclusive ones, attaching and detaching; on both engines."""

import pytest

from isogloss.core.access import ANYBODY
from isogloss.core.errors import Conflict, Invalid, NotFound
from isogloss.core.model import TagLink
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry, artifacts, tags
from isogloss.core.registry.artifacts import VersionDraft


async def version_of(registry: Registry, slug: str) -> str:
    draft = VersionDraft(dialect="prefect")
    return (await artifacts.create_version(registry, ANYBODY, registry.default_project, draft, slug=slug)).id


async def tagged(registry: Registry) -> list[str]:
    async def work(unit: Reader) -> list[str]:
        return sorted(link.entity_id for link in await unit.find(TagLink))

    return await registry.store.read(work)


async def test_a_tag_is_attached_once_however_often_it_is_put_on(registry: Registry) -> None:
    version = await version_of(registry, "a")
    await tags.create_tag(registry, ANYBODY, "gold", "yellow")
    await tags.attach(registry, ANYBODY, "gold", "version", version)
    await tags.attach(registry, ANYBODY, "gold", "version", version)
    attached = await tagged(registry)
    await tags.detach(registry, ANYBODY, "gold", "version", version)
    await tags.detach(registry, ANYBODY, "gold", "version", version)

    assert attached == [version]
    assert await tagged(registry) == []


async def test_an_exclusive_tag_leaves_the_siblings_and_nobody_else(registry: Registry) -> None:
    old, new, elsewhere = [await version_of(registry, slug) for slug in ("a", "a", "b")]
    await tags.create_tag(registry, ANYBODY, "live", "red", exclusive=True)
    for version in (old, elsewhere, new):
        await tags.attach(registry, ANYBODY, "live", "version", version)

    assert await tagged(registry) == sorted([new, elsewhere])


async def test_deleting_a_version_takes_its_tags_off(registry: Registry) -> None:
    version = await version_of(registry, "a")
    await tags.create_tag(registry, ANYBODY, "gold", "yellow")
    await tags.attach(registry, ANYBODY, "gold", "version", version)
    await artifacts.delete_version(registry, ANYBODY, registry.default_project, version)

    assert await tagged(registry) == []


@pytest.mark.parametrize("name", ["", "a" * 256, "a\0", "0" * 32, "01234567-89ab-cdef-0123-456789ABCDEF"])
async def test_names_that_are_none(registry: Registry, name: str) -> None:
    with pytest.raises(Invalid):
        await tags.create_tag(registry, ANYBODY, name, "red")


async def test_a_name_is_taken_once_and_unknown_ones_are_not_found(registry: Registry) -> None:
    await tags.create_tag(registry, ANYBODY, "gold", "yellow")

    with pytest.raises(Conflict):
        await tags.create_tag(registry, ANYBODY, "gold", "red")
    with pytest.raises(NotFound):
        await tags.attach(registry, ANYBODY, "silver", "version", "x")
    with pytest.raises(NotFound):
        await tags.attach(registry, ANYBODY, "gold", "version", "x")
