"""Versions as TrueFoundry has them, whoever wrote them.

Clients validate every member of every row that they read, and drop a whole page for one that they do not take. So what
others wrote is clamped to what their patterns let through.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from isogloss.adapters.truefoundry.fqn import ALIAS, ALIAS_LENGTH, Fqn
from isogloss.adapters.truefoundry.guesses import DEPLOYABLE, INNER
from isogloss.adapters.truefoundry.kinds import ARTIFACT, BY_NAME, DIALECT, MODEL, PROMPT, SKILL, Kind
from isogloss.adapters.truefoundry.places import shown_uri
from isogloss.adapters.truefoundry.run_translate import value
from isogloss.adapters.truefoundry.subjects import NOBODY, Subject
from isogloss.adapters.truefoundry.times import moment
from isogloss.core import names
from isogloss.core.model import Instant, Json, Project, Version
from isogloss.core.places import SharedPlace
from isogloss.core.registry.tracking import Points

DESCRIPTION_LENGTH = 512

BESIDE = ("internal_metadata", "data_path", "artifact_size")
"""What the MLflow-shaped family says of a version beside its manifest, and is kept with the manifest's own members."""


class VersionRow(Struct, frozen=True):
    """What is read of a version. The fields are those of ``VERSION_FIELDS``, in their order."""

    id: str
    project_id: str
    artifact_id: str
    kind: str
    word: str | None
    ordinal: int
    alias: str | None
    dialect: str
    uri: str | None
    data: Json | None
    description: str | None
    metadata: Json | None
    producer_run: str | None
    step: int | None
    author_id: str | None
    facet: Json | None
    created: Instant
    updated: Instant


VERSION_FIELDS = tuple("artifact.word" if name == "word" else name for name in VersionRow.__struct_fields__)


def row_from(found: Version, word: str | None) -> VersionRow:
    """The row of a version, whose artifact has this name."""
    values: list[Any] = [word if name == "word" else getattr(found, name) for name in VersionRow.__struct_fields__]
    return VersionRow(*values)


_OF_ARTIFACT = frozenset({"word", "project_id", "kind"})


def newest_fields(artifact_id: str) -> tuple[str, ...]:
    """``VERSION_FIELDS`` of the newest version, in a source of artifacts whose own id is this field."""
    return tuple(
        artifact_id if name == "artifact_id" else name if name in _OF_ARTIFACT else f"version.{name}"
        for name in VersionRow.__struct_fields__
    )


class Around(Struct, frozen=True, kw_only=True):
    """What rows refer to, by id, and where this registry is. ``metrics`` are those of a run at a step."""

    tenant: str
    place: SharedPlace | None
    projects: Mapping[str, Project]
    users: Mapping[str, Subject]
    tags: Mapping[str, list[str]]
    metrics: Points


def kind_of(name: str) -> Kind:
    """The kind of a core kind; what only others know shows as an ordinary artifact."""
    return BY_NAME.get(name, ARTIFACT)


def word_of(artifact_id: str, word: str | None) -> str:
    """An artifact's name here. One without a name is called by its id."""
    return f"unnamed-{artifact_id}" if word is None else word


def version(row: VersionRow, around: Around) -> dict[str, Any]:
    """A version, as every kind has it."""
    kind, project = kind_of(row.kind), around.projects[row.project_id]
    name = word_of(row.artifact_id, row.word)
    fqn = Fqn(kind=kind, tenant=around.tenant, repo=project.word, name=name, version=row.ordinal)
    shown: dict[str, Any] = {
        "id": row.id,
        "fqn": str(fqn),
        "created_by_subject": author(row.author_id, around),
        "created_at": moment(row.created),
        "updated_at": moment(row.updated),
        "manifest": manifest(row, kind, project.word, name, around.place),
        "ml_repo_id": str(project.serial),
        "tags": around.tags.get(row.id, []),
        kind.id_field: row.artifact_id,
    }
    if kind == MODEL:
        point = (row.producer_run or "", row.step or 0)
        shown |= {"metrics": [value(each) for each in around.metrics.get(point, ())], "deployable": DEPLOYABLE}
    return shown


def author(author_id: str | None, around: Around) -> Subject:
    """Who made a thing."""
    return NOBODY if author_id is None else around.users.get(author_id, NOBODY)


def manifest(row: VersionRow, kind: Kind, repo: str, name: str, place: SharedPlace | None) -> dict[str, Any]:
    """A version's manifest: the members that the registry has fields for, and those that only this dialect knows."""
    shown: dict[str, Any] = {
        "type": kind.manifest_type,
        "name": name,
        "ml_repo": repo,
        "metadata": Raw(b"{}" if row.metadata is None else row.metadata.encode()),
        "version": row.ordinal,
    }
    if kind.of_runs:
        shown["step"] = max(0, row.step or 0)
    if row.description is not None:
        shown["description"] = row.description[:DESCRIPTION_LENGTH]
    if row.alias is not None and len(row.alias) <= ALIAS_LENGTH and ALIAS.fullmatch(row.alias):
        shown["version_alias"] = row.alias
    if row.producer_run is not None:
        shown["run_id"] = row.producer_run
    own = rest_of(row, kind)
    if own is not None:
        return {**{member: value for member, value in own.items() if member not in BESIDE}, **shown}
    return shown | _foreign_parts(kind, uri_of(row, place))


def uri_of(row: VersionRow, place: SharedPlace | None) -> str | None:
    """What is told of where a version's bytes lie; null for inline data, which is laid out for other clients only."""
    return None if row.data is not None else shown_uri(place, row.uri)


def _foreign_parts(kind: Kind, uri: str | None) -> dict[str, Any]:
    """What clients demand of a manifest of this kind, for a version that another dialect wrote."""
    if kind == PROMPT:
        return {"messages": []}
    if kind == SKILL:
        inline = {"type": "inline", "skill_md": ""}
        return {"source": inline if uri is None else {"type": "blob-storage", "description": "", "uri": uri}}
    return {"source": {"type": "truefoundry"} if uri is None else {"type": "truefoundry", "uri": uri}}


def rest_of(row: VersionRow, kind: Kind) -> dict[str, Raw] | None:
    """The members of a manifest that only this dialect knows, as they came; null where another wrote the version."""
    kept = row.data if kind.keeps_data else row.facet
    if row.dialect != DIALECT or kept is None:
        return None
    return msgspec.json.decode(kept, type=dict[str, Raw])


def unnamed_id(word: str) -> str | None:
    """The id of the nameless artifact that a name stands for, if it does."""
    head, dash, rest = word.partition("-")
    return rest if head == "unnamed" and dash and names.looks_like_id(rest) else None


def size_of(row: VersionRow, kind: Kind) -> int | None:
    """How many bytes a version has, as far as its client said."""
    own = rest_of(row, kind) or {}
    if "artifact_size" in own:
        return _whole(msgspec.json.decode(own["artifact_size"]))
    noted = _member(row.metadata, INNER)
    return _whole(noted.get("artifact_size")) if isinstance(noted, dict) else None


def internal_of(row: VersionRow, kind: Kind) -> Any:
    """What its client says of the files of a version, an object; null where it says nothing."""
    own = rest_of(row, kind) or {}
    if "internal_metadata" in own:
        return own["internal_metadata"]
    noted = _member(row.metadata, INNER)
    return noted if isinstance(noted, dict) else None


def _member(text: Json | None, name: str) -> Any:
    if text is None or f'"{name}"' not in text:
        return None
    found = msgspec.json.decode(text, type=dict[str, Raw]).get(name)
    return None if found is None else msgspec.json.decode(found)


def _whole(given: Any) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) else None
