"""The rows of the comparison for TrueFoundry: always the same, of the size that they say, and asked for as meant."""

import json
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from bench.memory import MemoryStore
from bench.ours import SeedClock, registry_in
from bench.rows import name
from bench.suite import Address, Size
from bench.truefoundry import ours, real
from bench.truefoundry.loads import changes, loads, questions
from bench.truefoundry.ours import Made, create_rows
from bench.truefoundry.real import COLUMNS, Tables, build_tables, version_id, version_tags
from bench.truefoundry.rows import (
    EVERYWHERE,
    GIANT,
    LEAST,
    METRICS,
    PER_ALIAS,
    PER_RELEASE,
    POINTS,
    REPO,
    REPOS,
    alias,
    counts,
    manifest,
    new_version,
    release,
    rows,
    runs,
)
from bench.truefoundry.suite import SUITE
from bench.wire import FRESH_ID, FRESH_NUMBER
from isogloss.core.model import (
    Artifact,
    Metric,
    MetricPoint,
    Parameter,
    Project,
    Run,
    RunTag,
    Tag,
    TagLink,
    User,
    Version,
)
from isogloss.core.registry.projects import ensure_default

SIZE = SUITE.sizes[0]
THEIRS = Address(1234, real.PREFIX, [f"an-artifact:{number}" for number in range(SIZE.artifacts)], {"repo": "1"}, ["r"])
OURS = Address(1234, ours.PREFIX, [f"id-{number}" for number in range(SIZE.artifacts)], {"repo": "2"}, ["a-run"])


def of(tables: Tables, table: str) -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS[table], record, strict=True)) for record in tables.records[table]]


def test_the_same_size_gives_the_same_rows() -> None:
    assert list(rows(SIZE)) == list(rows(SIZE))
    assert list(runs(SIZE)) == list(runs(SIZE))


@pytest.mark.parametrize("size", SUITE.sizes)
def test_every_artifact_fills_a_page_and_a_few_are_giants(size: Size) -> None:
    many = counts(size)
    assert len(many) == size.names
    assert sum(many) == size.artifacts
    assert min(many) >= LEAST
    giants = [count for count in many if count == GIANT]
    assert len(giants) == size.names // 100
    assert max(count for count in many if count != GIANT) < 1_000


def test_the_versions_of_an_artifact_are_numbered_in_the_order_of_their_creation() -> None:
    made = list(rows(SIZE))
    assert all(before.created < after.created for before, after in pairwise(made))
    numbers: dict[str, list[int]] = {}
    for row in made:
        numbers.setdefault(row.artifact, []).append(row.number)
    assert numbers == {name(index): list(range(1, count + 1)) for index, count in enumerate(counts(SIZE))}


