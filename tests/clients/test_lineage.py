"""Lineage across real clients: what each of them says, in its own words, is one graph."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import client_python
from tests.clients.programs import Place, Setting, expect_done, running, serving
from tests.clients.test_content import ENVIRONMENTS
from tests.support.databases import ENGINES, Databases

FOLDER = Path(__file__).parent / "lineage"
PROGRAMS = ("zenml_writes", "prefect_flow", "truefoundry_logs")
"""In this order: the second and the third use what was written before them, the first says what comes later."""


@pytest.fixture(scope="module", params=ENGINES)
def place(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A gateway to which every program has written, once on each engine."""
    home = tmp_path_factory.mktemp("lineage")
    with serving(Setting(str(request.param), "open"), databases, home) as served:
        for name in PROGRAMS:
            client = name.partition("_")[0]
            environment = ENVIRONMENTS[client](served)
            with running(client_python(client), FOLDER, [name], environment, home, side_by_side=1) as runs:
                expect_done(runs, name)
        yield served


def edges(place: Place, reference: str, *options: str) -> set[tuple[str, str, str, str | None]]:
    """Source, relation, target and step of each edge; runs by their clients, versions by kind and name."""
    graph: Any = json.loads(place.gateway.command("lineage", reference, "--json", *options))
    names = {
        node["id"]: f"{node['dialect']} run" if node["entity"] == "run" else f"{node['kind']}:{node['name']}"
        for node in graph["nodes"]
    }
    assert graph["missing"] == []
    return {
        (
            names[edge["source"]],
            edge["relation"],
            names[edge["target"]],
            edge["step"] and edge["step"].partition("-")[0],
        )
        for edge in graph["edges"]
    }


UPWARD = {
    ("artifact:features", "derived", "model:churn", None),
    ("artifact:summary", "derived", "model:churn", None),
    ("artifact:summary", "derived", "truefoundry run", None),
    ("truefoundry run", "produced", "model:churn", None),
    ("artifact:features", "derived", "prefect run", "summarize"),
    ("prefect run", "produced", "artifact:summary", "summarize"),
    ("artifact:raw-table", "derived", "artifact:features", None),
}


def test_a_model_comes_from_what_all_clients_wrote(place: Place) -> None:
    assert edges(place, "model:default/default/churn:latest", "--up") == UPWARD


def test_what_was_written_first_is_used_by_all_of_them(place: Place) -> None:
    used = {
        ("artifact:features", "derived", "zenml run", "count"),
        ("zenml run", "produced", "artifact:counting::count::output", "count"),
    }
    overview = {
        ("artifact:summary", "derived", "artifact:overview", None),
        ("prefect run", "produced", "artifact:overview", None),
    }
    assert edges(place, "prefect:raw-table", "--down") == UPWARD | used | overview


def test_the_lineage_is_shown_as_a_tree(place: Place) -> None:
    lines = place.gateway.command("lineage", "zenml:model:churn:1", "--up").splitlines()
    assert lines[0] == "default/model:churn@1 (truefoundry)"
    assert any("run train (truefoundry, completed)" in line for line in lines)
    assert any("[step summarize" in line for line in lines)
