"""How a ZenML server is read: what cannot be read of it is named, and everything else comes."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from isogloss.adapters.source import SourceError
from isogloss.adapters.zenml.importing.reader import SIZE, not_brought, pages
from isogloss.core.registry.incoming import Batch
from tests.adapters.zenml.importing import rows
from tests.adapters.zenml.importing.rows import HELD, NOUNS, Row, Source, holding, told, with_

GOOD = rows.number("9999")


def size(batch: Batch) -> int:
    """How many rows a batch brings."""
    brought: tuple[Sequence[Any], ...] = (
        batch.users,
        batch.projects,
        batch.tags,
        batch.artifacts,
        batch.versions,
        batch.workflows,
        batch.runs,
    )
    return sum(len(rows) for rows in brought) + len(batch.records) or len(batch.record_links)


@pytest.mark.parametrize("path", HELD)
async def test_a_row_of_each_kind_is_brought(path: str) -> None:
    batch = (await told(holding()))[NOUNS[path]]
    assert (size(batch), batch.left_out) == (1, [])


BROKEN: list[tuple[str, Row, str]] = [
    ("/users", with_(rows.user(), "body", active="perhaps"), "$.body.active"),
    ("/service_accounts", rows.service_account() | {"name": None}, "no name"),
    ("/projects", with_(rows.project(), "metadata", project_metadata=[]), "object"),
    ("/flavors", with_(rows.flavor(), "body", is_custom=None), "$.body.is_custom"),
    ("/components", with_(rows.component(), "body", flavor_name=None), "$.body.flavor_name"),
    ("/stacks", with_(rows.stack(), "metadata", components=[]), "$.metadata.components"),
    ("/tags", with_(rows.tag(), "body", color=None), "$.body.color"),
    ("/code_repositories", with_(rows.code_repository(), "body", project_id=None), "$.body.project_id"),
    ("/artifacts", rows.artifact() | {"name": ""}, "no name"),
    ("/artifact_versions", with_(rows.version(), "body", type="DreamArtifact"), "'DreamArtifact', which is none of"),
    ("/artifact_versions", with_(rows.version(), "metadata", run_metadata=None), "object"),
    ("/pipelines", with_(rows.pipeline(), "body", created=None), "$.body.created"),
    ("/pipeline_snapshots", rows.snapshot(pipeline_configuration=[]), "object"),
    ("/pipeline_snapshots", rows.snapshot(step_configurations={"load": {"spec": {}}}), "config"),
    ("/pipeline_snapshots", rows.snapshot(client_environment="linux"), "object"),
    ("/models", with_(rows.model(), "metadata", save_models_to_registry=None), "$.metadata.save_models_to_registry"),
    ("/model_versions", with_(rows.model_version(), "body", number=2**31), "$.body.number"),
    ("/model_versions", with_(rows.model_version(), "body", model={"id": GOOD}), "its model"),
    ("/runs", rows.run("dreaming"), "'dreaming', which is none of"),
    ("/runs", with_(rows.run(), "metadata", start_time="soon"), "$.metadata.start_time"),
    ("/steps", rows.step("dreaming"), "'dreaming', which is none of"),
    ("/steps", rows.step(id="first"), "regex"),
    ("/hook_invocations", with_(rows.hook_invocation(), "body", start_time=None), "$.body.start_time"),
    ("/model_version_artifacts", with_(rows.artifact_link(), "body", artifact_version=None), "artifact_version"),
    ("/model_version_pipeline_runs", with_(rows.run_link(), "body", model_version="v"), "model_version"),
]


@pytest.mark.parametrize(("path", "bad", "where"), BROKEN)
async def test_a_row_that_cannot_be_read_is_named_and_left_out(path: str, bad: Row, where: str) -> None:
    good = HELD[path] | {"id": GOOD, "name": "good"}
    [name] = [path.removeprefix("/")]
    batch = (await told(holding(**{name: [bad, good]})))[NOUNS[path]]
    [left] = batch.left_out
    assert bad["id"] in left.name
    assert where in left.reason
    assert replace(batch, left_out=[]) == (await told(holding(**{name: [good]})))[NOUNS[path]]


@pytest.mark.parametrize("odd", [5, None, "text", [], {}, {"id": 7}])
@pytest.mark.parametrize("path", ["/projects", "/pipelines", "/pipeline_snapshots", "/models", "/runs", "/steps"])
async def test_a_row_that_is_none_is_left_out(path: str, odd: object) -> None:
    batch = (await told(holding(**{path.removeprefix("/"): [odd, HELD[path]]})))[NOUNS[path]]
    assert (size(batch), len(batch.left_out)) == (1, 1)


async def test_nothing_of_a_project_that_cannot_be_read_is_brought() -> None:
    batches = await told(holding(projects=[rows.project(name=None)]))
    assert "artifacts" not in batches
    assert len(batches["projects"].left_out) == 1


async def test_the_step_of_a_snapshot_that_cannot_be_read_keeps_its_own_configuration() -> None:
    batches = await told(holding(pipeline_snapshots=[rows.snapshot(pipeline_configuration=[])]))
    [step] = batches["steps"].runs
    assert [part.key for part in batches["steps"].parts if part.kind == "step_configuration"]
    assert step.id == rows.STEP


async def test_what_is_here_under_another_id_is_read_by_ours() -> None:
    batches = await told(holding(), {rows.MODEL: GOOD, rows.PIPELINE: rows.ROOT})
    assert [row.parent_id for row in batches["model versions"].records] == [GOOD]
    assert [row.workflow_id for row in batches["runs"].runs] == [rows.ROOT]


async def test_a_list_is_read_page_by_page() -> None:
    found = [rows.tag() | {"id": rows.number(str(each)), "name": f"tag-{each}"} for each in range(SIZE + 1)]
    owners = [read({}) for read in await anext(pages(holding(tags=found)))]
    assert [len(batch.tags) for batch in owners if batch.noun == "tags"] == [SIZE, 1]


async def test_a_newest_run_that_does_not_tell_its_index_counts_for_none() -> None:
    odd = with_(rows.run(), "body", index="third")
    batches = await told(holding(runs=[odd]))
    assert [row.id for row in batches["pipelines"].workflows] == [rows.PIPELINE]
    assert len(batches["runs"].left_out) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"5", b""])
async def test_an_answer_that_is_no_page_is_the_sources_fault(answer: bytes) -> None:
    async def fetch(method: str, path: str, body: Any = None) -> bytes:
        return answer

    with pytest.raises(SourceError, match="GET /users is answered with something else"):
        [page async for page in pages(fetch)]


async def test_what_has_no_place_here_is_counted() -> None:
    source = Source({"/projects": [rows.project(), rows.project(id=GOOD)], "/secrets": [1, 2], "/schedules": [1]})
    assert await not_brought(source) == {"secrets": 2, "schedules": 2}
