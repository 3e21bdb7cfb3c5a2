"""Between the registry's records and ZenML's models, model versions and their links. Pure functions."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from isogloss.adapters.zenml import wire
from isogloss.adapters.zenml.bodies.models import ConfiguredModel, ModelRequest, ModelUpdate
from isogloss.adapters.zenml.model_wire import (
    ArtifactLinkBody,
    ModelBody,
    ModelMetadata,
    ModelResources,
    ModelVersionBody,
    ModelVersionMetadata,
    ModelVersionResources,
    RunLinkBody,
)
from isogloss.adapters.zenml.times import moment
from isogloss.adapters.zenml.translate import Around, run_metadata
from isogloss.core.model import Json, Record, RecordLink

MODEL, MODEL_VERSION = "model", "model_version"
"""The kinds of the records."""

_encode = msgspec.json.Encoder().encode
_model = msgspec.json.Decoder(ModelMetadata).decode


class VersionFacet(Struct, frozen=True, kw_only=True):
    """What only ZenML keeps of a model version."""

    description: str | None = None


_version = msgspec.json.Decoder(VersionFacet).decode


def model_key(project_id: str, name: str) -> str:
    """What tells models apart: names are unique in a project."""
    return f"{project_id}/{name}"


def model_text(given: ModelRequest | ConfiguredModel) -> Json:
    """What is kept of a new model."""
    kept = ModelMetadata(**{name: getattr(given, name) for name in ModelMetadata.__struct_fields__})
    return _encode(kept).decode()


def changed_model_text(kept: Json, given: ModelUpdate) -> Json:
    """What is kept of a model after changes."""
    changes = {name: getattr(given, name) for name in ModelMetadata.__struct_fields__}
    changes = {name: value for name, value in changes.items() if value is not None}
    return _encode(msgspec.structs.replace(_model(kept), **changes)).decode()


def version_text(description: str | None) -> Json:
    """What is kept of a model version."""
    return _encode(VersionFacet(description=description)).decode()


def model(record: Record, around: Around, newest: Mapping[str, Record], *, hydrate: bool) -> wire.Named:
    """A model by itself; ``newest`` has the newest version by the model's id."""
    latest = newest.get(record.id)
    resources = ModelResources(
        around.users.get(record.author_id or ""),
        list(around.tags.get(record.id, ())),
        None if latest is None else latest.name,
        None if latest is None else latest.id,
    )
    metadata = _model(record.body) if hydrate else None
    return msgspec.structs.replace(lean_model(record), metadata=metadata, resources=resources)


def lean_model(record: Record) -> wire.Named:
    """A model within another thing."""
    body = ModelBody(moment(record.created), moment(record.updated), record.author_id, record.project_id or "")
    return wire.Named(body, None, None, record.id, record.name or "")


def model_version(record: Record, of: Record, around: Around, *, hydrate: bool) -> wire.Named:
    """A version of a model by itself."""
    metadata = None
    if hydrate:
        metadata = ModelVersionMetadata(_version(record.body).description, run_metadata(record.metadata))
    resources = ModelVersionResources(around.users.get(record.author_id or ""), list(around.tags.get(record.id, ())))
    return msgspec.structs.replace(lean_model_version(record, of), metadata=metadata, resources=resources)


def lean_model_version(record: Record, of: Record) -> wire.Named:
    """A version of a model within another thing."""
    body = ModelVersionBody(
        moment(record.created),
        moment(record.updated),
        record.author_id,
        record.project_id or "",
        record.state,
        record.number or 0,
        lean_model(of),
    )
    return wire.Named(body, None, None, record.id, record.name or "")


def artifact_link(link: RecordLink, version: Any, *, hydrate: bool) -> wire.Entity:
    """A link to an artifact version, which is given as it stands within other things."""
    at = moment(link.created)
    return wire.Entity(ArtifactLinkBody(at, at, link.record_id, version), {} if hydrate else None, None, link.id)


def run_link(link: RecordLink, run: Any, *, hydrate: bool) -> wire.Entity:
    """A link to a pipeline run, which is given as it stands within other things."""
    at = moment(link.created)
    return wire.Entity(RunLinkBody(at, at, link.record_id, run), {} if hydrate else None, None, link.id)
