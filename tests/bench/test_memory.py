"""Rows made in bulk are what the use cases make of the same requests."""

import pytest

from bench.memory import MemoryStore
from bench.ours import SeedClock, registry_in
from bench.prefect.ours import create_rows
from bench.prefect.rows import rows
from bench.suite import Size
from isogloss.core.access import ANYBODY
from isogloss.core.errors import Conflict
from isogloss.core.model import Artifact, RunLink, Tag, TagLink, Tally, Version
from isogloss.core.registry.projects import ensure_default
from isogloss.core.registry.tags import attach, ensure_tags
from isogloss.core.registry.upkeep import fold_tallies

SIZE = Size(60, 20)


async def test_creates_in_memory_keep_heads_ordinals_links_and_totals() -> None:
    clock, memory = SeedClock(), MemoryStore()
    project = await ensure_default(memory, clock, clock.new_id)
    registry = registry_in(memory, clock, project)
    ids: list[str] = []
    await create_rows(SIZE, ids, registry, clock)
    artifacts, versions = await memory.find(Artifact), await memory.find(Version)
    assert [version.id for version in versions] == ids == sorted(ids)
    assert [version.created for version in versions] == [row.created for row in rows(SIZE)]
    assert len(artifacts) == SIZE.names
    for artifact in artifacts:
        own = [version for version in versions if version.artifact_id == artifact.id]
        assert [version.ordinal for version in own] == [1, 2, 3]
        assert artifact.ordinals == 3
        assert artifact.head_version_id == own[-1].id
        assert artifact.head_created == own[0].created
        assert artifact.head_updated == own[-1].created
    links = {(link.version_id, link.run_id) for link in await memory.find(RunLink)}
    assert len(links) == SIZE.artifacts + SIZE.artifacts // 2
    assert await fold_tallies(registry) == 100 - 3
    totals = {(tally.noun, tally.delta) for tally in await memory.find(Tally)}
    assert totals == {("version", 60), ("head", 20), ("artifact", 20)}


async def test_a_row_is_found_by_what_is_unique_of_it_and_kept_once() -> None:
    clock, memory = SeedClock(), MemoryStore()
    project = await ensure_default(memory, clock, clock.new_id)
    registry = registry_in(memory, clock, project)
    await create_rows(SIZE, [], registry, clock)
    artifact = (await memory.find(Artifact))[7]
    by_name = {"name": artifact.name, "project_id": project.id, "kind": artifact.kind}
    assert await memory.get(Artifact, **by_name) == artifact
    assert await memory.get(Artifact, **{**by_name, "name": "another"}) is None
    with pytest.raises(Conflict):
        await memory.add(artifact)
    tags = await ensure_tags(registry, memory, ANYBODY, ["gold", "silver", "gold"], lambda: "blue")
    for tag in [*tags, tags[0]]:
        await attach(registry, memory, ANYBODY, tag, artifact)
    assert [tag.name for tag in await memory.find(Tag)] == ["gold", "silver"]
    assert len(await memory.find(TagLink, entity_id=artifact.id)) == 2
