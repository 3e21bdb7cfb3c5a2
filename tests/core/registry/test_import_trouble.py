"""Imports: what has no place here is left out and named, and everything else comes; on both engines."""

from typing import Any

import pytest
from msgspec.structs import replace

from isogloss.core.model import Artifact, Record, RecordLink, Run, RunState, Tag, Version
from isogloss.core.registry import Registry
from isogloss.core.registry.incoming import NAMED_AT_MOST, Batch, LeftOut, Report
from tests.support.importing import bring, find, piece, pieces

FIRST, SECOND, THIRD = (f"0f000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))


def tag(row_id: str, name: str, updated: int = 5) -> Tag:
    """A tag of the source."""
    return Tag(id=row_id, name=name, colour="red", exclusive=False, author_id=None, created=5, updated=updated)


def record(row_id: str, name: str, updated: int = 5) -> Record:
    """Something that only its own dialect can read."""
    return Record(
        id=row_id,
        project_id=None,
        dialect="zenml",
        kind="stack",
        key=name,
        parent_id=None,
        name=name,
        number=None,
        state=None,
        body="{}",
        metadata=None,
        author_id=None,
        created=5,
        updated=updated,
    )


def step(registry: Registry, row_id: str, position: str | None, updated: int = 5) -> Run:
    """An attempt at a step."""
    fields: dict[str, Any] = dict.fromkeys(Run.__struct_fields__) | {
        "id": row_id,
        "project_id": registry.default_project.id,
        "dialect": "zenml",
        "role": "step",
        "parent_id": THIRD,
        "position": position,
        "name": "load",
        "attempts": 1,
        "spent": 0,
        "tags": "[]",
        "created": 5,
        "updated": updated,
    }
    return Run(**fields)


def artifact(registry: Registry, row_id: str, name: str, updated: int = 5) -> Artifact:
    """An artifact of the source."""
    [given] = pieces(registry, piece(1))[0].artifacts
    return replace(given, id=row_id, name=name, slug=name, word=name, created=5, updated=updated)


async def test_a_version_without_its_artifact_is_left_out(registry: Registry) -> None:
    batch = pieces(registry, piece(1), piece(2, key="other"))[0]
    report = await bring(registry, [replace(batch, artifacts=batch.artifacts[1:])])
    assert [row.id for row in await find(registry, Version)] == [piece(2).id]
    assert report.named["artifact versions"] == [LeftOut(piece(1).id, "its artifact is not here")]
    assert (report.seen["artifact versions"], report.added["artifact versions"]) == (2, 1)


async def test_a_link_of_something_that_is_not_here_is_left_out(registry: Registry) -> None:
    links = [
        RecordLink(id=row_id, record_id=row_id, entity="version", entity_id=THIRD, author_id=None, created=5)
        for row_id in (FIRST, SECOND)
    ]
    batches = [Batch(noun="stacks", records=[record(FIRST, "a")]), Batch(noun="links", record_links=links)]
    report = await bring(registry, batches)
    assert [row.record_id for row in await find(registry, RecordLink)] == [FIRST]
    assert report.named["links"] == [LeftOut(SECOND, "what it belongs to is not here")]


async def test_what_the_source_could_not_be_read_of_is_counted(registry: Registry) -> None:
    rows = [LeftOut(f"tag {number}", "it cannot be read") for number in range(NAMED_AT_MOST + 5)]
    report = await bring(registry, [Batch(noun="tags", tags=[tag(FIRST, "gold")], left_out=rows)])
    again = await bring(registry, *[[Batch(noun="tags", left_out=[row])] for row in rows])
    assert (report.seen["tags"], report.added["tags"], report.left_out["tags"]) == (len(rows) + 1, 1, len(rows))
    assert report.named["tags"] == again.named["tags"] == rows[:NAMED_AT_MOST]


async def test_text_is_kept_without_what_an_engine_cannot_keep(registry: Registry) -> None:
    report = await bring(registry, pieces(registry, piece(1, description="a\0b", data="\0")))
    [row] = await find(registry, Version)
    assert (row.description, row.data) == ("ab", '"\\u0000"')
    assert [note for note in report.notes if "NUL" in note]


async def test_a_name_that_another_one_has_by_now_stays_with_that_one(registry: Registry) -> None:
    def page(name: str, updated: int) -> list[Batch]:
        return [
            Batch(noun="tags", tags=[tag(FIRST, name, updated)]),
            Batch(noun="stacks", records=[record(FIRST, name, updated)]),
            Batch(noun="artifacts", artifacts=[artifact(registry, FIRST, name, updated)]),
        ]

    taken = [
        Batch(noun="tags", tags=[tag(SECOND, "second")]),
        Batch(noun="stacks", records=[record(SECOND, "second")]),
        Batch(noun="artifacts", artifacts=[artifact(registry, SECOND, "second")]),
    ]
    await bring(registry, page("first", 5), taken)
    report = await bring(registry, page("second", 6))
    for kind in (Tag, Record, Artifact):
        [kept], [other] = await find(registry, kind, id=FIRST), await find(registry, kind, id=SECOND)
        assert (kept.name, other.name) == ("first", "second")
        assert kept.updated == 6
    assert sum("keeps its name here" in note for note in report.notes) == 3
    assert (await bring(registry, page("third", 7))).changed.total() == 3
    assert [row.slug for row in await find(registry, Artifact, id=FIRST)] == ["third"]


async def test_an_attempt_takes_the_place_that_the_one_before_gave_up_meanwhile(registry: Registry) -> None:
    await bring(registry, [Batch(noun="steps", runs=[step(registry, FIRST, "load")])])
    attempts = [step(registry, FIRST, None, 6), step(registry, SECOND, "load", 6)]
    report = await bring(registry, [Batch(noun="steps", runs=attempts)])
    assert {row.id: row.position for row in await find(registry, Run)} == {FIRST: None, SECOND: "load"}
    assert (report.added["steps"], report.changed["steps"]) == (1, 1)


@pytest.mark.parametrize("again", [False, True])
async def test_a_run_whose_place_is_taken_is_left_out_with_its_states(registry: Registry, again: bool) -> None:
    await bring(registry, [Batch(noun="steps", runs=[step(registry, FIRST, "load")])])
    state = RunState(
        id=THIRD,
        run_id=SECOND,
        type="RUNNING",
        name="running",
        message=None,
        at=5,
        details=None,
        data=None,
        version_id=None,
        created=5,
    )
    page = [Batch(noun="steps", runs=[step(registry, SECOND, "load")], states=[state])]
    report: Report = await bring(registry, *[page] * (1 + again))
    assert report.named["steps"] == [LeftOut(f"'load' ({SECOND})", "it was here under another id")] * (1 + again)
    assert [row.id for row in await find(registry, Run)] == [FIRST]
    assert await find(registry, RunState) == []
