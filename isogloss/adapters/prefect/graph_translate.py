"""From a run and what it consists of to the graph that Prefect's pages draw. Pure functions.

A node is a task run or, where that called a flow run, the flow run. An edge leads from a node to those that took its
result: a task run of this dialect says so itself, in its inputs; of another's step the links to versions tell.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.prefect import page_wire as wire
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.forms import shown_data, shown_form
from isogloss.adapters.prefect.run_facets import task_run_facet
from isogloss.adapters.prefect.run_translate import shown_type
from isogloss.adapters.prefect.times import moment, moment_or_none
from isogloss.core.model import Instant, Run, RunLink
from isogloss.core.registry.run_graph import MadeVersion, RunGraph
from isogloss.core.registry.runs import COMPLETED
from isogloss.core.renderings import PROGRESS

RESULT = "result"
"""The type of artifacts that no graph shows; nor does it show those of this dialect that have none."""

_AROUND = "__parents__"
"""The input under which a task run names the task runs that it was called within."""


class _Place(Struct, frozen=True, kw_only=True):
    """A node to be. ``step_id`` is the step that it stands for."""

    id: str
    step_id: str
    kind: str
    label: str
    state_type: str
    began: Instant
    ended: Instant | None
    takes_from: list[str]
    within: list[str]


def graph(found: RunGraph, since: Instant) -> wire.Graph:
    """The graph of a run, without nodes that ended before ``since``."""
    places = _places(found)
    parents, children = _edges(places)
    made: dict[str | None, list[wire.GraphArtifact]] = defaultdict(list)
    for version in found.versions:
        if _is_shown(version):
            made[version.step_id].append(_artifact(version))
    shown = [place for place in places if place.ended is None or place.ended >= since]
    known = {place.id for place in places}
    run = found.run
    return wire.Graph(
        start_time=moment_or_none(run.expected_start if run.started is None else run.started),
        end_time=moment_or_none(run.ended),
        root_node_ids=[place.id for place in shown if not parents[place.id]],
        nodes=[
            (
                place.id,
                wire.Node(
                    kind=place.kind,
                    id=place.id,
                    label=place.label,
                    state_type=place.state_type,
                    start_time=moment(place.began),
                    end_time=moment_or_none(place.ended),
                    parents=[wire.Edge(each) for each in parents[place.id]],
                    children=[wire.Edge(each) for each in children[place.id]],
                    encapsulating=[wire.Edge(each) for each in dict.fromkeys(place.within) if each in known],
                    artifacts=made[place.step_id] if place.kind == "task-run" else [],
                ),
            )
            for place in shown
        ],
        artifacts=made[None],
        states=[
            wire.GraphState(id=state.id, timestamp=moment(state.at), type=shown_type(state.type), name=state.name)
            for state in found.states
        ],
    )


def _places(found: RunGraph) -> list[_Place]:
    """The nodes in the order of time. What has not begun, and is not expected to, has no place in a graph."""
    called = {run.parent_id: run for run in found.called}
    linked = _linked(found.steps, found.links)
    places = []
    for step in found.steps:
        run = called.get(step.id)
        timed = step if run is None or _began(run) is None else run
        began = _began(timed)
        if began is None:
            continue
        takes_from, within = _inputs(step) if step.dialect == DIALECT else (linked[step.id], [])
        places.append(
            _Place(
                id=step.id if run is None else run.id,
                step_id=step.id,
                kind="task-run" if run is None else "flow-run",
                label=step.name if run is None else _called(run, found.workflow_names),
                state_type=shown_type(step.state_type if run is None else run.state_type),
                began=began,
                ended=_ended(step, run),
                takes_from=takes_from,
                within=within,
            )
        )
    return sorted(places, key=lambda place: (place.began, place.ended is not None, place.ended or 0, place.id))


def _edges(places: list[_Place]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The parents and the children of each node, in the order of time."""
    parents: dict[str, list[str]] = {place.id: [] for place in places}
    children: dict[str, list[str]] = {place.id: [] for place in places}
    takers: dict[str, list[str]] = defaultdict(list)
    for place in places:
        for source in dict.fromkeys(place.takes_from):
            takers[source].append(place.id)
    for place in places:
        for taker in takers[place.id]:
            children[place.id].append(taker)
            parents[taker].append(place.id)
    return parents, children


def _began(run: Run) -> Instant | None:
    return run.expected_start if run.started is None else run.started


def _ended(step: Run, run: Run | None) -> Instant | None:
    """When a node ended. A task run that completed without ever running ended when it was to start."""
    if run is not None and run.ended is not None:
        return run.ended
    if step.ended is None and step.state_type == COMPLETED:
        return step.expected_start
    return step.ended


def _called(run: Run, workflow_names: Mapping[str, str]) -> str:
    name = None if run.workflow_id is None else workflow_names.get(run.workflow_id)
    return run.name if name is None else f"{name} / {run.name}"


def _inputs(step: Run) -> tuple[list[str], list[str]]:
    """The runs whose results a task run took, and those that it was called within, by their ids."""
    try:
        inputs = msgspec.json.decode(task_run_facet(step).task_inputs, type=dict[str, list[dict[str, Any]]])
    except msgspec.DecodeError:
        return [], []
    sources = {name: [one["id"] for one in given if isinstance(one.get("id"), str)] for name, given in inputs.items()}
    within = sources.pop(_AROUND, [])
    return [source for each in sources.values() for source in each], within


def _linked(steps: Iterable[Run], links: Iterable[RunLink]) -> dict[str, list[str]]:
    """The steps that made what each step used."""
    makers: dict[str, list[str]] = defaultdict(list)
    used: dict[str, list[str]] = {step.id: [] for step in steps}
    for link in links:
        if link.direction == "produced":
            makers[link.version_id].append(link.run_id)
        elif link.run_id in used:
            used[link.run_id].append(link.version_id)
    return {step_id: [maker for version in versions for maker in makers[version]] for step_id, versions in used.items()}


def _is_shown(version: MadeVersion) -> bool:
    if version.dialect != DIALECT:
        return not version.internal
    return version.form is not None and version.form != RESULT


def _artifact(version: MadeVersion) -> wire.GraphArtifact:
    own = version.dialect == DIALECT
    form = version.form if own else shown_form(version.form)
    data = version.data if own or form != PROGRESS else shown_data(form, version.data)
    return wire.GraphArtifact(
        id=version.id,
        created=moment(version.created),
        key=version.slug,
        type=form,
        is_latest=version.slug is None or version.newest_id == version.id,
        data=Raw(data.encode()) if form == PROGRESS and data is not None else None,
    )
