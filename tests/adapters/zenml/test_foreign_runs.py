"""Runs that another dialect wrote, read through ZenML's routes, and what pages of runs and steps cost."""

from collections.abc import Callable
from typing import Any

import pytest

from isogloss.adapters.zenml.default_stack import ensure_default_stack
from isogloss.core.access import ANYBODY
from isogloss.core.model import Run, Workflow
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry, workflows
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.runs import COMPLETED, FAILED, RUN, STEP, RunDraft
from isogloss.core.registry.versions import VersionDraft, write_version
from isogloss.core.registry.workflows import WORKFLOW, WorkflowDraft
from isogloss.storage.sql.unit import Unit
from tests.adapters.zenml.running import Running
from tests.adapters.zenml.serving import Served

PREFECT = "prefect"


@pytest.fixture
async def served(registry: Registry) -> Served:
    """The dialect over a registry with its default stack."""
    await ensure_default_stack(registry)
    return Served(registry)


async def foreign(registry: Registry, role: str, name: str, state: Entering, **given: str) -> Run:
    """A run or step that Prefect wrote."""
    draft = RunDraft(dialect=PREFECT, role=role, name=name, **given)
    project = registry.default_project
    return await registry.store.write(
        lambda unit: add_run(registry, unit, ANYBODY, project, draft, state, facet='{"policy":{}}', attempts=1)
    )


async def flow(registry: Registry, name: str) -> Workflow:
    """A flow."""
    draft = WorkflowDraft(dialect=PREFECT, role=WORKFLOW, name=name)
    project = registry.default_project
    return await registry.store.write(lambda unit: workflows.create_workflow(registry, unit, ANYBODY, project, draft))


async def made_by(registry: Registry, name: str, run: Run, step: Run | None = None) -> str:
    """The id of a version that a run made, in a step or by itself."""
    draft = VersionDraft(dialect=PREFECT, producer_run=run.id, producer_step=None if step is None else step.id)

    async def work(unit: Writer) -> str:
        version = await write_version(registry, unit, ANYBODY, registry.default_project, draft, ByName(name))
        return version.id

    return await registry.store.write(work)


DONE = Entering(type=COMPLETED, name="Completed")


async def test_a_flow_run_is_a_run_without_a_pipeline(served: Served, registry: Registry) -> None:
    training = await flow(registry, "training")
    failed = Entering(type=FAILED, name="Failed", message="out of memory")
    run = await foreign(registry, RUN, "curious-otter", failed, workflow_id=training.id)
    read = await served.get(f"/runs/{run.id}")
    assert (read["name"], read["body"]["status"], read["body"]["in_progress"]) == ("curious-otter", "failed", False)
    assert (read["body"]["status_reason"], read["body"]["pipeline_id"]) == ("out of memory", None)
    assert read["metadata"]["config"]["name"] == "training"
    assert read["resources"]["pipeline"] is read["resources"]["snapshot"] is read["resources"]["stack"] is None
    assert (await served.get("/pipelines"))["total"] == 0
    assert await served.get(f"/runs/{run.id}/pipeline-configuration") == read["metadata"]["config"]


async def test_foreign_and_own_runs_stand_in_one_list(served: Served, registry: Registry) -> None:
    own, other = await Running(served).run(), await foreign(registry, RUN, "other", DONE)
    page = await served.get("/runs", {"hydrate": True, "sort_by": "name"})
    assert {item["id"] for item in page["items"]} == {own["id"], other.id}
    for query in ({"status": "completed"}, {"name": "other"}, {"index": 0}, {"pipeline": "isnull:"}):
        assert [item["id"] for item in (await served.get("/runs", query))["items"]] == [other.id], query
    assert [item["id"] for item in (await served.get("/runs", {"status": "running"}))["items"]] == [own["id"]]


