"""Imports: rows of a source under their own ids and times, merged once and again; on both engines."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from isogloss.adapters.prefect.importing.mapping import collections, flow_runs
from isogloss.adapters.prefect.importing.wire import Collection, FlowRun
from isogloss.core.access import ANYBODY
from isogloss.core.model import Artifact, Derivation, MetadataEntry, Project, RunLink, Tag, TagLink, User, Version
from isogloss.core.ports import Reader
from isogloss.core.registry import Registry, tallies, versions
from isogloss.core.registry.imports import import_pages
from isogloss.core.registry.incoming import Batch, IncomingVersion, ReadBatch, Tagged
from isogloss.core.registry.versions import VersionDraft
from tests.support.importing import RUN, bring, find, piece, pieces

SOURCE_PROJECT = "0f000000-0000-4000-8000-000000000001"


async def everything(registry: Registry) -> dict[str, list[Any]]:
    """All rows that an import of artifacts writes, without the ids that are made here."""
    found = {kind.__name__: await find(registry, kind) for kind in (Artifact, Version, RunLink)}
    entries = [replace(entry, id="") for entry in await find(registry, MetadataEntry)]
    found["entries"] = entries
    found["Artifact"] = [replace(row, head_id=None) for row in found["Artifact"]]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


async def test_a_version_keeps_its_id_and_its_times(registry: Registry) -> None:
    await bring(registry, pieces(registry, piece(1), piece(2)))
    second = (await find(registry, Version, id=piece(2).id))[0]
    assert (second.ordinal, second.label, second.data) == (2, "2", '"# 2"')
    assert second.created == second.updated == 1772359202500000
    [artifact] = await find(registry, Artifact)
    assert (artifact.slug, artifact.ordinals, artifact.versions) == ("report", 2, 2)
    assert artifact.head_version_id == second.id


async def test_importing_twice_changes_nothing(registry: Registry) -> None:
    batches = pieces(registry, *map(piece, range(5)), piece(7, key=None, type=None))
    first = await bring(registry, batches)
    before = await everything(registry)
    second = await bring(registry, batches)
    assert first.added["artifact versions"] == 6
    assert (second.added.total(), second.changed.total()) == (0, 0)
    assert await everything(registry) == before


@pytest.mark.parametrize("size", [1, 2, 3, 6])
async def test_however_it_is_split_an_import_gives_the_same(registry: Registry, size: int) -> None:
    found = [piece(number, key=("report", "table")[number % 2]) for number in range(6)]
    parts = [found[place : place + size] for place in range(0, 6, size)]
    await bring(registry, *(pieces(registry, *part) for part in parts))
    rows = {row.id: row for row in await find(registry, Version)}
    assert [rows[each.id].ordinal for each in found] == [1, 1, 2, 2, 3, 3]
    heads = {row.slug: row.head_version_id for row in await find(registry, Artifact)}
    assert heads == {"report": found[4].id, "table": found[5].id}
    assert len(await find(registry, RunLink, run_id=RUN)) == 6


async def test_what_metadata_says_of_inputs_is_followed(registry: Registry) -> None:
    said = {"metadata_": {"isogloss.inputs": piece(1).id}}
    await bring(registry, pieces(registry, piece(1), piece(2, **said)))
    [row] = await find(registry, Derivation)
    assert (row.version_id, row.source_version_id) == (piece(2).id, piece(1).id)
    await bring(registry, pieces(registry, piece(2, **said)))
    assert await find(registry, Derivation) == [row]
    await bring(registry, pieces(registry, piece(2, metadata_={}, updated="2026-03-02T00:00:00Z")))
    assert await find(registry, Derivation) == []


async def test_what_tags_of_a_run_say_of_inputs_is_followed(registry: Registry) -> None:
    def run(second: int, *tags: str) -> Batch:
        at = f"2026-03-01T10:00:{second:02d}Z"
        given = {
            "id": RUN,
            "created": "2026-03-01T10:00:00Z",
            "updated": at,
            "name": "quiet-owl",
            "flow_id": SOURCE_PROJECT,
        }
        told = json.decode(json.encode(given | {"tags": tags}), type=FlowRun)
        return flow_runs([told], (), registry.default_project.id)

    await bring(registry, pieces(registry, piece(1, flow_run_id=None)))
    await bring(registry, [run(1, f"isogloss.inputs={piece(1).id}", "nightly")])
    [row] = await find(registry, Derivation)
    assert (row.run_id, row.source_version_id) == (RUN, piece(1).id)
    await bring(registry, [run(2, "nightly")])
    assert await find(registry, Derivation) == []


async def test_what_changed_at_the_source_changes_here(registry: Registry) -> None:
    await bring(registry, pieces(registry, piece(1)))
    changed = piece(1, data="# new", metadata_={"a": "b"}, updated="2026-03-02T00:00:00Z")
    report = await bring(registry, pieces(registry, changed))
    [row] = await find(registry, Version)
    assert report.changed["artifact versions"] == 1
    assert (row.data, row.metadata) == ('"# new"', '{"a":"b"}')
    assert [entry.key for entry in await find(registry, MetadataEntry)] == ["a"]
    [artifact] = await find(registry, Artifact)
    assert artifact.head_updated == row.updated


async def test_what_changed_here_since_stays(registry: Registry) -> None:
    await bring(registry, pieces(registry, piece(1)))
    await versions.change_version(registry, ANYBODY, registry.default_project, piece(1).id, description="ours")
    await bring(registry, pieces(registry, piece(1)))
    [row] = await find(registry, Version)
    assert row.description == "ours"


async def test_versions_that_were_here_come_first_and_the_next_one_is_numbered_behind(registry: Registry) -> None:
    draft = VersionDraft(dialect="prefect", data='"ours"')
    ours = await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug="report")
    report = await bring(registry, pieces(registry, piece(1)))
    later = await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug="report")
    [brought] = await find(registry, Version, id=piece(1).id)
    assert [ours.ordinal, brought.ordinal, later.ordinal] == [1, 2, 3]
    assert brought.artifact_id == ours.artifact_id
    assert any("'report' was here already" in note for note in report.notes)


async def test_totals_follow(registry: Registry) -> None:
    await bring(registry, pieces(registry, piece(1), piece(2), piece(3, key="other"), piece(4, key=None)))
    project = registry.default_project.id

    async def work(unit: Reader) -> list[int]:
        return [await tallies.shown(unit, noun, project_id=project) for noun in ("version", "artifact", "head")]

    assert await registry.store.read(work) == [4, 3, 2]


async def test_a_collection_gives_its_id_to_the_head(registry: Registry) -> None:
    project = registry.default_project.id
    said = {
        "id": "0c000000-0000-4000-8000-000000000001",
        "created": "2026-03-01T09:00:00Z",
        "updated": "2026-03-01T11:00:00Z",
        "key": "report",
        "latest_id": piece(1).id,
    }
    # The source took the one that was made first for the latest, as it does when two come at once.
    await bring(
        registry,
        pieces(registry, piece(1), piece(2)),
        [collections([json.decode(json.encode(said), type=Collection)], project)],
    )
    [artifact] = await find(registry, Artifact)
    assert (artifact.head_id, artifact.head_version_id) == (said["id"], piece(1).id)


def owners(name: str = "default") -> list[Batch]:
    """A source's project, user and tag."""
    times = {"created": 5, "updated": 6}
    project = Project(
        id=SOURCE_PROJECT,
        serial=0,
        name=name,
        slug="",
        word="",
        display_name=None,
        description="theirs",
        metadata=None,
        facet=None,
        author_id=None,
        **times,
    )
    user = User(
        id="0e000000-0000-4000-8000-000000000001",
        name="ann",
        role="editor",
        service=False,
        password=None,
        active=True,
        stamp="",
        full_name=None,
        email=None,
        description=None,
        facet=None,
        **times,
    )
    tag = Tag(
        id="0d000000-0000-4000-8000-000000000001",
        name="gold",
        colour="red",
        exclusive=False,
        author_id=user.id,
        **times,
    )
    return [
        Batch(noun="users", users=[user]),
        Batch(noun="projects", projects=[project]),
        Batch(noun="tags", tags=[tag]),
    ]