@pytest.mark.parametrize("size", SUITE.sizes)
def test_a_release_is_on_ten_versions_at_every_size_and_on_one_of_an_artifact(size: Size) -> None:
    borne = Counter((tag, row.artifact) for row in rows(size) for tag in row.tags)
    assert set(borne.values()) == {1}
    bearers = Counter(tag for tag, _ in borne)
    assert bearers.pop(EVERYWHERE) == size.names
    asked = [release(group, ordinal) for group in range(size.names // PER_RELEASE) for ordinal in range(1, 11)]
    assert {bearers[tag] for tag in asked} == {PER_RELEASE}


def test_the_aliases_that_are_asked_for_are_there() -> None:
    found = {(row.artifact, row.alias) for row in rows(SIZE) if row.alias is not None}
    assert found == {
        (name(index), alias(ordinal))
        for index, count in enumerate(counts(SIZE))
        for ordinal in range(1, count // PER_ALIAS + 1)
    }


def test_a_run_measured_ten_metrics_three_times() -> None:
    for run in runs(SIZE):
        assert Counter(point.key for point in run.points) == dict.fromkeys(METRICS, POINTS)
        assert run.started % 1000 == 0


def test_the_real_servers_rows_refer_to_each_other() -> None:
    made, tables = list(rows(SIZE)), build_tables(rows(SIZE), runs(SIZE))
    models = {record["name"]: record for record in of(tables, "registered_models")}
    tags: dict[str, dict[str, str]] = {}
    for record in of(tables, "model_version_tags"):
        tags.setdefault(version_id(record["name"], record["version"]), {})[record["key"]] = record["value"]
    aliases = {
        (record["name"], record["version"]): record["alias"] for record in of(tables, "registered_model_aliases")
    }
    assert len(models) == SIZE.names
    for row, version in zip(made, of(tables, "model_versions"), strict=True):
        assert (version["name"], version["version"], version["source"]) == (row.artifact, row.number, row.uri)
        assert tags[version_id(row.artifact, row.number)] == version_tags(row)
        assert aliases.get((row.artifact, row.number)) == row.alias
        assert models[row.artifact]["creation_time"] <= version["creation_time"]
    assert len(of(tables, "experiments")) == REPOS
    last = {(record["run_uuid"], record["key"]): record for record in of(tables, "metrics")}
    assert len(last) == len(of(tables, "latest_metrics")) == SIZE.artifacts // 20 * len(METRICS)
    for latest in of(tables, "latest_metrics"):
        assert last[latest["run_uuid"], latest["key"]] == latest


async def test_our_rows_have_the_same_facts_and_an_author() -> None:
    clock, memory, made = SeedClock(), MemoryStore(), Made()
    project = await ensure_default(memory, clock, clock.new_id)
    await create_rows(SIZE, made, registry_in(memory, clock, project), clock)
    [author] = await memory.find(User)
    [repo] = await memory.find(Project, name=REPO)
    assert made.repo == str(repo.serial)
    assert len(await memory.find(Project)) == REPOS + 1
    artifacts = {artifact.id: artifact for artifact in await memory.find(Artifact)}
    tags = {tag.id: tag.name for tag in await memory.find(Tag)}
    borne: dict[str, set[str]] = {}
    for link in await memory.find(TagLink):
        borne.setdefault(link.entity_id, set()).add(tags[link.tag_id])
    versions = await memory.find(Version)
    assert [version.id for version in versions] == made.versions
    for row, version in zip(rows(SIZE), versions, strict=True):
        assert artifacts[version.artifact_id].word == row.artifact
        assert (version.ordinal, version.alias, version.uri) == (row.number, row.alias, row.uri)
        assert (version.project_id, version.author_id, version.created) == (repo.id, author.id, row.created)
        assert json.loads(version.metadata or "") == row.metadata
        assert borne.get(version.id, set()) == set(row.tags)


async def test_our_runs_have_the_same_points_and_their_last_ones() -> None:
    clock, memory, made = SeedClock(), MemoryStore(), Made()
    project = await ensure_default(memory, clock, clock.new_id)
    await create_rows(Size(400, 10), made, registry_in(memory, clock, project), clock)
    found = await memory.find(Run)
    assert [run.id for run in found] == made.runs
    for seed, run in zip(runs(Size(400, 10)), found, strict=True):
        points = await memory.find(MetricPoint, run_id=run.id)
        assert [(point.key, point.value, point.at, point.step) for point in points] == [
            (point.key, point.value, point.at, point.step) for point in seed.points
        ]
        latest = {metric.key: metric.step for metric in await memory.find(Metric, run_id=run.id)}
        assert latest == dict.fromkeys(METRICS, POINTS - 1)
        assert {each.key: each.value for each in await memory.find(Parameter, run_id=run.id)} == seed.parameters
        assert {each.key: each.value for each in await memory.find(RunTag, run_id=run.id)} == seed.tags


def test_a_create_is_one_more_version_of_an_artifact_that_is_there() -> None:
    chance = random.Random("creates")
    names = {name(index) for index in range(SIZE.names)}
    for _ in range(20):
        sent = manifest(new_version(SIZE, chance))
        assert sent["name"] in names
        assert sent["source"]["type"] == "external"
        assert not {"version", "version_alias"} & set(sent)


def test_each_server_is_asked_in_its_own_words_for_the_same_version() -> None:
    kinds = {each.name: each for each in (*questions(SIZE), *changes(SIZE))}
    for called in ("by-number", "by-alias"):
        theirs, mine = (kinds[called].call(address, random.Random(called)).path for address in (THEIRS, OURS))
        artifact = theirs.partition("name=")[2].partition("&")[0]
        version = theirs.rpartition("=")[2]
        assert f"fqn=artifact%3Adefault%2F{REPO}%2F{artifact}%3A{version}&" in mine
    theirs, mine = (kinds["by-id"].call(address, random.Random("by-id")).path for address in (THEIRS, OURS))
    assert theirs.rpartition("=")[2] == mine.rpartition("-")[2]


def test_a_write_that_is_sent_again_is_another_one() -> None:
    sent = {load.name: load.build(THEIRS, random.Random(1)).decode() for load in loads(SIZE) if load.writes}
    assert FRESH_ID in sent["tag"]
    assert sent["log-batch"].count(FRESH_NUMBER) == len(METRICS)
    ours_sent = {load.name: load.build(OURS, random.Random(1)).decode() for load in loads(SIZE) if load.writes}
    assert ours_sent["log-batch"].count(f"{FRESH_NUMBER}.0") == len(METRICS)
    assert '"force":true' in ours_sent["tag"]


def test_a_page_is_asked_for_as_the_client_does() -> None:
    paths = {each.name: each.call(OURS, random.Random(1)).path for each in questions(SIZE)}
    assert paths["page"].startswith("/artifact-versions?limit=100&offset=0&fqn=artifact%3Adefault%2Fbench%2F")
    assert paths["page"].endswith("&include_internal_metadata=false")
    assert "&ml_repo_id=2&tag=release-00-" in paths["by-tag"]
    assert paths["run"] == "/runs/a-run"
