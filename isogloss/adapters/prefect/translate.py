"""Between the registry's versions and Prefect's artifacts. Pure functions.

From a row to the wire they are total: a row that another dialect wrote prints as something that the vendor's client
parses. Its metadata may be any JSON, of which Prefect knows text only; so a value that is no text is shown as its
JSON, and stays what it is when a client sends that text back.
"""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate, cut
from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.times import moment
from isogloss.core.model import Instant, Json, Version
from isogloss.core.registry.versions import VersionDraft

_CONTENT = ("dialect", "form", "description", "data", "metadata", "producer_run", "producer_step")

ARTIFACT_FIELDS = ("id", "created", "updated", "artifact.slug", *_CONTENT)
"""What ``artifact`` needs of a row of source ``version``, in its order."""

COLLECTION_FIELDS = ("id", "created", "updated", "slug", "version.id", *(f"version.{name}" for name in _CONTENT))
"""What ``collection`` and ``latest`` need of a row of source ``head``, in their order."""

Row = tuple[Any, ...]

_EXACT = 2**33 * 1_000_000

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def artifact(row: Row) -> wire.Artifact:
    """A version as an artifact. One of another dialect that has no inline data shows none."""
    version_id, made, changed, key, dialect, form, description, data, metadata, run, step = row
    if dialect != DIALECT:
        metadata, run, step = shown_metadata(metadata), _shown_id(run), _shown_id(step)
    created = _moment(made)
    return wire.Artifact(
        version_id,
        created,
        created if changed == made else _moment(changed),
        key,
        form,
        description,
        None if data is None else Raw(data),
        None if metadata is None else Raw(metadata),
        run,
        step,
    )


def collection(row: Row) -> wire.ArtifactCollection:
    """A head as a collection."""
    head_id, made, changed, key, latest_id, dialect, form, description, data, metadata, run, step = row
    if dialect != DIALECT:
        metadata, run, step = shown_metadata(metadata), _shown_id(run), _shown_id(step)
    created = _moment(made)
    return wire.ArtifactCollection(
        head_id,
        created,
        created if changed == made else _moment(changed),
        key,
        latest_id,
        form,
        description,
        None if data is None else Raw(data),
        None if metadata is None else Raw(metadata),
        run,
        step,
    )


def latest(row: Row) -> wire.Artifact:
    """A head in the shape of an artifact: the vendor answers with the collection's id and moments."""
    return artifact((*row[:4], *row[5:]))


def _moment(instant: Instant) -> datetime:
    """As ``times.moment``, in half its time, which pages of hundreds of rows feel.

    Until the year 2242 a float of seconds is exact to the microsecond.
    """
    return datetime.fromtimestamp(instant / 1e6, UTC) if 0 <= instant < _EXACT else moment(instant)


def created(version: Version, key: str | None) -> wire.Artifact:
    """The version that was just made."""
    content = (getattr(version, name) for name in _CONTENT)
    return artifact((version.id, version.created, version.updated, key, *content))


def draft(body: ArtifactCreate) -> VersionDraft:
    """The version that a client wants made. Raises ``Unprocessable`` for data nested too deeply."""
    return VersionDraft(
        dialect=DIALECT,
        form=body.type,
        data=None if body.data is None else dump(body.data),
        description=body.description,
        metadata=None if body.metadata_ is None else dump(body.metadata_),
        producer_run=body.flow_run_id,
        producer_step=body.task_run_id,
    )


def shown_metadata(metadata: Json | None) -> Json | None:
    """Metadata of any values as metadata of text: what is no text is shown as its JSON."""
    if metadata is None:
        return None
    return msgspec.json.encode({name: _shown(value) for name, value in _members(metadata).items()}).decode()


def kept_metadata(sent: dict[str, str] | None, version: Version) -> Json | None:
    """What a version keeps of metadata that a client sent for it."""
    if sent is None or version.dialect == DIALECT:
        return None if sent is None else dump(sent)
    return sent_metadata(sent, version.metadata)


def sent_metadata(sent: dict[str, str] | None, kept: Json | None) -> Json | None:
    """What to keep of metadata that a client sent for a version of another dialect.

    A value that comes back as it was shown, or as the vendor cuts what was shown, stays what it is.
    """
    if sent is None:
        return None
    before = _members(kept)
    after: dict[str, Any] = {}
    for name, text in sent.items():
        unchanged = name in before and text in (shown := _shown(before[name]), cut(shown))
        after[name] = before[name] if unchanged else text
    return dump(after)


def _members(metadata: Json | None) -> dict[str, Any]:
    if metadata is None:
        return {}
    members = msgspec.json.decode(metadata)
    return members if isinstance(members, dict) else {}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _shown_id(text: str | None) -> str | None:
    """An id, where it is one that the vendor's client can read."""
    return text if text is not None and _UUID.fullmatch(text) else None