async def test_an_empty_registry_takes_the_ids_of_the_source(registry: Registry) -> None:
    await bring(registry, owners())
    [project] = await find(registry, Project)
    assert (project.id, project.created, project.description) == (SOURCE_PROJECT, 5, "theirs")


async def test_a_filled_registry_keeps_its_own(registry: Registry) -> None:
    draft = VersionDraft(dialect="prefect")
    await versions.create_version(registry, ANYBODY, registry.default_project, draft, slug="ours")
    report = await bring(registry, owners())
    assert [row.id for row in await find(registry, Project)] == [registry.default_project.id]
    assert any("The project 'default' was here already" in note for note in report.notes)


async def test_tags_are_put_on_and_taken_off_as_the_source_says(registry: Registry) -> None:
    batch = pieces(registry, piece(1))[0]
    tag = owners()[2].tags[0]
    borne = [Tagged("version", piece(1).id, (tag.id,))]
    await bring(registry, [owners()[2]], [replace(batch, tagged=borne)])
    assert len(await find(registry, TagLink, tag_id=tag.id)) == 1
    assert [row.tagged for row in await find(registry, Version)] == [True]
    newer = pieces(registry, piece(1, updated="2026-03-02T00:00:00Z", data="x"))[0]
    await bring(registry, [replace(newer, tagged=[Tagged("version", piece(1).id, ())])])
    assert await find(registry, TagLink) == []
    assert [row.tagged for row in await find(registry, Version)] == [True]


async def test_an_interrupted_import_goes_on(registry: Registry) -> None:
    async def breaking() -> AsyncIterator[Sequence[ReadBatch]]:
        yield [lambda aliases: pieces(registry, piece(1))[0]]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await import_pages(registry, breaking(), lambda report: None)
    report = await bring(registry, pieces(registry, piece(1)), pieces(registry, piece(2)))
    assert (report.seen["artifact versions"], report.added["artifact versions"]) == (2, 1)


async def test_a_label_that_was_here_already_is_left_to_its_version(registry: Registry) -> None:
    await bring(registry, pieces(registry, piece(1)))
    [kept] = await find(registry, Version)
    other = replace(kept, id="0a000000-0000-4000-8000-0000000000ff")
    batch = Batch(noun="artifact versions", versions=[IncomingVersion(version=other, label="1")])
    report = await bring(registry, [batch])
    [brought] = await find(registry, Version, id=other.id)
    assert (brought.ordinal, brought.label) == (2, "2")
    assert any("renumbered" in note for note in report.notes)
