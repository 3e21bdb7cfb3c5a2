"""How a Prefect server is read: what cannot be read of it is named, and everything else comes."""

from typing import Any

import pytest

from isogloss.adapters.prefect.importing.reader import PAGE, not_brought, pages
from isogloss.adapters.source import SourceError
from tests.adapters.prefect.importing.rows import (
    FLOW,
    FLOW_RUN,
    OTHER,
    PROJECT,
    Row,
    Source,
    artifact,
    collection,
    deployment,
    flow,
    flow_run,
    log,
    schedule,
    state,
    task_run,
    told,
)

GOOD = "0f000000-0000-4000-8000-00000000ffff"

BROKEN = [
    ("/flows", "flows", flow, {"name": 5}, "$.name"),
    ("/flows", "flows", flow, {"created": "yesterday"}, "$.created"),
    ("/flows", "flows", flow, {"created": "2026-03-01T10:00:00"}, "$.created"),
    ("/flows", "flows", flow, {"tags": {"a": 1}}, "array"),
    ("/deployments", "deployments", deployment, {"flow_id": None}, "$.flow_id"),
    (
        "/deployments",
        "deployments",
        deployment,
        {"schedules": [schedule(active="now and then")]},
        "$.schedules[0].active",
    ),
    ("/flow_runs", "flow runs", flow_run, {"run_count": 2**40}, "$.run_count"),
    ("/flow_runs", "flow runs", flow_run, {"empirical_policy": []}, "$.empirical_policy"),
    (
        "/flow_runs",
        "flow runs",
        flow_run,
        {"state": state(state_details={"scheduled_time": "soon"})},
        "$.scheduled_time",
    ),
    ("/task_runs", "task runs", task_run, {"task_key": None}, "$.task_key"),
    ("/logs", "log lines", log, {"level": "high"}, "$.level"),
    ("/artifacts", "artifact versions", artifact, {"metadata_": ["a"]}, "object"),
    ("/artifacts/latest", "artifact keys", collection, {"latest_id": "newest"}, "regex"),
]


@pytest.mark.parametrize(("path", "noun", "row", "odd", "where"), BROKEN)
async def test_a_row_that_cannot_be_read_is_named_and_left_out(
    path: str, noun: str, row: Any, odd: Row, where: str
) -> None:
    good, bad = row(id=GOOD), row(**odd)
    batch = (await told(Source({path: [bad, good]})))[noun]
    [left] = batch.left_out
    assert bad["id"] in left.name
    assert where in left.reason
    assert (await told(Source({path: [good]})))[noun] == type(batch)(
        **{name: getattr(batch, name) for name in batch.__struct_fields__} | {"left_out": []}
    )


@pytest.mark.parametrize("odd", [5, None, "text", [], {}, {"id": 7}])
async def test_a_row_that_is_none_is_left_out(odd: object) -> None:
    batch = (await told(Source({"/flow_runs": [odd, flow_run()]})))["flow runs"]
    assert [run.id for run in batch.runs] == [FLOW_RUN]
    assert len(batch.left_out) == 1


async def test_a_state_that_cannot_be_read_is_left_out_of_its_runs_history() -> None:
    history = {FLOW_RUN: [state(id=OTHER, type=None), state()]}
    batch = (await told(Source({"/flow_runs": [flow_run()]}, history)))["flow runs"]
    assert [kept.id for kept in batch.states] == [state()["id"]]
    [left] = batch.left_out
    assert left.name == f"a state of {FLOW_RUN}"
    assert "$.type" in left.reason


async def test_a_list_is_read_from_its_oldest_row_on() -> None:
    newest_first = [flow(id=f"0f000000-0000-4000-8000-{number:012d}") for number in reversed(range(PAGE + 3))]
    batches = [read({}) async for page in pages(Source({"/flows": newest_first}), PROJECT) for read in page]
    assert [len(batch.workflows) for batch in batches] == [PAGE, 3]
    assert newest_first[-1]["id"] in {row.id for row in batches[0].workflows}


async def test_what_is_here_under_another_id_is_read_by_ours() -> None:
    source = Source({"/deployments": [deployment()]})
    [[read]] = [page async for page in pages(source, PROJECT)]
    [row] = read({FLOW: OTHER}).workflows
    assert row.parent_id == OTHER


@pytest.mark.parametrize("answer", [b"<html>", b'{"a":1}', b"5", b""])
async def test_an_answer_that_is_no_page_is_the_sources_fault(answer: bytes) -> None:
    async def fetch(method: str, path: str, body: Any = None) -> bytes:
        return b"1" if path.endswith("/count") else answer

    with pytest.raises(SourceError, match="POST /flows/filter is answered with something else"):
        [page async for page in pages(fetch, PROJECT)]


async def test_what_has_no_place_here_is_counted() -> None:
    source = Source({"/variables": [1, 2], "/work_pools": [1]})
    assert await not_brought(source) == {"variables": 2, "work pools": 1}