async def test_task_runs_of_one_name_are_steps_of_names_of_their_own(served: Served, registry: Registry) -> None:
    run = await foreign(registry, RUN, "otter", DONE)
    tasks = [await foreign(registry, STEP, "extract", DONE, parent_id=run.id, position=f"{n}") for n in range(2)]
    version = await made_by(registry, "report", run, tasks[0])
    page = await served.get("/steps", {"pipeline_run_id": run.id, "sort_by": "asc:created", "hydrate": True})
    assert [item["name"] for item in page["items"]] == [f"extract-{task.id[-8:]}" for task in tasks]
    first = page["items"][0]
    assert [each["id"] for each in first["resources"]["outputs"]["report"]] == [version]
    assert first["metadata"]["pipeline_run_id"] == run.id
    found = await served.get("/steps", {"name": first["name"]})
    assert [item["id"] for item in found["items"]] == [tasks[0].id]
    produced = (await served.get(f"/artifact_versions/{version}"))["resources"]
    assert (produced["producer_step_run_id"], produced["producer_pipeline_run_id"]) == (tasks[0].id, run.id)


async def test_what_a_flow_made_by_itself_leads_to_its_run_by_a_step_that_stands_for_it(
    served: Served, registry: Registry
) -> None:
    run = await foreign(registry, RUN, "otter", DONE)
    task = await foreign(registry, STEP, "extract", DONE, parent_id=run.id, position="0")
    version, by_task = await made_by(registry, "report", run), await made_by(registry, "table", run, task)
    step_id = (await served.get(f"/artifact_versions/{version}"))["resources"]["producer_step_run_id"]
    step = await served.get(f"/steps/{step_id}")
    assert (step["id"], step["metadata"]["pipeline_run_id"], step["body"]["status"]) == (step_id, run.id, "completed")
    assert {name: [each["id"] for each in made] for name, made in step["resources"]["outputs"].items()} == {
        "report": [version]
    }
    asked = {"pipeline_run_id": run.id, "exclude_retried": True, "sort_by": "created"}
    page = await served.get("/steps", asked)
    assert ([item["id"] for item in page["items"]], page["total"]) == ([task.id, step_id], 2)
    made = [[each["id"] for each in item["resources"]["outputs"].values() for each in each] for item in page["items"]]
    assert made == [[by_task], [version]]
    for number, found in ((1, task.id), (2, step_id)):
        page = await served.get("/steps", asked | {"size": 1, "page": number})
        assert ([item["id"] for item in page["items"]], page["total_pages"]) == ([found], 2)
    assert (await served.get("/steps", {"name": "none", "pipeline_run_id": run.id}))["total"] == 0


async def test_a_foreign_run_is_not_changed_but_may_be_deleted(served: Served, registry: Registry) -> None:
    run = await foreign(registry, RUN, "otter", DONE)
    version = await made_by(registry, "report", run)
    assert (await served("PUT", f"/runs/{run.id}", {"status": "failed"})).status == 404
    assert await served.delete(f"/runs/{run.id}") is None
    assert (await served("GET", f"/runs/{run.id}")).status == 404
    assert (await served.get(f"/artifact_versions/{version}"))["resources"]["producer_step_run_id"] is None


async def test_a_page_costs_as_many_statements_whatever_its_size(
    served: Served, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(served)
    for number in range(4):
        pipeline = await running.pipeline(f"pipeline-{number}", tags=["x"])
        await running.whole(await running.snapshot(pipeline, name=f"snapshot-{number}"))
        await foreign(registry, RUN, f"run-{number}", DONE)
    statements = 0

    def counting(name: str) -> None:
        original: Callable[..., Any] = getattr(Unit, name)

        async def counted(self: Unit, *arguments: Any, **key: Any) -> Any:
            nonlocal statements
            statements += 1
            return await original(self, *arguments, **key)

        monkeypatch.setattr(Unit, name, counted)

    for name in ("get", "find", "rows", "count", "sum"):
        counting(name)

    async def cost(path: str, size: int, hydrate: bool) -> int:
        nonlocal statements
        statements = 0
        page = await served.get(path, {"hydrate": hydrate, "size": size})
        assert len(page["items"]) == size
        return statements

    limits = {"/pipelines": (4, 4), "/pipeline_snapshots": (7, 8), "/runs": (9, 10), "/steps": (6, 7)}
    for path, most in limits.items():
        for hydrate, limit in zip((False, True), most, strict=True):
            assert max(await cost(path, 1, hydrate), await cost(path, 4, hydrate)) <= limit, (path, hydrate)
            assert await cost(path, 2, hydrate) == await cost(path, 4, hydrate), (path, hydrate)
