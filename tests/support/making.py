"""Versions, runs and steps for the tests of lineage, each made in one line."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from isogloss.core.access import ANYBODY
from isogloss.core.model import Run, Version
from isogloss.core.ports import Reader, Writer
from isogloss.core.references import INPUTS
from isogloss.core.registry import Registry, lineage, lineage_graph
from isogloss.core.registry.artifacts import ByName
from isogloss.core.registry.lineage_graph import Lineage
from isogloss.core.registry.progress import Entering, add_run
from isogloss.core.registry.runs import COMPLETED, RUN, STEP, RunDraft
from isogloss.core.registry.versions import VersionDraft, write_version

T = TypeVar("T")


class Maker:
    """Makes things in a registry, each in a transaction of its own."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        return await self.registry.store.write(work)

    async def read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        return await self.registry.store.read(work)

    async def version(self, name: str, inputs: object = None, **given: Any) -> Version:
        """A version, which says under the key for inputs from what it was made."""
        metadata = None if inputs is None else msgspec.json.encode({INPUTS: inputs}).decode()
        draft = VersionDraft(dialect=given.pop("dialect", "test"), metadata=metadata, **given)

        async def work(unit: Writer) -> Version:
            project = self.registry.default_project
            return await write_version(self.registry, unit, ANYBODY, project, draft, ByName(name))

        return await self.write(work)

    async def run(self, name: str, parent: Run | None = None) -> Run:
        """A run, or a step of one."""
        role = RUN if parent is None else STEP
        parent_id = None if parent is None else parent.id
        draft = RunDraft(dialect="test", role=role, name=name, parent_id=parent_id, position=name if parent else None)
        state = Entering(type=COMPLETED, name="done")

        async def work(unit: Writer) -> Run:
            project = self.registry.default_project
            return await add_run(self.registry, unit, ANYBODY, project, draft, state, facet="{}")

        return await self.write(work)

    async def uses(self, run: Run, version: Version) -> None:
        await self.write(lambda unit: lineage.consume(unit, run, [("in", version.id)]))

    async def makes(self, run: Run, version: Version) -> None:
        await self.write(lambda unit: lineage.produce(unit, run, [("out", version.id)]))

    async def lineage(self, of: Version | Run | str, **asked: Any) -> Lineage:
        reference = of if isinstance(of, str) else of.id

        async def work(unit: Reader) -> Lineage:
            return await lineage_graph.lineage_of(self.registry, unit, ANYBODY, reference, **asked)

        return await self.read(work)


def around(graph: Lineage) -> list[str]:
    """The edges as ``source > target``, with the step's name where there is one, in order."""
    names = {node.id: node.name if node.label is None else f"{node.name}@{node.label}" for node in graph.nodes}
    return sorted(
        f"{names[edge.source]} {edge.relation}{f' by {edge.step}' if edge.step else ''} {names[edge.target]}"
        for edge in graph.edges
    )
