"""The graph of versions and runs, of all dialects: what a version was made from, and what was made from it.

Its edges lead the way that data goes: from a run to the versions that it produced, from a version to the runs that
consumed it, and from a source to what was derived from it, as somebody says. Steps are followed one by one, so that
what one step used is not taken for the source of what another made; in the graph they are shown as their run, and
their names are kept on the edges. What a run did outside of its steps concerns all of them.

The walk goes level by level, each in a number of statements that depends on nothing; it comes to an end where there
are cycles, and stops at a depth and at a number of nodes.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from isogloss.core.access import Principal, Role, require
from isogloss.core.model import Artifact, Derivation, Instant, Project
from isogloss.core.ports import Reader
from isogloss.core.query import AnyOf, Compare, Operator, Query, Sort, Where, all_of
from isogloss.core.references import keys_for, spelled
from isogloss.core.registry.context import Registry
from isogloss.core.registry.references import RUN, VERSION, only_meant, resolve
from isogloss.core.registry.runs import STEP
from isogloss.core.registry.versions import CONSUMED, PRODUCED

DERIVED = "derived"
CLIENT = "client"
"""The origin of an edge that a client told of its own run; others are those of a ``Derivation``."""

DEPTH, MOST_DEPTH = 20, 100
NODES, MOST_NODES = 1000, 10_000
EDGES_PER_NODE = 20
"""How many edges a level may have at most, for each node that the graph may have."""

Direction: TypeAlias = Literal["up", "down", "both"]


class Node(Struct, frozen=True, kw_only=True):
    """A version or a run. ``kind`` and ``label`` are a version's, ``state`` (in the core's words) a run's.

    ``name`` is null where the artifact has none.
    """

    entity: str
    id: str
    project_id: str
    project: str
    dialect: str
    name: str | None
    kind: str | None
    label: str | None
    state: str | None
    created: Instant


class Edge(Struct, frozen=True, kw_only=True):
    """Data went from the node ``source`` to ``target``: produced, consumed or derived.

    ``step`` names the step of the run that did it, ``origin`` who says so: client, metadata or link.
    """

    source: str
    target: str
    relation: str
    step: str | None
    origin: str


class Missing(Struct, frozen=True, kw_only=True):
    """A reference in metadata of ``target`` that names nothing, or several things."""

    target: str
    reference: str


class Lineage(Struct, frozen=True, kw_only=True):
    """The graph around the node ``root``. ``truncated`` tells that there is more than was asked for."""

    root: str
    nodes: list[Node]
    edges: list[Edge]
    missing: list[Missing]
    truncated: bool


class _Point(Struct, frozen=True):
    """Where the walk is: a version, a run or a step."""

    entity: str
    id: str


class _Execution(Struct, frozen=True):
    """A run or step, as far as the walk needs it."""

    id: str
    project_id: str
    dialect: str
    role: str
    parent_id: str | None
    name: str
    state_type: str | None
    created: Instant

    @property
    def node(self) -> str:
        """The node as which it is shown."""
        return self.parent_id if self.role == STEP and self.parent_id is not None else self.id

    @property
    def step(self) -> str | None:
        """The name that is kept of it on an edge."""
        return self.name if self.node != self.id else None


class _Shown(Struct, frozen=True):
    """A version with its artifact's names, as far as the walk needs it."""

    id: str
    project_id: str
    dialect: str
    label: str
    producer_run: str | None
    producer_step: str | None
    created: Instant
    artifact: Artifact


class _Level(Struct):
    """What a step of the walk found: edges between points, where a run may be a step, and references to nothing."""

    edges: list[tuple[_Point, _Point, str, str]]
    missing: list[tuple[str, str]]


async def lineage_of(
    registry: Registry,
    unit: Reader,
    caller: Principal,
    reference: str,
    *,
    direction: Direction = "both",
    depth: int = DEPTH,
    nodes: int = NODES,
) -> Lineage:
    """The graph around the version or run that a reference names, up to so many edges away and so many nodes.

    Raises ``Denied``, and what ``references.resolve`` raises.
    """
    require(caller, Role.VIEWER)
    named = await resolve(registry, unit, caller, reference)
    root = _Point(named.entity, named.id)
    walk = _Walk(registry, unit, max(1, nodes))
    await walk.start(root)
    for way in ("up", "down"):
        if direction in (way, "both"):
            await walk.go(root, way, depth)
    return await walk.graph(root)


