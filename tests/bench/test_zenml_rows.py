"""The rows of the comparison with ZenML: always the same, of the size that they say, and asked for as meant."""

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from bench.memory import MemoryStore
from bench.ours import SeedClock, registry_in
from bench.rows import name
from bench.suite import Address, Size
from bench.wire import FRESH_ID
from bench.zenml.first_start import Owners
from bench.zenml.loads import loads, questions
from bench.zenml.ours import create_rows
from bench.zenml.real import COLUMNS, Tables, build_tables
from bench.zenml.rows import PER_METADATA, TAGS, body, new_version, rows
from bench.zenml.suite import SUITE
from isogloss.core.model import Artifact, Tag, TagLink, Version
from isogloss.core.registry.projects import ensure_default

SIZE = Size(2_000, 200)
OWNERS = Owners(*(str(UUID(int=number)) for number in range(3)))
ADDRESS = Address(1234, "/api/v1", ["an-id"], {"project": "a-project", "store": "a-store"})


def of(tables: Tables, table: str) -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS[table], record, strict=True)) for record in tables.records[table]]


def test_the_same_size_gives_the_same_rows() -> None:
    assert list(rows(SIZE)) == list(rows(SIZE))


def test_every_size_has_as_many_versions_of_each_artifact() -> None:
    assert {size.artifacts // size.names for size in SUITE.sizes} == {10}


def test_the_versions_of_an_artifact_are_numbered_in_the_order_of_their_creation() -> None:
    made = list(rows(SIZE))
    assert len(made) == SIZE.artifacts
    assert all(before.created < after.created for before, after in pairwise(made))
    numbers: dict[str, list[int]] = {}
    for row in made:
        numbers.setdefault(row.artifact, []).append(row.number)
    assert numbers == {name(index): list(range(1, 11)) for index in range(SIZE.names)}


def test_a_tenth_is_gold_and_a_twentieth_has_metadata() -> None:
    made = list(rows(SIZE))
    borne = Counter(tag for row in made for tag in row.tags)
    assert borne == {tag: SIZE.artifacts // every for tag, (every, _) in TAGS.items()}
    assert borne["gold"] == SIZE.artifacts // 10
    assert any(len(row.tags) > 1 for row in made)
    assert len([row for row in made if row.metadata]) == SIZE.artifacts // PER_METADATA == SIZE.artifacts // 20
    assert {row.metadata["split"] for row in made if row.metadata} == {"test", "training", "validation"}


def test_the_real_servers_rows_refer_to_each_other_and_to_what_its_first_start_made() -> None:
    made, tables = list(rows(SIZE)), build_tables(rows(SIZE), OWNERS)
    artifacts = {record["id"]: record for record in of(tables, "artifact")}
    versions = {record["id"]: record for record in of(tables, "artifact_version")}
    tags = {record["id"]: record["name"] for record in of(tables, "tag")}
    entries = {record["id"]: record for record in of(tables, "run_metadata")}
    borne: dict[str, set[str]] = {}
    for link in of(tables, "tag_resource"):
        borne.setdefault(link["resource_id"], set()).add(tags[link["tag_id"]])
    metadata: dict[str, dict[str, Any]] = {}
    for link in of(tables, "run_metadata_resource"):
        entry = entries[link["run_metadata_id"]]
        metadata.setdefault(link["resource_id"], {})[entry["key"]] = json.loads(entry["value"])
    shown = {record["artifact_version_id"]: record["uri"] for record in of(tables, "artifact_visualization")}
    assert len(artifacts) == SIZE.names
    for row, (version_id, version) in zip(made, versions.items(), strict=True):
        assert artifacts[version["artifact_id"]]["name"] == row.artifact
        assert (version["version"], version["version_number"]) == (str(row.number), row.number)
        refers = (version["user_id"], version["project_id"], version["artifact_store_id"])
        assert refers == tuple(UUID(owner).hex for owner in (OWNERS.user, OWNERS.project, OWNERS.store))
        assert borne.get(version_id, set()) == set(row.tags)
        assert metadata.get(version_id, {}) == row.metadata
        assert shown.get(version_id) == (f"{row.uri}/data.json" if row.visualizations else None)


async def test_our_rows_are_what_the_dialect_makes_of_the_same_creates() -> None:
    size, clock, memory = Size(100, 10), SeedClock(), MemoryStore()
    project = await ensure_default(memory, clock, clock.new_id)
    registry = registry_in(memory, clock, project)
    ids: list[str] = []
    await create_rows(size, replace(OWNERS, project=project.id), ids, registry, clock)
    versions = await memory.find(Version)
    artifacts = {artifact.id: artifact for artifact in await memory.find(Artifact)}
    tags = {tag.id: tag.name for tag in await memory.find(Tag)}
    borne: dict[str, set[str]] = {}
    for link in await memory.find(TagLink):
        borne.setdefault(link.entity_id, set()).add(tags[link.tag_id])
    assert [version.id for version in versions] == ids
    for row, version in zip(rows(size), versions, strict=True):
        assert artifacts[version.artifact_id].name == row.artifact
        assert (version.label, version.number, version.created) == (str(row.number), row.number, row.created)
        assert (version.project_id, version.store_id, version.uri) == (project.id, OWNERS.store, row.uri)
        assert json.loads(version.metadata or "{}") == row.metadata
        assert borne.get(version.id, set()) == set(row.tags)
    assert {artifact.versions for artifact in artifacts.values()} == {10}


def test_a_create_is_one_more_version_of_an_artifact_that_is_there() -> None:
    chance = random.Random("creates")
    names = {name(index) for index in range(SIZE.names)}
    for _ in range(20):
        sent = body(new_version(SIZE, chance), "a-project", "a-store")
        assert sent["artifact_name"] in names
        assert sent["version"] is None
        assert sent["tags"] is None
        assert sent["metadata"]


def test_both_servers_are_asked_the_same_with_ids_of_their_own() -> None:
    other = Address(ADDRESS.port, ADDRESS.prefix, ["another"], {"project": "b-project", "store": "b-store"})
    swapped = {"an-id": "another", "a-project": "b-project", "a-store": "b-store"}
    for load in loads(SIZE):
        asked = [load.build(address, random.Random(load.name)).decode() for address in (ADDRESS, other)]
        expected = asked[0]
        for own, others in swapped.items():
            expected = expected.replace(own, others)
        # Only a body's length may differ besides, and here all ids of one kind are equally long.
        assert asked[1] == expected
        assert f"idempotency-key: {FRESH_ID}\r\n" in asked[0]


def test_a_page_is_asked_for_as_the_client_does() -> None:
    paths = {question.name: question.path(ADDRESS, random.Random(1)) for question in questions(SIZE)}
    page = "sort_by=created&logical_operator=and&page=1&size=20&project=a-project"
    assert paths["versions"] == f"/artifact_versions?hydrate=False&{page}&only_unused=False"
    assert paths["hydrated"] == f"/artifact_versions?hydrate=True&{page}&only_unused=False"
    assert paths["artifacts"] == f"/artifacts?hydrate=False&{page}"
    assert paths["by-id"] == "/artifact_versions/an-id?hydrate=True"
    assert "?hydrate=True&sort_by=desc%3Acreated&logical_operator=and&page=1&size=1&" in paths["latest"]
