"""Our own server, seeded with what its Prefect dialect would have written for the same runs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from bench import ours
from bench.dashboard.rows import ENGINES, RunRow, flow_ids, flow_made, flow_name, rows
from bench.prefect.ours import create_rows
from bench.servers import Launch
from bench.suite import Address, Engine, Place, Size
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.run_facets import FlowFacet, FlowRunFacet, TaskRunFacet, json_text
from isogloss.adapters.prefect.run_translate import position
from isogloss.core.model import Run, RunState, Workflow
from isogloss.core.ports import Writer
from isogloss.core.registry import Registry
from isogloss.core.registry.runs import RUN, STEP


@dataclass
class OurDashboard:
    """``isogloss serve``, asked what Prefect's pages ask."""

    name: str = ours.NAME
    engines: Collection[Engine] = ENGINES

    def versions(self) -> Mapping[str, str]:
        """Isogloss, and what carries it."""
        return ours.versions()

    def prepare(self, size: Size, place: Place) -> tuple[Launch, Address]:
        """Migrate an empty place and write the rows of `size` there."""
        ids: list[str] = []
        ours.upgrade(place)
        ours.seed(place, partial(_create, size, ids))
        return ours.launch(place), Address(place.port, "/api", ids)


async def _create(size: Size, ids: list[str], registry: Registry, clock: ours.SeedClock) -> None:
    await create_rows(size, ids, registry, clock)
    flows = [_flow(registry, index, flow_id, flow_made(index)) for index, flow_id in enumerate(flow_ids())]

    async def work(unit: Writer) -> None:
        await unit.add(*flows)
        for row in rows(size):
            await unit.add(_run(registry, row, flows[row.flow].id), _state(row))

    await registry.store.write(work)


def _flow(registry: Registry, index: int, flow_id: str, made: int) -> Workflow:
    return Workflow(
        id=flow_id,
        project_id=registry.default_project.id,
        dialect=DIALECT,
        role="workflow",
        parent_id=None,
        name=flow_name(index),
        tags="[]",
        facet=json_text(FlowFacet()),
        author_id=None,
        created=made,
        updated=made,
    )


def _run(registry: Registry, row: RunRow, flow_id: str) -> Run:
    facet: FlowRunFacet | TaskRunFacet = FlowRunFacet()
    if row.parent is not None:
        facet = TaskRunFacet(task_key=row.name, dynamic_key="0")
    return Run(
        id=row.id,
        project_id=registry.default_project.id,
        dialect=DIALECT,
        role=RUN if row.parent is None else STEP,
        workflow_id=flow_id if row.parent is None else None,
        deployment_id=None,
        parent_id=row.parent,
        position=None if row.parent is None else position(row.name, "0"),
        key=None,
        name=row.name,
        metadata=None,
        state_id=row.state_id,
        state_type=row.state,
        state_name=row.state.capitalize(),
        state_at=row.entered,
        expected_start=row.expected,
        next_start=row.expected if row.state == "SCHEDULED" else None,
        started=row.started,
        ended=row.ended,
        attempts=int(row.started is not None),
        spent=row.spent,
        tags="[]",
        facet=json_text(facet),
        author_id=None,
        created=row.expected,
        updated=row.entered,
        deleted=None,
    )


def _state(row: RunRow) -> RunState:
    return RunState(
        id=row.state_id,
        run_id=row.id,
        type=row.state,
        name=row.state.capitalize(),
        message=None,
        at=row.entered,
        details=None,
        data=None,
        version_id=None,
        created=row.entered,
    )