class _Walk:
    """The state of a walk: what was loaded, where it was, what it found."""

    def __init__(self, registry: Registry, unit: Reader, most: int) -> None:
        self.registry = registry
        self.unit = unit
        self.most = most
        self.versions: dict[str, _Shown] = {}
        self.executions: dict[str, _Execution] = {}
        self.nodes: dict[str, None] = {}
        self.edges: dict[Edge, None] = {}
        self.missing: dict[Missing, None] = {}
        self.truncated = False

    async def start(self, root: _Point) -> None:
        """Take the root for the first node."""
        await self.load([root])
        self.nodes[self._node(root.id)] = None

    async def go(self, root: _Point, way: str, depth: int) -> None:
        """Walk one way from the root."""
        frontier, been = [root], {root}
        for level in range(depth + 1):
            if not frontier:
                return
            found = await (self._above(frontier) if way == "up" else self._below(frontier))
            points = {point for source, target, *_ in found.edges for point in (source, target)}
            await self.load(points)
            if level == depth:
                # Looked at only to tell whether there would be more.
                self.truncated = self.truncated or any(self._is_new(edge) for edge in self._edges(found, way, been))
                return
            frontier = []
            for edge, point in self._edges(found, way, been):
                if not self._take(edge):
                    continue
                if point not in been:
                    been.add(point)
                    frontier.append(point)
            self.missing |= {
                Missing(target=self._node(owner), reference=reference): None
                for owner, reference in found.missing
                if self._node(owner) in self.nodes
            }

    async def load(self, points: Iterable[_Point]) -> None:
        """Read the versions and runs that are not known yet, steps with their runs: three statements at most."""
        wanted = set(points)
        versions = sorted({each.id for each in wanted if each.entity == VERSION} - self.versions.keys())
        if versions:
            rows = await self._rows("shown_version", _VERSION_FIELDS, AnyOf("id", tuple(versions)))
            for row in rows:
                own = dict(zip(_OWN_FIELDS, row, strict=False))
                self.versions[row[0]] = _Shown(**own, artifact=_artifact(row[len(_OWN_FIELDS) :]))
        runs = {each.id for each in wanted if each.entity == RUN}
        await self._load_runs(runs)
        parents = {self.executions[each].node for each in runs if each in self.executions}
        await self._load_runs(parents)

    async def _load_runs(self, run_ids: Iterable[str]) -> None:
        wanted = sorted(set(run_ids) - self.executions.keys())
        if wanted:
            fields = _Execution.__struct_fields__
            for row in await self._rows("run", fields, AnyOf("id", tuple(wanted))):
                self.executions[row[0]] = _Execution(*row)

    async def _above(self, frontier: Sequence[_Point]) -> _Level:
        """What the points of a level come from."""
        edges: list[tuple[_Point, _Point, str, str]] = []
        versions, runs = _split(frontier)
        said: list[Derivation] = []
        if versions:
            for version_id, run_id in await self._links("version_id", versions, PRODUCED):
                edges.append((_run(run_id), _version(version_id), PRODUCED, CLIENT))
            said += await self._derivations("version_id", versions)
        if runs:
            reach = await self._reach(runs)
            for version_id, run_id in await self._links("run_id", reach, CONSUMED):
                edges.append((_version(version_id), _run(run_id), CONSUMED, CLIENT))
            said += await self._derivations("run_id", reach)
        missing: list[tuple[str, str]] = []
        for row, source in await self._with_sources(said):
            owner = _owner(row)
            if source is None:
                missing.append((owner.id, row.reference))
            else:
                edges.append((source, owner, DERIVED, row.origin))
        return _Level(edges, missing)

    async def _below(self, frontier: Sequence[_Point]) -> _Level:
        """What comes from the points of a level."""
        edges: list[tuple[_Point, _Point, str, str]] = []
        versions, runs = _split(frontier)
        said: list[Derivation] = []
        keys: list[str] = []
        if versions:
            for version_id, run_id in await self._links("version_id", versions, CONSUMED):
                edges.append((_version(version_id), _run(run_id), CONSUMED, CLIENT))
            said += await self._derivations("source_version_id", versions)
            keys += [key for each in versions for key in keys_for(self.versions[each].artifact, each)]
        if runs:
            reach = await self._reach(runs)
            for version_id, run_id in await self._links("run_id", reach, PRODUCED):
                edges.append((_run(run_id), _version(version_id), PRODUCED, CLIENT))
            said += await self._derivations("source_run_id", reach)
            keys += [f"id:{each}" for each in reach]
        said += await self._derivations("key", keys)
        here = set(frontier) | {_run(each) for each in (reach if runs else ())}
        for row, source in await self._with_sources(said):
            if source is not None and source in here:
                edges.append((source, _owner(row), DERIVED, row.origin))
        return _Level(edges, [])

    async def _reach(self, run_ids: Sequence[str]) -> list[str]:
        """The executions whose links concern these: a run with all of its steps, a step with its run."""
        known = [self.executions[each] for each in run_ids]
        reach = {each.id for each in known} | {each.node for each in known}
        whole = tuple(each.id for each in known if each.role != STEP)
        if whole:
            steps = all_of(AnyOf("parent_id", whole), Compare("role", Operator.EQ, STEP))
            for row in await self._rows("run", _Execution.__struct_fields__, steps):
                self.executions[row[0]] = _Execution(*row)
                reach.add(row[0])
        return sorted(reach)

    def _edges(self, found: _Level, way: str, been: set[_Point]) -> list[tuple[Edge, _Point]]:
        """The edges between things that exist, each with the point that it leads to."""
        there = [
            (source, target, relation, origin)
            for source, target, relation, origin in found.edges
            if self._exists(source) and self._exists(target)
        ]
        by_step = {
            (self._node(end.id), other.id)
            for source, target, *_ in there
            for end, other in ((source, target), (target, source))
            if end.entity == RUN and self.executions[end.id].role == STEP
        }
        edges: list[tuple[Edge, _Point]] = []
        for source, target, relation, origin in sorted(there, key=self._age):
            run, version = (source, target) if source.entity == RUN else (target, source)
            execution = self.executions.get(run.id)
            if origin == CLIENT and execution is not None and execution.role != STEP:
                # A version that names its step names the step's run as well, which tells less.
                if (run.id, version.id) in by_step:
                    continue
                if relation == PRODUCED and self._is_of_another_step(version, run, been):
                    continue
            if self._node(source.id) == self._node(target.id):
                continue
            step = None if execution is None else execution.step
            edge = Edge(
                source=self._node(source.id), target=self._node(target.id), relation=relation, step=step, origin=origin
            )
            edges.append((edge, source if way == "up" else target))
        return edges

    def _is_of_another_step(self, version: _Point, run: _Point, been: set[_Point]) -> bool:
        """Whether only steps of a run were come by, and a version that names the run was made by none of these."""
        made = self.versions[version.id]
        if made.producer_step is None or made.producer_run != run.id or run in been or version in been:
            return False
        return _run(made.producer_step) not in been

    def _take(self, edge: Edge) -> bool:
        """Keep an edge with its nodes, unless there are too many."""
        new = [each for each in (edge.source, edge.target) if each not in self.nodes]
        if len(self.nodes) + len(new) > self.most:
            self.truncated = True
            return False
        self.nodes |= dict.fromkeys(new)
        self.edges[edge] = None
        return True

    def _is_new(self, found: tuple[Edge, _Point]) -> bool:
        return found[0] not in self.edges

    def _exists(self, point: _Point) -> bool:
        if point.entity == VERSION:
            return point.id in self.versions
        return point.id in self.executions and self.executions[point.id].node in self.executions

    def _node(self, point_id: str) -> str:
        execution = self.executions.get(point_id)
        return point_id if execution is None else execution.node

    def _age(self, edge: tuple[_Point, _Point, str, str]) -> tuple[Any, ...]:
        source, target, relation, origin = edge
        return (*self._place(source), *self._place(target), relation, origin)

    def _place(self, point: _Point) -> tuple[Instant, str]:
        known = self.versions[point.id] if point.entity == VERSION else self.executions[point.id]
        return known.created, known.id

    async def _with_sources(self, said: Sequence[Derivation]) -> list[tuple[Derivation, _Point | None]]:
        """Each derivation once with its source, as far as it names one by now."""
        waiting = [row.reference for row in said if row.source_version_id is None and row.source_run_id is None]
        meant = await only_meant(self.registry, self.unit, waiting) if waiting else {}
        found: dict[tuple[str, str], tuple[Derivation, _Point | None]] = {}
        for row in said:
            if row.source_version_id is not None:
                source: _Point | None = _version(row.source_version_id)
            elif row.source_run_id is not None:
                source = _run(row.source_run_id)
            else:
                named = meant.get(row.reference)
                source = None if named is None else _Point(named.entity, named.id)
            found.setdefault((_owner(row).id, f"{row.origin}:{row.source_version_id}:{row.reference}"), (row, source))
        return list(found.values())

    async def _links(self, field: str, ids: Sequence[str], direction: str) -> list[tuple[str, str]]:
        where = all_of(AnyOf(field, tuple(ids)), Compare("direction", Operator.EQ, direction))
        rows = await self._rows("run_link", ("version_id", "run_id"), where, Sort("version_id", then="run_id"))
        return [(version_id, run_id) for version_id, run_id in rows]

    async def _derivations(self, field: str, values: Sequence[str]) -> list[Derivation]:
        if not values:
            return []
        fields = Derivation.__struct_fields__
        rows = await self._rows("derivation", fields, AnyOf(field, tuple(values)), Sort("id"))
        return [Derivation(**dict(zip(fields, row, strict=True))) for row in rows]

    async def _rows(
        self, source: str, fields: tuple[str, ...], where: Where, sort: Sort | None = None
    ) -> list[tuple[Any, ...]]:
        most = self.most * EDGES_PER_NODE
        query = Query(source=source, fields=fields, project_id=None, where=where, sort=sort, limit=most + 1)
        rows = await self.unit.rows(query)
        if len(rows) > most:
            self.truncated = True
        return rows[:most]

    async def graph(self, root: _Point) -> Lineage:
        """What was found."""
        projects = sorted({self._of(node).project_id for node in self.nodes})
        names = {project.id: project.name for project in await self.unit.find(Project, id=projects)}
        nodes = [self._shown(node, names) for node in self.nodes]
        by_step = {(edge.source, edge.target, edge.relation) for edge in self.edges if edge.step is not None}
        edges = [
            edge
            for edge in self.edges
            if edge.step is not None
            or edge.origin != CLIENT
            or (edge.source, edge.target, edge.relation) not in by_step
        ]
        return Lineage(
            root=self._node(root.id),
            nodes=nodes,
            edges=edges,
            missing=list(self.missing),
            truncated=self.truncated,
        )

    def _of(self, node: str) -> "_Shown | _Execution":
        return self.versions.get(node) or self.executions[node]

    def _shown(self, node: str, projects: dict[str, str]) -> Node:
        of = self._of(node)
        version = of if isinstance(of, _Shown) else None
        return Node(
            entity=RUN if version is None else VERSION,
            id=of.id,
            project_id=of.project_id,
            project=projects.get(of.project_id, of.project_id),
            dialect=of.dialect,
            name=of.artifact.name if isinstance(of, _Shown) else of.name,
            kind=None if version is None else version.artifact.kind,
            label=None if version is None else version.label,
            state=None if isinstance(of, _Shown) else of.state_type,
            created=of.created,
        )


_ARTIFACT_FIELDS = tuple(f"artifact.{name}" for name in Artifact.__struct_fields__)
_OWN_FIELDS = tuple(name for name in _Shown.__struct_fields__ if name != "artifact")
_VERSION_FIELDS = (*_OWN_FIELDS, *_ARTIFACT_FIELDS)


def _artifact(row: Sequence[Any]) -> Artifact:
    return Artifact(**dict(zip(Artifact.__struct_fields__, row, strict=True)))


def _split(points: Sequence[_Point]) -> tuple[list[str], list[str]]:
    """The ids of versions, and those of runs."""
    return [each.id for each in points if each.entity == VERSION], [each.id for each in points if each.entity == RUN]


def _version(version_id: str) -> _Point:
    return _Point(VERSION, version_id)


def _run(run_id: str) -> _Point:
    return _Point(RUN, run_id)


def _owner(row: Derivation) -> _Point:
    return _version(row.version_id) if row.version_id is not None else _run(row.run_id or "")


def node_reference(node: Node) -> str:
    """What names a node: a version in the registry's own grammar, where its artifact has a name; else its id."""
    if node.entity == RUN or node.name is None or node.kind is None or node.label is None:
        return node.id
    return spelled(node.project, node.kind, node.name, node.label)
