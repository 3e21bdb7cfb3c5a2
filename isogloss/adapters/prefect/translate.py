"""Between the registry's versions and Prefect's artifacts. Pure functions.

From a row to the wire they are total: a row that another dialect wrote prints as something that the vendor's client
parses, as ``foreign`` has it. Tags that others put on what this dialect wrote are told in its metadata.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from msgspec import Raw, Struct

from isogloss.adapters.prefect import wire
from isogloss.adapters.prefect.bodies.artifacts import ArtifactCreate, ArtifactUpdate
from isogloss.adapters.prefect.decode import dump
from isogloss.adapters.prefect.failures import detail
from isogloss.adapters.prefect.filters import DIALECT
from isogloss.adapters.prefect.foreign import Foreign, kept_description, sent_metadata, shown
from isogloss.adapters.prefect.tags import TAGS, with_tags
from isogloss.adapters.prefect.times import moment
from isogloss.core.model import Instant, Json, Version
from isogloss.core.registry.versions import VersionDraft

_CONTENT = ("dialect", "tagged", "form", "description", "data", "metadata", "producer_run", "producer_step")

ARTIFACT_FIELDS = ("id", "created", "updated", "artifact.slug", *_CONTENT)
"""What ``artifact`` needs of a row of source ``version``, in its order."""

COLLECTION_FIELDS = ("id", "created", "updated", "slug", "version.id", *(f"version.{name}" for name in _CONTENT))
"""What ``collection`` and ``latest`` need of a row of source ``head``, in their order."""

Row = tuple[Any, ...]

Sought: TypeAlias = tuple[str, str]
"""A version that is not all in its row: its id, and the dialect that wrote it."""


class Around(Struct, frozen=True):
    """What is shown of versions beside their rows, by their ids.

    ``foreign`` are those that another dialect wrote, ``tags`` the names of the tags that are on any of them.
    """

    foreign: Mapping[str, Foreign]
    tags: Mapping[str, Sequence[str]]


_EXACT = 2**33 * 1_000_000


def artifact(row: Row) -> wire.Artifact:
    """A version that this dialect wrote, as an artifact."""
    version_id, made, changed, key, _, _, form, description, data, metadata, run, step = row
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
    """A head, whose version this dialect wrote, as a collection."""
    head_id, made, changed, key, latest_id, _, _, form, description, data, metadata, run, step = row
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


def latest(row: Row, around: Around | None) -> wire.Artifact:
    """A head in the shape of an artifact: the vendor answers with the collection's id and moments."""
    return artifact((*row[:4], *(row[5:] if around is None else _content(row[4], row[5:], around))))


def sought_artifacts(rows: list[Row]) -> list[Sought]:
    """Those versions, in rows of ``ARTIFACT_FIELDS``, that another dialect wrote, or that a tag was once put on."""
    return [(row[0], row[4]) for row in rows if row[4] != DIALECT or row[5]]


def sought_collections(rows: list[Row]) -> list[Sought]:
    """As ``sought_artifacts``, of the newest versions in rows of ``COLLECTION_FIELDS``."""
    return [(row[4], row[5]) for row in rows if row[5] != DIALECT or row[6]]


def artifacts(rows: list[Row], around: Around | None) -> list[wire.Artifact]:
    """Versions as artifacts; ``around`` has what is shown of those that were sought, and is null where none were."""
    if around is None:
        return [artifact(row) for row in rows]
    return [
        artifact(row if row[4] == DIALECT and not row[5] else (*row[:4], *_content(row[0], row[4:], around)))
        for row in rows
    ]


def collections(rows: list[Row], around: Around | None) -> list[wire.ArtifactCollection]:
    """Heads as collections, as ``artifacts`` has versions."""
    if around is None:
        return [collection(row) for row in rows]
    return [
        collection(row if row[5] == DIALECT and not row[6] else (*row[:5], *_content(row[4], row[5:], around)))
        for row in rows
    ]


def _content(version_id: str, content: Row, around: Around) -> Row:
    """The fields of ``_CONTENT`` of a version that was sought, as they are shown."""
    dialect, tagged, form, description, data, metadata, run, step = content
    if dialect == DIALECT:
        metadata = with_tags(metadata, around.tags.get(version_id, ()))
        return (dialect, tagged, form, description, data, metadata, run, step)
    there = shown(around.foreign[version_id])
    return (dialect, tagged, there.form, there.description, there.data, there.metadata, there.run, there.step)


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
        metadata=_kept(body.metadata_),
        producer_run=body.flow_run_id,
        producer_step=body.task_run_id,
    )


def changes(body: ArtifactUpdate) -> dict[str, Callable[[Version], str | None]]:
    """What becomes of the fields of a version that a client wants changed, each made of the version as it stands."""
    given: dict[str, Callable[[Version], str | None]] = {}
    if "description" in body.model_fields_set:
        given["description"] = partial(_described, body.description)
    if "data" in body.model_fields_set:
        given["data"] = partial(_holding, None if body.data is None else dump(body.data))
    if "metadata_" in body.model_fields_set:
        given["metadata"] = partial(_noted, body.metadata_)
    return given


def _described(sent: str | None, version: Version) -> str | None:
    return sent if version.dialect == DIALECT else kept_description(sent, version)


def _holding(sent: Json | None, version: Version) -> Json | None:
    """What another dialect wrote keeps its content, which its own clients read: raises ``Refusal`` (409)."""
    if version.dialect != DIALECT:
        raise detail(409, _NOT_OURS.format(version.dialect))
    return sent


def _noted(sent: dict[str, str] | None, version: Version) -> Json | None:
    if version.dialect != DIALECT:
        return sent_metadata(sent, version.metadata)
    if version.metadata is None and sent is not None and sent.keys() == {TAGS}:
        # Nothing but the tags was shown.
        return None
    return _kept(sent)


_NOT_OURS = (
    "This artifact was written through {0}, and its data only shows what that is. It cannot be replaced from here: "
    "write a new version through {0}, or create an artifact of another key."
)


def _kept(metadata: dict[str, str] | None) -> Json | None:
    """Metadata that a client sent for a version of its own. Tags are shown there, and never set by it."""
    if metadata is None:
        return None
    if TAGS in metadata:
        metadata = {name: text for name, text in metadata.items() if name != TAGS}
    return dump(metadata)
