"""Pages of versions: whichever way one is read, its rows and its total are those of a plain search."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.core.access import ANYBODY
from isogloss.core.model import Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import EVERYTHING, Compare, Operator, Sort
from isogloss.core.registry import Registry, tags, versions
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.version_pages import VersionPage, page_of_versions
from isogloss.core.registry.versions import VersionDraft

NAMES, TAGS = ("a", "b"), ("gold", "live")
made = st.lists(st.tuples(st.sampled_from(NAMES), st.sets(st.sampled_from(TAGS)), st.booleans()), max_size=8)


async def fill(registry: Registry, rows: Any) -> list[tuple[Version, str, set[str]]]:
    """The versions that every dialect sees, with the artifact's name and the tags of each."""
    kept: list[tuple[Version, str, set[str]]] = []

    async def work(unit: Writer) -> None:
        kept.clear()
        for name, names, internal in rows:
            draft = VersionDraft(dialect="test", internal=internal)
            version = await versions.write_version(
                registry, unit, ANYBODY, registry.default_project, draft, ByName(name)
            )
            if not internal:
                for tag in await tags.ensure_tags(registry, unit, ANYBODY, sorted(names), lambda: "red"):
                    await tags.attach(registry, unit, ANYBODY, tag, version)
                kept.append((version, name, names))

    await registry.store.write(work)
    return kept


@given(
    rows=made,
    name=st.none() | st.sampled_from((*NAMES, "c")),
    tag=st.none() | st.sampled_from((*TAGS, "none")),
    narrower=st.booleans(),
    descending=st.booleans(),
    limit=st.integers(1, 4),
    offset=st.integers(0, 3),
)
async def test_a_page_is_that_of_a_plain_search(
    registry: Registry,
    rows: Any,
    name: str | None,
    tag: str | None,
    narrower: bool,
    descending: bool,
    limit: int,
    offset: int,
) -> None:
    await clear(registry)
    kept = await fill(registry, rows)
    asked = VersionPage(
        project_id=registry.default_project.id,
        fields=("id",),
        where=Compare("number", Operator.GT, 1) if narrower else EVERYTHING,
        artifact_name=name,
        tag_name=tag,
        sort=Sort("created", descending),
        limit=limit,
        offset=offset,
    )

    async def work(unit: Reader) -> tuple[int, list[tuple[Any, ...]]]:
        return await page_of_versions(unit, ANYBODY, asked)

    total, found = await registry.store.read(work)
    wanted = [
        version
        for version, of, names in kept
        if name in (None, of) and (tag is None or tag in names) and (not narrower or (version.number or 0) > 1)
    ]
    wanted.sort(key=lambda version: (version.created, version.id), reverse=descending)
    assert total == len(wanted)
    assert [row[0] for row in found] == [version.id for version in wanted[offset : offset + limit]]


async def clear(registry: Registry) -> None:
    """Each example begins with nothing."""
    from isogloss.core.model import Artifact
    from isogloss.core.registry.artifacts import remove_artifacts

    async def work(unit: Writer) -> None:
        await remove_artifacts(registry, unit, await unit.find(Artifact))

    await registry.store.write(work)


@pytest.mark.parametrize("name", ["a", None])
async def test_an_empty_registry_has_empty_pages(registry: Registry, name: str | None) -> None:
    asked = VersionPage(
        project_id=registry.default_project.id, fields=("id",), artifact_name=name, sort=Sort("created"), limit=5
    )

    async def work(unit: Reader) -> tuple[int, list[tuple[Any, ...]]]:
        return await page_of_versions(unit, ANYBODY, asked)

    assert await registry.store.read(work) == (0, [])
