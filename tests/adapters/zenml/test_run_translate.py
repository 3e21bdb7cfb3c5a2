"""Runs and steps on the wire: every row prints as something that the client parses, also what no ZenML client wrote."""

import json
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.zenml.filters.language import condition
from isogloss.adapters.zenml.filters.runs import RUNS, STEPS
from isogloss.adapters.zenml.kinds import stand_in_id
from isogloss.adapters.zenml.run_translate import NAME_LENGTH, RunAround, StepAround, run, stand_in, status, step
from isogloss.adapters.zenml.states import FOREIGN, FOREIGN_NAMES, TYPES
from isogloss.core.model import Run, Workflow
from isogloss.core.query import evaluate
from isogloss.core.registry.runs import STATE_TYPES

ids = st.uuids().map(str)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
long_texts = st.one_of(texts, texts.map(lambda text: (text or "x") * 300))
instants = st.integers(-(2**63), 2**63 - 1)
documents = st.one_of(st.none(), st.dictionaries(texts, st.one_of(st.none(), st.integers(), texts)).map(json.dumps))
facets = st.one_of(st.none(), st.sampled_from(["{}", "[]", "null", '{"index":"x"}', "not json"]))
words = [name for _, name in FOREIGN_NAMES] + ["Late", "AwaitingRetry", *TYPES]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def rows(draw: st.DrawFn) -> Run:
    dialect = draw(st.sampled_from(["prefect", "truefoundry", "zenml"]))
    return Run(
        id=draw(ids),
        project_id=draw(ids),
        dialect=dialect,
        role="step",
        workflow_id=draw(maybe(ids)),
        deployment_id=draw(maybe(ids)),
        parent_id=draw(maybe(ids)),
        position=None,
        key=draw(maybe(texts)),
        name=draw(texts if dialect == "zenml" else long_texts),
        metadata=draw(documents),
        state_id=None,
        state_type=draw(maybe(st.sampled_from(STATE_TYPES))),
        state_name=draw(maybe(st.sampled_from(words))),
        state_at=None,
        expected_start=None,
        next_start=None,
        started=draw(maybe(instants)),
        ended=draw(maybe(instants)),
        attempts=draw(st.integers(0, 2**31 - 1)),
        spent=0,
        tags="[]",
        facet=draw(facets),
        author_id=draw(maybe(ids)),
        created=draw(instants),
        updated=draw(instants),
        deleted=None,
    )


def decoded(answer: object) -> Any:
    return json.loads(msgspec.json.encode(answer))


@given(rows(), st.booleans())
def test_every_run_prints_what_the_client_insists_on(row: Run, hydrate: bool) -> None:
    workflow = Workflow(
        id=row.workflow_id or "",
        project_id=row.project_id,
        dialect="prefect",
        role="workflow",
        parent_id=None,
        name="flow",
        tags="[]",
        facet=None,
        author_id=None,
        created=0,
        updated=0,
    )
    shown = decoded(run(row, RunAround(workflows={workflow.id: workflow}), hydrate=hydrate))
    assert UUID(shown["id"]) == UUID(row.id)
    assert len(shown["name"]) <= NAME_LENGTH
    body = shown["body"]
    assert body["status"] in TYPES
    assert isinstance(body["in_progress"], bool)
    assert isinstance(body["index"], int)
    assert (shown["resources"]["tags"], shown["resources"]["pipeline"]) == ([], None)
    if hydrate:
        assert isinstance(shown["metadata"]["config"]["name"], str)
        assert isinstance(shown["metadata"]["enable_heartbeat"], bool)
        for name in ("run_metadata", "client_environment", "orchestrator_environment"):
            assert isinstance(shown["metadata"][name], dict)
        assert None not in shown["metadata"]["run_metadata"].values()


@given(rows(), st.booleans())
def test_every_step_prints_what_the_client_insists_on(row: Run, hydrate: bool) -> None:
    shown = decoded(step(row, StepAround(), hydrate=hydrate))
    assert len(shown["name"]) <= NAME_LENGTH
    assert shown["body"]["status"] in TYPES
    assert isinstance(shown["body"]["version"], int)
    assert isinstance(shown["body"]["is_retriable"], bool)
    assert shown["resources"]["inputs"] == shown["resources"]["outputs"] == {}
    if hydrate:
        metadata = shown["metadata"]
        for name in ("snapshot_id", "pipeline_run_id"):
            assert str(UUID(metadata[name])) == metadata[name]
        assert isinstance(metadata["config"]["name"], str)
        assert metadata["spec"]["source"].keys() >= {"module", "type"}
        assert metadata["spec"]["upstream_steps"] == []


@given(rows(), rows())
def test_steps_of_one_name_that_others_wrote_can_be_told_apart(one: Run, two: Run) -> None:
    same = msgspec.structs.replace(two, name=one.name, dialect="prefect")
    other = msgspec.structs.replace(one, dialect="prefect")
    names = [step(row, StepAround(), hydrate=False).name for row in (other, same)]
    assert (names[0] == names[1]) == (one.id[-8:] == two.id[-8:])


def columns(row: Run) -> dict[str, Any]:
    """A row as a filter sees it."""
    fields = msgspec.structs.asdict(row)
    return fields | {"name_in_run": f"{row.name[:246]}-{row.id[28:]}"}


@given(rows(), st.sampled_from(sorted(TYPES)), st.sampled_from(["", "notequals:", "startswith:", "contains:"]))
def test_a_status_is_found_as_it_is_shown(row: Run, word: str, operator: str) -> None:
    row = msgspec.structs.replace(row, state_name=row.state_name if row.dialect != "zenml" else word)
    if row.dialect == "zenml":
        row = msgspec.structs.replace(row, state_type=TYPES[word])
    where = RUNS.filters["status"](condition(operator + word))
    shown = status(row)
    expected = {
        "": shown == word,
        "notequals:": shown != word,
        "startswith:": shown.startswith(word),
        "contains:": word in shown,
    }
    assert evaluate(where, columns(row)) == expected[operator]


@given(rows())
def test_a_step_is_found_by_the_name_that_it_shows(row: Run) -> None:
    shown = step(row, StepAround(), hydrate=False).name
    if not shown.startswith(("oneof:", "isnull:")) and ":" not in shown:
        assert evaluate(STEPS.filters["name"](condition(shown)), columns(row))


@given(rows())
def test_the_step_that_stands_for_a_run_leads_back_to_it(row: Run) -> None:
    standing = stand_in(row)
    assert (stand_in_id(standing.id), standing.parent_id) == (row.id, row.id)
    assert standing.id != row.id
    assert decoded(step(standing, StepAround(), hydrate=True))["metadata"]["pipeline_run_id"] == row.id


def test_every_type_of_state_has_a_word() -> None:
    assert FOREIGN.keys() == set(STATE_TYPES)
    assert set(FOREIGN.values()) | set(FOREIGN_NAMES.values()) <= TYPES.keys()
