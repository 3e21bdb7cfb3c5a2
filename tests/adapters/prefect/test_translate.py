"""Rows of any dialect as Prefect's artifacts: what the vendor's client can read, and nothing lost on the way back."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict

from isogloss.adapters.prefect import translate
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate, ArtifactUpdate
from isogloss.adapters.prefect.failures import Refusal
from isogloss.adapters.prefect.foreign import (
    Foreign,
    Maker,
    facts,
    kept_description,
    page,
    sent_metadata,
    shown_description,
    shown_metadata,
)
from isogloss.adapters.prefect.forms import FORMS, SHOWN_BYTES, shown_form
from isogloss.adapters.prefect.tags import with_tags
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


tables = st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), max_size=2)
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


forms = st.none() | st.sampled_from([*FORMS]) | texts
foreign_versions = st.builds(
    Foreign,
    version=st.builds(
        Version,
        id=st.just(PREFECT_ID),
        project_id=st.just(PREFECT_ID),
        artifact_id=st.just(PREFECT_ID),
        kind=st.sampled_from(["artifact", "model", "prompt"]),
        ordinal=st.integers(1, 2**63 - 1),
        label=texts,
        number=st.none(),
        alias=st.none() | texts,
        dialect=st.sampled_from(["zenml", "truefoundry"]),
        role=st.sampled_from(["data", "model", "base"]),
        form=forms,
        internal=st.just(False),
        tagged=st.booleans(),
        uri=st.none() | st.sampled_from(["s3://b/k|`x`", "file:///a", "gs://b", "/tmp/x\n"]) | texts,
        owned=st.booleans(),
        store_id=st.none(),
        loader=st.none() | json_values.map(encoded) | texts,
        data_type=st.none() | st.just('{"module":"builtins","attribute":"str"}'),
        data=st.none() | json_values.map(encoded) | tables.map(encoded) | tables.map(encoded).map(encoded),
        description=st.none() | texts,
        metadata=st.none() | documents.map(encoded),
        producer_run=producers,
        producer_step=producers,
        step=st.none() | st.integers(0, 10),
        author_id=st.none(),
        facet=st.none(),
        created=instants,
        updated=instants,
    ),
    name=st.none() | texts,
    word=st.none() | texts,
    tags=st.lists(texts, max_size=3),
    makers=st.just({}),
    root=st.just("http://gateway"),
    repo=st.just("default/default"),
)


def row_of(foreign: Foreign, made: int, changed: int, key: str | None) -> translate.Row:
    """The row of ``ARTIFACT_FIELDS`` of a version."""
    content = [getattr(foreign.version, name) for name in translate.ARTIFACT_FIELDS[4:]]
    return (PREFECT_ID, made, changed, key, *content)


def around(foreign: Foreign) -> translate.Around:
    """What is shown beside the row of a version of another dialect."""
    return translate.Around(foreign={PREFECT_ID: foreign}, tags={PREFECT_ID: foreign.tags})


def is_showable(form: str, data: Any) -> bool:
    """Whether both of the vendor's bundles show such data without breaking."""
    match form:
        case "markdown" | "link":
            return isinstance(data, str)
        case "table":
            return isinstance(data, str) and isinstance(json.loads(data), list | dict)
        case "image":
            return data is None or isinstance(data, str)
        case "progress":
            return data is None or (isinstance(data, int | float) and not isinstance(data, bool))
    return False


@given(made=instants, changed=instants, key=st.none() | texts, foreign=foreign_versions)
def test_a_row_of_another_dialect_is_readable(made: int, changed: int, key: str | None, foreign: Foreign) -> None:
    row = row_of(foreign, made, changed, key)
    assert translate.sought_artifacts([row]) == [(PREFECT_ID, foreign.version.dialect)]
    printed = msgspec.json.encode(translate.artifacts([row], around(foreign))[0])
    read = Artifact.model_validate_json(printed)
    assert list(json.loads(printed)) == list(Artifact.model_fields)
    assert (str(read.id), read.key, read.type) == (PREFECT_ID, key, shown_form(foreign.version.form))
    assert read.type is not None
    assert read.description
    assert is_showable(read.type, read.data), read
    assert len(printed) <= 2 * SHOWN_BYTES
    assert read.metadata_ is not None
    assert json.loads(read.metadata_["isogloss.tags"]) == list(foreign.tags)


