"""Filters against what they mean, spelled out once more by SQL's logic of three values, as the real server has it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.prefect import filters
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCollectionFilter, ArtifactFilter, ArtifactSort
from isogloss.adapters.prefect.bodies.deployments import DeploymentFilter
from isogloss.adapters.prefect.bodies.flow_runs import FlowRunFilter
from isogloss.adapters.prefect.bodies.flows import FlowFilter
from isogloss.adapters.prefect.bodies.logs import LogFilter
from isogloss.adapters.prefect.bodies.task_runs import TaskRunFilter
from isogloss.adapters.prefect.forms import shown_form
from isogloss.core.query import EVERYTHING, NOTHING, Has, Row, Where, evaluate, matches

Truth = bool | None
"""True, false, or unknown."""

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
KEYS = ["", "a", "a-b", "b"]
TYPES = ["", "table", "Table", "markdown", "progress"]

ids = st.lists(st.sampled_from(IDS), max_size=2)
flags = st.booleans()
choice = st.sampled_from(["and_", "or_"])


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these members."""
    return st.fixed_dictionaries({}, optional=members)


def asked_of(ids_member: str) -> st.SearchStrategy[dict[str, Any]]:
    return objects(
        operator=choice,
        key=objects(
            any_=st.lists(st.sampled_from(KEYS), max_size=2),
            like_=st.sampled_from(["", "A", "-", "_", "%b"]),
            exists_=flags,
        ),
        flow_run_id=objects(any_=ids),
        task_run_id=objects(any_=ids),
        type=objects(
            any_=st.lists(st.sampled_from(TYPES), max_size=2),
            not_any_=st.lists(st.sampled_from(TYPES), max_size=2),
        ),
        **{ids_member: objects(any_=ids)},
    )


rows = st.fixed_dictionaries(
    {
        "id": st.sampled_from(IDS),
        "artifact.slug": st.none() | st.sampled_from(KEYS),
        "dialect": st.sampled_from(["prefect", "zenml", "truefoundry"]),
        "form": st.none() | st.sampled_from(TYPES),
        "producer_run": st.none() | st.sampled_from(IDS),
        "producer_step": st.none() | st.sampled_from(IDS),
    }
)


