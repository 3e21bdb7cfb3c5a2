"""What the commands print of a graph."""

from itertools import pairwise

from isogloss.core.registry.lineage_graph import Edge, Lineage, Missing, Node
from isogloss.gateway.commands import forms


def version(name: str | None, label: str = "1", *, kind: str = "artifact", dialect: str = "zenml") -> Node:
    return Node(
        entity="version",
        id=f"id-of-{name}",
        project_id="p",
        project="default",
        dialect=dialect,
        name=name,
        kind=kind,
        label=label,
        state=None,
        created=0,
    )


def run(name: str) -> Node:
    return Node(
        entity="run",
        id=f"id-of-{name}",
        project_id="p",
        project="default",
        dialect="prefect",
        name=name,
        kind=None,
        label=None,
        state="COMPLETED",
        created=0,
    )


def edge(source: Node, target: Node, relation: str, step: str | None = None, origin: str = "client") -> Edge:
    return Edge(source=source.id, target=target.id, relation=relation, step=step, origin=origin)


DATA, TABLE, FLOW = version("raw data"), version("table", "v|2"), run("night \x1b[31mrun")
MODEL, REPORT, NOBODY = version("churn", kind="model", dialect="truefoundry"), version("report"), version(None)

GRAPH = Lineage(
    root=MODEL.id,
    nodes=[MODEL, DATA, TABLE, FLOW, REPORT, NOBODY],
    edges=[
        edge(FLOW, MODEL, "produced", "train"),
        edge(DATA, FLOW, "consumed", "load"),
        edge(TABLE, MODEL, "derived", origin="metadata"),
        edge(DATA, TABLE, "derived", origin="link"),
        edge(MODEL, REPORT, "derived", origin="metadata"),
        edge(MODEL, NOBODY, "derived", origin="metadata"),
    ],
    missing=[Missing(target=TABLE.id, reference="gone")],
    truncated=False,
)


def test_a_tree_shows_both_ways_and_goes_into_nothing_twice() -> None:
    assert forms.tree(GRAPH).splitlines() == [
        "default/model:churn@1 (truefoundry)",
        "├── made from",
        "│   ├── run night \\x1b[31mrun (prefect, completed)  [step train]",
        "│   │   └── default/raw%20data@1 (zenml)  [step load]",
        "│   └── default/table@v|2 (zenml)  [as its metadata says]",
        "│       ├── default/raw%20data@1 (zenml)  [linked]",
        "│       └── gone (nothing of that name)",
        "└── used for",
        "    ├── default/report@1 (zenml)  [as its metadata says]",
        "    └── id-of-None (zenml)  [as its metadata says]",
    ]


def test_a_cycle_is_shown_once() -> None:
    cycle = Lineage(
        root=DATA.id,
        nodes=[DATA, TABLE],
        edges=[edge(DATA, TABLE, "derived"), edge(TABLE, DATA, "derived")],
        missing=[],
        truncated=False,
    )
    assert [line.strip() for line in forms.tree(cycle).splitlines()][2:4] == [
        "│   └── default/table@v|2 (zenml)  [linked]",
        "│       └── default/raw%20data@1 (zenml)  [linked] (see above)",
    ]


def test_something_alone_says_so() -> None:
    alone = Lineage(root=DATA.id, nodes=[DATA], edges=[], missing=[], truncated=False)
    assert forms.tree(alone).splitlines()[1] == "└── nothing is known of what it was made from or used for"


def test_a_long_chain_is_a_tree_as_well() -> None:
    chain = [version(f"v{place}") for place in range(3000)]
    edges = [edge(*pair, "derived") for pair in pairwise(chain)]
    found = forms.tree(Lineage(root=chain[0].id, nodes=chain, edges=edges, missing=[], truncated=False))
    assert len(found.splitlines()) == 3001


def test_a_graph_for_graphviz() -> None:
    lines = forms.dot(GRAPH).splitlines()
    assert lines[:3] == [
        "digraph lineage {",
        "  rankdir=LR;",
        '  "id-of-churn" [label="default/model:churn@1 (truefoundry)", shape=box, style=bold];',
    ]
    assert '  "id-of-raw data" -> "id-of-night \\\\x1b[31mrun" [label="consumed by load"];' in lines
    assert lines[-1] == "}"


def test_a_mermaid_diagram() -> None:
    lines = forms.mermaid(GRAPH).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  n2["default/table@v#124;2 #40;zenml#41;"]' in lines
    assert '  n3(["run night \\x1b#91;31mrun #40;prefect, completed#41;"])' in lines
    assert '  n3 -->|"produced by train"| n0' in lines
    assert lines[-1] == "  style n0 stroke-width:3px"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert forms.columns(("A", "BC"), [("long", "x"), ("", "y\n")]) == ["A     BC", "long  x", "      y\\n"]