@given(made=instants, changed=instants, key=texts, foreign=foreign_versions)
def test_so_is_its_head(made: int, changed: int, key: str, foreign: Foreign) -> None:
    row = row_of(foreign, made, changed, key)
    head = (*row[:4], PREFECT_ID, *row[4:])
    assert translate.sought_collections([head]) == [(PREFECT_ID, foreign.version.dialect)]
    printed = msgspec.json.encode(translate.collections([head], around(foreign))[0])
    members = ["id", "created", "updated", "key", "latest_id", *list(Artifact.model_fields)[4:]]
    assert list(json.loads(printed)) == members
    ArtifactCollection.model_validate_json(printed)
    latest = json.loads(msgspec.json.encode(translate.latest(head, around(foreign))))
    assert latest == {name: value for name, value in json.loads(printed).items() if name != "latest_id"}


own_metadata = st.none() | st.dictionaries(texts, texts, max_size=3)


@given(key=texts, metadata=own_metadata, names=st.lists(texts, max_size=3))
def test_tags_on_an_artifact_of_ones_own_stand_in_its_metadata(
    key: str, metadata: dict[str, str] | None, names: list[str]
) -> None:
    given = None if metadata is None else encoded(metadata)
    version = replace(a_foreign().version, dialect="prefect", tagged=True, metadata=given)
    row = row_of(a_foreign_of(version), 1, 1, key)
    head = (*row[:4], PREFECT_ID, *row[4:])
    assert translate.sought_artifacts([row]) == translate.sought_collections([head]) == [(PREFECT_ID, "prefect")]
    beside = translate.Around(foreign={}, tags={PREFECT_ID: names} if names else {})
    shown = [
        translate.artifacts([row], beside)[0],
        translate.collections([head], beside)[0],
        translate.latest(head, beside),
    ]
    first, *others = [json.loads(msgspec.json.encode(each))["metadata_"] for each in shown]
    assert [first, first] == others
    assert first == ({**(metadata or {}), "isogloss.tags": encoded(names)} if names else metadata)
    sent_back = translate.changes(ArtifactUpdate.model_validate({"metadata_": first}))["metadata"](version)
    assert (None if sent_back is None else json.loads(sent_back)) == metadata


@given(made=instants, key=texts, metadata=own_metadata)
def test_a_row_without_tags_is_not_sought_and_shown_as_it_is(
    made: int, key: str, metadata: dict[str, str] | None
) -> None:
    given = None if metadata is None else encoded(metadata)
    version = replace(a_foreign().version, dialect="prefect", tagged=False, metadata=given)
    row = row_of(a_foreign_of(version), made, made, key)
    head = (*row[:4], PREFECT_ID, *row[4:])
    assert (translate.sought_artifacts([row]), translate.sought_collections([head])) == ([], [])
    for beside in (None, translate.Around(foreign={}, tags={})):
        assert translate.artifacts([row], beside) == [translate.artifact(row)]
        assert translate.collections([head], beside) == [translate.collection(head)]


@pytest.mark.parametrize(
    ("metadata", "names", "shown"),
    [
        ('{"isogloss.tags":"[]"}', [], "{}"),
        ('{"isogloss.tags":["x"],"a":1}', ["gold"], '{"a":1,"isogloss.tags":"[\\"gold\\"]"}'),
        ('{"a": 1e400,"b":[12345678901234567890123]}', [], '{"a": 1e400,"b":[12345678901234567890123]}'),
        (
            '{"a":1e400,"b":[12345678901234567890123]}',
            ["Łódź"],
            '{"a":1e400,"b":[12345678901234567890123],"isogloss.tags":"[\\"Łódź\\"]"}',
        ),
    ],
)
def test_only_the_member_of_tags_differs(metadata: str, names: list[str], shown: str) -> None:
    assert with_tags(metadata, names) == shown