def every(truths: list[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def some(truths: list[Truth]) -> Truth:
    if True in truths:
        return True
    return None if None in truths else False


def among(value: Any, values: list[Any]) -> Truth:
    if not values:
        return False
    return None if value is None else value in values


def criteria(asked: dict[str, Any], value: Any) -> Truth:
    """What one member asks of one value."""
    truths: list[Truth] = []
    if "any_" in asked:
        truths.append(among(value, asked["any_"]))
    if asked.get("not_any_"):
        found = among(value, asked["not_any_"])
        truths.append(None if found is None else not found)
    if asked.get("like_"):
        truths.append(None if value is None else matches(f"%{asked['like_']}%", value))
    if "exists_" in asked:
        truths.append((value is not None) is asked["exists_"])
    return every(truths)


def shown(row: Row, field: str) -> Any:
    """What is shown of a field: of what others wrote, another type than the form that it has, where that is no type."""
    prefix, _, name = field.rpartition(".")
    dialect = row[f"{prefix}.dialect" if prefix == "version" else "dialect"]
    return shown_form(row[field]) if name == "form" and dialect != "prefect" else row[field]


def satisfied(asked: dict[str, Any], row: Row, fields: dict[str, str]) -> bool:
    """Whether the row is found, by the letter of the vendor's rules for what is shown of it."""
    truths = [criteria(asked[member], shown(row, field)) for member, field in fields.items() if member in asked]
    if not truths:
        return True
    return (some(truths) if asked.get("operator") == "or_" else every(truths)) is True


VERSION_FIELDS = {
    "id": "id",
    "key": "artifact.slug",
    "flow_run_id": "producer_run",
    "task_run_id": "producer_step",
    "type": "form",
}
HEAD_FIELDS = {
    "latest_id": "version.id",
    "key": "slug",
    "flow_run_id": "version.producer_run",
    "task_run_id": "version.producer_step",
    "type": "version.form",
}


@given(asked=asked_of("id"), row=rows)
def test_artifacts_are_found_by_the_letter(asked: dict[str, Any], row: dict[str, Any]) -> None:
    where = filters.artifacts(ArtifactFilter.model_validate(asked))
    assert evaluate(where, row) is satisfied(asked, row, VERSION_FIELDS)


@given(asked=asked_of("latest_id"), row=rows.filter(lambda row: row["artifact.slug"] is not None))
def test_collections_are_found_by_their_newest_version(asked: dict[str, Any], row: dict[str, Any]) -> None:
    head = {"slug": row["artifact.slug"], "dialect": None, **{f"version.{name}": value for name, value in row.items()}}
    where = filters.collections(ArtifactCollectionFilter.model_validate(asked))
    assert evaluate(where, head) is satisfied(asked, head, HEAD_FIELDS)


@pytest.mark.parametrize(
    "where",
    [
        filters.artifacts(None),
        filters.artifacts(ArtifactFilter()),
        filters.artifacts(ArtifactFilter.model_validate({"type": {}, "key": {"like_": ""}})),
        filters.artifacts(ArtifactFilter.model_validate({"operator": "or_", "id": {"any_": []}, "type": {}})),
        filters.collections(None),
        filters.producers(None, None, None, None),
        filters.flow_run(FlowRunFilter()),
        filters.flow_run(FlowRunFilter.model_validate({"tags": {"all_": []}, "state": {"type": {}}})),
        filters.flow_run(
            FlowRunFilter.model_validate(
                {"state": {"type": {"any_": ["FAILED"], "not_any_": ["CRASHED"]}}},
            )
        ),
        filters.task_run(TaskRunFilter()),
        filters.task_run(TaskRunFilter.model_validate({"subflow_runs": {}})),
        filters.task_run(TaskRunFilter.model_validate({"flow_run_id": {"is_null_": None}})),
        filters.flow(FlowFilter.model_validate({"deployment": {}})),
        filters.deployment(DeploymentFilter.model_validate({"concurrency_limit": {"ge_": 5}, "paused": {}})),
        filters.logs(None),
        filters.logs(LogFilter.model_validate({"text": {"query": " "}, "operator": "or_"})),
    ],
)
def test_these_ask_nothing(where: Where) -> None:
    assert where == EVERYTHING


def test_any_of_no_tags_is_satisfied_by_nothing() -> None:
    where = filters.flow_run(FlowRunFilter.model_validate({"tags": {"any_": []}}))
    assert isinstance(where, Has)
    assert not evaluate(where, {}, lambda row, relation: [{"dialect": "prefect", "name": "tag", "value": "a"}])


def test_one_run_must_satisfy_what_is_asked_of_runs_flows_and_deployments() -> None:
    where = filters.producers(FlowRunFilter(), None, FlowFilter(), DeploymentFilter())
    assert isinstance(where, Has)
    assert where.relation == "run"
    run = {"id": "r"}
    relations: dict[str, list[Row]] = {"run": [run], "workflow": [{"id": "w"}], "deployment": []}
    assert not evaluate(where, {}, lambda row, relation: relations[relation])
    relations["deployment"] = [{"id": "d"}]
    assert evaluate(where, {}, lambda row, relation: relations[relation])


@pytest.mark.parametrize(
    ("started", "expected", "found"),
    [(5, 50, True), (None, 5, True), (50, 5, False), (None, 50, False), (None, None, False)],
)
def test_what_has_not_started_counts_by_when_it_should(started: int | None, expected: int | None, found: bool) -> None:
    asked = FlowRunFilter.model_validate({"start_time": {"before_": "1970-01-01T00:00:00.000010Z"}})
    row = {"started": started, "expected_start": expected}
    assert evaluate(filters.flow_run(asked), row) is found


@given(
    before=st.none() | st.integers(-3, 3),
    after=st.none() | st.integers(-3, 3),
    null=st.none() | flags,
    ended=st.none() | st.integers(-3, 3),
)
def test_both_ends_of_a_span_count(before: int | None, after: int | None, null: bool | None, ended: int | None) -> None:
    asked = FlowRunFilter.model_validate(
        {
            "end_time": {
                "before_": None if before is None else before / 1e6,
                "after_": None if after is None else after / 1e6,
                "is_null_": null,
            }
        }
    )
    wanted = (
        (before is None or (ended is not None and ended <= before))
        and (after is None or (ended is not None and ended >= after))
        and (null is None or (ended is None) is null)
    )
    assert evaluate(filters.flow_run(asked), {"ended": ended}) is wanted


@pytest.mark.parametrize(
    ("asked", "part_of", "found"),
    [
        ({}, None, False),
        ({}, "r", True),
        ({"is_null_": True, "any_": [IDS[0]]}, None, True),
        ({"is_null_": True, "any_": [IDS[0]]}, IDS[0], False),
        ({"any_": [IDS[0]]}, IDS[0], True),
        ({"any_": [IDS[0]]}, IDS[1], False),
        ({"any_": []}, IDS[0], False),
        ({"is_null_": None, "any_": None}, None, True),
    ],
)
def test_task_runs_by_their_flow_run(asked: dict[str, Any], part_of: str | None, found: bool) -> None:
    where = filters.task_run(TaskRunFilter.model_validate({"flow_run_id": asked}))
    assert evaluate(where, {"parent_id": part_of}) is found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("failed", True),
        ("FAILED", True),
        ("runs", True),
        ("absent failed", True),
        ("absent", False),
        ("-failed", False),
        ("failed -absent", True),
        ("+failed +runs", True),
        ("+failed +absent", False),
        ('"step failed"', True),
    ],
)
def test_logs_are_searched_by_message_and_logger(query: str, found: bool) -> None:
    where = filters.logs(LogFilter.model_validate({"text": {"query": query}}))
    assert evaluate(where, {"message": "A step Failed.", "name": "prefect.flow_runs"}) is found


def test_every_order_is_known() -> None:
    assert set(filters.ARTIFACT_SORTS) == set(filters.COLLECTION_SORTS) == set(ArtifactSort)
    assert filters.artifacts(ArtifactFilter.model_validate({"id": {"any_": []}})) != NOTHING
    assert not evaluate(filters.artifacts(ArtifactFilter.model_validate({"id": {"any_": []}})), {"id": "a"})
