"""Versions on the wire: every row prints as something that the client parses and can load, whoever wrote it."""

import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from isogloss.adapters.zenml import kinds
from isogloss.adapters.zenml.opening import encoded
from isogloss.adapters.zenml.renditions import rendition
from isogloss.adapters.zenml.translate import DESCRIPTION, HYDRATED_FIELDS, Around, version

STORE = "01a1f6f4-0000-7000-8000-000000000001"
FORMS = ["markdown", "table", "link", "image", "progress", "result", "odd", None]

ids = st.uuids().map(str)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
instants = st.integers(-(2**63), 2**63 - 1)
documents = st.none() | st.dictionaries(texts, st.none() | st.integers() | texts, max_size=3).map(json.dumps)
data = st.none() | (st.integers() | texts | st.lists(st.dictionaries(texts, texts), max_size=2)).map(json.dumps)


class Source(Struct, forbid_unknown_fields=True):
    """What the client imports."""

    module: str
    attribute: str
    type: Literal["user", "builtin", "internal", "distribution_package", "code_repository", "unknown", "notebook"]


class PictureBody(Struct):
    """Where a file lies that shows a version, and as what."""

    created: datetime
    updated: datetime
    type: Literal["csv", "html", "image", "markdown", "json"]
    uri: str


class Picture(Struct):
    """A file that shows a version."""

    id: UUID
    body: PictureBody


class Artifact(Struct):
    """The artifact of a version."""

    id: UUID
    name: str


class Body(Struct):
    """What is always there."""

    created: datetime
    updated: datetime
    project_id: UUID
    artifact: Artifact
    version: str
    uri: str
    type: Literal[tuple(kinds.TYPES.values())]  # type: ignore[valid-type]
    materializer: Source
    data_type: Source
    save_type: Literal["step_output", "manual", "preexisting", "external"]
    artifact_store_id: UUID | None


class Metadata(Struct):
    """What is hydrated."""

    visualizations: list[Picture]
    run_metadata: dict[str, Any]


class Shape(Struct):
    """What the client demands of a version, hydrated."""

    id: UUID
    body: Body
    metadata: Metadata


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row, as any dialect may have written it and as it may have been laid out."""
    dialect = draw(st.sampled_from(["prefect", "truefoundry", "zenml"]))
    form, state = draw(st.sampled_from(FORMS)), draw(st.sampled_from(["new", "laid out", "owned", "elsewhere"]))
    made = rendition(form, draw(data))
    version_id = draw(ids)
    given: dict[str, Any] = {
        "uri": None,
        "store_id": None,
        "loader": None,
        "data_type": None,
        "owned": state == "owned",
        "facet": draw(st.none() | st.sampled_from(['{"source":{}}', "[]"])),
    }
    if state == "laid out":
        uri = f"/files/shared/isogloss/p/{version_id}/r"
        given |= {"uri": uri, "store_id": STORE, "loader": made.loader, "data_type": made.data_type}
    elif state != "new":
        given |= {"uri": draw(st.sampled_from(["/files/owned/p/v", "s3://a/b"])), "store_id": draw(st.none() | ids)}
    if dialect == "zenml":
        source = {"module": "a.b", "attribute": "C", "type": "user"}
        picture = {"id": draw(ids), "type": "csv", "uri": "/a"}
        given |= {"uri": "/a", "loader": json.dumps(source), "data_type": json.dumps(source)}
        given |= {"facet": json.dumps({"save_type": "manual", "visualizations": [picture]})}
    return given | {
        "id": version_id,
        "dialect": dialect,
        "form": form,
        "created": draw(instants),
        "updated": draw(instants),
        "author_id": draw(st.none() | ids),
        "project_id": draw(ids),
        "label": draw(texts),
        "role": draw(st.sampled_from([*kinds.TYPES, "odd"])),
        "producer_run": draw(st.none() | ids | texts),
        "producer_step": draw(st.none() | ids),
        "artifact.id": draw(ids),
        "artifact.kind": draw(st.sampled_from(["artifact", "model", "prompt"])),
        "artifact.name": draw(st.none() | texts),
        "artifact.author_id": None,
        "artifact.created": draw(instants),
        "artifact.updated": draw(instants),
        "metadata": draw(documents),
        "description": None if dialect == "zenml" else draw(st.none() | texts),
    }


@given(row=rows())
def test_every_row_prints_as_the_client_parses_it(row: dict[str, Any]) -> None:
    shown = version(tuple(row[name] for name in HYDRATED_FIELDS), Around(), hydrate=True)
    body, waiting = encoded(shown)
    found = msgspec.json.decode(body, type=Shape)

    kept = {name: value for name, value in json.loads(row["metadata"] or "{}").items() if value is not None}
    described = {} if row["description"] is None else {DESCRIPTION: row["description"]}
    assert found.metadata.run_metadata == described | kept
    own, is_led = row["dialect"] == "zenml", row["store_id"] is not None and row["uri"] is not None
    # What nobody could open yet is told of, so that it is laid out.
    assert waiting == ([] if own or is_led else [row["id"]])
    if waiting:
        assert found.body.uri == f"isogloss:{row['id']}"
    elif row["owned"] and not own:
        assert found.body.uri == f"{row['uri']}/files"
    else:
        assert found.body.uri == row["uri"]
    if not own and row["data_type"] is not None:
        assert found.body.materializer.module.startswith("zenml.")
        assert found.body.data_type.module == "builtins"
        assert found.metadata.visualizations
        assert all(each.body.uri.startswith(f"{row['uri']}/") for each in found.metadata.visualizations)
    elif not own:
        assert (found.body.data_type.module, found.body.data_type.attribute) == ("pathlib", "Path")
        assert found.metadata.visualizations == []