@given(foreign_versions)
def test_a_page_links_nothing_but_the_registry(foreign: Foreign) -> None:
    shown = page(foreign)
    assert len(shown.encode()) <= SHOWN_BYTES
    outside = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", shown, flags=re.DOTALL)
    links = re.findall(r"(?<!\\)\]\((.*?)\)", outside)
    assert links == [f"http://gateway/api/isogloss/v1/versions/{PREFECT_ID}/files"]


def test_a_page_of_much_metadata_is_cut_and_says_so() -> None:
    document = encoded({f"key-{number}": "x" * 5_000 for number in range(1_000)})
    foreign = a_foreign(metadata=document, data=encoded("y" * 50_000))
    shown = page(foreign)
    assert len(shown.encode()) <= SHOWN_BYTES
    assert re.search(r"\d+ more are in the artifact's metadata", shown)
    assert "50002 bytes of JSON" in shown


def test_a_page_tells_what_the_registry_knows() -> None:
    shown = page(
        a_foreign(
            uri="s3://bucket/a|b",
            loader='{"module":"zenml.m","attribute":"Materializer","type":"internal"}',
            metadata=encoded({"accuracy": 0.9, "note": "a|b\nc"}),
            producer_run=PREFECT_ID,
        )
    )
    assert shown.startswith("# report:7\n")
    for line in (
        "| kind | `artifact` |",
        "| loaded by | `zenml.m.Materializer` |",
        "| uri | `s3://bucket/a\\|b` |",
        "| tags | `gold, new` |",
        f"| producing run | `training (zenml, completed, {PREFECT_ID})` |",
        "| FQN | `artifact:default/default/report:3` |",
        "| `accuracy` | `0.9` |",
        '| `note` | `"a\\|b\\nc"` |',
        f"| files | [list and download](http://gateway/api/isogloss/v1/versions/{PREFECT_ID}/files) |",
    ):
        assert line in shown.splitlines(), (line, shown)


@pytest.mark.parametrize(
    ("form", "data", "shown"),
    [
        ("markdown", '"# Hello"', "# Hello"),
        ("table", '[{"a":1}]', '[{"a":1}]'),
        ("table", '"[{\\"a\\":1}]"', '[{"a":1}]'),
        ("link", '"[a](http://b)"', "[a](http://b)"),
        ("image", '"http://b/i.png"', "http://b/i.png"),
        ("image", '{"a":1}', None),
        ("progress", "42.5", 42.5),
        ("progress", "true", None),
    ],
)
def test_data_that_suits_its_form_is_shown_as_it_is(form: str, data: str, shown: Any) -> None:
    row = row_of(foreign := a_foreign(form=form, data=data), 1, 1, "k")
    printed = json.loads(msgspec.json.encode(translate.artifacts([row], around(foreign))[0]))
    assert (printed["type"], printed["data"]) == (form, shown)


@pytest.mark.parametrize("data", ["null", "5", '["a"]', '"no table"', '{"a":1}'])
def test_a_table_that_is_none_shows_what_is_known_instead(data: str) -> None:
    row = row_of(foreign := a_foreign(form="table", data=data), 1, 1, "k")
    printed = json.loads(msgspec.json.encode(translate.artifacts([row], around(foreign))[0]))
    assert {"what": "kind", "value": "artifact"} in json.loads(printed["data"])


def a_foreign(**given: Any) -> Foreign:
    """A version that another dialect wrote."""
    fields: dict[str, Any] = dict.fromkeys(Version.__struct_fields__) | {
        "id": PREFECT_ID,
        "artifact_id": PREFECT_ID,
        "kind": "artifact",
        "ordinal": 3,
        "label": "7",
        "dialect": "zenml",
        "role": "data",
        "created": 1_750_000_000_000_000,
        "updated": 1_750_000_000_000_000,
    }
    return a_foreign_of(Version(**fields | given))


