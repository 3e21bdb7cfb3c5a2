"""Rows of any dialect as Prefect's artifacts: what the vendor's client can read, and nothing lost on the way back."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from isogloss.adapters.prefect import translate
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate
from isogloss.core.model import Version

PREFECT_ID = "018f0000-0000-7000-8000-000000000001"


class Artifact(BaseModel):
    """What the vendor's client makes of an artifact: its members and their types."""

    model_config = ConfigDict(extra="forbid", strict=False)

    id: UUID
    created: datetime | None
    updated: datetime | None
    key: str | None
    type: str | None
    description: str | None
    data: dict[str, Any] | Any | None
    metadata_: dict[str, str] | None
    flow_run_id: UUID | None
    task_run_id: UUID | None


class ArtifactCollection(Artifact):
    """And of a collection."""

    key: str
    latest_id: UUID


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(st.text(max_size=8), json_values, max_size=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
producers = st.none() | st.uuids().map(str) | texts


def encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


contents = st.tuples(
    st.sampled_from(["zenml", "truefoundry"]),
    st.none() | texts,
    st.none() | texts,
    st.none() | json_values.map(encoded),
    st.none() | documents.map(encoded),
    producers,
    producers,
)


@given(made=instants, changed=instants, key=st.none() | texts, content=contents)
def test_a_row_of_another_dialect_is_readable(made: int, changed: int, key: str | None, content: Any) -> None:
    printed = msgspec.json.encode(translate.artifact((PREFECT_ID, made, changed, key, *content)))
    read = Artifact.model_validate_json(printed)
    assert list(json.loads(printed)) == list(Artifact.model_fields)
    assert (str(read.id), read.key, read.type) == (PREFECT_ID, key, content[1])
    assert read.data == (None if content[3] is None else json.loads(content[3]))


@given(made=instants, changed=instants, key=texts, content=contents)
def test_so_is_its_head(made: int, changed: int, key: str, content: Any) -> None:
    row = (PREFECT_ID, made, changed, key, PREFECT_ID, *content)
    printed = msgspec.json.encode(translate.collection(row))
    members = ["id", "created", "updated", "key", "latest_id", *list(Artifact.model_fields)[4:]]
    assert list(json.loads(printed)) == members
    ArtifactCollection.model_validate_json(printed)
    latest = json.loads(msgspec.json.encode(translate.latest(row)))
    assert latest == {name: value for name, value in json.loads(printed).items() if name != "latest_id"}


@given(instants)
def test_moments_are_exact_to_the_microsecond(instant: int) -> None:
    shown = translate.artifact((PREFECT_ID, instant, instant, None, "prefect", *[None] * 6)).created
    since = shown - datetime(1970, 1, 1, tzinfo=UTC)
    assert (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds == instant


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (1_750_000_000_000_000, "2025-06-15T15:06:40Z"),
        (1_750_000_000_000_001, "2025-06-15T15:06:40.000001Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_moments_are_printed_in_utc(instant: int, text: str) -> None:
    row = (PREFECT_ID, instant, instant, None, "prefect", *[None] * 6)
    assert json.loads(msgspec.json.encode(translate.artifact(row)))["created"] == text


@given(documents)
def test_metadata_sent_back_as_shown_stays_what_it_is(document: dict[str, Any]) -> None:
    kept = encoded(document)
    shown = json.loads(translate.shown_metadata(kept) or "")
    assert all(isinstance(value, str) for value in shown.values())
    assert json.loads(translate.sent_metadata(shown, kept) or "") == json.loads(kept)


@given(document=documents, name=st.text(max_size=8), text=st.text(max_size=8))
def test_a_value_that_was_edited_is_text(document: dict[str, Any], name: str, text: str) -> None:
    kept = encoded(document)
    shown = json.loads(translate.shown_metadata(kept) or "")
    sent = shown | {name: f"{text} edited"}
    after = json.loads(translate.sent_metadata(sent, kept) or "")
    assert after == json.loads(kept) | {name: f"{text} edited"}


def test_a_long_value_that_the_vendor_cuts_on_its_way_back_is_not_lost() -> None:
    kept = encoded({"long": "x" * 600, "list": list(range(300))})
    shown = json.loads(translate.shown_metadata(kept) or "")
    sent = ArtifactCreate.model_validate({"metadata_": shown}).metadata_
    assert sent is not None
    assert sent["long"] == "x" * 500 + "..."
    assert translate.sent_metadata(sent, kept) == kept


@pytest.mark.parametrize(("sent", "kept", "after"), [(None, '{"a":1}', None), ({}, '{"a":1}', "{}"), ({}, None, "{}")])
def test_null_metadata_differs_from_empty(sent: dict[str, str] | None, kept: str | None, after: str | None) -> None:
    assert translate.sent_metadata(sent, kept) == after


@given(
    data=json_values,
    metadata=st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    key=st.none() | st.just("a-key"),
    form=st.none() | texts.filter(lambda text: "\0" not in text),
    run=st.none() | st.uuids().map(str),
)
def test_what_a_client_sends_comes_back(
    data: Any, metadata: dict[str, str] | None, key: str | None, form: str | None, run: str | None
) -> None:
    body = ArtifactCreate.model_validate(
        {"key": key, "type": form, "data": data, "metadata_": metadata, "flow_run_id": run}
    )
    draft = translate.draft(body)
    version = Version(
        id=PREFECT_ID,
        project_id=PREFECT_ID,
        artifact_id=PREFECT_ID,
        kind="artifact",
        ordinal=1,
        label="1",
        number=1,
        author_id=None,
        created=1,
        updated=1,
        **{name: value for name, value in msgspec.structs.asdict(draft).items() if name not in ("id", "label")},
    )
    shown = json.loads(msgspec.json.encode(translate.created(version, key)))
    assert (shown["key"], shown["type"], shown["flow_run_id"]) == (key, form, run)
    assert shown["data"] == json.loads(json.dumps(data))
    assert shown["metadata_"] == metadata
