"""What Prefect's server answers to what its pages ask: numbered pages, histories, graphs. Its members, in its order."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Raw, Struct

T = TypeVar("T")


class NumberedPage(Struct, Generic[T], frozen=True, kw_only=True):
    """A page, which one it is, and how many there are."""

    results: list[T]
    count: int
    limit: int
    pages: int
    page: int


class HistoryState(Struct, frozen=True, kw_only=True):
    """The runs of one state within a span of time; sums in seconds."""

    state_type: str
    state_name: str
    count_runs: int
    sum_estimated_run_time: float
    sum_estimated_lateness: float


class HistorySpan(Struct, frozen=True, kw_only=True):
    """A span of time, by the states of the runs that were expected to start in it."""

    interval_start: datetime
    interval_end: datetime
    states: list[HistoryState]


class FlowRunBar(Struct, frozen=True, kw_only=True):
    """A flow run, as far as the dashboard draws it; spans in seconds."""

    id: str
    state_type: str
    timestamp: datetime
    duration: float
    lateness: float


class NextFlowRun(Struct, frozen=True, kw_only=True):
    """The run of a flow that is to start next."""

    id: str
    flow_id: str
    name: str
    state_name: str
    state_type: str
    next_scheduled_start_time: datetime


class Edge(Struct, frozen=True):
    """The other end of an edge of a graph."""

    id: str


class GraphState(Struct, frozen=True, kw_only=True):
    """A state that a flow run entered."""

    id: str
    timestamp: datetime
    type: str
    name: str


class GraphArtifact(Struct, frozen=True, kw_only=True):
    """An artifact of a flow run; ``data`` is there of progress only."""

    id: str
    created: datetime
    key: str | None
    type: str | None
    is_latest: bool
    data: Raw | None


class Node(Struct, frozen=True, kw_only=True):
    """A task run, or a flow run that one called. ``kind`` is ``task-run`` or ``flow-run``."""

    kind: str
    id: str
    label: str
    state_type: str
    start_time: datetime
    end_time: datetime | None
    parents: list[Edge]
    children: list[Edge]
    encapsulating: list[Edge]
    artifacts: list[GraphArtifact]


class Graph(Struct, frozen=True, kw_only=True):
    """What happened within a flow run."""

    start_time: datetime | None
    end_time: datetime | None
    root_node_ids: list[str]
    nodes: list[tuple[str, Node]]
    artifacts: list[GraphArtifact]
    states: list[GraphState]
