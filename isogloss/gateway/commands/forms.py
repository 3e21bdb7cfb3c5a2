"""How the commands print what they found: columns, pages, trees and graphs. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from isogloss.core.model import Instant, Json, Run
from isogloss.core.names import ORDINARY
from isogloss.core.references import spelled
from isogloss.core.registry.catalogue import ListedArtifact, ListedVersion, reference_to
from isogloss.core.registry.lineage_graph import CLIENT, DERIVED, Edge, Lineage, Node, node_reference
from isogloss.core.registry.references import RUN, VersionTarget

ARTIFACT_HEADER = ("PROJECT", "NAME", "VERSIONS", "NEWEST", "WRITTEN BY", "UPDATED")
VERSION_HEADER = ("REFERENCE", "WRITTEN BY", "ROLE", "CREATED", "ID")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN_INLINE = 2000


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table as lines, each column as wide as its widest cell; nothing but its header where it has no rows."""
    lines = [tuple(header), *(tuple(_on_one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def row_of(each: ListedArtifact | ListedVersion, projects: dict[str, str]) -> tuple[str, ...]:
    """An artifact or version as a row of its table."""
    project = projects.get(each.project_id, each.project_id)
    if isinstance(each, ListedVersion):
        return reference_to(each, project), each.dialect, each.role, moment(each.created), each.id
    return (
        project,
        _artifact_name(each.kind, each.name, each.id),
        str(each.versions),
        each.newest or "-",
        each.dialect or "several",
        moment(each.updated),
    )


def listed(each: ListedArtifact | ListedVersion, projects: dict[str, str]) -> dict[str, Any]:
    """An artifact or version as a JSON document."""
    project = projects.get(each.project_id, each.project_id)
    document = msgspec.structs.asdict(each) | {"project": project}
    if isinstance(each, ListedVersion):
        document |= {"reference": reference_to(each, project), "metadata": _raw(each.metadata)}
    return document | {name: moment(document[name]) for name in ("created", "updated")}


def name_of(found: VersionTarget) -> str:
    """A version in the registry's own grammar."""
    artifact = found.artifact
    if artifact.name is None:
        return found.version.id
    return spelled(found.project.name, artifact.kind, artifact.name, found.version.label)


def shown_version(found: VersionTarget, names: dict[str, str], tags: Sequence[str], *, as_json: bool) -> str:
    """A version whole: as lines of a name and a value, or as JSON."""
    version = found.version
    document: dict[str, Any] = {
        "reference": name_of(found),
        "id": version.id,
        "project": found.project.name,
        "kind": version.kind,
        "name": found.artifact.name,
        "label": version.label,
        "ordinal": version.ordinal,
        "alias": version.alias,
        "dialect": version.dialect,
        "role": version.role,
        "form": version.form,
        "created": moment(version.created),
        "updated": moment(version.updated),
        "description": version.description,
        "tags": list(tags),
        "producer_run": version.producer_run,
        "producer_step": version.producer_step,
        "uri": version.uri,
    }
    if as_json:
        whole = document | {"names": names, "metadata": _raw(version.metadata), "data": _raw(version.data)}
        return json_text(whole)
    lines = _lines(document | {"tags": ", ".join(tags) or None, "data": _shortened(version.data)})
    lines += _members("metadata", version.metadata)
    lines += ["names", *(f"  {dialect:<12} {name}" for dialect, name in names.items())]
    return "\n".join(lines)


def shown_run(run: Run, project: str, *, as_json: bool) -> str:
    """A run or step whole."""
    document: dict[str, Any] = {
        "id": run.id,
        "project": project,
        "name": run.name,
        "role": run.role,
        "dialect": run.dialect,
        "state": run.state_type,
        "parent": run.parent_id,
        "created": moment(run.created),
        "started": None if run.started is None else moment(run.started),
        "ended": None if run.ended is None else moment(run.ended),
    }
    if as_json:
        return json_text(document | {"metadata": _raw(run.metadata)})
    return "\n".join([*_lines(document), *_members("metadata", run.metadata)])


def json_text(value: Any) -> str:
    """A value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def lineage_document(found: Lineage) -> dict[str, Any]:
    """A graph as a JSON document, whose nodes have their references."""
    nodes = [
        msgspec.structs.asdict(node) | {"created": moment(node.created), "reference": node_reference(node)}
        for node in found.nodes
    ]
    return {
        "root": found.root,
        "nodes": nodes,
        "edges": found.edges,
        "missing": found.missing,
        "truncated": found.truncated,
    }


def tree(found: Lineage) -> str:
    """A graph as a tree from its root, both ways. What was shown before is not gone into again."""
    nodes = {node.id: node for node in found.nodes}
    lines = [_node_text(nodes[found.root])]
    branches: list[tuple[str, list[str]]] = []
    for title, up in (("made from", True), ("used for", False)):
        grown = _grown(found, nodes, found.root, up=up, shown={found.root})
        if grown:
            branches.append((title, grown))
    for place, (title, grown) in enumerate(branches):
        last = place == len(branches) - 1
        lines.append(f"{'└── ' if last else '├── '}{title}")
        lines += [f"{'    ' if last else '│   '}{line}" for line in grown]
    if not branches:
        lines.append("└── nothing is known of what it was made from or used for")
    return "\n".join(lines)


def dot(found: Lineage) -> str:
    """A graph for Graphviz, data going from left to right."""
    lines = ["digraph lineage {", "  rankdir=LR;"]
    for node in found.nodes:
        shape = "ellipse" if node.entity == RUN else "box"
        bold = ", style=bold" if node.id == found.root else ""
        lines.append(f"  {_quoted(node.id)} [label={_quoted(_node_text(node))}, shape={shape}{bold}];")
    edges = [
        f"{_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(_edge_text(edge))}];" for edge in found.edges
    ]
    return "\n".join([*lines, *(f"  {each}" for each in edges), "}"])


def mermaid(found: Lineage) -> str:
    """A graph as a Mermaid diagram, data going from left to right."""
    places = {node.id: f"n{place}" for place, node in enumerate(found.nodes)}
    lines = ["flowchart LR"]
    for node in found.nodes:
        opening, closing = ("([", "])") if node.entity == RUN else ("[", "]")
        lines.append(f'  {places[node.id]}{opening}"{_entities(_node_text(node))}"{closing}')
    edges = [
        f'  {places[edge.source]} -->|"{_entities(_edge_text(edge))}"| {places[edge.target]}' for edge in found.edges
    ]
    return "\n".join([*lines, *edges, f"  style {places[found.root]} stroke-width:3px"])


def moment(instant: Instant) -> str:
    """A time to the second, in UTC."""
    return (_EPOCH + timedelta(microseconds=instant)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _grown(found: Lineage, nodes: dict[str, Node], root: str, *, up: bool, shown: set[str]) -> list[str]:
    """The lines of a branch below a node, without recursion, since a graph may be deep."""
    lines: list[str] = []
    below = _below(found, up)
    stack = _children(below, root, "")[::-1]
    while stack:
        child, edge, indent, last = stack.pop()
        text = f"{child} (nothing of that name)" if edge is None else _node_text(nodes[child])
        told = "" if edge is None else _edge_note(edge)
        again = edge is not None and child in shown
        more = _children(below, child, indent + ("    " if last else "│   ")) if edge is not None else []
        mark = " (see above)" if again and more else ""
        lines.append(f"{indent}{'└── ' if last else '├── '}{_on_one_line(text)}{told}{mark}")
        if edge is not None and not again:
            shown.add(child)
            stack += more[::-1]
    return lines


_Child = tuple[str, Edge | None, str, bool]


def _below(found: Lineage, up: bool) -> dict[str, list[tuple[str, Edge | None]]]:
    """What stands below each node in a tree: other nodes by their edges, and references that name nothing."""
    below: dict[str, list[tuple[str, Edge | None]]] = {}
    for edge in found.edges:
        node, child = (edge.target, edge.source) if up else (edge.source, edge.target)
        below.setdefault(node, []).append((child, edge))
    for missing in found.missing if up else ():
        below.setdefault(missing.target, []).append((missing.reference, None))
    return below


def _children(below: dict[str, list[tuple[str, Edge | None]]], node: str, indent: str) -> list[_Child]:
    pairs = below.get(node, [])
    return [(child, edge, indent, place == len(pairs) - 1) for place, (child, edge) in enumerate(pairs)]


def _node_text(node: Node) -> str:
    if node.entity == RUN:
        state = "" if node.state is None else f", {node.state.lower()}"
        return f"run {node.name} ({node.dialect}{state})"
    return f"{node_reference(node)} ({node.dialect})"


def _edge_text(edge: Edge) -> str:
    step = "" if edge.step is None else f" by {edge.step}"
    said = "" if edge.origin == CLIENT else f" ({edge.origin})"
    return f"{edge.relation}{step}{said}"


def _edge_note(edge: Edge) -> str:
    """What the tree does not show of an edge by itself."""
    parts = [f"step {edge.step}"] if edge.step is not None else []
    if edge.relation == DERIVED:
        parts.append("as its metadata says" if edge.origin == "metadata" else "linked")
    return f"  [{', '.join(parts)}]" if parts else ""


def _artifact_name(kind: str, name: str | None, artifact_id: str) -> str:
    if name is None:
        return f"unnamed-{artifact_id}"
    return name if kind == ORDINARY else f"{kind}:{name}"


def _lines(document: dict[str, Any]) -> list[str]:
    shown = {name: value for name, value in document.items() if value is not None}
    width = max(len(name) for name in shown)
    return [f"{name.replace('_', ' '):<{width}}  {_on_one_line(str(value))}" for name, value in shown.items()]


def _members(title: str, document: Json | None) -> list[str]:
    members = {} if document is None else msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    return (
        [title, *(f"  {_on_one_line(key)} = {bytes(value).decode()}" for key, value in members.items())]
        if members
        else []
    )


def _shortened(data: Json | None) -> str | None:
    if data is None or len(data) <= _SHOWN_INLINE:
        return data
    return f"{data[:_SHOWN_INLINE]}... ({len(data)} characters; --json prints all)"


def _raw(text: Json | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text.encode())


def _on_one_line(text: str) -> str:
    """Without what would break the line, or steer a terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _quoted(text: str) -> str:
    return '"' + _on_one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(text: str) -> str:
    """Text within a Mermaid label, whose own marks are written as entities."""
    return "".join(f"#{ord(each)};" if each in '"#<>&|[](){}`' else each for each in _on_one_line(text))