def a_foreign_of(version: Version) -> Foreign:
    """The version, with what it refers to."""
    return Foreign(
        version=version,
        name="report",
        word="report",
        tags=["gold", "new"],
        makers={PREFECT_ID: Maker(PREFECT_ID, "training", "zenml", "COMPLETED")},
        root="http://gateway",
        repo="default/default",
    )


def test_a_description_says_what_a_version_is_and_is_not_kept_when_it_comes_back() -> None:
    version = a_foreign(producer_run="run-1").version
    line = shown_description(version)
    assert line == "Data, version 7, written through zenml on 2025-06-15 15:06:40 UTC by run run-1."
    assert kept_description(line, version) is None
    assert kept_description("Mine.", version) == "Mine."
    assert shown_description(a_foreign(description="Theirs.").version) == "Theirs."
    assert kept_description(None, a_foreign(description="Theirs.").version) is None


def test_data_of_another_dialect_is_refused() -> None:
    changes = translate.changes(ArtifactUpdate.model_validate({"data": 1, "description": "x"}))
    assert set(changes) == {"data", "description"}
    with pytest.raises(Refusal) as refused:
        changes["data"](a_foreign().version)
    assert refused.value.status == 409
    assert changes["data"](replace(a_foreign().version, dialect="prefect")) == "1"


def test_facts_in_metadata_are_shown_and_never_kept() -> None:
    kept = encoded({"a": 1, "isogloss.name": "theirs"})
    shown = json.loads(shown_metadata(kept, facts(a_foreign())))
    assert shown == {
        "a": "1",
        "isogloss.origin": "zenml",
        "isogloss.name": "report",
        "isogloss.version": "7",
        "isogloss.tags": '["gold","new"]',
    }
    assert json.loads(sent_metadata(shown | {"isogloss.tags": '["other"]'}, kept) or "") == json.loads(kept)
    assert sent_metadata(json.loads(shown_metadata(None, facts(a_foreign()))), None) is None


@given(instants)
def test_moments_are_exact_to_the_microsecond(instant: int) -> None:
    shown = translate.artifact((PREFECT_ID, instant, instant, None, "prefect", False, *[None] * 6)).created
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
    row = (PREFECT_ID, instant, instant, None, "prefect", False, *[None] * 6)
    assert json.loads(msgspec.json.encode(translate.artifact(row)))["created"] == text


@given(documents)
def test_metadata_sent_back_as_shown_stays_what_it_is(document: dict[str, Any]) -> None:
    kept = encoded(document)
    shown = json.loads(shown_metadata(kept, {}))
    assert all(isinstance(value, str) for value in shown.values())
    assert json.loads(sent_metadata(shown, kept) or "") == json.loads(kept)


@given(document=documents, name=st.text(max_size=8), text=st.text(max_size=8))
def test_a_value_that_was_edited_is_text(document: dict[str, Any], name: str, text: str) -> None:
    kept = encoded(document)
    shown = json.loads(shown_metadata(kept, {}))
    sent = shown | {name: f"{text} edited"}
    after = json.loads(sent_metadata(sent, kept) or "")
    assert after == json.loads(kept) | {name: f"{text} edited"}


def test_a_long_value_that_the_vendor_cuts_on_its_way_back_is_not_lost() -> None:
    kept = encoded({"long": "x" * 600, "list": list(range(300))})
    shown = json.loads(shown_metadata(kept, {}))
    sent = ArtifactCreate.model_validate({"metadata_": shown}).metadata_
    assert sent is not None
    assert sent["long"] == "x" * 500 + "..."
    assert sent_metadata(sent, kept) == kept


@pytest.mark.parametrize(("sent", "kept", "after"), [(None, '{"a":1}', None), ({}, '{"a":1}', "{}"), ({}, None, "{}")])
def test_null_metadata_differs_from_empty(sent: dict[str, str] | None, kept: str | None, after: str | None) -> None:
    assert sent_metadata(sent, kept) == after


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
